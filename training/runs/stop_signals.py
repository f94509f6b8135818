"""SIGINT and SIGTERM as a request to stop after this step."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALLED = 100  # above the numbers of other ends


def ended_by(stopped: list[str]) -> int:
    """Return the number of an end by the first of these signals, 0 where there was none."""
    return SIGNALLED + signal.Signals[stopped[0]] if stopped else 0


def signal_name(end: int) -> str | None:
    """Return the name of the signal that an end was by, None for an end without one."""
    return signal.Signals(end - SIGNALLED).name if end > SIGNALLED else None


@contextmanager
def stop_signals(*, patient: bool = False) -> Iterator[list[str]]:
    """Collect the name of the first SIGTERM or SIGINT instead of dying of it; a second one acts as usual.

    With `patient` it is passed over: what starts processes repeats the signal that a terminal has sent to all of them.
    """
    stopped: list[str] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.append(signal.Signals(number).name)
        if not patient:
            restore()

    for number in before:
        signal.signal(number, stop)
    try:
        yield stopped
    finally:
        restore()
