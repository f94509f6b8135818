from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from training.recipes.compatibility import CONTRADICTIONS, DOUBTS
from training.recipes.overrides import find_recipe
from training.recipes.presets import COURSE_SAMPLE, RECIPES
from training.recipes.recipe import CORRECTIONS, DEFAULTS


def test_the_course_sample_has_the_course_numbers() -> None:
    recipe = COURSE_SAMPLE
    assert (recipe.z_dim, recipe.g_width, recipe.d_width, recipe.resolution, recipe.batch) == (32, 32, 32, 128, 25)
    assert (recipe.g_lr, recipe.d_lr, recipe.beta1, recipe.beta2) == (2e-4, 2e-4, 0.5, 0.999)
    assert (recipe.d_norm, recipe.init, recipe.loss) == ("none", "torch", "non_saturating")
    assert (recipe.augment, recipe.flip, recipe.ema_images) == ((), False, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("generator", "corse"),
        ("discriminator", "corse"),
        ("loss", "hinged"),
        ("d_norm", "bach"),
        ("g_wrap", "spectrall"),
        ("d_wrap", "spectrall"),
        ("init", "xavierr"),
        ("augment", ("colour",)),
        ("batch", 0),
        ("batch", True),
        ("g_lr", 0.0),
        ("d_lr", float("nan")),
        ("beta1", 1.0),
        ("beta2", -0.1),
        ("ema_images", -1),
        ("d_width", 0),
        ("z_dim", 0),
        ("resolution", 100),
        ("condition", "acgan"),
        ("d_statistic", "stddev"),
        ("d_optimizer", "adamw"),
        ("g_norm", "bach"),
        ("penalties", (("r3", 1.0),)),
        ("penalties", (("r1", -1.0),)),
        ("d_steps", 0),
        ("replay", 1.0),
        ("ada_target", 1.0),
        ("g_dropout", 0.95),
        ("batch", 4.0),
        ("d_steps", 1.5),
        ("flip", "no"),
        ("summary", 3),
        ("loss", ["hinge"]),
        ("g_lr", "fast"),
        ("augment", "color"),
        ("penalties", (("r1", "10"),)),
        ("penalties", (("r1", True),)),
        ("penalties", (("r1",),)),
        ("g_output", "sigmoid"),
        ("latent", "gauss"),
        ("hybrid", -0.1),
        ("hybrid", True),
    ],
)
def test_a_misspelt_or_impossible_field_is_refused_with_its_value(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"is not") as refused:
        replace(COURSE_SAMPLE, **{field: value})  # type: ignore[arg-type]
    shown = {repr(part) for part in flat(value)} | {repr(value)}
    assert any(part in str(refused.value) for part in shown)
    assert len(str(refused.value)) < 400


def flat(value: object) -> list[object]:
    """List the values within nested tuples."""
    return [one for part in value for one in flat(part)] if isinstance(value, tuple) else [value]


def test_a_projected_discriminator_refuses_small_pictures() -> None:
    with pytest.raises(ValueError, match="64 or more"):
        replace(RECIPES["projected"], resolution=32)


def test_only_the_projected_recipe_declares_a_pretrained_network() -> None:
    assert {name for name, recipe in RECIPES.items() if recipe.pretrained} == {"best", "projected"}
    assert "ImageNet" in str(RECIPES["projected"].pretrained)


def test_a_recipe_is_found_by_its_name_and_a_misspelt_one_is_told_the_names() -> None:
    assert find_recipe("dcgan") is RECIPES["dcgan"]
    with pytest.raises(ValueError, match=r"'dcgun' is not one of: best, course_sample, dcgan, .*projected"):
        find_recipe("dcgun")


def test_the_differences_to_a_recorded_recipe_are_named() -> None:
    recorded = COURSE_SAMPLE.to_dict()
    assert COURSE_SAMPLE.differences({**recorded, "summary": "other words"}) == []
    assert COURSE_SAMPLE.differences({**recorded, "batch": 7}) == ["batch 7 -> 25"]
    older = {name: value for name, value in recorded.items() if name not in LATER}
    assert COURSE_SAMPLE.differences(older) == []  # fields that came later stand at their defaults
    assert replace(COURSE_SAMPLE, clip=0.5).differences(older) == ["clip 0.0 -> 0.5"]
    assert replace(COURSE_SAMPLE, latent="uniform").differences(older) == ["latent 'normal' -> 'uniform'"]
    assert replace(COURSE_SAMPLE, hybrid=0.5).differences(older) == ["hybrid 0.0 -> 0.5"]


CORRECTED = {
    "best": ["spectral=2.0 (0.0 there)"],
    "diffusion_gan": ["d_timestep=true (false there)"],
    "stylegan2_light": ["mapping_lr=0.01 (1.0 there)", "lazy_step=true (false there)"],
    "fastgan": ["reconstruct_augmented=true (false there)"],
    "vae_gan": ["judge_reconstructions=true (false there)"],
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_run_of_before_a_recipe_was_brought_to_its_paper_is_no_other_run(name: str) -> None:
    recipe = RECIPES[name]
    older = {field: value for field, value in recipe.to_dict().items() if field not in CORRECTIONS}
    assert recipe.differences(older) == []
    assert recipe.corrections_since(older) == CORRECTED.get(name, [])
    assert recipe.as_begun(older) == replace(recipe, **{field: DEFAULTS[field] for field in CORRECTIONS})
    assert recipe.as_begun(recipe.to_dict()) == recipe
    assert recipe.corrections_since(recipe.to_dict()) == []


def test_a_run_that_knew_the_corrections_and_did_without_is_another_run() -> None:
    recipe = RECIPES["fastgan"]
    recorded = {**recipe.to_dict(), "reconstruct_augmented": False}
    assert recipe.differences(recorded) == ["reconstruct_augmented False -> True"]


def test_a_penalty_is_in_the_step_of_d_or_in_one_of_its_own() -> None:
    recipe = replace(COURSE_SAMPLE, penalties=(("r1", 1.0), ("drift", 0.1)), penalty_every=4)
    assert (recipe.step_penalties, recipe.lazy_penalties) == (recipe.penalties, ())
    lazy = replace(recipe, lazy_step=True)
    assert (lazy.step_penalties, lazy.lazy_penalties) == ((("drift", 0.1),), (("r1", 1.0),))


def test_the_switches_of_a_generator_reach_its_config() -> None:
    config = replace(COURSE_SAMPLE, g_output="linear", latent="uniform").generator_config()
    assert (config.output, config.latent) == ("linear", "uniform")
    assert COURSE_SAMPLE.generator_config().to_dict() == {
        "network": "course",
        "z_dim": 32,
        "resolution": 128,
        "width": 32,
    }


LATER = ("sliced", "penalties", "g_output", "latent", "hybrid")  # fields that the first programs did not write
BROKEN = [
    ({"d_norm": "batch", "penalties": (("gradient", 10.0),)}, "depend on the whole batch"),
    ({"d_norm": "batch", "penalties": (("r1", 1.0),)}, "choose d_norm 'layer' or 'none'"),
    ({"loss": "hinge", "penalties": (("real_smoothing", 0.1),)}, "belong to a cross-entropy"),
    ({"loss": "least_squares", "flip_labels": 0.05}, "belong to a cross-entropy"),
    ({"loss": "wasserstein"}, "needs a bound on D's gradient"),
    ({"loss": "began"}, "belong together"),
    ({"discriminator": "autoencoder"}, "belong together"),
    ({"discriminator": "autoencoder", "loss": "began", "d_statistic": "minibatch_stddev"}, "no last layer"),
    ({"discriminator": "projected", "classes": 3, "condition": "classifier"}, "no classifier"),
    ({"penalties": (("reconstruction", 1.0),)}, "needs the discriminator 'fastgan'"),
    ({"condition": "projection"}, "needs classes"),
    ({"mapping_lr": 0.01}, "needs a generator with a mapping network"),
    ({"d_timestep": True}, "needs 'diffusion' once in augment"),
    ({"d_timestep": True, "augment": ("diffusion", "diffusion")}, "needs 'diffusion' once in augment"),
    ({"lazy_step": True, "penalty_every": 4}, "lazy_step is for gradient penalties"),
    ({"lazy_step": True, "penalties": (("r1", 1.0),)}, "lazy_step is for gradient penalties"),
    ({"reconstruct_augmented": True}, "reconstruct_augmented needs the penalty"),
    ({"judge_reconstructions": True}, "judge_reconstructions needs an encoder"),
    ({"judge_reconstructions": True, "hybrid": 0.1, "unrolled": 1}, "judge_reconstructions needs an encoder"),
    ({"ada_target": 0.6, "augment": ()}, "augment is empty"),
    ({"ada_target": 0.6, "loss": "relativistic"}, "r_t counts reals above 0"),
    ({"adversarial": 0.0}, "G learns nothing"),
    ({"separate_batches": False, "d_statistic": "minibatch_stddev"}, "would mix reals and fakes"),
    ({"replay": 0.5, "classes": 3, "condition": "projection"}, "without their labels"),
    ({"loss": "wasserstein", "penalties": (("drift", 1.0),)}, "needs a bound on D's gradient"),
    ({"discriminator": "autoencoder", "loss": "began", "d_norm": "batch"}, "has no norm and no last layer"),
    ({"unrolled": 3, "d_wrap": "spectral"}, "imitates Adam on plain weights"),
    ({"unrolled": 3, "penalties": (("r1", 1.0),)}, "looks ahead on D's game alone"),
    ({"unrolled": 3, "clip": 0.01}, "looks ahead on D's game alone"),
    ({"generator": "resnet", "attention": 32}, "attention is for both networks"),
    ({"generator": "resnet", "discriminator": "resnet", "attention": 128}, "a side below the picture's own"),
    ({"penalties": (("lecam", 0.1), ("lecam", 0.2))}, "stands twice"),
    ({"penalties": (("real_smoothing", 0.5),)}, "turns the label over"),
    ({"clip": 0.01, "d_wrap": "spectral"}, "choose one of the two"),
    ({"style_mixing": 0.9}, "needs a generator with styles"),
]
DOUBTFUL = [
    ({"d_norm": "batch", "d_statistic": "minibatch_discrimination"}, "already couples"),
    ({"d_norm": "batch", "d_wrap": "spectral"}, "undoes the bound"),
    ({"beta1": 0.9, "d_wrap": "spectral"}, "little momentum"),
    ({"beta1": 0.6, "penalties": (("r1", 1.0),)}, "little momentum"),
    ({"d_lr": 4e-4, "d_steps": 2}, "both favour D"),
    ({"loss": "wasserstein", "d_wrap": "spectral"}, "add the penalty 'gradient'"),
    ({"classes": 3}, "D does not look at them"),
    ({"discriminator": "fastgan"}, "only trained by the penalty"),
    ({"penalties": (("fake_smoothing", 0.1),)}, "contradict one-sided smoothing"),
    ({"g_wrap": "equalized"}, "made for the init 'he'"),
    ({"separate_batches": False, "d_norm": "batch"}, "lets D see the mixture"),
    ({"g_dropout": 0.5}, "as it was not trained"),
    ({"batch": 4}, "fewer than 8 images"),
    ({"sliced": True}, "made for the loss 'hinge'"),
    ({"beta1": 0.6, "g_wrap": "spectral"}, "little momentum"),
    ({"hybrid": 0.1, "adversarial": 0.0}, "a VAE whose pictures of seeds nobody judges"),
    ({"hybrid": 0.1, "d_wrap": "spectral"}, "bring to another scale"),
    ({"hybrid": 0.1, "clip": 0.01}, "bring to another scale"),
]
SOUND = replace(COURSE_SAMPLE, augment=("color",))


def test_a_sound_recipe_has_neither_contradictions_nor_doubts() -> None:
    assert SOUND.doubts == []


@pytest.mark.parametrize(("changes", "reason"), BROKEN)
def test_a_contradiction_is_refused_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        replace(SOUND, **changes)


@pytest.mark.parametrize(("changes", "reason"), DOUBTFUL)
def test_a_doubtful_recipe_is_made_and_tells_its_doubt(changes: dict[str, Any], reason: str) -> None:
    (doubt,) = replace(SOUND, **changes).doubts
    assert reason in doubt


def test_every_rule_has_an_example() -> None:
    told = {rule.reason for rule in CONTRADICTIONS for _, part in BROKEN if part in rule.reason}
    assert told | {rule.reason for rule in CONTRADICTIONS if "64 or more" in rule.reason} == {
        rule.reason for rule in CONTRADICTIONS
    }
    assert {rule.reason for rule in DOUBTS for _, part in DOUBTFUL if part in rule.reason} == {
        rule.reason for rule in DOUBTS
    }


def test_a_named_recipe_changes_what_its_summary_says_and_no_two_are_the_same() -> None:
    assert len({recipe.summary for recipe in RECIPES.values()}) == len(RECIPES)
    without = [{**recipe.to_dict(), "summary": ""} for recipe in RECIPES.values()]
    assert all(one not in without[index + 1 :] for index, one in enumerate(without))


def test_a_recipe_survives_the_way_through_json() -> None:
    for recipe in RECIPES.values():
        assert recipe.differences(json.loads(json.dumps(recipe.to_dict()))) == []
