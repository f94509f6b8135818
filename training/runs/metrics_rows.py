"""The rows of a run's metrics: means of the measures, grids, alarms, and what is written of them."""

from __future__ import annotations

import math
from typing import Any

import torch
from tqdm import tqdm

from training.core import atomic_write
from training.core.pixels import NotFiniteError
from training.evaluation import grids
from training.evaluation.spectrum import PERIOD_NAMES
from training.runs.alarms import ALARMS, WINDOW, triggered_alarms
from training.runs.background import ROWS
from training.runs.divergence import DivergedError, diverged
from training.runs.notices import sentence, warn
from training.runs.session import Session
from training.runs.step_types import Measures

LOG_STEPS = 20  # of a row
SKIPPED_ROWS = 2  # of the metrics in which no step was taken: a scaler that will find its scale has found it by then


def add_row(session: Session, measures: torch.Tensor) -> dict[str, float]:
    """Append the mean measures since the last row, with the alarms that are on; return them by name.

    Raises DivergedError where the losses or the pictures are not finite, or float16 overflows in every step.
    """
    means = dict(zip(Measures._fields, measures.tolist(), strict=True))
    if not (math.isfinite(means["d_loss"]) and math.isfinite(means["g_loss"])):
        raise diverged(session, f"The losses (D {means['d_loss']}, G {means['g_loss']})")
    row: dict[str, Any] = {"images": session.trainer.images}
    row["seconds"] = round(session.earlier_seconds + session.seconds, 1)
    row |= {name: _rounded(value) for name, value in means.items() if _is_told(session, name)} | _periods(session)
    _check_steps(session, row)
    _add_alarms(session, row)
    write_rows(session, row)
    if session.external is not None:
        session.external.row(row)
        session.external.preview(session.saved)
    return means


def write_rows(session: Session, row: dict[str, Any] | None = None) -> None:
    """Take a row of the metrics, and write it, or let it be written beside the training."""
    if row is not None:
        session.log.add(row)
    if session.background is not None:
        session.background.ask(ROWS)
    else:
        write_log(session)


def write_log(session: Session) -> None:
    """Write the rows of the metrics with all that could not be written before; an outage is told once."""
    try:
        session.check_drive(session.log.file)
        with atomic_write.explained(session.log.file, session.log.missing):
            session.log.write()
        session.log_is_late = False
    except OSError as error:
        if not session.log_is_late:
            warn(f"{sentence(error)} Its lines are kept and written as soon as that can be done.")
        session.log_is_late = True


def _is_told(session: Session, name: str) -> bool:
    return name != "skipped" or session.trainer.scaler.is_enabled()


def _check_steps(session: Session, row: dict[str, Any]) -> None:
    """Raise DivergedError where float16 has overflowed in each of the last steps, so that nothing is trained."""
    last = [*session.rows, row][-SKIPPED_ROWS:]
    if len(last) == SKIPPED_ROWS and all(one.get("skipped") == 1.0 for one in last):
        error = diverged(session, f"The gradients of the last {SKIPPED_ROWS * LOG_STEPS} steps")
        raise DivergedError(f"{error} Another --precision may do.")


def _periods(session: Session) -> dict[str, Any]:
    """Return how far grids stand out: measured once in so many images, and in the rows between as measured last.

    It goes by the images and not by the saves, which go by the clock, so a resumed run logs what an unbroken one does.
    """
    last = session.rows[-1] if session.rows else {}
    if session.trainer.images // grids.EVERY_IMAGES == _images(last) // grids.EVERY_IMAGES:
        return {name: last[name] for name in PERIOD_NAMES if name in last}
    trainer = session.trainer
    try:
        found = grids.standing_out(
            trainer.recipe.generator_config(), trainer.generator_state(), session.real_powers, trainer.device
        )
    except NotFiniteError as error:
        raise diverged(session, "The pictures of the generator") from error
    return {name: _rounded(ratio) for name, ratio in found.items()}


def _images(row: dict[str, Any]) -> int:
    """Return the images of a row, 0 where it does not tell."""
    found = row.get("images")
    return found if isinstance(found, int) else 0


def _rounded(value: float) -> float | None:
    """Return a number that JSON can hold, to five digits."""
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _add_alarms(session: Session, row: dict[str, Any]) -> None:
    """Add the names of the alarms that are on to a row of the metrics, and print those that were not before."""
    before = session.rows[-1].get("alarms", []) if session.rows else []
    session.rows = [*session.rows, row][-WINDOW:]
    row["alarms"] = triggered_alarms(session.rows, session.trainer.recipe.loss)
    for name in row["alarms"]:
        if name not in before:
            tqdm.write(f"alarm at {row['images']:,} images: {ALARMS[name].text}")
