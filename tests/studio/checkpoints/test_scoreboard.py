from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from studio.checkpoints.scoreboard import Board, Passport, boards
from training.core import checkpoint

SHIPPED = Path(__file__).parents[3] / "checkpoints"
SQUEEZE, INCEPTION = "SqueezeNet 1.1", "InceptionV3"


def passport(name: str, *records: dict[str, Any], **about: Any) -> Passport:
    return Passport(name, f"{name:0<64}", {"metrics": list(records), **about})


def record(kid: float | None = 1.0, network: str | None = SQUEEZE, fakes: object = 1000, **more: Any) -> dict[str, Any]:
    numbers = {} if kid is None else {"kid": kid, "kid_spread": 0.1}
    return {"network": network, "fakes": fakes, "reals": 6000, "fid": 10.0, **numbers, **more}


def names(board: Board) -> list[str]:
    return [row.name for row in board.rows]


def test_the_lowest_kid_comes_first_and_few_pictures_come_last() -> None:
    some = [
        passport("good", record(0.5)),
        passport("lucky", record(0.1, fakes=999)),
        passport("uncounted", record(0.2, fakes=None)),
        passport("no_kid", record(None)),
        passport("best", record(0.25)),
    ]
    (board,), unscored = boards(some)
    assert names(board) == ["best", "good", "no_kid", "lucky", "uncounted"]
    assert [row.few for row in board.rows] == [False, False, False, True, True]
    assert unscored == []


def test_numbers_of_two_networks_never_stand_in_one_table() -> None:
    some = [
        passport("both", record(0.3), record(9.0, INCEPTION)),
        passport("squeezed", record(0.4)),
        passport("incepted", record(0.1, INCEPTION)),
        passport("squeezed_too", record(0.2)),
    ]
    tables, _ = boards(some)
    assert [(table.network, names(table)) for table in tables] == [
        (SQUEEZE, ["squeezed_too", "both", "squeezed"]),
        (INCEPTION, ["incepted", "both"]),
    ]


def test_a_network_that_nobody_names_ranks_nothing() -> None:
    some = [passport("b", record(0.1, None)), passport("a", record(0.9, None)), passport("c", record(5.0))]
    tables, _ = boards(some)
    assert [(table.network, names(table)) for table in tables] == [(SQUEEZE, ["c"]), (None, ["a", "b"])]


def test_the_shipped_checkpoints_all_stand_in_one_table_by_the_same_measure() -> None:
    shipped = [checkpoint.describe(file.parent) for file in SHIPPED.glob("*/config.json")]
    (board,), unscored = boards(Passport(one.folder.name, "", one.about) for one in shipped)
    assert len(names(board)) == len(shipped) >= 14
    assert unscored == []
    assert {(row.fakes, row.reals) for row in board.rows} == {(1000, 6000)}
    assert names(board)[0] == "best"


def test_a_row_says_what_the_passport_says() -> None:
    pretrained = "EfficientNet-Lite0, trained on ImageNet (Apache-2.0)"
    (board,), _ = boards([passport("a", record(0.5), images=24000, seconds=389.0, pretrained=pretrained)])
    (row,) = board.rows
    assert (row.images, row.minutes, row.pretrained, row.fakes, row.reals) == (24000, 6, pretrained, 1000, 6000)
    assert (row.kid, row.kid_spread, row.fid, row.fid_spread) == (0.5, 0.1, 10.0, None)


def test_a_row_tells_the_spectrum_where_a_benchmark_measured_all_of_it() -> None:
    bands = {f"band_{number}": number / 2 for number in range(1, 6)}
    (board,), _ = boards(
        [
            passport("new", record(0.1, **bands, period_2=36.9, period_4=10.0)),
            passport("old", record(0.2)),
            passport("odd", record(0.3, **{**bands, "band_3": "x"}, period_2=1.0, period_4=float("nan"))),
        ]
    )
    assert [(row.bands, row.periods) for row in board.rows] == [
        ([0.5, 1.0, 1.5, 2.0, 2.5], [36.9, 10.0]),
        (None, None),
        (None, None),
    ]


def test_what_has_no_scores_is_named() -> None:
    tables, unscored = boards(
        [passport("new"), Passport("odd", "0" * 64, {"metrics": "none"}), passport("a", record())]
    )
    assert unscored == ["new", "odd"]
    assert len(tables) == 1


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*record(), "x"]), inner, max_size=6),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(st.sampled_from(["metrics", "images", "seconds", "pretrained"]), anything), max_size=4))
def test_no_passport_breaks_the_tables_and_each_is_in_one_or_named_as_unscored(abouts: list[dict[str, Any]]) -> None:
    some = [Passport(str(index), "0" * 64, about) for index, about in enumerate(abouts)]
    tables, unscored = boards(some)
    found = {name for table in tables for name in names(table)}
    assert found | set(unscored) == {one.name for one in some}
    assert found.isdisjoint(unscored)
