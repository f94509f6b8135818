"""The route by which the exact tiles of favourites come as one zip, as a browser asks it, and behind a login."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch

from studio.race.tile_file import export_png, file_name
from studio.rendering.renderer import BusyError
from studio.ui import page as studio_page
from studio.ui.favourites import zip_route
from studio.ui.favourites.messages import MOST_ZIPPED
from training.core import checkpoint

PATH = "race/favourites.zip"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]) -> Path:
    return make_vivid(tmp_path_factory.mktemp("root") / "alpha")


@pytest.fixture
def page(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[studio_page.Page]:
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(zip_route, "BUSY_SECONDS", 0.01)
    built = studio_page.build(folder.parent, torch.device("cpu"))
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
def visiting(address: str, sender: str = "198.51.100.9") -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{address}/", timeout=60, headers={"x-forwarded-for": sender}) as client:
        client.get("")
        yield client


def rows(folder: Path, seeds: list[int], **more: Any) -> dict[str, Any]:
    sha256 = checkpoint.load(folder).sha256
    return {"tiles": [{"sha256": sha256, "name": "alpha", "seed": seed, "psi": 1, **more} for seed in seeds]}


def test_the_zip_has_the_files_of_the_export_stored_and_lists_them(page: studio_page.Page, folder: Path) -> None:
    found = checkpoint.load(folder)
    asked = rows(folder, [3, 5, 3], note="赤い花", looked_at=40)
    asked["tiles"].insert(1, {**asked["tiles"][0], "sha256": "ab" * 32})
    with launched(page) as address, visiting(address) as client:
        answer = client.post(PATH, json=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert "content-length" not in answer.headers
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        members = archive.infolist()
        files = {one.filename: archive.read(one) for one in members}
    assert {(one.compress_type, one.flag_bits & 8) for one in members} == {(zipfile.ZIP_STORED, 0)}
    listed = json.loads(files.pop("manifest.json"))
    exact = {file_name(found.sha256, seed): export_png(found, seed, seeds_looked_at=40) for seed in (3, 5)}
    assert files == exact
    facts = {"checkpoint_sha256": found.sha256, "checkpoint": "alpha", "psi": 1, "note": "赤い花"}
    assert listed["tiles"] == [
        {"file": name, "sha256": hashlib.sha256(exact[name]).hexdigest(), "seed": seed, **facts}
        for name, seed in zip(exact, (3, 5), strict=True)
    ]
    (left_out,) = listed["left_out"]
    assert (left_out["checkpoint_sha256"], left_out["reason"]) == ("ab" * 32, "unknown_checkpoint")
    assert left_out["values"]["hash"] == "abababab"


def test_each_tile_is_sent_once_it_is_drawn_and_a_reader_that_leaves_ends_the_zip(
    page: studio_page.Page, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, go_on, draw = [], threading.Event(), zip_route.tile_file

    def slowly(*arguments: Any) -> tuple[str, bytes]:
        drawn.append(arguments)
        assert len(drawn) < 2 or go_on.wait(60)
        return draw(*arguments)

    monkeypatch.setattr(zip_route, "tile_file", slowly)
    with launched(page) as address, visiting(address) as client:
        with client.stream("POST", PATH, json=rows(folder, [1, 2, 3])) as answer:
            parts = answer.iter_raw()  # kept, as what nobody holds is closed
            assert next(parts).startswith(b"PK\x03\x04")
            assert client.post(PATH, json=rows(folder, [1])).json()["error"]["code"] == "error_busy"  # one at once
        go_on.set()
        deadline = time.monotonic() + 30
        while (again := client.post(PATH, json=rows(folder, [9]))).headers["content-type"] != "application/zip":
            assert time.monotonic() < deadline, again.text
            time.sleep(0.05)
    assert len(drawn) <= 3  # two of the first zip, the third of which nobody waited for, and that of the last


def test_a_tile_is_tried_again_while_others_are_drawn_and_left_out_at_last(
    page: studio_page.Page, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def busy(_: Any, asked: Any) -> tuple[str, bytes]:
        tries.append(asked.seed)
        if asked.seed == 1 or len(tries) < zip_route.BUSY_TRIES + 3:
            raise BusyError
        return "a.png", b"drawn"

    monkeypatch.setattr(zip_route, "tile_file", busy)
    with launched(page) as address, visiting(address) as client:
        answer = client.post(PATH, json=rows(folder, [1, 2]))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read("a.png") == b"drawn"
        listed = json.loads(archive.read("manifest.json"))
    assert [(one["seed"], one["reason"]) for one in listed["left_out"]] == [(1, "busy")]
    assert (tries.count(1), tries.count(2)) == (zip_route.BUSY_TRIES, 3)


def test_what_no_page_asks_is_refused_before_anything_is_drawn(
    page: studio_page.Page, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_route, "tile_file", lambda *_: pytest.fail("it was drawn"))
    bad: list[Any] = [None, [], {}, {"tiles": []}, {"tiles": "x"}, rows(folder, [-1]), rows(folder, [2**32])]
    bad += [rows(folder, list(range(MOST_ZIPPED + 1))), rows(folder, [1], more=1), rows(folder, [1], looked_at=0)]
    with launched(page) as address, visiting(address) as client:
        for one in bad:
            answer = client.post(PATH, content=json.dumps(one), headers={"content-type": "application/json"})
            assert answer.json()["error"]["code"].startswith("error_"), one
        nested = "[" * 30_000
        answer = client.post(PATH, content=nested, headers={"content-type": "application/json"})
        assert "error" in answer.json()
        assert client.post(PATH, content="{}", headers={"content-type": "text/plain"}).status_code == 415
        assert client.get(PATH).status_code == 404


def test_only_who_has_logged_in_is_sent_one(page: studio_page.Page, folder: Path) -> None:
    with launched(page, auth=("anne", "secret")) as address, visiting(address) as stranger:
        assert stranger.post(PATH, json=rows(folder, [1])).status_code == 401
        assert stranger.post("login", data={"username": "anne", "password": "secret"}).status_code == 200
        assert stranger.post(PATH, json=rows(folder, [1])).headers["content-type"] == "application/zip"


def test_of_all_sources_so_many_are_sent_one_at_once(
    page: studio_page.Page, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_route, "MOST_AT_ONCE", 1)
    go_on, draw = threading.Event(), zip_route.tile_file
    monkeypatch.setattr(zip_route, "tile_file", lambda *arguments: (go_on.wait(60), draw(*arguments))[1])
    with launched(page) as address, visiting(address) as one, visiting(address) as other:
        first = threading.Thread(target=one.post, args=[PATH], kwargs={"json": rows(folder, [1])})
        first.start()
        deadline = time.monotonic() + 30
        page_is_busy = lambda: len(page._studio.official) or page._studio.official._current  # noqa: E731
        while not page_is_busy():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert other.post(PATH, json=rows(folder, [2])).json()["error"]["code"] == "error_busy"
        go_on.set()
        first.join()
        assert other.post(PATH, json=rows(folder, [2])).headers["content-type"] == "application/zip"


class Sent:
    """A zip that is asked for and, but for its first bytes, not read; `code` is that of the error, if there is one."""

    def __init__(self, client: httpx.Client, asked: dict[str, Any]) -> None:
        self._client, self._asked = client, asked
        self._stack = ExitStack()

    def __enter__(self) -> Sent:
        answer = self._stack.enter_context(self._client.stream("POST", PATH, json=self._asked))
        if answer.headers["content-type"] != "application/zip":
            self.code = json.loads(answer.read())["error"]["code"]
        else:
            self.code, self._parts = None, answer.iter_raw()
            assert next(self._parts).startswith(b"PK")
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def is_whole(self) -> bool:
        """Read the rest and tell whether it came to its end."""
        try:
            return sum(map(len, self._parts)) > 0
        except httpx.HTTPError:
            return False


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let tiles have more bytes than a connection holds; return the seeds that are drawn."""
    drawn: list[int] = []

    def draw(_: Any, asked: Any) -> tuple[str, bytes]:
        drawn.append(asked.seed)
        return f"{asked.seed}.png", bytes(24 * 2**20)

    monkeypatch.setattr(zip_route, "tile_file", draw)
    return drawn


def test_the_address_with_most_zips_makes_room_for_another(
    page: studio_page.Page, folder: Path, large: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_route, "MOST_AT_ONCE", 3)
    with launched(page) as address, ExitStack() as stack:

        def begin(sender: str) -> Sent:
            client = stack.enter_context(visiting(address, sender))
            return stack.enter_context(Sent(client, rows(folder, [1, 2])))

        crowd = [begin("203.0.113.7") for _ in range(3)]
        assert [one.code for one in crowd] == [None] * 3
        assert begin("203.0.113.7").code == "error_busy"
        honest = begin("198.51.100.9")
        assert honest.code is None
        assert honest.is_whole()
        assert [one.is_whole() for one in crowd].count(False) == 1


def test_who_reads_slowly_makes_room_for_others_of_the_same_address(
    page: studio_page.Page, folder: Path, large: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_route, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(zip_route, "SLOW_SECONDS", 0.2)
    with launched(page) as address, ExitStack() as stack:
        clients = [stack.enter_context(visiting(address)) for _ in range(3)]
        slow = [stack.enter_context(Sent(client, rows(folder, [1, 2]))) for client in clients[:2]]
        deadline = time.monotonic() + 30
        while (honest := stack.enter_context(Sent(clients[2], rows(folder, [1, 2])))).code is not None:
            assert time.monotonic() < deadline, honest.code
            time.sleep(0.1)
        assert honest.is_whole()
        assert [one.is_whole() for one in slow].count(False) == 1


def test_a_zip_that_waits_for_its_reader_holds_no_turn_and_one_tile(
    page: studio_page.Page, folder: Path, large: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_route, "MOST_DRAWN", 1)
    with launched(page) as address, ExitStack() as stack:
        clients = [stack.enter_context(visiting(address)) for _ in range(10)]
        slow = [stack.enter_context(Sent(client, rows(folder, [1, 2, 3]))) for client in clients[:9]]
        assert [one.code for one in slow] == [None] * 9
        time.sleep(0.3)
        assert large == [1] * 9
        honest = stack.enter_context(Sent(clients[9], rows(folder, [4])))
        assert honest.is_whole()
        assert slow[0].is_whole()


def test_a_class_behind_one_address_is_sent_forty_at_once(
    page: studio_page.Page, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_route, "tile_file", lambda _, asked: (f"{asked.seed}.png", bytes(2**20)))
    with launched(page) as address, ExitStack() as stack:
        clients = [stack.enter_context(visiting(address)) for _ in range(40)]
        sent = [stack.enter_context(Sent(client, rows(folder, [1, 2]))) for client in clients]
        assert [one.code for one in sent] == [None] * 40
        assert all(one.is_whole() for one in sent)
