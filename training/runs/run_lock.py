"""One trainer for one folder: a lock of the operating system, or where there is none a lease that its holder renews."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from filelock import BaseFileLock, FileLock, SoftFileLease, Timeout

from training.runs.notices import warn

LOCK, LEASE, HOLDER = ".lock", ".lease", ".lock-holder"  # hidden, so that whatever lists a run passes over them
HOLDER_BYTES = 120
LOCK_SECONDS = 0.5  # of trying: the file may be of a holder that is just leaving
LEAVE_SECONDS = 30.0  # in which a folder is given up, or else the program goes on with its end
LEASE_SECONDS = 120.0  # after which a lease that nobody renews is another's; it is renewed three times in them


class TakenError(RuntimeError):
    """Another process trains into a folder; the message says which one, in one sentence."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes from a folder, which is made where it is missing; one that stays empty is removed again.

    A lock of the system ends with its process. Where a file system has none, as some mounted drives, a lease stands for
    it: of a process of this machine that has ended it is taken at once, of another machine once it has not been renewed
    for `LEASE_SECONDS`. Where neither can be written nobody is kept out. Raises TakenError, after which everything is
    as it was.
    """
    is_new = not folder.exists()
    lock = _acquired(folder)
    try:
        yield
    finally:
        leaving = Thread(target=_leave, args=(folder, lock, is_new), daemon=True)
        leaving.start()
        leaving.join(LEAVE_SECONDS)  # a drive that hangs keeps no error from being told


def _acquired(folder: Path) -> BaseFileLock | None:
    """Return the lock of a folder, held; None where nothing can be locked there. Raises TakenError."""
    for acquire in (_system_lock, _lease):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = acquire(folder)
            _write_holder(folder)
        except Timeout as error:
            raise TakenError(
                f"{folder} is being trained by {_holder(folder)}; end that one first, or give another --out."
            ) from error
        except (OSError, NotImplementedError):  # whatever is in the way there will be told when something is saved
            continue
        return lock
    return None


def _system_lock(folder: Path) -> BaseFileLock:
    """Hold a lock of the operating system. Raises Timeout, and OSError or NotImplementedError where there is none."""
    lock = FileLock(folder / LOCK, fallback_to_soft=False, thread_local=False)
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise
    except (OSError, NotImplementedError):
        _remove(folder / LOCK)
        raise
    return lock


def _lease(folder: Path) -> BaseFileLock:
    """Hold a lease, for which that of a process that may have ended is waited for. Raises Timeout and OSError."""
    lease = SoftFileLease(
        folder / LEASE,
        lease_duration=LEASE_SECONDS,
        on_compromise=lambda _: _tell_loss(folder),
        thread_local=False,
    )
    try:
        lease.acquire(timeout=0)
    except Timeout:
        warn(
            f"{folder} is locked by {_holder(folder)}; this waits up to {1.5 * LEASE_SECONDS:.0f} seconds to see "
            "whether that one is still there."
        )
        lease.acquire(timeout=1.5 * LEASE_SECONDS)
    return lease


def _tell_loss(folder: Path) -> None:
    warn(f"The lock of {folder} could not be renewed; see to it that no other process trains into it.")


def _write_holder(folder: Path) -> None:
    with suppress(OSError):
        holder = f"process {os.getpid()} on {platform.node()}"
        (folder / HOLDER).write_bytes(holder.encode()[:HOLDER_BYTES])


def _holder(folder: Path) -> str:
    """Say who holds the lock; an older program wrote that into the lock itself."""
    for name in (HOLDER, LOCK):
        with suppress(OSError):
            if text := (folder / name).read_bytes()[:HOLDER_BYTES].decode(errors="replace").strip():
                return text
    return "another process"


def _release(lock: BaseFileLock, folder: Path) -> None:
    _remove(folder / HOLDER)
    _remove(folder / LOCK)  # before the lock is given up: after that the file may be another's
    with suppress(OSError):
        lock.release()


def _leave(folder: Path, lock: BaseFileLock | None, is_new: bool) -> None:
    if lock is not None:
        _release(lock, folder)
    if is_new:
        with suppress(OSError):
            folder.rmdir()


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink()
