from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import wait_for_tile

Open = Callable[..., Page]


def test_a_star_is_kept_over_a_reload_and_can_be_taken_back(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3")
    wait_for_tile(page, seed=3)
    star = page.locator(".explore .star")
    expect(star).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("f")
    expect(star).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("r")
    wait_for_tile(page, seed=4)
    expect(star).to_have_attribute("aria-pressed", "false")
    page.goto(f"{address}?seed=3")
    wait_for_tile(page, seed=3)
    expect(star).to_have_attribute("aria-pressed", "true")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("window.ganRace.favourites.all()") == []


@pytest.mark.parametrize("kept", ["{", '{"a": 1}', '[1, null, {"sha256": "x"}]', '[{"sha256": 5, "seed": -1}]'])
def test_what_is_no_favourite_in_the_browsers_store_is_passed_over(address: str, open_page: Open, kept: str) -> None:
    page = open_page(address)
    page.evaluate("(kept) => localStorage.setItem('ganrace.favourites', kept)", kept)
    assert page.evaluate("window.ganRace.favourites.all()") == []
    page.keyboard.press("f")
    assert [one["seed"] for one in page.evaluate("window.ganRace.favourites.all()")] == [0]


def test_a_thumbnail_of_another_tab_opens_explore_at_its_seed(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=verify", tile=False)
    expect(page.locator(".race .drop")).to_be_visible()
    page.evaluate("window.ganRace.openSeed({ sha256: window.ganRace.seed.sha256, seed: 12 })")
    wait_for_tile(page, seed=12)
    expect(page.locator(".explore .tile")).to_be_visible()
    assert "seed=12" in page.url
    assert "tab=" not in page.url


def test_the_question_mark_lists_the_keys_and_closing_gives_the_page_back(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("Explore")
    expect(dialog.locator("dd", has_text="Random").first).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("ArrowRight")
    wait_for_tile(page, seed=1)
