"""The simulated elections are counted as the real ones are, and give the shares that were found for this scheme."""

from __future__ import annotations

import time
from math import sqrt

import pytest
import torch

from studio.race.counting import Ballot, Round, Rules, count_race, count_round, finalists
from studio.race.simulation import Chances, Elections, Setting, Simulation, draw, leaders, sentence, simulate
from tests.pace import slowness

# Tiles, voters, noise and strategic share; the share of 500 races that the best tile won with a podium alone, and with
# a final of four. Strategic voters name what they like least.
TABLE = [
    ((5, 5, 1.0, 0.0), 0.67, 0.76),
    ((10, 10, 1.0, 0.0), 0.70, 0.76),
    ((20, 20, 1.0, 0.0), 0.74, 0.84),
    ((40, 40, 1.0, 0.0), 0.79, 0.86),
    ((40, 15, 1.0, 0.0), 0.67, 0.74),
    ((12, 30, 2.0, 0.0), 0.63, 0.71),
    ((40, 40, 2.0, 0.0), 0.61, 0.70),
    ((10, 10, 1.0, 0.25), 0.61, 0.61),
    ((20, 20, 1.0, 0.25), 0.66, 0.64),
    ((40, 40, 1.0, 0.25), 0.75, 0.73),
]
TABLE_RUNS = 500
RUNS = 2000


def standard_error(share: float) -> float:
    return sqrt(share * (1.0 - share) * (1.0 / TABLE_RUNS + 1.0 / RUNS))


def test_the_shares_are_those_of_the_table_within_their_standard_error() -> None:
    deviations = []
    for setting, podium, final in TABLE:
        found = simulate(Setting(*setting), RUNS, seed=1)
        assert found.final is not None
        for share, expected in ((found.first_round.best_wins, podium), (found.final.best_wins, final)):
            deviations.append((share - expected) / standard_error(expected))
    assert max(map(abs, deviations)) < 2.5, deviations
    assert sqrt(sum(one * one for one in deviations) / len(deviations)) < 1.3, deviations


def counted(setting: Setting, elections: Elections, run: int) -> tuple[set[str], set[str]]:
    """Return who comes first in a simulated race by `counting`, after the first round and at the end, without lots."""
    tiles = [f"T{index}" for index in range(setting.tiles)]
    electors = {tiles[i]: setting.voters - 1 for i in range(min(setting.tiles, setting.voters))}
    rules = Rules(setting.voters, "salt", True, electors)
    places = 1 if setting.kind == "single" else 3
    first = Round(setting.kind, tuple(tiles), ballots(elections.first[run], tiles, tiles, places))
    outcome = count_round(first, rules)
    if setting.kind == "single":
        winners = set(count_race([first], rules).winners)
        return winners, winners
    entering = finalists(outcome)
    final = Round("final", entering, ballots(elections.second[run], tiles, entering, len(entering)))
    return set(count_race([first], rules).winners), set(count_race([first, final], rules).winners)


def ballots(
    liked: torch.Tensor, tiles: list[str], allowed: tuple[str, ...] | list[str], most: int
) -> tuple[Ballot, ...]:
    def ranks(row: list[float]) -> tuple[str, ...]:
        able = [(value, tile) for value, tile in zip(row, tiles, strict=True) if tile in allowed and value == value]
        return tuple(tile for _, tile in sorted(able, reverse=True)[:most])

    return tuple(Ballot(f"r{voter}", ranks(row)) for voter, row in enumerate(liked.tolist()))


@pytest.mark.parametrize(
    "setting",
    [
        *(Setting(2, 5), Setting(3, 4, 2.0), Setting(4, 3), Setting(4, 7, 2.0, 0.5), Setting(5, 5), Setting(6, 4, 3.0)),
        *(Setting(10, 10, 1.0, 0.25), Setting(12, 6, 3.0), Setting(30, 4, 2.0)),
    ],
    ids=str,
)
def test_every_simulated_race_is_counted_as_the_real_ones_are(setting: Setting) -> None:
    elections = draw(setting, 60, torch.Generator().manual_seed(7))
    found = leaders(setting, elections)
    for run in range(60):
        first, final = counted(setting, elections, run)
        assert {f"T{i}" for i in found.first_decided[run].nonzero().flatten().tolist()} == first
        assert {f"T{i}" for i in found.final_decided[run].nonzero().flatten().tolist()} == final


def test_the_settings_have_ties_for_the_comparison_to_be_about() -> None:
    found = simulate(Setting(6, 4, 3.0), 500)
    assert found.final is not None
    assert found.first_round.tied > 0.1
    assert found.final.tied > 0.05
    assert found.first_round.by_lot > 0.0


def test_equal_seeds_give_equal_numbers_and_others_do_not() -> None:
    assert simulate(Setting(8, 12), 200, seed=3) == simulate(Setting(8, 12), 200, seed=3)
    assert simulate(Setting(8, 12), 200, seed=3) != simulate(Setting(8, 12), 200, seed=4)


def test_without_noise_the_best_tile_wins_but_for_its_authors_vote() -> None:
    assert simulate(Setting(8, 12, 0.0), 300).best_wins == 1.0


def test_more_voters_make_the_result_surer_and_more_noise_less() -> None:
    assert simulate(Setting(8, 6)).best_wins < simulate(Setting(8, 40)).best_wins
    assert simulate(Setting(8, 12, 3.0)).best_wins < simulate(Setting(8, 12, 1.0)).best_wins


def test_up_to_three_tiles_have_no_final() -> None:
    found = simulate(Setting(3, 10), 200)
    assert found.final is None
    assert found.best_wins == found.first_round.best_wins
    assert found.standard_error == pytest.approx(sqrt(found.best_wins * (1.0 - found.best_wins) / 200))


def test_runs_in_several_batches_are_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate(Setting(6, 10), 900)
    monkeypatch.setattr("studio.race.simulation.VALUES_AT_ONCE", 60 * 100)
    parts = simulate(Setting(6, 10), 900)
    assert parts.runs == 900
    assert parts.best_wins == pytest.approx(whole.best_wins, abs=4.0 * whole.standard_error)


def test_the_sentence_before_the_vote_gives_the_numbers_in_both_languages() -> None:
    found = Simulation(Setting(12, 24), 1000, Chances(0.7, 0.1, 0.0), Chances(0.776, 0.1, 0.0))
    assert sentence(found, "en").startswith("With 12 tiles and 24 voters, the truly best tile wins in about 78 of 100")
    assert all(words in sentence(found, "ja") for words in ("タイル 12 枚", "投票者 24 人", "およそ 78 回"))


@pytest.mark.perf
def test_forty_tiles_and_voters_take_less_than_two_seconds() -> None:
    start = time.perf_counter()
    simulate(Setting(40, 40))
    assert time.perf_counter() - start < 2.0 * slowness()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((1, 9), "The simulation's tiles 1 is not a number from 2 to 100."),
        ((9, 2), "The simulation's voters 2 is not a number from 3 to 500."),
        ((9, True), "The simulation's voters True is not a number from 3 to 500."),
        ((9, 9.5), "The simulation's voters 9.5 is not a whole number."),
        ((9, 9, -1.0), "The simulation's noise -1.0 is not a number from 0.0 to 10.0."),
        ((9, 9, float("nan")), "The simulation's noise nan is not a number from 0.0 to 10.0."),
        ((9, 9, 1.0, 2), "The simulation's strategic share 2 is not a number from 0.0 to 1.0."),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(arguments: tuple[float, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.replace(".", r"\.")):
        Setting(*arguments)


@pytest.mark.parametrize("runs", [0, 20_001])
def test_a_number_of_runs_that_makes_no_sense_is_refused(runs: int) -> None:
    with pytest.raises(ValueError, match="number of runs"):
        simulate(Setting(5, 5), runs)
