"""The dearest operations of a training step, from a trace of torch.profiler."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from torch.profiler import profile

ON_GPU = {"kernel", "gpu_memcpy", "gpu_memset"}
SHOWN_INPUTS = 3
Event = Mapping[str, Any]  # of a trace: name, cat, tid, ts and dur in microseconds, args


@dataclass(frozen=True)
class Operation:
    """One operation: its share of a step's time (0 to 1), calls a step, and the inputs that take most of that time.

    `seconds` are those of a call with these inputs, without the operations that it calls. `inputs` are shapes, those of
    pictures and maps with their memory format: NHWC (channels last) or NCHW (contiguous).
    """

    name: str
    share: float
    calls: float
    inputs: str
    seconds: float


def dearest(step: Callable[[], object], steps: int, count: int) -> tuple[Operation, ...]:
    """Profile so many steps and return the operations with most time of their own, the dearest first.

    On a GPU the time is that of the kernels which an operation starts.
    """
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # otherwise it reports each start, and where there is no GPU
    with profile(record_shapes=True) as profiler:
        for _ in range(steps):
            step()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profiler.export_chrome_trace(str(path))
        events = json.loads(path.read_text(encoding="utf-8", errors="replace"))["traceEvents"]
    return operations(events, steps)[:count]


def operations(events: Iterable[Event], steps: int) -> tuple[Operation, ...]:
    """Return the operations in the trace of so many steps, the dearest first.

    Calls with the same inputs count with their median, so that one which had to wait for the processor does not matter.
    """
    known = list(events)
    calls = [event for event in known if event.get("cat") == "cpu_op" and event.get("ph") == "X"]
    kernels = [event for event in known if event.get("cat") in ON_GPU]
    spent = _kernel_times(calls, kernels) if kernels else _own_times(calls)
    grouped: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for event, microseconds in zip(calls, spent, strict=True):
        grouped[event["name"]][_inputs(event)].append(microseconds)
    found = [_operation(name, groups, steps) for name, groups in grouped.items()]
    total = sum(one.share for one in found) or 1.0
    return tuple(sorted((replace(one, share=one.share / total) for one in found), key=lambda one: -one.share))


def _operation(name: str, groups: Mapping[str, list[float]], steps: int) -> Operation:
    """Return an operation from the microseconds of its calls, grouped by their inputs; its share is seconds so far."""
    spent = {inputs: median(times) * len(times) for inputs, times in groups.items()}
    inputs = max(spent, key=spent.__getitem__)
    calls = sum(map(len, groups.values())) / steps
    return Operation(name, sum(spent.values()) / 1e6, calls, inputs, median(groups[inputs]) / 1e6)


def _own_times(calls: list[Event]) -> list[float]:
    """Return the microseconds of each call without those of the calls inside it."""
    own = [float(call["dur"]) for call in calls]
    order = sorted(range(len(calls)), key=lambda i: (str(calls[i]["tid"]), calls[i]["ts"], -calls[i]["dur"]))
    around: list[int] = []
    for index in order:
        while around and not _holds(calls[around[-1]], calls[index]):
            around.pop()
        if around:
            own[around[-1]] -= calls[index]["dur"]
        around.append(index)
    return own


def _holds(outer: Event, inner: Event) -> bool:
    return bool(outer["tid"] == inner["tid"] and inner["ts"] < outer["ts"] + outer["dur"])


def _kernel_times(calls: list[Event], kernels: list[Event]) -> list[float]:
    """Return the microseconds of the kernels that each call has started on the GPU."""
    times: dict[Any, float] = defaultdict(float)
    for kernel in kernels:
        times[kernel.get("args", {}).get("External id")] += kernel["dur"]
    return [times.get(call.get("args", {}).get("External id"), 0.0) for call in calls]


def _inputs(event: Event) -> str:
    details = event.get("args", {})
    shapes = details.get("Input Dims", [])
    strides = details.get("Input Strides") or [[]] * len(shapes)
    shown = [_shape(*one) for one in zip(shapes, strides, strict=True) if one[0] and isinstance(one[0][0], int)]
    return ", ".join(shown[:SHOWN_INPUTS])


def _shape(sizes: list[int], strides: list[int]) -> str:
    """Return a shape, followed by its memory format where it has four sides and only one format fits."""
    text = "x".join(map(str, sizes))
    if len(sizes) != 4 or len(strides) != 4 or sizes[1] == 1 or sizes[2] * sizes[3] == 1:
        return text
    formats = {(True, False): "NHWC", (False, True): "NCHW"}
    return f"{text} {formats.get((strides[1] == 1, strides[3] == 1), 'strided')}"
