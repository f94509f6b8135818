"""Which scripts the browser lets run in the page: its own, and none that is slipped in from another host or as HTML."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page

from studio.race.store.race_folder import RaceOptions, create
from studio.ui import page as studio_page

INSERT = """([name, value]) => new Promise((resolve) => {
    const script = document.createElement("script");
    script[name] = value;
    script.onload = script.onerror = ({ type }) => resolve(type);
    document.head.append(script);
    if (name === "textContent") setTimeout(() => resolve("inserted"), 100);
})"""
NOTE = (
    "document.addEventListener('securitypolicyviolation', ({ blockedURI }) => (window.blocked ??= []).push(blockedURI))"
)


class _Foreign(BaseHTTPRequestHandler):
    """Another host, whose one script harms the page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.end_headers()
        self.wfile.write(b"window.harmed = true;")

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def foreign() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Foreign)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/harm.js"
    server.shutdown()
    server.server_close()


def test_scripts_of_another_host_and_scripts_slipped_in_as_html_do_not_run(
    address: str, foreign: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(address, quiet=False)
    page.evaluate(NOTE)
    assert page.evaluate(INSERT, ["src", foreign]) == "error"
    assert page.evaluate(INSERT, ["textContent", "window.harmed = true"]) == "inserted"
    page.evaluate("""() => {
        document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='window.harmed = true'>");
        const link = Object.assign(document.createElement("a"), { href: "javascript:void (window.harmed = true)" });
        document.body.append(link);
        link.click();
    }""")
    page.wait_for_function("window.blocked?.length >= 4")
    assert page.evaluate("[window.harmed, ...window.blocked]") == [None, foreign, "inline", "inline", "inline"]


def test_a_walk_through_all_tabs_meets_no_bound_of_the_policy(
    checkpoints: Path,
    tmp_path: Path,
    opened: list[studio_page.Page],
    open_page: Callable[..., Page],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever is refused is an error on the console, which fails the test."""
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "state"))
    create(tmp_path / "race", RaceOptions("Flowers", 16))
    opened.append(studio_page.build(checkpoints, torch.device("cpu"), race=tmp_path / "race"))
    page = open_page(str(opened[-1].launch(prevent_thread_lock=True, quiet=True)[1]))
    page.evaluate(NOTE)
    for name in studio_page.WITH_RACE:
        page.locator(f"#race-tabs [role=tab][data-tab-id={name}]").first.click()
        page.wait_for_function("(tab) => document.documentElement.dataset.tab === tab", arg=name)
        page.locator(f"#race-{name}[data-mounted]").wait_for()
        page.wait_for_load_state("networkidle")
    assert page.evaluate("window.blocked") is None
