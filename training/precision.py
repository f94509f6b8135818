"""In which precision pictures are drawn, whatever the process has set for its own work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any

import torch

EXACT = "ieee"  # torch's word for float32 that is float32 throughout
INHERITED = "none"


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
