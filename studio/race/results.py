"""What is told of a counted race: how sure it is, who voted, and in which order it is revealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from studio.race.counting import (
    FINALISTS,
    POINTS,
    Outcome,
    RaceOutcome,
    Round,
    Rules,
    Standing,
    Tally,
    count_round,
    finalists,
    leading_group,
    tally_of,
)
from studio.race.published import Race

SAMPLES = 1000
BAND = (0.025, 0.975)  # the quantiles of the bootstrap between which 95 % of its samples lie
FINAL_FROM = 8  # entries, from which a podium is always followed by a final
WEAK_SECRECY = 5  # voters, below which the published ballots may tell who cast them

Certainty = Literal["clear", "likely", "close", "open"]
CERTAINTIES: tuple[tuple[float, Certainty], ...] = ((0.95, "clear"), (0.75, "likely"), (0.5, "close"), (0.0, "open"))


@dataclass(frozen=True)
class Turnout:
    """How many voted in a round, of how many who could; with the honour system it can be more."""

    ballots: int
    eligible: int


@dataclass(frozen=True)
class Results:
    """A race, counted, with what the bootstrap says of it.

    `bands` are 95 % bands of the first round's scores, `chances` the share of the bootstrap's samples in which a tile
    wins, lots counted by their odds. Both are empty where nothing is ranked.
    """

    race: Race
    outcome: RaceOutcome
    bands: dict[str, tuple[float, float]]
    chances: dict[str, float]

    @property
    def turnout(self) -> tuple[Turnout, ...]:
        return tuple(Turnout(one.ballots, self.race.rules.eligible) for one in self.outcome.rounds)

    @property
    def winning_chance(self) -> float:
        """Return the chance of the tile that won; of those that share the first place together."""
        return sum(self.chances[tile] for tile in self.outcome.winners)

    @property
    def certainty(self) -> Certainty | None:
        """Return in a word how sure the winner is; None without a winner."""
        return certainty(self.winning_chance) if self.outcome.winners else None

    @property
    def is_secrecy_weak(self) -> bool:
        return self.race.rules.eligible < WEAK_SECRECY


def results(race: Race, samples: int = SAMPLES, seed: int = 0) -> Results:
    """Count a race and say how sure it is; equal arguments give equal results. Raises CountingError."""
    outcome = race.outcome()
    if not outcome.standings:
        return Results(race, outcome, {}, {})
    generator = torch.Generator().manual_seed(seed)
    bands = score_bands(race.rounds[0], race.rules, samples, generator)
    chances = winning_chances(race.rounds, outcome, race.rules, samples, generator)
    return Results(race, outcome, bands, chances)


def certainty(chance: float) -> Certainty:
    """Put a winner's share of the bootstrap's samples, 0 .. 1, into a word, a key of the texts."""
    return next(word for least, word in CERTAINTIES if chance >= least)


def reveal_order(outcome: RaceOutcome) -> tuple[Standing, ...]:
    """Return all standings in the order of the reveal: from the last to the first."""
    return outcome.standings[::-1]


def score_bands(found: Round, rules: Rules, samples: int, generator: torch.Generator) -> dict[str, tuple[float, float]]:
    """Return for each tile of a first round the band in which 95 % of the scores of resampled ballots lie."""
    weights = _resampled(len(found.ballots), samples, generator)
    points = torch.tensor([_points(found, ballot.ranks) for ballot in found.ballots], dtype=torch.float64)
    electors = torch.tensor([rules.electors_of(tile) for tile in found.tiles], dtype=torch.float64)
    scores = weights @ points / electors
    low, high = torch.quantile(scores, torch.tensor(BAND, dtype=torch.float64), dim=0).tolist()
    return dict(zip(found.tiles, zip(low, high, strict=True), strict=True))


def _points(found: Round, ranks: Sequence[str]) -> list[int]:
    given = dict(zip(ranks, POINTS[found.kind], strict=False))
    return [given.get(tile, 0) for tile in found.tiles]


def _resampled(ballots: int, samples: int, generator: torch.Generator) -> Tensor:  # -> float64 [samples, ballots]
    """Draw as many ballots as there are, with replacement, and count how often each was drawn (Efron 1979)."""
    drawn = torch.randint(ballots, (samples, ballots), generator=generator)
    return torch.zeros(samples, ballots, dtype=torch.float64).scatter_add_(1, drawn, torch.ones_like(drawn).double())


def winning_chances(
    rounds: Sequence[Round], outcome: RaceOutcome, rules: Rules, samples: int, generator: torch.Generator
) -> dict[str, float]:
    """Return for each tile the share of resampled races that it wins.

    Each round's ballots are drawn anew, for nobody can tell whose ballots in both rounds belong together; the finalists
    stay, since there are no other ballots. A tile that is not in a final with a quorum has the chance 0.
    """
    decisive = len(rounds) if outcome.rounds[-1].has_quorum else 1
    chances = dict.fromkeys(rounds[0].tiles, Fraction(0))
    weights = [_resampled(len(one.ballots), samples, generator).long().tolist() for one in rounds[:decisive]]
    for repeats in zip(*weights, strict=True):
        group = _leading(rounds, repeats, rules)
        for tile in group:
            chances[tile] += Fraction(1, len(group) * samples)
    return {tile: float(chance) for tile, chance in chances.items()}


def _leading(rounds: Sequence[Round], repeats: Sequence[Sequence[int]], rules: Rules) -> tuple[str, ...]:
    """Return who leads where each ballot of each round is there so many times."""
    first = _repeated(tally_of(rounds[0], rules), repeats[0])
    if len(repeats) == 1:
        return leading_group(first)
    return leading_group(_repeated(tally_of(rounds[1], rules, first.scores), repeats[1]))


def _repeated(tally: Tally, repeats: Sequence[int]) -> Tally:
    votes = (ranks for ranks, count in zip(tally.votes, repeats, strict=True) for _ in range(count))
    return replace(tally, votes=tuple(votes))


def is_final_due(found: Round, rules: Rules, samples: int = SAMPLES, seed: int = 0) -> bool:
    """Tell whether a final should follow a podium: from eight entries on, or where bands of the best four overlap."""
    outcome = count_round(found, rules)
    if not finalists(outcome):
        return False
    if len(found.tiles) >= FINAL_FROM:
        return True
    bands = score_bands(found, rules, samples, torch.Generator().manual_seed(seed))
    return any(bands[above.tile][0] <= bands[below.tile][1] for above, below in pairwise(_best(outcome)))


def _best(outcome: Outcome) -> tuple[Standing, ...]:
    return outcome.standings[:FINALISTS]
