"""What the Morph tab answers: pure seeds exactly, films to the end, and nothing to a hostile request."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from studio.exploration import video
from studio.ui.morph import tab as morph
from studio.ui.morph.messages import SECONDS
from studio.ui.protocol import Answer
from studio.ui.services import Studio
from tests.tabs import functions_of, known_fields
from training.core import checkpoint
from training.core.pixels import NotFiniteError, to_cells
from training.core.tile import CELLS, seed_tile

Call = Callable[..., Answer]


@pytest.fixture
def studio(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> Studio:
    make_checkpoint(tmp_path / "checkpoints" / "one", seed=1, network="stylegan2")
    return Studio(tmp_path / "checkpoints", torch.device("cpu"))


@pytest.fixture
def call(studio: Studio) -> Call:
    """Return a function that sends a request, a good one but for what is given, to a function of the tab."""
    functions = functions_of(morph, studio)
    good = {
        "sha256": studio.list().default,
        "visitor": "v",
        "where": {"kind": "walk", "seeds": [3, 7], "position": 0.5, "closed": False, "way": "slerp"},
        "psi": 1,
        "method": "sefa",
        "amounts": [0] * 8,
        "mix_seed": None,
        "mix_from": 0,
        "columns": 8,
        "cell": 0,
        "kind": "gif",
        "pictures": 4,
        "side": 320,
        "rate": 12,
        "seconds": 1,
        "first": 0,
    }

    def send(name: str, **changes: Any) -> Answer:
        where = {**good["where"], **changes.pop("place", {})}  # type: ignore[dict-item]
        function = functions[name]
        return function({**known_fields(function, {**good, "where": where}), **known_fields(function, changes)})

    return send


def picture(encoded: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))


def test_both_ends_are_the_tiles_that_explore_shows(call: Call, studio: Studio) -> None:
    for position, seed in ((0, 3), (1, 7)):
        answer = call("morph_tile", place={"position": position})
        shown = studio.renderer.tile(studio.list().default, seed, "other")
        assert base64.b64decode(answer["jpeg"]) == shown.jpeg
        assert (answer["departures"], answer["nearest"]) == ([], seed)


@pytest.mark.parametrize("psi", [1, 0.5])
def test_a_cell_of_an_end_is_exactly_that_of_the_tile(call: Call, studio: Studio, psi: float) -> None:
    answer = call("morph_cell", place={"position": 1}, cell=37, psi=psi)
    shown = studio.renderer.tile(studio.list().default, 7, "other", psi=psi)
    np.testing.assert_array_equal(picture(answer["png"]), shown.cell(37))


def test_a_place_between_is_drawn_and_says_why_it_is_no_seed(call: Call, studio: Studio) -> None:
    answer = call("morph_tile", amounts=[1.5, 0, 0], mix_seed=9, mix_from=1)
    assert answer["departures"] == ["between", "directions", "mixing"]
    assert answer["nearest"] == 3
    ends = [seed_tile(checkpoint.load(studio.root / "one").generator, seed) for seed in (3, 7)]
    shown = picture(answer["jpeg"]).astype(int)
    assert shown.shape == ends[0].shape
    assert min(np.abs(shown - end).mean() for end in ends) > 5


def test_one_seed_alone_is_drawn_and_no_film_is_made_of_it(call: Call, studio: Studio) -> None:
    alone = {"seeds": [3], "position": 0}
    for closed in (False, True):
        answer = call("morph_tile", place={**alone, "closed": closed})
        assert base64.b64decode(answer["jpeg"]) == studio.renderer.tile(studio.list().default, 3, "other").jpeg
        assert answer["departures"] == []
    assert call("morph_tile", place={**alone, "seeds": []})["error"]["code"] == "error_request"
    assert call("start_film", place=alone)["error"]["code"] == "error_request"


def test_a_cell_between_is_the_one_of_its_tile(call: Call) -> None:
    tile = to_cells(picture(call("morph_tile")["jpeg"]), 16)
    cell = picture(call("morph_cell", cell=42)["png"]).astype(int)
    differences = [np.abs(cell - other).mean() for other in tile]
    assert int(np.argmin(differences)) == 42


@pytest.mark.parametrize(("columns", "shape"), [(8, (16, 128, 3)), (4, (32, 64, 3))])
def test_the_strip_is_the_first_eight_cells(call: Call, columns: int, shape: tuple[int, ...]) -> None:
    strip = picture(call("morph_strip", columns=columns)["jpeg"])
    assert strip.shape == shape
    first = to_cells(picture(call("morph_tile")["jpeg"]), 16)[:8]
    assert np.abs(to_cells(strip, 16).astype(int) - first).mean() < 8


def test_the_tab_learns_what_a_generator_has(call: Call) -> None:
    assert call("morph_about") == {"styles": 3, "classes": 0}


def test_without_data_there_is_no_answer_about_copies(call: Call) -> None:
    assert call("morph_copies")["error"]["code"] == "error_no_data"


def finished(call: Call, film: str) -> Answer:
    deadline = time.monotonic() + 120
    while "done" in (answer := call("look_at_film", film=film)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return answer


@pytest.mark.parametrize("kind", video.available())
def test_a_film_is_made_to_its_end_and_kept_until_the_page_has_it(call: Call, kind: str) -> None:
    started = call("start_film", kind=kind)
    assert started["total"] == 12
    answer = finished(call, started["film"])
    assert answer["media_type"] == video.KINDS[kind].media_type
    assert len(base64.b64decode(answer["film"])) > 1000
    assert call("look_at_film", film=started["film"]) == answer
    assert call("stop_film", film=started["film"]) == {}
    assert call("look_at_film", film=started["film"]) == {"stopped": True}


def test_a_film_begins_and_ends_at_its_seeds(call: Call, studio: Studio) -> None:
    answer = finished(call, call("start_film", kind="webp", pictures=100)["film"])
    with Image.open(io.BytesIO(base64.b64decode(answer["film"]))) as film:
        for frame, seed in ((0, 3), (film.n_frames - 1, 7)):
            film.seek(frame)
            tile = seed_tile(checkpoint.load(studio.root / "one").generator, seed)
            expected = Image.fromarray(tile).resize((320, 320), Image.Resampling.LANCZOS)
            assert np.abs(np.asarray(film.convert("RGB")).astype(int) - np.asarray(expected)).mean() < 12


def test_a_stopped_film_is_gone(call: Call) -> None:
    started = call("start_film", seconds=5, pictures=100)
    assert call("stop_film", film=started["film"]) == {}
    assert call("look_at_film", film=started["film"]) == {"stopped": True}


def test_a_film_of_a_diverged_generator_says_so(
    call: Call, studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise NotFiniteError("The generator returned values that are not finite: its training has diverged.")

    monkeypatch.setattr(morph, "draw", fail)
    answer = finished(call, call("start_film")["film"])
    assert answer["error"]["code"] == "error_film"
    assert answer["error"]["values"]["reason"] == {"code": "problem_diverged", "values": {}}


def test_a_film_that_is_too_large_is_refused_with_the_number_that_is_allowed(call: Call) -> None:
    answer = call("start_film", kind="gif", side=960, rate=30, seconds=20)
    assert answer["error"]["code"] == "error_film_size"
    assert answer["error"]["values"] == {"frames": 600, "side": 960, "kind": "GIF", "most": 34}


def test_the_page_knows_which_numbers_a_film_may_have() -> None:
    page = Path(morph.__file__).with_suffix(".html").read_text(encoding="utf-8")
    for name, least, most in (("seconds", *SECONDS), ("first", 0, CELLS - 1)):
        assert f'class="film-{name}" type="number" min="{least}" max="{most}"' in page


NAN, HUGE = float("nan"), 10**400
HOSTILE_PLACES = [
    *({"position": value} for value in (-0.1, 1.1, NAN, float("inf"), "0", True, None, [0], HUGE)),
    *(
        {"seeds": value}
        for value in ([3], [3] * 13, [3, 2**32], [3, -1], [3, 0.5], [3, "7"], [3, True], "37", None, {})
    ),
    *({"way": value} for value in ("pad", "SLERP", None, 1, ["slerp"])),
    *({"closed": value} for value in (1, None, "true")),
    *({"kind": value} for value in ("", "pod", None, 1, {})),
    {"kind": "pad", "x": 0.5, "y": 0.5},
    *({"kind": "pad", "seeds": [1, 2, 3, 4], "x": value, "y": 0.5} for value in (-1, 1.01, NAN, "0", None, True)),
]
HOSTILE_CHANGES: list[dict[str, Any]] = [
    *({"psi": value} for value in (-0.1, 1.1, NAN, "1", True, None, HUGE)),
    *({"amounts": value} for value in ([3.1], [NAN], ["1"], [True], [0] * 9, [0] * 10**6, 3, None, {"0": 1})),
    *({"amounts": [1.0], "method": value} for value in ("", "pca ", None, 1, ["sefa"], {})),
    *({"mix_seed": value} for value in (-1, 2**32, 1.5, "9", True, [], {})),
    *({"mix_from": value} for value in (-1, 17, 0.5, "0", True, None)),
    *({"where": value} for value in (None, [], "walk", 3)),
    *({"visitor": value} for value in (None, 3, "v" * 65, [])),
    *({"sha256": value} for value in (None, "0" * 7, "../../etc/passwd", {"a": 1}, "g" * 64)),
]
HOSTILE_FILMS: list[dict[str, Any]] = [
    *({"kind": value} for value in ("avi", "", None, 1, "../mp4")),
    *({"rate": value} for value in (0, 60, 24.0, "24", True, None)),
    *({"side": value} for value in (0, 10**6, 640.0, None, "640")),
    *({"pictures": value} for value in (0, 2, 10**6, None, True, 1.0)),
    *({"seconds": value} for value in (0, 21, 1.5, NAN, "3", None, True)),
    *({"pictures": 1, "first": value} for value in (-1, 100, 0.5, None, True)),
]


@pytest.mark.parametrize("name", ["morph_tile", "morph_strip", "morph_cell", "start_film"])
def test_what_a_request_may_ask_for_is_bounded(call: Call, studio: Studio, name: str) -> None:
    requests = [{"place": place} for place in HOSTILE_PLACES] + HOSTILE_CHANGES
    if name == "start_film":
        requests = [
            one for one in requests if "position" not in one.get("place", {}) and "x" not in one.get("place", {})
        ]
        requests += HOSTILE_FILMS
    for request in requests:
        answer = call(name, **request)
        assert answer.get("error", {}).get("code") in ("error_request", "error_seed", "error_psi"), (
            name,
            str(request)[:100],
            answer,
        )
        assert len(str(answer)) < 500
    assert studio.renderer.renders == 0


@pytest.mark.parametrize("cell", [-1, 100, 1.0, True, None, "3"])
def test_a_cell_beyond_the_tile_is_refused(call: Call, cell: object) -> None:
    for name in ("morph_cell", "morph_copies"):
        assert call(name, cell=cell)["error"]["code"] == "error_request"


@pytest.mark.parametrize("columns", [0, 3, 8.0, None, True, "8"])
def test_a_strip_of_another_shape_is_refused(call: Call, columns: object) -> None:
    assert call("morph_strip", columns=columns)["error"]["code"] == "error_request"


@pytest.mark.parametrize("film", [None, 3, "f" * 65, {}])
def test_a_name_that_is_none_of_a_film_is_refused(call: Call, film: object) -> None:
    assert call("look_at_film", film=film)["error"]["code"] == "error_request"
    assert call("stop_film", film=film)["error"]["code"] == "error_request"


def test_an_unknown_film_and_an_unknown_checkpoint_are_said(call: Call) -> None:
    assert call("look_at_film", film="0" * 32) == {"stopped": True}
    assert call("morph_tile", sha256="0" * 64)["error"]["code"] == "error_unknown_checkpoint"
    assert call("morph_about", sha256="0" * 64)["error"]["code"] == "error_unknown_checkpoint"
