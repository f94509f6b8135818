"""The route by which weights come, as a browser asks it: launched, below a path, mounted, and behind a login."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import torch
from fastapi import FastAPI

from studio.checkpoints.uploads import PIECE_BYTES
from studio.ui import page as studio_page
from tests.proxies import proxy, served
from training.core.checkpoint import file_sha256

Make = Callable[..., Path]
SECRET = "0123456789abcdef" * 2
OF_BYTES = {"content-type": "application/octet-stream"}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[studio_page.Page]:
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "state"))
    built = studio_page.build(tmp_path / "none", torch.device("cpu"))
    yield built
    built.discard()


@contextmanager
def launched(page: studio_page.Page, **options: Any) -> Iterator[str]:
    page.launch(prevent_thread_lock=True, quiet=True, **options)
    try:
        yield str(page.local_url).rstrip("/")
    finally:
        page.close(verbose=False)


@contextmanager
def mounted(page: studio_page.Page) -> Iterator[str]:
    with served(page.mount(FastAPI(), "/studio")) as address:
        yield f"{address}/studio"


@contextmanager
def proxied(page: studio_page.Page) -> Iterator[str]:
    with launched(page) as target, served(proxy(target, "/deep/path")) as address:
        yield f"{address}/deep/path"


@contextmanager
def visiting(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{address}/", timeout=60) as client:
        client.get("")
        yield client


def ask(page: studio_page.Page, client: httpx.Client, function: str, **data: Any) -> Any:
    part = next(one._id for one in page.blocks.values() if getattr(one, "elem_id", None) == "race-checkpoints")
    body = {"component_id": part, "fn_name": function, "session_hash": "s", "data": data}
    return client.post("gradio_api/component_server/", json=body).json()


def begin(page: studio_page.Page, client: httpx.Client, folder: Path) -> tuple[str, bytes]:
    """Begin the upload of a checkpoint; return its word and the weights."""
    weights = (folder / "model.safetensors").read_bytes()
    config = (folder / "config.json").read_text(encoding="utf-8")
    begun = ask(page, client, "add_begin", config=config, size=len(weights), name="mine", secret=SECRET)
    return begun["upload"], weights


def send(client: httpx.Client, upload: str, offset: int, piece: bytes) -> httpx.Response:
    return client.post(f"race/uploads/{upload}/{offset}", content=piece, headers=OF_BYTES)


@pytest.mark.parametrize("way", [launched, proxied, mounted])
def test_weights_come_in_pieces_wherever_the_page_is(
    page: studio_page.Page, tmp_path: Path, make_checkpoint: Make, way: Any
) -> None:
    folder = make_checkpoint(tmp_path / "own")
    with way(page) as address, visiting(address) as client:
        upload, weights = begin(page, client, folder)
        half = len(weights) // 2
        answer = send(client, upload, 0, weights[:half])
        assert (answer.status_code, answer.json()) == (200, {"received": half})
        assert answer.headers["cache-control"] == "no-store"
        added = send(client, upload, half, weights[half:]).json()
        assert added["sha256"] == file_sha256(folder / "model.safetensors")
        assert added["own"][-1] == added["sha256"]
        assert ask(page, client, "remove", sha256=added["sha256"], secret=SECRET)["own"] == []


def test_a_piece_of_which_the_rest_does_not_come_is_as_if_it_had_never_begun(
    page: studio_page.Page, tmp_path: Path, make_checkpoint: Make
) -> None:
    folder = make_checkpoint(tmp_path / "own")
    with launched(page) as address, visiting(address) as client:
        upload, weights = begin(page, client, folder)
        port = int(urlsplit(address).port or 0)
        head = f"POST /race/uploads/{upload}/0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(weights)}\r\n"
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + weights[:100])
            time.sleep(0.2)
        assert send(client, upload, 0, weights[:200]).json() == {"received": 200}
        assert ask(page, client, "add_stop", upload=upload) == {}
        assert send(client, upload, 200, weights[200:]).json()["error"]["code"] == "error_add_lost"
    assert [path for path in (tmp_path / "state").rglob("*") if path.is_file()] == []


def test_a_piece_has_a_limit_and_its_own_kind_of_body(page: studio_page.Page) -> None:
    path = f"race/uploads/{'0' * 32}/0"
    with launched(page) as address, visiting(address) as client:
        assert client.post(path, content=bytes(PIECE_BYTES + 1), headers=OF_BYTES).status_code == 413
        assert client.post(path, json={}).status_code == 415
        assert client.post(path, content=b"x", headers={**OF_BYTES, "sec-fetch-site": "cross-site"}).status_code == 403
        for other in (f"{path}/0", f"race/uploads/{'0' * 32}/", "race/uploads/", "race/uploads/a%2Fb/0"):
            assert client.post(other, content=b"x", headers=OF_BYTES).status_code == 404, other
        for offset in ("-1", "x", "1.5", "9" * 5000, "\u0661"):
            answer = client.post(f"race/uploads/{'0' * 32}/{offset}", content=b"x", headers=OF_BYTES)
            assert answer.json()["error"]["code"] == "error_request", offset
        for upload in ("x" * 65, "%00", "%0d%0a"):
            answer = client.post(f"race/uploads/{upload}/0", content=b"x", headers=OF_BYTES)
            assert answer.json()["error"]["code"] == "error_request", upload
            assert client.post(f"race/uploads/{upload}/0", content=b"x").status_code == 415
        assert client.get(path).status_code == 404


def test_only_who_has_logged_in_can_send(page: studio_page.Page) -> None:
    path = f"race/uploads/{'0' * 32}/0"
    with launched(page, auth=("anne", "secret")) as address, ExitStack() as stack:
        stranger = stack.enter_context(visiting(address))
        assert stranger.post(path, content=b"x", headers=OF_BYTES).status_code == 401
        assert stranger.post("login", data={"username": "anne", "password": "secret"}).status_code == 200
        assert stranger.post(path, content=b"x", headers=OF_BYTES).json()["error"]["code"] == "error_add_weights"
