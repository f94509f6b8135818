"""Whoever closes the page while it waits is noticed by the running server, and the work is not done."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import torch

from studio.rendering import renderer as render
from studio.rendering import scheduler
from studio.ui import page
from studio.ui.export import tab as export
from studio.ui.services import Studio
from training.core import checkpoint
from training.core.checkpoint import Checkpoint

ABANDONED = 64


class Opened:
    """A studio that is open, and connections to it that a test can cut."""

    def __init__(self, root: Path) -> None:
        self.page = page.build(root, torch.device("cpu"))
        self.address = self.page.launch(prevent_thread_lock=True, quiet=True)[1].rstrip("/")
        config = httpx.get(f"{self.address}/config", timeout=60).json()
        self._parts = {one["props"].get("elem_id"): one["id"] for one in config["components"]}

    def body(self, part: str, function: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"data": data, "component_id": self._parts[part], "fn_name": function, "session_hash": "session"}

    def ask(self, part: str, function: str, **data: Any) -> dict[str, Any]:
        """Ask with a browser that has opened the page."""
        with httpx.Client(base_url=self.address, timeout=100) as browser:
            browser.get("/")
            found = browser.post("/gradio_api/component_server/", json=self.body(part, function, data))
            answer: dict[str, Any] = found.raise_for_status().json()
            return answer

    def send(self, part: str, function: str, **data: Any) -> socket.socket:
        """Ask without a session, on a connection that is returned while the answer is awaited."""
        body = json.dumps(self.body(part, function, data)).encode()
        where = urlsplit(self.address)
        connection = socket.create_connection((str(where.hostname), int(where.port or 80)), timeout=60)
        head = f"POST /gradio_api/component_server/ HTTP/1.1\r\nHost: {where.netloc}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        return connection


@pytest.fixture
def studios(monkeypatch: pytest.MonkeyPatch) -> list[Studio]:
    """Collect the studios that pages are built over."""
    made: list[Studio] = []

    def make(*arguments: Any) -> Studio:
        made.append(Studio(*arguments))
        return made[-1]

    monkeypatch.setattr(page, "Studio", make)
    return made


@pytest.fixture
def folder(tmp_path: Path, make_vivid: Callable[..., Path]) -> Path:
    return make_vivid(tmp_path / "checkpoints" / "one")


@pytest.fixture
def opened(folder: Path, studios: list[Studio]) -> Iterator[Opened]:
    studio = Opened(folder.parent)
    yield studio
    studio.page.close(verbose=False)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_tiles_sheets_and_comparisons_of_closed_pages_are_not_drawn(
    opened: Opened, studios: list[Studio], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer, may_draw, draw = studios[0].renderer, threading.Event(), render.draw

    def draw_late(*arguments: Any, **options: Any) -> Any:
        assert may_draw.wait(60)
        return draw(*arguments, **options)

    monkeypatch.setattr(render, "draw", draw_late)
    sha256, before = checkpoint.load(folder).sha256, renderer.renders
    tile = {"sha256": sha256, "psi": 1}
    pages = [
        opened.send("race-explore", "show", **tile, seed=1, visitor="a"),
        opened.send("race-seeds", "look", **tile, seed=2, visitor="b", side=320, worker=0),
        opened.send("race-compare", "compare_tiles", checkpoints=[sha256], psi=1, seed=3, visitor="c"),
        opened.send("race-compare", "compare_row", checkpoints=[sha256], psi=1, seeds=[4], row=0, visitor="d"),
    ]
    wait_until(lambda: len(renderer._jobs) == 4)
    stays = opened.send("race-seeds", "look", **tile, seed=5, visitor="e", side=320, worker=0)
    wait_until(lambda: len(renderer._jobs) == 5)
    for one in pages:
        one.close()
    wait_until(lambda: len(renderer._scheduler) == 1)
    may_draw.set()
    assert b"200 OK" in stays.recv(100)
    stays.close()
    wait_until(lambda: not renderer._jobs)
    assert renderer.renders == before + 1


def test_abandoned_exports_keep_nobody_waiting_and_a_crowd_under_many_names_leaves_room(
    opened: Opened, studios: list[Studio], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, may_draw, draw = [], threading.Event(), export.export_png

    def draw_late(found: Checkpoint, seed: int, *arguments: Any, **options: Any) -> bytes:
        drawn.append(seed)
        assert may_draw.wait(60)
        return draw(found, seed, *arguments, **options)

    monkeypatch.setattr(export, "export_png", draw_late)
    official, asked = studios[0].official, {"sha256": checkpoint.load(folder).sha256, "psi": 1}
    pages = [
        opened.send("race-export", "export_tile", **asked, seed=seed, visitor=f"name {seed}")
        for seed in range(1 + ABANDONED)
    ]
    wait_until(lambda: len(official) == ABANDONED)
    with ThreadPoolExecutor(1) as pool:
        honest = pool.submit(opened.ask, "race-export", "export_tile", **asked, seed=1000, visitor="me")
        wait_until(lambda: len(official) == ABANDONED + 1)
        for one in pages:
            one.close()
        wait_until(lambda: len(official) == 1)
        may_draw.set()
        assert honest.result(60)["manifest"]["seed"] == 1000
    assert (len(drawn), drawn[-1]) == (2, 1000)


def test_hundreds_of_requests_under_made_up_names_shut_nobody_out_of_the_sheets(
    opened: Opened, studios: list[Studio], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer, may_draw, draw = studios[0].renderer, threading.Semaphore(0), render.draw

    def draw_late(*arguments: Any, **options: Any) -> Any:
        assert may_draw.acquire(timeout=100)
        return draw(*arguments, **options)

    monkeypatch.setattr(render, "draw", draw_late)
    tile = {"sha256": checkpoint.load(folder).sha256, "psi": 1, "side": 320, "worker": 0}
    flood = [opened.send("race-seeds", "look", **tile, seed=seed, visitor=f"name {seed}") for seed in range(300)]
    wait_until(lambda: len(renderer._scheduler) == scheduler.WAITING_OF_SOURCE)
    with ThreadPoolExecutor(2) as pool:
        session = pool.submit(opened.ask, "race-seeds", "look", **tile, seed=1000, visitor="with a session")
        wait_until(lambda: len(renderer._scheduler) == scheduler.WAITING_OF_SOURCE + 1)
        newcomer = opened.send("race-seeds", "look", **tile, seed=1001, visitor="without one")
        before = renderer.renders
        may_draw.release(100)  # batches, of ten tiles
        assert "thumbnail" in session.result(60)
        assert b"200 OK" in newcomer.recv(100)
    assert renderer.renders <= before + 10
    for one in (*flood, newcomer):
        one.close()
    may_draw.release(10_000)
    wait_until(lambda: not renderer._jobs)
