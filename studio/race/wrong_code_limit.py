"""How many wrong codes are answered within a minute: few of one visitor, more of one address and of all together.

An address gets sessions without end, and a whole course may stand behind one. So an address has room for forty voters
who mistype, and beyond that whoever has hardly been wrong within an hour is still answered: else a guesser would keep
all voters of the address out. How fast an address gets sessions is limited where they are issued, and with it the rest.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import NamedTuple

from studio.race.messages import RaceError

MOST_OF_SESSION = 5
MOST_OF_ADDRESS = 120  # three of each of forty voters in a room
MOST_OF_ALL = 600
SECONDS = 60.0
SLIPS = 2  # wrong codes of a session within an hour, below which neither its address nor all together keep it out
SLIP_SECONDS = 3600.0


class _Try(NamedTuple):
    moment: float
    session: str
    address: str


class WrongCodeLimit:
    """Counts wrong codes of the last minute, and those of each session of the last hour. Safe among threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._wrong: deque[_Try] = deque()
        self._begun: list[_Try] = []
        self._slips: deque[_Try] = deque()
        self._slips_of: Counter[str] = Counter()

    def begin(self, session: str, address: str = "") -> None:
        """Count a try of this visitor as a wrong one until it is told to be right, so that many at once do not slip by.

        Raises RaceError where this visitor has tried too many wrong ones, or a few and the address, or all, too many.
        """
        with self._lock:
            self._forget_old()
            tries = [*self._wrong, *self._begun]
            own = [one for one in tries if one.session == session]
            self._check(own, MOST_OF_SESSION)
            if self._slips_of[session] + sum(one.session == session for one in self._begun) >= SLIPS:
                self._check([one for one in tries if one.address == address], MOST_OF_ADDRESS)
                self._check(tries, MOST_OF_ALL)
            self._begun.append(_Try(self._clock(), session, address))

    def end(self, session: str, *, wrong: bool) -> None:
        """Tell whether the try that was begun was of a wrong code."""
        with self._lock:
            begun = next(one for one in self._begun if one.session == session)
            self._begun.remove(begun)
            if wrong:
                tried = begun._replace(moment=self._clock())
                self._wrong.append(tried)
                self._slips.append(tried)
                self._slips_of[session] += 1

    def _forget_old(self) -> None:
        now = self._clock()
        while self._wrong and self._wrong[0].moment <= now - SECONDS:
            self._wrong.popleft()
        while self._slips and self._slips[0].moment <= now - SLIP_SECONDS:
            session = self._slips.popleft().session
            self._slips_of[session] -= 1
            if not self._slips_of[session]:
                del self._slips_of[session]

    def _check(self, tries: list[_Try], most: int) -> None:
        if len(tries) >= most:
            seconds = tries[-most].moment + SECONDS - self._clock()
            raise RaceError("too_many_wrong", seconds=max(math.ceil(seconds), 1))
