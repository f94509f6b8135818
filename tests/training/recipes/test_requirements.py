from __future__ import annotations

import sys

import pytest

from training.core.imagenet_features import MissingPackageError
from training.recipes.presets import RECIPES
from training.recipes.requirements import check_requirements


def test_what_this_installation_has_is_no_error() -> None:
    for recipe in RECIPES.values():
        check_requirements(recipe)


def test_only_recipes_that_look_through_a_network_need_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    check_requirements(RECIPES["dcgan"])
    for name in ("best", "projected"):
        with pytest.raises(MissingPackageError, match="'timm' is not installed: run pip install timm, or choose"):
            check_requirements(RECIPES[name])
