"""A browser that keeps nothing: one visitor stays one visitor, and the page says once what will not outlive it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import wait_for_tile

Open = Callable[..., Page]
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
DENIED = """
for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
}
Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
"""
ABSENT = """
for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
  Object.defineProperty(window, name, { value: null });
}
Object.defineProperty(Document.prototype, "cookie", { get: () => "", set: () => {} });
"""
KINDS = {"full": FULL, "denied": DENIED, "absent": ABSENT}
NOTICES = """
window.notices = [];
document.addEventListener("race:say", ({ detail }) => window.notices.push(detail));
"""


@pytest.fixture(params=KINDS)
def page(request: pytest.FixtureRequest, address: str, open_page: Open) -> Page:
    """Return a page whose browser keeps nothing, from its first script on."""
    page = open_page(f"{address}?seed=1")
    page.add_init_script(KINDS[request.param] + NOTICES)
    page.evaluate("localStorage.clear()")
    page.goto(f"{address}?seed=3")
    wait_for_tile(page, seed=3)
    return page


def test_all_that_a_visitor_does_lives_as_long_as_the_page(page: Page, address: str) -> None:
    star = page.locator(".explore .star")
    secret = page.evaluate("window.ganRace.secret()")
    page.keyboard.press("f")
    expect(star).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    wait_for_tile(page, seed=4)
    expect(star).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("ArrowLeft")
    wait_for_tile(page, seed=3)
    expect(star).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("window.ganRace.looked.count(window.ganRace.shown.sha256)") == 2
    assert page.evaluate("window.ganRace.secret()") == secret

    before = page.evaluate("document.body.classList.contains('dark')")
    page.locator(".theme").click()
    assert page.evaluate("document.body.classList.contains('dark')") is not before
    page.locator(".theme").click()
    assert page.evaluate("document.body.classList.contains('dark')") is before

    star.click()
    expect(star).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("window.ganRace.favourites.all()") == []


def test_a_star_reaches_the_shared_favourites_and_is_taken_back(page: Page, address: str, open_page: Open) -> None:
    page.keyboard.press("f")
    page.locator(".open-favourites").click()
    own = page.locator(".shared-favourites li")
    expect(own).to_have_count(1)
    page.keyboard.press("Escape")
    page.locator(".explore .star").click()
    page.locator(".open-favourites").click()
    expect(own).to_have_count(0)


def test_marks_of_a_sheet_live_in_memory(page: Page) -> None:
    page.evaluate("window.ganRace.openTab('seeds')")
    page.wait_for_selector("#race-seeds[data-mounted]", state="attached")
    expect(page.locator(".race.seeds .sheet li img").first).to_be_visible()
    page.keyboard.press("k")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    (marks,) = page.evaluate("Object.values(window.ganRace.keep.read('marks'))")
    assert sorted(marks.values()) == ["drop", "keep"]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("x")
    (marks,) = page.evaluate("Object.values(window.ganRace.keep.read('marks'))")
    assert list(marks.values()) == ["keep"]


def test_the_page_says_once_what_will_not_outlive_it(page: Page) -> None:
    page.wait_for_function("window.notices.length > 0")
    for seed in (4, 5, 6):
        page.keyboard.press("ArrowRight")
        wait_for_tile(page, seed=seed)
        page.keyboard.press("f")
    for said in ("until it is closed", "a ballot that was not sent"):
        assert len([words for words in page.evaluate("window.notices") if said in words]) == 1
    stars = [words for words in page.evaluate("window.notices") if "keeps nothing" in words]
    assert len(stars) == 1


@pytest.mark.parametrize("locale", ["en-US", "ja-JP"])
def test_what_the_window_alone_does_not_keep_is_told_once(address: str, open_page: Open, locale: str) -> None:
    page = open_page(f"{address}?seed=1", locale=locale)
    failing = (
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('x', 'SecurityError'); } });"
    )
    page.add_init_script(failing + NOTICES)
    page.goto(f"{address}?seed=3")
    wait_for_tile(page, seed=3)
    page.wait_for_function("window.notices.length > 0")
    page.keyboard.press("ArrowRight")
    wait_for_tile(page, seed=4)
    page.wait_for_timeout(1500)
    words = {"en-US": "a ballot that was not sent", "ja-JP": "投票用紙の内容を忘れます"}[locale]
    assert [words in one for one in page.evaluate("window.notices")] == [True]
    assert page.locator(".explore .visited .thumb").count() == 2


def test_the_seed_and_the_link_can_be_copied_by_hand_without_a_clipboard(page: Page) -> None:
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
    page.locator(".copy-seed").click()
    assert page.evaluate("document.getSelection().toString() || document.activeElement.value") == "3"


def test_in_japanese_the_notice_is_japanese(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=1", locale="ja-JP")
    page.add_init_script(FULL + NOTICES)
    page.goto(f"{address}?seed=3")
    page.wait_for_function("window.notices.some((words) => words.includes('保存できません'))")
