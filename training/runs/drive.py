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
from training.runs.mounts import is_mounted
from training.runs.notices import sentence, warn
from training.runs.spare import copy_checkpoint


@dataclass(frozen=True)
class Delivery:
    """A checkpoint that is to be in `target`, with the state to resume, which is most of it, or without.

    `local` is its folder on the local disk; where that disk has none, `write` writes it into a folder.
    """

    target: Path
    resumable: bool
    local: Path | None
    write: Callable[[Path], None] | None = None

    @property
    def images(self) -> int:
        """Return the images that the checkpoint has seen."""
        return int(self.target.name)


@dataclass
class Drive:
    """What the drive has, is to get, and is getting; of several checkpoints that wait it gets the newest only.

    `out` is the run's folder on the drive, which is mounted at `point`, `spare` the one on the local disk. `on_copied`
    learns each new place.
    """

    out: Path
    spare: Path
    point: Path
    on_copied: Callable[[Path], None]
    has: dict[str, bool] = field(default_factory=dict)  # checkpoints of `out`, and whether with their state
    lock: Lock = field(default_factory=Lock)
    due: Delivery | None = None
    under_way: Delivery | None = None
    local: Path | None = None  # the last checkpoint that this call has written to the local disk
    owes_state: bool = False  # the drive is still to get a state: the next copy has one, whatever its turn

    def covers(self, name: str, *, resumable: bool) -> bool:
        """Tell whether the drive has a checkpoint, with its state where that is wanted."""
        return name in self.has and (self.has[name] or not resumable)

    def check_mounted(self) -> None:
        """Raise WriteError where the drive is away: what is written then goes to the disk below its mount point."""
        if not is_mounted(self.point, self.out):
            raise WriteError(f"the drive is away: nothing is mounted at {self.point} any more")

    def put(self, delivery: Delivery) -> None:
        """Let a checkpoint be the next that is copied; older ones on the local disk are given up."""
        with self.lock:
            self.owes_state = self.owes_state or delivery.resumable
            self.due = replace(delivery, resumable=self.owes_state)
            self.local = delivery.local or self.local
            held = {one.local for one in (self.due, self.under_way) if one is not None}
            if delivery.local is not None:
                self._discard(lambda local: local not in held)

    def deliver(self) -> None:
        """Copy what is due. Raises WriteError for what is nowhere else; anything else that fails is told."""
        with self.lock:
            delivery, self.due = self.due, None
            if delivery is None or self.covers(delivery.target.name, resumable=delivery.resumable):
                return
            self.under_way = delivery
        try:
            self._write(delivery)
        except WriteError as error:
            if delivery.local is None or not run_folder.exists(delivery.local):
                raise
            warn(f"{sentence(error)} The checkpoint is in {delivery.local} until the next one can be written.")
        else:
            self._copied(delivery)
        finally:
            self.under_way = None

    def _write(self, delivery: Delivery) -> None:
        """Write a checkpoint to the drive, and remove those before it there. Raises WriteError."""
        with atomic_write.explained(delivery.target, 0):
            self.check_mounted()
        if delivery.local is not None:
            copy_checkpoint(delivery.local, delivery.target, without=() if delivery.resumable else (STATE,))
        elif delivery.write is not None:
            delivery.write(delivery.target)
        with atomic_write.explained(delivery.target, 0):
            self.check_mounted()  # it may have gone meanwhile, and the local one is removed now
        run_folder.discard_others(self.out, delivery.target)

    def _copied(self, delivery: Delivery) -> None:
        """Note where a checkpoint is now, and remove what the local disk has no more use for."""
        with self.lock:
            self.under_way = None
            has_state = delivery.resumable or delivery.local is None
            self.has = {delivery.target.name: has_state}
            self.owes_state = self.owes_state and not has_state
            self.on_copied(delivery.target)
            last = delivery.images if has_state else delivery.images - 1
            held = self.due.local if self.due is not None else None
            self._discard(lambda local: int(local.name) <= last and local != held)

    def _discard(self, is_over: Callable[[Path], bool]) -> None:
        with suppress(OSError):
            for local in run_folder.steps(self.spare):
                if is_over(local):
                    atomic_write.discard(local)
