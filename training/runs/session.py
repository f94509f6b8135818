"""One call of a training: the trainer with its data and folder, and the budget of its time and images."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from training.core import atomic_write
from training.core.checkpoint import STATE
from training.core.dataset import Data
from training.core.process_group import ALONE, ProcessGroup
from training.core.run_folder import exists
from training.core.training_log import MetricsLog, parse_metrics
from training.evaluation import grids
from training.runs.alarms import WINDOW
from training.runs.background import Background
from training.runs.drive import Drive
from training.runs.external_logs import ExternalLogs
from training.runs.mounts import mount_point
from training.runs.trainer import Trainer


@dataclass(frozen=True)
class Budget:
    """When to stop: minutes of this call, hours over all calls, images over all calls; None sets no limit."""

    minutes: float | None = None
    hours_total: float | None = None
    images: int | None = None


@dataclass(frozen=True)
class KeptStep:
    """A small checkpoint to look back at: its folder, weights in float16, and the passport of its moment."""

    folder: Path
    weights: dict[str, torch.Tensor]
    about: dict[str, Any]


@dataclass
class Session:
    """One call of `train`: a trainer with its data and folder, the passport, and how long it has gone on."""

    trainer: Trainer
    data: Data
    out: Path
    about: dict[str, Any]
    log: MetricsLog
    clock: Callable[[], float] = time.monotonic
    group: ProcessGroup = ALONE
    rows: list[dict[str, Any]] = field(init=False)  # the last of the metrics
    saved: Path | None = None  # the last good checkpoint
    saves: int = 0  # in this call
    log_is_late: bool = False  # the file of metrics lacks lines, which has been told
    spare: Path | None = None  # of the run on the local disk, where `out` is on a drive: takes each checkpoint first
    external: ExternalLogs | None = None  # what other programs show of the run
    waiting: list[KeptStep] = field(default_factory=list)  # could not be written yet
    background: Background | None = None  # writes to a drive, while a training goes on that has a spare folder
    started: float = field(init=False)
    mounted_at: Path = field(init=False)  # where the drive or disk of `out` was mounted as the call began
    _drive: Drive | None = field(init=False, default=None)
    earlier_seconds: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()
        self.earlier_seconds = self.about["seconds"]
        self.mounted_at = mount_point(self.out)
        self.rows = parse_metrics(bytes(self.log.content))[-WINDOW:]

    @cached_property
    def real_powers(self) -> torch.Tensor:
        """Return the power of reals [N, 7], taken once, when it is first needed."""
        return grids.reference(self.data.images)

    @property
    def drive(self) -> Drive | None:
        """Return what `out` is to get of the spare folder; None where the run has no such folder."""
        if self.spare is None:
            return None
        if self._drive is None:
            found = self.saved if self.saved is not None and self.saved.parent == self.out else None
            has = {} if found is None else {found.name: exists(found / STATE)}
            self._drive = Drive(self.out, self.spare, self.mounted_at, self._note_copied, has)
        return self._drive

    def check_drive(self, path: Path) -> None:
        """Raise WriteError, which names `path`, where the run has a spare folder and its drive is away."""
        if self.drive is not None:
            with atomic_write.explained(path, 0):
                self.drive.check_mounted()

    def _note_copied(self, target: Path) -> None:
        if self.saved is None or int(self.saved.name) <= int(target.name):
            self.saved = target

    @property
    def seconds(self) -> float:
        """Return the seconds of this call."""
        return self.clock() - self.started

    @property
    def last_good(self) -> str:
        """Say where the last good checkpoint is."""
        return f"the last good checkpoint is {self.saved}" if self.saved else "no checkpoint had been saved yet"

    def seconds_left(self, budget: Budget) -> float:
        """Return what the budget leaves of this call's and of all calls' time; infinity without a limit."""
        seconds, left = self.seconds, math.inf
        if budget.minutes is not None:
            left = budget.minutes * 60 - seconds
        if budget.hours_total is not None:
            left = min(left, budget.hours_total * 3600 - self.earlier_seconds - seconds)
        return left

    def within(self, budget: Budget) -> bool:
        """Tell whether the budget leaves time and images for a step."""
        return self.seconds_left(budget) > 0 and (budget.images is None or self.trainer.images < budget.images)

    def stamp(self) -> None:
        """Write into the passport how far the run has come."""
        about = self.about
        about["images"], about["seconds"] = self.trainer.images, round(self.earlier_seconds + self.seconds, 1)
        about["runtimes"][-1]["end"] = now()


@contextmanager
def logged(session: Session, names: Iterable[str]) -> Iterator[None]:
    """Let the logs of other programs follow a run while it trains, up to its last preview, and close them."""
    session.external = ExternalLogs(names, session.out, session.trainer.images, session.about, session.spare)
    try:
        yield
        session.external.preview(session.saved)
    finally:
        session.external.close()


def now() -> str:
    """Return the time as a passport has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
