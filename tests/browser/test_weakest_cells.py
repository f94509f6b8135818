"""The five weakest pictures of a tile are outlined on the screen, where somebody asks for it, and nowhere else."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import looks_like, pixels_of, sheet_of, wait_for_tile

Open = Callable[..., Page]
MARKED = """() => [...document.querySelectorAll(".explore .tile-marks span")].map(
    ({ style }) => (parseInt(style.top) / 10) * 10 + parseInt(style.left) / 10
)"""


def test_the_weakest_five_are_outlined_and_named_and_are_not_in_the_file(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=4")
    wait_for_tile(page, seed=4)
    marks = page.locator(".explore .tile-marks span")
    expect(marks).to_have_count(0)
    page.get_by_text("More …").click()
    page.get_by_label("Outline the five weakest pictures").check()
    expect(marks).to_have_count(5)
    named = page.locator(".weakest-cells button")
    assert [int(text) for text in named.all_inner_texts()] == page.evaluate(MARKED)
    expect(page.locator(".weakest-diversity")).to_contain_text("usual for this checkpoint")
    expect(page.locator(".weakest-words")).to_contain_text("A metric is not the eye")
    first = named.first.inner_text()
    named.first.click()
    expect(page.locator(".explore .cell-caption")).to_contain_text(f"Picture {first} ·")
    page.keyboard.press("Escape")
    assert looks_like(pixels_of(page, ".explore .tile"), sheet_of(checkpoints / "alpha", 4))
    page.get_by_role("tab", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download PNG").click()
    exported = np.asarray(Image.open(io.BytesIO(Path(waiting.value.path()).read_bytes())))
    np.testing.assert_array_equal(exported, sheet_of(checkpoints / "alpha", 4))


def test_the_outlines_follow_the_tile_and_a_key_takes_them_away(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.keyboard.press("w")
    expect(page.locator(".explore .tile-marks span")).to_have_count(5)
    before = page.locator(".weakest-diversity").inner_text()
    page.keyboard.press("r")
    wait_for_tile(page, seed=1)
    expect(page.locator(".weakest-diversity")).to_contain_text("Diversity")
    expect(page.locator(".weakest-diversity")).not_to_have_text(before)
    expect(page.locator(".explore .tile-marks span")).to_have_count(5)
    page.keyboard.press("w")
    expect(page.locator(".explore .tile-marks span")).to_have_count(0)
    expect(page.locator(".weakest")).to_be_hidden()
