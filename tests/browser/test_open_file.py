"""A tile that is chosen or dropped in Explore opens its seed; what it says of itself is only a claim."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from studio.race.tile_file import export_png
from tests.browser.conftest import looks_like, pixels_of, sheet_of, wait_for_tile
from training.core import checkpoint

Open = Callable[..., Page]
DRAGGED = """([data, name]) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], name, { type: "image/png" }));
    return carried;
}"""


def choose(page: Page, data: bytes, name: str = "tile.png") -> None:
    file = {"name": name, "mimeType": "image/png", "buffer": data}
    page.locator(".explore .open-file").set_input_files(file)


def test_a_chosen_tile_opens_its_seed_says_that_this_is_a_claim_and_can_be_verified(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(address)
    page.get_by_text("More …").click()
    expect(page.get_by_text("Open a tile file")).to_be_visible()
    choose(page, export_png(checkpoint.load(checkpoints / "beta"), 7, 0.5), "mine.png")
    wait_for_tile(page, seed=7)
    assert looks_like(pixels_of(page, ".explore .tile"), sheet_of(checkpoints / "beta", 7, 0.5))
    expect(page.locator(".opened-words")).to_contain_text("mine.png says of itself: seed 7 · ψ 0.5 · beta")
    expect(page.locator(".opened-words")).to_contain_text("not checked")
    page.get_by_role("button", name="Verify the file").click()
    expect(page.locator(".outcome")).to_have_text("PASS (exact)")
    page.get_by_role("tab", name="Explore").click()
    expect(page.locator(".opened")).to_be_visible()
    page.keyboard.press("r")
    wait_for_tile(page, seed=8)
    expect(page.locator(".opened")).to_be_hidden()


def test_a_tile_can_be_dropped_anywhere_and_one_of_a_strange_checkpoint_changes_nothing(
    address: str, checkpoints: Path, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    page = open_page(f"{address}?seed=2")
    wait_for_tile(page, seed=2)
    stranger = checkpoint.load(make_checkpoint(tmp_path / "elsewhere", seed=99))
    for found, visible in ((stranger, False), (checkpoint.load(checkpoints / "alpha"), True)):
        data = base64.b64encode(export_png(found, 9)).decode()
        carried = page.evaluate_handle(DRAGGED, [data, "tile.png"])
        page.dispatch_event(".head h1", "dragenter", {"dataTransfer": carried})
        expect(page.locator(".drop-here")).to_be_visible()
        page.dispatch_event(".head h1", "drop", {"dataTransfer": carried})
        expect(page.locator(".drop-here")).to_be_hidden()
        if found is stranger:
            expect(page.locator(".explore .status")).to_contain_text(
                f"checkpoint {found.sha256[:8]}, which is not here"
            )
            assert page.evaluate("window.ganRace.shown.seed") == 2
        expect(page.locator(".opened")).to_be_visible(visible=visible)
    wait_for_tile(page, seed=9)
    expect(page.locator(".explore .status")).to_be_hidden()


def test_a_file_that_is_no_exported_tile_gets_one_sentence_and_the_tile_stays(
    address: str, checkpoints: Path, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(address)
    plain = io.BytesIO()
    Image.fromarray(sheet_of(checkpoints / "alpha", 3)).save(plain, "PNG")
    for data, sentence in (
        (plain.getvalue(), "does not say which checkpoint and seed"),
        (plain.getvalue()[:900], "damaged or cut"),
        (b"no picture", "no picture that can be read"),
    ):
        choose(page, data)
        expect(page.locator(".explore .status")).to_contain_text(sentence)
    large = tmp_path / "tile.png"
    large.write_bytes(bytes(16_000_001))
    page.locator(".explore .open-file").set_input_files(large)
    expect(page.locator(".explore .status")).to_contain_text("16.0 MB; 16 MB are allowed")
    assert page.evaluate("window.ganRace.shown.seed") == 0
    expect(page.locator(".opened")).to_be_hidden()
