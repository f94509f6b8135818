"""Random races for the tests of counting: few voters and truncated ballots, so that many tie."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from studio.race.counting import Ballot, Kind, Round, Rules, count_round, finalists, first_round_kind
from studio.race.published import Race

CODES = tuple(f"{letter}{digit}" for letter in "ABCDEFGH" for digit in "234")


def random_race(seed: int) -> Race:
    """Return a race of 1 to 12 tiles and 0 to 15 ballots, with a final where one can be held and half the time."""
    random = Random(seed)
    tiles = tuple(random.sample(CODES, random.randint(1, 12)))
    voters = random.randint(1, 15)
    electors = {tile: max(1, voters - random.randint(0, 2)) for tile in tiles if random.random() < 0.5}
    rules = Rules(voters, f"salt {random.random()}", random.random() < 0.5, electors)
    kind = first_round_kind(len(tiles))
    first = Round(kind, tiles, tuple(random_ballots(random, kind, tiles, random.randint(0, voters))))
    entering = finalists(count_round(first, rules))
    rounds = (first,)
    if entering and random.random() < 0.7:
        rounds = (first, Round("final", entering, tuple(random_ballots(random, "final", entering, voters))))
    mapping = {tile: {"name": f"生徒 {tile} <b>", "seed": random.randrange(2**32), "psi": 0.7} for tile in tiles}
    return Race(mapping, rules, rounds, {"title": "春のレース"})


def random_ballots(random: Random, kind: Kind, tiles: Sequence[str], count: int) -> list[Ballot]:
    """Return ballots; in a final each ranks all tiles, or all but one, or sometimes only two."""
    least, most = {"single": (1, 1), "podium": (1, 3), "final": (max(2, len(tiles) - 1), len(tiles))}[kind]
    if kind == "final" and random.random() < 0.3:
        least = 2
    return [
        Ballot(
            f"{random.getrandbits(64):016x}", tuple(random.sample(tiles, min(len(tiles), random.randint(least, most))))
        )
        for _ in range(count)
    ]
