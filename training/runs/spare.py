"""A run's folder on a local disk, beside its own on a drive: each checkpoint is written there first."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from training.core import atomic_write, run_folder
from training.core.atomic_write import WriteError
from training.core.checkpoint import CONFIG, RAW_WEIGHTS, STATE, WEIGHTS, CheckpointError, describe
from training.core.paths import cache_folder
from training.core.training_log import METRICS
from training.runs.checkpoint_writer import CARD, PREVIEW, SMALL_PREVIEW
from training.runs.mounts import drive_kind, is_mounted, mount_point
from training.runs.passport import check_passport, is_same_run

RUNS = "runs"  # in the cache: what mounted drives have not taken yet
MOUNTED_AT = ".mounted-at"  # in a spare folder: where the drive of its run was mounted
WRITTEN = {CONFIG, WEIGHTS, RAW_WEIGHTS, STATE, METRICS, CARD, PREVIEW, SMALL_PREVIEW}  # the files of a checkpoint


def spare_folder(place: Path, out: Path) -> Path:
    """Return the folder below `place` for the run in `out`; runs of other folders have others there."""
    return place / f"{out.name}-{zlib.crc32(str(out.resolve()).encode()):08x}"


def opened_spare(place: Path | None, out: Path) -> Path | None:
    """Return the folder on another disk for a run, after what only that has was copied into the run's own, and told.

    Where none is named, a run on a mounted drive gets one, which is told; None for a run on a disk. Raises ValueError
    where the folder and the run's own lie in one another, and WriteError where the drive is away.
    """
    if place is not None:
        _check_apart(place, out)
    _check_drive(spare_folder(place or cache_folder() / RUNS, out), out)
    place = place or _own_place(out)
    if place is None:
        return None
    spare = _own_folder(spare_folder(place, out), out)
    _note_mount(spare, out)
    if found := bring_back(spare, out):
        print(f"{found} had been saved in {spare} only and was copied")
    return spare


def _check_apart(place: Path, out: Path) -> None:
    one, other = place.resolve(), out.resolve()
    if one.is_relative_to(other) or other.is_relative_to(one):
        raise ValueError(f"--local {place} and the run's folder {out} lie in one another; give one on another disk.")


def _check_drive(spare: Path, out: Path) -> None:
    """Refuse to go on below the mount point of a drive that has been unmounted, while the spare folder has its run."""
    note, newest = spare / MOUNTED_AT, _newest(spare)
    if newest is None or not note.is_file():
        return
    point = Path(note.read_text(encoding="utf-8", errors="surrogateescape"))
    if not is_mounted(point, out):
        raise WriteError(
            f"The drive of {out} is away: nothing is mounted at {point}, and the last good checkpoint is {newest}; "
            f"mount the drive again, or remove {note} to go on without it."
        )


def _note_mount(spare: Path, out: Path) -> None:
    """Note in a spare folder where the drive of its run is mounted."""
    with suppress(OSError):
        spare.mkdir(parents=True, exist_ok=True)
        (spare / MOUNTED_AT).write_text(str(mount_point(out)), encoding="utf-8", errors="surrogateescape")


def _own_folder(spare: Path, out: Path) -> Path:
    """Return the spare folder, or the first one beside it that holds no other run's checkpoints, which are told."""
    found, number = spare, 2
    while (other := _newest(found)) is not None and _is_of_another_run(other, out):
        print(f"{other} is of another run than {out} and stays where it is")
        found, number = spare.with_name(f"{spare.name}-{number}"), number + 1
    return found


def _newest(run: Path) -> Path | None:
    found = run_folder.steps(run)
    return found[-1] if found else None


def _is_of_another_run(step: Path, out: Path) -> bool:
    """Tell whether a checkpoint is none of the run in `out`; where there is none, or either says nothing, it is."""
    known = run_folder.resumable(out)
    if known is None:
        return False
    try:
        passports = [describe(folder).about for folder in (step, known)]
        for folder, about in zip((step, known), passports, strict=True):
            check_passport(folder, about)
    except CheckpointError:
        return False
    return not is_same_run(*passports)


def _own_place(out: Path) -> Path | None:
    """Return where a run on a mounted drive is written first, if the cache is on a disk of this machine."""
    kind, place = drive_kind(out), cache_folder() / RUNS
    if kind is None or drive_kind(place) is not None:
        return None
    print(f"{out} is on a mounted drive ({kind}): written to {place} first, as with --local {place}")
    return place


def bring_back(spare: Path, out: Path) -> Path | None:
    """Copy the newest checkpoint of the spare folder into `out`, unless `out` can resume from one as new.

    Return the copy, or None. What is in the spare folder is removed only after that; another run's stays. Raises
    WriteError where `out` cannot be written.
    """
    newest, known = _newest(spare), run_folder.resumable(out)
    if newest is None or _is_of_another_run(newest, out):
        return None
    copied = None
    if known is None or _progress(newest) > _progress(known):
        copied = out / newest.name
        copy_checkpoint(newest, copied)
    for step in run_folder.steps(spare):
        atomic_write.discard(step)
    return copied


def _progress(step: Path) -> tuple[int, bool]:
    """Return how far a run can go on from a checkpoint: its images, and whether it has a state."""
    return int(step.name), run_folder.exists(step / STATE)


def copy_checkpoint(source: Path, target: Path, without: Collection[str] = ()) -> None:
    """Copy a checkpoint but for some of its files, as one step. Raises WriteError.

    In a `target` that is there already, what is none of a checkpoint's files stays, such as a person's notes.
    """
    with atomic_write.explained(target, 0):  # somebody may have removed the source
        files = [file for file in source.iterdir() if file.name in WRITTEN and file.name not in without]
        needed = sum(file.stat().st_size for file in files)
    with atomic_write.explained(target, needed), atomic_write.written_whole(target) as part:
        for file in files:
            shutil.copyfile(file, part / file.name)
        carry_over(target, part)


def carry_over(old: Path, new: Path) -> None:
    """Copy into a checkpoint that replaces an old one what else lies there: scores, notes; as far as it can be read."""
    for path in [path for path in old.iterdir() if path.name not in WRITTEN] if old.is_dir() else []:
        with suppress(OSError):
            if path.is_dir():
                shutil.copytree(path, new / path.name)
            else:
                shutil.copyfile(path, new / path.name)
