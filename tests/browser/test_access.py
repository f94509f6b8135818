"""Everybody's page: no finding of axe, everything by keyboard, chosen colours, a picture on a slow network."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from studio.ui.page import TABS
from tests.browser.conftest import looks_like, pixels_of, sheet_of, wait_for_tile

Open = Callable[..., Page]
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1.5e6 / 8, "uploadThroughput": 1.5e6 / 8}


def findings(page: Page) -> list[str]:
    """Say what axe finds serious or critical on the page as it is."""
    results = Axe().run(page).response
    assert len(results["passes"]) > 10
    serious = [one for one in results["violations"] if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {node['target']}" for one in serious for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_tab_or_dialog(address: str, open_page: Open, scheme: str) -> None:
    page = open_page(address, color_scheme=scheme)
    page.evaluate("window.ganRace.setSeed({ seed: 1, psi: 0.5 })")
    wait_for_tile(page, seed=1)
    page.keyboard.press("f")
    page.keyboard.press("w")
    expect(page.locator(".explore .tile-marks span")).to_have_count(5)
    found = {}
    for tab in TABS:
        page.evaluate("(tab) => window.ganRace.openTab(tab)", tab)
        page.wait_for_selector(f".race.{tab}")
        found[tab] = findings(page)
    page.evaluate("window.ganRace.openTab('explore')")
    for name in (".open-favourites", ".open-qr", ".head .chip", ".help", ".explore .tile-button"):
        page.locator(name).click()
        page.wait_for_selector("dialog[open]")
        page.evaluate("() => document.querySelectorAll('dialog[open] details').forEach((one) => { one.open = true; })")
        found[name] = findings(page)
        page.locator("dialog[open] .close").click()
        page.wait_for_selector("dialog[open]", state="detached")
    page.locator(".lost").evaluate("(node) => (node.hidden = false)")
    found["lost"] = findings(page)
    assert {place: list_ for place, list_ in found.items() if list_} == {}


def test_axe_would_find_a_picture_without_words(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.locator(".explore .tile").evaluate(
        "(node) => { node.removeAttribute('alt'); node.closest('button').removeAttribute('aria-label'); }"
    )
    assert any(finding.startswith(("image-alt", "button-name")) for finding in findings(page))


def test_choosing_and_exporting_a_tile_needs_no_mouse(address: str, open_page: Open) -> None:
    page = open_page(address)
    for seed in (1, 2):
        page.keyboard.press("r")
        wait_for_tile(page, seed=seed)
    page.keyboard.press("f")
    page.keyboard.press("o")
    thumb = page.locator(".favourites .mine .thumb")
    expect(thumb).to_contain_text("seed 2")
    for _ in range(3):
        if thumb.evaluate("(node) => node === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("z")
    wait_for_tile(page, seed=1)
    page.keyboard.press("e")
    expect(page.locator(".export-caption")).to_be_visible()
    page.locator(".download").focus()
    with page.expect_download():
        page.keyboard.press("Enter")


def test_a_dialog_keeps_the_focus_and_gives_it_back(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.locator(".help").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog[open]')"
        )
    page.keyboard.press("Escape")
    expect(page.locator(".help")).to_be_focused()


def test_the_live_region_says_what_is_shown(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.keyboard.press("r")
    wait_for_tile(page, seed=1)
    expect(page.locator("body > .race .spoken[role=status]")).to_have_text("Seed 1 of alpha is shown.")


def test_colours_follow_the_system_until_somebody_chooses(address: str, open_page: Open) -> None:
    page = open_page(address, color_scheme="dark")
    is_dark = "document.body.classList.contains('dark')"
    page.wait_for_function(is_dark)
    page.emulate_media(color_scheme="light")
    page.wait_for_function(f"!{is_dark}")
    page.locator(".theme").click()
    page.wait_for_function(is_dark)
    page.reload()
    wait_for_tile(page)
    page.wait_for_function(is_dark)


def test_reduced_motion_stops_every_transition(address: str, open_page: Open) -> None:
    page = open_page(address, reduced_motion="reduce")
    assert page.locator(".explore .tile").evaluate("(node) => getComputedStyle(node).transitionDuration") == "0s"


def test_on_a_slow_network_a_preview_comes_first_and_then_the_whole_tile(
    tmp_path: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    folder = make_checkpoint(tmp_path / "large" / "one", network="dcgan", side=128)
    page = open_page(serve(tmp_path / "large"))
    page.wait_for_function("document.querySelector('.race .tile').naturalWidth === 1280")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    widths = []
    for seed in (1, 2):  # the first one shows that the network is slow, where the browser does not say so
        start = time.monotonic()
        page.keyboard.press("r")
        page.wait_for_function("(seed) => window.ganRace.shown.seed === seed", arg=seed, timeout=30_000)
        widths.append((page.evaluate("document.querySelector('.race .tile').naturalWidth"), time.monotonic() - start))
    assert widths[1][0] == 640
    assert widths[1][1] < 3
    page.wait_for_function("document.querySelector('.race .tile').naturalWidth === 1280", timeout=30_000)
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(folder, 2))


def test_a_truncated_tile_is_the_one_that_its_psi_gives(address: str, checkpoints: Path, open_page: Open) -> None:
    page = open_page(address)
    page.locator(".more summary").click()
    page.locator(".psi").fill("0.5")
    page.wait_for_function("window.ganRace.shown.psi === 0.5")
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "alpha", 0, 0.5))
    assert not np.array_equal(sheet_of(checkpoints / "alpha", 0, 0.5), sheet_of(checkpoints / "alpha", 0))
    assert "psi=0.5" in page.url
