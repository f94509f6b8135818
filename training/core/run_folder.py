"""The checkpoints of a run: which there are, and which somebody means."""

from __future__ import annotations

from pathlib import Path

from training.core.checkpoint import CONFIG, CheckpointError

KEPT_STEPS = "steps"  # the folder of a run in which it keeps small steps to look back at


def steps(run: Path) -> list[Path]:
    """List the checkpoints of a run, oldest first; unfinished ones do not count."""
    if not run.is_dir():
        return []
    return sorted((path for path in run.iterdir() if path.name.isdecimal() and (path / CONFIG).is_file()), key=_images)


def kept_steps(run: Path) -> list[Path]:
    """List the small checkpoints that a run has kept of its way, oldest first."""
    return steps(run / KEPT_STEPS)


def newest(folder: Path) -> Path:
    """Return the folder itself if it is a checkpoint, otherwise the newest one of a run. Raises CheckpointError."""
    if (folder / CONFIG).is_file():
        return folder
    found = steps(folder)
    if not found:
        raise CheckpointError(f"{folder} is no checkpoint and no run that has saved one.", "no_run", folder=folder)
    return found[-1]


def named(place: Path) -> Path:
    """Return the checkpoint that somebody names: its folder, a run for its newest one, or `run@images` for another.

    Raises CheckpointError.
    """
    run, at, images = str(place).rpartition("@")
    if not (at and images.isdecimal()) or place.exists():
        return newest(place)
    kept = {_images(step): step for step in [*kept_steps(Path(run)), *steps(Path(run))]}
    if int(images) not in kept:
        known = ", ".join(map(str, sorted(kept))) or "none"
        raise CheckpointError(f"{run} has no checkpoint at {images} images; it has: {known}.")
    return kept[int(images)]


def _images(folder: Path) -> int:
    return int(folder.name)
