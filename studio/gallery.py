"""The checkpoints of a folder: found by their configs, loaded on demand, a bounded number of them kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from training.checkpoint import (
    CONFIG,
    UNFINISHED,
    WEIGHTS,
    Checkpoint,
    CheckpointError,
    Description,
    describe,
    file_sha256,
    load,
    newest,
)

KEPT = 4
SHORT = 8  # hexadecimal digits by which people name a checkpoint
DEFAULT = "default"


@dataclass(frozen=True)
class Entry:
    """One line of the gallery: a checkpoint by its name, or the reason why it cannot be used."""

    name: str
    folder: Path
    description: Description | None
    sha256: str | None
    problem: str | None

    @property
    def label(self) -> str:
        """Return the name with what tells two checkpoints apart: images seen and the short hash."""
        if self.description is None or self.sha256 is None:
            return f"{self.name} ({self.problem})"
        images = self.description.about.get("images")
        seen = f" · {images:,} images" if isinstance(images, int) else ""
        return f"{self.name}{seen} · {self.sha256[:SHORT]}"


class Gallery:
    """All checkpoints below one folder; nothing outside it can be named. Safe to use from many threads."""

    def __init__(self, root: Path, kept: int = KEPT) -> None:
        self.root, self._kept = root, kept
        self._loaded: OrderedDict[str, Checkpoint] = OrderedDict()
        self._hashes: dict[tuple[Path, int, int], str] = {}
        self._lock = threading.RLock()

    def entries(self) -> list[Entry]:
        """List the checkpoints by name; of a run only the newest, of a damaged one the reason."""
        folders = {path.parent for path in self._files(CONFIG)} | {path.parent for path in self._files(WEIGHTS)}
        runs = {folder.parent if folder.name.isdigit() else folder for folder in folders}
        return [self._entry(run) for run in sorted(runs)]

    def find(self, sha256: str) -> Entry | None:
        """Return the entry whose file of weights has this SHA-256, or whose SHA-256 begins so."""
        wanted = sha256.lower()
        if len(wanted) < SHORT:
            return None
        return next((entry for entry in self.entries() if entry.sha256 and entry.sha256.startswith(wanted)), None)

    def default(self) -> Entry | None:
        """Return the entry that the file `default` names, otherwise the first that can be used."""
        usable = [entry for entry in self.entries() if entry.problem is None]
        path = self.root / DEFAULT
        name = path.read_text(encoding="utf-8").strip() if path.is_file() else None
        return next((entry for entry in usable if entry.name == name), usable[0] if usable else None)

    def load(self, sha256: str) -> Checkpoint:
        """Return the checkpoint with this SHA-256, from memory if it is there. Raises CheckpointError."""
        with self._lock:
            if sha256 not in self._loaded:
                self._loaded[sha256] = self._load(sha256)
                while len(self._loaded) > self._kept:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(sha256)
            return self._loaded[sha256]

    def _load(self, sha256: str) -> Checkpoint:
        entry = self.find(sha256)
        if entry is None:
            raise CheckpointError(f"No checkpoint here has the hash {sha256[:SHORT]}.")
        found = load(entry.folder)
        if found.sha256 != entry.sha256:
            raise CheckpointError(f"{entry.name} has just been replaced by another checkpoint; choose it again.")
        return found

    def _entry(self, folder: Path) -> Entry:
        name = folder.relative_to(self.root).as_posix()
        try:
            folder = newest(folder)
            return Entry(name, folder, describe(folder), self._sha256(folder / WEIGHTS), None)
        except FileNotFoundError:
            return Entry(name, folder, None, None, f"{name} has no {WEIGHTS}.")
        except (CheckpointError, OSError) as error:
            return Entry(name, folder, None, None, str(error).replace(str(self.root), self.root.name))

    def _files(self, name: str) -> list[Path]:
        found = (path for path in self.root.rglob(name) if path.is_file())
        return [path for path in found if not any(part.endswith(UNFINISHED) for part in path.parts)]

    def _sha256(self, path: Path) -> str:
        facts = path.stat()
        key = (path, facts.st_size, facts.st_mtime_ns)
        with self._lock:
            if key not in self._hashes:
                self._hashes[key] = file_sha256(path)
            return self._hashes[key]
