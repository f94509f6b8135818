"""The checkpoints of a run: which there are, and which somebody means."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from training.core import atomic_write
from training.core.checkpoint import CONFIG, STATE, CheckpointError
from training.core.litter import is_copy
from training.core.suggestions import nearest

CHECKPOINTS = Path("checkpoints")  # of the working directory: what lies there can be named without a path
KEPT_STEPS = "steps"  # the folder of a run in which it keeps small steps to look back at

STEP = r"[0-9]+"  # the name of a checkpoint: the images it has seen


def step_name(images: int) -> str:
    """Return how a checkpoint of a run is called."""
    return f"{images:09d}"


def is_step(name: str) -> bool:
    """Tell whether a checkpoint of a run may be called so."""
    return re.fullmatch(STEP, name) is not None


def has_own_name(step: Path) -> bool:
    """Tell whether a checkpoint has exactly the name that a run gives it; what has another is somebody else's."""
    return is_step(step.name) and step.name == step_name(_images(step))


def is_copy_of_step(name: str) -> bool:
    """Tell whether somebody has copied a checkpoint of a run beside it, or a drive has."""
    return not is_step(name) and is_copy(name, [r"[0-9]{9,}"])


def steps(run: Path) -> list[Path]:
    """List the checkpoints of a run, oldest first; unfinished ones and what others call otherwise do not count."""
    if not run.is_dir():
        return []
    return sorted((path for path in run.iterdir() if is_step(path.name) and (path / CONFIG).is_file()), key=_images)


def resumable(run: Path) -> Path | None:
    """Return the newest checkpoint with a state to resume, or the newest one where none has; None without any."""
    found = steps(run)
    return next((step for step in reversed(found) if exists(step / STATE)), found[-1] if found else None)


def discard_others(run: Path, newest: Path | None) -> None:
    """Remove all checkpoints of a folder but the newest, and the last with a state where the newest has none.

    Only what has exactly the name that a run gives it is removed. What cannot be removed now is removed after the
    next save.
    """
    with suppress(OSError):
        kept = {newest, resumable(run)} if newest and not exists(newest / STATE) else {newest}
        for outdated in steps(run):
            if outdated not in kept and has_own_name(outdated):
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


def located(place: Path, root: Path = CHECKPOINTS) -> Path:
    """Return the folder of a path, or of a checkpoint that is called so in `root`. Raises CheckpointError."""
    for folder in (place, root / place):
        if folder.exists():
            return folder
    places = {name: name for name in _folders(root)} | {
        name: str(place.parent / name) for name in _folders(place.parent)
    }
    near = nearest(place.name, places)
    meant = f"; did you mean {places[near]}?" if near else "."
    raise CheckpointError(f"{place} does not exist, and no checkpoint in {root} is called so{meant}")


def _folders(place: Path) -> list[str]:
    """List the names of the folders in a place, none where it cannot be read."""
    try:
        return sorted(path.name for path in place.iterdir() if path.is_dir())
    except OSError:
        return []


def named(place: Path) -> Path:
    """Return the checkpoint that somebody names: its folder, a run for its newest one, or `run@images` for another.

    What lies in ./checkpoints can be named without its path. Raises CheckpointError.
    """
    run, at, images = str(place).rpartition("@")
    if not (at and images.isdecimal()) or place.exists():
        return newest(located(place))
    folder = located(Path(run))
    kept = {_images(step): step for step in [*kept_steps(folder), *steps(folder)]}
    if int(images) not in kept:
        known = ", ".join(map(str, sorted(kept))) or "none"
        raise CheckpointError(f"{run} has no checkpoint at {images} images; it has: {known}.")
    return kept[int(images)]


def _images(folder: Path) -> int:
    return int(folder.name)
