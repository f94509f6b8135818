"""The winners are those of pref_voting, another implementation of the same rules, in many random elections.

Where it is not installed the test is skipped, except under CI; there it fails.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from random import Random
from types import ModuleType

import pytest

from studio.race.counting import POINTS, Kind, Rules, Tally, ranked_groups

SEED = 20_000


@pytest.fixture(scope="module")
def library() -> Callable[[str], ModuleType]:
    """Import a module of pref_voting; only for these tests, because that takes seconds."""
    if not os.environ.get("CI"):
        pytest.importorskip("pref_voting")
    return lambda name: importlib.import_module(f"pref_voting.{name}")


def orders(random: Random, tiles: int, voters: int) -> list[list[int]]:
    """Return a complete order of all tiles for each voter; now and then voters agree in part, as tastes do."""
    common = random.sample(range(tiles), tiles)
    return [
        sorted(range(tiles), key=lambda tile: common.index(tile) * 0.3 + random.random() * tiles) for _ in range(voters)
    ]


def highest(tally: Tally) -> list[int]:
    """Return the tiles with the highest score, before ties are broken."""
    best = max(tally.scores.values())
    return sorted(int(tile) for tile, score in tally.scores.items() if score == best)


def tally_of(kind: Kind, tiles: int, votes: list[list[int]]) -> Tally:
    named = tuple(tuple(map(str, ranks)) for ranks in votes)
    return Tally(kind, tuple(map(str, range(tiles))), named, Rules(len(votes)))


def compare(library: Callable[[str], ModuleType], seed: int) -> None:
    random = Random(seed)
    tiles, voters = random.randint(3, 9), random.randint(1, 14)
    votes = orders(random, tiles, voters)
    profile = library("profiles").Profile(votes)
    scoring = library("scoring_methods")
    for kind in ("single", "podium"):
        values = POINTS[kind]
        cast = [ranks[: len(values)] for ranks in votes]
        won = scoring.scoring_rule(profile, score=lambda _, rank, values=values: (*values, *[0] * 9)[rank - 1])
        assert highest(tally_of(kind, tiles, cast)) == won
    compare_duels(library, random, tiles, votes)


def compare_duels(library: Callable[[str], ModuleType], random: Random, tiles: int, votes: list[list[int]]) -> None:
    """Compare finals of complete ballots, of ballots that leave tiles out, and the duels of a podium."""
    with_ties = library("profiles_with_ties").ProfileWithTies
    shorter = [[tile for tile in ranks if random.random() < 0.8] for ranks in votes]
    shorter = [ranks if len(ranks) >= 2 else whole for ranks, whole in zip(shorter, votes, strict=True)]
    for cast in (votes, shorter):
        profile = with_ties(
            [{tile: i for i, tile in enumerate(ranks)} for ranks in cast], candidates=list(range(tiles))
        )
        tally = tally_of("final", tiles, cast)
        assert highest(tally) == library("c1_methods").copeland(profile)
        assert {tile: 2 * tally.scores[str(tile)] - tiles + 1 for tile in range(tiles)} == profile.copeland_scores()
        assert all(int(tile) in highest(tally) for tile in ranked_groups(tally)[0][0])
    podium = [ranks[:3] for ranks in votes]
    profile = with_ties([{tile: i for i, tile in enumerate(ranks)} for ranks in podium], candidates=list(range(tiles)))
    profile.use_extended_strict_preference()
    won = tally_of("podium", tiles, podium).duels_won([str(tile) for tile in range(tiles)])
    assert {tile: 2 * won[str(tile)] - tiles + 1 for tile in range(tiles)} == profile.copeland_scores()


def test_the_winners_are_those_of_the_library(library: Callable[[str], ModuleType]) -> None:
    for seed in range(100):
        compare(library, seed)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_winners_of_ten_thousand_elections_are_those_of_the_library(library: Callable[[str], ModuleType]) -> None:
    for seed in range(SEED, SEED + 10_000):
        compare(library, seed)
