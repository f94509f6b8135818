"""Where the race stands, for everybody who asks every few seconds: read once a second at most, whoever asks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from studio.race.counting import MIN_BALLOTS
from studio.race.messages import RaceError
from studio.race.service import RaceService
from studio.race.simulation import MOST_TILES, MOST_VOTERS, Setting, simulate
from studio.ui.race.messages import StatusReply, Sureness

FRESH_SECONDS = 1.0
PATIENCE_SECONDS = 5.0  # after which a page is told that the folder is away, while the reading goes on
PICTURE_KEY = 16  # digits of the commitment, which change with every opening

Plain = dict[str, Any]


class RaceStatus:
    """The state of a race, for many visitors. Safe among threads, and to be asked in any event loop."""

    def __init__(self, race: RaceService, clock: Callable[[], float] = time.monotonic) -> None:
        self._race, self._clock = race, clock
        self._lock = threading.Lock()
        self._reading: Future[Plain] | None = None
        self._last: tuple[float, Plain] | None = None
        self._sureness = SurenessCache()

    def changed(self) -> None:
        """Read anew at the next request: something has been done."""
        with self._lock:
            self._last = self._reading = None

    async def now(self) -> StatusReply:
        """Return the state, at most a second old. Raises RaceError where the folder cannot be reached."""
        found = self._fresh()
        if found is None:
            reading = asyncio.wrap_future(self._read())
            try:
                found = await asyncio.wait_for(asyncio.shield(reading), PATIENCE_SECONDS)
            except TimeoutError:
                raise RaceError("store_away") from None
        return self._reply(found)

    def _fresh(self) -> Plain | None:
        with self._lock:
            is_fresh = self._last is not None and self._clock() - self._last[0] < FRESH_SECONDS
            return self._last[1] if self._last is not None and is_fresh else None

    def _read(self) -> Future[Plain]:
        """Return the reading that goes on, or begin one."""
        with self._lock:
            if self._reading is not None and not self._reading.done():
                return self._reading
            self._reading = Future()
            threading.Thread(target=self._finish, args=(self._reading,), name="race status", daemon=True).start()
            return self._reading

    def _finish(self, reading: Future[Plain]) -> None:
        began = self._clock()
        try:
            found = self._race.status()
        except Exception as error:  # whoever waits must learn of it
            reading.set_exception(error)
            return
        with self._lock:
            if self._reading is reading:  # and nothing has changed since it was begun
                self._last = (began, found)
        reading.set_result(found)

    def _reply(self, found: Plain) -> StatusReply:
        told = {name: value for name, value in found.items() if name in StatusReply.model_fields}
        key = found["commitment"][:PICTURE_KEY]
        return StatusReply(**told, pictures=key, sureness=self._sureness.of(found["entries"], _voters(found)))


def _voters(found: Plain) -> int:
    """Return how many are expected to vote: before there are codes, everybody who has entered."""
    return int(found["voters"] or found["entries"])


class SurenessCache:
    """The last simulation of how sure the result can be; it runs in a thread, and nobody waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: tuple[int, int] | None = None
        self._found: Sureness | None = None

    def of(self, tiles: int, voters: int) -> Sureness | None:
        """Return what is known for these numbers, None where they are too few or the simulation is not done."""
        if not (2 <= tiles <= MOST_TILES and voters >= MIN_BALLOTS):
            return None
        wanted = (tiles, min(voters, MOST_VOTERS))
        with self._lock:
            if self._found is not None and (self._found.tiles, self._found.voters) == wanted:
                return self._found
            if self._wanted != wanted:
                self._wanted = wanted
                threading.Thread(target=self._simulate, args=wanted, name="race simulation", daemon=True).start()
        return None

    def _simulate(self, tiles: int, voters: int) -> None:
        percent = round(100.0 * simulate(Setting(tiles, voters)).best_wins)
        with self._lock:
            if self._wanted == (tiles, voters):
                self._found = Sureness(tiles=tiles, voters=voters, percent=percent)
