"""Every text on the page, in English and Japanese, as the TOML files beside the tabs have it; `{name}` is a value."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

LANGUAGES = ("en", "ja")
UI = Path(__file__).parents[1]
FILES = (*sorted(UI.glob("*/texts.toml")), *sorted((UI / "texts").glob("*.toml")))


def read_texts(path: Path) -> dict[str, tuple[str, str]]:
    """Read the texts of one file, (English, Japanese) by key. Raises ValueError where a language is missing."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    return {key: in_both(row, f"{path.parent.name}/{path.name}: {key}") for key, row in rows.items()}


def in_both(row: object, place: str) -> tuple[str, str]:
    """Return (English, Japanese) of one entry; `place` is named in the ValueError for one that has not just these."""
    if not isinstance(row, dict) or set(row) != set(LANGUAGES) or not all(isinstance(one, str) for one in row.values()):
        raise ValueError(f"{place} is to be {{ en = text, ja = text }}, not {row!r}.")
    return row["en"], row["ja"]


def joined(files: Iterable[Path]) -> dict[str, tuple[str, str]]:
    """Join the texts of files. Raises ValueError for a key that two of them have."""
    texts: dict[str, tuple[str, str]] = {}
    for path in files:
        found = read_texts(path)
        if twice := texts.keys() & found.keys():
            raise ValueError(f"{path.parent.name}/{path.name} names {min(twice)} again, which another file has.")
        texts |= found
    return texts


TEXTS = joined(FILES)


def in_language(language: str) -> dict[str, str]:
    """Return every text in one language: `en` or `ja`."""
    column = LANGUAGES.index(language)
    return {key: texts[column] for key, texts in TEXTS.items()}
