"""The zip of favourites: exact tiles, a list of them, a limit that is said, and a Stop."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from studio.race.tile_file import read_png
from studio.rendering.renderer import BusyError
from studio.ui.favourites import zip_route
from tests.browser.conftest import sheet_of
from training.core import checkpoint

Open = Callable[..., Page]


def open_zip(page: Page, rows: list[dict[str, Any]]) -> None:
    """Let the browser have these favourites, and open the part of their dialog that zips them."""
    page.evaluate("(rows) => window.ganRace.favourites.replace(rows)", rows)
    page.keyboard.press("o")
    page.get_by_text("Save the tiles as a zip of PNGs").click()


def test_the_zip_holds_the_exact_tiles_and_lists_them_with_their_notes(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(address)
    alpha, beta = (checkpoint.load(checkpoints / name).sha256 for name in ("alpha", "beta"))
    mine = {"sha256": alpha, "name": "alpha", "seed": 3, "psi": 1, "note": "赤い花", "added": 1}
    absent = {"sha256": "ab" * 32, "name": "gone", "seed": 4, "psi": 1, "note": "", "added": 2}
    truncated = {"sha256": beta, "name": "beta", "seed": 5, "psi": 0.5, "note": "", "added": 3}
    unwanted = {"sha256": beta, "name": "beta", "seed": 6, "psi": 1, "note": "", "added": 4}
    open_zip(page, [mine, absent, truncated, unwanted])
    page.get_by_label("Into the zip: seed 6").uncheck()
    expect(page.locator(".zip-chosen")).to_have_text("3 of 4 chosen, 12 at most")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Make the zip").click()
    expect(page.locator(".zip-status")).to_contain_text("2 tiles")
    expect(page.locator(".zip-status")).to_contain_text("seed 4 · gone (checkpoint abababab is not here)")
    with zipfile.ZipFile(Path(waiting.value.path())) as found:
        assert found.testzip() is None
        assert found.namelist() == [f"race_{beta[:8]}_seed5_psi0.5.png", f"race_{alpha[:8]}_seed3.png", "manifest.json"]
        files = {name: found.read(name) for name in found.namelist()}
    listed = json.loads(files.pop("manifest.json"))
    assert [one["seed"] for one in listed["left_out"]] == [4]
    assert {one["file"]: one["sha256"] for one in listed["tiles"]} == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items()
    }
    facts = [(one["checkpoint_sha256"], one["seed"], one["psi"], one["note"]) for one in listed["tiles"]]
    assert facts == [(beta, 5, 0.5, ""), (alpha, 3, 1, "赤い花")]
    for name, folder, seed, psi in zip(files, ("beta", "alpha"), (5, 3), (0.5, 1.0), strict=True):
        np.testing.assert_array_equal(
            np.asarray(Image.open(io.BytesIO(files[name]))), sheet_of(checkpoints / folder, seed, psi)
        )
        assert (read_png(files[name]).manifest or {})["psi"] == psi


@pytest.mark.own_studio
def test_twelve_at_most_are_zipped_and_a_zip_that_waits_can_be_stopped(
    address: str, checkpoints: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise BusyError

    monkeypatch.setattr(zip_route, "tile_file", busy)
    page = open_page(address)
    alpha = checkpoint.load(checkpoints / "alpha").sha256
    open_zip(page, [{"sha256": alpha, "name": "alpha", "seed": seed, "added": seed} for seed in range(14)])
    expect(page.locator(".zip-chosen")).to_have_text("12 of 14 chosen, 12 at most")
    expect(page.get_by_label("Into the zip: seed 1 ·")).to_be_disabled()
    page.get_by_label("Into the zip: seed 13 ·").uncheck()
    page.get_by_label("Into the zip: seed 1 ·").check()
    expect(page.get_by_label("Into the zip: seed 13 ·")).to_be_disabled()
    page.get_by_role("button", name="Make the zip").click()
    expect(page.locator(".zip-status")).to_contain_text("Drawing tile 1 of 12")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".zip-status")).to_have_text("Stopped; nothing was saved.")
    expect(page.get_by_role("button", name="Make the zip")).to_be_enabled()
