"""Casting a ballot: rights, rules and record in one transaction; a repeated request gets the same receipt."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.race import counting, one_time_codes, phases
from studio.race.counting import Ballot, CountingError, Kind
from studio.race.messages import RaceError, ballot_error
from studio.race.store import ballot_box, entries, race_state
from studio.race.store.race_state import FINAL_ROUND, FIRST_ROUND, RaceState

KEY = re.compile(r"[0-9A-Za-z_-]{22,64}")  # at least 128 bits that the browser draws for each ballot
KEY_WANTED = "22 to 64 letters and digits"
RECEIPT_LENGTH = 16  # symbols of 5 bits
MOST_RANKS = 100
TILE_LETTERS = 8


@dataclass(frozen=True)
class Voter:
    """Who votes: the hash of a code, or on the honour system a name as it is compared.

    `owner` is the hash of a secret of the browser that asks: anybody can say an entrant's name, but only the browser
    that entered the tile is told on the honour system which it is.
    """

    identity: str
    owner: str = ""


@dataclass(frozen=True)
class BallotPaper:
    """What a voter may choose: between `least` and `most` of the tiles, best first, but not `own`.

    `tiles` stand in an order of this voter's own, which is the same at every look.
    """

    round: int
    kind: Kind
    tiles: tuple[str, ...]
    own: str | None
    least: int
    most: int


@dataclass(frozen=True)
class Vote:
    """A ballot as it is sent: the round, the tile codes, and a key that the browser draws once for this ballot."""

    round: int
    ranks: tuple[str, ...]
    key: str


def checked_vote(number: object, ranks: object, key: object) -> Vote:
    """Return a vote of well-formed parts. Raises RaceError that names the field."""
    if isinstance(number, bool) or number not in (FIRST_ROUND, FINAL_ROUND) or not isinstance(number, int):
        raise RaceError("malformed", field="round", wanted="1 or 2")
    if not isinstance(ranks, list | tuple) or len(ranks) > MOST_RANKS or not all(map(_is_tile, ranks)):
        raise RaceError("malformed", field="ranks", wanted=f"a list of at most {MOST_RANKS} tile codes")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise RaceError("malformed", field="key", wanted=KEY_WANTED)
    return Vote(number, tuple(ranks), key)


def _is_tile(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= TILE_LETTERS


def receipt_of(state: RaceState, vote: Vote) -> str:
    """Return the receipt of a vote: made of the browser's random key, so that it leads to nobody."""
    digest = hashlib.sha256(f"{state.race_id}\n{vote.round}\n{vote.key}".encode()).digest()
    return one_time_codes.to_symbols(digest, RECEIPT_LENGTH)


def paper(connection: sqlite3.Connection, voter: Voter) -> BallotPaper:
    """Return what a voter may choose now. Raises RaceError where there is no right, or no more."""
    state = race_state.load(connection)
    check_right(connection, state, voter)
    number = phases.open_round(state)
    if ballot_box.has_voted(connection, number, voter.identity):
        raise _voted(state)
    return _paper(connection, state, voter, number)


def check_right(connection: sqlite3.Connection, state: RaceState, voter: Voter) -> None:
    """Raise RaceError for a code that is none of this race."""
    if not state.honour and not ballot_box.is_code(connection, voter.identity):
        raise RaceError("code_unknown")


def _voted(state: RaceState) -> RaceError:
    return RaceError("name_used" if state.honour else "code_used")


def _paper(connection: sqlite3.Connection, state: RaceState, voter: Voter, number: int) -> BallotPaper:
    tiles, kind = state.tiles(number), state.kind(number)
    own = _own_tile(connection, state, voter)
    others = len(tiles) - (own in tiles)
    most = min(counting.most_ranked(kind, len(tiles)), others)
    least = most if kind == "final" else counting.LEAST_RANKED[kind]
    if most < counting.LEAST_RANKED[kind]:
        raise RaceError("nothing_to_choose")
    shuffled = sorted(tiles, key=lambda tile: _sha256(state.code_salt, voter.identity, tile))
    return BallotPaper(number, kind, tuple(shuffled), own if own in tiles else None, least, most)


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _own_tile(connection: sqlite3.Connection, state: RaceState, voter: Voter) -> str | None:
    """Return the tile that a voter made: by the code, on the honour system by the name and the browser that entered it.

    A name alone must not lead to a tile: whoever tries all names would know whose each tile is.
    """
    if not state.honour:
        return state.tile_of(ballot_box.entry_of_code(connection, voter.identity))
    entry = entries.named(connection, voter.identity)
    return state.tile_of(entry.entry_id) if entry and voter.owner and entry.owner == voter.owner else None


def cast(connection: sqlite3.Connection, voter: Voter, vote: Vote) -> str:
    """Count a ballot and return its receipt; one that is in already gets the same. Raises RaceError.

    Nothing is written but who has voted and, apart from it, the ballot.
    """
    state = race_state.load(connection)
    check_right(connection, state, voter)
    receipt = receipt_of(state, vote)
    found = ballot_box.ballot(connection, vote.round, receipt)
    if ballot_box.has_voted(connection, vote.round, voter.identity):
        if found is not None and found.ranks == vote.ranks:
            return receipt
        raise _voted(state)
    if phases.open_round(state) != vote.round:
        raise RaceError("round_over")
    _check_ranks(_paper(connection, state, voter, vote.round), vote.ranks)
    if found is not None:
        raise RaceError("key_taken")
    ballot_box.put_in(connection, vote.round, voter.identity, Ballot(receipt, vote.ranks))
    return receipt


def _check_ranks(allowed: BallotPaper, ranks: Sequence[str]) -> None:
    if allowed.own in ranks:
        raise RaceError("own_tile", tile=allowed.own)
    try:
        counting.check_ranks(allowed.kind, allowed.tiles, ranks)
    except CountingError as error:
        raise ballot_error(error) from error
    if len(ranks) < allowed.least:
        raise RaceError("ballot_too_few", count=len(ranks), least=allowed.least)
    if len(ranks) > allowed.most:
        raise RaceError("ballot_too_many", count=len(ranks), most=allowed.most)
