"""One piece of work at a time, in the order of coming and visitors in turn, while no thread waits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable

import pytest

from studio.clients import Client, serving
from studio.rendering import scheduler
from studio.rendering.scheduler import BusyError, SupersededError
from studio.rendering.worker import Worker
from tests.loops import run_to_its_end


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
