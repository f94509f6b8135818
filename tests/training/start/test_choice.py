from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from training.core.precision import Compute
from training.evaluation.bench import Trial
from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe
from training.start import choice
from training.start.choice import choose

CPU = Compute(torch.device("cpu"))
GPU = Compute(torch.device("cuda"), torch.float16)


def measured(recipe: Recipe, _: Compute) -> Trial:
    return Trial(10.0, 100)


def test_a_cpu_trains_the_recipe_as_it_is() -> None:
    chosen = choose(CPU, measured)
    assert chosen.recipe == RECIPES["best"]
    assert str(chosen) == "best"
    assert chosen.trial.images_per_second == 10.0


@pytest.mark.parametrize("fits", [64, 32, 16])
def test_a_gpu_gets_the_largest_batch_that_its_memory_holds(fits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)

    def measure(recipe: Recipe, _: Compute) -> Trial:
        if recipe.batch > fits:
            raise torch.cuda.OutOfMemoryError("too large")
        return Trial(300.0, 100)

    assert choose(GPU, measure).recipe == replace(RECIPES["best"], batch=fits)


def test_a_gpu_on_which_nothing_fits_is_an_error() -> None:
    def measure(*_: object) -> Trial:
        raise torch.cuda.OutOfMemoryError("too large")

    with pytest.raises(torch.cuda.OutOfMemoryError):
        choose(GPU, measure)


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (replace(RECIPES["best"], batch=64), "best with batch=64"),
        (RECIPES["dcgan"], "dcgan"),
        (replace(RECIPES["lecam"], batch=8), "lecam with batch=8"),
    ],
)
def test_a_run_that_goes_on_keeps_the_recipe_that_it_was_begun_with(recipe: Recipe, said: str) -> None:
    chosen = choice.recorded(recipe, CPU, measured)
    assert chosen.recipe == recipe
    assert str(chosen) == said


@pytest.mark.parametrize(("amx", "said"), [(True, "with AMX, no GPU, bfloat16"), (False, "without AMX, no GPU, bflo")])
def test_the_machine_is_named(amx: bool, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "has_amx", lambda: amx)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert said in choice.machine_name(Compute(torch.device("cpu"), torch.bfloat16))
