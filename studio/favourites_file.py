"""The SQLite file of the shared favourites: one transaction for each change, on drives that come and go.

The journal is a rollback journal, as in the file of a race: a write-ahead log needs shared memory, which mounted drives
lack. A file that is locked or away is tried again for as long as the patience lasts.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from studio.favourite import Favourite, FavouriteError, Tile, owned_favourite
from studio.race.store.database import AWAY, SETTINGS

log = logging.getLogger(__name__)
FORMAT = 1
PATIENCE_SECONDS = 3.0  # somebody waits for the answer
BUSY_SECONDS = 1.0  # that SQLite itself waits for another process
PAUSE_SECONDS = 0.1
TABLE = """
CREATE TABLE favourites (
    sha256 TEXT NOT NULL,
    seed INTEGER NOT NULL,
    psi REAL NOT NULL,
    note TEXT NOT NULL,
    name TEXT NOT NULL,
    added REAL NOT NULL,    -- seconds since 1970
    owners TEXT NOT NULL,   -- JSON: short hashes of the secrets of the browsers that starred it, the first one first
    PRIMARY KEY (sha256, seed, psi)
) WITHOUT ROWID"""
COLUMNS = ("sha256", "seed", "psi", "note", "name", "added", "owners")
ALL = "SELECT sha256, seed, psi, note, name, added, owners FROM favourites"
LASTING = (FileExistsError, NotADirectoryError, PermissionError)  # no second try mends these
DAMAGED = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
Tiles: TypeAlias = dict[Tile, Favourite]


class FavouritesFileError(OSError):
    """The file cannot be read or written now; one sentence says why."""


class FavouritesFile:
    """The favourites in one file that threads and processes may use at once.

    Its folder is made where this program has not found it before; later one that is gone is a drive that is away.
    """

    def __init__(
        self,
        path: Path,
        *,
        patience: float = PATIENCE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path, self._patience, self._sleep, self._clock = path, patience, sleep, clock
        self._was_there = False

    def change(self, action: Callable[[Tiles], Tiles], initial: Callable[[], Tiles]) -> Tiles:
        """Put what an action makes of the favourites in their place, as one transaction, and return it.

        `initial` gives those with which a file begins that is not there. Both may be called more than once. Raises
        FavouritesFileError; a damaged file is set aside.
        """
        deadline = self._clock() + self._patience
        while True:
            try:
                return self._once(action, initial)
            except (sqlite3.DatabaseError, OSError) as error:
                if isinstance(error, sqlite3.DatabaseError) and _code(error) in DAMAGED:
                    self._set_aside(error)
                elif self._clock() >= deadline or not _may_pass(error):
                    raise self._error(error) from error
            self._sleep(PAUSE_SECONDS)

    def version(self) -> tuple[int, ...]:
        """Return what differs once anybody has written the file; nothing where it cannot be looked at."""
        try:
            found = self.path.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _once(self, action: Callable[[Tiles], Tiles], initial: Callable[[], Tiles]) -> Tiles:
        self._make()
        with closing(self._connected()) as connection, _transaction(connection):
            if _format(connection) == 0:
                connection.execute(TABLE)
                connection.execute(f"PRAGMA user_version = {FORMAT}")
                _write(connection, {}, initial())
            before = _read(connection)
            after = action(dict(before))
            _write(connection, before, after)
        self._was_there = True
        return after

    def _make(self) -> None:
        if not self._was_there:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            self.path.touch(mode=0o600)  # nobody else's, as who has starred what is of nobody's business

    def _connected(self) -> sqlite3.Connection:
        address = f"file:{quote(str(self.path.absolute()))}?mode=rw"
        connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            for setting in SETTINGS:
                connection.execute(setting)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        log.warning("The favourites in %s cannot be read and are set aside: %s", self.path, error)
        try:
            self.path.replace(self.path.with_suffix(".damaged.sqlite"))
        except OSError as failure:
            raise self._error(failure) from error

    def _error(self, error: Exception) -> FavouritesFileError:
        why = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        return FavouritesFileError(f"The favourites in {self.path} cannot be written: {why.rstrip('.')}.")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _format(connection: sqlite3.Connection) -> int:
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found not in (0, FORMAT):
        raise PermissionError(f"another version of this program wrote them, in format {found} and not {FORMAT}")
    return int(found)


def _read(connection: sqlite3.Connection) -> Tiles:
    """Return the rows that are favourites by today's rules; the file may have been changed by hand."""
    found = [dict(zip(COLUMNS, row, strict=True)) for row in connection.execute(ALL)]
    tiles = [_favourite(row) for row in found]
    return {one.tile: one for one in tiles if one is not None}


def _favourite(row: dict[str, object]) -> Favourite | None:
    try:
        return owned_favourite({**row, "owners": json.loads(str(row["owners"]))})
    except (FavouriteError, ValueError, RecursionError) as error:
        log.warning("A row of the favourites is left out: %s", error)
        return None


def _write(connection: sqlite3.Connection, before: Tiles, after: Tiles) -> None:
    gone = before.keys() - after.keys()
    connection.executemany("DELETE FROM favourites WHERE sha256 = ? AND seed = ? AND psi = ?", sorted(gone))
    changed = [one for tile, one in after.items() if before.get(tile) != one]
    rows = [(*one.tile, one.note, one.name, one.added, json.dumps(one.owners)) for one in changed]
    connection.executemany("INSERT OR REPLACE INTO favourites VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _code(error: sqlite3.DatabaseError) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says more of the same kind


def _may_pass(error: Exception) -> bool:
    return not isinstance(error, LASTING) if isinstance(error, OSError) else _code_of(error) in AWAY


def _code_of(error: Exception) -> int:
    return _code(error) if isinstance(error, sqlite3.DatabaseError) else 0
