"""Which recipe a machine trains, and in which size: measured, not guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from training.core.precision import Compute, has_amx
from training.evaluation.bench import Trial, trial
from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe
from training.runs.passport import device_name

NAME = "best"
GPU_BATCHES = (64, 32, 16)  # the largest that fits
Measure = Callable[[Recipe, Compute], Trial]


@dataclass(frozen=True)
class Choice:
    """A recipe, what of it differs from the one of its name, and what a trial of it told."""

    name: str
    changes: dict[str, Any]
    recipe: Recipe
    trial: Trial

    def __str__(self) -> str:
        changed = " ".join(f"{name}={value}" for name, value in self.changes.items())
        return f"{self.name} with {changed}" if changed else self.name


def choose(compute: Compute, measure: Measure = trial) -> Choice:
    """Choose the recipe and the size of its batches: on a GPU the largest that fits, elsewhere the recipe's own.

    On a CPU a network of half the width (g_width 8, d_width 32) was tried, too: it is twice as fast, and its tiles
    after 4,096 images were like those of the whole one after 2,048, so that nothing is won. Raises OutOfMemoryError.
    """
    if compute.device.type != "cuda":
        return _choice(compute, {}, measure)
    *larger, smallest = GPU_BATCHES
    for batch in larger:
        try:
            return _choice(compute, {"batch": batch}, measure)
        except torch.cuda.OutOfMemoryError:
            torch.cuda.empty_cache()
    return _choice(compute, {"batch": smallest}, measure)


def _choice(compute: Compute, changes: dict[str, Any], measure: Measure) -> Choice:
    recipe = replace(RECIPES[NAME], **changes)
    return Choice(NAME, changes, recipe, measure(recipe, compute))


def recorded(recipe: Recipe, compute: Compute, measure: Measure = trial) -> Choice:
    """Return the recipe that a run was begun with, as far as its differences from `best` or another recipe tell."""
    found = {name: recipe.differences(one.to_dict()) for name, one in RECIPES.items()}
    name = min(found, key=lambda one: len(found[one]))
    mine, base = recipe.to_dict(), RECIPES[name].to_dict()
    changes = {field: mine[field] for field in mine if mine[field] != base[field] and field != "summary"}
    return Choice(name, changes, recipe, measure(recipe, compute))


def machine_name(compute: Compute) -> str:
    """Say what computes: the GPU, or the threads of the CPU with or without AMX, and the precision."""
    device = device_name(compute.device)
    if compute.device.type == "cpu":
        device += f" {'with' if has_amx() else 'without'} AMX{'' if torch.cuda.is_available() else ', no GPU'}"
    return f"{device}, {compute.precision_name}"
