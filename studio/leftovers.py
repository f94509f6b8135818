"""What programs that were killed have left: files half written, and temporary folders that their end had removed."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from training.core.atomic_write import UNFINISHED, remove
from training.core.paths import TEMPORARY, machine

OLD_SECONDS = 3600.0  # for which nothing was written to what is unfinished
SETTLED_SECONDS = 60.0  # the same where its process is gone: one of another machine may only look so
OF_PROCESS = re.compile(rf"\.(\d+)(?:-\d+)?{re.escape(UNFINISHED)}")


def remove_leftovers(folders: Iterable[Path]) -> None:
    """Remove what is unfinished and left in these folders and those directly in them, and temporary folders of ours.

    What cannot be removed, or whose drive is away, stays.
    """
    for folder in folders:
        for path in _unfinished(folder):
            if _is_left(path):
                remove(path)
    with suppress(OSError):
        for path in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*"):
            process = re.fullmatch(rf"{TEMPORARY}\w+-{machine()}-(\d+)-\w+", path.name)
            if process and not _lives(int(process[1])):
                remove(path)


def _unfinished(folder: Path) -> Iterator[Path]:
    for pattern in (f".*{UNFINISHED}", f"*/.*{UNFINISHED}"):
        with suppress(OSError):
            yield from list(folder.glob(pattern))


def _is_left(path: Path) -> bool:
    process = OF_PROCESS.search(path.name)
    patience = SETTLED_SECONDS if process and not _lives(int(process[1])) else OLD_SECONDS
    try:
        written = max(one.lstat().st_mtime for one in (path, *path.rglob("*")))
    except OSError:
        return False
    return time.time() - written > patience


def _lives(process: int) -> bool:
    """Tell whether a process of this machine lives; on Windows, where the question would end it, each is said to."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        return True
    return True
