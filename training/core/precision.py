"""In which precision networks compute: float32, as official pictures do, or the half in which a machine is fast."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import torch

from training.core.process_group import ALONE, ProcessGroup
from training.core.suggestions import sentence

EXACT = "ieee"  # torch's word for float32 that is float32 throughout
INHERITED = "none"
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Compute:
    """Where a training computes, in which precision its networks do, and the processes that share it.

    Weights are float32 in each precision.
    """

    device: torch.device
    precision: torch.dtype = torch.float32
    group: ProcessGroup = ALONE

    @property
    def precision_name(self) -> str:
        """Return what a passport calls the precision."""
        return str(self.precision).removeprefix("torch.")


def has_amx() -> bool:
    """Tell whether the CPU multiplies matrices of bfloat16 in hardware (Intel's AMX)."""
    supported = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(supported and supported())


def fastest(device: torch.device) -> torch.dtype:
    """Return the precision that `device` is fastest in.

    That is bfloat16 or float16 on a GPU, bfloat16 on a CPU with AMX (convolutions take a seventh of the time), and
    float32 on any other.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16
    return torch.bfloat16 if device.type == "cpu" and has_amx() else torch.float32


def prepare(device: torch.device) -> None:
    """Let a GPU choose its fastest convolutions and use TF32 where float32 is multiplied."""
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = True
        torch.set_float32_matmul_precision("high")


def chosen(name: str, device: torch.device) -> torch.dtype:
    """Return the precision of a name, or the fastest one for "auto".

    Raises ValueError for another name, and for float16 on a CPU, whose gradients would vanish there.
    """
    if name == "auto":
        return fastest(device)
    if name not in PRECISIONS or (name == "float16" and device.type != "cuda"):
        allowed = [one for one in ("auto", *PRECISIONS) if one != "float16" or device.type == "cuda"]
        near = [] if name in PRECISIONS else allowed
        raise ValueError(sentence(f"The precision {name!r} is not one of: {', '.join(allowed)}", name, near))
    return PRECISIONS[name]


@contextmanager
def drawing_in(device: torch.device, precision: torch.dtype = torch.float32) -> Iterator[None]:
    """Compute in float32 throughout, or with autocast to a half precision, for as long as this lasts.

    An autocast around it has no effect. On the CPU neither have the settings by which oneDNN computes convolutions and
    products of float32 in bfloat16; they are the process's, and stand again once the last thread has drawn.
    """
    is_half = precision != torch.float32
    with ExitStack() as stack:
        stack.enter_context(torch.autocast(device.type, precision if is_half else None, enabled=is_half))
        if device.type == "cpu":
            stack.enter_context(_PINNED)
        yield


class _Pinned:
    """Holds the CPU to exact products while any thread is inside: the first one in pins, the last one out restores."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before: list[str] = []

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._before = _pin()
            self._inside += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                _restore(self._before)


_PINNED = _Pinned()


def _settings() -> list[Any]:
    """Return oneDNN's settings for convolutions and products, with an `fp32_precision` each; none before torch 2.9."""
    backend: Any = torch.backends.mkldnn
    found = [getattr(backend, name, None) for name in ("conv", "matmul")]
    return [one for one in found if one is not None]


def _pin() -> list[str]:
    settings = _settings()
    if not settings:
        before = [torch.get_float32_matmul_precision()]
        torch.set_float32_matmul_precision("highest")
        return before
    before = [str(one.fp32_precision) for one in settings]
    for one in settings:
        one.fp32_precision = EXACT
    return before


def _restore(before: list[str]) -> None:
    """Put settings back; one that took its value from a wider one does so again, and goes on to follow it."""
    settings = _settings()
    if not settings:
        torch.set_float32_matmul_precision(before[0])
    for one, value in zip(settings, before, strict=False):
        one.fp32_precision = INHERITED
        if one.fp32_precision != value:
            one.fp32_precision = value
