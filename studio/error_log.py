"""The last errors of the program, for whoever runs it: when, in which request, of what kind, and where in the code.

What an error says may hold a path or something of a visitor, so it is not kept; the log has it.
"""

from __future__ import annotations

import threading
import traceback
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

KEPT = 20
OURS = ("studio", "training", "app")


@dataclass(frozen=True)
class Mishap:
    """One error, without its words."""

    request: str
    kind: str
    place: str
    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __str__(self) -> str:
        return f"{self.time:%Y-%m-%d %H:%M:%S} UTC · {self.request} · {self.kind} · {self.place}"


class Mishaps:
    """The newest mishaps, a bounded number of them; safe to use from many threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._newest: deque[Mishap] = deque(maxlen=kept)
        self._lock = threading.Lock()

    def note(self, request: str, error: BaseException) -> None:
        """Keep an error that a request met, as the newest one."""
        mishap = Mishap(request, type(error).__name__, _place(error))
        with self._lock:
            self._newest.append(mishap)

    def lines(self) -> list[str]:
        """Return one line for each mishap, the newest last."""
        with self._lock:
            return [str(mishap) for mishap in self._newest]


def _place(error: BaseException) -> str:
    """Return the module and the line in which an error arose: the innermost of ours where there is one."""
    calls = [
        (str(frame.f_globals.get("__name__", "?")), line) for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    ours = [call for call in calls if call[0].split(".")[0] in OURS]
    module, line = (ours or calls or [("?", 0)])[-1]
    return f"{module}, line {line}"
