"""The exported page of results in Chromium: no finding of axe, no sideways scroll on a phone, both languages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Request, expect

from studio.race.results import results
from studio.race.results_page import render
from tests.browser.conftest import PHONE, findings
from tests.elections import random_race

SEED = next(seed for seed in range(100) if len(random_race(seed).rounds) == 2 and len(random_race(seed).mapping) > 6)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    race = random_race(SEED)
    mapping = {
        tile: {**entry, "about": "**Roses** [here](https://example.org)"} for tile, entry in race.mapping.items()
    }
    found = results(type(race)(mapping, race.rules, race.rounds, race.options), samples=50)
    path = tmp_path_factory.mktemp("results") / "results.html"
    tiles = {tile: np.full((64, 64, 3), 20 * i, np.uint8) for i, tile in enumerate(mapping)}
    Path(path).write_text(render(found, tiles), encoding="utf-8")
    return path.as_uri()


def requests_of(context: BrowserContext) -> list[str]:
    found: list[str] = []

    def note(request: Request) -> None:
        found.append(request.url)

    context.on("request", note)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_loaded(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True, **PHONE)
    loaded = requests_of(context)
    page = context.new_page()
    page.goto(address)
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [url for url in loaded if not url.startswith("data:")] == [address]
    for summary in page.locator("summary").all():
        summary.click()
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_one_language_is_shown_and_the_other_by_one_tap(browser: Browser, address: str) -> None:
    context = browser.new_context(**PHONE)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    expect(page.get_by_role("heading", name="How this can be checked")).to_be_visible()
    expect(page.get_by_text("検証の方法")).to_be_hidden()
    page.get_by_label("日本語").check()
    expect(page.get_by_role("heading", name="検証の方法")).to_be_visible()
    expect(page.get_by_text("How this can be checked")).to_be_hidden()
    assert errors == []
    context.close()


@pytest.mark.parametrize("language", ["English", "日本語"])
def test_a_printed_page_cuts_off_no_table(browser: Browser, address: str, language: str) -> None:
    context = browser.new_context(viewport={"width": 718, "height": 1000})  # A4 without its margins
    page = context.new_page()
    page.goto(address)
    page.get_by_label(language).check()
    page.emulate_media(media="print")
    widths = page.locator(".standings").evaluate_all("tables => tables.map((one) => one.getBoundingClientRect().right)")
    assert len(widths) == 2
    assert max(widths) <= 718
    assert page.locator(".language").is_hidden()
    context.close()


def test_the_pictures_are_shown(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    widths = page.locator("article img").evaluate_all("images => images.map((image) => image.naturalWidth)")
    assert widths
    assert set(widths) == {64}
    context.close()
