"""Two to six checkpoints against one another: which latents they share, how their passports differ, what they scored.

A passport is whatever a file says; nothing of it is believed to have the right shape.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.checkpoints.training_curves import is_finite

MAX_CHECKPOINTS = 6
MAX_SEEDS = 6
MAX_FIELDS = 120
MAX_VALUE_LETTERS = 80
FEW_SAMPLES = 1000  # FID and KID of fewer are too noisy to rank by
SCORES = ("kid", "fid", "precision", "recall", "copies")
SPREADS = ("kid_spread", "fid_spread")
BANDS = ("band_1", "band_2", "band_3", "band_4", "band_5")  # power of the fakes over that of the reals, coarse to fine
PERIODS = ("period_2", "period_4")  # the same at grids of 2 and of 4 pixels
MAX_NETWORKS = 4
OFF: tuple[object, ...] = (None, "none", "", 0, False, [], {}, "tanh", "normal")  # as recipes without such a trick


class TooManyError(ValueError):
    """A comparison asks for more than a page can show."""

    def __init__(self, checkpoints: int, seeds: int) -> None:
        super().__init__(
            f"{seeds} seeds of {checkpoints} checkpoints are {seeds * checkpoints} tiles; "
            f"{MAX_SEEDS} of {MAX_CHECKPOINTS} are allowed."
        )


@dataclass(frozen=True)
class Row:
    """One setting in several passports, as text; None where a passport does not name it."""

    field: str
    values: list[str | None]
    differs: bool


@dataclass(frozen=True)
class Scores:
    """What a checkpoint got by one feature network, and by how many pictures; `few` are too few to rank by."""

    network: str | None
    fakes: int | None
    reals: int | None
    numbers: dict[str, float]
    few: bool


def check_size(checkpoints: int, seeds: int) -> None:
    """Raise TooManyError beyond six checkpoints of six seeds."""
    if checkpoints > MAX_CHECKPOINTS or seeds > MAX_SEEDS:
        raise TooManyError(checkpoints, seeds)


def settings(passports: Sequence[dict[str, Any]]) -> list[Row]:
    """Put the recipes and the budgets of several passports side by side, in the order in which they name them.

    A setting that one does not name and another names as off is none in which they differ.
    """
    facts = [_facts(passport) for passport in passports]
    fields = list(dict.fromkeys(field for one in facts for field in one))[:MAX_FIELDS]
    return [_row(field, [one.get(field) for one in facts]) for field in fields]


def _facts(passport: dict[str, Any]) -> dict[str, object]:
    recipe = passport.get("recipe")
    facts = {str(name)[:MAX_VALUE_LETTERS]: value for name, value in recipe.items()} if isinstance(recipe, dict) else {}
    facts.pop("summary", None)
    for name in ("pretrained", "seed", "images"):
        facts[f"about_{name}"] = passport.get(name)
    facts["about_minutes"] = minutes(passport.get("seconds"))
    facts["about_devices"] = _devices(passport.get("runtimes"))
    data = passport.get("data")
    facts["about_pictures"] = data.get("images") if isinstance(data, dict) else None
    equalizer = passport.get("equalizer")
    facts["about_equalizer"] = equalizer.get("side") if isinstance(equalizer, dict) else None
    return facts


def minutes(seconds: object) -> int | None:
    """Return the whole minutes that a passport's seconds make, None for what is no number."""
    return round(seconds / 60) if is_finite(seconds) else None


def _devices(runtimes: object) -> list[str]:
    if not isinstance(runtimes, list):
        return []
    return sorted({str(one.get("device")) for one in runtimes if isinstance(one, dict)})


def _row(field: str, values: list[object]) -> Row:
    known = {_canonical(None if value in OFF else value) for value in values}
    return Row(field, [_show(value) for value in values], len(known) > 1)


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _show(value: object) -> str | None:
    """Write a value as a reader of the table takes it, cut where a file holds a novel."""
    if value is None or value == []:
        return None
    text = ", ".join(map(_words, value)) if isinstance(value, list) else _words(value)
    return text if len(text) <= MAX_VALUE_LETTERS else f"{text[: MAX_VALUE_LETTERS - 1]}…"


def _words(value: object) -> str:
    """Write one value; a name with its number, as a recipe lists penalties, is written as both."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return " ".join(map(_words, value))
    return _canonical(value)


def scores(passport: dict[str, Any]) -> list[Scores]:
    """Return the scores of a passport: one record, or several, each of one feature network."""
    metrics = passport.get("metrics")
    if isinstance(metrics, dict) and not metrics.keys() & set(SCORES):
        metrics = list(metrics.values())
    records = metrics if isinstance(metrics, list) else [metrics]
    found = [_scores(record) for record in records[:MAX_NETWORKS] if isinstance(record, dict)]
    return [one for one in found if one.numbers]


def _scores(record: dict[str, Any]) -> Scores:
    numbers = {
        name: float(record[name]) for name in (*SCORES, *SPREADS, *BANDS, *PERIODS) if is_finite(record.get(name))
    }
    fakes, reals = (count(record.get(name)) for name in ("fakes", "reals"))
    network = record.get("network")
    named = network[:MAX_VALUE_LETTERS] if isinstance(network, str) else None
    return Scores(named, fakes, reals, numbers, fakes is None or fakes < FEW_SAMPLES)


def count(value: object) -> int | None:
    """Return a count of a passport, None for what cannot be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None
