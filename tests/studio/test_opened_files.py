"""A file opens the tile that it says it is, and no hostile file opens anything."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from studio.race.manifest import CHUNK, MALFORMED, MAX_MANIFEST_CHARACTERS
from studio.race.tile_file import export_png, read_png
from studio.ui.explore import tab as explore
from studio.ui.protocol import Answer
from studio.ui.protocol_types import MAX_FILE_BYTES
from studio.ui.services import Studio
from tests.tabs import functions_of
from training.core.checkpoint import canonical_json

Open = Callable[[Any], Answer]


@pytest.fixture
def studio(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> Studio:
    make_checkpoint(tmp_path / "checkpoints" / "one", seed=1)
    return Studio(tmp_path / "checkpoints", torch.device("cpu"))


@pytest.fixture
def open_tile(studio: Studio) -> Open:
    """Return a function that sends a file, as bytes or as anything else, as the page would."""
    functions = functions_of(explore, studio)

    def send(file: Any) -> Answer:
        return functions["open_tile"]({"file": base64.b64encode(file).decode() if isinstance(file, bytes) else file})

    return send


def claiming(text: str) -> bytes:
    """Return a picture that says anything of itself."""
    info = PngImagePlugin.PngInfo()
    info.add_itxt(CHUNK, text)
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def test_an_exported_tile_says_which_it_is(studio: Studio, open_tile: Open) -> None:
    found = studio.catalog.load(studio.list().default)
    expected = {"sha256": found.sha256, "seed": 5, "psi": 0.25, "name": "one"}
    assert open_tile(export_png(found, 5, 0.25)) == expected
    old = {key: value for key, value in (read_png(export_png(found, 5)).manifest or {}).items() if key != "psi"}
    assert open_tile(claiming(canonical_json(old))) == {**expected, "psi": 1.0}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seed": 2**32}, "seed"),
        ({"seed": True}, "seed"),
        ({"psi": 1.5}, "psi"),
        ({"psi": "1"}, "psi"),
        ({"checkpoint_sha256": "../../etc"}, "checkpoint_sha256"),
        ({"format": 9}, "format"),
        ({"note": "x" * MAX_MANIFEST_CHARACTERS}, "too_long"),
    ],
)
def test_a_damaged_claim_is_named(open_tile: Open, studio: Studio, changes: dict[str, Any], field: str) -> None:
    good = {"format": 1, "seed": 5, "checkpoint_sha256": studio.list().default}
    answer = open_tile(claiming(canonical_json({**good, **changes})))
    values = {"field": MALFORMED.get(field, field), "problem": field}
    assert answer == {"error": {"code": "error_open_bad_manifest", "values": values}}


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (None, "error_request"),
        ("ü", "error_request"),
        ("A" * (MAX_FILE_BYTES // 3 * 4 + 8), "error_request"),
        (b"", "reason_not_an_image"),
        (claiming("{}")[:60], "reason_damaged"),
        (claiming("[1]"), "error_open_bad_manifest"),
    ],
    ids=["none", "no base64", "too long", "empty", "cut", "a list"],
)
def test_what_is_no_tile_is_refused(open_tile: Open, file: Any, code: str) -> None:
    assert open_tile(file)["error"]["code"] == code


def test_a_tile_of_a_checkpoint_that_is_not_here_is_told_with_its_hash(open_tile: Open) -> None:
    claim = canonical_json({"format": 1, "seed": 5, "checkpoint_sha256": "ab" * 32})
    expected = {"error": {"code": "error_open_unknown", "values": {"hash": "abababab"}}}
    assert open_tile(claiming(claim)) == expected
