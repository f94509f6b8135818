"""The typeface: served by the studio, after the first tile, and light enough."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from playwright.sync_api import Page

from studio.ui.browser_files import FOLDER, TYPEFACE, address_of
from tests.browser.conftest import wait_for_tile

Open = Callable[..., Page]
FAMILY = "Atkinson Hyperlegible Next"
IS_THERE = f"[...document.fonts].some((face) => face.family.includes('{FAMILY}') && face.status === 'loaded')"
ASKED_AT = """() => performance.getEntriesByType("resource").find((one) => one.name.endsWith(".woff2")).startTime"""
WIDTHS = """() => [..."0123456789"].map((digit) => {
    const span = Object.assign(document.createElement("span"), { textContent: digit });
    document.querySelector(".explore .caption-facts").after(span);
    span.style.cssText = "position: fixed; font-size: 100px; font-variant-numeric: tabular-nums";
    const { width } = span.getBoundingClientRect();
    span.remove();
    return width;
})"""


def test_it_is_served_as_it_is_may_be_kept_and_has_its_licence_beside_it(address: str) -> None:
    answer = httpx.get(f"{address}{address_of(TYPEFACE)}", headers={"Accept-Encoding": "gzip"}, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "font/woff2")
    assert "Content-Encoding" not in answer.headers
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.content[:4] == b"wOF2"
    assert len(answer.content) < 60_000
    licence = (FOLDER / TYPEFACE).with_name("OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence


def test_it_comes_after_the_first_tile_and_shows_the_page(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.wait_for_function(IS_THERE)
    page.add_init_script("document.addEventListener('ganrace:shown', () => { window.shownAt ??= performance.now(); })")
    page.evaluate("localStorage.removeItem('ganrace.typeface')")  # as at a first visit
    page.reload()
    page.wait_for_function(IS_THERE)
    assert page.evaluate(ASKED_AT) > page.evaluate("window.shownAt")
    assert FAMILY in page.evaluate("getComputedStyle(document.querySelector('.explore .seed')).fontFamily")
    page.evaluate("document.querySelector('.explore .caption-more').open = true")
    digits = page.evaluate(WIDTHS)
    assert min(digits) > 40
    assert max(digits) - min(digits) < 0.5  # so that numbers stand below each other
    page.reload()
    page.wait_for_function(IS_THERE)
    wait_for_tile(page)
    assert page.evaluate(ASKED_AT) < page.evaluate("window.shownAt") + 300  # it is in the browser: nothing waits for it


def test_without_it_the_page_works(address: str, open_page: Open) -> None:
    page = open_page(address, quiet=False)
    page.route("**/*.woff2", lambda route: route.abort())
    page.reload()
    wait_for_tile(page)
    assert not page.evaluate(IS_THERE)
    page.keyboard.press("r")
    wait_for_tile(page, seed=1)
