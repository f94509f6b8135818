from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.checkpoints.uploads import (
    IDLE_SECONDS,
    MOST_A_MINUTE,
    MOST_BYTES,
    MOST_OPEN,
    WHOLE_SECONDS,
    RefusedError,
    Uploads,
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def uploads(tmp_path: Path, clock: Clock) -> Uploads:
    return Uploads(tmp_path / "uploads", clock)


def code_of(function: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as caught:
        function()
    return caught.value.code


def files(tmp_path: Path) -> int:
    return len(list((tmp_path / "uploads").iterdir()))


def test_pieces_become_the_file_with_what_was_said_of_it(uploads: Uploads) -> None:
    token = uploads.begin(7, b"{}", "mine")
    assert uploads.append(token, 0, b"abcd") is None
    upload = uploads.append(token, 4, b"efg")
    assert upload is not None
    assert (upload.path.read_bytes(), upload.config, upload.name) == (b"abcdefg", b"{}", "mine")
    assert code_of(lambda: uploads.append(token, 7, b"h")) == "error_add_lost"


@pytest.mark.parametrize(("offset", "piece"), [(1, b"a"), (0, b""), (0, b"12345678"), (-1, b"a")])
def test_a_piece_that_does_not_fit_ends_the_upload_and_leaves_no_file(
    uploads: Uploads, tmp_path: Path, offset: int, piece: bytes
) -> None:
    token = uploads.begin(7, b"", "")
    assert code_of(lambda: uploads.append(token, offset, piece)) == "error_add_lost"
    assert files(tmp_path) == 0
    assert code_of(lambda: uploads.append(token, 0, b"a")) == "error_add_lost"


@pytest.mark.parametrize("size", [0, -1, MOST_BYTES + 1, 10**15])
def test_a_file_of_no_or_too_many_bytes_is_refused_before_it_comes(uploads: Uploads, size: int) -> None:
    assert code_of(lambda: uploads.begin(size, b"", "")) == "error_add_size"


def test_only_some_come_at_once_and_one_that_stands_still_makes_room(
    uploads: Uploads, clock: Clock, tmp_path: Path
) -> None:
    tokens = [uploads.begin(9, b"", "") for _ in range(MOST_OPEN)]
    assert code_of(lambda: uploads.begin(9, b"", "")) == "error_add_busy"
    clock.now = IDLE_SECONDS
    uploads.append(tokens[0], 0, b"a")
    clock.now = IDLE_SECONDS + 1
    uploads.begin(9, b"", "")
    assert files(tmp_path) == 2
    assert code_of(lambda: uploads.append(tokens[1], 0, b"a")) == "error_add_lost"
    assert uploads.append(tokens[0], 1, b"b") is None


def test_one_that_comes_for_ever_is_given_up(uploads: Uploads, clock: Clock) -> None:
    token = uploads.begin(10**6, b"", "")
    for place in range(int(WHOLE_SECONDS // 50)):
        clock.now = place * 50.0
        uploads.append(token, place, b"a")
    clock.now = WHOLE_SECONDS + 1
    assert code_of(lambda: uploads.append(token, place + 1, b"a")) == "error_add_lost"


def test_all_visitors_together_may_begin_so_many_a_minute(uploads: Uploads, clock: Clock) -> None:
    for _ in range(MOST_A_MINUTE):
        uploads.give_up(uploads.begin(9, b"", ""))
    assert code_of(lambda: uploads.begin(9, b"", "")) == "error_add_rate"
    clock.now = 60.0
    uploads.begin(9, b"", "")


def test_what_a_killed_program_has_left_is_removed(uploads: Uploads, tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    left, fresh = tmp_path / "uploads" / "left", tmp_path / "uploads" / "of_another_studio"
    for path in (left, fresh):
        path.write_bytes(b"x")
    os.utime(left, (time.time() - 2 * WHOLE_SECONDS,) * 2)
    uploads.begin(9, b"", "")
    assert (left.exists(), fresh.exists()) == (False, True)
