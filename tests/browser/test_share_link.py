"""The link that is given away: to what the other should see, at an address where they reach it, in a lasting place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from studio.ui import page as studio_page
from studio.ui.texts.i18n import TEXTS
from tests.browser.conftest import PHONE, findings, too_wide, wait_for_tile

Open = Callable[..., Page]
PUBLIC = "https://0123456789abcdef.gradio.live"
COPY = "() => { window.copied = []; navigator.clipboard.writeText = async (text) => void window.copied.push(text) }"
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"  # as on plain http
SHEET = """Object.defineProperty(navigator, 'share', { configurable: true, value: async (what) => {
    (window.handed ??= []).push(what);
    if (window.isClosed) throw new DOMException('closed', 'AbortError');
} })"""
FIELD = "dialog.link .link-field"


def shown_in(page: Page, seed: int) -> str:
    """Wait for the tile, and return the end of the link to it."""
    wait_for_tile(page, seed=seed)
    sha256 = page.evaluate("window.ganRace.shown.sha256")
    return f"?ck={sha256[:8]}&seed={seed}&name=alpha"


def test_on_this_machine_a_copied_link_says_that_nobody_else_can_open_it_and_offers_the_command(
    address: str, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=3")
    link = f"{address}{shown_in(page, 3)}"
    page.evaluate(COPY)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".link-words")).to_contain_text("Link copied. It works on this machine only")
    assert page.evaluate("window.copied") == [link]
    expect(page.locator(FIELD)).to_have_value(link)
    page.get_by_role("button", name="Copy the command").click()
    page.wait_for_function("window.copied.length === 2")
    assert page.evaluate("window.copied.at(-1)") == "python app.py --share"
    page.evaluate("window.ganRace.setLanguage('ja')")
    expect(page.locator(".link-words")).to_contain_text("このマシンでしか開けません")
    assert findings(page) == []


@pytest.mark.own_studio
def test_the_public_link_is_copied_where_there_is_one(
    address: str, open_page: Open, opened: list[studio_page.Page]
) -> None:
    opened[-1].share_url = PUBLIC  # as launch(share=True) leaves it
    page = open_page(f"{address}?seed=3")
    rest = shown_in(page, 3)
    page.evaluate(COPY)
    page.keyboard.press("l")
    expect(page.locator(".said-here")).to_have_text(TEXTS["copied_public"][0])
    assert page.evaluate("window.copied") == [f"{PUBLIC}/{rest}"]
    expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.parametrize(("options", "language"), [({}, 0), ({**PHONE, "locale": "ja-JP"}, 1)])
def test_without_a_clipboard_the_link_stays_selected_in_a_field_until_it_is_closed(
    address: str, open_page: Open, options: dict[str, Any], language: int
) -> None:
    page = open_page(f"{address}?seed=3", **options)
    link = f"{address}{shown_in(page, 3)}"
    page.evaluate(NO_CLIPBOARD)
    page.locator(".head .copy").click()
    expect(page.locator(".link-words")).to_contain_text(TEXTS["copy_by_hand"][language])
    page.wait_for_timeout(6500)  # what is said otherwise is gone after six seconds
    field = page.locator(FIELD)
    expect(field).to_be_focused()
    assert field.evaluate("(node) => node.value.slice(node.selectionStart, node.selectionEnd)") == link
    assert too_wide(page) == []
    page.locator("dialog.link .close").click()
    expect(field).to_be_hidden()


@pytest.mark.own_studio
def test_a_phone_hands_the_link_to_its_share_sheet_and_closing_that_is_no_error(
    address: str, open_page: Open, opened: list[studio_page.Page]
) -> None:
    opened[-1].share_url = PUBLIC
    page = open_page(f"{address}?seed=3", tile=False, **PHONE)
    page.evaluate(SHEET)
    page.evaluate(COPY)
    rest = shown_in(page, 3)
    page.locator(".head .copy").tap()
    page.wait_for_function("window.handed?.length === 1")
    assert page.evaluate("window.handed[0].url") == f"{PUBLIC}/{rest}"
    page.evaluate("window.isClosed = true")
    page.locator(".head .copy").tap()
    page.wait_for_function("window.handed?.length === 2")
    assert page.evaluate("window.copied") == []
    page.evaluate("navigator.share = undefined; delete navigator.share")
    page.evaluate("window.ganRace.setLanguage('en')")
    page.locator(".head .copy").tap()
    page.wait_for_function("window.copied.length === 1")


def test_a_shared_link_opens_the_tile_the_morph_or_the_comparison_and_nothing_else(
    address: str, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=3&lang=ja")
    rest = shown_in(page, 3)
    for tab, more in (("compare", "cmp="), ("morph", "morph="), ("export", None)):
        page.evaluate("(tab) => window.ganRace.openTab(tab)", tab)
        page.wait_for_function("(tab) => window.ganRace.tab === tab", arg=tab)
        expect(page.locator(f"#race-{tab}[data-mounted]")).to_be_visible()
        if more is not None:
            page.wait_for_function("(more) => location.search.includes(more)", arg=more)
            link = page.evaluate("window.ganRace.sharedLink()")
            assert f"tab={tab}" in link
            assert [name for name in ("cmp=", "morph=", "lang=") if name in link] == [more]
    link = page.evaluate("window.ganRace.sharedLink()")
    assert link == f"{address}{rest}"
    friend = open_page(link)
    wait_for_tile(friend, seed=3)
    assert friend.evaluate("[window.ganRace.tab, document.documentElement.lang]") == ["explore", "en"]
