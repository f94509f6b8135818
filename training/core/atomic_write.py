"""Write files and folders as one step: whole, or not at all; and say in one sentence why that was impossible."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from safetensors import SafetensorError

UNFINISHED = ".part"
LEFT = re.compile(  # a checkpoint, new or outdated; a file by process and thread; probes
    rf"\.(?:[0-9]+(?:\.old)?|.+\.[0-9]+(?:-[0-9]+)?|.+\.mode|writable\.[0-9]+){re.escape(UNFINISHED)}"
)
FULL = {errno.ENOSPC, errno.EDQUOT}
NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}  # a file system that has no such thing, and loses nothing by it


class WriteError(OSError):
    """Something could not be written; the message says what and why, in one sentence. `full`: the disk is full."""

    def __init__(self, message: str, *, full: bool = False) -> None:
        super().__init__(message)
        self.full = full


@contextmanager
def explained(path: Path, needed: int) -> Iterator[None]:
    """Turn what the writers of files and tensors raise into a WriteError that names `path`.

    `needed` is how many bytes are written about; a full disk is told with them and with how many are free.
    """
    try:
        yield
    except (OSError, SafetensorError) as error:
        free = free_bytes(path)
        full = _is_full(error, needed, free)
        known = "nobody can tell how many are" if free is None else f"{free:,} are"
        why = f"the disk is full; it needs {needed:,} bytes, and {known} free" if full else _said(error)
        raise WriteError(f"{path} could not be written: {why}.", full=full) from error


def _is_full(error: Exception, needed: int, free: int | None) -> bool:
    """Tell whether the disk was full; a writer of archives does not say, so that the free bytes are looked at."""
    number, said = getattr(error, "errno", None), str(error)
    if isinstance(error, WriteError) or number is not None or "os error" in said:
        return getattr(error, "full", False) or number in FULL or "No space left" in said
    return free is not None and free < needed


def _said(error: BaseException) -> str:
    """Return the reason in the system's words, without the path of the part that was being written."""
    if isinstance(error, WriteError) and error.__cause__ is not None:
        return _said(error.__cause__)
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return words.splitlines()[0].rstrip(".")


def free_bytes(path: Path) -> int | None:
    """Return the free bytes of the file system of a path that may not exist yet; None where nobody can tell."""
    for folder in path.absolute().parents:
        try:
            return shutil.disk_usage(folder).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None


def write_file(path: Path, data: bytes) -> None:
    """Write a file as one step, so that nobody ever sees half of it; an older one is replaced. Raises OSError."""
    with written_file(path) as part:
        part.write_bytes(data)


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """Give a new folder to write into, and move it to `folder` as one step once everything is on the disk.

    An older `folder` is kept until the new one is complete. What fails leaves nothing behind.
    """
    part = folder.with_name(f".{folder.name}{UNFINISHED}")
    remove(part)
    try:
        part.mkdir(parents=True)
        yield part
        for path in [*part.iterdir(), part]:
            _flush(path)
        outdated = _moved_into_place(part, folder)
    except BaseException:  # half a save would fill the disk on which the next one is tried
        remove(part)
        raise
    with suppress(OSError):  # it is in its place, and whoever reads the folder finds it there
        _flush(folder.parent)
    remove(outdated)


@contextmanager
def written_file(file: Path) -> Iterator[Path]:
    """Give a new file to write, and move it to `file` as one step once it is on the disk. Raises OSError.

    Several processes and threads may do so at once: the last one's file stays. What fails leaves nothing behind.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}-{threading.get_ident()}{UNFINISHED}")
    try:
        yield part
        give_usual_mode(part)
        _flush(part)
        part.replace(file)
    finally:
        with suppress(OSError):
            part.unlink()


def _moved_into_place(part: Path, folder: Path) -> Path:
    """Move a complete folder to its name, and return where an older one of that name is until it is removed."""
    outdated = folder.with_name(f".{folder.name}.old{UNFINISHED}")
    is_replaced = folder.exists()
    if is_replaced:
        remove(outdated)
        folder.rename(outdated)
    try:
        part.rename(folder)
    except BaseException:
        if is_replaced:
            outdated.rename(folder)
        raise
    return outdated


def give_usual_mode(path: Path) -> None:
    """Give a file the mode of any new file in its folder; the writer of safetensors lets only its owner read it.

    A drive that knows no modes is left as it is.
    """
    probe = path.with_name(f".{path.name}.mode{UNFINISHED}")
    with suppress(OSError):
        probe.touch()
        try:
            path.chmod(stat.S_IMODE(probe.stat().st_mode))
        finally:
            probe.unlink()


def check_writable(folder: Path) -> None:
    """Raise WriteError unless a file can be written into a folder, there already or not; leave nothing behind."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    probe = folder / f".writable.{os.getpid()}{UNFINISHED}"
    with explained(folder, 1):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"1")
        finally:
            with suppress(OSError):
                probe.unlink()
            for made in missing:
                with suppress(OSError):
                    made.rmdir()


def discard(folder: Path) -> None:
    """Remove a checkpoint; a kill in between leaves nothing that looks like a whole one."""
    outdated = folder.with_name(f".{folder.name}.old{UNFINISHED}")
    folder.rename(outdated)
    remove(outdated)


def remove(folder: Path) -> None:
    """Remove a folder, or a file, as far as that is possible, its files emptied first.

    A mounted drive moves what is removed into its trash, where it takes room for weeks: an empty file takes none. A
    file that has another name elsewhere, or stands elsewhere itself, is not emptied.
    """
    with suppress(OSError):  # the drive may be away
        for file in [] if folder.is_symlink() else [folder, *folder.rglob("*")]:
            _empty(file)
        if not folder.is_dir():
            folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _empty(file: Path) -> None:
    with suppress(OSError):
        facts = file.lstat()
        if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1:
            os.truncate(file, 0)


def discard_unfinished(run: Path) -> None:
    """Remove what saves and removals that were killed have left in a run, and nothing of others."""
    for path in run.glob(f".*{UNFINISHED}"):
        if LEFT.fullmatch(path.name):
            remove(path)


def _flush(path: Path) -> None:
    """Wait until a file or a folder's list of names is on the disk. Raises OSError for a file that cannot get there."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NO_SYNC and not path.is_dir():  # mounted drives refuse this for folders
            raise
    finally:
        os.close(handle)
