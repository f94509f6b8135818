"""The tables of a race, and how a new one begins.

No table has row numbers, so that none tells an order. `used` (who has voted) and `ballots` share nothing: no ballot
leads to a voter. `ballots` and `used` are written anew in the order of their keys with every vote.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from studio.race.messages import RaceError
from studio.race.store.database import FILE
from training.core.atomic_write import UNFINISHED

FORMAT = 1
TABLES = """
CREATE TABLE race (
    name TEXT PRIMARY KEY,  -- a field of RaceState
    value TEXT NOT NULL     -- as JSON
) WITHOUT ROWID;
CREATE TABLE entries (
    name_key TEXT PRIMARY KEY,  -- the name as it is compared
    entry TEXT NOT NULL         -- RaceEntry as JSON
) WITHOUT ROWID;
CREATE TABLE refused (
    name_key TEXT PRIMARY KEY,
    refusal TEXT NOT NULL       -- Refusal as JSON
) WITHOUT ROWID;
CREATE TABLE codes (
    hash TEXT PRIMARY KEY,  -- of a one-time code
    entry_id TEXT           -- whose maker has it, or NULL
) WITHOUT ROWID;
CREATE TABLE used (
    round INTEGER NOT NULL,
    voter TEXT NOT NULL,    -- the hash of a code; on the honour system a name
    PRIMARY KEY (round, voter)
) WITHOUT ROWID;
CREATE TABLE ballots (
    round INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    ranks TEXT NOT NULL,    -- tile codes as JSON, the best first
    PRIMARY KEY (round, receipt)
) WITHOUT ROWID;
CREATE TABLE events (
    moment REAL NOT NULL,   -- seconds since 1970
    event TEXT NOT NULL,    -- of the organiser's doing only, never a vote
    PRIMARY KEY (moment, event)
) WITHOUT ROWID;
"""


def create(folder: Path, rows: dict[str, str]) -> None:
    """Make the file of a race with the first rows of its table `race`, whole or not at all. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{FILE}{UNFINISHED}"
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(part, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.executescript(f"PRAGMA user_version = {FORMAT};\nBEGIN;\n{TABLES}")
        connection.executemany("INSERT INTO race VALUES (?, ?)", rows.items())
        connection.execute("COMMIT")
    part.replace(folder / FILE)


def check_format(connection: sqlite3.Connection, path: Path) -> None:
    """Raise RaceError for a file that another version of this program wrote."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found != FORMAT:
        raise RaceError("race_format", path=path.name, found=found, wanted=FORMAT)
