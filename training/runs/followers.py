"""The processes of a training beside the first one: they take each step with it, on other rows, and write nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from training.core.checkpoint import on_cpu
from training.core.dataset import Data, DataError, open_data
from training.core.precision import Compute, prepare
from training.core.process_group import ProcessGroup
from training.recipes.recipe import Recipe
from training.runs.session import Session
from training.runs.step_types import Measures
from training.runs.stop_signals import ended_by, stop_signals
from training.runs.trainer import Trainer

FAILED = 1000  # above every number of `ended_by`


@dataclass(frozen=True)
class StartOfRun:
    """What the first process tells the others before the first step: the run as begun, and where it goes on from.

    The state is on the CPU: a tensor of the first GPU would take memory of that one in every process.
    """

    recipe: Recipe
    seed: int
    precision: torch.dtype
    sha256: str  # of the pictures
    state: dict[str, Any]


@dataclass(frozen=True)
class Follower:
    """A trainer with its pictures, in a process that is not the first."""

    trainer: Trainer
    data: Data
    group: ProcessGroup


def opened_for_all(group: ProcessGroup, opened: Callable[[], Session]) -> Session:
    """Open a session in the first process, and tell the others of it. What `opened` raises ends all of them."""
    if group.world == 1:
        return opened()
    sessions: list[Session] = []

    def start() -> StartOfRun:
        sessions.append(opened())
        return _start_of(sessions[0])

    group.from_leader(start)
    return sessions[0]


def _start_of(session: Session) -> StartOfRun:
    trainer = session.trainer
    return StartOfRun(trainer.recipe, trainer.seed, trainer.precision, session.data.sha256, on_cpu(trainer.state()))


def opened_follower(pictures: Callable[[], Path], compute: Compute) -> Follower:
    """Wait for the first process to open its session, and begin where it does.

    Raises DataError where the pictures here are others, and LeaderFailedError where the first process could not begin.
    """
    start: StartOfRun = compute.group.from_leader(_never)
    data = open_data(pictures(), start.recipe.resolution)
    if data.sha256 != start.sha256:
        raise DataError(
            f"The pictures of process {compute.group.rank} are not those of the first process "
            f"(SHA-256 {data.sha256[:12]}..., and {start.sha256[:12]}... there); give all of them the same file."
        )
    shard = compute.group.shard(start.recipe.batch)
    trainer = Trainer(start.recipe, start.seed, compute.device, start.precision, shard)
    trainer.load_state(start.state)
    labelled = data.with_classes(start.recipe.classes) if start.recipe.classes else data
    return Follower(trainer, labelled.to(compute.device), compute.group)


def _never() -> StartOfRun:
    raise AssertionError("Only the first process opens a session.")


def follow(follower: Follower) -> None:
    """Take each step with the first process, until it says that the training has ended. Raises LostProcessError."""
    prepare(follower.trainer.device)
    with stop_signals(patient=True) as stopped:
        while not follower.group.highest(ended_by(stopped)):
            take_step(follower.trainer, follower.data)


def take_step(trainer: Trainer, data: Data) -> Measures:
    """Take the next step of a run, on the rows of the batch that this process computes."""
    rows = slice(None) if trainer.shard is None else trainer.shard.rows
    return trainer.step(*data.batch(trainer.seed, trainer.images, trainer.recipe.batch, rows))


@contextmanager
def failures_told(group: ProcessGroup) -> Iterator[None]:
    """Let the others leave where the first process cannot go on, while they wait for the next step."""
    try:
        yield
    except BaseException:
        group.highest(FAILED)
        raise
