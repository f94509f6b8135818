from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from studio.export import export_png
from tests.browser.conftest import drop, sheet_of, wait_for_tile, with_swapped_cells
from training import checkpoint
from training.images import Pixels

Open = Callable[..., Page]


def encoded(pixels: Pixels, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def verify_page(address: str, open_page: Open) -> Page:
    page = open_page(address)
    page.get_by_role("tab", name="Verify").click()
    page.wait_for_selector(".race .drop")
    return page


@pytest.fixture
def exported(checkpoints: Path) -> bytes:
    return export_png(checkpoint.load(checkpoints / "alpha"), 7)


def test_the_downloaded_file_is_the_exact_tile_and_passes(address: str, checkpoints: Path, open_page: Open) -> None:
    page = open_page(f"{address}?seed=7")
    wait_for_tile(page, seed=7)
    page.get_by_role("tab", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download PNG").click()
    data = Path(waiting.value.path()).read_bytes()
    found = checkpoint.load(checkpoints / "alpha")
    assert waiting.value.suggested_filename == f"race_{found.sha256[:8]}_seed7.png"
    image = Image.open(io.BytesIO(data))
    np.testing.assert_array_equal(np.asarray(image), sheet_of(checkpoints / "alpha", 7))
    assert json.loads(image.text["gan_race"])["seed"] == 7
    expect(page.locator(".export .status")).to_contain_text("Saved race_")
    page.get_by_role("tab", name="Verify").click()
    page.wait_for_selector(".race .drop")
    drop(page, data)
    expect(page.locator(".outcome")).to_have_text("PASS (exact)")


def test_the_ticks_say_what_the_tile_on_the_screen_is(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=7")
    wait_for_tile(page, seed=7)
    expect(page.locator(".explore .legal")).to_have_text("Submittable")
    page.get_by_role("tab", name="Export").click()
    expect(page.locator(".export .legal")).to_have_text("Submittable")
    expect(page.locator(".rules li").nth(0)).to_contain_text("from one seed, 7,")
    expect(page.locator(".rules li").nth(2)).to_have_text("no truncation")
    expect(page.locator(".rules li").nth(3)).to_contain_text("the weights are those of the checkpoint")
    page.evaluate("window.ganRace.setSeed({ psi: 0.5 })")
    expect(page.locator(".export .legal")).to_contain_text("the file declares: truncation ψ 0.5 for all 100 pictures")
    expect(page.locator(".rules li").nth(2)).to_contain_text("truncation ψ 0.5, the same for all 100 pictures")
    expect(page.locator(".why-not")).to_be_hidden()


def test_without_a_tile_the_reason_stands_beside_the_button_that_is_off(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=export&ck=0123abcd", tile=False)
    expect(page.get_by_role("button", name="Download PNG")).to_be_disabled()
    expect(page.locator(".why-not")).to_contain_text("No tile is shown yet")
    expect(page.locator(".rules")).to_be_hidden()


def test_export_follows_what_explore_shows(address: str, checkpoints: Path, open_page: Open) -> None:
    page = open_page(address)
    page.get_by_role("tab", name="Export").click()
    expect(page.locator(".export-caption")).to_contain_text("seed 0 · alpha")
    page.get_by_role("tab", name="Explore").click()
    page.locator("select.checkpoint").select_option(index=1)
    page.wait_for_function("window.ganRace.shown.name === 'beta'")
    page.get_by_role("tab", name="Export").click()
    expect(page.locator(".export-caption")).to_contain_text("seed 0 · beta")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download PNG").click()
    found = np.asarray(Image.open(waiting.value.path()))
    np.testing.assert_array_equal(found, sheet_of(checkpoints / "beta", 0))


def test_swapped_cells_are_named_and_outlined(verify_page: Page, exported: bytes) -> None:
    drop(verify_page, with_swapped_cells(exported, 17, 42))
    expect(verify_page.locator(".outcome")).to_have_text("FAIL")
    expect(verify_page.locator(".race .cells")).to_have_text("Pictures that differ: 17, 42")
    assert verify_page.locator(".marks span").count() == 2


def test_a_tile_saved_again_as_jpeg_fails_plainly(verify_page: Page, exported: bytes) -> None:
    drop(verify_page, encoded(np.asarray(Image.open(io.BytesIO(exported))), "JPEG"), "tile.jpg")
    expect(verify_page.locator(".outcome")).to_have_text("FAIL")
    expect(verify_page.locator(".sentence")).to_contain_text("JPEG")


def test_without_a_manifest_the_page_asks_and_then_checks(verify_page: Page, checkpoints: Path) -> None:
    drop(verify_page, encoded(sheet_of(checkpoints / "beta", 21)))
    expect(verify_page.locator(".outcome")).to_have_text("COULD NOT CHECK")
    expect(verify_page.locator(".ask")).to_be_visible()
    verify_page.locator(".ask-checkpoint").select_option(index=1)
    verify_page.locator(".ask-seed").fill("twenty")
    verify_page.get_by_role("button", name="Check").click()
    expect(verify_page.locator(".verify .status")).to_contain_text("twenty")
    verify_page.locator(".ask-seed").fill("21")
    verify_page.get_by_role("button", name="Check").click()
    expect(verify_page.locator(".outcome")).to_have_text("PASS (exact)")
    expect(verify_page.locator(".ask")).to_be_hidden()


def test_an_unknown_checkpoint_could_not_be_checked(
    verify_page: Page, tmp_path: Path, make_checkpoint: Callable[..., Path]
) -> None:
    stranger = checkpoint.load(make_checkpoint(tmp_path / "elsewhere", seed=99))
    drop(verify_page, export_png(stranger, 1))
    expect(verify_page.locator(".outcome")).to_have_text("COULD NOT CHECK")
    expect(verify_page.locator(".sentence")).to_contain_text(stranger.sha256[:8])


@pytest.mark.parametrize(
    "data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + bytes(40)], ids=["empty", "text", "cut"]
)
def test_what_is_no_picture_gets_a_sentence(verify_page: Page, data: bytes) -> None:
    drop(verify_page, data)
    expect(verify_page.locator(".outcome")).to_have_text("COULD NOT CHECK")
    expect(verify_page.locator(".sentence")).not_to_be_empty()


def test_a_file_beyond_the_limit_is_refused_before_it_is_sent(verify_page: Page) -> None:
    drop(verify_page, bytes(16_000_001))
    expect(verify_page.locator(".verify .status")).to_contain_text("16.0 MB")
