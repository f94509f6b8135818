"""Thirty visitors at once on one process: each gets the right pictures, nothing fails, and memory stays bounded."""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from studio.exploration.nearest_training import Progress, build_index
from studio.exploration.seed_ranking import rank
from studio.exploration.seed_sheets import Sheets
from studio.rendering.image_encoding import to_jpeg
from studio.rendering.renderer import RenderRequest
from studio.ui import page
from studio.ui.export import tab as export
from studio.ui.protocol_types import TileRequest
from studio.ui.seeds import tab as seeds
from studio.ui.seeds.messages import LookRequest, RankRequest
from studio.ui.services import Studio
from studio.ui.shared.messages import RowsRequest
from tests.served import Served
from training.core import checkpoint
from training.core.checkpoint import Checkpoint
from training.core.pixels import Pixels
from training.core.tile import seed_tile

VISITORS = 30
CACHE_BYTES = 20 * 160 * 160 * 3


@pytest.fixture
def studios(monkeypatch: pytest.MonkeyPatch) -> list[Studio]:
    """Collect the studios that pages are built over."""
    made: list[Studio] = []

    def make(*arguments: Any) -> Studio:
        studio = Studio(*arguments)
        studio.renderer._looked_at.limit = CACHE_BYTES
        studio.renderer._sheets.limit = CACHE_BYTES
        made.append(studio)
        return studio

    monkeypatch.setattr(page, "Studio", make)
    return made


@pytest.fixture
def folders(tmp_path: Path, make_vivid: Callable[..., Path]) -> list[Path]:
    return [make_vivid(tmp_path / "checkpoints" / name, seed=seed) for seed, name in enumerate("abc")]


@pytest.fixture
def served(folders: list[Path], studios: list[Studio]) -> Iterator[Served]:
    opened = Served(folders[0].parent)
    yield opened
    opened.page.close(verbose=False)


def pixels_of(encoded: str) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))


def is_tile(found: Pixels, exact: Pixels) -> bool:
    expected = np.asarray(Image.open(io.BytesIO(to_jpeg(exact))))
    return found.shape == expected.shape and bool(np.abs(found.astype(np.int16) - expected).mean() < 2)


@pytest.mark.slow
def test_thirty_visitors_at_once_each_see_their_own_pictures(
    served: Served, studios: list[Studio], folders: list[Path]
) -> None:
    found = [checkpoint.load(folder) for folder in folders]

    def visit(number: int) -> list[tuple[int, int, Pixels]]:
        """Look at a tile, ask ahead, look at two more in a sheet and at one cell."""
        which, seed = number % 3, 100 * number
        asked = {"sha256": found[which].sha256, "psi": 1, "visitor": f"visitor {number}"}
        session = f"session{number}"
        sheet = {**asked, "side": 320, "worker": 0}
        seen = []
        for shown in (seed, seed + 1, seed):
            answer = served.ask("race-explore", "show", {**asked, "seed": shown, "ahead": shown != seed}, session)
            seen.append((which, shown, pixels_of(answer["jpeg"])))
        for shown in (seed + 2, seed + 3):
            answer = served.ask("race-seeds", "look", {**sheet, "seed": shown}, session)
            seen.append((which, shown, pixels_of(answer["thumbnail"])))
        cell = served.ask("race-explore", "cell", {**asked, "seed": seed, "cell": 0}, session)
        assert pixels_of(cell["png"]).shape == (16, 16, 3)
        return seen

    with ThreadPoolExecutor(VISITORS) as pool:
        seen = [one for some in pool.map(visit, range(VISITORS)) for one in some]
    tiles = {(which, seed): seed_tile(found[which].generator, seed) for which, seed, _ in seen}
    assert len(seen) == 5 * VISITORS
    assert [(which, seed) for which, seed, pixels in seen if not is_tile(pixels, tiles[which, seed])] == []
    assert not is_tile(seen[0][2], tiles[seen[1][:2]])
    renderer = studios[0].renderer
    assert max(renderer._looked_at.bytes, renderer._sheets.bytes) <= CACHE_BYTES
    assert (len(renderer._scheduler), len(renderer._jobs)) == (0, 0)


@pytest.mark.slow
def test_thirty_exports_at_once_come_in_their_order_and_keep_nobody_else_waiting(
    folders: list[Path], studios: list[Studio], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, may_draw, draw = [], threading.Event(), export.export_png

    def draw_late(found: Checkpoint, seed: int, *arguments: Any, **options: Any) -> bytes:
        drawn.append(seed)
        assert may_draw.wait(100)
        return draw(found, seed, *arguments, **options)

    monkeypatch.setattr(export, "export_png", draw_late)
    served = Served(folders[0].parent, max_threads=2)
    asked = {"sha256": checkpoint.load(folders[0]).sha256, "psi": 1}

    def send(seed: int) -> dict[str, Any]:
        request = {**asked, "seed": seed, "visitor": f"visitor {seed}"}
        return served.ask("race-export", "export_tile", request, f"session{seed}")

    with ThreadPoolExecutor(VISITORS) as pool:
        sent = []
        for seed in range(VISITORS):
            sent.append(pool.submit(send, seed))
            wait_until(lambda: len(drawn) + len(studios[0].official) == len(sent))
        request = {**asked, "seed": 7, "visitor": "another"}
        shown = served.ask("race-explore", "show", request, "other")
        looked_at = served.ask("race-seeds", "look", {**request, "side": 320, "worker": 0}, "other")
        listed = served.ask("race-checkpoints", "list_checkpoints", {}, "other")["list"]
        may_draw.set()
        exported = [one.result() for one in sent]
    served.page.close(verbose=False)
    assert ("jpeg" in shown, "thumbnail" in looked_at, len(listed["checkpoints"])) == (True, True, 3)
    assert [one.get("manifest", one)["seed"] for one in exported] == drawn == list(range(VISITORS))


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


FIELDS: dict[str, set[str]] = {
    "look": set(LookRequest.model_fields),
    "look_at_rows": set(RowsRequest.model_fields),
    "rank_seeds": set(RankRequest.model_fields),
    "see_seed": set(TileRequest.model_fields),
    "decide": set(),
}


@pytest.mark.parametrize(
    ("function", "change", "code"),
    [
        ("look", {"seed": -1}, "error_seed"),
        ("look", {"seed": True}, "error_seed"),
        ("look", {"psi": 1.5}, "error_psi"),
        ("look", {"side": 100_000}, "error_request"),
        ("look", {"side": 321}, "error_request"),
        ("look", {"worker": 8}, "error_request"),
        ("look", {"visitor": "x" * 65}, "error_request"),
        ("look", {"sha256": "0" * 64}, "error_unknown_checkpoint"),
        ("look", {"sha256": "../../x"}, "error_request"),
        ("look_at_rows", {"rows": 11}, "error_request"),
        ("look_at_rows", {"rows": True}, "error_request"),
        ("look_at_rows", {"side": 321, "rows": 0}, "error_request"),
        ("rank_seeds", {"count": 241}, "error_request"),
        ("rank_seeds", {"count": "24"}, "error_request"),
        ("rank_seeds", {"others": [-1]}, "error_seed"),
        ("rank_seeds", {"others": [*range(241)]}, "error_request"),
        ("see_seed", {"visitor": None}, "error_request"),
        ("decide", {"seeds": [1, 2], "decisions": [[3]]}, "error_request"),
        ("decide", {"seeds": list(range(241)), "decisions": []}, "error_request"),
        ("decide", {"seeds": [1, "2"], "decisions": []}, "error_seed"),
        ("decide", {"seeds": [1, 2], "decisions": "all"}, "error_request"),
        ("decide", None, "error_request"),
    ],
)
def test_a_hostile_request_gets_a_sentence(
    served_once: tuple[Served, str], function: str, change: dict[str, Any] | None, code: str
) -> None:
    served, sha256 = served_once
    good = {"sha256": sha256, "seed": 1, "psi": 1, "side": 320, "worker": 0, "visitor": "me", "count": 24}
    known = {name: value for name, value in good.items() if name in FIELDS.get(function, good)}
    answer = served.ask("race-seeds", function, known | change if change is not None else {}, "session")
    assert answer["error"]["code"] == code


def test_without_the_network_seeing_is_refused_and_ranking_goes_on(
    served_once: tuple[Served, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeds, "NEEDED", ("no_such_package",))
    served, sha256 = served_once
    asked = {"sha256": sha256, "seed": 0}
    seen = served.ask("race-seeds", "see_seed", {**asked, "visitor": "me"}, "session")
    assert seen["error"]["code"] == "error_no_network"
    answer = served.ask("race-seeds", "rank_seeds", {**asked, "count": 24, "by_network": True}, "session")
    assert (answer["network"], answer["at_hand"], answer["reals"]) == (None, False, "none")


def test_the_network_of_the_real_pictures_ranks_by_their_distance(
    tmp_path: Path, make_vivid: Callable[..., Path], make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    studio = Studio(make_vivid(tmp_path / "root" / "one").parent, torch.device("cpu"), make_pictures(tmp_path / "real"))
    sha256 = str(studio.catalog.entries()[0].sha256)
    assert studio.copies is not None
    assert seeds._reals(studio) == "waiting"
    studio.copies._index = build_index(tmp_path / "real", Progress())
    assert seeds._reals(studio) == "ready"
    network = seeds._network(studio)
    assert network is not None
    sheets = Sheets(studio.renderer)
    requests = [RenderRequest(sha256, seed) for seed in range(3)]
    for request in requests:
        sheets.see(request, network, "me")
    scores = rank(sheets.seen(requests, network), network.usual)
    assert set(scores) == {0, 1, 2}
    assert all(score.distance is not None and score.distance > 0 for score in scores.values())


@pytest.fixture(scope="module")
def served_once(
    tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]
) -> Iterator[tuple[Served, str]]:
    folder = make_vivid(tmp_path_factory.mktemp("served") / "one")
    opened = Served(folder.parent)
    yield opened, checkpoint.load(folder).sha256
    opened.page.close(verbose=False)
