"""The entries of a race and those that were refused, in its database."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

from studio.race.messages import RaceError


@dataclass(frozen=True, kw_only=True)
class RaceEntry:
    """One entry: whose it is, and the checkpoint, seed and psi that its tile is drawn from.

    `about` is Markdown by the entrant, as it was sent. `hours`, `pretrained` and `recipe` are what the checkpoint's
    metadata declare, `seeds_looked_at` what the file or the entrant does. `owner` is the hash of a secret of the
    browser that sent it, "" where the organiser did. `excluded` is why it takes no part (`code` of MESSAGES and the
    values that fill it), or None. `repeated_cells` of its 100 pictures occur nearly equal in the tile of the second
    seed, too; None before that is drawn.
    """

    entry_id: str
    name: str
    checkpoint_sha256: str
    seed: int
    psi: float = 1.0
    about: str = ""
    weights: str | None = None
    seeds_looked_at: int | None = None
    hours: float | None = None
    pretrained: str | None = None
    recipe: str | None = None
    owner: str = ""
    excluded: dict[str, Any] | None = None
    repeated_cells: int | None = None

    @property
    def drawn_from(self) -> tuple[str, int, float]:
        """Return what makes its tile the same as another's."""
        return self.checkpoint_sha256, self.seed, self.psi

    def revealed(self, second_seed: int | None) -> dict[str, Any]:
        """Return what the mapping says of it, which is published at the end."""
        values = asdict(self)
        hidden = {"entry_id", "owner", "excluded", "hours"}
        told = {name: value for name, value in values.items() if name not in hidden}
        return {**told, "training_hours": self.hours, "second_seed": second_seed}


@dataclass(frozen=True)
class Refusal:
    """Somebody who could not enter, and why: a code of MESSAGES and its values."""

    name: str
    code: str
    values: dict[str, Any]

    def sentence(self) -> str:
        """Return the reason in English."""
        return RaceError(self.code, **self.values).sentence()


def name_key(name: str) -> str:
    """Return a name as it is compared: whatever case and width."""
    return unicodedata.normalize("NFKC", name).casefold()


def all_entries(connection: sqlite3.Connection) -> list[RaceEntry]:
    """Return all entries by name, those that were excluded too."""
    rows = connection.execute("SELECT entry FROM entries ORDER BY name_key")
    return [RaceEntry(**json.loads(entry)) for (entry,) in rows]


def taking_part(connection: sqlite3.Connection) -> list[RaceEntry]:
    """Return the entries that take part, by name."""
    return [entry for entry in all_entries(connection) if entry.excluded is None]


def named(connection: sqlite3.Connection, name: str) -> RaceEntry | None:
    """Return the entry of a name, or None."""
    row = connection.execute("SELECT entry FROM entries WHERE name_key = ?", (name_key(name),)).fetchone()
    return RaceEntry(**json.loads(row[0])) if row else None


def put(connection: sqlite3.Connection, entry: RaceEntry) -> None:
    """Write an entry in the place of an older one of its name; whoever was refused under it has entered now."""
    row = (name_key(entry.name), json.dumps(asdict(entry)))
    connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?)", row)
    connection.execute("DELETE FROM refused WHERE name_key = ?", row[:1])


def refuse(connection: sqlite3.Connection, refusal: Refusal) -> None:
    """Note that somebody could not enter."""
    row = (name_key(refusal.name), json.dumps(asdict(refusal)))
    connection.execute("INSERT OR REPLACE INTO refused VALUES (?, ?)", row)


def refusals(connection: sqlite3.Connection) -> list[Refusal]:
    """Return who could not enter, by name."""
    rows = connection.execute("SELECT refusal FROM refused ORDER BY name_key")
    return [Refusal(**json.loads(refusal)) for (refusal,) in rows]
