"""What a race is and where it stands, apart from entries and ballots."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from studio.race import counting
from studio.race.counting import Kind


class Phase(StrEnum):
    """The five phases of a race, in their order."""

    SUBMIT = "SUBMIT"
    CHECK = "CHECK"
    VOTE = "VOTE"
    FINAL = "FINAL"
    REVEAL = "REVEAL"


FIRST_ROUND, FINAL_ROUND = 1, 2
ROUNDS = {Phase.VOTE: FIRST_ROUND, Phase.FINAL: FINAL_ROUND}


@dataclass(frozen=True, kw_only=True)
class RaceState:
    """The organiser's choices and the progress of a race.

    `voting` tells whether ballots are taken in VOTE or FINAL; `paused` stops ballots and entries in any phase.
    `mapping` gives for each tile code what is revealed of its entry, and `entry_ids` its entry; both are drawn when the
    vote opens, with `salt` and `commitment`. `voters` is the number of codes, on the honour system of those expected.
    """

    race_id: str
    title: str
    secret_hash: str
    code_salt: str
    resolution: int = 128
    hours: float = 12.0
    shared_first: bool = False
    phase: Phase = Phase.SUBMIT
    voting: bool = False
    paused: bool = False
    honour: bool = False
    voters: int = 0
    second_seed: int | None = None
    salt: str = ""
    commitment: str = ""
    mapping: dict[str, dict[str, Any]] = field(default_factory=dict)
    entry_ids: dict[str, str] = field(default_factory=dict)
    finalists: tuple[str, ...] = ()

    @property
    def round(self) -> int | None:
        """Return the number of the round of this phase, or None where it has none."""
        return ROUNDS.get(self.phase)

    @property
    def stage(self) -> str:
        """Return the phase and, where it takes ballots, whether they are taken now: a key of `messages.STAGES`."""
        return self.phase if self.round is None else f"{self.phase}_{'open' if self.voting else 'closed'}"

    def tiles(self, number: int) -> tuple[str, ...]:
        """Return the tile codes of a round, sorted."""
        return tuple(sorted(self.finalists if number == FINAL_ROUND else self.mapping))

    def kind(self, number: int) -> Kind:
        """Return the kind of a round."""
        return "final" if number == FINAL_ROUND else counting.first_round_kind(len(self.mapping))

    def tile_of(self, entry_id: str | None) -> str | None:
        """Return the tile code of an entry, None where it has none."""
        return next((tile for tile, one in self.entry_ids.items() if one == entry_id), None)


def to_rows(state: RaceState) -> dict[str, str]:
    """Return the rows of the table `race`."""
    return {name: json.dumps(value) for name, value in asdict(state).items()}


def load(connection: sqlite3.Connection) -> RaceState:
    """Read the state; rows of fields that this version does not know are passed over."""
    rows = {name: json.loads(value) for name, value in connection.execute("SELECT name, value FROM race")}
    known = {one.name: rows[one.name] for one in fields(RaceState) if one.name in rows}
    return RaceState(**{**known, "phase": Phase(known["phase"]), "finalists": tuple(known["finalists"])})


def save(connection: sqlite3.Connection, state: RaceState) -> None:
    """Write the state."""
    connection.executemany("INSERT OR REPLACE INTO race VALUES (?, ?)", to_rows(state).items())


def change(connection: sqlite3.Connection, state: RaceState, event: str) -> RaceState:
    """Write a state and what led to it, with the time, and return the state."""
    save(connection, state)
    connection.execute("INSERT OR REPLACE INTO events VALUES (?, ?)", (time.time(), event))
    return state


def events(connection: sqlite3.Connection) -> list[tuple[float, str]]:
    """Return what the organiser did, with the seconds since 1970, the oldest first."""
    return list(connection.execute("SELECT moment, event FROM events ORDER BY moment"))


def secret_hash(secret: str) -> str:
    """Return what is kept of the organiser's secret, which is random and long."""
    return hashlib.sha256(secret.strip().upper().replace("-", "").encode()).hexdigest()
