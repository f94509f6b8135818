"""The favourites of a studio: tiles that its visitors have starred, without their names, in one file on disk."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from studio.clients import current_client
from studio.favourite import MAX_BYTES, MOST, MOST_OWNERS, Favourite, FavouriteError, from_json, owner_of
from studio.favourites_file import PATIENCE_SECONDS, FavouritesFile, Tiles
from studio.shares import Holder, greediest, holder_of
from training.core.paths import home_folder

log = logging.getLogger(__name__)
FILE = "favourites.sqlite"
EARLIER_FILE = "favourites.json"  # of earlier versions; read once, and left as it was
MOST_OF_SOURCE = 150  # that one session, or one address without one, may bring
MOST_OF_ONE = 300  # favourites that one browser may send
MOST_WAITING = 64  # browsers whose favourites wait until the file can be written
RETRY_SECONDS = 10.0  # after the file could not be written, until it is tried again


class SharedFavourites:
    """The favourites of all visitors, kept in a folder, or in memory where there is none. Safe among threads."""

    def __init__(
        self, folder: Path | None, clock: Callable[[], float] = time.time, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._file = FavouritesFile(folder / FILE, patience=patience) if folder else None
        self._earlier = folder / EARLIER_FILE if folder else None
        self._clock = clock
        self._lock = threading.Lock()
        self._tiles: Tiles = {}
        self._is_known = False  # whether the file has been read
        self._version: tuple[int, ...] = ()
        self._holders: dict[str, Holder] = {}  # owner -> from where this program was asked last
        self._waiting: dict[str, Tiles] = {}  # owner -> favourites that the file does not have yet
        self._failure: tuple[float, OSError] | None = None  # of the last writing, and when

    def share(self, secret: str, favourites: Iterable[Favourite]) -> None:
        """Let exactly these favourites be those of the browser with this secret.

        Raises OSError, one sentence, where they could not be written. They are shown all the same, and written with the
        next favourites that anybody shares once that is possible.
        """
        owner = owner_of(secret)
        with self._lock:
            self._holders[owner] = holder_of(current_client())
            self._waiting.pop(owner, None)
            self._waiting[owner] = {one.tile: one for one in favourites}
            while len(self._waiting) > MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]
            self._store()

    def rows(self, secret: str) -> list[dict[str, Any]]:
        """Return all for the page, the newest first: how many starred a tile, and whether this browser did."""
        owner = owner_of(secret)
        with self._lock:
            self._refresh()
            found = sorted(self._tiles.values(), key=lambda one: one.added, reverse=True)
        return [_shown(one, owner) for one in found]

    def _store(self) -> None:
        try:
            self._tiles = self._written(self._with_waiting)
            self._waiting.clear()
        except OSError:
            self._tiles = self._with_waiting(self._tiles)
            raise
        finally:
            owners = {owner for one in self._tiles.values() for owner in one.owners} | self._waiting.keys()
            self._holders = {owner: holder for owner, holder in self._holders.items() if owner in owners}

    def _written(self, action: Callable[[Tiles], Tiles]) -> Tiles:
        """Return what an action makes of the favourites of the file. Raises OSError, for a while without a try."""
        if self._file is None:
            return action(self._tiles)
        if self._failure is not None and self._clock() - self._failure[0] < RETRY_SECONDS:
            raise self._failure[1]
        try:
            tiles = self._file.change(action, self._initial)
        except OSError as error:
            self._failure = self._clock(), error
            raise
        self._failure, self._is_known, self._version = None, True, self._file.version()
        return tiles

    def _refresh(self) -> None:
        """Read the file where another studio has written it since."""
        version = self._file.version() if self._file is not None else self._version
        is_old = version != self._version if version else not self._is_known and self._holds_earlier()
        if is_old:
            with suppress(OSError):
                self._tiles = self._written(lambda tiles: tiles)
                self._tiles = self._with_waiting(self._tiles)

    def _holds_earlier(self) -> bool:
        return self._earlier is not None and self._earlier.exists()

    def _initial(self) -> Tiles:
        """Return the favourites with which a new file begins: of one that has vanished, or of the earlier file."""
        if self._is_known or self._earlier is None:
            return self._tiles
        try:
            with self._earlier.open("rb") as file:
                found = from_json(file.read(MAX_BYTES + 1))
        except FileNotFoundError:
            return {}
        except (OSError, FavouriteError) as error:
            log.warning("The favourites in %s cannot be taken over: %s", self._earlier, error)
            return {}
        return {one.tile: one for one in found}

    def _with_waiting(self, tiles: Tiles) -> Tiles:
        for owner, wanted in self._waiting.items():
            tiles = self._within_limits(_starred(tiles, owner, wanted, self._clock()), owner)
        return tiles

    def _within_limits(self, tiles: Tiles, owner: str) -> Tiles:
        """Let the oldest tiles go of those who have most, so that none can push out the tiles of others.

        The session that an owner belongs to, who has just brought some, has no more than its share.
        """
        theirs: defaultdict[Holder, list[Favourite]] = defaultdict(list)
        for one in sorted(tiles.values(), key=lambda one: one.added, reverse=True):
            theirs[self._holder(one.owners[0] if one.owners else "")].append(one)
        theirs[self._holder(owner)] = theirs[self._holder(owner)][:MOST_OF_SOURCE]
        for _ in range(sum(map(len, theirs.values())) - MOST):
            oldest_first = sorted(theirs, key=lambda holder: theirs[holder][-1].added if theirs[holder] else 0.0)
            theirs[greediest({holder: len(theirs[holder]) for holder in oldest_first})].pop()
        kept = {one.tile for found in theirs.values() for one in found}
        return {tile: one for tile, one in tiles.items() if tile in kept}

    def _holder(self, owner: str) -> Holder:
        """Return for whom an owner's tiles count: a session and its address, as far as known, or the owner alone."""
        known = self._holders.get(owner)
        return known if known and known.source else Holder(f"owner {owner}", f"owner {owner}")


def state_folder() -> Path:
    """Return where a studio keeps what must outlive it: GAN_RACE_STATE, or a folder in the user's home."""
    named = os.environ.get("GAN_RACE_STATE")
    return Path(named) if named else home_folder() / ".local" / "state" / "gan-race-studio"


def _starred(tiles: Tiles, owner: str, wanted: Tiles, now: float) -> Tiles:
    """Return the tiles once an owner has starred those that are wanted, and no others."""
    left = [_without(one, owner) if one.tile not in wanted else one for one in tiles.values()]
    found = {one.tile: one for one in left if one is not None}
    for one in wanted.values():
        found[one.tile] = _with(found.get(one.tile), replace(one, added=min(one.added, now)), owner)
    return found


def _with(known: Favourite | None, one: Favourite, owner: str) -> Favourite:
    """Return a favourite with one owner more; the note is the first owner's."""
    if known is None:
        return replace(one, owners=(owner,))
    owners = known.owners if owner in known.owners else (*known.owners, owner)[:MOST_OWNERS]
    return replace(known, owners=owners, note=one.note if owners[0] == owner else known.note)


def _without(one: Favourite, owner: str) -> Favourite | None:
    """Return a favourite without one owner's star, None without the last; the note goes with the first owner."""
    if owner not in one.owners:
        return one
    owners = tuple(other for other in one.owners if other != owner)
    if not owners:
        return None
    return replace(one, owners=owners, note=one.note if owners[0] == one.owners[0] else "")


def _shown(one: Favourite, owner: str) -> dict[str, Any]:
    facts = {key: value for key, value in asdict(one).items() if key != "owners"}
    return {**facts, "stars": len(one.owners), "own": owner in one.owners}
