"""The bar of a training: percentage, time left, images, speed, losses, and where the newest preview is."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tqdm import tqdm

from training.runs.checkpoint_writer import PREVIEW, SMALL_PREVIEW
from training.runs.session import Budget, Session

SECONDS_ON_A_TERMINAL, SECONDS_IN_A_LOG = 0.5, 5.0  # between two looks; a log or a notebook keeps every line
FORMAT = "{percentage:3.0f}%|{bar:10}| {desc}"
FORMAT_WITHOUT_END = "{desc}"


@contextmanager
def progress_bar(session: Session, budget: Budget) -> Iterator[None]:
    """Show on stderr how far a training is, for as long as this lasts.

    The bar has a thread of its own, which only reads the session: it goes on while a step or a save takes its time.
    """
    start, done = session.trainer.images, Event()
    endless = budget == Budget()
    layout = FORMAT_WITHOUT_END if endless else FORMAT
    with tqdm(total=100, bar_format=layout, dynamic_ncols=True, miniters=0, mininterval=0.0) as bar:
        thread = Thread(target=_look, args=(session, budget, start, bar, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            _draw(session, budget, start, bar)


def _look(session: Session, budget: Budget, start: int, bar: Any, done: Event) -> None:
    seconds = SECONDS_ON_A_TERMINAL if sys.stderr.isatty() else SECONDS_IN_A_LOG
    while not done.wait(seconds):
        _draw(session, budget, start, bar)


def _draw(session: Session, budget: Budget, start: int, bar: Any) -> None:
    left = seconds_left(session, budget, start)
    bar.n = 0 if math.isinf(left) else 100.0 * session.seconds / max(session.seconds + left, 1e-9)
    bar.set_description_str(describe(session, left, start), refresh=True)


def images_per_second(session: Session, start: int) -> float:
    """Return the speed of this call, which began at `start` images; 0 before its first step."""
    return (session.trainer.images - start) / max(session.seconds, 1e-9)


def seconds_left(session: Session, budget: Budget, start: int) -> float:
    """Return the seconds until the first limit of a budget, not below 0; infinity where nothing tells."""
    left = session.seconds_left(budget)
    speed = images_per_second(session, start)
    if budget.images is not None and speed > 0:
        left = min(left, (budget.images - session.trainer.images) / speed)
    return max(left, 0.0)


def describe(session: Session, left: float, start: int) -> str:
    """Return the words beside the bar; what matters most comes first, since a narrow terminal cuts the end."""
    trainer = session.trainer
    time = f"{clock(session.seconds)} so far" if math.isinf(left) else "saving" if left == 0 else f"{clock(left)} left"
    parts = [time, f"{trainer.images:,} images, {images_per_second(session, start):.3g}/s"]
    parts.append(f"preview {preview(session)}" if preview(session) else "preview after the first save")
    if session.rows:
        parts.append(f"D {session.rows[-1]['d_loss']:.3f}, G {session.rows[-1]['g_loss']:.3f}")
    return ", ".join(parts)


def preview(session: Session) -> Path | None:
    """Return the file of the newest preview, None before the first save."""
    if session.saved is None:
        return None
    return session.saved / (PREVIEW if session.spare is None else SMALL_PREVIEW)


def clock(seconds: float) -> str:
    """Return a time as minutes and seconds, or with hours: 1:05, 2:00:00."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
