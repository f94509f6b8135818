"""Recipes and networks that files name in English, by the codes under which the page has words for them."""

from __future__ import annotations

import functools
from typing import Any

from studio.exploration.training_features import COARSE
from studio.ui.protocol_types import Named
from studio.ui.texts.i18n import in_language

SIDES: dict[str, int | float] = {"width": COARSE, "height": COARSE}  # of the coarse pixels that are compared


def named_recipe(about: dict[str, Any]) -> Named | None:
    """Return the recipe of a passport, None where it names none; one that is not of this program stays as it is."""
    recipe = about.get("recipe")
    summary = recipe.get("summary") if isinstance(recipe, dict) else None
    return Named(text=summary, code=_recipes().get(summary)) if isinstance(summary, str) else None


def named_network(name: object) -> Named | None:
    """Return a network by its name, None where it has none; one that is not known stays as it is."""
    return network(name) if isinstance(name, str) else None


def network(name: str) -> Named:
    """Return a network by its name."""
    code = _networks().get(name)
    return Named(text=name, code=code, values=SIDES if code in WITH_SIDES else {})


WITH_SIDES = frozenset({"network_efficientnet_pixels", "network_pixels"})


@functools.cache
def _recipes() -> dict[str, str]:
    return {text: code for code, text in in_language("en").items() if code.startswith("recipe_")}


@functools.cache
def _networks() -> dict[str, str]:
    texts = in_language("en").items()
    return {text.format(**SIDES): code for code, text in texts if code.startswith("network_")}
