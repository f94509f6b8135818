"""What a phone's owner does from opening the page to holding a checked file, in one session each."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Request, expect

from studio.ui import page as studio_page
from studio.ui.page import TABS
from studio.ui.texts.i18n import TEXTS
from tests.browser.conftest import (
    HASHES,
    PHONE,
    drop,
    findings,
    is_tile_request,
    looks_like,
    pixels_of,
    saved_when_gone,
    sheet_of,
    slow_down,
    swipe,
    wait_for_tile,
    with_swapped_cells,
)
from tests.pace import slowness
from training.core import checkpoint

Open = Callable[..., Page]
JAPANESE = {**PHONE, "locale": "ja-JP"}
KEPT = "Object.keys(localStorage).filter((key) => !key.startsWith('ganrace.'))"
STARRED = "window.ganRace.favourites.all().map((one) => one.seed)"


def japanese(key: str, **values: object) -> str:
    return TEXTS[key][1].format(**values)


def open_tab(page: Page, tab: str) -> None:
    page.evaluate("(tab) => window.ganRace.openTab(tab)", tab)  # on a phone not every tab has a button
    page.wait_for_selector(f".race.{tab}")


def downloaded(page: Page, sha256: str, seed: int) -> bytes:
    """Download the tile that is shown; its name and its manifest must say which it is."""
    open_tab(page, "export")
    with page.expect_download() as waiting:
        page.locator(".export .download").tap()
    assert waiting.value.suggested_filename == f"race_{sha256[:8]}_seed{seed}.png"
    data = Path(waiting.value.path()).read_bytes()
    manifest = json.loads(Image.open(io.BytesIO(data)).text["gan_race"])
    assert [manifest["seed"], manifest["checkpoint_sha256"]] == [seed, sha256]
    return data


@pytest.mark.perf
def test_fast_taps_and_swipes_land_on_plus_ten_and_a_slow_network_still_shows_a_preview(
    tmp_path: Path, make_checkpoint: Callable[..., Path], serve: Callable[..., str], open_page: Open
) -> None:
    folder = make_checkpoint(tmp_path / "slow" / "large", network="dcgan", side=128)
    page = open_page(serve(tmp_path / "slow"), **PHONE)
    page.wait_for_function("document.querySelector('.race .tile').naturalWidth === 1280")
    expect(page.locator(".explore .tile")).to_have_attribute("alt", "Tile of 10 by 10 pictures: seed 0 of large")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if is_tile_request(request) and len(asked) < 99 else None)
    box = page.locator(".explore .next").bounding_box()
    assert box is not None
    for _ in range(10):
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_for_tile(page, seed=10)
    assert sum('"preview":true' in (one.post_data or "") for one in asked) <= 3
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(folder, 10))
    asked.clear()
    for _ in range(10):
        swipe(page, ".explore .tile", -120)
    wait_for_tile(page, seed=20)
    assert sum('"preview":true' in (one.post_data or "") for one in asked) <= 3
    page.wait_for_function(  # nothing is on its way any more
        "[21, 22, 23, 19].every((seed) => window.ganRace.ahead.take({ ...window.ganRace.seed, seed }))"
    )
    slow_down(page)
    # One that is not drawn ahead; it shows that the network is slow. Chromium may take the first tap after a swipe for
    # the end of its fling.
    while page.evaluate("window.ganRace.seed.seed") == 20:
        page.locator(".explore .random").tap()
        page.wait_for_timeout(300)
    page.wait_for_function("window.ganRace.shown.seed !== 20")
    seed = page.evaluate("window.ganRace.shown.seed")
    start = time.monotonic()
    page.locator(".explore .next").tap()
    page.wait_for_function("(seed) => window.ganRace.shown.seed !== seed", arg=seed)
    assert time.monotonic() - start < 3 * slowness()
    assert page.locator(".explore .tile").evaluate("(tile) => tile.naturalWidth") == 640


def test_a_keyboard_beside_a_phone_types_into_the_field_and_presses_what_has_the_focus(
    address: str, open_page: Open
) -> None:
    page = open_page(address, **JAPANESE)
    expect(page.locator(".explore .tile")).to_have_attribute("alt", japanese("tile_alt", seed=0, name="alpha"))
    page.locator(".explore .seed").tap()
    page.keyboard.press("End")
    page.keyboard.type("r R")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("f")
    expect(page.locator(".explore .seed")).to_have_value("0r Rf")
    assert page.evaluate("window.ganRace.seed.seed") == 0
    assert page.evaluate(STARRED) == []
    page.locator(".explore .previous").focus()
    page.keyboard.press("Space")
    wait_for_tile(page, seed=2**32 - 1)
    page.locator(".explore .next").focus()
    page.keyboard.press("Space")
    wait_for_tile(page, seed=0)


@pytest.mark.perf
@pytest.mark.own_studio
def test_a_star_outlives_a_reload_and_the_program_and_is_nobody_elses(
    address: str, checkpoints: Path, serve: Callable[..., str], open_page: Open, opened: list[studio_page.Page]
) -> None:
    page = open_page(f"{address}?seed=3", quiet=False, **JAPANESE)
    wait_for_tile(page, seed=3)
    star = page.locator(".explore .star")
    with page.expect_response(lambda response: '"share"' in (response.request.post_data or "")):
        page.locator(".explore .tile").tap()
        page.locator(".explore .tile").tap()
        expect(star).to_have_attribute("aria-pressed", "true")
    other = open_page(address, **PHONE)
    assert [other.evaluate("window.ganRace.seed.seed"), other.evaluate(STARRED)] == [0, []]
    assert other.evaluate("document.documentElement.lang") == "en"
    other.context.close()
    page.reload()
    wait_for_tile(page, seed=3)
    expect(star).to_have_attribute("aria-pressed", "true")
    port = int(address.split(":")[2].strip("/"))
    opened.pop().close(verbose=False)
    kept = saved_when_gone(page)
    assert [one["seed"] for one in kept["favourites"]] == [3]
    expect(page.locator(".lost")).to_contain_text(japanese("lost"))
    assert serve(checkpoints, port=port) == address
    page.goto(address)
    wait_for_tile(page)
    assert page.evaluate(STARRED) == [3]
    stranger = open_page(address, **PHONE)
    assert stranger.evaluate(STARRED) == []
    stranger.locator(".open-favourites").tap()
    expect(stranger.locator(".favourites .others .thumb")).to_contain_text("seed 3")
    expect(stranger.locator(".favourites .mine .thumb")).to_have_count(0)


def test_a_link_a_comparison_and_a_file_hold_the_very_pixels_and_a_swap_is_named(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=7", **JAPANESE)
    wait_for_tile(page, seed=7)
    explored = page.evaluate(HASHES, ".explore .tile")
    link = page.evaluate("window.ganRace.link.whole()")
    other = open_page(link, **PHONE)
    wait_for_tile(other, seed=7)
    assert other.evaluate(HASHES, ".explore .tile") == explored
    other.context.close()

    open_tab(page, "compare")
    page.wait_for_function("document.querySelectorAll('.tile-grid img.tile').length === 2")
    expect(page.locator(".tile-grid figcaption strong")).to_have_text(["1 · beta", "2 · alpha"])
    compared = page.evaluate(HASHES, ".tile-grid img.tile")
    assert compared[1] == explored[0] != compared[0]
    assert looks_like(pixels_of(page, ".tile-grid img.tile"), sheet_of(checkpoints / "beta", 7))

    data = downloaded(page, checkpoint.load(checkpoints / "alpha").sha256, seed=7)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))), sheet_of(checkpoints / "alpha", 7))

    open_tab(page, "verify")
    drop(page, data)
    expect(page.locator(".verify .outcome")).to_have_text(japanese("verdict_pass_exact"))
    drop(page, with_swapped_cells(data, 5, 6))
    expect(page.locator(".verify .outcome")).to_have_text(japanese("verdict_fail"))
    expect(page.locator(".verify .cells")).to_have_text(japanese("differing_cells", cells="5, 6"))

    for tab in TABS:
        open_tab(page, tab)
    assert page.evaluate("Object.keys(localStorage).length") > 0
    assert page.evaluate(KEPT) == []


def test_axe_finds_nothing_serious_on_any_tab_of_a_japanese_phone_light_or_dark(address: str, open_page: Open) -> None:
    page = open_page(address, color_scheme="light", **JAPANESE)
    page.locator(".explore .star").tap()
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function("(dark) => document.body.classList.contains('dark') === dark", arg=scheme == "dark")
        for tab in TABS:
            open_tab(page, tab)
            found[scheme, tab] = findings(page)
    assert {place: list_ for place, list_ in found.items() if list_} == {}
