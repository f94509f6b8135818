"""The name that an added checkpoint is proposed: its recipe and the images it has seen."""

from __future__ import annotations

from typing import Any

import pytest

from studio.checkpoints.visitor_checkpoints import NAME_LETTERS, clean_name
from studio.ui.checkpoints.panel import proposed_name
from training.recipes.presets import RECIPES


def config(summary: object = None, images: object = None, **generator: Any) -> dict[str, Any]:
    recipe = {} if summary is None else {"recipe": {"summary": summary}}
    return {"about": {**recipe, "images": images}, "generator": generator}


@pytest.mark.parametrize(
    ("images", "short"),
    [(77_712, "best-78k"), (999, "best-999"), (1_000, "best-1k"), (1_250_000, "best-1.2M"), (0, "best")],
)
def test_a_recipe_of_the_program_is_called_by_its_name(images: int | None, short: str) -> None:
    assert proposed_name(config(RECIPES["best"].summary, images)) == short


def test_another_recipe_is_called_by_the_beginning_of_its_sentence_and_none_by_the_network() -> None:
    named = proposed_name(config("hinge loss with a wide D and a very long list of tricks", 24_000))
    assert named == "hinge loss with a wide D and-24k"
    assert len(clean_name(proposed_name(config("x" * 300, 123_456_789)))) <= NAME_LETTERS
    assert proposed_name(config(None, 24_000, network="fastgan")) == "fastgan-24k"


@pytest.mark.parametrize("other", [{}, {"about": None}, {"generator": 3}, {"about": {"images": 5}}])
def test_a_config_that_says_nothing_proposes_nothing(other: dict[str, Any]) -> None:
    assert proposed_name(other) == ""


def test_a_name_that_is_taken_gets_a_number() -> None:
    best = config(RECIPES["best"].summary, 77_712)
    assert proposed_name(best, {"best-78k"}) == "best-78k-2"
    assert proposed_name(best, {"best-78k", "best-78k-2"}) == "best-78k-3"


@pytest.mark.parametrize("taken", ["Best 78k", "BEST-78K", "ｂest–78k", "best78k"])
def test_a_name_that_could_be_taken_for_another_gets_a_number(taken: str) -> None:
    assert proposed_name(config(RECIPES["best"].summary, 77_712), {taken}) == "best-78k-2"
    assert proposed_name(config(), {"added", ""}) == ""


def test_the_number_of_a_long_name_stays_within_it() -> None:
    taken: set[str] = set()
    for _ in range(12):
        name = proposed_name(config("x" * 300, 10**18), taken)
        assert clean_name(name) == name
        assert name not in taken
        taken.add(name)
