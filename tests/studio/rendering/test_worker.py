"""One piece of work at a time, in the order of coming and visitors in turn, while no thread waits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest

from studio.clients import Client, serving
from studio.rendering import scheduler
from studio.rendering.scheduler import BusyError, Priority, SupersededError
from studio.rendering.worker import Piece, Worker
from tests.loops import run_to_its_end
from training.core.checkpoint import Checkpoint, load
from training.core.pixels import Pixels
from training.core.tile import seed_tile


class Drawing:
    """A slow stand-in for a drawing, which notes what is drawn, and that nothing is at the same time."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.drawn: list[str] = []
        self.may_draw = threading.Event()
        self._alone = threading.Lock()

    def ask(self, name: str, visitor: str) -> asyncio.Task[str]:
        def draw() -> str:
            assert self._alone.acquire(blocking=False)
            assert self.may_draw.wait(60)
            time.sleep(0.002)
            self.drawn.append(name)
            self._alone.release()
            return name

        return asyncio.ensure_future(self.worker.take(visitor, draw))

    async def until_waiting(self, count: int) -> None:
        """Wait until one is drawn and so many others wait."""
        while not (self._alone.locked() and len(self.worker) == count):
            await asyncio.sleep(0.001)


async def everything(*tasks: Awaitable[object]) -> list[object]:
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_thirty_at_once_are_all_done_in_the_order_of_their_coming_and_cost_one_thread() -> None:
    async def run() -> None:
        drawing = Drawing(Worker("test"))
        before = threading.active_count()
        tasks = [drawing.ask(f"{number}", f"visitor {number}") for number in range(30)]
        await drawing.until_waiting(29)
        assert threading.active_count() <= before + 1
        drawing.may_draw.set()
        assert await everything(*tasks) == drawing.drawn == [f"{number}" for number in range(30)]
        assert len(drawing.worker) == 0

    run_to_its_end(run())


def test_a_second_visitor_is_not_behind_ten_of_the_first() -> None:
    async def run() -> None:
        drawing = Drawing(Worker("test"))
        tasks = [drawing.ask(f"first {number}", "first") for number in range(10)]
        await drawing.until_waiting(9)
        tasks += [drawing.ask(f"second {number}", "second") for number in range(2)]
        drawing.may_draw.set()
        await everything(*tasks)
        assert drawing.drawn[:5] == ["first 0", "second 0", "first 1", "second 1", "first 2"]
        assert len(drawing.drawn) == 12

    run_to_its_end(run())


def test_one_too_many_is_refused_at_once_and_there_is_room_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "WAITING_OF_VISITOR", 2)

    async def run() -> None:
        drawing = Drawing(Worker("test"))
        tasks = [drawing.ask("drawn", "one")]
        await drawing.until_waiting(0)
        tasks += [drawing.ask(name, "one") for name in ("waits", "waits too")]
        await drawing.until_waiting(2)
        with pytest.raises(BusyError, match="2 pieces"):
            await drawing.ask("too many", "one")
        tasks.append(drawing.ask("another", "another"))
        await drawing.until_waiting(3)
        drawing.may_draw.set()
        await everything(*tasks)
        assert await drawing.ask("later", "one") == "later"
        assert drawing.drawn == ["drawn", "another", "waits", "waits too", "later"]

    run_to_its_end(run())


def test_what_a_client_that_has_left_waited_for_is_not_begun() -> None:
    async def run() -> None:
        drawing, client = Drawing(Worker("test")), Client("a session")
        first = drawing.ask("first", "one")
        with serving(client):
            left = [drawing.ask(f"left {number}", "two") for number in range(64)]
        other = drawing.ask("other", "two")
        await drawing.until_waiting(65)
        client.leave()
        await drawing.until_waiting(1)
        drawing.may_draw.set()
        results = await everything(*left)
        assert {type(one) for one in results} == {SupersededError}
        assert await everything(first, other) == drawing.drawn == ["first", "other"]

    run_to_its_end(run())


def test_checks_under_many_names_of_one_source_shut_no_other_source_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "WAITING", 6)

    async def run() -> None:
        drawing = Drawing(Worker("test"))
        drawing.ask("first", "one")
        await drawing.until_waiting(0)
        with serving(Client("flood")):
            flood = [drawing.ask(f"flood {number}", f"name {number}") for number in range(20)]
        await drawing.until_waiting(6)
        with serving(Client("honest")):
            honest = drawing.ask("honest", "somebody")
        await asyncio.sleep(0)
        assert not honest.done()
        drawing.may_draw.set()
        results = await everything(*flood)
        assert [type(one) for one in results].count(BusyError) == 15
        assert await honest == "honest"

    run_to_its_end(run())


def test_work_that_fails_or_is_given_up_keeps_nobody_waiting() -> None:
    def fail() -> str:
        raise KeyError("broken")

    async def run() -> None:
        drawing = Drawing(Worker("test"))
        first, given_up = drawing.ask("first", "one"), drawing.ask("given up", "two")
        failing, last = asyncio.ensure_future(drawing.worker.take("three", fail)), drawing.ask("last", "four")
        await drawing.until_waiting(3)
        given_up.cancel()
        await asyncio.sleep(0)
        drawing.may_draw.set()
        results = await everything(first, given_up, failing, last)
        assert [type(one) for one in results] == [str, asyncio.CancelledError, KeyError, str]
        assert drawing.drawn == ["first", "last"]

    run_to_its_end(run())


def test_an_address_with_many_sessions_does_not_shut_another_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "WAITING", 6)
    may_end, worker = threading.Event(), Worker("test")
    worker.submit("first", may_end.wait)
    while len(worker):
        time.sleep(0.001)
    flood = []
    for number in range(6):
        with serving(Client(f"session {number}", "192.0.2.1")):
            flood.append(worker.submit("checks", may_end.wait))
    with serving(Client("other", "198.51.100.9")):
        other = [worker.submit("checks", may_end.wait) for _ in range(3)]
        with pytest.raises(BusyError):
            worker.submit("checks", may_end.wait)
    assert [isinstance(one.exception(0), BusyError) for one in flood[3:]] == [True] * 3
    may_end.set()
    assert all(one.result(20) for one in [*flood[:3], *other])


class Slow:
    """A generator whose batches each take a while, and which notes them with the name of whom they are for."""

    def __init__(self, found: Checkpoint, drawn: list[str], name: str) -> None:
        self.found, self.drawn, self.name = found, drawn, name

    def draw(self) -> Pixels:
        def note(*_: object) -> None:
            time.sleep(0.02)
            self.drawn.append(self.name)

        generator = deepcopy(self.found.generator)
        generator.register_forward_pre_hook(note)
        return seed_tile(generator, 3)


@pytest.fixture
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(scheduler.TURNS, Priority.FIRST, scheduler.Turn(1, 0.05))


@pytest.fixture
def found(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> Checkpoint:
    return load(make_checkpoint(tmp_path / "one"))


@pytest.mark.usefixtures("short_turns")
def test_work_whose_turn_is_over_steps_aside_between_two_batches_for_another_visitor(found: Checkpoint) -> None:
    drawn: list[str] = []
    worker = Worker("test")
    first = worker.submit("first", Slow(found, drawn, "first").draw, steps_aside=True)
    while not drawn:
        time.sleep(0.001)
    second = worker.submit("second", lambda: drawn.append("second"))
    tile = first.result(60)
    assert second.done()
    place = drawn.index("second")
    assert 0 < place < 10
    assert drawn.count("first") == 10
    assert np.array_equal(tile, seed_tile(found.generator, 3))


@pytest.mark.usefixtures("short_turns")
def test_without_others_and_where_it_may_not_work_is_done_in_one(found: Checkpoint) -> None:
    drawn: list[str] = []
    worker = Worker("test")
    first = worker.submit("first", Slow(found, drawn, "first").draw)
    while not drawn:
        time.sleep(0.001)
    worker.submit("second", lambda: drawn.append("second")).result(60)
    assert first.done()
    assert drawn == ["first"] * 10 + ["second"]


@pytest.mark.usefixtures("short_turns")
def test_only_so_many_wait_in_the_middle_of_their_work(found: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.rendering.worker.MOST_BEGUN", 1)
    drawn: list[str] = []
    worker = Worker("test")
    pieces = [worker.submit(f"{n}", Slow(found, drawn, f"{n}").draw, steps_aside=True) for n in range(4)]
    begun_at_once = 0
    while not all(one.done() for one in pieces):
        begun_at_once = max(begun_at_once, sum(one.running() for one in pieces))
        time.sleep(0.001)
    assert begun_at_once == 2
    assert sorted(drawn) == sorted(f"{n}" for n in range(4) for _ in range(10))
    assert all(np.array_equal(one.result(0), seed_tile(found.generator, 3)) for one in pieces)


@pytest.mark.usefixtures("short_turns")
def test_work_that_has_stepped_aside_ends_where_its_client_leaves_or_the_worker_is_closed(found: Checkpoint) -> None:
    for end in ("leave", "close"):
        drawn: list[str] = []
        worker, client, may_end = Worker("test"), Client("a session", "192.0.2.1"), threading.Event()
        with serving(client):
            first = worker.submit("first", Slow(found, drawn, "first").draw, steps_aside=True)
        while not drawn:
            time.sleep(0.001)
        second = worker.submit("second", may_end.wait)
        while not second.running():
            time.sleep(0.001)
        if end == "leave":
            client.leave()
        else:
            worker.close()
        assert isinstance(first.exception(60), SupersededError)
        may_end.set()
        assert second.result(60)
        assert len(drawn) < 10


def test_work_that_is_being_drawn_ends_at_its_next_batch_where_its_client_leaves(found: Checkpoint) -> None:
    drawn: list[str] = []
    worker, client = Worker("test"), Client("a session", "192.0.2.1")
    with serving(client):
        first = worker.submit("first", Slow(found, drawn, "first").draw, steps_aside=True)
    while not drawn:
        time.sleep(0.001)
    client.leave()
    assert isinstance(first.exception(60), SupersededError)
    assert worker.submit("second", lambda: 7).result(60) == 7
    assert len(drawn) < 10


def refuse_thread(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the next start of a thread of this name fail, as on a machine that has no more of them."""
    start, left = threading.Thread.start, [name]

    def started(thread: threading.Thread) -> None:
        if thread.name in left:
            left.remove(thread.name)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", started)


def test_work_is_done_in_the_workers_own_thread_where_no_other_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker("test")
    refuse_thread(monkeypatch, "piece")
    assert worker.submit("first", lambda: 1, steps_aside=True).result(60) == 1
    assert worker.submit("second", lambda: 2, steps_aside=True).result(60) == 2


def test_a_worker_whose_thread_cannot_start_says_so_and_works_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker("test")
    refuse_thread(monkeypatch, "test")
    with pytest.raises(RuntimeError, match="can't start new thread"):
        worker.submit("first", lambda: 1).result(60)
    assert worker.submit("second", lambda: 2).result(60) == 2


@pytest.mark.parametrize("steps_aside", [False, True])
@pytest.mark.parametrize("error", [SystemExit(3), StopIteration()])
def test_work_that_ends_with_any_error_leaves_worker_and_loop_at_work(error: BaseException, steps_aside: bool) -> None:
    def fail() -> None:
        raise error

    async def run() -> None:
        worker = Worker("test")
        async with asyncio.timeout(60):
            with pytest.raises(RuntimeError, match=type(error).__name__):
                await worker.take("first", fail, steps_aside=steps_aside)
            assert await worker.take("second", lambda: 2, steps_aside=steps_aside) == 2

    run_to_its_end(run())


def test_a_piece_that_cannot_even_begin_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Piece) -> bool:
        raise ValueError("broken")

    worker = Worker("test")
    with monkeypatch.context() as patch:
        patch.setattr(Piece, "do", fail)
        assert isinstance(worker.submit("first", lambda: 1).exception(60), ValueError)
    assert worker.submit("second", lambda: 2).result(60) == 2
