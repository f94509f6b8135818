"""What can go wrong with a training, checked before anything that takes time."""

from __future__ import annotations

from pathlib import Path

from training.core import atomic_write, run_folder
from training.core.atomic_write import WriteError
from training.core.checkpoint import CheckpointError, describe
from training.core.dataset import Survey, packed_in_cache, survey
from training.recipes.overrides import recorded
from training.recipes.recipe import Recipe
from training.runs.passport import check_passport

CHECKPOINTS = 2  # of a run that are on the disk at once, while the newer one is written
KEPT_STEPS = 14  # small ones that a run keeps of its way, each less than an eighth of a whole checkpoint
SHARE_OF_STEP = 1 / 8
CHANNELS = 3


def check_pictures(pictures: Path, recipe: Recipe | None) -> Survey:
    """Look at the pictures and their labels without reading any. Raises DataError."""
    found = survey(pictures)
    found.check_classes(recipe.classes if recipe else 0)
    return found


def check_folders(pictures: Path, out: Path, resolution: int) -> None:
    """Raise WriteError unless the run's folder and that of packed pictures can be written."""
    atomic_write.check_writable(out)
    if pictures.is_dir():
        atomic_write.check_writable(packed_in_cache(pictures, resolution).parent)


def begun_with(out: Path) -> Recipe | None:
    """Return the recipe of the run in a folder, None where none has been saved. Raises CheckpointError."""
    found = run_folder.resumable(out)
    if found is None:
        return None
    about = describe(found).about
    check_passport(found, about)
    try:
        return recorded(about["recipe"])
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{found} was trained by a recipe that this program does not know: {error}") from error


def check_disks(pictures: Path, count: int, out: Path, recipe: Recipe, checkpoint_bytes: int) -> None:
    """Raise WriteError where a disk lacks room for the packed pictures or for the checkpoints of a run."""
    _check_disk(out, round(checkpoint_bytes * (CHECKPOINTS + KEPT_STEPS * SHARE_OF_STEP)), "the checkpoints")
    if pictures.is_dir():
        file = packed_in_cache(pictures, recipe.resolution)
        if not file.exists():
            _check_disk(file, count * CHANNELS * recipe.resolution**2, "the packed pictures")


def _check_disk(place: Path, needed: int, what: str) -> None:
    free = atomic_write.free_bytes(place)
    if free is not None and free < needed:
        raise WriteError(
            f"The disk of {place} has {free:,} bytes free, and {what} need about {needed:,}; make room there.",
            full=True,
        )
