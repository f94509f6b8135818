"""One trainer for one folder: a lock of the operating system, which ends with the process that holds it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where nothing keeps two trainers apart
    fcntl = None  # type: ignore[assignment]

LOCK = ".lock"  # hidden, so that whatever lists a run passes over it
ATTEMPTS = 10  # each may meet the file of a holder that is just leaving
HOLDER_BYTES = 120


class TakenError(RuntimeError):
    """Another process trains into a folder; the message says which one, in one sentence."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes from a folder, which is made where it is missing; one that stays empty is removed again.

    A process that is killed leaves a file there, and no lock. Where the system or the file system has no locks, as some
    mounted drives have none, nobody is kept out. Raises TakenError, after which everything is as it was.
    """
    is_new = not folder.exists()
    handle = _hold(folder / LOCK)
    try:
        yield
    finally:
        if handle is not None:
            _remove(folder / LOCK)  # before the lock is given up: after that the file may be another's
            os.close(handle)
        if is_new:
            with suppress(OSError):
                folder.rmdir()


def _hold(file: Path) -> int | None:
    """Lock a file and write into it who holds it; None where there are no locks."""
    for _ in range(ATTEMPTS if fcntl else 0):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            return None  # whatever is in the way there will be told when something is saved
        if not _lock(handle, file):
            return None
        if _is_at(handle, file):
            os.truncate(handle, 0)
            os.write(handle, f"process {os.getpid()} on {platform.node()}".encode()[:HOLDER_BYTES])
            return handle
        os.close(handle)
    return None


def _lock(handle: int, file: Path) -> bool:
    """Lock an open file; close it and return False where there are no locks. Raises TakenError."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(handle, HOLDER_BYTES).decode(errors="replace") or "another process"
        os.close(handle)
        raise TakenError(
            f"{file.parent} is being trained by {holder}; end that one first, or give another --out."
        ) from error
    except OSError:
        os.close(handle)
        _remove(file)
        return False
    return True


def _is_at(handle: int, file: Path) -> bool:
    """Tell whether an open file still has its name: whoever held it before removes it."""
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except OSError:
        return False


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink()
