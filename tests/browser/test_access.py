"""Everybody's page: no finding of axe, everything by keyboard, chosen colours, a picture on a slow network."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from packaging.version import Version
from playwright.sync_api import Page, expect

from studio.race.tile_file import export_png
from studio.ui.page import TABS
from tests.browser.conftest import (
    drop,
    findings,
    looks_like,
    pixels_of,
    sheet_of,
    slow_down,
    wait_for_tile,
    with_swapped_cells,
)
from tests.pace import slowness
from training.core import checkpoint

Open = Callable[..., Page]


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


def open_details(page: Page) -> None:
    page.evaluate("() => document.querySelectorAll('.race details').forEach((one) => { one.open = true; })")


def test_axe_finds_nothing_in_what_modes_contests_and_verdicts_show(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?tab=compare", tile=False)
    expect(page.locator(".compare .tile-grid img")).to_have_count(2)
    found = {}
    for mode in ("flip", "slider", "matrix"):
        page.locator(f".compare .modes input[value={mode}]").check(force=True)
        expect(page.locator(".matrix")).not_to_have_attribute("aria-busy", "true")
        open_details(page)
        found[mode] = findings(page)
    page.evaluate("window.ganRace.openTab('morph')")
    expect(page.locator(".morph .badge")).to_be_visible()
    for place in (1, 2):
        page.locator(".morph .modes label").nth(place).click()
        open_details(page)
        found[f"morph {place}"] = findings(page)
    page.evaluate("window.ganRace.openTab('seeds')")
    page.locator(".start-knockout:enabled").click()
    expect(page.locator(".rival").first).to_be_visible()
    found["knockout"] = findings(page)
    page.evaluate("window.ganRace.openTab('verify')")
    drop(page, with_swapped_cells(export_png(checkpoint.load(checkpoints / "alpha"), 7), 3, 44))
    expect(page.locator(".outcome")).to_have_text("FAIL")
    found["verdict"] = findings(page)
    assert {place: list_ for place, list_ in found.items() if list_} == {}


RINGED = """() => {
    const node = document.activeElement;
    if (node === document.body) return null;
    const ringed = (one, pseudo) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(one, pseudo);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    };
    const label = node.closest("label, .drop, .add-drop");
    const seen = getComputedStyle(node).opacity !== "0";
    const shown = seen ? ringed(node) : label !== null && (ringed(label) || ringed(label, "::before"));
    return { name: `${node.tagName} ${node.className}`, shown };
}"""


@pytest.mark.parametrize("tab", ["explore", "compare", "morph", "export"])
def test_whatever_has_the_focus_has_a_ring(address: str, open_page: Open, tab: str) -> None:
    page = open_page(address)
    page.evaluate("(tab) => window.ganRace.openTab(tab)", tab)
    page.wait_for_selector(f".race.{tab}")
    open_details(page)
    walked = []
    for _ in range(80):
        page.keyboard.press("Tab")
        walked.append(page.evaluate(RINGED))
        if walked[-1] is None:
            break
    names = [one["name"] for one in walked if one is not None]
    assert len(names) > 12
    assert any("selected" in name for name in names)
    assert [one["name"] for one in walked if one is not None and not one["shown"]] == []


def test_axe_would_find_a_picture_without_words(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.locator(".explore .tile").evaluate(
        "(node) => node.closest('.race').append(Object.assign(new Image(40, 40), { src: node.src }))"
    )
    assert any(finding.startswith("image-alt") for finding in findings(page))


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


def press_on(page: Page, selector: str, key: str = "Enter") -> None:
    """Walk with Tab until something of the page has the focus, and press a key there."""
    for _ in range(80):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            break
        page.keyboard.press("Tab")
    page.keyboard.press(key)


def test_seeds_compare_and_verify_need_no_mouse_either(address: str, open_page: Open, tmp_path: Path) -> None:
    page = open_page(address)
    press_on(page, "[role=tab][data-tab-id=seeds]")
    press_on(page, ".seeds .card", "k")
    expect(page.locator(".seeds .card[data-mark=keep]")).to_have_attribute("data-seed", "0")
    press_on(page, "[role=tab][data-tab-id=compare]")
    expect(page.locator(".compare .tile-grid img")).to_have_count(2)
    press_on(page, ".compare .modes input:checked", "ArrowRight")
    expect(page.locator(".compare .modes input[value=flip]")).to_be_checked()
    press_on(page, "[role=tab][data-tab-id=export]")
    with page.expect_download() as waiting:
        press_on(page, ".export .download")
    waiting.value.save_as(tmp_path / "tile.png")
    press_on(page, "[role=tab][data-tab-id=verify]")
    with page.expect_file_chooser() as choosing:
        press_on(page, ".verify input[type=file]", " ")
    choosing.value.set_files(tmp_path / "tile.png")
    expect(page.locator(".verify .outcome")).to_have_text("PASS (exact)")


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


def test_what_is_used_with_the_mouse_gives_the_keys_back_and_what_is_used_with_keys_keeps_them(
    address: str, open_page: Open
) -> None:
    page = open_page(address)
    uses: list[Callable[[], Any]] = [
        lambda: page.get_by_text("More …").click(),
        lambda: [page.locator("select.checkpoint").click(), page.locator("select.checkpoint").select_option(index=1)],
        lambda: page.get_by_label("Outline the five weakest pictures").check(),
        lambda: page.locator(".explore input[type=range]").click(position={"x": 30, "y": 20}),
    ]
    for place, use in enumerate(uses):
        use()
        page.keyboard.press("r")
        wait_for_tile(page, seed=place + 1)
    assert page.evaluate("window.ganRace.shown.name") == "beta"
    assert page.evaluate("window.ganRace.shown.psi") < 1
    page.locator("select.checkpoint").press("ArrowUp")
    expect(page.locator("select.checkpoint")).to_be_focused()


def test_the_help_lists_the_keys_of_tabs_that_were_not_opened_yet(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.keyboard.press("?")
    titles = page.locator(".key-lists h3")
    scopes = ["Explore", "Seeds", "Knockout", "Compare", "Morph", "About", "One picture, enlarged", "Checkpoints"]
    expect(titles).to_have_text([*scopes, "On every tab"])
    for words in (
        "On a tile: move the mark",
        "Move the point between four seeds",
        "Go up or down the list",
        "Close the dialog",
    ):
        expect(page.locator(".key-lists dd").filter(has_text=words)).to_be_visible()


def test_a_key_right_after_the_click_on_a_tab_is_that_tabs(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.evaluate("window.ganRace.openTab('verify')")
    page.wait_for_function("window.ganRace.tab === 'verify'")
    page.evaluate(
        """async () => {
            window.ganRace.openTab("explore");
            await Promise.resolve();
            document.dispatchEvent(new KeyboardEvent("keydown", { key: "r" }));
        }"""
    )
    wait_for_tile(page, seed=1)


def test_the_live_region_says_what_is_shown(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.keyboard.press("r")
    wait_for_tile(page, seed=1)
    expect(page.locator("body > .race .spoken[role=status]")).to_have_text("Seed 1 of alpha is shown.")


@pytest.mark.parametrize(("locale", "words"), [("en-US", "Ready."), ("ja-JP", "準備ができました。")])
def test_gradio_has_words_read_out_and_no_names_of_texts(
    address: str, open_page: Open, locale: str, words: str
) -> None:
    page = open_page(address, locale=locale)
    if Version(gr.__version__) >= Version("6.31"):  # 6.24, which Colab has, reads nothing out
        page.get_by_role("status").filter(has_text=words).wait_for(state="attached")
    assert page.get_by_text("common.").count() == 0


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


@pytest.mark.perf
def test_on_a_slow_network_a_preview_comes_first_and_then_the_whole_tile(
    tmp_path: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    folder = make_checkpoint(tmp_path / "large" / "one", network="dcgan", side=128)
    page = open_page(serve(tmp_path / "large"))
    page.wait_for_function("document.querySelector('.race .tile').naturalWidth === 1280")
    slow_down(page)
    widths = []
    # Seeds that are never drawn ahead; the first one shows that the network is slow, where the browser does not say so.
    for seed in (1000, 2000):
        start = time.monotonic()
        page.locator(".race.explore .seed").fill(str(seed))
        page.keyboard.press("Enter")
        page.wait_for_function("(seed) => window.ganRace.shown.seed === seed", arg=seed)
        widths.append((page.evaluate("document.querySelector('.race .tile').naturalWidth"), time.monotonic() - start))
    assert widths[1][0] == 640
    assert widths[1][1] < 3 * slowness()
    page.wait_for_function("document.querySelector('.race .tile').naturalWidth === 1280")
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(folder, 2000))


def test_a_truncated_tile_is_the_one_that_its_psi_gives(address: str, checkpoints: Path, open_page: Open) -> None:
    page = open_page(address)
    page.locator(".more summary").click()
    page.locator(".psi").fill("0.5")
    page.wait_for_function("window.ganRace.shown.psi === 0.5")
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "alpha", 0, 0.5))
    assert not np.array_equal(sheet_of(checkpoints / "alpha", 0, 0.5), sheet_of(checkpoints / "alpha", 0))
    page.wait_for_url("**psi=0.5*")
