from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.process_groups import in_processes
from training.core.sharding import Shard
from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe
from training.runs.step_hooks import Replay
from training.runs.trainer import Trainer
from training.tricks.replay_buffer import ReplayBuffer

CPU = torch.device("cpu")
WORLD, BATCH, CLASSES = 2, 5, 3  # so that one process has two rows and the other three
FAMILIES = (
    *("course_sample", "dcgan", "feature_matching", "minibatch_discrimination", "wgan_gp", "spectral_norm", "began"),
    *("pggan_parts", "biggan_parts", "stylegan2_light", "vae_gan", "ada", "lecam", "r3gan", "fastgan", "unrolled"),
    *("diffusion_gan", "san", "conditional", "best"),
)
OTHERS: dict[str, dict[str, Any]] = {
    "replay": {"replay": 0.5},
    "label flips": {"flip_labels": 0.3},
    "dropout over reals and fakes": {"d_dropout": 0.3, "separate_batches": False},
    "unrolled batch norm": {"unrolled": 2, "d_norm": "batch"},
    "spectrum": {"spectral": 1000.0},  # it fades in
    "noise": {"d_noise": 0.1, "g_noise": 0.1, "g_dropout": 0.2},
    "all augmentations": {"augment": ("color", "translation", "cutout", "zoom", "rotation", "noise", "diffusion")},
}


def recipe(name: str) -> Recipe:
    """Return a recipe but for its size, and for plain gradient descent where that goes.

    Adam turns a gradient that is 0 but for rounding, as that of a bias before a batch norm, into a whole step.
    """
    found = RECIPES["dcgan"] if name in OTHERS else RECIPES[name]
    side = 64 if found.pretrained else 16
    changes = {"classes": min(found.classes, CLASSES), "attention": min(found.attention, 8)} | OTHERS.get(name, {})
    if name in OTHERS:
        changes = {"d_norm": "none", "augment": ()} | changes
    found = replace(found, resolution=side, g_width=2, d_width=4, z_dim=8, batch=BATCH, **changes)
    if found.lazy_step or found.unrolled:
        return found
    lr = 0.3 if name in (*OTHERS, "minibatch_discrimination") else 1e-3  # where gradients are small at first
    return replace(found, g_optimizer="sgd", d_optimizer="sgd", g_lr=lr, d_lr=lr)


def steps(found: Recipe) -> int:
    """Return so many steps that G is trained twice; a look through a frozen network multiplies rounding too soon."""
    return 1 if found.pretrained else 4 if found.replay else 2 * found.d_steps


def pictures(found: Recipe, images: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(images)
    shape = (found.batch, 3, found.resolution, found.resolution)
    drawn = torch.randint(0, 256, shape, dtype=torch.uint8, generator=random)
    return drawn, torch.randint(0, CLASSES, (found.batch,), generator=random)


def trained(name: str, shard: Shard | None = None) -> dict[str, Any]:
    """Return the state after some steps, what they told, and how far the weights of G have moved."""
    found = recipe(name)
    trainer = Trainer(found, 5, CPU, shard=shard)
    for hook in trainer.hooks:
        if isinstance(hook, Replay):
            hook.buffer = ReplayBuffer(found.replay, found.resolution, kept=2 * BATCH)  # is full after two steps
    begun = [weight.detach().clone() for weight in trainer.g.parameters()]
    rows = slice(None) if shard is None else shard.rows
    told = [trainer.step(*(part[rows] for part in pictures(found, trainer.images))) for _ in range(steps(found))]
    moved = max(
        float((now.detach() - then).abs().max()) for now, then in zip(trainer.g.parameters(), begun, strict=True)
    )
    return {"state": trainer.state(), "told": torch.stack([torch.stack(one) for one in told]), "moved": moved}


def trained_in_a_share(rank: int, world: int, names: list[str]) -> dict[str, Any]:
    return {name: trained(name, Shard(rank, world, BATCH)) for name in names}


@pytest.fixture(scope="module")
def shared() -> list[dict[str, Any]]:
    return in_processes(WORLD, trained_in_a_share, [*FAMILIES, *OTHERS])


def tensors(value: Any) -> list[Tensor]:
    """List the tensors of a nested state in order, but for what an optimizer keeps."""
    if isinstance(value, dict):
        return [one for key, part in value.items() if "optimizer" not in str(key) for one in tensors(part)]
    return [value] if isinstance(value, Tensor) else []


@pytest.mark.parametrize("name", [*FAMILIES, *OTHERS])
def test_two_processes_take_the_steps_of_one_with_the_same_batch(name: str, shared: list[dict[str, Any]]) -> None:
    whole = trained(name)
    allowed = 3e-5 if RECIPES.get(name, RECIPES["dcgan"]).pretrained else 1e-6
    assert whole["moved"] > 10 * allowed  # so that another gradient would show
    for one in shared:
        assert one[name]["state"]["images"] == whole["state"]["images"] == BATCH * steps(recipe(name))
        torch.testing.assert_close(one[name]["told"], whole["told"], rtol=1e-3, atol=2e-5)
        pairs = list(zip(tensors(one[name]["state"]), tensors(whole["state"]), strict=True))
        assert len(pairs) > 20
        for mine, wanted in pairs:
            torch.testing.assert_close(mine, wanted, rtol=1e-4, atol=allowed)


@pytest.mark.parametrize("name", [*FAMILIES, *OTHERS])
def test_both_processes_hold_the_same_weights_bit_by_bit(name: str, shared: list[dict[str, Any]]) -> None:
    first, second = (tensors(one[name]["state"]) for one in shared)
    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))
