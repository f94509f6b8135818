"""The checkpoints of a run: which there are, and which somebody means."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from training.core import atomic_write
from training.core.checkpoint import CONFIG, STATE, CheckpointError

KEPT_STEPS = "steps"  # the folder of a run in which it keeps small steps to look back at


def steps(run: Path) -> list[Path]:
    """List the checkpoints of a run, oldest first; unfinished ones do not count."""
    if not run.is_dir():
        return []
    return sorted((path for path in run.iterdir() if path.name.isdecimal() and (path / CONFIG).is_file()), key=_images)


def resumable(run: Path) -> Path | None:
    """Return the newest checkpoint with a state to resume, or the newest one where none has; None without any."""
    found = steps(run)
    return next((step for step in reversed(found) if exists(step / STATE)), found[-1] if found else None)


def discard_others(run: Path, newest: Path | None) -> None:
    """Remove all checkpoints of a folder but the newest, and the last with a state where the newest has none.

    What cannot be removed now is removed after the next save.
    """
    with suppress(OSError):
        kept = {newest, resumable(run)} if newest and not exists(newest / STATE) else {newest}
        for outdated in steps(run):
            if outdated not in kept:
                atomic_write.discard(outdated)


def exists(path: Path) -> bool:
    """Tell whether there is a file or a folder; one on a drive that is away is not there."""
    try:
        return path.exists()
    except OSError:
        return False


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
