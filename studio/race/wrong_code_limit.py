"""How many wrong codes are answered within a minute: few of one visitor, some more of all together."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

from studio.race.messages import RaceError

MOST_OF_SESSION = 5
MOST_OF_ALL = 60
SECONDS = 60.0


class WrongCodeLimit:
    """Counts wrong codes of the last minute. Safe among threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._wrong: deque[tuple[float, str]] = deque()
        self._begun: list[tuple[float, str]] = []

    def begin(self, session: str) -> None:
        """Count a try of this visitor as a wrong one until it is told to be right, so that many at once do not slip by.

        Raises RaceError where this visitor, or all together, have tried too many wrong ones.
        """
        with self._lock:
            self._forget_old()
            own = [moment for moment, one in [*self._wrong, *self._begun] if one == session]
            if len(own) >= MOST_OF_SESSION:
                raise self._error(own[0])
            if len(self._wrong) >= MOST_OF_ALL:
                raise self._error(self._wrong[0][0])
            self._begun.append((self._clock(), session))

    def end(self, session: str, *, wrong: bool) -> None:
        """Tell whether the try that was begun was of a wrong code."""
        with self._lock:
            begun = next(one for one in self._begun if one[1] == session)
            self._begun.remove(begun)
            if wrong:
                self._wrong.append((self._clock(), session))

    def _forget_old(self) -> None:
        while self._wrong and self._wrong[0][0] <= self._clock() - SECONDS:
            self._wrong.popleft()

    def _error(self, oldest: float) -> RaceError:
        return RaceError("too_many_wrong", seconds=max(math.ceil(oldest + SECONDS - self._clock()), 1))
