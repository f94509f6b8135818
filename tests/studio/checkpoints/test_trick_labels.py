"""Chips: the terms by which people know a trick, from passports of any shape."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from studio.checkpoints.trick_labels import PLAIN, tricks
from training.recipes.presets import RECIPES
from training.recipes.recipe import DEFAULTS, Recipe


def of(name: str) -> list[str]:
    recipe = RECIPES[name]
    return tricks({"recipe": recipe.to_dict(), "pretrained": recipe.pretrained})


def test_what_counts_as_plain_is_what_a_recipe_has_by_default() -> None:
    assert PLAIN.keys() <= {field.name for field in fields(Recipe)}
    assert {name: value for name, value in PLAIN.items() if name in DEFAULTS} == {
        name: DEFAULTS[name] for name in PLAIN if name in DEFAULTS
    }
    assert [name for name in PLAIN if name not in DEFAULTS] == ["generator", "discriminator"]


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("course_sample", []),
        ("dcgan", ["DiffAugment", "EMA", "batch norm in D"]),
        ("ttur", ["DiffAugment", "EMA", "TTUR", "batch norm in D"]),
        ("sagan", ["hinge loss", "spectral norm", "self-attention", "DiffAugment", "residual G", "EMA", "TTUR"]),
        (
            "wgan_gp",
            ["Wasserstein loss", "gradient penalty", "DiffAugment", "EMA", "5 D steps", "layer norm in D"],
        ),
    ],
)
def test_a_recipe_is_known_by_its_tricks(name: str, terms: list[str]) -> None:
    assert of(name) == terms


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("feature_matching", "feature matching"),
        ("minibatch_discrimination", "minibatch discrimination"),
        ("wgan", "weight clipping"),
        ("lsgan", "least squares (LSGAN)"),
        ("weight_norm", "weight norm"),
        ("spectral_norm", "spectral norm in D"),
        ("began", "BEGAN"),
        ("unrolled", "unrolled"),
        ("pggan_parts", "equalized learning rate"),
        ("biggan_parts", "class projection"),
        ("stylegan2_light", "lazy regularization"),
        ("ganhacks", "label smoothing"),
        ("vae_gan", "VAE/GAN"),
        ("ada", "ADA"),
        ("lecam", "LeCam"),
        ("r3gan", "relativistic loss"),
        ("fastgan", "self-supervised D"),
        ("diffusion_gan", "Diffusion-GAN"),
        ("san", "SAN"),
        ("conditional", "conditional"),
        ("projected", "pretrained: EfficientNet-Lite0"),
        ("best", "projected D, patches"),
    ],
)
def test_the_trick_for_which_a_recipe_is_named_is_among_its_first_eight(name: str, term: str) -> None:
    assert term in of(name)[:8]


@pytest.mark.parametrize(
    ("field", "value", "term"),
    [
        ("latent", "uniform", "uniform z"),
        ("latent", "sphere", "z on a sphere"),
        ("g_output", "linear", "linear output"),
    ],
)
def test_a_switch_that_no_named_recipe_has_on_is_a_trick_too(field: str, value: str, term: str) -> None:
    plain = RECIPES["course_sample"].to_dict()
    assert tricks({"recipe": {**plain, field: value}}) == [term]


def test_every_recipe_but_the_baseline_has_a_chip_of_its_own() -> None:
    assert [name for name in RECIPES if not of(name)] == ["course_sample"]


@pytest.mark.parametrize(
    "about",
    [
        {},
        {"recipe": "text"},
        {"recipe": None},
        {"recipe": {}},
        {"recipe": {name: {"a": []} for name in PLAIN}},
        {"recipe": dict.fromkeys(PLAIN), "pretrained": []},
        {"recipe": {"loss": ["hinge"], "penalties": [1, [], [{}], ["r9", 1]], "attention": "32", "sliced": 1}},
        {"recipe": {"attention": float("nan"), "d_steps": True, "augment": "color", "g_lr": "fast"}},
    ],
)
def test_a_passport_of_another_shape_has_no_tricks(about: dict[str, Any]) -> None:
    assert tricks(about) == []


def test_a_name_in_a_passport_is_cut() -> None:
    (term,) = tricks({"recipe": {}, "pretrained": "x" * 10_000})
    assert len(term) < 60


def test_however_much_a_passport_holds_the_chips_are_few() -> None:
    recipe = {"penalties": [["r1", 1.0]] * 5000, "augment": ["color", *map(str, range(5000))]}
    assert tricks({"recipe": recipe}) == ["R1", "augmentation"]
