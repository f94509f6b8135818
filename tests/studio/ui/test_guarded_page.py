"""The page as it is launched: the guard stands before everything, whatever is passed to launch()."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
import torch
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.clients import current_client
from studio.ui import page as studio_page
from studio.ui.http_limits import Guard
from tests.proxies import served

SERVER = "/gradio_api/component_server"


class Signed:
    """A caller's own middleware, which adds a header."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def signed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"x-signed", b"yes")]}
            await send(message)

        await self.app(scope, receive, signed)


def who(_: Request) -> PlainTextResponse:
    return PlainTextResponse(current_client().source)


OWN = {
    "routes": [Route("/mine", PlainTextResponse("own")), Route("/who", who)],
    "middleware": [Middleware(Signed)],
    "title": "Ours",
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[studio_page.Page]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_RACE_STATE", str(tmp_path_factory.mktemp("state")))
        built = studio_page.build(tmp_path_factory.mktemp("none"), torch.device("cpu"))
        built.launch(prevent_thread_lock=True, quiet=True, app_kwargs=OWN)
        yield built
    built.close(verbose=False)


@pytest.fixture
def client(page: studio_page.Page) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=str(page.local_url), timeout=20) as opened:
        yield opened


def test_routes_and_middleware_of_the_caller_come_beside_the_pages_own(
    page: studio_page.Page, client: httpx.Client
) -> None:
    assert page.app.user_middleware[0].cls is Guard
    assert page.app.title == "Ours"
    assert client.get("/mine").text == "own"
    assert client.get("/race/alive").json() == {"alive": True}
    front = client.get("/")
    assert front.headers["x-signed"] == "yes"
    assert "frame-ancestors" in front.headers["content-security-policy"]
    assert OWN["title"] == "Ours"
    assert len(OWN["routes"]) == 2


def test_every_script_that_stands_in_the_page_has_the_nonce_of_its_policy(client: httpx.Client) -> None:
    front = client.get("/")
    _, _, nonce = front.headers["content-security-policy"].rstrip("'").rpartition("'nonce-")
    tags = re.findall(r"<script\b[^>]*>", front.text)
    assert len(tags) > 6
    assert all(f' nonce="{nonce}"' in tag for tag in tags), tags


def test_what_the_page_never_asks_for_is_not_there(client: httpx.Client) -> None:
    start = time.monotonic()
    for method, path in (
        *(("POST", "process_recording"), ("GET", "deep_link?session_hash=x"), ("GET", "dev/reload")),
        *(("POST", "upload"), ("POST", "queue/join"), ("GET", "file=pyproject.toml"), ("POST", "call/v2/tab_labels")),
    ):
        answer = client.request(method, f"/gradio_api/{path}", json={} if method == "POST" else None)
        assert (answer.status_code, answer.text) == (404, "There is nothing here."), path
    assert client.get("/openapi.json").status_code == 404
    assert time.monotonic() - start < 10


def asked(page: studio_page.Page, **changes: Any) -> dict[str, Any]:
    part = next(one._id for one in page.blocks.values() if getattr(one, "elem_id", None) == "race-header")
    data = {"link": "https://x.gradio.live/?seed=1"}
    return {"component_id": part, "fn_name": "link_code", "session_hash": "s", "data": data, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        *({"component_id": one} for one in (99_999, -1, "x", None, [1], 1e300)),
        *({"fn_name": one} for one in ("gone", "__class__", "", None, 5, "x" * 10_000, "launch")),
        *({"session_hash": one} for one in (None, 5, {}, [])),
    ],
)
def test_a_request_for_a_part_that_is_not_there_is_refused_in_a_line(
    page: studio_page.Page, client: httpx.Client, capfd: pytest.CaptureFixture[str], changes: dict[str, Any]
) -> None:
    answer = client.post(SERVER, json=asked(page, **changes))
    assert 400 <= answer.status_code < 500
    assert len(answer.text) < 100
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"null", b"\xff\xfe", b"[" * 50_000, b'{"data": NaN}'])
def test_a_body_that_is_no_request_is_refused_in_a_line(
    client: httpx.Client, capfd: pytest.CaptureFixture[str], body: bytes
) -> None:
    for path in (SERVER, f"{SERVER}/", "/gradio_api/run/predict"):
        answer = client.post(path, content=body, headers={"content-type": "application/json"})
        assert 400 <= answer.status_code < 500
        assert len(answer.text) < 100
    assert "Traceback" not in capfd.readouterr().err


def test_a_good_request_is_answered_to_the_page_alone(page: studio_page.Page, client: httpx.Client) -> None:
    for host in ("localhost", "x.gradio.live"):
        headers = {"host": host, "origin": "https://evil.example"}
        answer = client.post(f"{SERVER}/", json=asked(page), headers=headers)
        assert answer.status_code == 200
        assert "svg" in answer.json()
        assert not [name for name in answer.headers if name.startswith("access-control")]
    preflight = {"host": "x.gradio.live", "origin": "https://evil.example", "access-control-request-method": "POST"}
    refused = client.options(SERVER, headers=preflight)
    assert refused.status_code == 404
    assert not [name for name in refused.headers if name.startswith("access-control")]


def test_names_that_the_organiser_gives_are_let_in(
    page: studio_page.Page, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def status(host: str) -> int:
        return client.get("/race/alive", headers={"host": host}).status_code

    assert status("studio.school.edu") == 400
    monkeypatch.setenv("GAN_RACE_HOSTS", "other.example, studio.school.edu")
    assert status("studio.school.edu:8443") == 200
    monkeypatch.setattr(page, "share_url", "https://abc.own-tunnel.example")
    monkeypatch.setattr(page, "root_path", "https://proxy.example/gan")
    assert [status(host) for host in ("abc.own-tunnel.example", "proxy.example", "tunnel.example")] == [200, 200, 400]


def test_a_login_stays_possible(tmp_path: Path) -> None:
    built = studio_page.build(tmp_path, torch.device("cpu"))
    address = built.launch(prevent_thread_lock=True, quiet=True, auth=("teacher", "secret"))[1]
    try:
        with httpx.Client(base_url=address, timeout=20) as client:
            assert client.get("/config").status_code == 401
            assert client.post("/login", data={"username": "teacher", "password": "guess"}).status_code == 400
            assert client.post("/login", data={"username": "teacher", "password": "secret"}).status_code == 200
            assert client.get("/config").status_code == 200
    finally:
        built.close(verbose=False)


def test_gradios_own_mounting_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"call demo\.mount\(app, '/gan'\), not gradio\.mount_gradio_app"):
        gr.mount_gradio_app(FastAPI(), studio_page.build(tmp_path, torch.device("cpu")), path="/gan")


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    built = studio_page.build(tmp_path_factory.mktemp("none"), torch.device("cpu"))
    app = built.mount(FastAPI(), "/gan", app_kwargs={"routes": [Route("/mine", PlainTextResponse("own"))]})
    app.get("/other")(lambda: "other")
    with served(app) as address, httpx.Client(base_url=address, timeout=20) as opened:
        yield opened
    built.discard()


def test_mounted_in_another_app_the_page_answers_below_its_path(mounted: httpx.Client) -> None:
    assert mounted.get("/other").json() == "other"
    assert mounted.get("/gan").headers["location"].endswith("/gan/")
    front = mounted.get("/gan/")
    assert front.headers["content-encoding"] == "gzip"
    assert "race-modules" in front.text
    assert mounted.get("/gan/race/alive").json() == {"alive": True}
    assert mounted.get("/gan/mine").text == "own"
    parts = mounted.get("/gan/config").json()["components"]
    header = next(one["id"] for one in parts if one["props"].get("elem_id") == "race-header")
    asked = {"component_id": header, "fn_name": "link_code", "session_hash": "s"}
    answer = mounted.post(f"/gan{SERVER}", json={**asked, "data": {"link": "https://x.gradio.live/?seed=1"}})
    assert "svg" in answer.json()


def test_mounted_in_another_app_the_page_is_guarded(mounted: httpx.Client) -> None:
    front = mounted.get("/gan/", headers={"origin": "https://evil.example"})
    assert "frame-ancestors" in front.headers["content-security-policy"]
    assert "race_session" in mounted.cookies
    assert not [name for name in front.headers if name.startswith("access-control")]
    for path in ("upload", "process_recording", "queue/join"):
        assert mounted.post(f"/gan/gradio_api/{path}", json={}).status_code == 404
    assert mounted.get("/gan/gradio_api/file=pyproject.toml").status_code == 404
    assert mounted.get("/gan/", headers={"host": "evil.example"}).status_code == 400
    assert mounted.post(f"/gan{SERVER}", content="x", headers={"content-type": "text/plain"}).status_code == 415


def test_an_app_that_was_neither_launched_nor_mounted_says_what_to_do(tmp_path: Path) -> None:
    built = studio_page.build(tmp_path, torch.device("cpu"))
    with served(built.app) as address:
        answer = httpx.get(address)
    assert (answer.status_code, answer.text) == (503, "Open the studio with demo.launch() or demo.mount(app, path).")


def test_a_page_that_a_browser_does_not_find_says_what_a_proxy_needs(client: httpx.Client) -> None:
    answer = client.get("/gan/", headers={"accept": "text/html,application/xhtml+xml"})
    assert answer.status_code == 404
    assert answer.text.count("GRADIO_ROOT_PATH=/") == 2
    assert "パス" in answer.text


def test_the_app_is_guarded_before_it_is_launched(tmp_path: Path) -> None:
    built = studio_page.build(tmp_path, torch.device("cpu"))
    assert built.app.user_middleware[0].cls is Guard
    assert json.dumps(built.custom_mount_path) == "null"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        (None, "127.0.0.1"),
        ("192.0.2.5", "192.0.2.5"),
        ("203.0.113.7, 192.0.2.5", "192.0.2.5"),
        ("203.0.113.7, 192.0.2.5, 127.0.0.1", "192.0.2.5"),
    ],
)
def test_behind_the_tunnel_a_visitor_is_known_by_what_the_tunnel_wrote_last(
    client: httpx.Client, forwarded: str | None, address: str
) -> None:
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert client.get("/who", headers=headers).text == f"address {address}"


def test_whoever_has_opened_the_page_is_known_by_a_session(client: httpx.Client) -> None:
    assert client.get("/").status_code == 200
    source = client.get("/who").text
    assert source.startswith("session ")
    assert client.get("/who", headers={"x-forwarded-for": "192.0.2.5"}).text == source
