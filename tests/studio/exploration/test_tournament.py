from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.exploration.tournament import DECISIONS, Stage, knockout


def play(seeds: list[int], choose) -> tuple[int, Stage, int]:  # type: ignore[no-untyped-def]
    """Play to the end; return the decisions it took, the last stage, and the most tiles shown at once."""
    decisions: list[list[int]] = []
    stage, most = knockout(seeds, decisions), 0
    while stage.shown:
        most = max(most, len(stage.shown))
        promised = stage.remaining
        decisions.append(choose(stage))
        stage = knockout(seeds, decisions)
        assert stage.decided == len(decisions) <= DECISIONS
        assert stage.remaining <= DECISIONS - len(decisions)
        assert promised >= 1
    return len(decisions), stage, most


@pytest.mark.parametrize(("culled", "shown"), [(2, 2), (16, 2), (31, 3), (46, 4), (61, 5), (200, 15)])
def test_at_most_fifteen_decisions_lead_to_one_seed_with_few_tiles_at_once(culled: int, shown: int) -> None:
    taken, stage, most = play(list(range(culled)), lambda stage: [min(stage.shown)])
    assert taken == min(culled - 1, DECISIONS)
    assert stage == Stage((), (0,), taken, 0)
    assert most == shown


@given(st.integers(2, 240), st.data())
def test_whatever_is_decided_the_fifteenth_decision_is_the_last(count: int, data: st.DataObject) -> None:
    def choose(stage: Stage) -> list[int]:
        kind = data.draw(st.sampled_from(["one", "all", "none", "some"]))
        stay = {"one": [stage.shown[0]], "all": list(stage.shown), "none": []}.get(kind, list(stage.shown[::2]))
        last, everyone = stage.decided + 1 == DECISIONS, len(stage.shown) == len(stage.alive)
        return [stage.shown[-1]] if last or (everyone and not stay) else stay

    taken, stage, _ = play(list(range(count)), choose)
    assert taken <= DECISIONS
    assert len(stage.alive) == 1


@pytest.mark.parametrize("best", range(40))
def test_the_best_of_a_steady_eye_wins_whatever_its_place(best: int) -> None:
    _, stage, _ = play(list(range(40)), lambda stage: [min(stage.shown, key=lambda seed: abs(seed - best))])
    assert stage.alive == (best,)


def test_left_right_both_and_neither() -> None:
    seeds = [1, 2, 3, 4, 5]
    assert knockout(seeds, []).shown == (1, 2)
    assert knockout(seeds, [[1]]).alive == (3, 4, 5, 1)
    assert knockout(seeds, [[2]]).alive == (3, 4, 5, 2)
    assert knockout(seeds, [[1, 2]]).alive == (3, 4, 5, 1, 2)
    assert knockout(seeds, [[]]).alive == (3, 4, 5)
    assert knockout(seeds, [[1], [4], [5], [4]]).alive == (4,)


def test_it_is_undone_by_leaving_out_the_last_decision() -> None:
    decisions = [[0], [3], [5]]
    stages = [knockout(list(range(9)), decisions[:count]) for count in range(4)]
    assert knockout(list(range(9)), decisions[:-1]) == stages[2]
    assert [stage.remaining for stage in stages] == [8, 7, 6, 5]


@pytest.mark.parametrize(
    ("seeds", "decisions", "problem"),
    [
        ([1], [], "between 2 to 240"),
        (list(range(241)), [], "not 241"),
        ([1, 1], [], "different"),
        ([1, 2, 3], [[3]], "not only seeds that were shown"),
        ([1, 2, 3], [[1, 1]], "not only seeds"),
        ([1, 2], [[]], "at least one"),
        ([1, 2, 3], [[1], [3], [3]], "after seed 3 has won"),
        ([1, 2], [[1], [1]], "after seed 1 has won"),
        (list(range(20)), [[0], [15]], "not only seeds"),
    ],
)
def test_what_cannot_be_decided_is_refused(seeds: list[int], decisions: list[list[int]], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        knockout(seeds, decisions)


def test_the_last_decision_must_keep_one() -> None:
    decisions: list[list[int]] = []
    for _ in range(DECISIONS - 1):
        decisions.append(list(knockout([1, 2, 3], decisions).shown))
    assert set(knockout([1, 2, 3], decisions).shown) == {1, 2, 3}
    for stay in ([], [1, 2]):
        with pytest.raises(ValueError, match="exactly one"):
            knockout([1, 2, 3], [*decisions, stay])
    assert knockout([1, 2, 3], [*decisions, [2]]).alive == (2,)
