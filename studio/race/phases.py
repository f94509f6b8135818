"""How a race moves between its phases: pure functions of its state; each refuses what would lose something.

SUBMIT takes entries; CHECK draws their second tiles; VOTE takes ballots until it is closed; FINAL takes those of the
final until it is closed; REVEAL shows everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from studio.race.messages import RaceError
from studio.race.published import commitment
from studio.race.store.entries import RaceEntry
from studio.race.store.race_state import FIRST_ROUND, Phase, RaceState

LEAST_ENTRIES, MOST_ENTRIES = 2, 100


def close(state: RaceState, second_seed: int) -> RaceState:
    """Close the entries, the vote or the final, whichever is open. What is closed already stays so."""
    match state.phase:
        case Phase.SUBMIT:
            return replace(state, phase=Phase.CHECK, second_seed=second_seed)
        case Phase.VOTE | Phase.FINAL:
            return replace(state, voting=False)
        case Phase.CHECK:
            return state
    raise _wrong(state, "close")


def reopen(state: RaceState, ballots: int) -> RaceState:
    """Open again what was closed last; take the vote back where none of its ballots is in.

    `ballots` is how many the round of this phase has. The second seed is drawn anew after the next closing. Once the
    finalists were shown, the first round stays closed.
    """
    match state.phase:
        case Phase.CHECK:
            return replace(state, phase=Phase.SUBMIT, second_seed=None)
        case Phase.VOTE if state.voting and ballots:
            raise RaceError("no_ballots_wanted", count=ballots)
        case Phase.VOTE if state.voting:
            return replace(state, phase=Phase.CHECK, voting=False, mapping={}, entry_ids={}, commitment="", salt="")
        case Phase.FINAL if state.voting:
            raise RaceError("finalists_shown")
        case Phase.VOTE | Phase.FINAL:
            return replace(state, voting=True)
    raise _wrong(state, "reopen")


def open_vote(state: RaceState, tiles: Mapping[str, RaceEntry], salt: str, voters: int, honour: bool) -> RaceState:
    """Open the vote on these tiles and commit to who made which."""
    check_phase(state, "open", Phase.CHECK)
    check_entry_count(len(tiles))
    mapping = {code: entry.revealed(state.second_seed) for code, entry in tiles.items()}
    return replace(
        state,
        phase=Phase.VOTE,
        voting=True,
        honour=honour,
        voters=voters,
        mapping=mapping,
        entry_ids={code: entry.entry_id for code, entry in tiles.items()},
        salt=salt,
        commitment=commitment(mapping, salt),
    )


def open_final(state: RaceState, finalists: tuple[str, ...]) -> RaceState:
    """Open the final between these tiles."""
    check_phase(state, "final", Phase.VOTE)
    if state.voting:
        raise _wrong(state, "final")
    if not finalists:
        raise RaceError("no_final")
    return replace(state, phase=Phase.FINAL, voting=True, finalists=finalists)


def reveal(state: RaceState) -> RaceState:
    """Show the result of what was voted."""
    check_phase(state, "reveal", Phase.VOTE, Phase.FINAL, Phase.REVEAL)
    if state.voting:
        raise _wrong(state, "reveal")
    return replace(state, phase=Phase.REVEAL)


def check_entry_count(count: int) -> None:
    """Raise RaceError where so many entries give no vote."""
    if count < LEAST_ENTRIES:
        raise RaceError("too_few_entries", count=count, least=LEAST_ENTRIES)
    if count > MOST_ENTRIES:
        raise RaceError("entries_full", limit=MOST_ENTRIES)


def check_phase(state: RaceState, action: str, *allowed: Phase) -> None:
    """Raise RaceError unless the race is in one of these phases."""
    if state.phase not in allowed:
        raise _wrong(state, action)


def _wrong(state: RaceState, action: str) -> RaceError:
    return RaceError("phase", phase=state.stage, action=action)


def open_round(state: RaceState) -> int:
    """Return the number of the round that takes ballots now. Raises RaceError where none does."""
    if state.phase in (Phase.SUBMIT, Phase.CHECK):
        raise RaceError("vote_not_open")
    if state.round is None or not state.voting:
        raise RaceError("vote_closed")
    if state.paused:
        raise RaceError("paused")
    return state.round


def check_takes_entries(state: RaceState) -> None:
    """Raise RaceError where no entries are taken now."""
    if state.phase != Phase.SUBMIT:
        raise RaceError("entries_closed")
    if state.paused:
        raise RaceError("paused")


def last_round(state: RaceState) -> int:
    """Return the number of the last round that was opened."""
    return 2 if state.finalists else FIRST_ROUND
