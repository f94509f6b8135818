from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.checkpoints.uploads import (
    IDLE_SECONDS,
    LEAST_SECONDS,
    MOST_A_MINUTE,
    MOST_A_MINUTE_OF_ADDRESS,
    MOST_A_MINUTE_OF_ONE,
    MOST_BYTES,
    MOST_OPEN,
    MOST_OPEN_OF_ONE,
    STALE_SECONDS,
    WHOLE_SECONDS,
    RefusedError,
    Uploads,
)
from studio.clients import Client, serving


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


def begin(uploads: Uploads, source: str, size: int = 9, address: str | None = None) -> str:
    """Begin an upload as a client of this source does, from an address of its own unless one is given."""
    with serving(Client(source, source if address is None else address)):
        return uploads.begin(size, b"", "")


def test_only_some_of_one_source_come_at_once_and_one_that_stands_still_is_given_up(
    uploads: Uploads, clock: Clock, tmp_path: Path
) -> None:
    tokens = [begin(uploads, "a") for _ in range(MOST_OPEN_OF_ONE)]
    assert code_of(lambda: begin(uploads, "a")) == "error_add_busy"
    clock.now = IDLE_SECONDS
    uploads.append(tokens[0], 0, b"a")
    clock.now = IDLE_SECONDS + 1
    begin(uploads, "a")
    assert files(tmp_path) == 2
    assert code_of(lambda: uploads.append(tokens[1], 0, b"a")) == "error_add_lost"
    assert uploads.append(tokens[0], 1, b"b") is None


def test_idle_uploads_make_room_for_another_as_soon_as_they_are_stale(
    uploads: Uploads, clock: Clock, tmp_path: Path
) -> None:
    tokens = [begin(uploads, f"visitor {number}") for number in range(MOST_OPEN)]
    assert code_of(lambda: begin(uploads, "late")) == "error_add_busy"
    clock.now = STALE_SECONDS - 1
    for token in tokens[1:]:
        uploads.append(token, 0, b"a")
    clock.now = STALE_SECONDS + 1
    late = begin(uploads, "late")
    assert files(tmp_path) == MOST_OPEN
    assert code_of(lambda: uploads.append(tokens[0], 0, b"a")) == "error_add_lost"
    assert [uploads.append(token, 1, b"b") for token in tokens[1:]] == [None] * (MOST_OPEN - 1)
    assert uploads.append(late, 0, b"123456789") is not None


def test_a_source_with_many_uploads_makes_room_for_one_with_none_and_not_for_itself(uploads: Uploads) -> None:
    greedy = [begin(uploads, source) for source in ("greedy", "other") for _ in range(MOST_OPEN_OF_ONE)]
    begin(uploads, "modest")
    begin(uploads, "modest")
    assert [token for token in greedy if token not in uploads._open] == [greedy[3], greedy[7]]
    assert code_of(lambda: begin(uploads, "greedy")) == "error_add_busy"


def test_an_address_with_many_sessions_makes_room_for_another_until_both_have_half(uploads: Uploads) -> None:
    many = [begin(uploads, f"session {number}", address="192.0.2.1") for number in range(MOST_OPEN)]
    others = [begin(uploads, "other", address="198.51.100.9") for _ in range(MOST_OPEN // 2)]
    assert list(uploads._open) == [*many[: MOST_OPEN // 2], *others]
    assert code_of(lambda: begin(uploads, "one more", address="192.0.2.1")) == "error_add_busy"


@pytest.mark.parametrize(("size", "seconds"), [(10**6, LEAST_SECONDS), (MOST_BYTES, WHOLE_SECONDS)])
def test_one_that_comes_for_ever_is_given_up(uploads: Uploads, clock: Clock, size: int, seconds: float) -> None:
    token = uploads.begin(size, b"", "")
    for place in range(int(seconds // 50) + 1):
        clock.now = place * 50.0
        uploads.append(token, place, b"a")
    clock.now = seconds + 1
    assert code_of(lambda: uploads.append(token, place + 1, b"a")) == "error_add_lost"


def test_a_source_may_begin_so_many_a_minute_and_leaves_others_their_share(uploads: Uploads, clock: Clock) -> None:
    for _ in range(MOST_A_MINUTE_OF_ONE):
        uploads.give_up(begin(uploads, "greedy"))
    assert code_of(lambda: begin(uploads, "greedy")) == "error_add_rate"
    for number in range(MOST_A_MINUTE - MOST_A_MINUTE_OF_ONE):
        uploads.give_up(begin(uploads, f"visitor {number}"))
    assert code_of(lambda: begin(uploads, "late")) == "error_add_rate"
    clock.now = 60.0
    begin(uploads, "greedy")


def test_an_address_with_many_sessions_leaves_others_half_of_a_minute(uploads: Uploads) -> None:
    for number in range(MOST_A_MINUTE_OF_ADDRESS):
        uploads.give_up(begin(uploads, f"session {number}", address="192.0.2.1"))
    assert code_of(lambda: begin(uploads, "another session", address="192.0.2.1")) == "error_add_rate"
    assert MOST_A_MINUTE_OF_ADDRESS == MOST_A_MINUTE // 2
    uploads.give_up(begin(uploads, "other", address="198.51.100.9"))


def test_a_source_that_began_too_many_a_minute_displaces_nobody(uploads: Uploads) -> None:
    for _ in range(MOST_A_MINUTE_OF_ONE):
        uploads.give_up(begin(uploads, "greedy"))
    coming = [begin(uploads, f"session {number}", address="192.0.2.1") for number in range(MOST_OPEN)]
    assert code_of(lambda: begin(uploads, "greedy")) == "error_add_rate"
    assert list(uploads._open) == coming


def test_what_a_killed_program_has_left_is_removed(uploads: Uploads, tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    left, fresh = tmp_path / "uploads" / "left", tmp_path / "uploads" / "of_another_studio"
    for path in (left, fresh):
        path.write_bytes(b"x")
    os.utime(left, (time.time() - 2 * WHOLE_SECONDS,) * 2)
    Uploads(tmp_path / "uploads")
    assert (left.exists(), fresh.exists()) == (False, True)
    os.utime(fresh, (time.time() - 2 * WHOLE_SECONDS,) * 2)
    uploads.begin(9, b"", "")
    assert not fresh.exists()


def wait_until(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_one_that_was_left_leaves_nothing_though_nobody_asks_again(tmp_path: Path, clock: Clock) -> None:
    uploads = Uploads(tmp_path / "uploads", clock, sweep_seconds=0.02)
    token = uploads.begin(9, b"", "")
    uploads.append(token, 0, b"1234")
    clock.now = IDLE_SECONDS
    time.sleep(0.1)
    assert files(tmp_path) == 1
    clock.now = IDLE_SECONDS + 1
    wait_until(lambda: files(tmp_path) == 0)
    wait_until(lambda: uploads._timer is None)
    uploads.begin(9, b"", "")
    assert uploads._timer is not None
    uploads.close()
    assert files(tmp_path) == 0
