from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from studio.clients import Client, current_client, serving
from studio.exploration import video_jobs
from studio.exploration.video import VideoError
from studio.exploration.video_jobs import Film, Films, StoppedError, UnknownFilmError
from studio.rendering.renderer import BusyError
from training.core.pixels import Pixels

FRAME = np.zeros((16, 16, 3), dtype=np.uint8)


class Source:
    """Frames that come one by one as they are let go."""

    def __init__(self, count: int = 3) -> None:
        self.count, self.drawn, self.allowed = count, 0, threading.Semaphore(0)

    def __iter__(self) -> Iterator[Pixels]:
        for index in range(self.count):
            assert self.allowed.acquire(timeout=20)
            self.drawn += 1
            yield np.full_like(FRAME, 40 * index)

    def let_go(self, count: int) -> None:
        for _ in range(count):
            self.allowed.release()


def ended(film: Film) -> Film:
    deadline = time.monotonic() + 20
    while not film.ended:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return film


def wait_until(film: Film, done: int) -> None:
    deadline = time.monotonic() + 20
    while film.done < done:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_film_tells_how_far_it_is_and_then_has_its_bytes() -> None:
    source, made = Source(), Films()
    name = made.start("gif", source, 3, 12, "me")
    assert (made.look(name).done, made.look(name).total) == (0, 3)
    source.let_go(2)
    wait_until(made.look(name), 2)
    assert not made.look(name).ended
    source.let_go(1)
    film = ended(made.look(name))
    assert film.error is None
    assert film.data is not None
    assert film.data.startswith(b"GIF8")
    assert film.done == 3


def test_a_stopped_film_draws_no_further_frame_and_is_forgotten() -> None:
    source, made = Source(100), Films()
    name = made.start("gif", source, 100, 12, "me")
    film = made.look(name)
    source.let_go(2)
    wait_until(film, 2)
    made.stop(name)
    source.let_go(98)
    assert isinstance(ended(film).error, StoppedError)
    assert source.drawn <= 3
    with pytest.raises(UnknownFilmError):
        made.look(name)
    made.stop(name)


def test_a_new_film_of_a_visitor_stops_the_earlier_one_and_only_that() -> None:
    mine, yours, made = Source(), Source(), Films()
    first, other = made.start("gif", mine, 3, 12, "me"), made.start("gif", yours, 3, 12, "you")
    film = made.look(first)
    second = made.start("gif", [FRAME], 1, 12, "me")
    mine.let_go(3)
    assert isinstance(ended(film).error, StoppedError)
    yours.let_go(3)
    assert ended(made.look(other)).error is None
    assert ended(made.look(second)).error is None


def test_too_many_films_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_jobs, "MOST", 2)
    source, made = Source(), Films()
    names = [made.start("gif", source, 3, 12, visitor) for visitor in ("a", "b")]
    with pytest.raises(BusyError, match="2 films"):
        made.start("gif", [FRAME], 1, 12, "c")
    for name in names:
        made.stop(name)
    source.let_go(3)
    assert ended(made.look(made.start("gif", [FRAME], 1, 12, "c"))).error is None


def test_a_film_whose_page_has_gone_is_given_up() -> None:
    now = [0.0]
    source, made = Source(100), Films(clock=lambda: now[0])
    film = made.look(made.start("gif", source, 100, 12, "me"))
    source.let_go(1)
    wait_until(film, 1)
    now[0] = video_jobs.FORGOTTEN_SECONDS + 1
    source.let_go(99)
    assert isinstance(ended(film).error, StoppedError)
    assert source.drawn <= 2
    made.start("gif", [FRAME], 1, 12, "you")
    assert len(made._films) == 1


def test_a_film_that_nobody_fetches_is_kept_for_its_time_only() -> None:
    now = [0.0]
    made = Films(clock=lambda: now[0])
    left, kept = (made.start("gif", [FRAME], 1, 12, visitor) for visitor in ("a", "b"))
    ended(made.look(left))
    now[0] = video_jobs.FORGOTTEN_SECONDS
    assert ended(made.look(left)).data == ended(made.look(kept)).data is not None
    now[0] *= 2.5
    made.look(kept)
    with pytest.raises(UnknownFilmError):
        made.look(left)


@pytest.mark.parametrize("error", [VideoError("too large"), ValueError("not finite")])
def test_a_failure_reaches_whoever_looks(error: Exception) -> None:
    def fail() -> Iterator[Pixels]:
        yield FRAME
        raise error

    made = Films()
    assert ended(made.look(made.start("gif", fail(), 2, 12, "me"))).error is error


def start_from(made: Films, source: str, visitor: str, frames: Source, address: str = "") -> str:
    with serving(Client(source, address)):
        return made.start("gif", frames, frames.count, 12, visitor)


def test_films_under_many_names_of_one_source_make_room_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_jobs, "MOST", 3)
    source, made = Source(), Films()
    flood = [start_from(made, "flood", f"name {number}", source) for number in range(3)]
    newest = made.look(flood[-1])
    honest = start_from(made, "honest", "me", Source(1))
    assert isinstance(newest.error, StoppedError)
    with pytest.raises(BusyError):
        start_from(made, "flood", "another name", source)
    with pytest.raises(UnknownFilmError):
        made.look(flood[-1])
    assert not made.look(honest).ended
    for name in (*flood, honest):
        made.stop(name)
    source.let_go(3)


def test_films_of_many_sessions_of_one_address_make_room_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_jobs, "MOST", 4)
    source, made = Source(), Films()
    flood = [start_from(made, f"session {number}", "me", source, "192.0.2.1") for number in range(4)]
    others = [start_from(made, f"other {number}", "me", Source(1), "198.51.100.9") for number in range(2)]
    assert list(made._films) == [*flood[:2], *others]
    with pytest.raises(BusyError):
        start_from(made, "one more", "me", source, "192.0.2.1")
    made.close()
    source.let_go(4)


def test_the_frames_of_a_film_count_for_whoever_started_it() -> None:
    seen = []

    class Frames(Source):
        def __iter__(self) -> Iterator[Pixels]:
            seen.append((current_client().source, current_client().address))
            yield FRAME

    made = Films()
    assert ended(made.look(start_from(made, "a session", "me", Frames(1), "192.0.2.1"))).error is None
    assert seen == [("a session", "192.0.2.1")]


def test_a_finished_film_is_kept_for_its_time_however_often_it_is_asked_for() -> None:
    now = [0.0]
    made = Films(clock=lambda: now[0])
    name = made.start("gif", [FRAME], 1, 12, "me")
    ended(made.look(name))
    for now[0] in range(0, int(video_jobs.FETCHED_SECONDS), 50):
        assert made.look(name).data is not None
    now[0] = video_jobs.FETCHED_SECONDS + 1
    made.start("gif", [FRAME], 1, 12, "other")
    with pytest.raises(UnknownFilmError):
        made.look(name)
