"""The checkpoints of a folder: found by their configs, loaded on demand, those used last kept in memory."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias

from torch import nn

from studio.byte_lru import ByteLRU
from studio.checkpoints.hash_cache import HashCache
from training.core.atomic_write import UNFINISHED
from training.core.checkpoint import (
    CONFIG,
    RAW_WEIGHTS,
    WEIGHTS,
    Checkpoint,
    CheckpointError,
    Description,
    describe,
    examine,
    file_sha256,
    load,
)
from training.core.clean_text import clean_text, encodable
from training.core.litter import is_litter
from training.core.operations import exceeds, tile_operations
from training.core.regular_file import open_within
from training.core.run_folder import KEPT_STEPS, is_copy_of_step, is_step, kept_steps, newest, steps

GENERATORS_BYTES = 512 * 2**20
MOST_OPERATIONS = 20 * 10**12  # of a tile that a studio lists: minutes on two cores
GIGA = 10**9
SHORT = 8  # hexadecimal digits by which people name a checkpoint
MOST_DEFAULT_BYTES = 4096
DEFAULT = "default"
NAME_LENGTH = 200  # characters of a folder's path that are shown
UNNAMED = "?"  # a folder whose name has no character that can be shown
AVERAGED: Final = "averaged"  # two kinds of weights of one checkpoint
RAW: Final = "raw"
Origin: TypeAlias = Literal["folder", "added", "beside"]  # given to the program, by a visitor, with files to check
Version: TypeAlias = tuple[Path, *tuple[int, ...]]  # a folder, and what changes when a file in it is replaced


class UnknownCheckpointError(CheckpointError):
    """No checkpoint of the catalog has the hash that was asked for."""


@dataclass(frozen=True)
class Entry:
    """One line of the catalog: a checkpoint by its name, or the reason why it cannot be used.

    `name` is clean text, as people may be shown it. `raw` is the SHA-256 of its weights as last trained, where it has
    such beside the average, and `raw_problem` why they cannot be used. `file` holds the weights whose hash is `sha256`;
    `size` is that of the averaged ones in bytes. `origin` tells who has brought it.
    """

    name: str
    folder: Path
    description: Description | None
    sha256: str | None
    problem: CheckpointError | None
    raw: str | None = None
    raw_problem: CheckpointError | None = None
    file: str = WEIGHTS
    size: int = 0
    origin: Origin = "folder"

    @property
    def weights(self) -> Literal["averaged", "raw"] | None:
        """Return which kind of weights `sha256` names: AVERAGED, RAW, or None where nothing says so."""
        if self.file == RAW_WEIGHTS:
            return RAW
        averaged = self.description.averaged if self.description else None
        return AVERAGED if averaged or self.raw else RAW if averaged is False else None

    def as_raw(self) -> Entry:
        """Return the same checkpoint with its weights as last trained, under a name that says so."""
        return replace(self, name=raw_name(self.name), sha256=self.raw, file=RAW_WEIGHTS)


def listed_name(name: str) -> str:
    """Return the name of a folder as it is listed: on one line, encodable, and no longer than a line."""
    return clean_text(encodable(name), NAME_LENGTH) or UNNAMED


def raw_name(name: str) -> str:
    """Return what the weights as last trained of a checkpoint are called."""
    return f"{name} · {RAW}"


def _examined_sha256(path: Path) -> str:
    return examine(path.parent, path.name)


# Return the hash of weights that are checked only when they are drawn: a run may keep many steps.
_written_sha256 = file_sha256


class Catalog:
    """All checkpoints below one folder; nothing outside it can be named. Safe to use from many threads.

    One whose tile takes more than `most_operations` floating-point operations is listed with that as its problem.
    """

    def __init__(
        self,
        root: Path,
        kept_bytes: int = GENERATORS_BYTES,
        known: HashCache | None = None,
        most_operations: int | None = None,
        origin: Origin = "folder",
    ) -> None:
        self.root, self._most_operations, self._origin = root.resolve(), most_operations, origin
        self.known = known or HashCache()
        self._loaded: ByteLRU[str, Checkpoint] = ByteLRU(kept_bytes, lambda checkpoint: size_of(checkpoint.generator))
        self._examined: dict[Version, Entry] = {}
        self._listed: dict[str, Path] = {}  # the run of each hash of the last list
        self._lock = threading.RLock()

    def close(self) -> None:
        """Let go of the generators that are in memory."""
        with self._lock:
            self._loaded.clear()

    def entries(self) -> list[Entry]:
        """List the checkpoints by name; of a run only the newest, of a damaged one the reason."""
        listed = {run: self._newest(run) for run in self._runs()}
        kinds = [(kind.sha256, run) for run, entry in listed.items() for kind in _kinds(entry)]
        self._listed = {sha256: run for sha256, run in reversed(kinds) if sha256}  # of two equal ones the first
        self.known.keep()
        return list(listed.values())

    def find(self, sha256: str) -> Entry | None:
        """Return the entry whose file of weights has this SHA-256, or whose SHA-256 begins so (8 digits or more).

        Where it is the file of the weights as last trained, the entry is that of these, by name and hash.
        The older checkpoints of a run can be found too: a tile may have been exported just before the newest came. So
        can the steps that it kept.
        """
        wanted = sha256.lower()
        if len(wanted) < SHORT:
            return None
        run = self._listed.get(wanted)  # where it was when all were listed last; to walk through 100 folders takes time
        there = _kinds(self._newest(run)) if run else []
        every = itertools.chain(there, self._every())
        return next((entry for entry in every if entry.sha256 and entry.sha256.startswith(wanted)), None)

    def _every(self) -> Iterator[Entry]:
        yield from itertools.chain.from_iterable(map(_kinds, self.entries()))
        yield from itertools.chain.from_iterable(map(_kinds, self._older()))

    def problem(self, sha256: str) -> CheckpointError | None:
        """Return what has gone wrong with weights that had this SHA-256, or one that begins so, and were usable."""
        with self._lock:
            known = [kind for entry in self._examined.values() for kind in _kinds(entry)]
        had = [kind for kind in known if (kind.sha256 or "").startswith(sha256.lower())]
        now = {entry.folder: entry for entry in self.entries()}
        for entry, found in ((one, now[one.folder]) for one in had if one.folder in now):
            if found.problem:
                return found.problem
            if found.raw_problem and entry.file == RAW_WEIGHTS:
                return found.raw_problem
        return None

    def steps(self, entry: Entry) -> list[Entry]:
        """List what a run kept of its way, oldest first; nothing for a checkpoint that is alone.

        Their weights are hashed here and checked when they are loaded; a step that cannot be described is left out.
        """
        run = entry.folder.parent
        if not is_step(entry.folder.name) or entry.folder == self.root:
            return []
        return [step for step in self._kept_steps(run) if step.problem is None]

    def default(self) -> Entry | None:
        """Return the entry that the file `default` names, otherwise the one that was written last in this folder."""
        return self.first(self.entries())

    def first(self, entries: list[Entry]) -> Entry | None:
        """Return the default among the entries of this catalog."""
        usable = [entry for entry in entries if entry.problem is None]
        try:
            with open_within(self.root / DEFAULT) as file:
                name = file.read(MOST_DEFAULT_BYTES).decode().strip()
        except (OSError, ValueError):
            name = ""
        named = (entry for entry in usable if name and entry.name == listed_name(name))
        return next(named, max(usable, key=self._written, default=None))

    def _written(self, entry: Entry) -> tuple[bool, int]:
        """Return when an entry was written; what lies in another folder counts as older than all in this one."""
        try:
            written = (entry.folder / entry.file).stat().st_mtime_ns
        except OSError:  # it has just gone
            written = 0
        return entry.folder.is_relative_to(self.root), written

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

    def forget(self, sha256: str) -> None:
        """Give up what is remembered of a checkpoint that was removed."""
        with self._lock:
            self._loaded.pop(sha256)
            self.known.forget(sha256)
            kept = {version: entry for version, entry in self._examined.items() if entry.sha256 != sha256}
            self._examined = kept

    def _load(self, sha256: str) -> Checkpoint:
        entry = self.find(sha256)
        if entry is None or entry.sha256 is None:
            raise UnknownCheckpointError(f"No checkpoint here has the hash {sha256[:SHORT]}.")
        kept = self._loaded.get(entry.sha256)
        if kept is not None:
            return kept
        try:
            found = load(entry.folder, entry.file)
        except CheckpointError as error:
            self._mistrust(entry.sha256)
            raise self._told(error) from error
        if found.sha256 != entry.sha256:
            self._mistrust(entry.sha256)
            message = f"{entry.name} has just been replaced by another checkpoint; choose it again."
            raise CheckpointError(message, "replaced", name=entry.name)
        return found

    def _mistrust(self, sha256: str) -> None:
        """Look at the files of a checkpoint again with the next list; what it had been is remembered, to say why."""
        with self._lock:
            self.known.forget(sha256)
            wrong = [version for version, entry in self._examined.items() if sha256 in (entry.sha256, entry.raw)]
            for folder, *facts in wrong:
                self._examined[(folder,)] = self._examined.pop((folder, *facts))

    def _runs(self) -> list[Path]:
        """List the folders that are a checkpoint or a run; links to other folders are not followed."""
        runs = set()
        for name, folders, files in os.walk(self.root):
            if any(map(is_step, folders)):
                folders[:] = [one for one in folders if one != KEPT_STEPS and not is_copy_of_step(one)]
            folders[:] = [one for one in folders if not one.endswith(UNFINISHED) and not is_litter(one)]
            if CONFIG in files or WEIGHTS in files:
                folder = Path(name)
                runs.add(folder.parent if is_step(folder.name) and folder != self.root else folder)
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
        return listed_name(self.root.name if folder == self.root else folder.relative_to(self.root).as_posix())

    def _entry(self, folder: Path, name: str, sha256_of: Callable[[Path], str] = _examined_sha256) -> Entry:
        """Examine a checkpoint once to know its hash and that it can be used; a replaced one is examined again."""
        try:
            version = self._version(folder)
            with self._lock:
                if version not in self._examined:
                    self._examined[version] = self._examine(folder, name, sha256_of)
                return replace(self._examined[version], name=name)
        except (OSError, CheckpointError) as error:
            return self._unusable(folder, name, error)

    def _examine(self, folder: Path, name: str, sha256_of: Callable[[Path], str]) -> Entry:
        try:
            sha256, size = self.known.sha256(folder / WEIGHTS, sha256_of), (folder / WEIGHTS).stat().st_size
            description = describe(folder)
            self._check_operations(description)
            found = Entry(name, folder, description, sha256, None, size=size, origin=self._origin)
        except (CheckpointError, RuntimeError) as error:  # RuntimeError: there is no memory for what a config asks for
            return self._unusable(folder, name, error)
        return self._with_raw(found, sha256_of)

    def _check_operations(self, description: Description) -> None:
        most, config = self._most_operations, description.config
        if most is not None and exceeds(config, most):
            found, limit = (f"{count / GIGA:.0f}" for count in (tile_operations(config), most))
            raise CheckpointError(
                f"A tile of this generator takes {found} GFLOP; up to {limit} are allowed here.",
                "operations",
                found=found,
                limit=limit,
            )

    def _with_raw(self, entry: Entry, sha256_of: Callable[[Path], str]) -> Entry:
        """Look at the weights as last trained, if there are any; what is wrong with them harms the others not."""
        path = entry.folder / RAW_WEIGHTS
        if not os.path.lexists(path):
            return entry
        try:
            self._check_inside(path)
            raw = self.known.sha256(path, sha256_of)
        except (OSError, CheckpointError, RuntimeError) as error:
            return replace(entry, raw_problem=self._told(error))
        return entry if raw == entry.sha256 else replace(entry, raw=raw)

    def _unusable(self, folder: Path, name: str, error: Exception) -> Entry:
        problem = _missing(name, error) if isinstance(error, FileNotFoundError) else self._told(error)
        return Entry(name, folder, None, None, problem, origin=self._origin)

    def _told(self, error: Exception) -> CheckpointError:
        """Return an error as visitors may read it: without the place of the catalog on this machine."""
        told = as_problem(error)
        place, name = encodable(str(self.root)), encodable(self.root.name)
        values = {key: value.replace(place, name) for key, value in told.values.items()}
        return CheckpointError(str(told).replace(place, name), told.why, **values)

    def _version(self, folder: Path) -> Version:
        """Return what a replaced checkpoint would change. Raises OSError for a file missing or outside the root."""
        facts: list[int] = []
        for path in (folder / CONFIG, folder / WEIGHTS):
            self._check_inside(path)
            facts += _facts(path)
        with suppress(OSError):
            facts += _facts(folder / RAW_WEIGHTS)
        return (folder, *facts)

    def _check_inside(self, path: Path) -> None:
        if not path.resolve().is_relative_to(self.root):
            message = f"{path} is a link to outside this folder, which is not followed."
            raise CheckpointError(message, "link", file=path)


def as_problem(error: Exception) -> CheckpointError:
    """Return whatever went wrong with a checkpoint as the error that says why it cannot be used."""
    match error:
        case CheckpointError():
            return error
        case OSError():
            return CheckpointError(str(error), "unreadable", file=error.filename or "")
        case RuntimeError():
            return CheckpointError(str(error), "memory")
    return CheckpointError(str(error))


def _missing(name: str, error: FileNotFoundError) -> CheckpointError:
    file = Path(error.filename).name
    why = "no_config" if file == CONFIG else "no_weights"
    return CheckpointError(f"{name} has no {file}.", why, folder=name, file=file)


def _kinds(entry: Entry) -> list[Entry]:
    """Return an entry and, where it has such, that of its weights as last trained."""
    return [entry, entry.as_raw()] if entry.raw else [entry]


def _facts(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_ino, found.st_size, found.st_mtime_ns]


def size_of(network: nn.Module) -> int:
    """Return the bytes of a network's weights and buffers."""
    return sum(value.nbytes for value in network.state_dict().values())
