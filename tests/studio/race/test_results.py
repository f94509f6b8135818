"""How sure a result is, and in which order it is revealed."""

from __future__ import annotations

from random import Random

import pytest
import torch

from studio.race.counting import Ballot, Round, Rules
from studio.race.published import Race
from studio.race.results import certainty, is_final_due, results, reveal_order, score_bands, winning_chances
from tests.elections import random_race


def cast(ballots: str) -> tuple[Ballot, ...]:
    """Read `ABC*2` as two ballots that rank A, B, C."""
    counted = [(word.partition("*")[0], int(word.partition("*")[2] or 1)) for word in ballots.split()]
    votes = [tuple(ranks) for ranks, count in counted for _ in range(count)]
    return tuple(Ballot(f"r{i}", ranks) for i, ranks in enumerate(votes))


def podium(ballots: str, tiles: str = "ABCDEF") -> Round:
    return Round("podium", tuple(tiles), cast(ballots))


def race(*rounds: Round, voters: int = 20) -> Race:
    return Race({tile: {"name": tile} for tile in rounds[0].tiles}, Rules(voters, "salt"), rounds)


def final(ballots: str) -> Round:
    return Round("final", tuple("ABCD"), cast(ballots))


FIRST = podium("ABC*4 BAC*3 CAB*2 DCE")


def test_equal_races_give_equal_results_and_other_seeds_other_bands() -> None:
    assert results(race(FIRST)) == results(race(FIRST))
    assert results(race(FIRST), seed=1).bands != results(race(FIRST)).bands


def test_the_chances_add_up_to_one_and_only_finalists_have_any_after_a_final() -> None:
    for seed in range(40):
        found = results(random_race(seed), samples=40)
        if found.outcome.standings:
            assert sum(found.chances.values()) == pytest.approx(1.0)
            last = found.outcome.rounds[-1] if found.outcome.rounds[-1].has_quorum else found.outcome.rounds[0]
            inside = {standing.tile for standing in last.standings}
            assert {tile for tile, chance in found.chances.items() if chance > 0.0} <= inside
        else:
            assert (found.chances, found.bands, found.certainty) == ({}, {}, None)


def test_what_all_voters_agree_on_is_certain() -> None:
    found = results(race(podium("ABC*9")))
    assert found.chances["A"] == 1.0
    assert found.bands["A"] == (27 / 20, 27 / 20)
    assert found.certainty == "clear"


def test_two_that_mirror_each_other_have_equal_chances() -> None:
    found = results(race(podium("AB*8 BA*8", "ABCD")), samples=2000)
    assert found.chances["A"] == pytest.approx(0.5, abs=0.05)
    assert found.chances["A"] + found.chances["B"] == pytest.approx(1.0)


def test_the_band_holds_the_score_and_is_as_wide_as_the_binomial_says() -> None:
    """One of 100 voters names a tile with the odds 0.3: the share's standard deviation is 0.0458."""
    ballots = tuple(Ballot(f"r{i}", ("A",) if i < 30 else ("B",)) for i in range(100))
    found = Round("single", ("A", "B"), ballots)
    low, high = score_bands(found, Rules(100), 4000, torch.Generator().manual_seed(0))["A"]
    assert (low, high) == pytest.approx((0.3 - 1.96 * 0.0458, 0.3 + 1.96 * 0.0458), abs=0.012)


def test_points_are_divided_by_those_who_may_vote_for_the_tile() -> None:
    rules = Rules(20, electors={"A": 10})
    bands = score_bands(podium("AB*9"), rules, 50, torch.Generator().manual_seed(0))
    assert bands["A"] == (2.7, 2.7)
    assert bands["B"] == (0.9, 0.9)


def test_a_final_decides_the_chances() -> None:
    found = results(race(FIRST, final("DABC*6 ADBC")))
    assert found.outcome.winners == ("D",)
    assert found.chances["D"] > 0.9
    assert found.chances["E"] == found.chances["F"] == 0.0


def test_a_final_without_a_quorum_decides_nothing() -> None:
    rounds = (FIRST, final("DABC*2"))
    found = race(*rounds)
    chances = winning_chances(rounds, found.outcome(), found.rules, 200, torch.Generator().manual_seed(0))
    assert chances["A"] > 0.5
    assert chances["D"] < 0.1


def test_the_first_round_breaks_ties_in_the_resampled_finals() -> None:
    found = results(race(podium("ABC*9 DEF"), final("ABCD*4 BACD*4")))
    assert found.outcome.winners == ("A",)
    assert found.chances["A"] > found.chances["B"] > 0.2


@pytest.mark.parametrize(
    ("chance", "word"), [(1.0, "clear"), (0.95, "clear"), (0.9, "likely"), (0.6, "close"), (0.4, "open"), (0.0, "open")]
)
def test_the_chance_is_put_into_a_word(chance: float, word: str) -> None:
    assert certainty(chance) == word


def test_the_chances_of_a_shared_first_place_are_added() -> None:
    found = podium("AB*4 BA*4", "ABCD")
    shared = Race({tile: {} for tile in "ABCD"}, Rules(8, "salt", shared_first=True), (found,))
    assert set(results(shared).outcome.winners) == {"A", "B"}
    assert results(shared).winning_chance == pytest.approx(1.0)


def test_the_reveal_goes_from_the_last_to_the_first() -> None:
    outcome = race(FIRST, final("DABC*6 ADBC")).outcome()
    assert [one.place for one in reveal_order(outcome)] == [6, 5, 4, 3, 2, 1]
    assert reveal_order(outcome)[-1].tile == "D"


def test_the_turnout_is_told_of_each_round() -> None:
    found = results(race(FIRST, final("DABC*6 ADBC")))
    assert [(one.ballots, one.eligible) for one in found.turnout] == [(10, 20), (7, 20)]


@pytest.mark.parametrize(
    ("tiles", "ballots", "is_due"),
    [
        ("ABCDEFGH", "ABC*9", True),
        ("ABCDEF", "ABC*9", False),
        ("ABCDEF", "ABC*5 BAC*4", True),
        ("ABCDEF", "A*9", False),
        ("ABCDEF", "ABC*2", False),
    ],
)
def test_a_final_is_due_with_many_entries_or_where_bands_overlap(tiles: str, ballots: str, is_due: bool) -> None:
    assert is_final_due(podium(ballots, tiles), Rules(9)) == is_due


def test_no_final_is_due_after_a_single_choice() -> None:
    found = Round("single", ("A", "B"), tuple(Ballot(f"r{i}", ("AB"[i % 2],)) for i in range(8)))
    assert not is_final_due(found, Rules(8))


def test_secrecy_is_weak_among_few() -> None:
    assert results(race(FIRST, voters=4)).is_secrecy_weak
    assert not results(race(FIRST, voters=5)).is_secrecy_weak


def test_the_order_of_the_ballots_changes_only_the_draws() -> None:
    ballots = list(FIRST.ballots)
    Random(0).shuffle(ballots)
    found, other = results(race(FIRST)), results(race(Round("podium", FIRST.tiles, tuple(ballots))))
    assert other.outcome == found.outcome
    assert all(abs(other.chances[tile] - found.chances[tile]) < 0.06 for tile in FIRST.tiles)
