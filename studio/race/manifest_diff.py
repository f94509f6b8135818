"""What a file says of itself, against what was found: the fields that differ, with both values fit to be shown."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

KIND = "weights"  # a field of those tiles only that are drawn with weights as last trained, not averaged
NOTED = frozenset({"versions", "renderer"})  # may differ from ours without being a lie
OLDER = {"psi": 1.0, "classes": None}  # what older tiles do not say
LEADING: dict[str, frozenset[str]] = {  # what decides what is drawn, and the fields that follow from each
    "seed": frozenset({"classes"}),
    "checkpoint_sha256": frozenset({KIND, "config_sha256", "shape", "cell_size", "classes"}),
    "psi": frozenset(),
}
LISTED = 3  # differing values of a list that are shown
LONGEST = 80  # characters of a value that are shown; a hash has 64


@dataclass(frozen=True)
class Difference:
    """A field of a manifest that is not what was found; None stands for no value. `lie`: it may not differ."""

    field: str
    said: str | None
    found: str | None
    lie: bool


def overridden(claimed: dict[str, Any] | None, used: dict[str, Any]) -> dict[str, Any]:
    """Return what a file says of seed, checkpoint and psi where another one was used, which somebody typed.

    `used` may have None for what was not used, and the first digits of a checkpoint. `claimed` is checked already.
    """
    said = {**OLDER, **claimed} if claimed else {}
    known = [name for name in LEADING if name in said and used[name] is not None]
    return {name: said[name] for name in known if not _same(said[name], used[name])}


def _same(said: Any, used: Any) -> bool:
    return said.startswith(used) if isinstance(said, str) and isinstance(used, str) else bool(said == used)


def differences(claimed: dict[str, Any] | None, truth: dict[str, Any]) -> tuple[Difference, ...]:
    """Compare a stranger's manifest, if there is one, with that of what was drawn; odd values can do no harm.

    What somebody typed in the place of what the file says is not held against the file, nor is what follows from it.
    """
    if claimed is None:
        return ()
    typed = overridden(claimed, truth)
    spared = set(typed).union(*(LEADING[name] for name in typed))
    claimed = {**OLDER, **claimed}
    names = [name for name in dict.fromkeys([*truth, KIND]) if claimed.get(name) != truth.get(name)]
    names = [name for name in names if name not in spared]
    return tuple(Difference(name, *_both(claimed.get(name), truth.get(name)), name not in NOTED) for name in names)


def _both(said: Any, found: Any) -> tuple[str | None, str | None]:
    """Write two values; of two lists or records only where they differ, as these may be long."""
    if isinstance(said, dict) and isinstance(found, dict):
        odd: Iterable[Any] = [key for key in {**found, **said} if said.get(key) != found.get(key)]
    elif isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        said, found = dict(enumerate(said)), dict(enumerate(found))
        odd = [place for place in found if said[place] != found[place]]
    else:
        return _written(said), _written(found)
    return _parts(said, list(odd)), _parts(found, list(odd))


def _parts(values: dict[Any, Any], keys: list[Any]) -> str | None:
    parts = [f"{_written(key)}: {_written(values[key]) or '–'}" for key in keys[:LISTED] if key in values]
    return ", ".join([*parts, "…"] if len(keys) > LISTED else parts) or None


def _written(value: Any) -> str | None:
    """Write a value in short, in letters that every screen and every file takes."""
    if value is None:
        return None
    try:
        text = json.dumps(value)
    except RecursionError:
        return "…"
    text = text[1:-1] if isinstance(value, str) else text
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
