"""Which routes of Gradio are let in, of all that it has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
import torch
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from studio.ui import page as studio_page
from studio.ui.checkpoints.upload_route import upload_routes
from studio.ui.favourites.zip_route import zip_routes
from studio.ui.http_limits import Guard, Rules
from studio.ui.page import OWN_ROUTES
from studio.ui.race.routes import race_routes
from tests.loops import run_to_its_end

UNASKED: Any = None  # the routes of a race are named here, and asked in tests of their own
ROUTES = [*OWN_ROUTES, *race_routes(UNASKED), *upload_routes(UNASKED), *zip_routes(UNASKED)]
OPEN = {
    *("GET /", "HEAD /", "GET /assets/{path:path}", "GET /static/{path:path}", "GET /theme.css"),
    *("GET /favicon.ico", "GET /manifest.json", "GET /robots.txt", "GET /config", "GET /config/"),
    *("GET /gradio_api/startup-events", "GET /gradio_api/app_id", "GET /gradio_api/app_id/"),
    *("POST /gradio_api/component_server", "POST /gradio_api/component_server/"),
    *("POST /race/uploads/{upload}/{offset}", "POST /race/favourites.zip"),
    *("GET /race/alive", "HEAD /race/alive"),
    *("GET /race/ui/{version}/{name:path}", "HEAD /race/ui/{version}/{name:path}"),
    *("GET /race/tiles/{key}/{tile}/{kind}", "HEAD /race/tiles/{key}/{tile}/{kind}"),
    *("GET /race/results/{language}/{name}", "HEAD /race/results/{language}/{name}"),
}
FOR_THE_LOGIN = {"POST /login", "POST /login/", "GET /logout"}
KINDS = {"/login": "application/x-www-form-urlencoded", "/race/uploads/": "application/octet-stream"}
EVENT = 7
BODY = json.dumps({"fn_index": EVENT})


def routes_of(routes: Any, before: str = "") -> Iterator[str]:
    """Name each route with its method, also those of routers and apps within."""
    for route in routes:
        inner = getattr(getattr(route, "original_router", None), "routes", None) or getattr(route, "routes", None)
        if inner:
            yield from routes_of(inner, before + (route.path if isinstance(route, Mount) else ""))
        else:
            for method in getattr(route, "methods", None) or ["GET"]:
                yield f"{method} {before}{route.path}"


async def statuses(named: list[str], rules: Rules, body: str | bytes = BODY) -> dict[str, int]:
    """Ask each route behind a guard, and answer 200 for what is let in."""
    app = httpx.ASGITransport(app=Guard(PlainTextResponse("in"), rules))
    found = {}
    async with httpx.AsyncClient(transport=app, base_url="http://studio") as client:
        for route in named:
            method, path = re.sub(r"{[^}]*}", "a.js", route).split(" ")
            kind = next((KINDS[start] for start in KINDS if path.startswith(start)), "application/json")
            answer = await client.request(method, path, content=body, headers={"content-type": kind})
            found[route] = answer.status_code
            assert len(answer.text) < 100
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[studio_page.Page]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_RACE_STATE", str(tmp_path_factory.mktemp("state")))
        yield studio_page.build(tmp_path_factory.mktemp("none"), torch.device("cpu"))


@pytest.mark.parametrize("login", [False, True])
def test_of_all_routes_of_gradio_the_page_has_those_in_the_table(page: studio_page.Page, login: bool) -> None:
    named = sorted({*routes_of(page.app.routes), *routes_of(ROUTES), *FOR_THE_LOGIN})
    assert "POST /gradio_api/process_recording" in named
    assert len(named) > 70
    found = run_to_its_end(statuses(named, Rules(own=ROUTES, login=login, events=lambda: {EVENT})))
    assert {route for route, status in found.items() if status == 200} == OPEN | (FOR_THE_LOGIN if login else set())
    assert {status for status in found.values() if status != 200} == {404}


def test_routes_of_a_mounted_app_are_found_as_well() -> None:
    inner = Mount("/mcp", routes=[Route("/sse", PlainTextResponse("in")), Mount("/b", routes=[Route("/c", print)])])
    assert set(routes_of([inner])) >= {"GET /mcp/sse", "GET /mcp/b/c"}


@pytest.mark.parametrize(
    "route",
    [
        *("POST /gradio_api/run/tab_labels", "POST /gradio_api/run/predict/more", "PUT /", "OPTIONS /", "DELETE /"),
        *("OPTIONS /gradio_api/component_server", "GET /gradio_api/component_server", "TRACE /", "GET /assets/"),
        *("GET /gradio_api/future", "POST /gradio_api/future", "GET /config/more", "GET /Config", "GET /theme-css"),
        *("GET /%2e%2e/config", "GET /gradio_api/file=assets/x", "POST /race/alive", "GET /assets"),
    ],
)
def test_what_is_like_an_open_route_is_shut(route: str) -> None:
    assert run_to_its_end(statuses([route], Rules(own=ROUTES))) == {route: 404}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (BODY, 200),
        *((json.dumps({"fn_index": number}), 400) for number in (8, -1, None, "7", 7.0, True, [7], {})),
        *((body, 400) for body in ("", "{", "[7]", "7", "null", "[" * 60_000, b"\xff{}")),
        (json.dumps({"fn_index": EVENT, "data": ["x" * 2**16]}), 413),
    ],
)
def test_only_events_that_the_page_has_come_in(body: str | bytes, status: int) -> None:
    route = "POST /gradio_api/run/predict"
    assert run_to_its_end(statuses([route], Rules(events=lambda: {EVENT}), body)) == {route: status}


def test_every_event_of_the_page_goes_through_the_one_route_that_is_open(page: studio_page.Page) -> None:
    """Those that wait in Gradio's queue would need more."""
    events = [event for event in page.fns.values() if event.fn is not None]
    assert events
    assert not any(event.queue for event in events)
    assert page._events() == {number for number, event in page.fns.items() if event in events}


def test_an_event_without_data_is_answered() -> None:
    empty = gr.EventData(None, None)
    assert studio_page._chosen_tab(studio_page.TABS)(empty) is not None
    assert studio_page.header.tab_labels(studio_page.TABS)(empty)[0].label == "Explore"


def test_a_route_of_the_program_is_let_in_with_any_body(tmp_path: Path) -> None:
    own = [Route("/mine/{name}", PlainTextResponse("in"), methods=["POST"]), Mount("/files", PlainTextResponse("in"))]
    found = run_to_its_end(statuses(["POST /mine/x", "GET /mine/x", "GET /files/a"], Rules(own=own), "x" * 2**17))
    assert found == {"POST /mine/x": 200, "GET /mine/x": 404, "GET /files/a": 200}
