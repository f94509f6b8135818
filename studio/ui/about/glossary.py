"""The glossary of the tricks that the recipes use, as glossary.toml has it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from studio.ui.texts.i18n import in_both

FILE = Path(__file__).with_suffix(".toml")
Words = tuple[str, str]  # English, Japanese


class Trick(NamedTuple):
    """One entry of the glossary: what it does, what to look at, where it is from, and how a recipe has it."""

    key: str
    group: str
    name: Words
    does: Words
    look: Words
    paper: str = ""  # an arXiv number
    setting: str = ""  # as `--set` takes it
    recipes: tuple[str, ...] = ()


def to_trick(row: dict[str, Any]) -> Trick:
    """Return an entry of the file. Raises ValueError where a language of its words is missing."""
    words = {name: in_both(row[name], f"glossary.toml: {row['key']}.{name}") for name in ("name", "does", "look")}
    return Trick(**{**row, **words, "recipes": tuple(row.get("recipes", ()))})


GLOSSARY = tuple(map(to_trick, tomllib.loads(FILE.read_text(encoding="utf-8"))["trick"]))
