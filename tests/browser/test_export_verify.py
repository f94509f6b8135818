from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Page, Request, expect

from studio.race.tile_file import export_png
from studio.ui.texts.i18n import TEXTS
from tests.browser.conftest import (
    PHONE,
    choose_checkpoint,
    drop,
    findings,
    sheet_of,
    too_wide,
    wait_for_tile,
    with_swapped_cells,
)
from training.core import checkpoint
from training.core.checkpoint import RAW_WEIGHTS, WEIGHTS
from training.core.pixels import Pixels
from training.core.tile import seed_tile

Open = Callable[..., Page]


def encoded(pixels: Pixels, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def lying(exported: bytes, **claims: Any) -> bytes:
    """Return the same picture with other words about itself."""
    image = Image.open(io.BytesIO(exported))
    text = PngInfo()
    text.add_itxt("gan_race", json.dumps({**json.loads(image.text["gan_race"]), **claims}))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


@pytest.fixture
def verify_page(address: str, open_page: Open) -> Page:
    page = open_page(address)
    page.get_by_role("tab", name="Verify").click()
    page.wait_for_selector(".race .drop")
    return page


def ask(page: Page, checkpoint_name: str, seed: str, psi: str) -> None:
    """Fill the form that asks what to compare with, and send it."""
    label = page.locator(".ask-checkpoint option", has_text=f"{checkpoint_name} · ").first.inner_text()
    page.locator(".ask-checkpoint").select_option(label=label)
    page.locator(".ask-seed").fill(seed)
    page.locator(".ask-psi").fill(psi)
    page.get_by_role("button", name="Check").click()


@pytest.fixture
def exported(checkpoints: Path) -> bytes:
    return export_png(checkpoint.load(checkpoints / "alpha"), 7)


def test_the_downloaded_file_is_the_exact_tile_and_passes(address: str, checkpoints: Path, open_page: Open) -> None:
    page, asked = open_page(f"{address}?seed=7"), {}
    page.on("request", lambda request: asked.update(_asked_of(request)))
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
    assert min(len(asked[name]["visitor"]) for name in ("export_tile", "verify_tile")) > 8


def _asked_of(request: Request) -> dict[str, Any]:
    """Return what a request asks of the program, by the function's name."""
    body = request.post_data_json if request.url.rstrip("/").endswith("component_server") else None
    return {body["fn_name"]: body["data"]} if body else {}


def test_the_ticks_say_what_the_tile_on_the_screen_is(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=7")
    wait_for_tile(page, seed=7)
    expect(page.locator(".explore .submission-status")).to_have_text("Submittable")
    page.get_by_role("tab", name="Export").click()
    expect(page.locator(".export .submission-status")).to_have_text("Submittable")
    expect(page.locator(".rules li").nth(0)).to_contain_text("from one seed, 7,")
    expect(page.locator(".rules li").nth(2)).to_have_text("no truncation")
    expect(page.locator(".rules li").nth(3)).to_contain_text("the weights are those of the checkpoint")
    page.evaluate("window.ganRace.setSeed({ psi: 0.5 })")
    expect(page.locator(".export .submission-status")).to_contain_text(
        "the file declares: truncation ψ 0.5 for all 100 pictures"
    )
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
    choose_checkpoint(page, index=1)
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


def test_what_was_typed_is_told_beside_what_the_file_says(verify_page: Page, exported: bytes) -> None:
    drop(verify_page, lying(exported, checkpoint_sha256="ef" * 32))
    ask(verify_page, "alpha", "8", "1")
    expect(verify_page.locator(".outcome")).to_have_text("FAIL")
    sentence = verify_page.locator(".verify .sentence")
    expect(sentence).to_contain_text("The seed 8 was typed; the file itself says 7.")
    expect(sentence).to_contain_text("was typed; the file itself says efefefef.")
    expect(sentence).not_to_contain_text("not true")
    expect(verify_page.locator(".claims")).to_be_hidden()
    expect(verify_page.locator(".race .cells")).to_have_text("Pictures that differ: 0 to 99")
    verify_page.evaluate("window.ganRace.setLanguage('ja')")
    expect(sentence).to_contain_text("ファイル自体の記載は 7 です。")
    expect(verify_page.locator(".race .cells")).to_have_text("異なる画像: 0～99")


def test_a_file_that_looks_different_is_told_why_in_both_languages(verify_page: Page, exported: bytes) -> None:
    image, buffer = Image.open(io.BytesIO(exported)), io.BytesIO()
    image.save(buffer, "PNG", icc_profile=b"any", dpi=(72, 144))
    drop(verify_page, buffer.getvalue() + b"more")
    expect(verify_page.locator(".outcome")).to_have_text("FAIL")
    sentence = verify_page.locator(".verify .sentence")
    expect(sentence).to_contain_text("iCCP (a colour profile), pHYs (pixels that are not square); hand in")
    expect(sentence).to_contain_text("(bytes: 4)")
    verify_page.evaluate("window.ganRace.setLanguage('ja')")
    expect(sentence).to_contain_text("iCCP (カラープロファイル), pHYs (正方形でない画素)。")
    expect(sentence).to_contain_text("（4 バイト）")
    image.convert("P").save(buffer := io.BytesIO(), "PNG")
    drop(verify_page, buffer.getvalue())
    expect(sentence).to_contain_text("8 ビットのパレットカラーです")


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


def test_a_truncated_tile_without_a_manifest_passes_by_the_psi_that_is_told(
    verify_page: Page, checkpoints: Path
) -> None:
    tile = seed_tile(checkpoint.load(checkpoints / "beta").generator, 21, 0.8)
    drop(verify_page, encoded(tile))
    expect(verify_page.locator(".ask-psi")).to_have_value("1")
    ask(verify_page, "beta", "21", "1")
    expect(verify_page.locator(".outcome")).to_have_text("FAIL")
    for wrong in ("1.2", "-0.1", "much", "1e-1"):
        ask(verify_page, "beta", "21", wrong)
        expect(verify_page.locator(".verify .status")).to_have_text(
            f"{wrong} is no truncation; numbers from 0 to 1 are allowed."
        )
    ask(verify_page, "beta", "21", "0.8")
    expect(verify_page.locator(".outcome")).to_have_text("PASS (exact)")
    expect(verify_page.locator(".verify .facts")).to_contain_text("0.8")
    expect(verify_page.locator(".ask")).to_be_hidden()
    drop(verify_page, encoded(tile), "again.png")
    expect(verify_page.locator(".ask")).to_be_visible()
    expect(verify_page.locator(".ask-seed")).to_have_value("")
    expect(verify_page.locator(".ask-psi")).to_have_value("1")


def test_a_tile_of_weights_as_last_trained_without_a_manifest_passes(
    checkpoints: Path, make_checkpoint: Callable[..., Path], tmp_path: Path, serve: Callable[..., str], open_page: Open
) -> None:
    shutil.copy(
        make_checkpoint(tmp_path / "x", seed=5, network="fastgan") / WEIGHTS, checkpoints / "alpha" / RAW_WEIGHTS
    )
    page = open_page(f"{serve(checkpoints)}?tab=verify", tile=False)
    drop(page, encoded(seed_tile(checkpoint.load(checkpoints / "alpha", RAW_WEIGHTS).generator, 3)))
    expect(page.locator(".outcome")).to_have_text("COULD NOT CHECK")
    ask(page, "alpha · raw", "3", "")
    expect(page.locator(".outcome")).to_have_text("PASS (exact)")
    expect(page.locator(".verify .facts")).to_contain_text("weights as last trained")


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_a_table_shows_what_the_file_says_beside_what_was_found(
    options: dict[str, Any], address: str, exported: bytes, open_page: Open
) -> None:
    page = open_page(f"{address}?tab=verify", tile=False, **options)
    drop(page, exported)
    expect(page.locator(".outcome")).to_have_text("PASS (exact)")
    expect(page.locator(".claims")).to_be_hidden()
    true = json.loads(Image.open(io.BytesIO(exported)).text["gan_race"])["config_sha256"]
    near = f"{true[:-1]}{'0' if true[-1] != '0' else '1'}"
    drop(page, lying(exported, columns=5, order=None, config_sha256="0" * 64, versions={"torch": "<b>2</b>"}))
    table = page.get_by_role("table", name="Where the file does not agree with what was found")
    expect(table.get_by_role("columnheader")).to_have_text(["Field", "The file says", "Found"])
    rows = table.locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(table.get_by_role("rowheader", name="columns")).to_be_visible()
    expect(rows.filter(has_text="columns").locator("td")).to_have_text(["5", "10"])
    expect(rows.filter(has_text="order").locator("td")).to_have_text(["nothing", "row by row"])
    expect(rows.filter(has_text="config").locator("td")).to_have_text(["00000000…", f"{true[:8]}…"])
    expect(rows.filter(has_text="versions").locator("td").first).to_contain_text("torch: <b>2</b>")
    expect(rows.filter(has_text="versions").locator("th")).to_contain_text("no lie")
    expect(rows.filter(has_text="columns").locator("th")).not_to_contain_text("no lie")
    expect(page.locator(".verify .sentence")).to_contain_text("not true of it")
    assert too_wide(page) == []
    page.evaluate("window.ganRace.setLanguage('ja')")
    expect(table).to_have_count(0)
    japanese = page.get_by_role("table", name="ファイルの記載と照合結果が異なる項目")
    expect(japanese.get_by_role("columnheader")).to_have_text(["項目", "ファイルの記載", "照合結果"])
    expect(japanese.get_by_role("rowheader", name="画像の並び順")).to_be_visible()
    drop(page, lying(exported, config_sha256=near))
    expect(japanese.locator("td")).to_have_text([near, true])


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_the_manifest_scrolls_by_itself_and_widens_nothing(
    options: dict[str, Any], address: str, open_page: Open
) -> None:
    page = open_page(address, **options)
    page.evaluate("window.ganRace.openTab('export')")
    button = page.locator(".export .download")
    width = "(node) => node.offsetWidth"
    page.wait_for_selector("#race-export[data-mounted]")
    expect(button).to_be_enabled()
    before = button.evaluate(width)
    with page.expect_download():
        button.click()
    page.locator(".manifest summary").click()
    expect(page.locator(".manifest pre")).to_contain_text('"seed": 0')
    assert button.evaluate(width) == before
    assert too_wide(page) == []
    assert findings(page) == []
    page.locator(".export .rules").evaluate("(node) => (node.style.minWidth = `${innerWidth}px`)")
    assert any("rules" in one for one in too_wide(page))


def test_every_field_of_a_manifest_has_a_name_on_the_page(exported: bytes) -> None:
    for field in json.loads(Image.open(io.BytesIO(exported)).text["gan_race"]):
        assert f"claim_{field}" in TEXTS


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


def test_a_file_beyond_the_limit_is_refused_before_it_is_sent(verify_page: Page, tmp_path: Path) -> None:
    large = tmp_path / "tile.png"
    large.write_bytes(bytes(16_000_001))
    verify_page.locator(".race .drop input").set_input_files(large)
    expect(verify_page.locator(".verify .status")).to_contain_text("16.0 MB")
