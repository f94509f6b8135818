from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import replace
from typing import Any

import pytest
import torch

from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe
from training.runs.step_hooks import HOOKS, StepHook
from training.runs.trainer import Trainer

CPU = torch.device("cpu")
PLAIN = replace(RECIPES["course_sample"], resolution=16, g_width=2, d_width=2, z_dim=8, batch=4)
SWITCHED: dict[str, dict[str, Any]] = {  # the switches that turn each hook on
    "InstanceNoise": {"d_noise": 0.1},
    "DiffusionTimestep": {"augment": ("diffusion",), "d_timestep": True},
    "LazyRegularization": {"penalties": (("r1", 1.0),), "penalty_every": 2, "lazy_step": True},
    "JudgedReconstructions": {"hybrid": 0.1, "judge_reconstructions": True},
    "Blur": {"d_blur": 1.0},
    "StyleMixing": {"generator": "stylegan2", "style_mixing": 0.5},
    "Replay": {"replay": 0.5},
    "FakeBalance": {"loss": "began", "discriminator": "autoencoder"},
    "LabelFlips": {"flip_labels": 0.1},
    "SlicedDirection": {"sliced": True},
    "WeightClipping": {"clip": 0.1},
    "Unrolled": {"unrolled": 1},
    "FeatureMatching": {"feature_matching": 1.0},
    "ClassLoss": {"classes": 3, "condition": "classifier"},
    "VaeEncoder": {"hybrid": 0.1},
    "SpectralRegularization": {"spectral": 1.0},
}


def names(recipe: Recipe) -> list[str]:
    return [type(hook).__name__ for hook in Trainer(recipe, 0, CPU).hooks]


def test_a_plain_recipe_has_no_hook() -> None:
    assert names(PLAIN) == []


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_is_there_where_its_switch_is_on(hook: type[StepHook]) -> None:
    needed = ["VaeEncoder"] if hook.__name__ == "JudgedReconstructions" else []
    assert names(replace(PLAIN, **SWITCHED[hook.__name__])) == [*needed, hook.__name__]


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_overrides_a_place_of_the_step(hook: type[StepHook]) -> None:
    places = {name for name, value in vars(StepHook).items() if inspect.isfunction(value)} - {"__init__"}
    assert places & vars(hook).keys()


def test_the_step_asks_for_no_trick() -> None:
    """The step and what it is made of read no switch of a trick that a hook stands for."""
    switches = {"d_noise", "d_blur", "style_mixing", "replay", "flip_labels", "sliced", "clip", "unrolled"}
    switches |= {"feature_matching", "condition", "class_weight", "hybrid", "d_timestep", "spectral"}
    switches |= {"judge_reconstructions"}
    tree = ast.parse(textwrap.dedent(inspect.getsource(Trainer)))
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert "d_steps" in read
    assert read & switches == set()
    assert len(inspect.getsource(Trainer.step).splitlines()) <= 40
