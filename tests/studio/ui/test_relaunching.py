"""A page that is launched again, closed or replaced: what is asked last is so, and nothing of before lives on."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from gradio import networking
from gradio.tunneling import CURRENT_TUNNELS, Tunnel

from studio.byte_lru import ByteLRU
from studio.race.store.race_folder import RaceOptions, create
from studio.rendering.renderer import SupersededError
from studio.ui import page as studio_page

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(600)",
]


@pytest.fixture
def tunnels(monkeypatch: pytest.MonkeyPatch) -> list[Tunnel]:
    """Let a sleeping process stand for each tunnel, and return all that are begun."""
    begun: list[Tunnel] = []

    def setup(local_host: str, local_port: int, share_token: str, **_: object) -> str:
        tunnel = Tunnel("tunnel.example", 1, local_host, local_port, share_token, None)
        tunnel.proc = subprocess.Popen(SLEEPER, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        CURRENT_TUNNELS.append(tunnel)
        begun.append(tunnel)
        return f"https://{len(begun)}.gradio.live"

    monkeypatch.setattr(networking, "setup_tunnel", setup)
    return begun


@pytest.fixture
def page(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> Iterator[studio_page.Page]:
    make_checkpoint(tmp_path / "checkpoints" / "one")
    built = studio_page.build(tmp_path / "checkpoints", torch.device("cpu"))
    yield built
    built.discard()


def launch(page: studio_page.Page, **options: object) -> str:
    return str(page.launch(prevent_thread_lock=True, quiet=True, **options)[1])


def processes(tunnels: list[Tunnel]) -> list[subprocess.Popen[bytes]]:
    return [tunnel.proc for tunnel in tunnels]


def test_without_share_the_public_link_of_before_ends(page: studio_page.Page, tunnels: list[Tunnel]) -> None:
    launch(page, share=True)
    assert page.share_url == "https://1.gradio.live"
    (process,) = processes(tunnels)
    address = launch(page, share=False)
    assert page.share_url is None
    assert process.poll() is not None
    assert CURRENT_TUNNELS == []
    assert httpx.get(f"{address}race/alive").json() == {"alive": True}


def test_the_same_again_keeps_the_page_and_its_link_open(page: studio_page.Page, tunnels: list[Tunnel]) -> None:
    first = launch(page, share=True)
    assert launch(page, share=True) == first
    assert page.share_url == "https://1.gradio.live"
    (process,) = processes(tunnels)
    assert process.poll() is None


def test_a_link_whose_tunnel_has_ended_is_made_anew(page: studio_page.Page, tunnels: list[Tunnel]) -> None:
    launch(page, share=True)
    (process,) = processes(tunnels)
    process.kill()
    process.wait(20)
    launch(page, share=True)
    assert page.share_url == "https://2.gradio.live"
    assert processes(tunnels)[-1].poll() is None


def test_a_tunnel_that_does_not_end_when_asked_is_killed(
    page: studio_page.Page, tunnels: list[Tunnel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.ui.tunnels.GRACE_SECONDS", 0.2)
    monkeypatch.setattr(sys.modules[__name__], "SLEEPER", STUBBORN)
    launch(page, share=True)
    (process,) = processes(tunnels)
    assert process.stdout is not None
    process.stdout.readline()
    page.close(verbose=False)
    assert process.returncode == -9


def test_a_page_that_is_discarded_takes_its_threads_and_memory_along(page: studio_page.Page) -> None:
    address = launch(page)
    studio = page._studio
    assert studio is not None
    (entry,) = studio.catalog.entries()
    studio.renderer.tile(str(entry.sha256), 0, "somebody")
    assert studio.renderer._looked_at.bytes > 0
    assert studio._trained._loaded.bytes > 0
    *_, thread = (one for one in threading.enumerate() if one.name == "render")  # the last that was begun
    page.discard()
    thread.join(20)
    assert not thread.is_alive()
    assert studio.renderer._looked_at.bytes == studio.renderer._copies.bytes == studio._trained._loaded.bytes == 0
    with pytest.raises(SupersededError, match="closed"):
        studio.renderer.tile(str(entry.sha256), 1, "somebody")
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{address}race/alive")


def test_a_page_that_is_discarded_keeps_nothing_in_memory_and_no_thread_of_its_own(
    tmp_path: Path, make_checkpoint: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[ByteLRU[Any, Any]] = []
    make, before = ByteLRU.__init__, set(threading.enumerate())

    def noted(kept: ByteLRU[Any, Any], *arguments: Any, **options: Any) -> None:
        make(kept, *arguments, **options)
        begun.append(kept)

    monkeypatch.setattr(ByteLRU, "__init__", noted)
    make_checkpoint(tmp_path / "checkpoints" / "one")
    create(tmp_path / "race", RaceOptions())
    page = studio_page.build(tmp_path / "checkpoints", torch.device("cpu"), race=tmp_path / "race")
    address = launch(page)
    assert len(begun) >= 14
    for kept in begun:
        kept._values["anything"], kept.bytes = "x", 1
    assert httpx.get(f"{address}race/results/en/race.json").status_code == 409  # in a thread of the race
    page.discard()
    assert [kept.bytes for kept in begun] == [0] * len(begun)
    assert {len(kept) for kept in begun} == {0}
    own = [one for one in set(threading.enumerate()) - before if one.name.startswith(("race ", "render", "official"))]
    for thread in own:
        thread.join(20)
    assert not any(thread.is_alive() for thread in own)


def test_the_studio_of_a_page_that_is_discarded_is_freed(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> None:
    make_checkpoint(tmp_path / "checkpoints" / "one")
    create(tmp_path / "race", RaceOptions())

    def opened_and_discarded() -> weakref.ref[Any]:
        page = studio_page.build(tmp_path / "checkpoints", torch.device("cpu"), race=tmp_path / "race", mcp=True)
        studio = page._studio
        assert studio is not None
        (entry,) = studio.catalog.entries()
        httpx.get(f"{launch(page)}race/alive")
        studio.renderer.tile(str(entry.sha256), 0, "somebody")
        page.discard()
        page.discard()  # which changes nothing
        return weakref.ref(studio)

    studio = opened_and_discarded()
    deadline = time.monotonic() + 20
    while studio() is not None and time.monotonic() < deadline:  # its threads end first
        gc.collect()
        time.sleep(0.1)
    assert studio() is None
