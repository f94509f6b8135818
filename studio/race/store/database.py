"""The SQLite file of a race: short transactions, each on the disk before it is told, on drives that come and go.

The journal is a rollback journal (a write-ahead log needs shared memory, which mounted drives lack). Whatever is
overwritten is zeroed. A file that cannot be reached is tried again until the patience is used up.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from studio.race.messages import RaceError

FILE = "race.sqlite"
PATIENCE_SECONDS = 75.0  # a mounted drive may be away for a minute
BUSY_SECONDS = 10.0  # that SQLite itself waits for another process
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.02, 1.0
AWAY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
SETTINGS = (
    "PRAGMA journal_mode = TRUNCATE",
    "PRAGMA synchronous = EXTRA",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
)

Result = TypeVar("Result")
Action = Callable[[sqlite3.Connection], Result]


class Database:
    """One file that many threads and processes use. Raises RaceError: store_away, store_full, race_damaged.

    An action may run more than once, so it must do nothing outside the database. One whose commit was interrupted may
    have been done: whoever repeats it must find that out by what is there.
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
        self._lock = threading.Lock()  # writers of one process wait here instead of for the file

    def read(self, action: Action[Result]) -> Result:
        """Run an action that changes nothing, on one consistent state."""
        return self._persistently("BEGIN", action)

    def write(self, action: Action[Result]) -> Result:
        """Run an action as one transaction; when this returns, its changes are on the disk."""
        with self._lock:
            return self._persistently("BEGIN IMMEDIATE", action)

    def _persistently(self, begin: str, action: Action[Result]) -> Result:
        deadline, pause = self._clock() + self._patience, FIRST_PAUSE_SECONDS
        while True:
            try:
                return self._once(begin, action)
            except sqlite3.DatabaseError as error:
                self._check_worth_another_try(error, deadline)
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _check_worth_another_try(self, error: sqlite3.DatabaseError, deadline: float) -> None:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says more of the same kind
        if code == sqlite3.SQLITE_FULL:
            raise RaceError("store_full") from error
        if code not in AWAY:
            raise RaceError("race_damaged", path=self.path.name, why=str(error)) from error
        if self._clock() >= deadline:
            raise RaceError("store_away") from error

    def _once(self, begin: str, action: Action[Result]) -> Result:
        with closing(connect(self.path)) as connection, _transaction(connection, begin):
            return action(connection)


def connect(path: Path) -> sqlite3.Connection:
    """Open a file that exists: where a drive is away, an empty one must not be made in its place."""
    address = f"file:{quote(str(path.absolute()))}?mode=rw"
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        for setting in SETTINGS:
            connection.execute(setting)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
