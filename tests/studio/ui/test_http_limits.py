"""What is let in and what is sent to a visitor: the page itself compressed, everything else as it is."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.clients import Client, current_client
from studio.ui import http_arrivals, http_limits
from studio.ui.http_limits import Guard, Rules, Zipped
from studio.ui.http_routes import MAX_BODY_BYTES, SMALL_BODY_BYTES
from tests.loops import run_to_its_end

TEXT = "a page of many words, " * 200


def answer(_: Request) -> PlainTextResponse:
    return PlainTextResponse(TEXT)


async def get(app: Starlette, path: str, accepted: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://studio") as client:
        return await client.get(path, headers={"accept-encoding": accepted})


@pytest.mark.parametrize(
    ("path", "accepted", "encoding"), [("/", "gzip", "gzip"), ("/", "identity", None), ("/tile", "gzip", None)]
)
def test_only_the_page_is_compressed_and_only_where_the_browser_takes_it(
    path: str, accepted: str, encoding: str | None
) -> None:
    app = Starlette(routes=[Route(path, answer)], middleware=[Zipped.middleware()])
    found = run_to_its_end(get(app, path, accepted))
    assert found.text == TEXT
    assert found.headers.get("content-encoding") == encoding
    if encoding:
        assert int(found.headers["content-length"]) < len(TEXT) / 5


SERVER = "/gradio_api/component_server/"
JSON = {"content-type": "application/json"}
OPEN_TO_ALL = {"access-control-allow-origin": "https://evil.example", "Access-Control-Allow-Credentials": "true"}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body, as an app that lets everybody read it."""
    request = Request(scope, receive)
    await PlainTextResponse(await request.body(), headers={**OPEN_TO_ALL, "x-own": "kept"})(scope, receive, send)


def ask(method: str, path: str, app: ASGIApp = echo, rules: Rules | None = None, **options: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=Guard(app, rules or Rules()))
        async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
            return await client.request(method, path, **options)

    return run_to_its_end(asked())


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://studio", "https://x.gradio.live"])
@pytest.mark.parametrize("host", ["localhost:7860", "x.gradio.live"])
def test_no_origin_gets_leave_to_read_what_is_answered(origin: str, host: str) -> None:
    answers = [
        ask("GET", "/", headers={"origin": origin, "host": host}),
        ask("POST", SERVER, content="{}", headers={**JSON, "origin": origin, "host": host}),
        ask("OPTIONS", SERVER, headers={"origin": origin, "host": host, "access-control-request-method": "POST"}),
        ask("GET", "/gradio_api/info", headers={"origin": origin, "host": host}),
    ]
    assert [one.status_code for one in answers] == [200, 200, 404, 404]
    assert not [name for one in answers for name in one.headers if name.startswith("access-control")]
    assert answers[0].headers["x-own"] == "kept"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json"}, 200),
        ({"content-type": "Application/JSON; charset=utf-8", "sec-fetch-site": "same-origin"}, 200),
        ({"content-type": "application/json", "sec-fetch-site": "none"}, 200),
        ({"content-type": "application/json", "sec-fetch-site": "cross-site"}, 403),
        ({"content-type": "application/json", "sec-fetch-site": "same-site"}, 403),
        *(({"content-type": kind}, 415) for kind in ("text/plain", "multipart/form-data; boundary=application/json")),
        *(({"content-type": kind}, 415) for kind in ("application/x-www-form-urlencoded", "", "application/jsonp")),
        ({}, 415),
    ],
)
def test_a_foreign_page_cannot_ask_the_functions_of_the_page(headers: dict[str, str], status: int) -> None:
    assert ask("POST", SERVER, content="{}", headers=headers).status_code == status


def test_a_form_logs_in_where_visitors_log_in() -> None:
    form = {"username": "a", "password": "b"}
    assert ask("POST", "/login", rules=Rules(login=True), data=form).text == "username=a&password=b"
    assert ask("POST", "/login", rules=Rules(login=True), json=form).status_code == 415
    assert ask("POST", "/login", data=form).status_code == 404


@pytest.mark.parametrize("path", ["/", "/gradio_api/upload", "/assets/a.js"])
def test_only_notebooks_and_hugging_face_may_show_the_page_in_a_frame(path: str) -> None:
    headers = ask("GET", path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["object-src"] == "'none'"
    assert policy["base-uri"] == "'self'"
    frames = policy["frame-ancestors"].split()
    assert {"'self'", "https://colab.research.google.com", "https://*.colab.dev", "http://localhost:*"} <= set(frames)
    assert {"https://*.googleusercontent.com", "https://huggingface.co", "https://*.hf.space"} <= set(frames)
    assert not {"*", "https:", "http:", "data:"} & set(frames)
    assert headers["x-content-type-options"] == "nosniff"


def test_only_the_pages_own_scripts_run_in_it_and_each_answer_has_another_nonce() -> None:
    nonces = set()
    for _ in range(2):
        policy = ask("GET", "/").headers["content-security-policy"]
        found = re.fullmatch(r".*; script-src 'self' 'unsafe-eval' blob: 'nonce-([\w-]{22})'", policy)
        assert found, policy
        nonces.add(found[1])
    assert len(nonces) == 2
    assert "script-src" not in ask("GET", "/assets/a.js").headers["content-security-policy"]


@pytest.mark.parametrize(
    ("host", "status"), [("evil.example", 400), ("studio.school.edu", 200), ("x.gradio.live", 200), ("a/b", 400)]
)
def test_the_page_answers_under_names_that_it_knows(host: str, status: int) -> None:
    rules = Rules(hosts=lambda: {"studio.school.edu"})
    assert ask("GET", "/", rules=rules, headers={"host": host}).status_code == status


@pytest.mark.parametrize("name", ["x-forwarded-host", "x-gradio-server"])
@pytest.mark.parametrize(
    ("value", "is_kept"),
    [
        *(("studio.school.edu", True), ("https://studio.school.edu/gan", True), ("x.gradio.live, evil.example", True)),
        *(("127.0.0.1:7860", True), ("[::1]:7860", True), ("evil.example", False), ("http://evil.example/", False)),
        *(("evil.example, localhost", False), ("", False), ("http://[", False), ("localhost@evil.example", False)),
    ],
)
def test_gradio_is_told_of_no_foreign_host(name: str, value: str, is_kept: bool) -> None:
    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(Request(scope).headers.get(name, "nothing"))(scope, receive, send)

    rules = Rules(hosts=lambda: {"studio.school.edu"})
    assert (ask("GET", "/", told, rules, headers={name: value}).text == value) == is_kept


@pytest.mark.parametrize("hosts", [[], [b"localhost", b"evil.example"], [b"localhost", b"localhost"]])
def test_a_request_names_one_host(hosts: list[bytes]) -> None:
    sent = run_to_its_end(exchange("GET", "/", [], headers=[(b"host", host) for host in hosts]))
    assert sent[0]["status"] == 400


@pytest.mark.parametrize(
    ("root", "path", "status"),
    [
        *(("/sub", path, 200) for path in ("/sub/config", "/config", "/sub/")),
        *(("/sub", path, 404) for path in ("/subconfig", "/sub/sub/config", "/sub/gradio_api/info")),
        *(("https://school.edu/sub", path, status) for path, status in (("/config", 200), ("/sub/config", 404))),
    ],
)
def test_a_reverse_proxy_may_leave_its_path_or_take_it_away(root: str, path: str, status: int) -> None:
    sent = run_to_its_end(exchange("GET", path, [{"type": "http.request"}], root_path=root))
    assert sent[0]["status"] == status


async def exchange(method: str, path: str, come: list[Message | float], app: ASGIApp = echo, **more: Any) -> list[Any]:
    """Return what a guard with short patience sends when these messages come, or nothing for so many seconds."""
    sent: list[Message] = []
    left = list(come)

    async def receive() -> Message:
        while left:
            one = left.pop(0)
            if not isinstance(one, float):
                return one
            await asyncio.sleep(one)
        await asyncio.sleep(60)
        raise AssertionError("waited for ever")

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers, **more}
    await Guard(app, Rules(), idle_seconds=0.2, whole_seconds=0.5)(scope, receive, send)
    return sent


def part(body: bytes, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def never(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("half a request was passed on")


@pytest.mark.parametrize("come", [[], [part(b"{")], [part(b"{"), 0.05, part(b"}")], [0.3, part(b"{}", more=False)]])
def test_a_request_whose_rest_does_not_come_is_answered_and_ended(come: list[Message | float]) -> None:
    sent = run_to_its_end(exchange("POST", SERVER, come, app=never))
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


def test_a_body_that_trickles_is_ended_after_its_whole_time() -> None:
    sent = run_to_its_end(exchange("POST", SERVER, [0.1, part(b"{")] * 20, app=never))
    assert sent[0]["status"] == 408


def test_a_body_in_parts_is_passed_on_whole_however_long_the_answer_takes() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        assert message == part(b'{"a": 1}', more=False)
        assert await receive() == {"type": "http.disconnect"}  # after more than the patience with a body
        await PlainTextResponse("done")(scope, receive, send)

    come = [part(b'{"a"'), 0.05, part(b": 1}", more=False), 0.6, {"type": "http.disconnect"}]
    sent = run_to_its_end(exchange("POST", SERVER, come, app=slow))
    assert sent[0]["status"] == 200


def test_one_who_hangs_up_is_sent_nothing() -> None:
    assert run_to_its_end(exchange("POST", SERVER, [part(b"{"), {"type": "http.disconnect"}], app=never)) == []


@pytest.mark.parametrize(("path", "longest"), [(SERVER, MAX_BODY_BYTES), ("/gradio_api/run/predict", SMALL_BODY_BYTES)])
def test_a_body_has_a_limit_whatever_length_it_declares(path: str, longest: int) -> None:
    declared = [(b"host", b"x"), (b"content-type", b"application/json"), (b"content-length", b"%d" % (longest + 1))]
    assert run_to_its_end(exchange("POST", path, [], app=never, headers=declared))[0]["status"] == 413
    parts: list[Message | float] = [part(bytes(longest // 2))] * 3
    assert run_to_its_end(exchange("POST", path, parts, app=never))[0]["status"] == 413


@pytest.mark.parametrize("limit", ["OF_ADDRESS", "of all"])
def test_slow_bodies_of_one_address_keep_nobody_out(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_arrivals, "OF_ADDRESS", 5 if limit == "OF_ADDRESS" else 100)
    monkeypatch.setattr(http_limits, "most_connections", lambda: 12)
    slow: list[int] = []

    async def run() -> list[int]:
        guard = Guard(echo, Rules())
        may_end = asyncio.Event()

        async def ask_from(address: str, wait: float | None) -> int:
            async def body() -> AsyncIterator[bytes]:
                yield b"{"
                await (may_end.wait() if wait is None else asyncio.sleep(wait))
                yield b"}"

            transport = httpx.ASGITransport(app=guard, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
                return (await client.post(SERVER, content=body(), headers=JSON)).status_code

        crowd = []
        for _ in range(20):
            crowd.append(asyncio.ensure_future(ask_from("203.0.113.7", None)))
            await asyncio.sleep(0.01)
        found = [*await asyncio.gather(*(ask_from("198.51.100.9", 0.2) for _ in range(2)))]
        found.append(await ask_from("203.0.113.7", 0.0))  # of the same address, as a whole class may have it
        may_end.set()
        slow.extend(await asyncio.gather(*crowd))
        return found

    assert run_to_its_end(run()) == [200] * 3
    assert slow.count(503) >= 14
    assert set(slow) == {200, 503}


MANY = b"[]," * 200_000


@pytest.mark.parametrize("path", [SERVER, "/gradio_api/queue/join", "/gradio_api/mcp/", "/gradio_api/mcp/x"])
@pytest.mark.parametrize("body", [b'{"data":[' + MANY + b"[]]}", b"{" * 200_000, b'{"a":1,' * 200_000])
def test_json_of_very_many_values_is_refused_before_it_is_parsed(path: str, body: bytes) -> None:
    routes = [Route("/gradio_api/mcp/{rest:path}", answer, methods=["POST"])]
    rules = Rules(own=routes, endpoints=lambda: [1])
    refused = ask("POST", path, never, rules, content=body, headers=JSON)
    assert refused.status_code == 413
    signs = sum(body.count(sign) for sign in b"[{,")
    assert refused.text == f"This request has {signs} brackets and commas; 100000 are allowed."


def test_large_files_and_long_lists_are_passed_on() -> None:
    file = json.dumps({"file": "ab+/" * (5 * 2**20)})
    knockout = json.dumps({"seeds": [0] * 240, "decisions": [[2**32 - 1] * 240] * 240})
    config = json.dumps({"config": "[{,}]" * (64 * 2**10 // 5)})
    for body in (file, knockout, config):
        assert ask("POST", SERVER, content=body, headers=JSON).text == body


def test_bytes_of_a_checkpoint_and_routes_of_other_programs_may_have_any_signs() -> None:
    of_bytes = {"content-type": "application/octet-stream"}
    path = f"/race/uploads/{'0' * 32}/0"
    assert ask("POST", path, content=MANY, headers=of_bytes).status_code == 200
    rules = Rules(own=[Route("/mine", answer, methods=["POST"])])
    assert ask("POST", "/mine", rules=rules, content=MANY, headers=JSON).status_code == 200


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    raise KeyError("forged\nline" + "x" * 1000)


def test_a_body_that_nothing_can_be_made_of_is_one_short_line(caplog: pytest.LogCaptureFixture) -> None:
    answer = ask("POST", SERVER, failing, content="{", headers=JSON)
    assert (answer.status_code, answer.text) == (400, "The page sends no such request.")
    lines = [record for record in caplog.records if record.levelno > logging.DEBUG and record.name.startswith("studio")]
    assert len(lines) == 1
    assert "\n" not in lines[0].getMessage()
    assert len(lines[0].getMessage()) < 300
    assert lines[0].exc_info is None


async def broken_off(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise OSError("in the middle")


@pytest.mark.parametrize(
    ("method", "path", "app", "error"),
    [
        ("GET", "/", failing, KeyError),
        ("POST", "/mine", failing, KeyError),
        ("POST", SERVER, broken_off, OSError),
    ],
)
def test_an_error_that_no_body_can_have_caused_stays_one(
    method: str, path: str, app: ASGIApp, error: type[Exception]
) -> None:
    rules = Rules(own=[Route("/mine", answer, methods=["POST"])])
    with pytest.raises(error):
        ask(method, path, app, rules, content="{}", headers=JSON)


def test_no_websocket_is_opened_and_the_lifespan_passes() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def through(kind: str) -> list[Message]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        nothing: Callable[[], Any] = asyncio.Future
        await Guard(app, Rules())({"type": kind, "path": "/", "headers": []}, nothing, send)
        return sent

    assert [one["type"] for one in run_to_its_end(through("websocket"))] == ["websocket.close"]
    assert run_to_its_end(through("lifespan")) == []
    assert seen == ["lifespan"]


def hang_up_after(seconds: float) -> list[Message | float]:
    return [part(b"{}", more=False), seconds, {"type": "http.disconnect"}]


def test_a_client_that_hangs_up_before_its_answer_has_left() -> None:
    told: list[str] = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.to_thread(lambda: current_client().on_leaving(lambda: told.append("left")))
        await asyncio.sleep(0.2)
        await PlainTextResponse("done")(scope, receive, send)

    run_to_its_end(exchange("POST", SERVER, hang_up_after(0.05), app=slow))
    assert told == ["left"]
    told.clear()
    run_to_its_end(exchange("POST", SERVER, hang_up_after(0.5), app=slow))
    assert told == []


def test_a_server_that_tells_of_the_end_of_its_own_answer_tells_of_nobody_who_left() -> None:
    told: list[str] = []

    async def lingering(scope: Scope, receive: Receive, send: Send) -> None:
        current_client().on_leaving(lambda: told.append("left"))
        await PlainTextResponse("done")(scope, receive, send)
        await asyncio.sleep(0.2)

    run_to_its_end(exchange("POST", SERVER, hang_up_after(0.05), app=lingering))
    assert told == []


def test_the_page_brings_a_session_and_what_comes_with_it_is_known_by_it() -> None:
    async def source(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(current_client().source)(scope, receive, send)

    async def visit() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=Guard(source, Rules()))
        async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
            return [await client.get(path) for path in ("/config", "/", "/config", "/")]

    without, page, within, again = run_to_its_end(visit())
    assert [one.headers.get("set-cookie") is not None for one in (without, page, within, again)] == [0, 1, 0, 0]
    assert without.text == page.text == "address 127.0.0.1"
    assert within.text == again.text == f"session {page.cookies['race_session'].partition('.')[0]}"


@pytest.mark.parametrize(("source", "status"), [("192.0.2.1", 503), ("198.51.100.9", 200)])
def test_one_source_cannot_fill_the_memory_with_bodies(
    source: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_limits, "BODIES_BYTES", 4000)
    seen: list[int] = []

    async def run() -> None:
        may_end = asyncio.Event()

        async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
            await may_end.wait()
            await echo(scope, receive, send)

        guard = Guard(waiting, Rules())

        async def ask_from(address: str, size: int) -> int:
            transport = httpx.ASGITransport(app=guard, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
                return (await client.post(SERVER, content=b"x" * size, headers=JSON)).status_code

        first = asyncio.ensure_future(ask_from("192.0.2.1", 1500))
        await asyncio.sleep(0.05)
        second = asyncio.ensure_future(ask_from(source, 1500))
        await asyncio.sleep(0.05)
        may_end.set()
        seen.extend([await first, await second, await ask_from("192.0.2.1", 1500)])

    run_to_its_end(run())
    assert seen == [200, status, 200]


def test_one_address_cannot_fill_the_memory_with_bodies_by_many_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "BODIES_BYTES", 4000)
    bodies = http_limits._Bodies()
    first, second, other = (Client(f"session {number}", f"192.0.2.{number // 2}") for number in range(3))
    bodies.take(first, 1500)
    with pytest.raises(http_limits._RefusedError, match="Too much"):
        bodies.take(second, 1500)
    bodies.take(other, 1500)
    bodies.give_back(first, 1500)
    bodies.take(second, 1500)
    with pytest.raises(http_limits._RefusedError, match="Too much"):
        bodies.take(Client("session 2", "203.0.113.7"), 1500)  # one session, wherever it comes from
