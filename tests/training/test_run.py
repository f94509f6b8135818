from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from training import checkpoint
from training.generators import build_generator
from training.recipe import Recipe
from training.recipes import RECIPES
from training.run import Run

CPU = torch.device("cpu")


def small(name: str) -> Recipe:
    """Return a recipe as it is, but for its size."""
    recipe = RECIPES[name]
    side = 64 if recipe.pretrained else 16
    return replace(recipe, resolution=side, g_width=2, d_width=4, z_dim=8, batch=4)


def reals(recipe: Recipe, images: int) -> Tensor:
    generator = torch.Generator().manual_seed(images)
    shape = (recipe.batch, 3, recipe.resolution, recipe.resolution)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def train(run: Run, steps: int) -> None:
    for _ in range(steps):
        run.step(reals(run.recipe, run.images))


def tensors(value: Any) -> list[Tensor]:
    """List all tensors and numbers of a nested state, in order."""
    if isinstance(value, dict):
        return [one for key in value for one in tensors(value[key])]
    if isinstance(value, list | tuple):
        return [one for part in value for one in tensors(part)]
    return [torch.as_tensor(value)] if isinstance(value, Tensor | int | float) else []


@pytest.mark.parametrize("name", RECIPES)
def test_two_halves_equal_the_whole_bit_by_bit(name: str) -> None:
    recipe = small(name)
    whole = Run(recipe, 5, CPU)
    train(whole, 4)
    half = Run(recipe, 5, CPU)
    train(half, 2)
    file = io.BytesIO()
    torch.save(half.state(), file)
    torch.manual_seed(999)  # whatever happens in between must not matter
    resumed = Run(recipe, 77, CPU)
    resumed.load_state(checkpoint.load_tensors(io.BytesIO(file.getvalue())))
    train(resumed, 2)
    assert resumed.images == whole.images == 16
    first, second = tensors(whole.state()), tensors(resumed.state())
    assert len(first) == len(second) > 50
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
    drawn, again = whole.generator_state(), resumed.generator_state()
    assert all(torch.equal(drawn[key], again[key]) for key in drawn)


@pytest.mark.parametrize("name", RECIPES)
def test_a_step_trains_both_networks_and_leaves_a_frozen_backbone(name: str) -> None:
    run = Run(small(name), 0, CPU)
    weights = {part: [w.clone() for w in getattr(run, part).parameters()] for part in ("g", "d", "average")}
    train(run, 1)
    for part, trained in (("g", run.g), ("d", run.d.head), ("average", run.average)):
        before = dict(zip([w.data_ptr() for w in getattr(run, part).parameters()], weights[part], strict=True))
        moved = [not torch.equal(before[w.data_ptr()], w) for w in trained.parameters()]
        assert sum(moved) > len(moved) / 2
    backbone = {w.data_ptr() for w in run.d.backbone.parameters()}
    for weight, before_step in zip(run.d.parameters(), weights["d"], strict=True):
        if weight.data_ptr() in backbone:
            assert torch.equal(weight, before_step)


@pytest.mark.parametrize("name", RECIPES)
def test_what_is_saved_draws_what_the_averaged_generator_draws(name: str) -> None:
    recipe = small(name)
    run = Run(recipe, 0, CPU)
    train(run, 2)
    plain = build_generator(recipe.generator_config())
    plain.load_state_dict(run.generator_state())
    z = torch.randn(5, recipe.z_dim)
    with torch.no_grad():
        assert torch.allclose(plain.eval()(z), run.average.eval()(z), atol=1e-5)


def test_a_run_of_the_cpu_goes_on_where_gradients_are_scaled() -> None:
    run, resumed = Run(small("dcgan"), 5, CPU), Run(small("dcgan"), 5, CPU)
    train(run, 1)
    resumed.scaler = torch.amp.GradScaler("cpu", init_scale=4.0, enabled=True)
    resumed.load_state(run.state())
    assert (resumed.images, resumed.scaler.get_scale()) == (4, 4.0)
    other = Run(small("dcgan"), 5, CPU)
    other.scaler = torch.amp.GradScaler("cpu", init_scale=8.0, enabled=True)
    other.load_state(resumed.state())
    assert other.scaler.get_scale() == 4.0


def test_other_seeds_give_other_runs() -> None:
    one, other = Run(small("dcgan"), 1, CPU), Run(small("dcgan"), 2, CPU)
    assert not torch.equal(next(one.g.parameters()), next(other.g.parameters()))


def test_the_average_has_the_half_life_of_its_recipe_and_copies_the_buffers() -> None:
    recipe = replace(small("dcgan"), ema_images=40)
    run = Run(recipe, 0, CPU)
    run.images = 10**6  # long past the warm-up
    with torch.no_grad():
        for weight in run.average.parameters():
            weight.zero_()
        for weight in run.g.parameters():
            weight.fill_(1.0)
        for buffer in run.g.buffers():
            buffer.fill_(3)
    for _ in range(10):  # 10 steps of 4 images: one half-life
        run._average()
    assert all(torch.allclose(weight, torch.tensor(0.5)) for weight in run.average.parameters())
    assert all((buffer == 3).all() for buffer in run.average.buffers())


def test_without_an_average_the_weights_themselves_are_drawn() -> None:
    run = Run(small("course_sample"), 0, CPU)
    train(run, 1)
    state = run.generator_state()
    assert all(torch.equal(state[name], value) for name, value in run.g.state_dict().items())


def test_flips_mirror_some_reals_and_only_where_the_recipe_says_so() -> None:
    recipe = replace(small("dcgan"), batch=64)
    real = reals(recipe, 0)
    torch.manual_seed(0)
    flipped = Run(recipe, 0, CPU)._reals(real)
    expected = real / 127.5 - 1
    kept = [torch.equal(one, two) for one, two in zip(flipped, expected, strict=True)]
    mirrored = [torch.equal(one, two.flip(2)) for one, two in zip(flipped, expected, strict=True)]
    assert all(a or b for a, b in zip(kept, mirrored, strict=True))
    assert 16 < sum(mirrored) < 48
    assert torch.equal(Run(replace(recipe, flip=False), 0, CPU)._reals(real), expected)


def test_both_players_see_augmented_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("training.run.augment.apply", lambda names, images: seen.append((names, images)) or images)
    run = Run(replace(small("dcgan"), augment=("color", "cutout")), 0, CPU)
    train(run, 1)
    (names, real), (same, fake) = seen
    assert names == same == ("color", "cutout")
    assert not real.requires_grad
    assert fake.requires_grad  # D and G look at this one tensor: G learns through the same augmentation
