"""A folder of mails as applications to a race: each folder, zip or picture in it is one entrant's.

An entrant's part holds one exported PNG and the checkpoint beside it, or `entry.toml` with checkpoint, seed and psi:

    name = "Anna and Ben"     # by default the name of the folder, zip or picture
    about = "What we tried."  # Markdown, shown after the vote
    checkpoint = "3f2a9c01"   # the first 8 digits of its SHA-256 or more, or its name; by default the only one there is
    seed = 7
    psi = 1.0
    seeds_looked_at = 40
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from studio.checkpoints.catalog import Catalog
from studio.checkpoints.checkpoint_source import CheckpointSource, CheckpointSources
from studio.race.batch_files import (
    ArchiveError,
    PictureFile,
    files_in,
    is_archive,
    is_hidden,
    is_picture,
    members_of,
    pictures,
    read_file,
    read_member,
    unpack_checkpoints,
)
from studio.race.batch_verification import claimed_checkpoint
from studio.race.entry_admission import Application
from studio.race.messages import RaceError
from studio.race.verdict import SENTENCES

ENTRY = "entry.toml"
MAX_ENTRY_BYTES = 65_536
FIELDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "about": (str,),
    "checkpoint": (str,),
    "seed": (int,),
    "psi": (int, float),
    "seeds_looked_at": (int,),
}
SHOWN = 3  # pictures that a refusal names


@dataclass(frozen=True)
class Mail:
    """One entrant's part of a folder of mails: its name and where it lies."""

    name: str
    path: Path

    @contextmanager
    def opened(self, source: CheckpointSource) -> Iterator[tuple[Application, CheckpointSource]]:
        """Give the application in it, and where its checkpoint is found: in it, or in `source`.

        Raises RaceError where it holds no application, or several.
        """
        with TemporaryDirectory(prefix="gan-race-") as unpacked:
            application, catalogs = self._read(Path(unpacked))
            yield application, CheckpointSources([*catalogs, source])

    def _read(self, unpacked: Path) -> tuple[Application, list[Catalog]]:
        try:
            catalogs = self._catalogs(unpacked)
            return self._application(catalogs), catalogs
        except ArchiveError as error:
            raise RaceError("entry_archive", why=SENTENCES[error.code].format(**error.values)) from error

    def _catalogs(self, unpacked: Path) -> list[Catalog]:
        inside = files_in(self.path) if self.path.is_dir() else [self.path]
        for number, archive in enumerate(filter(is_archive, inside)):
            unpack_checkpoints(archive, unpacked / f"zip-{number}")
        return [Catalog(self.path), Catalog(unpacked)] if self.path.is_dir() else [Catalog(unpacked)]

    def _application(self, catalogs: list[Catalog]) -> Application:
        said = _fields(self._entry_toml())
        said["name"] = said.get("name", self.name)
        picture = _tile(list(pictures([self.path])))
        if picture is None or "checkpoint" in said or "seed" in said:
            said["checkpoint"] = _checkpoint(said.get("checkpoint"), catalogs)
        return Application(**said, tile=None if picture is None else _bytes(picture))

    def _entry_toml(self) -> bytes | None:
        """Return the entry.toml that lies highest, if there is one."""
        if self.path.is_dir():
            found = [path for path in files_in(self.path) if path.name == ENTRY]
            return read_file(min(found, key=lambda path: len(path.parts)), MAX_ENTRY_BYTES) if found else None
        if not is_archive(self.path):
            return None
        names = [one.filename for one in members_of(self.path) if PurePosixPath(one.filename).name == ENTRY]
        return read_member(self.path, min(names, key=len), MAX_ENTRY_BYTES) if names else None


def mails_in(folder: Path) -> list[Mail]:
    """List the parts of a folder of mails by name. Raises FileNotFoundError, and ValueError where there are none."""
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}.")
    found = [
        Mail(path.stem if path.is_file() else path.name, path) for path in sorted(folder.iterdir()) if _is_mail(path)
    ]
    if not found:
        raise ValueError(f"{folder} holds no mail: no folder, zip or picture.")
    return found


def _is_mail(path: Path) -> bool:
    if is_hidden(path.name):
        return False
    return path.is_dir() or is_archive(path) or is_picture(path.name, False)


def _fields(data: bytes | None) -> dict[str, Any]:
    """Read entry.toml strictly, so that no misspelt field is passed over. Raises RaceError."""
    if data is None:
        return {}
    try:
        found = tomllib.loads(data[: MAX_ENTRY_BYTES + 1].decode()) if len(data) <= MAX_ENTRY_BYTES else None
    except (ValueError, RecursionError) as error:
        raise RaceError("entry_toml", why=str(error).rstrip(".")[:200]) from error
    if found is None:
        raise RaceError("entry_toml", why=f"it has more than {MAX_ENTRY_BYTES} bytes")
    for name, value in found.items():
        if name not in FIELDS:
            raise RaceError("entry_toml", why=f"{ascii(name)[:40]} is none of {', '.join(FIELDS)}")
        if isinstance(value, bool) or not isinstance(value, FIELDS[name]):
            raise RaceError("entry_toml", why=f"{name} is {ascii(value)[:40]}, which is of the wrong kind")
    return found


def _tile(found: list[PictureFile]) -> PictureFile | None:
    """Return the one picture to enter: of several the only one that says of itself what it is. Raises RaceError."""
    exported = [one for one in found if claimed_checkpoint(one)] if len(found) > 1 else found
    candidates = exported or found
    if len(candidates) > 1:
        names = ", ".join(one.label for one in candidates[:SHOWN])
        raise RaceError("entry_several_tiles", count=len(candidates), names=names)
    return candidates[0] if candidates else None


def _bytes(picture: PictureFile) -> bytes:
    if picture.problem:
        raise RaceError("entry_archive", why=SENTENCES[picture.problem].format(**picture.values))
    try:
        return picture.read()
    except OSError as error:
        why = SENTENCES["unreadable"].format(why=error.strerror or type(error).__name__)
        raise RaceError("entry_archive", why=why) from error


def _checkpoint(said: str | None, catalogs: list[Catalog]) -> str | None:
    """Return the hash of the checkpoint that is meant: by its name, or the only one that came along."""
    entries = [entry for catalog in catalogs for entry in catalog.entries() if entry.sha256]
    if said is None:
        return entries[0].sha256 if len({entry.sha256 for entry in entries}) == 1 else None
    named = next((entry.sha256 for entry in entries if entry.name == said), None)
    return named or said
