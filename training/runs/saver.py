"""Saves of a run: a snapshot of the trainer, written as one step, on a GPU beside the training."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from training.core import atomic_write, checkpoint, run_folder
from training.core.atomic_write import WriteError
from training.core.checkpoint import STATE, CheckpointError
from training.core.generators import GeneratorConfig
from training.core.training_log import METRICS
from training.runs.background import COPIES, ROWS, STEPS, Background
from training.runs.checkpoint_writer import PREVIEW, SMALL_PREVIEW, write_checkpoint
from training.runs.divergence import check_finite
from training.runs.drive import Delivery, Drive
from training.runs.kept_steps import write_steps, write_waiting
from training.runs.metrics_rows import write_log, write_rows
from training.runs.notices import failures_as_warnings, sentence, warn
from training.runs.session import Session
from training.runs.spare import carry_over

STATE_EVERY = 3  # saves: how often the state to resume, the largest part of a checkpoint, is copied to a drive

QUIET_SECONDS = 5.0  # in which the end waits for a drive without a word
END_SECONDS = 600.0  # after which it waits no longer


@dataclass(frozen=True)
class Snapshot:
    """Everything that a checkpoint is written from, cut off from the run, which may go on meanwhile.

    `drive` is where it goes from the spare folder, and `resumable` tells that the state is to go there, too.
    """

    folder: Path
    config: GeneratorConfig
    weights: dict[str, torch.Tensor]
    raw_weights: dict[str, torch.Tensor] | None
    state: dict[str, Any]
    about: dict[str, Any]
    metrics: bytes
    drive: Drive | None
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
        self.thread = ThreadPoolExecutor(1, "save") if session.trainer.device.type == "cuda" else None
        self.last: Future[None] | None = None

    def save(self) -> None:
        """Save, once the save before is done, and write the steps that wait for a disk."""
        write_waiting(self.session)
        if self.thread is None:
            with failures_as_warnings():
                save(self.session)
            return
        self.wait()
        if (taken := snapshot(self.session)) is not None:
            self.last = self.thread.submit(_write_and_copy, self.session, taken)

    def wait(self) -> None:
        """Wait for the save under way."""
        last, self.last = self.last, None
        if last is not None:
            with failures_as_warnings():
                last.result()

    def __enter__(self) -> Saver:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.thread is not None:
            self.thread.shutdown()
        if kind is None:
            self.wait()


@contextmanager
def written_aside(session: Session) -> Iterator[None]:
    """Let one thread write to the drive where the run has a spare folder: no step waits for a drive that is slow."""
    if session.drive is None:
        yield
        return
    works = {COPIES: partial(_copy_aside, session), ROWS: partial(write_log, session)}
    session.background = background = Background(works | {STEPS: partial(write_steps, session)})
    try:
        yield
    except WriteError:
        raise
    except Exception:
        if not _waited_for(session, background):
            warn(f"{_too_slow(session)}; {session.last_good}.")
        raise
    finally:
        background.close()
        session.background = None


def save_at_the_end(session: Session) -> None:
    """Write what is left. Raises WriteError, which says where the last good checkpoint is, unless it is in `out`.

    A drive is waited for, but not for ever.
    """
    write_waiting(session)
    write_rows(session)
    try:
        save(session, resumable=True)
    except OSError as error:
        raise WriteError(f"{str(error).rstrip('.')}; {session.last_good}.") from error
    in_time = session.background is None or _waited_for(session, session.background)
    if in_time and session.background is not None and _is_lost(session):
        _write_anew(session)
        in_time = _waited_for(session, session.background)
    newest = session.out / run_folder.step_name(session.trainer.images)
    if session.saved is not None and session.saved.parent != session.out:
        why = f"{session.out} cannot be written" if in_time else _too_slow(session)
        raise WriteError(f"{why}; {session.last_good}, where the same command goes on.")
    if session.drive is not None and not session.drive.covers(newest.name, resumable=True):
        why = f"{newest} could not be written" if in_time else _too_slow(session)
        raise WriteError(f"{why}; {session.last_good}.")
    _tell_what_is_missing(session)


def _is_lost(session: Session) -> bool:
    """Tell whether neither the drive nor the local disk has what the trainer has, whoever has removed it there."""
    drive, name = session.drive, run_folder.step_name(session.trainer.images)
    if drive is None or drive.covers(name, resumable=True):
        return False
    return not run_folder.exists(drive.spare / name / STATE)


def _write_anew(session: Session) -> None:
    """Let the trainer's checkpoint be written to the drive itself."""
    drive, taken = session.drive, snapshot(session, resumable=True)
    if drive is not None and taken is not None:
        session.saved = next((session.out / name for name in drive.has), None)
        drive.put(_written_there(taken))
        _copy(session)


def _waited_for(session: Session, background: Background) -> bool:
    if background.wait(QUIET_SECONDS):
        return True
    tqdm.write(f"waiting for {session.out}, {END_SECONDS:.0f} seconds at most; {session.last_good}")
    return background.wait(END_SECONDS)


def _too_slow(session: Session) -> str:
    return f"{session.out} has not taken all within {END_SECONDS:.0f} seconds"


def _tell_what_is_missing(session: Session) -> None:
    """Tell what a run has lost beside its checkpoint, which is written."""
    if session.log.missing:
        warn(f"{session.log.file} lacks its last lines; {session.saved} has them, and the same command writes them.")
    if lost := [step.folder.name for step in session.waiting]:
        warn(f"{session.out / run_folder.KEPT_STEPS} lacks the small checkpoints {', '.join(lost)}.")


def save(session: Session, *, resumable: bool = False) -> Path:
    """Write a checkpoint with everything around it, as one step, then remove the ones before it. Raises OSError.

    One of the same count of images holds the same weights already and is left as it is, unless it lacks a state that
    is wanted there.
    """
    drive, name = session.drive, run_folder.step_name(session.trainer.images)
    if drive is not None and drive.local == drive.spare / name:
        drive.put(Delivery(session.out / name, resumable, drive.local))
        _copy(session)
    elif (taken := snapshot(session, resumable=resumable)) is not None:
        _write_and_copy(session, taken)
    return session.saved or session.out


def _write_and_copy(session: Session, taken: Snapshot) -> None:
    written = write(taken)
    if taken.drive is None:
        session.saved = written
        return
    with taken.drive.lock:
        if written is not None and not taken.drive.covers(written.name, resumable=False):
            session.saved = written
    _copy(session)


def _copy(session: Session) -> None:
    """Copy what waits for the drive, or let it be copied beside the training. Raises WriteError."""
    if session.background is not None:
        session.background.ask(COPIES)
    elif session.drive is not None:
        session.drive.deliver()


def _copy_aside(session: Session) -> None:
    if session.drive is not None:
        with failures_as_warnings():
            session.drive.deliver()


def snapshot(session: Session, *, resumable: bool = False) -> Snapshot | None:
    """Copy what a checkpoint needs; None where there is one of as many images.

    Where the run has a spare folder, its own gets the state in the first of each `STATE_EVERY` saves, and where it is
    asked for. Raises DivergedError unless all of it is finite, so that the checkpoint before it stays.
    """
    trainer, drive = session.trainer, session.drive
    resumable = resumable or drive is None or session.saves % STATE_EVERY == 0
    folder = session.out / run_folder.step_name(trainer.images)
    if drive is not None:
        is_there = drive.covers(folder.name, resumable=resumable)
    else:
        is_there = run_folder.exists(folder / STATE)
    if is_there:
        return None
    session.stamp()
    weights, raw, state = trainer.generator_state(), trainer.raw_state(), trainer.state()
    check_finite(session, {"drawn": [weights, raw], **state})
    session.saves += 1
    metrics, about = bytes(session.log.content), deepcopy(session.about)
    config = trainer.recipe.generator_config()
    return Snapshot(folder, config, weights, raw, checkpoint.on_cpu(state), about, metrics, drive, resumable)


def write(taken: Snapshot) -> Path | None:
    """Write a snapshot as one step; return its folder. Raises WriteError.

    Without a drive, the checkpoints before it are removed. With one, it is written on the local disk, whole, and put
    down to be copied from there; where that disk takes nothing it is put down itself, and is nowhere yet.
    """
    if taken.drive is None:
        _write_into(taken.folder, taken)
        run_folder.discard_others(taken.folder.parent, taken.folder)
        return taken.folder
    local = taken.drive.spare / taken.folder.name
    try:
        _write_into(local, taken)
    except WriteError as error:
        warn(f"{sentence(error)} The checkpoint goes to {taken.folder} only.")
        taken.drive.put(_written_there(taken))
        return None
    taken.drive.put(Delivery(taken.folder, taken.resumable, local))
    return local


def _written_there(taken: Snapshot) -> Delivery:
    """Return a checkpoint of which the local disk has nothing."""
    return Delivery(taken.folder, taken.resumable, None, partial(_write_into, taken=taken))


def _write_into(folder: Path, taken: Snapshot) -> None:
    preview = PREVIEW if taken.drive is None else SMALL_PREVIEW
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
        carry_over(folder, part)
