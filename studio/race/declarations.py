"""What a checkpoint's metadata declare of its training: hours and pretrained networks.

Both are declared by whoever trained it; nobody can check them from the weights. Only what contradicts itself is found.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from studio.checkpoints.training_curves import is_finite

HOUR = 3600.0
TEXT_LETTERS = 300
PRETRAINED_DISCRIMINATORS = "projected"  # how the names begin of those that look through a network trained elsewhere


@dataclass(frozen=True)
class Declarations:
    """What metadata say; each None where nothing (or nothing fit to be read) is said.

    `hours` of training are the seconds of the steps, or the time of all runtimes together where that is longer.
    `undeclared` tells that the recipe has a pretrained discriminator of which `pretrained` says nothing.
    """

    hours: float | None = None
    pretrained: str | None = None
    recipe: str | None = None
    undeclared: bool = False


NOTHING_DECLARED = Declarations()


def declarations(about: dict[str, Any]) -> Declarations:
    """Read a checkpoint's metadata."""
    recipe = about.get("recipe")
    recipe = recipe if isinstance(recipe, dict) else {}
    pretrained = _text(about.get("pretrained"))
    discriminator = _text(recipe.get("discriminator")) or ""
    return Declarations(
        _hours(about),
        pretrained,
        _text(recipe.get("summary")),
        pretrained is None and discriminator.startswith(PRETRAINED_DISCRIMINATORS),
    )


def _text(value: object) -> str | None:
    return value[:TEXT_LETTERS] if isinstance(value, str) and value else None


def _hours(about: dict[str, Any]) -> float | None:
    seconds = about.get("seconds")
    if not is_finite(seconds) or seconds < 0:
        return None
    runtimes = about.get("runtimes")
    lasted = sum(map(_lasted, runtimes)) if isinstance(runtimes, list) else 0.0
    return max(float(seconds), lasted) / HOUR


def _lasted(runtime: Any) -> float:
    """Return the seconds between start and end of a runtime, 0 where it does not tell."""
    with suppress(KeyError, TypeError, ValueError):
        span = datetime.fromisoformat(runtime["end"]) - datetime.fromisoformat(runtime["start"])
        return max(span.total_seconds(), 0.0)
    return 0.0
