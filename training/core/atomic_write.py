"""Write files and folders as one step: whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".part"


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """Give a new folder to write into, and move it to `folder` as one step once everything is on the disk.

    An older `folder` is kept until the new one is complete.
    """
    part = folder.with_name(f".{folder.name}{UNFINISHED}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    yield part
    for path in [*part.iterdir(), part]:
        _flush(path)
    outdated = folder.with_name(f".{folder.name}.old{UNFINISHED}")
    if folder.exists():
        shutil.rmtree(outdated, ignore_errors=True)
        folder.rename(outdated)
    part.rename(folder)
    _flush(folder.parent)
    shutil.rmtree(outdated, ignore_errors=True)


def discard(folder: Path) -> None:
    """Remove a checkpoint; a kill in between leaves nothing that looks like a whole one."""
    outdated = folder.with_name(f".{folder.name}.old{UNFINISHED}")
    folder.rename(outdated)
    shutil.rmtree(outdated, ignore_errors=True)


def discard_unfinished(run: Path) -> None:
    """Remove what saves and removals that were killed have left in a run."""
    for path in run.glob(f".*{UNFINISHED}"):
        shutil.rmtree(path, ignore_errors=True)


def _flush(path: Path) -> None:
    """Wait until a file or a folder's list of names is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:  # mounted drives refuse this for folders
        pass
    finally:
        os.close(handle)
