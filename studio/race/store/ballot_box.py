"""Who may vote, who has voted, and the ballots: three tables without anything that leads from one to another."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from studio.race.counting import Ballot


def replace_unused_codes(connection: sqlite3.Connection, codes: Iterable[tuple[str, str | None]]) -> None:
    """Replace all codes that nobody has used by these hashes, each with the entry whose maker has the code."""
    connection.execute("DELETE FROM codes WHERE hash NOT IN (SELECT voter FROM used)")
    connection.executemany("INSERT INTO codes VALUES (?, ?)", sorted(codes))


def is_code(connection: sqlite3.Connection, code_hash: str) -> bool:
    """Tell whether this is the hash of a code of the race."""
    return connection.execute("SELECT 1 FROM codes WHERE hash = ?", (code_hash,)).fetchone() is not None


def entry_of_code(connection: sqlite3.Connection, code_hash: str) -> str | None:
    """Return the entry whose maker has this code, or None."""
    row = connection.execute("SELECT entry_id FROM codes WHERE hash = ?", (code_hash,)).fetchone()
    return row[0] if row else None


def used_entries(connection: sqlite3.Connection) -> list[str]:
    """Return the entries whose makers' codes have been used in any round."""
    rows = connection.execute("SELECT entry_id FROM codes WHERE entry_id NOT NULL AND hash IN (SELECT voter FROM used)")
    return [entry_id for (entry_id,) in rows]


def codes_of_entries(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how many codes the makers of each entry have."""
    rows = connection.execute("SELECT entry_id, count(*) FROM codes WHERE entry_id NOT NULL GROUP BY entry_id")
    return dict(rows.fetchall())


def count_codes(connection: sqlite3.Connection) -> int:
    """Return how many codes there are, used or not."""
    (count,) = connection.execute("SELECT count(*) FROM codes").fetchone()
    return int(count)


def count_ballots(connection: sqlite3.Connection, number: int) -> int:
    """Return how many ballots a round has."""
    (count,) = connection.execute("SELECT count(*) FROM ballots WHERE round = ?", (number,)).fetchone()
    return int(count)


def has_voted(connection: sqlite3.Connection, number: int, voter: str) -> bool:
    """Tell whether a voter has voted in a round."""
    found = connection.execute("SELECT 1 FROM used WHERE round = ? AND voter = ?", (number, voter))
    return found.fetchone() is not None


def voters(connection: sqlite3.Connection, number: int) -> list[str]:
    """Return who has voted in a round, sorted."""
    return [
        voter for (voter,) in connection.execute("SELECT voter FROM used WHERE round = ? ORDER BY voter", (number,))
    ]


def ballot(connection: sqlite3.Connection, number: int, receipt: str) -> Ballot | None:
    """Return the ballot with a receipt, or None."""
    found = connection.execute(
        "SELECT ranks FROM ballots WHERE round = ? AND receipt = ?", (number, receipt)
    ).fetchone()
    return Ballot(receipt, tuple(json.loads(found[0]))) if found else None


def ballots(connection: sqlite3.Connection, number: int) -> tuple[Ballot, ...]:
    """Return the ballots of a round in the order of their receipts."""
    rows = connection.execute("SELECT receipt, ranks FROM ballots WHERE round = ? ORDER BY receipt", (number,))
    return tuple(Ballot(receipt, tuple(json.loads(ranks))) for receipt, ranks in rows)


def put_in(connection: sqlite3.Connection, number: int, voter: str, ballot: Ballot) -> None:
    """Mark a voter and add a ballot.

    Both tables are emptied and filled again in the order of their keys: a page of SQLite's holds its rows in the order
    in which they came, which would tell the order of the votes.
    """
    used = [*connection.execute("SELECT round, voter FROM used"), (number, voter)]
    cast = [*connection.execute("SELECT round, receipt, ranks FROM ballots")]
    cast.append((number, ballot.receipt, json.dumps(list(ballot.ranks))))
    connection.execute("DELETE FROM used")
    connection.execute("DELETE FROM ballots")
    connection.executemany("INSERT INTO used VALUES (?, ?)", sorted(used))
    connection.executemany("INSERT INTO ballots VALUES (?, ?, ?)", sorted(cast))
