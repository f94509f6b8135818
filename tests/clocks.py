"""A clock that a test turns."""

from __future__ import annotations


class Clock:
    """A clock of which every reading takes so many seconds."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.now, self._seconds = 0.0, seconds

    def __call__(self) -> float:
        self.now += self._seconds
        return self.now
