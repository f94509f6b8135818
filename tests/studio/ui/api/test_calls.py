"""Calls by gradio_client's protocol: what is kept of one, for how long, and how many there may be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.routing import Router

from studio.clients import Client, current_client
from studio.ui.api import calls
from studio.ui.api.calls import BUSY, DATA, JOIN, MOST_CALLS, NO_CALL, Calls
from studio.ui.api.messages import DrawTileRequest, VerifyFileRequest
from studio.ui.api.tools import Tool
from studio.ui.http_limits import CLIENT
from studio.ui.protocol_types import Reply
from tests.loops import run_to_its_end

SMALL, LARGE = 1, 2  # the numbers of the endpoints


class Drawn(Reply):
    of: str


class Studio:
    """The routes of two tools, of which draw_tile waits until it may draw."""

    def __init__(self) -> None:
        self.may_draw = asyncio.Event()
        self.seen: list[Client] = []
        tools = [
            Tool("draw_tile", "", DrawTileRequest, self._draw),
            Tool("verify_file", "", VerifyFileRequest, self._verify),
        ]
        self.calls = Calls(tools)
        self.router = Router(self.calls.routes())
        fns = {number: SimpleNamespace(api_name=tool.name) for number, tool in enumerate(tools, 1)}
        self.app = SimpleNamespace(
            auth=None, auth_dependency=None, cookie_id="", tokens={}, get_blocks=lambda: SimpleNamespace(fns=fns)
        )

    async def _draw(self, asked: DrawTileRequest) -> Drawn:
        self.seen.append(current_client())
        await self.may_draw.wait()
        return Drawn(of=asked.checkpoint)

    async def _verify(self, asked: VerifyFileRequest) -> Drawn:
        return Drawn(of=str(len(asked.file)))

    def ask(self, method: str, path: str, query: str = "", body: bytes = b"", address: str = "192.0.2.1") -> Asked:
        client = Client(f"address {address}", address)
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": []}
        return Asked(self.router, {**scope, "app": self.app, CLIENT: client}, body)

    async def join(self, data: object, session: str = "s", number: int = SMALL, **options: Any) -> Asked:
        body = json.dumps({"data": data, "fn_index": number, "session_hash": session}).encode()
        asked = self.ask("POST", JOIN, body=body, **options)
        await asked.task
        return asked

    def listen(self, session: str = "s", method: str = "GET") -> Asked:
        return self.ask(method, DATA, f"session_hash={session}")


class Asked:
    """A request, and what has been answered."""

    def __init__(self, router: Router, scope: dict[str, Any], body: bytes) -> None:
        self.status, self.text, self.hung_up, self.may_take = 0, "", asyncio.Event(), asyncio.Event()
        self.may_take.set()
        coming = [body]

        async def receive() -> dict[str, Any]:
            if coming:
                return {"type": "http.request", "body": coming.pop(), "more_body": False}
            await self.hung_up.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            await self.may_take.wait()
            self.status = message.get("status", self.status)
            self.text += message.get("body", b"").decode()

        self.task = asyncio.ensure_future(router(scope, receive, send))

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line.removeprefix("data: ")) for line in self.text.split("\n\n") if line]


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0.005)


def test_an_answer_is_told_once_and_nothing_of_it_is_kept() -> None:
    async def run() -> None:
        studio = Studio()
        studio.may_draw.set()
        event = json.loads((await studio.join(["best", 7, 0.5])).text)["event_id"]
        stream = studio.listen()
        await stream.task
        told, end = stream.messages
        assert (told["msg"], told["event_id"], told["success"]) == ("process_completed", event, True)
        assert (told["output"]["data"], end["msg"]) == ([{"of": "best"}], "close_stream")
        assert not studio.calls._sessions
        again = studio.listen()
        await again.task
        assert (again.status, again.messages[0]["message"]) == (404, NO_CALL)

    run_to_its_end(run())


def test_what_nobody_listens_for_is_forgotten_with_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "UNREAD_SECONDS", 0.1)

    async def run() -> None:
        studio = Studio()
        await studio.join(["best", 7], "waits")
        await studio.join(["A" * 400], "answered", LARGE)
        await until(lambda: not studio.calls._sessions)
        assert [client.has_left for client in studio.seen] == [True]

    run_to_its_end(run())


def test_whoever_hangs_up_gives_up_what_was_asked() -> None:
    async def run() -> None:
        studio = Studio()
        await studio.join(["best", 7])
        stream = studio.listen()
        await until(lambda: stream.status and studio.seen)
        stream.hung_up.set()
        await stream.task
        assert studio.seen[0].has_left
        assert not studio.calls._sessions

    run_to_its_end(run())


def test_a_session_has_one_stream_and_the_last_one_is_answered() -> None:
    async def run() -> None:
        studio = Studio()
        await studio.join(["best", 7])
        streams = []
        for _ in range(20):
            streams.append(studio.listen())
            await until(lambda: streams[-1].status)
        await until(lambda: all(one.task.done() for one in streams[:-1]))
        studio.may_draw.set()
        await streams[-1].task
        assert [len(one.messages) for one in streams] == [*(19 * [0]), 2]

    run_to_its_end(run())


def test_no_stream_is_let_in_beside_one_that_sends() -> None:
    async def run() -> None:
        studio = Studio()
        await studio.join(["best", 7])
        slow = studio.listen()
        await until(lambda: slow.status)
        slow.may_take.clear()
        studio.may_draw.set()
        await until(lambda: studio.calls._sessions["s"].is_sending)
        other = studio.listen()
        await other.task
        assert other.status == 404
        slow.may_take.set()
        await slow.task
        assert len(slow.messages) == 2

    run_to_its_end(run())


def test_an_address_may_have_half_of_the_calls_and_of_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        studio = Studio()
        for number in range(MOST_CALLS // 2):
            assert (await studio.join(["best", 7], f"{number}")).status == 200
        refused = await studio.join(["best", 7], "more")
        assert (refused.status, refused.text) == (503, BUSY)
        assert (await studio.join(["best", 7], "other", address="198.51.100.9")).status == 200
        monkeypatch.setattr(calls, "MOST_BYTES", 20_000)
        assert (await studio.join(["A" * 10_001], "large", LARGE, address="198.51.100.9")).status == 503

    run_to_its_end(run())


def test_much_is_taken_for_a_file_only() -> None:
    async def run() -> None:
        studio = Studio()
        await studio.join(["A" * 100_000, 7], "name")
        await studio.join(["A" * 100_000], "file", LARGE)
        await studio.join(["best", 7, 1.0, 1], "values")
        told = []
        for session in ("name", "file", "values"):
            stream = studio.listen(session)
            await stream.task
            told.append(stream.messages[0]["output"])
        assert told[0]["error"].endswith("draw_tile takes 65536 at most.")
        assert told[1]["data"] == [{"of": "100000"}]
        assert told[2]["error"] == "4 values are too many for draw_tile; it takes checkpoint, seed, psi."

    run_to_its_end(run())


def test_what_is_no_call_is_refused_in_a_sentence() -> None:
    async def run() -> None:
        studio = Studio()
        for data, session in (({}, "s"), (["best"], ""), (["best"], "s" * 65)):
            assert (await studio.join(data, session)).status == 400
        head = studio.listen(method="HEAD")
        await head.task
        assert head.status == 405
        studio.app.auth = object()
        stream = studio.listen()
        await stream.task
        assert (stream.status, (await studio.join(["best", 7])).status) == (401, 401)

    run_to_its_end(run())


def test_what_was_open_when_the_page_was_closed_counts_no_more() -> None:
    studios: list[Studio] = []

    async def run() -> None:
        studios.append(Studio())
        await studios[0].join(["best", 7], "before")

    async def again() -> None:
        await studios[0].join(["A" * 400], "after", LARGE)
        assert list(studios[0].calls._sessions) == ["after"]

    run_to_its_end(run())
    run_to_its_end(again())
