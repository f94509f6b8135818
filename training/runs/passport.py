"""What a checkpoint says of its training."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from training.core.checkpoint import CheckpointError
from training.core.dataset import Data
from training.core.precision import Compute
from training.recipes.recipe import FREE, Recipe

PASSPORT = {"recipe", "pretrained", "seed", "images", "seconds", "runtimes", "data", "versions", "commit", "metrics"}
CHANGES = "changes"  # of the recipe during the run: at which image, and which settings
RESTARTS = "restarts"  # from published weights: at which image, and the SHA-256 of the weights and of their pictures
MOST = 10**12  # images, or seconds
PACKAGES = ("torch", "numpy", "safetensors")


def check_passport(folder: Path, about: dict[str, Any]) -> None:
    """Raise CheckpointError unless a checkpoint says how it was trained."""
    kinds = {"recipe": dict, "data": dict, "runtimes": list, "images": int, "seconds": int | float, "seed": int}
    if not about.keys() >= PASSPORT or not all(_is_a(kind, about[name]) for name, kind in kinds.items()):
        raise CheckpointError(f"{folder} does not say how it was trained; it can be drawn from, nothing else.")
    if wrong := next(_wrong(about), None):
        raise CheckpointError(f"{folder} says of its training what cannot be: {wrong}; it can be drawn from, no more.")


def _is_a(kind: Any, value: object) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _wrong(about: dict[str, Any]) -> Iterator[str]:
    """Name the values that no training writes; what an older program did not know may be missing."""
    for name in ("images", "seconds"):
        if not 0 <= about[name] <= MOST:  # nor is that true of a NaN
            yield f"{name} {about[name]!r:.40}, which is not from 0 to {MOST:,}"
    for name in ("runtimes", RESTARTS, CHANGES):
        if not _are_records(found := about.get(name, [])):
            yield f"{name} {found!r:.40}, which is no list of records"
    for value in (value for one in about["runtimes"] for value in one.values()):
        if not isinstance(value, str | int | float | None):
            yield f"a runtime with {value!r:.40}, which is no text and no number"
    yield from _wrong_words(about)


def _are_records(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _wrong_words(about: dict[str, Any]) -> Iterator[str]:
    if not isinstance(about["pretrained"], str | None):
        yield f"pretrained {about['pretrained']!r:.40}, which is no text"
    if not isinstance(about["recipe"].get("summary"), str):
        yield "a recipe without a summary"


def passport(recipe: Recipe, seed: int, data: Data) -> dict[str, Any]:
    """Return what a checkpoint says about its training, before the first image."""
    return {
        "recipe": recipe.to_dict(),
        "pretrained": recipe.pretrained,
        "seed": seed,
        "images": 0,
        "seconds": 0.0,
        "runtimes": [],
        "data": {"sha256": data.sha256, "images": len(data)},
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}},
        "commit": _commit(),
        "metrics": {},
        **({"labels": torch.unique(data.labels).tolist()} if recipe.classes else {}),
    }


def is_same_run(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two passports are of one run, whose recipe may have been changed on its way."""
    if any(one.get(name) != other.get(name) for name in ("seed", "data", RESTARTS)) or _begun(one) != _begun(other):
        return False
    if CHANGES in one or CHANGES in other:
        return True
    mine, theirs = one["recipe"], other["recipe"]  # an older program knew fewer fields
    return all(mine[name] == theirs[name] for name in mine.keys() & theirs.keys() - FREE)


def _begun(about: dict[str, Any]) -> object:
    """Return when the first call of a run began."""
    return about["runtimes"][0].get("start") if about["runtimes"] else None


def runtime(compute: Compute) -> dict[str, Any]:
    """Return what a passport says of a call's machine; one process alone is not worth a word."""
    world, device = compute.group.world, device_name(compute.device)
    found: dict[str, Any] = {"device": device, "precision": compute.precision_name}
    return found if world == 1 else {**found, "device": f"{device} in each of {world} processes", "processes": world}


def processes_change(about: dict[str, Any]) -> str | None:
    """Say that the last runtime has another number of processes than the one before it, or return None."""
    counts = [runtime.get("processes", 1) for runtime in about["runtimes"][-2:]]
    if len(set(counts)) < 2:
        return None
    return f"the run was in {_processes(counts[0])} before and goes on in {_processes(counts[1])}, equal to rounding"


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"


def precision_change(about: dict[str, Any]) -> str | None:
    """Say that the last runtime computes in another precision than the one before it, or return None."""
    names = [runtime.get("precision", "float32") for runtime in about["runtimes"][-2:]]
    if len(set(names)) < 2:
        return None
    return f"the run was in {names[0]} before and goes on in {names[1]}, so that it is not the same bit by bit"


def device_name(device: torch.device) -> str:
    """Return what a reader knows the device by: the GPU's name, or the count of CPU threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{torch.get_num_threads()} CPU threads"


def _commit() -> str | None:
    """Return the commit of the program, where it runs from a clone."""
    try:
        command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
