from __future__ import annotations

from dataclasses import replace

import pytest

from training.configure import find_recipe
from training.recipes import COURSE_SAMPLE, RECIPES


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
        ("init", "xavier"),
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
    ],
)
def test_a_misspelt_or_impossible_field_is_refused_with_its_value(field: str, value: object) -> None:
    shown = value[0] if isinstance(value, tuple) else value
    with pytest.raises(ValueError, match=r"is not") as refused:
        replace(COURSE_SAMPLE, **{field: value})  # type: ignore[arg-type]
    assert repr(shown) in str(refused.value)


def test_a_projected_discriminator_refuses_small_pictures() -> None:
    with pytest.raises(ValueError, match="64 or more, not 32"):
        replace(RECIPES["projected"], resolution=32)


def test_only_the_projected_recipe_declares_a_pretrained_network() -> None:
    assert {name for name, recipe in RECIPES.items() if recipe.pretrained} == {"projected"}
    assert "ImageNet" in str(RECIPES["projected"].pretrained)


def test_a_recipe_is_found_by_its_name_and_a_misspelt_one_is_told_the_names() -> None:
    assert find_recipe("dcgan") is RECIPES["dcgan"]
    with pytest.raises(ValueError, match=r"'dcgun' is not one of: course_sample, dcgan, projected"):
        find_recipe("dcgun")


def test_the_differences_to_a_recorded_recipe_are_named() -> None:
    recorded = COURSE_SAMPLE.to_dict()
    assert COURSE_SAMPLE.differences({**recorded, "summary": "other words"}) == []
    assert COURSE_SAMPLE.differences({**recorded, "batch": 7}) == ["batch 7 -> 25"]
