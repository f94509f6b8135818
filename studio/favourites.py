"""The favourites of a studio: tiles that its visitors have starred, without their names, in one file on disk."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from studio.clients import current_client
from training.core.atomic_write import written_file
from training.core.clean_text import clean_text
from training.core.latents import SEED_LIMIT
from training.core.paths import home_folder

log = logging.getLogger(__name__)
FORMAT = 1
FILE = "favourites.json"
MOST = 200  # tiles on the wall; where there are more, the oldest go of the source that has most
MOST_OF_SOURCE = 150  # of them that one session, or one address without one, may bring
MOST_OF_ONE = 300  # favourites that one browser may send
MOST_OWNERS = 32
MOST_FORMER = 8  # browsers that one favourite has come through as a file
TEXT_LENGTH = 80
OWNER = re.compile(r"[0-9a-f]{16}")
MAX_BYTES = 2**20
Tile: TypeAlias = tuple[str, int, float]


class FavouriteError(ValueError):
    """What was sent is no favourite, in one sentence."""


@dataclass(frozen=True)
class Favourite:
    """A starred tile, its note and its name clean text.

    `owners` are short hashes of the secrets of the browsers that starred it, the first one first.
    """

    sha256: str
    seed: int
    psi: float = 1.0
    note: str = ""
    name: str = ""
    added: float = 0.0  # seconds since 1970
    owners: tuple[str, ...] = ()

    @property
    def tile(self) -> Tile:
        """Return what makes it the same favourite as another."""
        return self.sha256, self.seed, self.psi


class Wall:
    """The favourites of all visitors, kept in a folder, or in memory where there is none. Safe among threads.

    Raises OSError where the folder cannot be written; what was shared is on the wall all the same.
    """

    def __init__(self, folder: Path | None, clock: Callable[[], float] = time.time) -> None:
        self._file = folder / FILE if folder else None
        self._clock = clock
        self._lock = threading.Lock()
        self._version: tuple[int, ...] = ()
        self._tiles: dict[Tile, Favourite] = {}
        self._places: dict[str, str] = {}  # owner -> the address at which that browser has its secret
        self._here: set[str] = set()  # owners that have asked this program
        self._sources: dict[str, str] = {}  # owner -> session or address from which this program was asked last

    def share(
        self,
        secret: str,
        favourites: Iterable[Favourite],
        address: str = "",
        former: Mapping[Tile, Iterable[str]] | None = None,
    ) -> None:
        """Let exactly these favourites be those of the browser with this secret, whose page is at this address.

        `former` says of a tile that came in a file which owners had starred it there. Their stars become this
        browser's, but for those who can come back: a browser of this address, or one that has asked this program.
        """
        owner = owner_of(secret)
        wanted = {one.tile: one for one in favourites}
        with self._lock:
            self._refresh()
            before, places = dict(self._tiles), dict(self._places)
            self._come(owner, address)
            for tile in wanted.keys() & (former or {}).keys():
                self._take_over(tile, owner, (former or {})[tile])
            for tile, one in before.items():
                if owner in one.owners and tile not in wanted:
                    self._let_go(one, owner)
            for one in wanted.values():
                self._put(one, owner)
            self._keep_most(owner)
            self._places = {one: self._places[one] for one in self._owners() if one in self._places}
            self._here &= self._owners()
            self._sources = {one: self._sources[one] for one in self._owners() if one in self._sources}
            if (self._tiles, self._places) != (before, places):
                self._write()

    def rows(self, secret: str) -> list[dict[str, Any]]:
        """Return the wall for the page, the newest first: how many starred a tile, and whether this browser did."""
        owner = owner_of(secret)
        with self._lock:
            self._refresh()
            rows = sorted(self._tiles.values(), key=lambda one: one.added, reverse=True)
        return [_shown(one, owner) for one in rows]

    def _come(self, owner: str, address: str) -> None:
        self._here.add(owner)
        self._sources[owner] = current_client().source
        if address:
            self._places[owner] = owner_of(address)

    def _take_over(self, tile: Tile, owner: str, former: Iterable[str]) -> None:
        """Let an owner have the stars of those who cannot come back to take them themselves."""
        known, place = self._tiles.get(tile), self._places.get(owner)
        gone = {one for one in former if one not in self._here and place and self._places.get(one) != place}
        if known is not None:
            owners = dict.fromkeys(owner if one in gone else one for one in known.owners)
            self._tiles[tile] = replace(known, owners=tuple(owners))

    def _owners(self) -> set[str]:
        return {owner for one in self._tiles.values() for owner in one.owners}

    def _put(self, one: Favourite, owner: str) -> None:
        known = self._tiles.get(one.tile)
        added = min(one.added, self._clock())
        if known is None:
            self._tiles[one.tile] = replace(one, added=added, owners=(owner,))
            return
        owners = known.owners if owner in known.owners else (*known.owners, owner)[:MOST_OWNERS]
        note = one.note if owners[0] == owner else known.note
        self._tiles[one.tile] = replace(known, owners=owners, note=note)

    def _let_go(self, one: Favourite, owner: str) -> None:
        """Take one owner's star away, and with the last star the tile; the note was the first owner's."""
        owners = tuple(other for other in one.owners if other != owner)
        if not owners:
            del self._tiles[one.tile]
            return
        note = one.note if owners[0] == one.owners[0] else ""
        self._tiles[one.tile] = replace(one, owners=owners, note=note)

    def _keep_most(self, owner: str) -> None:
        """Let the oldest tiles go of the sources that have most, so that none can push out the tiles of others.

        The one that an owner belongs to, who has just brought some, has no more than its share.
        """
        theirs: defaultdict[str, list[Favourite]] = defaultdict(list)
        for one in sorted(self._tiles.values(), key=lambda one: one.added, reverse=True):
            theirs[self._source_name(one.owners[0] if one.owners else "")].append(one)
        for one in theirs[self._source_name(owner)][MOST_OF_SOURCE:]:
            del self._tiles[one.tile]
        theirs[self._source_name(owner)] = theirs[self._source_name(owner)][:MOST_OF_SOURCE]
        for _ in range(len(self._tiles) - MOST):
            most = max(theirs.values(), key=lambda tiles: (len(tiles), -tiles[-1].added))
            del self._tiles[most.pop().tile]

    def _source_name(self, owner: str) -> str:
        """Return for whom an owner's tiles count: the source, as far as that is known, or the owner alone."""
        return self._sources.get(owner) or f"owner {owner}"

    def _refresh(self) -> None:
        """Read the file where another studio has written it since."""
        version = self._stat()
        if self._file is not None and version and version != self._version:
            found, self._places = self._read(self._file)
            self._tiles = {one.tile: one for one in found}
            self._version = version

    def _stat(self) -> tuple[int, ...]:
        with suppress(OSError):
            if self._file is not None:
                found = self._file.stat()
                return found.st_ino, found.st_size, found.st_mtime_ns
        return ()

    def _read(self, path: Path) -> tuple[list[Favourite], dict[str, str]]:
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            return from_file(data), places_from_file(data)
        except (OSError, FavouriteError) as error:
            log.warning("The favourites in %s cannot be read and are set aside: %s", path, error)
            with suppress(OSError):
                path.replace(path.with_suffix(".damaged.json"))
            return [], {}

    def _write(self) -> None:
        """Write the whole file beside the old one and put it in its place, so that a kill leaves one of them."""
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with written_file(self._file) as part:
            part.touch(mode=0o600)  # nobody else's, as who has starred what is of nobody's business
            part.write_bytes(to_file(self._tiles.values(), self._places))
        self._version = self._stat()


def state_folder() -> Path:
    """Return where a studio keeps what must outlive it: GAN_RACE_STATE, or a folder in the user's home."""
    named = os.environ.get("GAN_RACE_STATE")
    return Path(named) if named else home_folder() / ".local" / "state" / "gan-race-studio"


def to_file(favourites: Iterable[Favourite], places: Mapping[str, str] | None = None) -> bytes:
    """Write favourites, and the places of their owners, as the file that is kept."""
    rows = [asdict(one) for one in favourites]
    return json.dumps({"format": FORMAT, "favourites": rows, "places": {**(places or {})}}, indent=1).encode()


def from_file(data: bytes) -> list[Favourite]:
    """Read the file that is kept, or raise FavouriteError."""
    rows = _content(data).get("favourites")
    if not isinstance(rows, list):
        raise FavouriteError("It holds no list of favourites.")
    return [replace(checked(row), owners=_owners(row)) for row in rows[:MOST]]


def places_from_file(data: bytes) -> dict[str, str]:
    """Read where the owners of the file have their secrets; older files do not tell. Raises FavouriteError."""
    places = _content(data).get("places")
    known = places.items() if isinstance(places, dict) else ()
    return {owner: place for owner, place in known if is_owner(owner) and is_owner(place)}


def _content(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data) if len(data) <= MAX_BYTES else None
    except (ValueError, RecursionError) as error:
        raise FavouriteError("It is no JSON.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FavouriteError(f"It is not of format {FORMAT}.")
    return content


def checked(row: Any) -> Favourite:
    """Return a row from outside as a favourite without owners, or raise FavouriteError with what is wrong."""
    if not isinstance(row, dict):
        raise FavouriteError(f"{row!r:.40} is no favourite.")
    sha256, seed, psi = row.get("sha256"), row.get("seed"), row.get("psi", 1.0)
    if not isinstance(sha256, str) or len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise FavouriteError(f"{sha256!r:.40} is not the SHA-256 of a checkpoint.")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_LIMIT:
        raise FavouriteError(f"{seed!r:.40} is no seed.")
    if not _is_number(psi) or not 0 <= psi <= 1:
        raise FavouriteError(f"{psi!r:.40} is no psi.")
    added = row.get("added", 0.0)
    if not _is_number(added):
        raise FavouriteError(f"{added!r:.40} is no time.")
    return Favourite(sha256, seed, float(psi), _text(row, "note"), _text(row, "name"), float(added))


def former_of(row: dict[str, Any]) -> tuple[str, ...]:
    """Return the owners that a row from outside names as those who had starred it before; what is none is left out."""
    former = row.get("former")
    names = former[:MOST_FORMER] if isinstance(former, list) else []
    return tuple(filter(is_owner, names))


def is_owner(value: object) -> bool:
    """Tell whether a value is a short hash, as `owner_of` makes one."""
    return isinstance(value, str) and OWNER.fullmatch(value) is not None


def owner_of(secret: str) -> str:
    """Return what the file keeps of a browser's secret: enough to know it again, too little to become it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _text(row: dict[str, Any], field: str) -> str:
    value = row.get(field, "")
    if not isinstance(value, str) or len(value) > TEXT_LENGTH:
        raise FavouriteError(f"The {field} {value!r:.40} is no text of at most {TEXT_LENGTH} characters.")
    return clean_text(value, TEXT_LENGTH)


def _owners(row: dict[str, Any]) -> tuple[str, ...]:
    owners = row.get("owners")
    return tuple(filter(is_owner, owners[:MOST_OWNERS])) if isinstance(owners, list) else ()


def _shown(one: Favourite, owner: str) -> dict[str, Any]:
    facts = {key: value for key, value in asdict(one).items() if key != "owners"}
    return {**facts, "stars": len(one.owners), "own": owner in one.owners}
