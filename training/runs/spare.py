"""A run's folder on a local disk, beside its own on a drive: each checkpoint is written there first."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Collection
from pathlib import Path

from training.core import atomic_write, run_folder


def spare_folder(place: Path, out: Path) -> Path:
    """Return the folder below `place` for the run in `out`; runs of other folders have others there."""
    return place / f"{out.name}-{zlib.crc32(str(out.resolve()).encode()):08x}"


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
    """Copy a checkpoint but for some of its files, as one step. Raises WriteError."""
    files = [file for file in source.iterdir() if file.name not in without]
    needed = sum(file.stat().st_size for file in files)
    with atomic_write.explained(target, needed), atomic_write.written_whole(target) as part:
        for file in files:
            shutil.copyfile(file, part / file.name)
