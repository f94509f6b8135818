"""Saves of a run: a snapshot of the trainer, written as one step, on a GPU beside the training."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from training.core import atomic_write, checkpoint, run_folder
from training.core.atomic_write import WriteError
from training.core.checkpoint import STATE, CheckpointError
from training.core.generators import GeneratorConfig
from training.core.training_log import METRICS
from training.runs.checkpoint_writer import PREVIEW, SMALL_PREVIEW, write_checkpoint
from training.runs.divergence import check_finite
from training.runs.kept_steps import write_waiting
from training.runs.metrics_rows import write_rows
from training.runs.notices import failures_as_warnings, sentence, warn
from training.runs.session import Session
from training.runs.spare import copy_checkpoint

STATE_EVERY = 3  # saves: how often the state to resume, the largest part of a checkpoint, is copied to a drive


@dataclass(frozen=True)
class Snapshot:
    """Everything that a checkpoint is written from, cut off from the run, which may go on meanwhile.

    `resumable`: the state is to be in the run's own folder, and not in the spare one only.
    """

    folder: Path
    config: GeneratorConfig
    weights: dict[str, torch.Tensor]
    raw_weights: dict[str, torch.Tensor] | None
    state: dict[str, Any]
    about: dict[str, Any]
    metrics: bytes
    spare: Path | None
    resumable: bool = True

    @property
    def size(self) -> int:
        """Return about how many bytes the checkpoint takes."""
        return checkpoint.tensor_bytes([self.weights, self.raw_weights, self.state]) + len(self.metrics)


class Saver:
    """Saves while the training goes on: on a GPU in a thread beside it, elsewhere at once.

    A save that cannot be written is told in a sentence. The exit waits for the save under way.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.thread = ThreadPoolExecutor(1, "save") if session.run.device.type == "cuda" else None
        self.last: Future[Path] | None = None

    def save(self) -> None:
        """Save, once the save before is done, and write the steps that wait for a disk."""
        write_waiting(self.session)
        if self.thread is None:
            with failures_as_warnings():
                save(self.session)
            return
        self.wait()
        if (taken := snapshot(self.session)) is not None:
            self.last = self.thread.submit(write, taken)

    def wait(self) -> None:
        """Wait for the save under way."""
        last, self.last = self.last, None
        if last is not None:
            with failures_as_warnings():
                self.session.saved = last.result()

    def __enter__(self) -> Saver:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.thread is not None:
            self.thread.shutdown()
        if kind is None:
            self.wait()


def save_at_the_end(session: Session) -> None:
    """Write what is left. Raises WriteError, which says where the last good checkpoint is, unless it is in `out`."""
    write_waiting(session)
    write_rows(session)
    try:
        save(session, resumable=True)
    except OSError as error:
        raise WriteError(f"{str(error).rstrip('.')}; {session.last_good}.") from error
    if session.saved is not None and session.saved.parent != session.out:
        raise WriteError(f"{session.out} cannot be written; {session.last_good}, where the same command goes on.")


def save(session: Session, *, resumable: bool = False) -> Path:
    """Write a checkpoint with everything around it, as one step, then remove the ones before it. Raises OSError.

    One of the same count of images holds the same weights already and is left as it is, unless it lacks a state that
    is wanted there.
    """
    if (taken := snapshot(session, resumable=resumable)) is not None:
        session.saved = write(taken)
    return session.saved or session.out


def snapshot(session: Session, *, resumable: bool = False) -> Snapshot | None:
    """Copy what a checkpoint needs; None where there is one of as many images.

    Where the run has a spare folder, its own gets the state in the first of each `STATE_EVERY` saves, and where it is
    asked for. Raises DivergedError unless all of it is finite, so that the checkpoint before it stays.
    """
    run = session.run
    resumable = resumable or session.spare is None or session.saves % STATE_EVERY == 0
    folder = session.out / f"{run.images:09d}"
    if run_folder.exists(folder / STATE if resumable else folder):
        return None
    session.stamp()
    weights, raw, state = run.generator_state(), run.raw_state(), run.state()
    check_finite(session, {"drawn": [weights, raw], **state})
    session.saves += 1
    metrics, about = bytes(session.log.content), deepcopy(session.about)
    config = run.recipe.generator_config()
    return Snapshot(folder, config, weights, raw, checkpoint.on_cpu(state), about, metrics, session.spare, resumable)


def write(taken: Snapshot) -> Path:
    """Write a snapshot as one step, then remove the checkpoints before it; return its folder.

    Where there is a spare folder, on a local disk, it is written there first, whole, and copied from there; what cannot
    be copied stays there. Raises WriteError where it can be written nowhere.
    """
    if taken.spare is None:
        _write_into(taken.folder, taken)
        return taken.folder
    try:
        local = taken.spare / taken.folder.name
        _write_into(local, taken)
    except WriteError as error:
        warn(f"{sentence(error)} The checkpoint goes to {taken.folder} only.")
        _write_into(taken.folder, taken)
        return taken.folder
    return _copied_from(local, taken)


def _copied_from(local: Path, taken: Snapshot) -> Path:
    """Copy a checkpoint from the local disk, and return where it can be drawn from."""
    try:
        copy_checkpoint(local, taken.folder, without=() if taken.resumable else (STATE,))
    except WriteError as error:
        warn(f"{sentence(error)} The checkpoint is in {local} until the next one can be written.")
        return local
    run_folder.discard_others(taken.folder.parent, taken.folder)
    if taken.resumable:
        run_folder.discard_others(local.parent, None)
    return taken.folder


def _write_into(folder: Path, taken: Snapshot) -> None:
    preview = PREVIEW if taken.spare is None else SMALL_PREVIEW
    with atomic_write.explained(folder, taken.size), atomic_write.written_whole(folder) as part:
        try:
            write_checkpoint(part, taken.folder.parent.name, taken.config, taken.weights, taken.about, preview)
        except CheckpointError as error:  # what was just written cannot be read
            raise OSError(str(error)) from error
        if taken.raw_weights is not None:
            checkpoint.save_weights(part / checkpoint.RAW_WEIGHTS, taken.raw_weights)
        checkpoint.save_state(part, taken.state)
        if taken.metrics:
            (part / METRICS).write_bytes(taken.metrics)
    run_folder.discard_others(folder.parent, folder)
