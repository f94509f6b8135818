"""The loop around the trainer: steps until the budget is used up, with rows of metrics, kept steps and saves."""

from __future__ import annotations

import math
import sys
from typing import Any

import torch
from tqdm import tqdm

from training.core.precision import prepare
from training.runs.divergence import DivergedError
from training.runs.followers import failures_told, take_step
from training.runs.kept_steps import keep_step
from training.runs.metrics_rows import LOG_STEPS, add_row
from training.runs.resume import alone, open_session
from training.runs.saver import Saver, save_at_the_end, written_aside
from training.runs.session import Budget, Session
from training.runs.step_types import Measures
from training.runs.stop_signals import ended_by, signal_name, stop_signals

__all__ = ["Budget", "DivergedError", "Session", "alone", "open_session", "train"]

FIRST_SAVE_SECONDS = 60.0
SAVE_SECONDS = 300.0
USED_UP = 1  # the end by the budget


def train(session: Session, budget: Budget, *, quiet: bool = False) -> str:
    """Train until the budget or a signal ends it, save, and return why it ended.

    A save, a kept step or a line of metrics that cannot be written is told and tried again later; only the save at the
    end has to succeed. Raises WriteError where it does not, and DivergedError; after both the last checkpoint on the
    disk is still the last good one.
    """
    prepare(session.trainer.device)
    with written_aside(session):
        end = _take_steps(session, budget, quiet=quiet)
        save_at_the_end(session)
    return f"stopped by {name}" if (name := signal_name(end)) else "the budget is used up"


def _take_steps(session: Session, budget: Budget, *, quiet: bool) -> int:
    """Train until the budget or a signal ends it, and return the number of that end."""
    signals = stop_signals(patient=session.group.world > 1)
    with signals as stopped, _progress(session, budget, quiet) as bar, Saver(session) as saver:
        next_save = FIRST_SAVE_SECONDS
        sums = torch.zeros(len(Measures._fields), device=session.trainer.device)
        step = 0
        while not (end := session.group.highest(_end(session, budget, stopped))):
            sums += torch.stack(take_step(session.trainer, session.data))
            step += 1
            with failures_told(session.group):
                keep_step(session)
                bar.update(session.trainer.recipe.batch)
                if step % LOG_STEPS == 0:
                    _show(bar, add_row(session, sums / LOG_STEPS), session.seconds_left(budget))
                    sums.zero_()
                if session.seconds >= next_save:
                    saver.save()
                    next_save = session.seconds + SAVE_SECONDS
    return end


def _end(session: Session, budget: Budget, stopped: list[str]) -> int:
    """Return 0 where the training goes on, otherwise the number of what ends it."""
    return ended_by(stopped) or (0 if session.within(budget) else USED_UP)


def _progress(session: Session, budget: Budget, quiet: bool) -> Any:
    interval = 0.5 if sys.stderr.isatty() else 5.0  # a log file or a notebook needs no line a step
    return tqdm(
        total=budget.images,
        initial=session.trainer.images,
        unit=" images",
        disable=quiet,
        smoothing=0.05,
        mininterval=interval,
        maxinterval=interval,
    )


def _show(bar: Any, means: dict[str, float], seconds_left: float) -> None:
    """Show the losses and the time that is left beside the progress bar."""
    left = "" if math.isinf(seconds_left) else f", {max(seconds_left, 0) / 60:.0f} min left"
    bar.set_postfix_str(f"D {means['d_loss']:.3f}, G {means['g_loss']:.3f}{left}", refresh=False)
