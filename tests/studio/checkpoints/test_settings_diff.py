from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.checkpoints.settings_diff import MAX_FIELDS, MAX_VALUE_LETTERS, TooManyError, check_size, scores, settings
from studio.ui.texts.i18n import TEXTS
from training.evaluation.spectrum import PERIOD_NAMES
from training.runs.alarms import ALARMS
from training.runs.step_types import Measures

SCORE = {"network": "Inception", "fakes": 5000, "reals": 6000, "kid": 0.02, "kid_spread": 0.001, "fid": 30.5}
KEYS = ["kid", "fakes", "device", "images"]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(["", "none", "NaN", "\ud800", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)
PASSPORTS = st.dictionaries(
    st.sampled_from(["recipe", "runtimes", "seconds", "images", "data", "metrics", "seed", "pretrained"]), JSON
)


def test_whatever_a_training_logs_has_a_name_in_both_languages() -> None:
    assert {f"alarm_{name}" for name in ALARMS} | {
        f"quantity_{name}" for name in (*Measures._fields, *PERIOD_NAMES)
    } <= TEXTS.keys()


def passport(**recipe: Any) -> dict[str, Any]:
    return {"recipe": {"summary": "text", "loss": "hinge", **recipe}, "images": 100, "seconds": 90, "seed": 0}


def differing(*passports: dict[str, Any]) -> list[str]:
    return [row.field for row in settings(passports) if row.differs]


@pytest.mark.parametrize(("checkpoints", "seeds"), [(1, 1), (6, 6), (2, 6)])
def test_six_checkpoints_of_six_seeds_are_allowed(checkpoints: int, seeds: int) -> None:
    check_size(checkpoints, seeds)


@pytest.mark.parametrize(("checkpoints", "seeds", "tiles"), [(7, 1, 7), (6, 7, 42), (1, 4_000, 4_000)])
def test_more_are_refused_with_the_number(checkpoints: int, seeds: int, tiles: int) -> None:
    with pytest.raises(TooManyError, match=f"are {tiles} tiles; 6 of 6 are allowed"):
        check_size(checkpoints, seeds)


def test_only_the_settings_that_differ_are_marked() -> None:
    rows = settings([passport(g_lr=2e-4, augment=["color"]), passport(g_lr=1e-4, augment=["color"])])
    assert {row.field: (row.values, row.differs) for row in rows} == {
        "loss": (["hinge", "hinge"], False),
        "g_lr": (["0.0002", "0.0001"], True),
        "augment": (["color", "color"], False),
        "about_pretrained": ([None, None], False),
        "about_seed": (["0", "0"], False),
        "about_images": (["100", "100"], False),
        "about_minutes": (["2", "2"], False),
        "about_devices": ([None, None], False),
        "about_pictures": ([None, None], False),
        "about_equalizer": ([None, None], False),
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([["lecam", 0.01], ["gradient", 10.0]], "lecam 0.01, gradient 10"),
        (["color", "cutout"], "color, cutout"),
        ([True, None, [["deep"]]], 'true, null, [["deep"]]'),
        ({"p": [1]}, '{"p": [1]}'),
    ],
)
def test_values_are_written_as_readers_write_them(value: object, words: str) -> None:
    assert next(row.values for row in settings([passport(value=value)]) if row.field == "value") == [words]


def test_budget_device_and_pretrained_network_are_compared_too() -> None:
    one = {**passport(), "runtimes": [{"device": "T4"}, {"device": "CPU"}, {"device": "T4"}], "data": {"images": 6000}}
    other = {**passport(), "seconds": 7200, "images": 3, "pretrained": "EfficientNet", "seed": 1}
    fields = ("pretrained", "seed", "images", "minutes", "devices", "pictures")
    assert differing(one, other) == [f"about_{field}" for field in fields]
    assert next(row for row in settings([one]) if row.field == "about_devices").values == ["CPU, T4"]


@pytest.mark.parametrize("off", ["none", 0, 0.0, False, [], None, "", "tanh", "normal"])
def test_a_setting_that_an_older_recipe_does_not_know_is_off(off: object) -> None:
    assert differing(passport(), passport(penalty=off)) == []
    assert differing(passport(), passport(penalty="r1")) == ["penalty"]


def test_a_number_and_its_text_are_not_the_same_setting() -> None:
    assert differing(passport(width=32), passport(width="32")) == ["width"]


def test_long_passports_are_cut() -> None:
    rows = settings([passport(**{f"name {number}": "x" * 5000 for number in range(500)})])
    assert len(rows) <= MAX_FIELDS
    assert all(len(text or "") <= MAX_VALUE_LETTERS for row in rows for text in row.values)


@given(st.lists(PASSPORTS, min_size=1, max_size=6))
def test_a_passport_of_any_shape_is_compared_without_failing(passports: list[dict[str, Any]]) -> None:
    rows = settings(passports)
    assert all(len(row.values) == len(passports) for row in rows)
    assert differing(passports[0], passports[0]) == []
    assert all(math.isfinite(value) for one in passports for found in scores(one) for value in found.numbers.values())
    json.dumps([row.values for row in rows])


def test_scores_say_their_network_and_how_many_pictures() -> None:
    (found,) = scores({"metrics": SCORE})
    assert (found.network, found.fakes, found.reals, found.few) == ("Inception", 5000, 6000, False)
    assert found.numbers == {"kid": 0.02, "kid_spread": 0.001, "fid": 30.5}


@pytest.mark.parametrize(("fakes", "few"), [(999, True), (1000, False), (None, True), ("5000", True), (True, True)])
def test_fewer_than_a_thousand_pictures_are_few(fakes: object, few: bool) -> None:
    assert [one.few for one in scores({"metrics": {**SCORE, "fakes": fakes}})] == [few]


@pytest.mark.parametrize("form", [list, lambda some: {one["network"]: one for one in some}])
def test_scores_of_several_networks_are_told_apart(form: Any) -> None:
    found = scores({"metrics": form([SCORE, {**SCORE, "network": "SqueezeNet", "kid": 0.3}])})
    assert [(one.network, one.numbers["kid"]) for one in found] == [("Inception", 0.02), ("SqueezeNet", 0.3)]


@pytest.mark.parametrize("metrics", [{}, None, [], "text", {"kid": "low"}, {"kid": math.nan}, {"a": {"b": 1}}, [[]]])
def test_without_numbers_there_are_no_scores(metrics: object) -> None:
    assert scores({"metrics": metrics}) == []
