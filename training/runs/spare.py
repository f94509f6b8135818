"""A run's folder on a local disk, beside its own on a drive: each checkpoint is written there first."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Collection
from pathlib import Path

from training.core import atomic_write, run_folder
from training.core.checkpoint import CONFIG, RAW_WEIGHTS, STATE, WEIGHTS
from training.core.paths import cache_folder
from training.core.training_log import METRICS
from training.runs.checkpoint_writer import CARD, PREVIEW, SMALL_PREVIEW
from training.runs.mounts import drive_kind

RUNS = "runs"  # in the cache: what mounted drives have not taken yet
WRITTEN = {CONFIG, WEIGHTS, RAW_WEIGHTS, STATE, METRICS, CARD, PREVIEW, SMALL_PREVIEW}  # the files of a checkpoint


def spare_folder(place: Path, out: Path) -> Path:
    """Return the folder below `place` for the run in `out`; runs of other folders have others there."""
    return place / f"{out.name}-{zlib.crc32(str(out.resolve()).encode()):08x}"


def opened_spare(place: Path | None, out: Path) -> Path | None:
    """Return the folder on another disk for a run, after what only that has was copied into the run's own, and told.

    Where none is named, a run on a mounted drive gets one, which is told; None for a run on a disk.
    """
    place = place or _own_place(out)
    if place is None:
        return None
    spare = spare_folder(place, out)
    if found := bring_back(spare, out):
        print(f"{found} had been saved in {spare} only and was copied")
    return spare


def _own_place(out: Path) -> Path | None:
    """Return where a run on a mounted drive is written first, if the cache is on a disk of this machine."""
    kind, place = drive_kind(out), cache_folder() / RUNS
    if kind is None or drive_kind(place) is not None:
        return None
    print(f"{out} is on a mounted drive ({kind}): written to {place} first, as with --local {place}")
    return place


def bring_back(spare: Path, out: Path) -> Path | None:
    """Copy the newest checkpoint of the spare folder into `out`, unless `out` can resume from one as new.

    Return the copy, or None. What is in the spare folder is removed only after that. Raises WriteError where `out`
    cannot be written.
    """
    found, known = run_folder.steps(spare), run_folder.resumable(out)
    newest = found[-1] if found else None
    if newest is not None and (known is None or int(newest.name) > int(known.name)):
        copy_checkpoint(newest, out / newest.name)
    else:
        newest = None
    for copied in found:
        atomic_write.discard(copied)
    return newest and out / newest.name


def copy_checkpoint(source: Path, target: Path, without: Collection[str] = ()) -> None:
    """Copy a checkpoint but for some of its files, as one step; what others left there stays. Raises WriteError."""
    files = [file for file in source.iterdir() if file.name in WRITTEN and file.name not in without]
    needed = sum(file.stat().st_size for file in files)
    with atomic_write.explained(target, needed), atomic_write.written_whole(target) as part:
        for file in files:
            shutil.copyfile(file, part / file.name)
