"""The counted race as the page shows it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from studio.race import counting
from studio.race.counting import Outcome
from studio.race.entrant_markdown import to_safe_html
from studio.race.published import commitment
from studio.race.results import SAMPLES, Results, results
from studio.race.results_page import verify_command
from studio.race.service import RaceService
from studio.ui.race.messages import PublishedBallot, ResultReply, RevealedEntry, RoundResult, TileStanding
from studio.ui.shared.known_names import named_network, named_recipe


class ResultCache:
    """The result of a race, counted and resampled once. Safe among threads."""

    def __init__(self, race: RaceService) -> None:
        self._race, self._lock = race, threading.Lock()
        self._reply: ResultReply | None = None

    def reply(self) -> ResultReply:
        """Return the result. Raises RaceError before the reveal, after which nothing of it changes any more."""
        with self._lock:
            if self._reply is None:
                self._reply = to_reply(results(self._race.result()))
            return self._reply

    def ranks_of(self, receipt: str) -> list[str] | None:
        """Return what a ballot ranks, or None where none has this receipt. Raises RaceError before the reveal."""
        ballots = (ballot for one in self.reply().rounds for ballot in one.ballots)
        return next((ballot.ranks for ballot in ballots if ballot.receipt == receipt), None)


def to_reply(found: Results) -> ResultReply:
    """Return all that is shown of a result."""
    race = found.race
    order = [one.tile for one in found.outcome.standings] or sorted(race.mapping)
    return ResultReply(
        winners=list(found.outcome.winners),
        certainty=found.certainty,
        percent=round(100.0 * found.winning_chance),
        order=order,
        standings=[_standing(found, one, None) for one in found.outcome.standings],
        rounds=[_round(found, number) for number in range(len(race.rounds))],
        entries=[_entry(tile, race.mapping[tile]) for tile in order],
        least_ballots=counting.MIN_BALLOTS,
        samples=SAMPLES,
        commitment=commitment(race.mapping, race.rules.salt),
        salt=race.rules.salt,
    )


def _round(found: Results, number: int) -> RoundResult:
    votes, outcome = found.race.rounds[number], found.outcome.rounds[number]
    ballots = sorted(votes.ballots, key=lambda ballot: ballot.receipt)
    return RoundResult(
        kind=outcome.kind,
        voted=outcome.ballots,
        eligible=found.race.rules.eligible,
        tiles=[one.tile for one in outcome.standings] or sorted(votes.tiles),
        standings=[_standing(found, one, outcome) for one in outcome.standings],
        preferred=outcome.preferred,
        ballots=[PublishedBallot(receipt=ballot.receipt, ranks=list(ballot.ranks)) for ballot in ballots],
    )


def _standing(found: Results, one: counting.Standing, outcome: Outcome | None) -> TileStanding:
    has_band = outcome is not None and outcome.kind != "final"
    low, high = found.bands[one.tile] if has_band else (None, None)
    return TileStanding(
        tile=one.tile,
        place=one.place,
        score=float(one.score),
        points=float(one.points),
        positions=list(one.positions),
        electors=found.race.rules.electors_of(one.tile),
        decided_by=one.decided_by or None,
        chance=found.chances[one.tile],
        low=low,
        high=high,
    )


def _entry(tile: str, entry: Mapping[str, Any]) -> RevealedEntry:
    return RevealedEntry(
        tile=tile,
        name=entry["name"],
        sha256=entry["checkpoint_sha256"],
        seed=entry["seed"],
        psi=entry["psi"],
        weights=entry.get("weights"),
        recipe=named_recipe({"recipe": {"summary": entry.get("recipe")}}),
        hours=entry.get("training_hours"),
        pretrained=named_network(entry.get("pretrained")),
        seeds_looked_at=entry.get("seeds_looked_at"),
        second_seed=entry.get("second_seed"),
        repeated_cells=entry.get("repeated_cells"),
        about_html=to_safe_html(entry.get("about") or ""),
        command=verify_command(entry),
    )
