from __future__ import annotations

from pathlib import Path

import pytest

from training.start import expectations
from training.start.expectations import LEVELS, duration, expectation, level, outlook, warning

PROJECT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("images", "looks"),
    [(0, "noise"), (999, "noise"), (1000, "colours and blobs"), (16_000, "flowers, with faults"), (10**8, "good")],
)
def test_what_is_seen_goes_by_the_images(images: float, looks: str) -> None:
    assert level(images).looks.endswith(looks)


def test_levels_are_in_order() -> None:
    images = [one.images for one in LEVELS]
    assert images == sorted(set(images))
    assert images[0] == 0


@pytest.mark.parametrize(
    ("speed", "batch", "minutes", "already", "said"),
    [
        (10.0, 16, 10.0, 0, "in 10 minutes petals and textures (6,000 images)"),
        (10.0, 16, 10.0, 12_000, "in 10 minutes flowers, with faults (18,000 images)"),
        (2.0, 16, 10.0, 0, "in 10 minutes colours and blobs (1,200 images)"),
        (100.0, 64, 10.0, 0, "in 10 minutes flower heads, rough and much alike (60,000 images)"),  # 15,000 in 16s
        (10.0, 16, 120.0, 0, "in 2 hours flowers, the best of them good (72,000 images)"),
    ],
)
def test_minutes_and_a_measured_speed_tell_what_may_be_expected(
    speed: float, batch: int, minutes: float, already: int, said: str
) -> None:
    assert expectation(speed, batch, minutes, already) == said


@pytest.mark.parametrize(("minutes", "later"), [(10, "2 hours"), (60, "2 hours"), (75, "12 hours"), (600, "20 hours")])
def test_a_longer_time_stands_beside_that_of_the_call(minutes: float, later: str) -> None:
    now, then = outlook(10.0, 16, minutes).split("; ")
    assert now.startswith(f"in {duration(minutes)} ")
    assert then.startswith(f"in {later} ")


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.5, "30 seconds"), (1, "1 minute"), (1.5, "1.5 minutes"), (60, "60 minutes"), (120, "2 hours")],
)
def test_a_time_is_said_as_a_person_says_it(minutes: float, words: str) -> None:
    assert duration(minutes) == words


def test_few_pictures_are_told_with_how_often_each_is_seen() -> None:
    said = warning(200, 12_000)
    assert said is not None
    assert said.startswith("200 pictures are few: each is seen 60 times in this call")
    seen_once = warning(200, 90)
    assert seen_once is not None
    assert "each is seen once at most in this call" in seen_once
    assert warning(expectations.FEW_PICTURES, 12_000) is None


def test_the_table_of_the_docs_is_that_of_the_program() -> None:
    text = (PROJECT / "docs" / "training.md").read_text(encoding="utf-8")
    rows = [f"| {one.images:,} | {one.looks} |" for one in LEVELS]
    assert "\n".join(rows) in text
