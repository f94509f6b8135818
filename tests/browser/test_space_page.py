"""A Space as the Hub starts it: a process in its folder, seen through its proxy, in a frame of huggingface.co."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from studio import __main__ as cli

HOST = "owner-studio.hf.space"
SITE, FRAMED = "https://huggingface.co/spaces/owner/studio", f"https://{HOST}/"
START_SECONDS = 120


@pytest.fixture
def running(checkpoints: Path, tmp_path: Path) -> Iterator[str]:
    """Start a Space with the environment that the Hub gives, and return its address on this machine."""
    assert cli.main(["space", str(tmp_path / "space"), "--checkpoints", str(checkpoints)]) == 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = ("PYTHONPATH", "GAN_RACE_STATE", "GAN_RACE_CACHE", "GAN_RACE_CHECKPOINTS")
    environment = {name: value for name, value in os.environ.items() if name not in own} | {
        "SYSTEM": "spaces",
        "SPACE_ID": "owner/studio",
        "SPACE_HOST": HOST,
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SSR_MODE": "true",
        "HOME": str(tmp_path / "home"),
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=tmp_path / "space", env=environment, stdout=log, stderr=log
        )
        try:
            wait_for(f"http://127.0.0.1:{port}", process, tmp_path / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(address)
        except httpx.TransportError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(log.read_text(encoding="utf-8"))


def test_a_space_shows_a_tile_in_the_frame_of_the_hub(running: str, browser: Browser) -> None:
    answers = {name: httpx.get(running, headers={"Host": name}) for name in (HOST, "elsewhere.example.com")}
    assert [answer.status_code for answer in answers.values()] == [200, 400]
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def hub_proxy(route: Route) -> None:
        headers = {**route.request.headers, "host": HOST, "x-forwarded-host": HOST, "x-forwarded-proto": "https"}
        route.fulfill(response=route.fetch(url=route.request.url.replace(FRAMED, f"{running}/"), headers=headers))

    def hub_page(route: Route) -> None:
        is_page = route.request.url == SITE
        body = f"<iframe src='{FRAMED}' width=1200 height=700></iframe>" if is_page else ""
        route.fulfill(status=200 if is_page else 404, content_type="text/html", body=body)

    page.route(f"{FRAMED}**", hub_proxy)
    page.route("https://huggingface.co/**", hub_page)
    page.goto(SITE)
    frame = page.frame_locator("iframe")
    expect(frame.locator(".race.explore .tile").first).to_be_visible(timeout=60_000)
    shown = next(one for one in page.frames if one.url.startswith(FRAMED))
    shown.wait_for_function("document.querySelector('.race .tile')?.naturalWidth > 0", timeout=60_000)
    frame.locator(".open-favourites").click()
    expect(frame.locator(".shared-favourites .state-ends")).to_contain_text("ends when the Space restarts")
    assert errors == []
    context.close()
