"""Bodies that come slowly, and too many of them: the slowest of the address with most is ended, and nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from studio.ui import http_arrivals
from studio.ui.http_arrivals import Arrival, Arrivals
from tests.loops import run_to_its_end

CROWD, OTHER, THIRD, TUNNEL = "192.0.2.1", "198.51.100.9", "203.0.113.7", "127.0.0.1"


class Coming:
    """Bodies that are coming for as long as this is entered, and which of them were ended."""

    def __init__(self, most: int) -> None:
        self._arrivals, self._stack = Arrivals(1000.0, most), AsyncExitStack()

    async def begin(self, address: str, received: int = 0) -> Arrival:
        until = asyncio.timeout(None)
        until.reschedule = lambda when: None  # type: ignore[method-assign]  # this task is no request
        arrival = self._stack.enter_context(self._arrivals.of(address, until))
        arrival.received = received
        await asyncio.sleep(0.02)
        return arrival

    async def crowd(self, count: int, address: str = CROWD) -> list[Arrival]:
        return [await self.begin(address) for _ in range(count)]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_arrivals, "OF_ADDRESS", 4)


def check(tried: Callable[[Coming], Awaitable[None]], most: int = 10) -> None:
    async def run() -> None:
        coming = Coming(most)
        async with coming._stack:
            await tried(coming)

    run_to_its_end(run())


def ended(arrivals: list[Arrival]) -> list[bool]:
    return [one.was_ended for one in arrivals]


def test_an_address_that_has_its_share_loses_its_slowest_body() -> None:
    async def tried(coming: Coming) -> None:
        other = await coming.begin(OTHER)
        crowd = [await coming.begin(CROWD, received=10_000), *await coming.crowd(4)]
        assert ended(crowd) == [False, True, False, False, False]  # the second is the oldest of which nothing came
        assert not other.was_ended

    check(tried)


def test_where_there_are_too_many_in_all_the_address_with_most_loses_its_slowest() -> None:
    async def tried(coming: Coming) -> None:
        others = [*await coming.crowd(2, OTHER), *await coming.crowd(1, THIRD)]
        crowd = await coming.crowd(3)
        assert not any(ended([*others, *crowd]))
        newcomer = await coming.begin("203.0.113.8")
        assert ended(crowd) == [True, False, False]
        assert not any(ended([*others, newcomer]))

    check(tried, most=6)


def test_what_comes_through_this_machine_has_no_share_of_its_own() -> None:
    async def tried(coming: Coming) -> None:
        assert not any(ended(await coming.crowd(10, TUNNEL)))
        await coming.begin(OTHER)

    check(tried)


def test_bodies_that_have_come_count_no_more() -> None:
    async def tried(coming: Coming) -> None:
        slow = await coming.begin(CROWD)
        for _ in range(20):
            with coming._arrivals.of(CROWD, asyncio.timeout(None)):
                pass
        assert not slow.was_ended

    check(tried)
