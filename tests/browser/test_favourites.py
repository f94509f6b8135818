from __future__ import annotations

from collections.abc import Callable

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


def test_what_is_no_favourite_in_the_browsers_store_is_passed_over(address: str, open_page: Open) -> None:
    page = open_page(address)
    for kept in ("{", '{"a": 1}', '[1, null, {"sha256": "x"}]', '[{"sha256": 5, "seed": -1}]'):
        page.evaluate("(kept) => localStorage.setItem('ganrace.favourites', kept)", kept)
        page.reload()  # an open page has read its own already
        wait_for_tile(page)
        assert page.evaluate("window.ganRace.favourites.all()") == []
        page.keyboard.press("f")
        assert [one["seed"] for one in page.evaluate("window.ganRace.favourites.all()")] == [0]


def test_where_the_browser_keeps_nothing_a_star_says_so(address: str, open_page: Open) -> None:
    page = open_page(address)
    said = page.locator(".said-here")
    page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
    )
    page.keyboard.press("f")
    expect(page.locator(".explore .star")).to_have_attribute("aria-pressed", "true")
    expect(said).to_contain_text("save your favourites as a file")


def test_where_the_storage_is_full_the_page_is_one_visitor_and_says_what_will_not_outlive_it(
    address: str, open_page: Open
) -> None:
    page = open_page(address)
    page.evaluate(
        """() => {
            localStorage.clear();
            Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
        }"""
    )
    assert page.evaluate("window.ganRace.secret() === window.ganRace.secret()")
    page.evaluate("window.ganRace.keep.write('marks', { some: { 3: 'keep' } })")
    assert page.evaluate("window.ganRace.keep.read('marks')") == {"some": {"3": "keep"}}
    expect(page.locator(".said-here")).to_contain_text("last until it is closed")
    before = page.evaluate("document.body.classList.contains('dark')")
    page.locator(".theme").click()
    assert page.evaluate("document.body.classList.contains('dark')") is not before


def test_a_star_beyond_the_most_is_refused_in_words_that_everybody_sees(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=400")
    wait_for_tile(page, seed=400)
    page.evaluate(
        """() => {
            const { sha256 } = window.ganRace.shown;
            window.ganRace.favourites.replace(Array.from({ length: 300 }, (_, seed) => ({ sha256, seed })));
        }"""
    )
    page.keyboard.press("f")
    expect(page.locator(".said-here")).to_contain_text("300")
    expect(page.locator(".explore .star")).to_have_attribute("aria-pressed", "false")


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
