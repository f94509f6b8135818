"""The small checkpoints that a run keeps of its way."""

from __future__ import annotations

from copy import deepcopy

from training.core import atomic_write, checkpoint, run_folder
from training.core.generators import GeneratorConfig
from training.runs.background import STEPS
from training.runs.checkpoint_writer import halved
from training.runs.notices import failures_as_warnings
from training.runs.session import KeptStep, Session

FIRST_KEPT_IMAGES = 1024  # before this a generator draws little but noise


def keep_step(session: Session) -> None:
    """Keep a small checkpoint, weights in float16 and no state, whenever the images seen have doubled.

    A run keeps one for each power of two from `FIRST_KEPT_IMAGES` on, whatever the clock says: runs can be compared at
    the same images, and ten million images leave fourteen.
    """
    images, batch = session.trainer.images, session.trainer.recipe.batch
    doubled = images.bit_length() > (images - batch).bit_length()
    folder = session.out / run_folder.KEPT_STEPS / run_folder.step_name(images)
    if images < FIRST_KEPT_IMAGES or not doubled:
        return
    state = halved(session.trainer.generator_state())
    if not checkpoint.is_all_finite(state):
        return  # the next save says that the run has diverged
    session.stamp()
    session.waiting.append(KeptStep(folder, state, deepcopy(session.about)))
    write_waiting(session)


def write_waiting(session: Session) -> None:
    """Write the small checkpoints that wait, or let them be written beside the training."""
    if session.background is not None:
        session.background.ask(STEPS)
    else:
        write_steps(session)


def write_steps(session: Session) -> None:
    """Write the small checkpoints that wait, the oldest first; those that cannot be written wait on."""
    config = session.trainer.recipe.generator_config()
    with failures_as_warnings():
        while session.waiting:
            step = session.waiting[0]
            session.check_drive(step.folder)
            if not run_folder.exists(step.folder):
                _write(step, config)
            del session.waiting[0]


def _write(step: KeptStep, config: GeneratorConfig) -> None:
    needed = checkpoint.tensor_bytes(step.weights)
    with atomic_write.explained(step.folder, needed), atomic_write.written_whole(step.folder) as part:
        checkpoint.save(part, config, step.weights, step.about)
