"""The checkpoints of a folder: found by their configs, loaded on demand, those used last kept in memory."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from torch import nn

from studio.kept import Kept
from training.checkpoint import (
    CONFIG,
    KEPT_STEPS,
    UNFINISHED,
    WEIGHTS,
    Checkpoint,
    CheckpointError,
    Description,
    describe,
    file_sha256,
    kept_steps,
    load,
    newest,
    steps,
)

GENERATORS_BYTES = 512 * 2**20
SHORT = 8  # hexadecimal digits by which people name a checkpoint
DEFAULT = "default"
Version: TypeAlias = tuple[Path, *tuple[int, ...]]  # a folder, and what changes when a file in it is replaced


class UnknownCheckpointError(CheckpointError):
    """No checkpoint of the gallery has the hash that was asked for."""


@dataclass(frozen=True)
class Entry:
    """One line of the gallery: a checkpoint by its name, or the reason why it cannot be used."""

    name: str
    folder: Path
    description: Description | None
    sha256: str | None
    problem: str | None


def _loaded_sha256(folder: Path) -> str:
    return load(folder).sha256


def _written_sha256(folder: Path) -> str:
    """Return the hash of weights that are checked only when they are drawn: a run may keep many steps."""
    return file_sha256(folder / WEIGHTS)


class Gallery:
    """All checkpoints below one folder; nothing outside it can be named. Safe to use from many threads."""

    def __init__(self, root: Path, kept_bytes: int = GENERATORS_BYTES) -> None:
        self.root = root.resolve()
        self._loaded: Kept[str, Checkpoint] = Kept(kept_bytes, lambda checkpoint: size_of(checkpoint.generator))
        self._examined: dict[Version, Entry] = {}
        self._lock = threading.RLock()

    def entries(self) -> list[Entry]:
        """List the checkpoints by name; of a run only the newest, of a damaged one the reason."""
        return [self._newest(run) for run in self._runs()]

    def find(self, sha256: str) -> Entry | None:
        """Return the entry whose file of weights has this SHA-256, or whose SHA-256 begins so (8 digits or more).

        The older checkpoints of a run can be found too: a tile may have been exported just before the newest came. So
        can the steps that it kept.
        """
        wanted = sha256.lower()
        if len(wanted) < SHORT:
            return None
        every = itertools.chain(self.entries(), self._older())
        return next((entry for entry in every if entry.sha256 and entry.sha256.startswith(wanted)), None)

    def steps(self, entry: Entry) -> list[Entry]:
        """List what a run kept of its way, oldest first; nothing for a checkpoint that is alone.

        Their weights are hashed here and checked when they are loaded; a step that cannot be described is left out.
        """
        run = entry.folder.parent
        if not entry.folder.name.isdecimal() or entry.folder == self.root:
            return []
        return [step for step in self._kept_steps(run) if step.problem is None]

    def default(self) -> Entry | None:
        """Return the entry that the file `default` names, otherwise the first that can be used."""
        usable = [entry for entry in self.entries() if entry.problem is None]
        try:
            name = (self.root / DEFAULT).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            name = ""
        return next((entry for entry in usable if entry.name == name), usable[0] if usable else None)

    def load(self, sha256: str) -> Checkpoint:
        """Return the checkpoint with this SHA-256 (or beginning), from memory if it is there.

        Raises UnknownCheckpointError where there is none, and CheckpointError.
        """
        with self._lock:
            found = self._loaded.get(sha256)
            if found is None:
                found = self._load(sha256)
                self._loaded.put(found.sha256, found)
            return found

    def _load(self, sha256: str) -> Checkpoint:
        entry = self.find(sha256)
        if entry is None or entry.sha256 is None:
            raise UnknownCheckpointError(f"No checkpoint here has the hash {sha256[:SHORT]}.")
        kept = self._loaded.get(entry.sha256)
        if kept is not None:
            return kept
        try:
            found = load(entry.folder)
        except CheckpointError as error:
            raise CheckpointError(self._told(error)) from error
        if found.sha256 != entry.sha256:
            raise CheckpointError(f"{entry.name} has just been replaced by another checkpoint; choose it again.")
        return found

    def _runs(self) -> list[Path]:
        """List the folders that are a checkpoint or a run; links to other folders are not followed."""
        runs = set()
        for name, folders, files in os.walk(self.root):
            is_run = any(map(str.isdecimal, folders))
            left_out = {KEPT_STEPS} if is_run else set()
            folders[:] = [folder for folder in folders if not folder.endswith(UNFINISHED) and folder not in left_out]
            if CONFIG in files or WEIGHTS in files:
                folder = Path(name)
                runs.add(folder.parent if folder.name.isdecimal() and folder != self.root else folder)
        return sorted(runs)

    def _newest(self, run: Path) -> Entry:
        name = self._name(run)
        try:
            return self._entry(newest(run), name)
        except (OSError, ValueError) as error:
            return self._unusable(run, name, error)

    def _older(self) -> Iterator[Entry]:
        for run in self._runs():
            with suppress(OSError, ValueError):
                yield from (self._entry(step, self._name(step)) for step in steps(run)[:-1])
                yield from self._kept_steps(run)

    def _kept_steps(self, run: Path) -> list[Entry]:
        if not (run / KEPT_STEPS).resolve().is_relative_to(self.root):
            return []
        return [self._entry(step, self._name(step), _written_sha256) for step in kept_steps(run)]

    def _name(self, folder: Path) -> str:
        return self.root.name if folder == self.root else folder.relative_to(self.root).as_posix()

    def _entry(self, folder: Path, name: str, sha256_of: Callable[[Path], str] = _loaded_sha256) -> Entry:
        """Load a checkpoint once to know its hash and that it can be used; a replaced one is loaded again."""
        try:
            version = self._version(folder)
            with self._lock:
                if version not in self._examined:
                    self._examined[version] = self._examine(folder, name, sha256_of)
                return replace(self._examined[version], name=name)
        except OSError as error:
            return self._unusable(folder, name, error)

    def _examine(self, folder: Path, name: str, sha256_of: Callable[[Path], str]) -> Entry:
        try:
            return Entry(name, folder, describe(folder), sha256_of(folder), None)
        except (CheckpointError, RuntimeError) as error:  # RuntimeError: there is no memory for what a config asks for
            return self._unusable(folder, name, error)

    def _unusable(self, folder: Path, name: str, error: Exception) -> Entry:
        reason = str(error)
        if isinstance(error, FileNotFoundError):
            reason = f"{name} has no {Path(error.filename).name}."
        return Entry(name, folder, None, None, self._told(reason))

    def _told(self, reason: object) -> str:
        """Return a reason as visitors may read it: without the place of the gallery on this machine."""
        return str(reason).replace(str(self.root), self.root.name)

    def _version(self, folder: Path) -> Version:
        """Return what a replaced checkpoint would change. Raises OSError for a file missing or outside the root."""
        facts: list[int] = []
        for path in (folder / CONFIG, folder / WEIGHTS):
            if not path.resolve().is_relative_to(self.root):
                raise PermissionError(f"{path} is a link to outside this folder, which is not followed.")
            found = path.stat()
            facts += [found.st_ino, found.st_size, found.st_mtime_ns]
        return (folder, *facts)


def size_of(network: nn.Module) -> int:
    """Return the bytes of a network's weights and buffers."""
    return sum(value.nbytes for value in network.state_dict().values())
