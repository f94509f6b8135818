from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.checkpoints import training_curves
from studio.checkpoints.training_curves import Alarm, read_curves


def write(folder: Path, lines: list[object]) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (folder / "metrics.jsonl").write_text("\n".join(texts) + "\n", encoding="utf-8")
    return folder


def row(step: int, **more: object) -> dict[str, object]:
    return {"images": step * 10, "seconds": step * 0.5, "d_loss": 1.0 / step, "g_loss": float(step), **more}


def test_every_quantity_is_a_curve_over_images_and_seconds(tmp_path: Path) -> None:
    found = read_curves(write(tmp_path, [row(1), row(2), row(4)]))
    assert found.images == [10, 20, 40]
    assert found.seconds == [0.5, 1, 2]
    assert found.quantities == {"d_loss": [1, 0.5, 0.25], "g_loss": [1, 2, 4]}


def test_a_long_log_is_thinned_to_means_that_end_where_it_ends(tmp_path: Path) -> None:
    found = read_curves(write(tmp_path, [row(step) for step in range(1, 1001)]), points=100)
    assert len(found.images) == 100
    assert found.images[-1] == 10_000
    assert found.quantities["g_loss"][:2] == [5.5, 15.5]


def test_alarms_are_marked_where_they_were_raised(tmp_path: Path) -> None:
    lines = [row(1), row(2, alarms=["d_loss_zero"]), row(3, alarms={"collapse": True, "other": False}), row(4)]
    assert read_curves(write(tmp_path, lines)).alarms == [Alarm(20, 1, "d_loss_zero"), Alarm(30, 1.5, "collapse")]


def test_an_alarm_that_goes_on_ringing_is_marked_once(tmp_path: Path) -> None:
    triggered = [[], ["a"], ["a", "b"], ["a"], [], ["a"]]
    lines: list[object] = [row(step, alarms=names) for step, names in enumerate(triggered, start=1)]
    found = read_curves(write(tmp_path, lines)).alarms
    assert [(alarm.images, alarm.name) for alarm in found] == [(20, "a"), (30, "b"), (60, "a")]


def test_a_quantity_that_comes_later_and_those_in_a_record_are_curves_too(tmp_path: Path) -> None:
    found = read_curves(write(tmp_path, [row(1), row(2, controllers={"ada_p": 0.1, "d_loss": 9})]))
    assert found.quantities["ada_p"] == [None, 0.1]
    assert found.quantities["d_loss"] == [1, 0.5]


@pytest.mark.parametrize(
    "line",
    [
        *("", "{", "[1, 2]", "null", '{"images": 5}', '{"images": "5", "seconds": 1}', "\0", "[" * 5000),
        *('{"images": NaN, "seconds": 1, "d_loss": 1}', '{"images": true, "seconds": 1}', '{"a": ' + "9" * 400 + "}"),
        *('{"images": 1, "seconds": Infinity}', '{"images": 1' + "0" * 400 + ', "seconds": 1}'),
    ],
)
def test_a_line_of_another_shape_is_passed_over(tmp_path: Path, line: str) -> None:
    found = read_curves(write(tmp_path, [row(1), line, row(2)]))
    assert found.images == [10, 20]


def test_what_is_not_finite_is_a_gap(tmp_path: Path) -> None:
    found = read_curves(write(tmp_path, [row(1), row(2, d_loss=math.nan), row(3, d_loss=None)]))
    assert found.quantities["d_loss"] == [1, None, None]


def test_without_a_log_there_are_no_curves(tmp_path: Path) -> None:
    found = read_curves(tmp_path)
    assert (found.images, found.quantities, found.alarms) == ([], {}, [])
    (tmp_path / "metrics.jsonl").mkdir()
    assert read_curves(tmp_path) == found


def test_a_huge_log_is_read_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_curves, "MAX_BYTES", 2000)
    monkeypatch.setattr(training_curves, "MAX_LINE_BYTES", 500)
    found = read_curves(write(tmp_path, [row(1), "x" * 1200, row(2), *(row(step) for step in range(3, 500))]))
    assert 10 in found.images
    assert len(found.images) < 20
    many = {f"name {number}": number for number in range(500)}
    assert len(read_curves(write(tmp_path, [row(1, **many)])).quantities) <= training_curves.MAX_QUANTITIES


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(1, 20))
def test_thinning_keeps_the_mean_within_the_range(values: list[float], points: int) -> None:
    rows = [{"images": float(index), "seconds": 0.0, "x": value} for index, value in enumerate(values)]
    means = [training_curves._mean(group, "x") for group in training_curves._groups(rows, points)]
    assert len(means) <= points
    slack = 1e-5 * max(map(abs, values))
    assert all(mean is not None and min(values) - slack <= mean <= max(values) + slack for mean in means)
