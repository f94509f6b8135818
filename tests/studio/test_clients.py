"""Who sent the request that is being answered, in its thread or task and in no other."""

from __future__ import annotations

import asyncio

import pytest

from studio.clients import PROGRAM, Client, current_client, serving
from tests.loops import run_to_its_end


def test_the_program_itself_is_the_client_where_no_request_is_answered() -> None:
    assert current_client() is PROGRAM
    client = Client("a session")
    with serving(client):
        assert current_client() is client
    assert current_client() is PROGRAM


def test_a_client_is_known_in_the_threads_of_its_request_and_not_in_those_of_others() -> None:
    async def answer(source: str) -> str:
        with serving(Client(source)):
            await asyncio.sleep(0.01)
            return await asyncio.to_thread(lambda: current_client().source)

    async def run() -> list[str]:
        return await asyncio.gather(*map(answer, "abc"))

    assert run_to_its_end(run()) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("events", "called"),
    [
        (["ask", "leave"], True),
        (["leave", "ask"], True),
        (["ask", "finish", "leave"], False),
        (["finish", "leave", "ask"], False),
        (["ask", "leave", "leave"], True),
        (["ask"], False),
    ],
)
def test_leaving_is_told_once_unless_the_request_was_answered(events: list[str], called: bool) -> None:
    client, told = Client(), []
    steps = {"ask": lambda: client.on_leaving(lambda: told.append(1)), "leave": client.leave, "finish": client.finish}
    for event in events:
        steps[event]()
    assert told == [1] * called


def test_nothing_is_kept_for_who_never_leaves() -> None:
    told: list[str] = []
    answered = Client("a session")
    answered.finish()
    for client in (PROGRAM, Client("a film", can_leave=False), answered):
        client.on_leaving(lambda: told.append("left"))
        client.leave()
        assert not client._callbacks
        assert not client.has_left
    assert told == []
