"""One piece of work at a time, in the order of coming and visitors in turn, while no thread waits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable

import pytest

from studio.rendering.fair_queue import Turns
from studio.rendering.scheduler import BusyError
from tests.loops import run_to_its_end


class Drawing:
    """A slow stand-in for a drawing, which notes what is drawn, and that nothing is at the same time."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
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

        return asyncio.ensure_future(self.turns.take(visitor, draw))

    async def until_waiting(self, count: int) -> None:
        """Wait until one is drawn and so many others wait."""
        while not (self._alone.locked() and len(self.turns) == count):
            await asyncio.sleep(0.001)


async def everything(*tasks: Awaitable[object]) -> list[object]:
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_thirty_at_once_are_all_done_in_the_order_of_their_coming_and_cost_one_thread() -> None:
    async def run() -> None:
        drawing = Drawing(Turns())
        before = threading.active_count()
        tasks = [drawing.ask(f"{number}", f"visitor {number}") for number in range(30)]
        await drawing.until_waiting(29)
        assert threading.active_count() <= before + 1
        drawing.may_draw.set()
        assert await everything(*tasks) == drawing.drawn == [f"{number}" for number in range(30)]
        assert len(drawing.turns) == 0

    run_to_its_end(run())


def test_a_second_visitor_is_not_behind_ten_of_the_first() -> None:
    async def run() -> None:
        drawing = Drawing(Turns())
        tasks = [drawing.ask(f"first {number}", "first") for number in range(10)]
        await drawing.until_waiting(9)
        tasks += [drawing.ask(f"second {number}", "second") for number in range(2)]
        drawing.may_draw.set()
        await everything(*tasks)
        assert drawing.drawn[:5] == ["first 0", "second 0", "first 1", "second 1", "first 2"]
        assert len(drawing.drawn) == 12

    run_to_its_end(run())


def test_one_too_many_is_refused_at_once_and_there_is_room_again_later() -> None:
    async def run() -> None:
        drawing = Drawing(Turns(most=2))
        tasks = [drawing.ask("drawn", "one")]
        await drawing.until_waiting(0)
        tasks += [drawing.ask(name, "one") for name in ("waits", "waits too")]
        await drawing.until_waiting(2)
        with pytest.raises(BusyError, match="2 pieces"):
            await drawing.ask("too many", "another")
        drawing.may_draw.set()
        await everything(*tasks)
        assert await drawing.ask("later", "another") == "later"
        assert drawing.drawn == ["drawn", "waits", "waits too", "later"]

    run_to_its_end(run())


def test_work_that_fails_or_is_given_up_keeps_nobody_waiting() -> None:
    def fail() -> str:
        raise KeyError("broken")

    async def run() -> None:
        drawing = Drawing(Turns())
        first, given_up = drawing.ask("first", "one"), drawing.ask("given up", "two")
        failing, last = asyncio.ensure_future(drawing.turns.take("three", fail)), drawing.ask("last", "four")
        await drawing.until_waiting(3)
        given_up.cancel()
        await asyncio.sleep(0)
        drawing.may_draw.set()
        results = await everything(first, given_up, failing, last)
        assert [type(one) for one in results] == [str, asyncio.CancelledError, KeyError, str]
        assert drawing.drawn == ["first", "last"]

    run_to_its_end(run())
