from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, softplus

from training.core import checkpoint
from training.core.latents import labels as draw_labels
from training.core.latents import latents
from training.core.tile import draw, seed_tile
from training.discriminators import DiscriminatorOutput
from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe
from training.runs import generator_average
from training.runs.step_hooks import JudgedReconstructions, Replay, StepHook, VaeEncoder
from training.runs.step_types import Measures, Outputs
from training.runs.trainer import Trainer
from training.tricks import augmentation
from training.tricks.losses import LOSSES
from training.tricks.regularizers import PENALTIES, Penalty, View

CPU = torch.device("cpu")
CLASSES = 3


def enough_steps(recipe: Recipe) -> int:
    """Return so many steps that G is trained, and that a dear penalty comes again in a second such call."""
    return max(recipe.d_steps, recipe.penalty_every if recipe.penalty_every < 8 else 1) + 1


def small(name: str) -> Recipe:
    """Return a recipe as it is, but for its size."""
    recipe = RECIPES[name]
    side = 64 if recipe.pretrained else 16
    changes = {"classes": min(recipe.classes, CLASSES), "attention": min(recipe.attention, 8)}
    return replace(recipe, resolution=side, g_width=2, d_width=4, z_dim=8, batch=4, **changes)


def tiny(**changes: Any) -> Recipe:
    """Return a small DCGAN without batch norm in D, with some switches."""
    plain = replace(small("dcgan"), d_norm="none", augment=())
    return replace(plain, **changes)


def reals(recipe: Recipe, images: int) -> Tensor:
    generator = torch.Generator().manual_seed(images)
    shape = (recipe.batch, 3, recipe.resolution, recipe.resolution)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def labels(recipe: Recipe, images: int) -> Tensor | None:
    drawn = torch.randint(0, CLASSES, (recipe.batch,), generator=torch.Generator().manual_seed(images))
    return drawn if recipe.classes else None


def train(trainer: Trainer, steps: int) -> list[Measures]:
    return [
        trainer.step(reals(trainer.recipe, trainer.images), labels(trainer.recipe, trainer.images))
        for _ in range(steps)
    ]


Kind = TypeVar("Kind", bound=StepHook)


def hook(trainer: Trainer, kind: type[Kind]) -> Kind:
    """Return the hook of a trick that the recipe has."""
    (found,) = (one for one in trainer.hooks if isinstance(one, kind))
    return found


def tensors(value: Any) -> list[Tensor]:
    """List all tensors and numbers of a nested state, in order."""
    if isinstance(value, dict):
        return [one for key in value for one in tensors(value[key])]
    if isinstance(value, list | tuple):
        return [one for part in value for one in tensors(part)]
    return [torch.as_tensor(value)] if isinstance(value, Tensor | int | float) else []


OTHERS: dict[str, dict[str, Any]] = {  # switches that no named recipe has on, and what a hybrid goes with
    "linear uniform": {"g_output": "linear", "latent": "uniform"},
    "sphere": {"latent": "sphere"},
    "hybrid alone": {"hybrid": 0.1, "adversarial": 0.0, "latent": "uniform"},
    "hybrid unrolled": {"hybrid": 0.1, "unrolled": 2, "classes": CLASSES, "condition": "classifier"},
    "hybrid wrapped": {"hybrid": 0.1, "g_wrap": "spectral", "d_wrap": "spectral", "loss": "hinge", "d_steps": 2},
    "hybrid disturbed": {"hybrid": 0.1, "g_dropout": 0.2, "g_noise": 0.1, "replay": 0.5, "feature_matching": 1.0},
    "hybrid autoencoder": {"hybrid": 0.1, "discriminator": "autoencoder", "loss": "began"},
    "hybrid styles": {"hybrid": 0.1, "generator": "stylegan2", "discriminator": "fastgan", "style_mixing": 0.5},
}


def some(name: str) -> Recipe:
    """Return a named recipe, or one with other switches, as it is, but for its size."""
    return small(name) if name in RECIPES else tiny(**OTHERS[name])


@pytest.mark.parametrize("name", [*RECIPES, *OTHERS])
def test_two_halves_equal_the_whole_bit_by_bit(name: str) -> None:
    recipe = some(name)
    steps = enough_steps(recipe)
    whole = Trainer(recipe, 5, CPU)
    told = train(whole, 2 * steps)
    half = Trainer(recipe, 5, CPU)
    train(half, steps)
    file = io.BytesIO()
    torch.save(half.state(), file)
    torch.manual_seed(999)  # whatever happens in between must not matter
    resumed = Trainer(recipe, 77, CPU)
    resumed.load_state(checkpoint.load_tensors(io.BytesIO(file.getvalue())))
    again = train(resumed, steps)
    assert [[float(one) for one in step] for step in again] == [[float(one) for one in step] for step in told[steps:]]
    assert resumed.images == whole.images == 8 * steps
    first, second = tensors(whole.state()), tensors(resumed.state())
    assert len(first) == len(second) > 50
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
    drawn, redrawn = whole.generator_state(), resumed.generator_state()
    assert all(torch.equal(drawn[key], redrawn[key]) for key in drawn)


@pytest.mark.parametrize("name", ["best", "dcgan", "stylegan2_light", "sagan", "unrolled", "hybrid wrapped"])
def test_two_halves_equal_the_whole_in_bfloat16_too(name: str) -> None:
    whole, half = (Trainer(some(name), 5, CPU, torch.bfloat16) for _ in range(2))
    count = enough_steps(whole.recipe)
    train(whole, 2 * count)
    train(half, count)
    resumed = Trainer(some(name), 77, CPU, torch.bfloat16)
    resumed.load_state(half.state())
    train(resumed, count)
    pairs = zip(tensors(whole.state()), tensors(resumed.state()), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    plain = Trainer(some(name), 5, CPU)
    train(plain, 2 * count)
    assert any(not torch.equal(value, plain.generator_state()[key]) for key, value in whole.generator_state().items())


@pytest.mark.parametrize("name", RECIPES)
def test_in_float16_steps_are_taken_once_the_scaler_has_found_its_scale(name: str) -> None:
    trainer = Trainer(small(name), 0, CPU, torch.float16)
    told = train(trainer, 20)  # more than halvings from the first scale to 1
    assert float(told[-1].skipped) == 0.0
    assert all(torch.isfinite(torch.stack(step)).all() for step in told)  # a skipped step triggers no alarm
    assert all(torch.isfinite(value).all() for value in trainer.generator_state().values())


def test_reals_and_fakes_are_augmented_in_float32_in_every_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.dtype] = []

    def look(names: object, images: Tensor, strength: object) -> Tensor:
        seen.append(images.dtype)
        return images

    monkeypatch.setattr(augmentation, "apply", look)
    train(Trainer(small("dcgan"), 0, CPU, torch.bfloat16), 1)
    assert seen == [torch.float32, torch.float32]


def test_a_state_of_before_that_holds_the_frozen_network_is_gone_on_with() -> None:
    trainer = Trainer(small("projected"), 0, CPU)
    state = trainer.state()
    assert not any(name.startswith("backbone.features.") for name in state["d"])
    assert any(name.startswith("backbone.across_channels.") for name in state["d"])  # drawn at random, once a run
    older = {**state, "d": {**state["d"], "backbone.features.stem.1.weight": torch.ones(32)}}
    other = Trainer(small("projected"), 1, CPU)
    other.load_state(older)
    assert all(torch.equal(*pair) for pair in zip(tensors(trainer.state()), tensors(other.state()), strict=True))


def test_d_sees_blurred_pictures_at_first_and_sharp_ones_later(monkeypatch: pytest.MonkeyPatch) -> None:
    sigmas: list[float] = []

    def look(images: Tensor, sigma: float) -> Tensor:
        sigmas.append(sigma)
        return images

    monkeypatch.setattr(augmentation, "blur", look)
    train(Trainer(tiny(d_blur=2.0, d_blur_images=8), 0, CPU), 3)
    assert sigmas == [2.0, 2.0, 1.0, 1.0, 0.0, 0.0]


def test_the_average_gets_statistics_of_its_own() -> None:
    recipe = replace(small("dcgan"), average_statistics=256)
    run, plain = Trainer(recipe, 0, CPU), Trainer(small("dcgan"), 0, CPU)
    train(run, 3)
    train(plain, 3)
    own, copied = run.generator_state(), plain.generator_state()
    changed = {name for name, value in own.items() if not torch.equal(value, copied[name])}
    assert changed == {name for name in own if "running" in name or "num_batches" in name}
    network = run.average.eval()
    network.load_state_dict(own)
    features = network.blocks[0][0](latents(0, 256, recipe.z_dim)[:, :, None, None])
    torch.testing.assert_close(network.blocks[0][1].running_mean, features.mean(dim=(0, 2, 3)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", RECIPES)
def test_a_step_trains_both_networks_and_leaves_a_frozen_backbone(name: str) -> None:
    trainer = Trainer(small(name), 0, CPU)
    weights = {part: [w.clone() for w in getattr(trainer, part).parameters()] for part in ("g", "d", "average")}
    train(trainer, enough_steps(trainer.recipe))
    for part, trained in (("g", trainer.g), ("d", trainer.d.head), ("average", trainer.average)):
        before = dict(zip([w.data_ptr() for w in getattr(trainer, part).parameters()], weights[part], strict=True))
        moved = [not torch.equal(before[w.data_ptr()], w) for w in trained.parameters()]
        assert sum(moved) > len(moved) / 2
    backbone = {w.data_ptr() for w in trainer.d.backbone.parameters()}
    for weight, before_step in zip(trainer.d.parameters(), weights["d"], strict=True):
        if weight.data_ptr() in backbone:
            assert torch.equal(weight, before_step)


@pytest.mark.parametrize("name", [*RECIPES, "linear uniform", "sphere"])
def test_what_is_saved_loads_and_draws_the_averaged_generator_whatever_the_chunk(name: str, tmp_path: Path) -> None:
    recipe = some(name)
    trainer = Trainer(recipe, 0, CPU)
    train(trainer, enough_steps(recipe))
    checkpoint.save(tmp_path, recipe.generator_config(), trainer.generator_state(), {})
    plain = checkpoint.load(tmp_path).generator
    z, kinds = latents(3, 23, recipe.z_dim), draw_labels(3, 23, recipe.classes) if recipe.classes else None
    with torch.no_grad():
        count = recipe.average_statistics
        drawn = generator_average.with_own_statistics(trainer.average, count) if count else trainer.average
        assert torch.allclose(plain(z, kinds), drawn.eval()(z, kinds), atol=1e-5)
    raw = trainer.raw_state()
    assert (raw is not None) == (recipe.ema_images > 0)
    if raw is not None:
        checkpoint.save_weights(tmp_path / checkpoint.RAW_WEIGHTS, raw)
        with torch.no_grad():
            last = checkpoint.load(tmp_path, checkpoint.RAW_WEIGHTS).generator(z, kinds)
            assert torch.allclose(last, trainer.g.eval()(z, kinds), atol=1e-5)
        assert any(not torch.equal(raw[key], value) for key, value in trainer.generator_state().items())
    whole = draw(plain, z, kinds)
    alone = [draw(plain, z[k : k + 1], None if kinds is None else kinds[k : k + 1])[0] for k in range(23)]
    assert np.abs(whole.astype(int) - np.stack(alone)).max() <= 1
    assert np.array_equal(seed_tile(plain, 3), seed_tile(plain, 3))


def test_an_older_state_has_no_encoder_and_only_a_hybrid_keeps_one() -> None:
    older = ["images", "seed", "g", "d", "average", "g_optimizer", "d_optimizer", "scaler", "control", "replay"]
    assert list(Trainer(tiny(), 0, CPU).state()) == older
    assert list(Trainer(tiny(hybrid=0.1), 0, CPU).state()) == [*older, "encoder"]


def test_a_run_of_the_cpu_goes_on_where_gradients_are_scaled() -> None:
    run, resumed = Trainer(small("dcgan"), 5, CPU), Trainer(small("dcgan"), 5, CPU)
    train(run, 1)
    resumed.scaler = torch.amp.GradScaler("cpu", init_scale=4.0, enabled=True)
    resumed.load_state(run.state())
    assert (resumed.images, resumed.scaler.get_scale()) == (4, 4.0)
    other = Trainer(small("dcgan"), 5, CPU)
    other.scaler = torch.amp.GradScaler("cpu", init_scale=8.0, enabled=True)
    other.load_state(resumed.state())
    assert other.scaler.get_scale() == 4.0


def test_other_seeds_give_other_runs() -> None:
    one, other = Trainer(small("dcgan"), 1, CPU), Trainer(small("dcgan"), 2, CPU)
    assert not torch.equal(next(one.g.parameters()), next(other.g.parameters()))


def test_the_average_has_the_half_life_of_its_recipe_and_copies_the_buffers() -> None:
    recipe = replace(small("dcgan"), ema_images=40)
    trainer = Trainer(recipe, 0, CPU)
    trainer.images = 10**6  # long past the warm-up
    with torch.no_grad():
        for weight in trainer.average.parameters():
            weight.zero_()
        for weight in trainer.g.parameters():
            weight.fill_(1.0)
        for buffer in trainer.g.buffers():
            buffer.fill_(3)
    for _ in range(10):  # 10 steps of 4 images: one half-life
        trainer.update_average()
    assert all(torch.allclose(weight, torch.tensor(0.5)) for weight in trainer.average.parameters())
    assert all((buffer == 3).all() for buffer in trainer.average.buffers())


def test_without_an_average_the_weights_themselves_are_drawn() -> None:
    trainer = Trainer(small("course_sample"), 0, CPU)
    train(trainer, 1)
    state = trainer.generator_state()
    assert all(torch.equal(state[name], value) for name, value in trainer.g.state_dict().items())


def test_flips_mirror_some_reals_and_only_where_the_recipe_says_so() -> None:
    recipe = replace(small("dcgan"), batch=64)
    real = reals(recipe, 0)
    torch.manual_seed(0)
    flipped = Trainer(recipe, 0, CPU).reals(real)
    expected = real / 127.5 - 1
    kept = [torch.equal(one, two) for one, two in zip(flipped, expected, strict=True)]
    mirrored = [torch.equal(one, two.flip(2)) for one, two in zip(flipped, expected, strict=True)]
    assert all(a or b for a, b in zip(kept, mirrored, strict=True))
    assert 16 < sum(mirrored) < 48
    assert torch.equal(Trainer(replace(recipe, flip=False), 0, CPU).reals(real), expected)


def test_both_players_see_augmented_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[tuple[str, ...], Tensor, Tensor | None]] = []
    monkeypatch.setattr("training.runs.trainer.augmentation.apply", lambda *inputs: seen.append(inputs) or inputs[1])
    trainer = Trainer(replace(small("dcgan"), augment=("color", "cutout")), 0, CPU)
    train(trainer, 1)
    (names, real, strength), (same, fake, same_strength) = seen
    assert names == same == ("color", "cutout")
    assert strength is same_strength is None
    assert not real.requires_grad
    assert fake.requires_grad  # D and G look at this one tensor: G learns through the same augmentation


def test_under_ada_reals_fakes_and_penalties_are_augmented_with_the_one_strength(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Tensor] = []
    monkeypatch.setattr(
        "training.runs.trainer.augmentation.apply", lambda names, images, strength: seen.append(strength) or images
    )
    trainer = Trainer(tiny(augment=("color",), ada_target=0.6, penalties=(("r1", 1.0),)), 0, CPU)
    train(trainer, 1)
    assert len(seen) == 3
    assert all(strength is trainer.adaptive.strength for strength in seen)


def test_d_takes_its_steps_before_g_takes_one() -> None:
    trainer = Trainer(tiny(d_steps=3), 0, CPU)
    moved = []
    for _ in range(7):
        before = [[w.clone() for w in part.parameters()] for part in (trainer.g, trainer.d)]
        train(trainer, 1)
        parts = zip(before, (trainer.g, trainer.d), strict=True)
        moved.append(
            [any(not torch.equal(*pair) for pair in zip(old, part.parameters(), strict=True)) for old, part in parts]
        )
    assert moved == [[index in (2, 5), True] for index in range(7)]


def test_a_step_without_g_tells_what_the_last_one_with_it_told() -> None:
    told = train(Trainer(tiny(d_steps=3), 0, CPU), 6)
    losses = [round(step.g_loss.item(), 6) for step in told]
    assert losses[:2] == [0.0, 0.0]
    assert losses[2] == losses[3] == losses[4] != losses[5]


def test_a_lazy_penalty_acts_in_some_steps_and_then_the_more(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    trainer = Trainer(tiny(penalties=(("r1", 2.0),), penalty_every=4), 0, CPU)
    penalty = Penalty(
        lambda view: calls.append(trainer.images) or torch.ones(4) + 0.0 * view.real_logits[:, 0], "", True
    )
    monkeypatch.setitem(PENALTIES, "r1", penalty)
    plain = Trainer(tiny(), 0, CPU)
    with_penalty, without = train(trainer, 5), train(plain, 5)
    assert calls == [0, 16]
    assert (with_penalty[0].d_loss - without[0].d_loss).item() == pytest.approx(4 * 2.0)
    assert (with_penalty[1].d_loss - without[1].d_loss).item() == pytest.approx(0.0, abs=1e-6)


def test_a_clip_bounds_all_of_d() -> None:
    trainer = Trainer(tiny(clip=0.003), 0, CPU)
    train(trainer, 2)
    assert all(weight.abs().max() <= 0.003 for weight in trainer.d.head.parameters())
    assert any(weight.abs().max() > 0.003 for weight in trainer.g.parameters())


def test_feature_matching_draws_the_means_of_the_features_together() -> None:
    trainer = Trainer(tiny(feature_matching=2.0, adversarial=0.0), 0, CPU)
    heard: list[DiscriminatorOutput] = []
    trainer.d.head.register_forward_hook(lambda _module, _inputs, judged: heard.append(judged))
    (told,) = train(trainer, 1)
    fake, real = heard[-2].features, heard[-1].features  # after D's step
    assert told.g_loss.item() == pytest.approx(2.0 * (real.mean(0) - fake.mean(0)).abs().mean().item(), rel=1e-5)
    assert fake.requires_grad
    assert not real.requires_grad


def test_a_paired_loss_lets_g_see_the_reals_as_d_sees_them_after_its_step() -> None:
    trainer = Trainer(tiny(loss="relativistic"), 0, CPU)
    heard: list[DiscriminatorOutput] = []
    trainer.d.head.register_forward_hook(lambda _module, _inputs, judged: heard.append(judged))
    (told,) = train(trainer, 1)
    assert len(heard) == 4
    fake, real = heard[2].logits, heard[3].logits
    assert not torch.equal(real, heard[0].logits)
    assert told.g_loss.item() == pytest.approx(softplus(real - fake).mean().item(), rel=1e-5)


def test_flipped_labels_exchange_reals_and_fakes_in_ds_game(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[Tensor, Tensor]] = []
    loss = LOSSES["non_saturating"]
    spy = loss._replace(d=lambda real, fake: heard.append((real.detach(), fake.detach())) or loss.d(real, fake))
    monkeypatch.setitem(LOSSES, "non_saturating", spy)
    steps = []
    for share in (0.0, 0.5):
        train(Trainer(tiny(flip_labels=share, batch=64), 0, CPU), 1)
        steps.append(heard.pop())
    (real, fake), (mixed_real, mixed_fake) = steps
    flipped = mixed_real != real
    assert 16 < flipped.sum() < 48
    assert torch.equal(mixed_real, torch.where(flipped, fake, real))
    assert torch.equal(mixed_fake, torch.where(flipped, real, fake))


def test_reals_and_fakes_share_a_batch_only_where_the_recipe_says_so() -> None:
    counts: list[int] = []
    for separate in (True, False):
        trainer = Trainer(tiny(separate_batches=separate), 0, CPU)
        trainer.d.head.register_forward_hook(lambda _module, inputs, _judged: counts.append(len(inputs[0])))
        train(trainer, 1)
    assert counts == [4, 4, 4, 8, 4]


def test_joined_batches_are_judged_as_separate_ones_where_nothing_couples_them() -> None:
    told = [train(Trainer(tiny(separate_batches=separate), 0, CPU), 2) for separate in (True, False)]
    for one, other in zip(*told, strict=True):
        torch.testing.assert_close(torch.stack(one), torch.stack(other), rtol=1e-4, atol=1e-5)


def test_a_replay_shows_d_old_fakes_and_g_learns_from_new_ones() -> None:
    trainer = Trainer(tiny(replay=0.5), 0, CPU)
    buffer = hook(trainer, Replay).buffer
    with torch.no_grad():
        buffer.images.fill_(255)
        buffer.count.fill_(len(buffer.images))
    heard: list[Tensor] = []
    trainer.d.head.register_forward_hook(lambda _module, inputs, _judged: heard.append(inputs[0]))
    train(trainer, 1)
    _, for_d, for_g = heard
    assert [bool((image > 0.99).all()) for image in for_d] == [True, True, False, False]
    assert for_g.requires_grad
    assert not for_d.requires_grad
    assert not (for_g > 0.99).any()


def test_noise_on_ds_pictures_fades_away() -> None:
    deviations = []
    for images in (0, 50, 100, 1000):
        trainer = Trainer(tiny(d_noise=0.5, d_noise_images=100), 0, CPU)
        trainer.images = images
        seen = trainer.batch(torch.zeros(64, 3, 16, 16), None).seen
        deviations.append(seen.std().item())
    assert deviations == [pytest.approx(0.5, rel=0.02), pytest.approx(0.25, rel=0.02), 0.0, 0.0]


def test_classes_of_the_reals_are_asked_of_the_fakes_and_told_to_d() -> None:
    trainer = Trainer(replace(small("conditional"), condition="classifier"), 0, CPU)
    heard: list[Tensor | None] = []
    trainer.d.head.register_forward_hook(lambda _module, inputs, _judged: heard.append(inputs[1]))
    asked: list[Tensor] = []
    trainer.g.embedding.register_forward_hook(lambda _module, inputs, _output: asked.append(inputs[0]))
    train(trainer, 1)
    expected = labels(trainer.recipe, 0)
    assert expected is not None
    assert all(one is not None and torch.equal(one, expected) for one in [*heard, *asked])
    assert len(heard) == 3


def test_styles_are_mixed_from_a_random_place_on_in_a_share_of_the_fakes() -> None:
    trainer = Trainer(replace(small("stylegan2_light"), style_mixing=0.5, batch=200), 0, CPU)
    given: list[Tensor] = []
    original = trainer.g.synthesize
    trainer.g.synthesize = lambda w: given.append(w.detach()) or original(w)
    train(trainer, 1)
    ((first, *_),) = [given]
    same = (first == first[:, :1]).all(dim=2)
    assert same[:, 0].all()
    assert 70 < same.all(dim=1).sum() < 130
    assert (same.int().diff(dim=1) <= 0).all()  # once another style has begun it goes on to the end


def test_unrolling_lets_g_see_a_later_d_and_leaves_d_as_it_is() -> None:
    plain, ahead = (Trainer(tiny(unrolled=steps, init="torch", d_lr=0.02), 0, CPU) for steps in (0, 3))
    (one,), (other,) = train(plain, 1), train(ahead, 1)
    assert one.d_loss == other.d_loss
    assert other.g_loss > one.g_loss  # a D that has learned three steps more
    assert all(torch.equal(*pair) for pair in zip(plain.d.parameters(), ahead.d.parameters(), strict=True))


def test_the_measures_tell_logits_gradients_and_the_spread_of_the_fakes() -> None:
    trainer = Trainer(tiny(), 0, CPU)
    heard: list[DiscriminatorOutput] = []
    trainer.d.head.register_forward_hook(lambda _module, _inputs, judged: heard.append(judged))
    with torch.no_grad():
        for weight in trainer.g.to_rgb.parameters():
            weight.zero_()
    (told,) = train(trainer, 1)
    assert told.real.item() == pytest.approx(heard[0].logits.mean().item())
    assert told.fake.item() == pytest.approx(heard[1].logits.mean().item())
    slopes = [weight.grad for weight in trainer.g.parameters() if weight.grad is not None]
    assert told.g_gradient.item() == pytest.approx(torch.cat([one.flatten() for one in slopes]).norm().item(), rel=1e-4)
    assert told.spread == 0.0
    assert all(torch.isfinite(value) for value in told)


def heard_by(trainer: Trainer) -> tuple[list[DiscriminatorOutput], list[Tensor], list[tuple[Tensor, Tensor]]]:
    """Return lists that fill with what D's head says and sees, and with what the encoder says."""
    judged: list[DiscriminatorOutput] = []
    seen: list[Tensor] = []
    told: list[tuple[Tensor, Tensor]] = []
    trainer.d.head.register_forward_hook(
        lambda _module, inputs, output: judged.append(output) or seen.append(inputs[0])
    )
    hook(trainer, VaeEncoder).encoder.register_forward_hook(lambda _module, _inputs, output: told.append(output))
    return judged, seen, told


def test_a_hybrids_loss_is_the_game_and_how_like_the_reals_are_and_how_near_the_prior() -> None:
    trainer = Trainer(tiny(hybrid=0.25), 0, CPU)
    judged, _, encoded = heard_by(trainer)
    (told,) = train(trainer, 1)
    assert len(judged) == 5  # reals and fakes for D, fakes for G, reals and the same painted again
    ((mean, log_variance),) = encoded
    divergence = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1.0).sum() / 4
    similarity = 0.5 * ((judged[3].features - judged[4].features) ** 2).sum() / 4
    game = softplus(-judged[2].logits).mean()
    assert told.g_loss.item() == pytest.approx((game + 0.25 * (divergence + similarity)).item(), rel=1e-5)
    assert judged[4].features.requires_grad
    assert not judged[3].features.requires_grad


def test_a_hybrid_paints_the_reals_again_and_d_compares_them_without_augmentation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[Tensor] = []
    monkeypatch.setattr(
        "training.runs.trainer.augmentation.apply", lambda _names, images, _s: calls.append(images) or 0.5 * images
    )
    trainer = Trainer(replace(small("conditional"), hybrid=0.1, d_noise=0.3), 0, CPU)
    _, seen, encoded = heard_by(trainer)
    drawn: list[tuple[Tensor, Tensor]] = []
    original = trainer.g.map
    trainer.g.map = lambda z, kinds, psi=1.0: drawn.append((z, kinds)) or original(z, kinds, psi)
    looked: list[Tensor] = []
    hook(trainer, VaeEncoder).encoder.register_forward_pre_hook(lambda _module, inputs: looked.append(inputs[0]))
    train(trainer, 1)
    assert len(calls) == 2
    (real,) = looked
    assert torch.equal(real.abs(), seen[3].abs())
    assert real.max() > 0.9  # neither augmented nor noised
    (_, kinds), (z, same_kinds) = drawn
    assert torch.equal(kinds, same_kinds)  # of the reals
    ((mean, log_variance),) = encoded
    chance = ((z - mean) / torch.exp(0.5 * log_variance)).flatten()
    assert chance.abs().max() < 5
    assert chance.std() > 0.5
    assert not torch.equal(seen[4], seen[2])


@pytest.mark.parametrize("name", ["dcgan", "fastgan", "stylegan2_light", "sagan"])
def test_what_g_keeps_for_drawing_is_of_the_latents_of_the_prior_alone(name: str) -> None:
    plain, hybrid = (Trainer(replace(small(name), hybrid=weight), 0, CPU) for weight in (0.0, 0.1))
    for run in (plain, hybrid):
        train(run, 1)
    kept = dict(plain.g.named_buffers())
    assert len(kept) > 3
    assert all(torch.equal(kept[buffer], value) for buffer, value in hybrid.g.named_buffers())
    weights = dict(plain.g.named_parameters())
    assert any(not torch.equal(weights[weight], value) for weight, value in hybrid.g.named_parameters())


def test_a_hybrid_leaves_the_first_step_of_d_as_it_is_and_trains_its_encoder_as_g() -> None:
    plain, hybrid = (Trainer(tiny(hybrid=weight), 0, CPU) for weight in (0.0, 0.1))
    encoder = hook(hybrid, VaeEncoder).encoder
    before = [weight.clone() for weight in encoder.parameters()]
    for run in (plain, hybrid):
        train(run, 1)
    assert all(torch.equal(*pair) for pair in zip(plain.d.parameters(), hybrid.d.parameters(), strict=True))
    assert all(not torch.equal(*pair) for pair in zip(before, encoder.parameters(), strict=True))
    assert hybrid.g_optimizer.param_groups[0]["params"][-len(before) :] == list(
        hook(hybrid, VaeEncoder).encoder.parameters()
    )


def test_the_published_generator_has_no_trace_of_an_encoder() -> None:
    plain, hybrid = Trainer(tiny(), 0, CPU), Trainer(tiny(hybrid=0.1), 0, CPU)
    train(hybrid, 1)
    assert list(plain.generator_state()) == list(hybrid.generator_state())
    assert list(plain.raw_state() or {}) == list(hybrid.raw_state() or {}) == list(plain.generator_state())
    assert plain.recipe.generator_config() == hybrid.recipe.generator_config()


def test_a_hybrid_learns_to_paint_the_reals_again() -> None:
    switches = {"hybrid": 1.0, "adversarial": 0.0, "d_norm": "batch", "flip": False, "g_lr": 1e-2, "d_lr": 1e-8}
    trainer = Trainer(replace(tiny(**switches), z_dim=16, g_width=4, d_width=8), 0, CPU)
    judged, _, _ = heard_by(trainer)
    real = reals(trainer.recipe, 0)
    for _ in range(60):
        trainer.step(real)
    similarity = [(judged[at].features - judged[at + 1].features).square().mean().item() for at in (3, -2)]
    assert similarity[1] < 0.4 * similarity[0]


def test_d_sees_what_a_linear_output_paints_as_it_is() -> None:
    trainer = Trainer(tiny(g_output="linear"), 0, CPU)
    with torch.no_grad():
        for weight in trainer.g.to_rgb.parameters():
            weight.mul_(100.0)
    seen: list[Tensor] = []
    trainer.d.head.register_forward_hook(lambda _module, inputs, _judged: seen.append(inputs[0]))
    train(trainer, 1)
    assert seen[1].abs().max() > 1.5


def test_each_step_and_each_seed_has_random_numbers_of_its_own() -> None:
    drawn: list[Tensor] = []
    for seed in (1, 2, 1):
        trainer = Trainer(tiny(), seed, CPU)
        original = trainer.g.map
        trainer.g.map = lambda z, kinds, original=original: drawn.append(z.clone()) or original(z, kinds)
        train(trainer, 2)
    assert len({tuple(z.flatten().tolist()) for z in drawn}) == 4
    assert torch.equal(torch.stack(drawn[:2]), torch.stack(drawn[4:]))


def test_began_weighs_the_fakes_of_ds_loss_by_its_balance() -> None:
    trainer = Trainer(small("began"), 0, CPU)
    trainer.adaptive.balance.fill_(0.25)
    heard: list[DiscriminatorOutput] = []
    trainer.d.head.register_forward_hook(lambda _module, _inputs, judged: heard.append(judged))
    (told,) = train(trainer, 1)
    expected = 0.25 * heard[1].logits.mean() - heard[0].logits.mean()
    assert told.d_loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_sliced_layers_direction_is_drawn_from_the_fakes_to_the_reals() -> None:
    trainer = Trainer(tiny(sliced=True, loss="hinge"), 0, CPU)
    heard: list[DiscriminatorOutput] = []
    trainer.d.head.register_forward_hook(lambda _module, _inputs, judged: heard.append(judged))
    train(trainer, 1)
    slope = trainer.d.head.last.weight.grad.flatten()
    step = heard[0].features.detach().mean(dim=0) - heard[1].features.detach().mean(dim=0)
    assert torch.cosine_similarity(slope, step, dim=0) < -0.5  # downhill is towards the reals


def test_a_classifier_trains_g_to_be_told_apart() -> None:
    recipe = replace(small("conditional"), condition="classifier", adversarial=1e-6, class_weight=2.0)
    trainer = Trainer(recipe, 0, CPU)
    heard: list[DiscriminatorOutput] = []
    trainer.d.head.register_forward_hook(lambda _module, _inputs, judged: heard.append(judged))
    (told,) = train(trainer, 1)
    scores, kinds = heard[2].classes, labels(recipe, 0)
    assert scores is not None
    assert told.g_loss.item() == pytest.approx(2.0 * cross_entropy(scores, kinds).item(), rel=1e-4)


def test_a_penalty_sees_the_running_means_of_reals_and_of_fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[View] = []
    trainer = Trainer(tiny(penalties=(("lecam", 1.0),)), 0, CPU)
    trainer.adaptive.real_mean.fill_(3.0)
    trainer.adaptive.fake_mean.fill_(-2.0)
    monkeypatch.setitem(PENALTIES, "lecam", Penalty(lambda view: seen.append(view) or view.real_logits[:, 0], ""))
    train(trainer, 1)
    (view,) = seen
    assert view.real.shape == view.fake.shape == (4, 3, 16, 16)
    assert not torch.equal(view.real, view.fake)
    assert trainer.adaptive.real_mean.item() == pytest.approx(
        3.0 * 0.99 + 0.01 * view.real_logits.mean().item(), abs=1e-4
    )
    assert trainer.adaptive.fake_mean.item() == pytest.approx(
        -2.0 * 0.99 + 0.01 * view.fake_logits.mean().item(), abs=1e-4
    )
    assert view.real_mean is trainer.adaptive.real_mean
    assert view.fake_mean is trainer.adaptive.fake_mean


# recipes as their papers have them


def test_d_is_told_the_step_by_which_each_picture_was_noised() -> None:
    trainer = Trainer(replace(small("diffusion_gan"), batch=32, ada_target=0.0), 0, CPU)
    heard: list[tuple[Tensor, Tensor]] = []
    trainer.d.head.register_forward_hook(lambda _module, inputs, _output: heard.append((inputs[0].detach(), inputs[2])))
    real = reals(trainer.recipe, 0)
    trainer.recipe = replace(trainer.recipe, flip=False)
    trainer.step(real)
    (seen, steps), (_, of_fakes), (_, of_fakes_again) = heard
    assert torch.equal(of_fakes, of_fakes_again)
    assert not torch.equal(steps, of_fakes)
    clean = (seen == real / 127.5 - 1).flatten(1).all(dim=1)
    assert torch.equal(clean, steps == 0)
    assert 0 < clean.sum() < 32
    assert steps.max() > 100


def test_a_penalty_of_d_that_is_told_steps_judges_with_new_ones() -> None:
    trainer = Trainer(replace(small("diffusion_gan"), d_norm="none", penalties=(("r1", 1.0),), batch=32), 0, CPU)
    trainer.adaptive.strength.fill_(1.0)
    heard: list[Tensor] = []
    trainer.d.head.register_forward_hook(lambda _module, inputs, _output: heard.append(inputs[2]))
    train(trainer, 1)
    assert len(heard) == 4
    assert not torch.equal(heard[0], heard[2])


def test_the_mapping_network_learns_at_a_hundredth_of_the_rate() -> None:
    trainer = Trainer(small("stylegan2_light"), 0, CPU)
    mapping = {id(weight) for weight in trainer.g.mapping.parameters()}
    before = {weight: weight.detach().clone() for weight in trainer.g.parameters()}
    train(trainer, 1)
    moved = {weight: (weight.detach() - old).abs().max().item() for weight, old in before.items()}
    slow = [length for weight, length in moved.items() if id(weight) in mapping]
    fast = [length for weight, length in moved.items() if id(weight) not in mapping]
    assert len(slow) == 4
    assert max(slow) == pytest.approx(0.01 * trainer.recipe.g_lr, rel=0.05)  # Adam's first step is as long as its rate
    assert max(fast) == pytest.approx(trainer.recipe.g_lr, rel=0.05)


def test_a_lazy_penalty_has_a_step_of_its_own_and_the_optimizer_is_scaled_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[int] = []
    penalty = Penalty(
        lambda view: calls.append(trainer.images) or trainer.d.head.last.weight.square().sum().expand(4), "", True
    )
    monkeypatch.setitem(PENALTIES, "r1", penalty)
    trainer = Trainer(tiny(penalties=(("r1", 2.0),), penalty_every=4, lazy_step=True), 0, CPU)
    plain = Trainer(tiny(), 0, CPU)
    told, without = train(trainer, 5), train(plain, 5)
    assert calls == [0, 16]
    assert told[0].d_loss.item() == without[0].d_loss.item()  # the game's own step comes first
    (group,) = trainer.d_optimizer.param_groups
    assert group["lr"] == pytest.approx(0.8 * trainer.recipe.d_lr)
    assert group["betas"] == pytest.approx((0.5**0.8, 0.999**0.8))
    state = trainer.d_optimizer.state
    assert int(state[trainer.d.head.last.weight]["step"]) == 5 + 2
    assert int(plain.d_optimizer.state[plain.d.head.last.weight]["step"]) == 5


def test_a_lazy_step_judges_with_the_weights_after_ds_own_step() -> None:
    trainer = Trainer(replace(small("stylegan2_light"), d_lr=0.1, augment=()), 0, CPU)
    heard: list[Tensor] = []
    trainer.d.head.register_forward_hook(lambda _module, _inputs, output: heard.append(output.logits.detach()))
    train(trainer, 1)
    assert len(heard) == 4  # reals and fakes, reals for R1, fakes for G
    assert not torch.allclose(heard[0], heard[2], rtol=1e-3)


def test_reconstructions_of_the_reals_are_fakes_for_d_and_for_g_and_the_encoder_has_no_part_in_it() -> None:
    trainer = Trainer(tiny(hybrid=0.25, judge_reconstructions=True), 0, CPU)
    judged, seen, _ = heard_by(trainer)
    (told,) = train(trainer, 1)
    real, fake, reconstructed = (output.logits for output in judged[:3])
    expected = softplus(-real) + softplus(fake) + softplus(-real) + softplus(reconstructed)
    assert told.d_loss.item() == pytest.approx(expected.mean().item(), rel=1e-5)
    assert torch.equal(seen[2], seen[-1])  # the reconstructions, in the step of D and in that of G
    assert not torch.equal(seen[2], seen[1])
    game = softplus(-judged[3].logits).mean() + softplus(-judged[-1].logits).mean()
    assert told.g_loss.item() > game.item()
    batch = hook(trainer, JudgedReconstructions).reconstructions
    with torch.enable_grad():
        images = hook(trainer, VaeEncoder).reconstructed_of_held_latents(
            trainer.batch(trainer.reals(reals(trainer.recipe, 0)), None)
        )
    weights = list(hook(trainer, VaeEncoder).encoder.parameters())
    assert torch.autograd.grad(images.sum(), weights, allow_unused=True) == (None,) * len(weights)
    assert batch.images.shape == (4, 3, 16, 16)


def test_judged_reconstructions_count_the_reals_once() -> None:
    trainer = Trainer(tiny(hybrid=0.25, judge_reconstructions=True), 0, CPU)
    weight = torch.zeros(4, 1, requires_grad=True)
    output = DiscriminatorOutput(weight, weight)
    batch = trainer.batch(trainer.reals(reals(trainer.recipe, 0)), None)
    hook(trainer, JudgedReconstructions).after_generation(batch, batch.images)
    loss = trainer.d_loss(trainer.d.head, Outputs(output, output.each(Tensor.detach), None))
    loss.backward()
    torch.testing.assert_close(weight.grad, torch.full((4, 1), -0.5 / 4))  # once the derivative of softplus(-x) at 0


@pytest.mark.parametrize("augmented", [False, True])
def test_fastgan_reconstructs_what_d_really_saw(augmented: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.runs.trainer.augmentation.apply", lambda _names, images, _strength: 0.5 * images)
    trainer = Trainer(replace(small("fastgan"), reconstruct_augmented=augmented, flip=False), 0, CPU)
    asked: list[Tensor] = []
    original = trainer.d.head.reconstruction
    trainer.d.head.reconstruction = lambda images: asked.append(images) or original(images)
    real = reals(trainer.recipe, 0)
    trainer.step(real)
    (found,) = asked
    torch.testing.assert_close(found, (real / 127.5 - 1) * (0.5 if augmented else 1.0))


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16, torch.float16])
def test_unrolling_looks_ahead_through_a_frozen_backbone_in_every_precision(precision: torch.dtype) -> None:
    recipe = replace(small("projected"), d_wrap="none", d_norm="none", unrolled=2)
    told = train(Trainer(recipe, 0, CPU, precision), 12)
    assert torch.isfinite(torch.stack(told[-1])).all()
    assert told[-1].skipped == 0.0
    assert told[-1].g_gradient > 0.0
