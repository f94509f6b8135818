"""Every text on the page, in English and Japanese, as the TOML files beside the tabs have it; `{name}` is a value.

The texts of the tab Race, which most pages do not have, are a catalogue of their own; among them is what a race says
itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

from studio.race import messages, results_texts, simulation

LANGUAGES = ("en", "ja")
UI = Path(__file__).parents[1]
RACE = UI / "race" / "texts.toml"
FILES = (*sorted({*UI.glob("*/texts.toml")} - {RACE}), *sorted((UI / "texts").glob("*.toml")))


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


def race_texts() -> dict[str, tuple[str, str]]:
    """Return the texts of the tab Race. Raises ValueError for a key that is used twice."""
    told = {f"race_error_{code}": (text.en, text.ja) for code, text in messages.MESSAGES.items()}
    told |= {f"result_{key}": (text.en, text.ja) for key, text in results_texts.TEXTS.items()}
    told |= {f"race_phase_{stage}": (text.en, text.ja) for stage, text in messages.STAGES.items()}
    for action in messages.ALLOWED_STAGES:
        allowed = messages.allowed_in_words(action)
        told[f"race_allowed_{action}"] = (allowed.en, allowed.ja)
    for key, text in (("race_secrecy", messages.SECRECY), ("race_weak_secrecy", messages.WEAK_SECRECY)):
        told[key] = (text.en, text.ja)
    told["race_sureness"] = (simulation.SENTENCES["en"], simulation.SENTENCES["ja"])
    written = read_texts(RACE)
    if twice := written.keys() & {*told, *TEXTS}:
        raise ValueError(f"race/texts.toml names {min(twice)} again, which another file has.")
    return written | told


TEXTS = joined(FILES)
RACE_TEXTS = race_texts()
CATALOGUES = {"": TEXTS, "race": RACE_TEXTS}  # by the part of the page; "" is for all


def in_language(language: str, part: str = "") -> dict[str, str]:
    """Return every text of a catalogue in one language: `en` or `ja`."""
    column = LANGUAGES.index(language)
    return {key: texts[column] for key, texts in CATALOGUES[part].items()}
