from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from training.runs.loop import Budget
from training.runs.progress_bar import clock, describe, images_per_second, progress_bar, seconds_left


def session(images: int, seconds: float, *, saved: str | None = None, minutes: float | None = None) -> Any:
    """Return what the bar reads of a session."""
    left = math.inf if minutes is None else minutes * 60 - seconds
    return SimpleNamespace(
        trainer=SimpleNamespace(images=images),
        seconds=seconds,
        seconds_left=lambda _: left,
        saved=Path(saved) if saved else None,
        spare=None,
        rows=[{"d_loss": 1.25, "g_loss": 0.5}] if saved else [],
    )


def test_the_speed_is_that_of_this_call() -> None:
    assert images_per_second(session(1_300, 30.0), 1_000) == 10.0
    assert images_per_second(session(1_000, 0.0), 1_000) == 0.0


@pytest.mark.parametrize(
    ("budget", "minutes", "left"),
    [
        (Budget(minutes=2.0), 2.0, 90.0),
        (Budget(images=1_500), None, 20.0),
        (Budget(minutes=2.0, images=1_500), 2.0, 20.0),
        (Budget(), None, math.inf),
    ],
)
def test_the_time_left_is_that_of_the_limit_that_comes_first(budget: Budget, minutes: float, left: float) -> None:
    assert seconds_left(session(1_300, 30.0, minutes=minutes), budget, 1_000) == left


def test_before_the_first_step_images_tell_no_time() -> None:
    assert seconds_left(session(0, 3.0), Budget(images=100), 0) == math.inf


def test_time_comes_first_and_the_newest_preview_is_named() -> None:
    said = describe(session(1_300, 30.0, saved="runs/a/000001280"), 90.0, 1_000)
    assert said == "1:30 left, 1,300 images, 10/s, preview runs/a/000001280/preview.png, D 1.250, G 0.500"
    on_a_drive = session(1_300, 30.0, saved="runs/a/000001280")
    on_a_drive.spare = Path("local")
    assert "preview runs/a/000001280/preview.jpg" in describe(on_a_drive, 90.0, 1_000)
    assert describe(session(0, 3.0), math.inf, 0) == "0:03 so far, 0 images, 0/s, preview after the first save"
    assert describe(session(0, 3.0), 0.0, 0).startswith("saving, ")


@pytest.mark.parametrize(("seconds", "said"), [(0.2, "0:01"), (65, "1:05"), (7_200, "2:00:00"), (3_599.5, "1:00:00")])
def test_a_clock_is_read_at_a_glance(seconds: float, said: str) -> None:
    assert clock(seconds) == said


def test_the_bar_shows_a_percentage_and_ends_with_the_last_state(capsys: pytest.CaptureFixture[str]) -> None:
    now = session(100, 30.0, minutes=1.0)
    with progress_bar(now, Budget(minutes=1.0)):
        now.trainer.images = 200
    said = capsys.readouterr().err
    assert " 50%|" in said
    assert "0:30 left, 200 images" in said


def test_without_a_limit_there_is_no_percentage(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(session(100, 30.0), Budget()):
        pass
    said = capsys.readouterr().err
    assert "%" not in said
    assert "0:30 so far, 100 images" in said
