"""A run's checkpoints on a drive: each is on the local disk first, so that a drive that hangs holds nobody up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from training.core import atomic_write, run_folder
from training.core.atomic_write import WriteError
from training.core.checkpoint import STATE
from training.runs.notices import sentence, warn
from training.runs.spare import copy_checkpoint


@dataclass(frozen=True)
class Copy:
    """A checkpoint that is to be in `target`, with the state to resume, which is most of it, or without.

    `source` is its folder on the local disk, or writes it into a folder where that disk has none.
    """

    target: Path
    resumable: bool
    source: Path | Callable[[Path], None]

    @property
    def images(self) -> int:
        """Return the images that the checkpoint has seen."""
        return int(self.target.name)

    @property
    def local(self) -> Path | None:
        """Return its folder on the local disk."""
        return self.source if isinstance(self.source, Path) else None


@dataclass
class Drive:
    """What the drive has, is to get, and is getting; of several checkpoints that wait it gets the newest only.

    `out` is the run's folder on the drive, `spare` the one on the local disk. `on_copied` learns each new place.
    """

    out: Path
    spare: Path
    on_copied: Callable[[Path], None]
    has: dict[str, bool] = field(default_factory=dict)  # checkpoints of `out`, and whether with their state
    lock: Lock = field(default_factory=Lock)
    due: Copy | None = None
    copying: Copy | None = None
    local: Path | None = None  # the last checkpoint that this call has written to the local disk
    owes_state: bool = False  # a state could not be copied when its turn was

    def covers(self, name: str, *, resumable: bool) -> bool:
        """Tell whether the drive has a checkpoint, with its state where that is wanted."""
        return name in self.has and (self.has[name] or not resumable)

    def put(self, copy: Copy) -> None:
        """Let a checkpoint be the next that is copied; older ones on the local disk are given up."""
        with self.lock:
            self.owes_state = self.owes_state or copy.resumable
            self.due = replace(copy, resumable=self.owes_state)
            self.local = copy.local or self.local
            held = {one.local for one in (self.due, self.copying) if one is not None}
            if copy.local is not None:
                self._discard(lambda local: local not in held)

    def copy(self) -> None:
        """Copy what is due. Raises WriteError for what is nowhere else; anything else that fails is told."""
        with self.lock:
            copy, self.due = self.due, None
            if copy is None or self.covers(copy.target.name, resumable=copy.resumable):
                return
            self.copying = copy
        try:
            if isinstance(copy.source, Path):
                copy_checkpoint(copy.source, copy.target, without=() if copy.resumable else (STATE,))
            else:
                copy.source(copy.target)
            run_folder.discard_others(self.out, copy.target)
        except WriteError as error:
            if copy.local is None:
                raise
            warn(f"{sentence(error)} The checkpoint is in {copy.local} until the next one can be written.")
        else:
            self._copied(copy)
        finally:
            self.copying = None

    def _copied(self, copy: Copy) -> None:
        """Note where a checkpoint is now, and remove what the local disk has no more use for."""
        with self.lock:
            self.copying = None
            has_state = copy.resumable or copy.local is None
            self.has = {copy.target.name: has_state}
            self.owes_state = self.owes_state and not has_state
            self.on_copied(copy.target)
            last = copy.images if has_state else copy.images - 1
            held = self.due.local if self.due is not None else None
            self._discard(lambda local: int(local.name) <= last and local != held)

    def _discard(self, is_over: Callable[[Path], bool]) -> None:
        with suppress(OSError):
            for local in run_folder.steps(self.spare):
                if is_over(local):
                    atomic_write.discard(local)
