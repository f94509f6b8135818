"""What the tabs answer where previews in bfloat16 are sooner: which pictures may be previews, and which never are."""

from __future__ import annotations

import base64
import hashlib
import io
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from studio.rendering.image_encoding import to_jpeg
from studio.rendering.renderer import Renderer, RenderRequest, SupersededError
from studio.ui.compare import tab as compare
from studio.ui.component import to_base64
from studio.ui.explore import tab as explore
from studio.ui.export import tab as export
from studio.ui.favourites import panel as favourites
from studio.ui.morph import tab as morph
from studio.ui.protocol import Answer
from studio.ui.seeds import tab as seeds
from studio.ui.services import Studio
from studio.ui.verify import tab as verify
from tests.tabs import functions_of, known_fields
from training.core import checkpoint
from training.core.pixels import Pixels, to_cells, to_tile
from training.core.tile import seed_tile

CPU = torch.device("cpu")
SEED = 5
LOOK = {"side": 320, "worker": 0}
WALK = {"kind": "walk", "seeds": [SEED, 7], "position": 0, "closed": False, "way": "slerp"}
MORPH = {"where": WALK, "method": "sefa", "amounts": [], "mix_seed": None, "mix_from": 0, "columns": 8}

Ask = Callable[..., Answer]


@pytest.fixture
def studio(tmp_path: Path, make_vivid: Callable[..., Path], previews: None) -> Studio:
    make_vivid(tmp_path / "checkpoints" / "one")
    return Studio(tmp_path / "checkpoints", CPU)


@pytest.fixture
def ask(studio: Studio) -> Ask:
    """Return a function that asks a tab, of one visitor and the tile of one seed unless it is told otherwise."""
    functions = {explore: functions_of(explore, studio)}  # with the tile that comes with the page
    sha256 = studio.list().default

    def send(tab: ModuleType, name: str, **changes: Any) -> Answer:
        good = {"sha256": sha256, "checkpoints": [sha256], "seed": SEED, "seeds": [SEED], "row": 0, "visitor": "v"}
        if tab not in functions:
            functions[tab] = functions_of(tab, studio)
        function = functions[tab][name]
        answer = function(known_fields(function, good | changes))
        assert "error" not in answer, answer
        return answer

    return send


@pytest.fixture
def exact(studio: Studio) -> Pixels:
    return seed_tile(checkpoint.load(studio.root / "one").generator, SEED)


def shown(encoded: str) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))


def test_the_first_picture_is_a_preview_and_the_exact_tile_is_drawn_at_once_after(ask: Ask, studio: Studio) -> None:
    first = ask(explore, "show", preview=True)
    assert (first["preview"], first["precision"]) == (True, "bfloat16")
    whole = ask(explore, "show")
    assert (whole["preview"], whole["precision"]) == (False, "float32")
    picture = studio.renderer.tile(first["sha256"], SEED, "other")
    assert whole["jpeg"] == to_base64(picture.jpeg) != first["jpeg"]
    assert first["z_hash"] == whole["z_hash"]
    again = ask(explore, "show", preview=True)
    assert (again["precision"], again["jpeg"]) == ("float32", whole["jpeg"])
    assert (studio.renderer.renders, studio.renderer.previews) == (2, 1)  # one of them came with the page


def test_the_exact_tile_is_begun_without_being_asked_for(ask: Ask, studio: Studio) -> None:
    ask(explore, "show", preview=True)
    deadline = time.monotonic() + 20
    while studio.renderer.renders < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert ask(explore, "show", preview=True)["precision"] == "float32"


def test_what_comes_with_the_page_and_what_is_drawn_ahead_is_exact(ask: Ask, studio: Studio) -> None:
    assert studio.renderer.previews == 0
    assert studio.renderer.renders == 1
    assert ask(explore, "show", seed=0, preview=True)["precision"] == "float32"
    assert ask(explore, "show", ahead=True)["precision"] == "float32"
    assert studio.renderer.previews == 0


def test_the_next_press_calls_the_exact_tile_of_the_last_one_off(
    ask: Ask, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = ask(explore, "show", preview=True)["sha256"]
    called_off: list[tuple[str, str, RenderRequest | None]] = []
    monkeypatch.setattr(
        Renderer, "call_off", lambda _, visitor, lane, keep=None: called_off.append((visitor, lane, keep))
    )
    ask(explore, "show", seed=6, preview=True)
    assert ("v", "exact", RenderRequest(sha256, 6)) in called_off


def test_an_exact_tile_that_was_called_off_is_no_error(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def supersede(*_: Any, **__: Any) -> None:
        raise SupersededError

    monkeypatch.setattr(Renderer, "tile", supersede)
    assert ask(explore, "show") == {"superseded": True}


def test_a_sheet_shows_previews_that_say_so_until_the_exact_tile_is_asked_for(ask: Ask, studio: Studio) -> None:
    first = ask(seeds, "look", **LOOK, preview=True)
    assert first["preview"] is True
    rival = ask(seeds, "look", **LOOK)
    assert (rival["preview"], rival["thumbnail"] == first["thumbnail"]) == (False, False)
    assert ask(seeds, "look", **LOOK, preview=True) == rival
    picture = studio.renderer.tile(studio.list().default, SEED, "other")
    assert rival["thumbnail"] == to_base64(picture.thumbnail(320))
    assert [one["seed"] for one in ask(seeds, "rank_seeds", count=24)["scores"]] == [SEED]


def test_seeds_are_ranked_by_their_previews_too(ask: Ask) -> None:
    for seed in (1, 2, 3):
        assert ask(seeds, "look", **LOOK, seed=seed, preview=True)["preview"]
    assert {one["seed"] for one in ask(seeds, "rank_seeds", seed=0, count=24)["scores"]} == {1, 2, 3}


@pytest.mark.parametrize("preview", [True, False])
def test_rows_say_whether_they_are_of_a_preview(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, exact: Pixels, preview: bool
) -> None:
    monkeypatch.setattr(Renderer, "rows", lambda _, request: exact[:32] if request.preview is preview else None)
    answer = ask(seeds, "look_at_rows", side=320, rows=0, preview=True)
    assert (answer["rows"], answer["preview"]) == (2, preview)
    assert ask(seeds, "look_at_rows", side=320, rows=0)["rows"] == (0 if preview else 2)


def test_a_matrix_shows_previews_and_is_saved_exactly(ask: Ask, studio: Studio) -> None:
    (tile,) = ask(compare, "compare_row", preview=True)["tiles"]
    assert tile["precision"] == "bfloat16"
    (saved,) = ask(compare, "compare_row", save=True)["tiles"]
    picture = studio.renderer.tile(tile["sha256"], SEED, "other")
    assert (saved["precision"], saved["jpeg"]) == ("float32", to_base64(picture.thumbnail(compare.THUMBNAIL_SIDE)))


def test_the_strip_that_follows_a_slider_is_a_preview(ask: Ask, studio: Studio, exact: Pixels) -> None:
    answer = ask(morph, "morph_strip", **MORPH)
    assert answer["preview"] is True
    expected = shown(to_base64(to_jpeg(to_tile(to_cells(exact, 16)[:8], 8))))
    assert np.abs(shown(answer["jpeg"]).astype(np.int16) - expected).mean() < 3
    assert studio.renderer.renders == 1


NEVER = [
    (explore, "show", {}),
    (explore, "cell", {"cell": 37, "preview": True}),
    (explore, "weakest", {}),
    (compare, "compare_tiles", {"preview": True}),
    (compare, "compare_row", {}),
    (compare, "compare_cells", {"cell": 37, "preview": True}),
    (seeds, "look", LOOK),
    (morph, "morph_tile", MORPH),
    (morph, "morph_cell", {**MORPH, "cell": 37}),
    (favourites, "thumbnail", {"preview": True}),
    (export, "export_tile", {"preview": True}),
]


@pytest.mark.parametrize(("tab", "name", "request_"), NEVER, ids=[f"{one[1]}" for one in NEVER])
def test_nothing_that_is_enlarged_shown_whole_or_saved_is_a_preview(
    tab: ModuleType, name: str, request_: Answer, ask: Ask, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the preview of the very tile is there: the answer is that of a studio that has none."""
    before = ask(explore, "show", preview=True)
    assert before["precision"] == "bfloat16"
    found = ask(tab, name, **request_)
    assert studio.renderer.previews == 1
    monkeypatch.setattr("studio.rendering.previews.preview_precision", lambda _: None)
    function = functions_of(tab, Studio(studio.root, CPU))[name]
    good = {"sha256": before["sha256"], "checkpoints": [before["sha256"]], "seed": SEED, "visitor": "v"}
    expected = function(known_fields(function, good | {"seeds": [SEED], "row": 0, **request_}))
    assert without_times(found) == without_times(expected)


def without_times(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: without_times(value) for key, value in answer.items() if "seconds" not in key}
    return [without_times(one) for one in answer] if isinstance(answer, list) else answer


def test_a_tile_is_exported_and_checked_exactly(ask: Ask, studio: Studio, exact: Pixels) -> None:
    ask(explore, "show", preview=True)
    answer = ask(export, "export_tile")
    assert answer["manifest"]["pixels_sha256"] == hashlib.sha256(exact.tobytes()).hexdigest()
    verdict = functions_of(verify, studio)["verify_tile"]({"file": answer["png"]})["verdict"]
    assert verdict["outcome"] == "pass_exact"
    assert studio.renderer.previews == 1
