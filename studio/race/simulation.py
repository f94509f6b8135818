"""How sure the result of a race can be: many simulated elections in which the best tile is known.

Every tile has a quality from N(0, 1); a voter's taste is the quality plus an error of `noise` times N(0, 1). Voter i
made tile i, as far as there are so many tiles, and cannot vote for it. A share of these authors vote strategically, in
reverse: first what they like least. For the final everybody looks a second time, and the taste is then the quality plus
the mean of the first error and a fresh one of the same size, so that half of the evidence is fresh. What is counted,
and how ties are broken, is what `counting` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, inf, nan, sqrt
from typing import Literal

import torch
from torch import Tensor

from studio.race.counting import FINALISTS, MIN_BALLOTS, POINTS, Kind, first_round_kind

RUNS = 1000
MOST_TILES = 100
MOST_VOTERS = 500
MOST_RUNS = 20_000
VALUES_AT_ONCE = 2_000_000  # runs x voters x tiles


SENTENCES = {
    "en": (
        "With {tiles} tiles and {voters} voters, the truly best tile wins in about {percent} of 100 such races, if "
        "tastes differ as much as the tiles do."
    ),
    "ja": (
        "タイル {tiles} 枚、投票者 {voters} 人の場合、好みの差がタイルの差と同じくらいなら、"
        "本当に最も良いタイルが優勝するのは 100 回中およそ {percent} 回です。"
    ),
}


@dataclass(frozen=True)
class Setting:
    """What a simulation is of: `strategic` is the share of authors who vote so, 0 .. 1.

    `noise` is how much a voter's taste differs from the quality, in standard deviations of the quality: 0 .. 10.
    Raises ValueError for numbers outside what is allowed.
    """

    tiles: int
    voters: int
    noise: float = 1.0
    strategic: float = 0.0

    def __post_init__(self) -> None:
        _check("tiles", self.tiles, 2, MOST_TILES)
        _check("voters", self.voters, MIN_BALLOTS, MOST_VOTERS)
        _check("noise", self.noise, 0.0, 10.0)
        _check("strategic share", self.strategic, 0.0, 1.0)

    @property
    def kind(self) -> Kind:
        return first_round_kind(self.tiles)


def _check(name: str, value: float, least: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"The simulation's {name} {value!r:.40} is not a number from {least} to {most}.")
    if isinstance(least, int) and not isinstance(value, int):
        raise ValueError(f"The simulation's {name} {value!r:.40} is not a whole number.")


@dataclass(frozen=True)
class Chances:
    """Shares of the simulated races, 0 .. 1.

    `best_wins`: the truly best tile wins, a lot counted by its odds. `tied`: more than one tile has the highest score.
    `by_lot`: the lot decides about the first place.
    """

    best_wins: float
    tied: float
    by_lot: float


@dataclass(frozen=True)
class Simulation:
    """The chances with the first round alone, and with a final after it (None for up to three tiles: there is none)."""

    setting: Setting
    runs: int
    first_round: Chances
    final: Chances | None

    @property
    def best_wins(self) -> float:
        """Return how likely the truly best tile wins a race as it is held, with the final where there is one."""
        return (self.final or self.first_round).best_wins

    @property
    def standard_error(self) -> float:
        """Return the standard error of `best_wins`."""
        return sqrt(self.best_wins * (1.0 - self.best_wins) / self.runs)


def sentence(found: Simulation, language: Literal["en", "ja"]) -> str:
    """Say before the vote how sure its result can be; the sentence speaks of a simulation with the noise 1."""
    values = {"tiles": found.setting.tiles, "voters": found.setting.voters, "percent": round(100.0 * found.best_wins)}
    return SENTENCES[language].format(**values)


@dataclass(frozen=True)
class Elections:
    """Simulated elections of one setting; R runs, V voters, T tiles.

    `quality` is [R, T]. `first` and `second` are how much each voter likes each tile [R, V, T], as far as the ballot
    tells: in the first look and in the second. The voter's own tile is NaN in both.
    """

    quality: Tensor
    first: Tensor
    second: Tensor


@dataclass(frozen=True)
class Leaders:
    """Masks of tiles [R, T] for each round: which have the highest score, and which of them only the lot can separate.

    Where there is no final, its masks are those of the first round.
    """

    first_leading: Tensor
    first_decided: Tensor
    final_leading: Tensor
    final_decided: Tensor


def simulate(setting: Setting, runs: int = RUNS, seed: int = 0) -> Simulation:
    """Simulate races; equal arguments give equal numbers. Raises ValueError for runs outside 1 .. 20,000."""
    _check("number of runs", runs, 1, MOST_RUNS)
    generator = torch.Generator().manual_seed(seed)
    first, final = zip(*(_summaries(setting, count, generator) for count in _batches(setting, runs)), strict=True)
    chances = [Chances(*torch.cat(part).mean(0).tolist()) for part in (first, final)]
    return Simulation(setting, runs, chances[0], chances[1] if setting.kind == "podium" else None)


def _summaries(setting: Setting, runs: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return `_summary` of new elections after the first round and after the final: [R, 3] each."""
    elections = draw(setting, runs, generator)
    best, found = elections.quality.argmax(1), leaders(setting, elections)
    first = _summary(best, found.first_leading, found.first_decided)
    return first, _summary(best, found.final_leading, found.final_decided)


def _batches(setting: Setting, runs: int) -> Iterator[int]:
    at_once = max(1, VALUES_AT_ONCE // (setting.tiles * setting.voters))
    for _ in range(ceil(runs / at_once)):
        yield min(at_once, runs)
        runs -= at_once


def draw(setting: Setting, runs: int, generator: torch.Generator) -> Elections:
    """Draw the elections of `runs` races."""
    shape = (runs, setting.voters, setting.tiles)
    quality = torch.randn(runs, 1, setting.tiles, generator=generator)
    errors, fresh = torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)
    first = quality + setting.noise * errors
    second = quality + setting.noise * (errors + fresh) / 2.0
    authors = torch.arange(setting.voters) < setting.tiles
    is_strategic = (torch.rand(runs, setting.voters, generator=generator) < setting.strategic) & authors
    sign = torch.where(is_strategic, -1.0, 1.0).unsqueeze(2)
    own = torch.eye(setting.voters, setting.tiles, dtype=torch.bool)
    return Elections(quality.squeeze(1), (sign * first).masked_fill(own, nan), (sign * second).masked_fill(own, nan))


def leaders(setting: Setting, elections: Elections) -> Leaders:
    """Count elections as `counting` does, all at once."""
    votes = _named(setting.kind, elections.first)
    scores = _scores(setting, votes)
    leading = _keep_highest(torch.ones_like(scores, dtype=torch.bool), scores)
    decided = _break_ties(leading, votes, torch.zeros_like(scores))
    if setting.kind == "single":
        return Leaders(leading, decided, leading, decided)
    tiles, seen = _finalists(scores, elections.second)
    best = _keep_highest(_ranked(seen).any(1), _duels(seen).sum(2))
    only = _break_ties(best, seen, scores.gather(1, tiles))
    none = torch.zeros_like(leading)
    return Leaders(leading, decided, none.scatter(1, tiles, best), none.scatter(1, tiles, only))


def _named(kind: Kind, liked: Tensor) -> Tensor:  # [R, V, T] -> [R, V, T]
    """Return the points that each ballot of a first round gives each tile, minus infinity for what it leaves out."""
    values = torch.tensor(POINTS[kind], dtype=liked.dtype)
    chosen = liked.nan_to_num(nan=-inf).topk(len(values), dim=2).indices
    return torch.full_like(liked, -inf).scatter(2, chosen, values.expand(chosen.shape))


def _scores(setting: Setting, votes: Tensor) -> Tensor:  # [R, V, T] -> [R, T]
    """Return the points of each tile per voter who may vote for it, times one number, so that all are whole."""
    is_own = torch.arange(setting.tiles) < setting.voters
    return votes.clamp(min=0.0).sum(1) * torch.where(is_own, setting.voters, setting.voters - 1)


def _finalists(scores: Tensor, liked: Tensor) -> tuple[Tensor, Tensor]:  # [R, T], [R, V, T] -> [R, K], [R, V, K]
    """Return the tiles that enter each final, and how they are liked; K is the most, and what is no finalist is NaN."""
    border = scores.topk(min(FINALISTS, scores.shape[1]), dim=1).values[:, -1:]
    entering = (scores >= border) & (scores > 0)
    is_in, tiles = entering.int().topk(int(entering.sum(1).max()), dim=1)
    seen = liked.gather(2, tiles.unsqueeze(1).expand(-1, liked.shape[1], -1))
    return tiles, seen.masked_fill(is_in.unsqueeze(1) == 0, nan)


def _ranked(votes: Tensor) -> Tensor:
    """Tell which tiles a ballot ranks; neither what it leaves out nor the voter's own (NaN)."""
    return votes > -inf


def _duels(votes: Tensor) -> Tensor:  # [R, V, K] -> [R, K, K]
    """Return for each two tiles whether more ballots prefer the one (1), the other (-1), or as many (0)."""
    preferred = (votes.unsqueeze(3) > votes.unsqueeze(2)).sum(1)
    return (preferred - preferred.transpose(1, 2)).sign()


def _keep_highest(among: Tensor, values: Tensor) -> Tensor:  # [R, K], [R, K] -> [R, K]
    """Keep of each run's tiles those with the highest value."""
    values = values.double().masked_fill(~among, -inf)
    return among & (values == values.amax(1, keepdim=True))


def _break_ties(leading: Tensor, votes: Tensor, earlier: Tensor) -> Tensor:  # [R, K], [R, V, K], [R, K] -> [R, K]
    """Return the tiles that only the lot can separate among those that lead, by the tie-breaks of `counting`."""
    rows = leading.sum(1) > 1
    tied, votes = leading[rows], votes[rows]
    duels, highest = _duels(votes), votes.nan_to_num(nan=-inf, neginf=-inf).amax(2, keepdim=True)
    fixed = ((votes == highest).sum(1), _ranked(votes).sum(1), earlier[rows])
    before = torch.zeros_like(tied)
    while not torch.equal(tied, before):
        before = tied
        tied = _first_split(before, (duels * before.unsqueeze(1)).sum(2), *fixed)
    decided = leading.clone()
    decided[rows] = tied
    return decided


def _first_split(tied: Tensor, *criteria: Tensor) -> Tensor:
    """Narrow each run's ties by the first criterion that can."""
    narrowed = tied
    for values in criteria:
        is_open = (narrowed == tied).all(1, keepdim=True)
        narrowed = torch.where(is_open, _keep_highest(tied, values), narrowed)
    return narrowed


def _summary(best: Tensor, leading: Tensor, decided: Tensor) -> Tensor:  # [R], [R, T], [R, T] -> [R, 3]
    """Return for each run the chance of the best tile, whether several lead, and whether the lot decides."""
    chance = decided.gather(1, best.unsqueeze(1)).squeeze(1) / decided.sum(1)
    return torch.stack([chance, leading.sum(1) > 1, decided.sum(1) > 1], 1).double()
