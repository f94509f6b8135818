"""The pictures in files, folders and zips that somebody names or drops, and the checkpoints beside them.

Nothing of a zip is unpacked under a name of its own, every size is counted while it is read, and only stored and
deflated members are read at all.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

from studio.race.tile_file import MAX_FILE_BYTES
from training.core.checkpoint import CONFIG, MAX_CONFIG_BYTES, RAW_WEIGHTS, WEIGHTS
from training.core.litter import is_litter

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
ARCHIVE = ".zip"
PREVIEWS = frozenset({"preview.png", "preview.jpg"})  # of a checkpoint, written by the training
CHECKPOINT_FILES = {CONFIG: MAX_CONFIG_BYTES, WEIGHTS: 2**28, RAW_WEIGHTS: 2**28}  # and the most bytes that are read
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # the others may ask for any amount of memory
MAX_MEMBERS = 4096
MAX_UNPACKED_BYTES = 2**32  # of all files of one zip; a class's checkpoints take up to some gigabytes
MAX_FILES = 2000  # of one call
LABEL_LETTERS = 200
INSIDE = " > "  # between a zip and its member

Source: TypeAlias = Path | bytes


class ArchiveError(ValueError):
    """A zip cannot be read; `code` is a key of the verdict's SENTENCES and `values` fill that text."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(frozen=True)
class PictureFile:
    """A file to check: how it is called, and how its bytes are read (at most MAX_FILE_BYTES + 1).

    Where it can be read by nobody, `problem` is the reason, a key of the verdict's SENTENCES, which `values` fill.
    """

    label: str
    read: Callable[[], bytes]
    problem: str | None = None
    values: dict[str, Any] = field(default_factory=dict)


def printable(name: str) -> str:
    """Return a file's name as a terminal or a page can show it: one line, no control letters, no great length."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)
    return shown if len(shown) <= LABEL_LETTERS else f"{shown[: LABEL_LETTERS - 1]}…"


def pictures(paths: Iterable[Path]) -> Iterator[PictureFile]:
    """Yield the pictures that files, folders and zips hold, in the order of the names.

    A file that is named itself is always one. In folders and zips, pictures are told by their endings, and the
    previews of checkpoints are passed over. Raises FileNotFoundError, and ValueError for more than MAX_FILES.
    """
    count = 0
    for path in paths:
        for picture in _of_path(path):
            count += 1
            if count > MAX_FILES:
                raise ValueError(f"There are more than {MAX_FILES} pictures; check fewer of them at once.")
            yield picture


def _of_path(path: Path) -> Iterator[PictureFile]:
    if path.is_dir():
        yield from _of_folder(path)
    elif not path.exists():
        raise FileNotFoundError(f"There is no file {path}.")
    elif is_archive(path):
        yield from pictures_in_zip(path, str(path))
    else:
        yield PictureFile(printable(str(path)), partial(read_file, path))


def _of_folder(folder: Path) -> Iterator[PictureFile]:
    for path in files_in(folder):
        if is_archive(path):
            yield from pictures_in_zip(path, str(path))
        elif is_picture(path.name, path.with_name(CONFIG).is_file()):
            yield PictureFile(printable(str(path)), partial(read_file, path))


def files_in(folder: Path) -> list[Path]:
    """List the regular files below a folder by name; hidden ones and links to folders are passed over."""
    found: list[Path] = []
    for name, folders, files in os.walk(folder):
        folders[:] = [one for one in folders if not is_hidden(one)]
        found += [Path(name, one) for one in files if not is_hidden(one)]
    return sorted(path for path in found if path.is_file())


def is_hidden(name: str) -> bool:
    """Tell whether a file or a folder is passed over: it is hidden, or something that a system has left."""
    return name.startswith(".") or is_litter(name)


def is_archive(path: Path) -> bool:
    """Tell whether a file is to be read as a zip."""
    return path.suffix.lower() == ARCHIVE


def is_picture(name: str, in_checkpoint: bool) -> bool:
    """Tell by its name whether a file is a picture to check, and not the preview of the checkpoint that it lies in."""
    if in_checkpoint and name.lower() in PREVIEWS:
        return False
    return PurePosixPath(name).suffix.lower() in PICTURES


def read_file(path: Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """Read a file up to one byte more than the limit, which tells that it is too large."""
    with path.open("rb") as file:
        return file.read(limit + 1)


def dropped_pictures(name: str, data: bytes) -> Iterator[PictureFile]:
    """Yield the pictures of a file that was dropped on the page: itself, or those that it holds as a zip."""
    if PurePosixPath(name).suffix.lower() == ARCHIVE:
        yield from pictures_in_zip(data, name)
    else:
        yield PictureFile(printable(name), lambda: data)


def pictures_in_zip(source: Source, label: str) -> Iterator[PictureFile]:
    """Yield the pictures in a zip; where it cannot be read, one that says why."""
    try:
        members = members_of(source)
    except ArchiveError as error:
        yield PictureFile(printable(label), _nothing, error.code, error.values)
        return
    folders = {member.parent for member in map(_place, members) if member.name == CONFIG}
    for member in members:
        place = _place(member)
        inside = printable(f"{label}{INSIDE}{member.filename}")
        if place.suffix.lower() == ARCHIVE:
            yield PictureFile(inside, _nothing, "archive_nested")
        elif is_picture(place.name, place.parent in folders):
            yield _picture_of_member(source, member, inside)


def _picture_of_member(source: Source, member: zipfile.ZipInfo, label: str) -> PictureFile:
    problem = _unreadable(member)
    if problem:
        return PictureFile(label, _nothing, problem)
    return PictureFile(label, partial(read_member, source, member.filename, MAX_FILE_BYTES))


def _nothing() -> bytes:
    return b""


def _place(member: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(member.filename)


def members_of(source: Source) -> list[zipfile.ZipInfo]:
    """List the files in a zip by name, hidden ones left out. Raises ArchiveError."""
    with _opened(source) as archive:
        members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise ArchiveError("archive_too_many", limit=MAX_MEMBERS)
    wanted = [one for one in members if not one.is_dir() and not any(map(is_hidden, _place(one).parts))]
    if sum(one.file_size for one in wanted) > MAX_UNPACKED_BYTES:
        raise ArchiveError("archive_too_large", limit=MAX_UNPACKED_BYTES)
    return sorted(wanted, key=lambda one: one.filename)


def _unreadable(member: zipfile.ZipInfo) -> str | None:
    if member.flag_bits & 1:
        return "archive_encrypted"
    return None if member.compress_type in METHODS else "archive_method"


def _opened(source: Source) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ArchiveError("archive_damaged") from error


def read_member(source: Source, name: str, limit: int) -> bytes:
    """Read a file of a zip up to one byte more than the limit, whatever its header says. Raises ArchiveError."""
    try:
        with _opened(source) as archive, archive.open(name) as member:
            return member.read(limit + 1)
    except ArchiveError:
        raise
    except Exception as error:  # the decoders raise whatever they like at a hostile file
        raise ArchiveError("archive_damaged") from error


def unpack_checkpoints(source: Source, into: Path) -> None:
    """Write the checkpoints in a zip below a folder, each under a number of its own. Raises ArchiveError, OSError."""
    members = [member for member in members_of(source) if _place(member).name in CHECKPOINT_FILES]
    folders = sorted({_place(member).parent for member in members if _place(member).name == CONFIG})
    for member in members:
        place = _place(member)
        if place.parent in folders and not _unreadable(member):
            folder = into / f"{folders.index(place.parent):04d}x"  # no number alone: that would be a step of a run
            folder.mkdir(parents=True, exist_ok=True)
            _unpack(source, member, folder / place.name)


def _unpack(source: Source, member: zipfile.ZipInfo, path: Path) -> None:
    limit = CHECKPOINT_FILES[path.name]
    data = read_member(source, member.filename, limit)
    if len(data) > limit:
        raise ArchiveError("archive_too_large", limit=limit)
    path.write_bytes(data)
