"""From words to a recipe: a name, a small file, and `name=value` for single fields."""

from __future__ import annotations

import runpy
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe, check_name, types, wanted

TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def find_recipe(name: str) -> Recipe:
    """Return the recipe of a name, or of a `.py` or `.toml` file; raise ValueError where there is none.

    A TOML file has a `base`, the name of a recipe, and the fields that differ from it. A Python file, which is run,
    sets `RECIPE` to a Recipe.
    """
    if name.endswith(".toml"):
        return _from_toml(Path(name))
    if name.endswith(".py"):
        return _from_python(Path(name))
    check_name("recipe", name, RECIPES)
    return RECIPES[name]


def configured(recipe: Recipe, settings: Iterable[str]) -> Recipe:
    """Return a recipe with fields changed by texts of the form `name=value`; raise ValueError for any that fails.

    Numbers and words stand as they are, truths as true or false, several words with commas between them, and penalties
    as `r1:10,lecam:0.01`.
    """
    changes: dict[str, Any] = {}
    for setting in settings:
        name, sign, text = setting.partition("=")
        if not sign:
            raise ValueError(f"The setting {setting!r} is not of the form name=value.")
        changes[name] = _parsed(name, text)
    return _changed(recipe, changes)


def recorded(values: dict[str, Any]) -> Recipe:
    """Return the recipe that a checkpoint records; raise TypeError or ValueError where it is of another program.

    Fields that came later have their defaults, which is how that program trained.
    """
    return Recipe(**{name: _frozen(value) for name, value in values.items()})


def _frozen(value: Any) -> Any:
    """Turn lists, as JSON has them at any depth, into tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _changed(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    for name in changes:
        check_name("field of a recipe", name, types())
    return replace(recipe, **changes)


def _parsed(name: str, text: str) -> Any:
    """Turn the text of a field into a value of its type."""
    check_name("field of a recipe", name, types())
    try:
        return PARSERS.get(types()[name], _penalties)(text)
    except (ValueError, KeyError) as error:
        raise ValueError(f"The {name} {text!r} is not {wanted(types()[name])}.") from error


def _truth(text: str) -> bool:
    return TRUTHS[text.lower()]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _penalties(text: str) -> tuple[tuple[str, float], ...]:
    pairs = [word.split(":") for word in _words(text)]
    return tuple((name.strip(), float(weight)) for name, weight in pairs)


def _from_toml(path: Path) -> Recipe:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"The recipe {path} cannot be read: {error}.") from error
    base = values.pop("base", None)
    check_name(f"base of {path}", base, RECIPES)
    return _changed(RECIPES[base], {name: _typed(value) for name, value in values.items()})


def _typed(value: Any) -> Any:
    """Turn a value of TOML into one of a field: a table is penalties, an array is words. The recipe checks the rest."""
    if isinstance(value, dict):
        return tuple(value.items())
    return tuple(value) if isinstance(value, list) else value


def _from_python(path: Path) -> Recipe:
    try:
        recipe = runpy.run_path(str(path)).get("RECIPE")
    except (Exception, SystemExit) as error:  # the user's own program may end in any way
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ValueError(f"The recipe {path} cannot be run: {reason}.") from error
    if not isinstance(recipe, Recipe):
        raise ValueError(f"The recipe {path} sets RECIPE to {recipe!r:.80}, which is no Recipe.")
    return recipe


PARSERS: dict[Any, Callable[[str], Any]] = {
    int: int,
    float: float,
    str: str,
    bool: _truth,
    tuple[str, ...]: _words,
}
