"""Keys of other keyboards than an American one, as browsers report them; and the page in forced colours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import wait_for_tile

Open = Callable[..., Page]
PRESS = """([key, code]) => document.body.dispatchEvent(
    new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }))"""


@pytest.mark.parametrize("key", ["к", "ㄱ", "す", "Process"])
def test_the_next_seed_comes_from_the_key_that_stands_where_r_does(address: str, open_page: Open, key: str) -> None:
    page = open_page(f"{address}?seed=3")
    wait_for_tile(page, seed=3)
    page.evaluate(PRESS, [key, "KeyR"])
    wait_for_tile(page, seed=4)


def test_azerty_chooses_columns_without_shift_and_its_own_letters_keep_their_meaning(
    address: str, open_page: Open
) -> None:
    page = open_page(f"{address}?tab=seeds", tile=False)
    expect(page.locator("#race-seeds[data-mounted]")).to_be_visible()
    page.evaluate(PRESS, ['"', "Digit3"])
    expect(page.locator(".seeds .columns-count")).to_have_value("3")
    page.evaluate(PRESS, ["é", "Digit2"])
    expect(page.locator(".seeds .columns-count")).to_have_value("2")
    page.evaluate(PRESS, ["a", "KeyQ"])  # Q is the QR code; A is nothing here
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_a_held_key_is_let_go_by_its_place(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=compare", tile=False)
    page.wait_for_function("document.querySelectorAll('.tile-grid img.tile').length === 2")
    page.locator(".compare .modes label", has_text="flip").click()
    page.evaluate(PRESS, ["ф", "KeyA"])
    expect(page.locator(".compare .tile-grid.held")).to_have_count(1)
    page.evaluate(PRESS.replace("keydown", "keyup"), ["Ф", "KeyA"])
    expect(page.locator(".compare .tile-grid.held")).to_have_count(0)


def test_the_connection_and_what_is_ticked_are_seen_in_forced_colours(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.emulate_media(forced_colors="active")
    style = "(node) => getComputedStyle(node).backgroundColor"
    canvas = page.locator("body").evaluate(style)
    dot = page.locator(".health")
    assert dot.evaluate(style) != canvas
    assert dot.evaluate("(node) => getComputedStyle(node).borderTopWidth") == "2px"
    there = dot.evaluate(style)
    dot.evaluate("(node) => node.classList.add('gone')")
    assert dot.evaluate(style) != there
    page.locator(".explore .more summary").click()
    tick = page.locator(".explore .show-weakest")
    before = "(node) => getComputedStyle(node, '::before').backgroundColor"
    unticked = tick.evaluate(before)
    tick.check()
    assert tick.evaluate(before) != unticked
