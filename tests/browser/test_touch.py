from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import swipe, too_wide, wait_for_tile

Open = Callable[..., Page]


def phone(width: int, height: int) -> dict[str, Any]:
    return {"viewport": {"width": width, "height": height}, "has_touch": True, "is_mobile": True}


def test_a_swipe_moves_the_seed_and_a_pinch_or_a_scroll_does_not(address: str, open_page: Open) -> None:
    page = open_page(address, **phone(390, 844))
    swipe(page, ".tile", -120)
    wait_for_tile(page, seed=1)
    swipe(page, ".tile", 120)
    wait_for_tile(page, seed=0)
    swipe(page, ".tile", -120, fingers=2)
    swipe(page, ".tile", -60, down=-90)
    page.wait_for_timeout(300)
    assert page.evaluate("window.ganRace.seed.seed") == 0
    expect(page.locator(".lens")).to_be_hidden()


def test_one_tap_enlarges_and_two_taps_make_a_favourite(address: str, open_page: Open) -> None:
    page = open_page(address, **phone(390, 844))
    expect(page.get_by_text("tap a picture to enlarge it")).to_be_visible()
    expect(page.get_by_text("Click a picture")).to_be_hidden()
    tile = page.locator(".explore .tile")
    tile.tap()
    tile.tap()
    expect(page.locator(".explore .star")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(400)
    expect(page.locator(".lens")).to_be_hidden()
    tile.tap()
    expect(page.locator(".lens")).to_be_visible()
    before = page.locator(".cell-caption").inner_text()
    swipe(page, ".cell", -120)
    expect(page.locator(".cell-caption")).not_to_have_text(before)


@pytest.mark.parametrize("width", [320, 390])
def test_five_large_buttons_stay_at_the_bottom_and_nothing_scrolls_sideways(
    address: str, open_page: Open, width: int
) -> None:
    page = open_page(address, **phone(width, 640))
    page.evaluate("window.ganRace.setSeed({ seed: 1 })")
    wait_for_tile(page, seed=1)
    for place in (0, 10_000):
        page.evaluate("(place) => window.scrollTo(0, place)", place)
        boxes = page.locator(".explore .controls > .moves button").evaluate_all(
            "(nodes) => nodes.map((node) => node.getBoundingClientRect().toJSON())"
        )
        assert len(boxes) == 5
        assert all(box["width"] >= 44 and box["height"] >= 44 for box in boxes)
        assert all(560 < box["bottom"] <= 640 and box["left"] >= 0 and box["right"] <= width for box in boxes)
    assert too_wide(page) == []
    for dialog in (".open-favourites", ".explore .tile-button"):
        page.locator(dialog).click()
        page.wait_for_selector("dialog[open]")
        assert too_wide(page) == []
        page.locator("dialog[open] .close").click()
        page.wait_for_selector("dialog[open]", state="detached")


def test_the_page_may_be_zoomed_with_two_fingers(address: str, open_page: Open) -> None:
    page = open_page(address, **phone(390, 844))
    content = page.locator("meta[name=viewport]").get_attribute("content") or ""
    assert "user-scalable" not in content
    assert "maximum-scale" not in content
    assert "pinch-zoom" in page.locator(".tile-button").evaluate("(node) => getComputedStyle(node).touchAction")
