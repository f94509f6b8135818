"""The link as a QR code, as the page shows it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import segno
from playwright.sync_api import Page, Route, expect

from studio.qr_code import MAX_LINK_LETTERS
from studio.ui import page as studio_page
from studio.ui.texts.i18n import TEXTS
from tests.browser.conftest import PHONE, pixels_of, too_wide, wait_for_tile
from tests.browser.test_page import call

Open = Callable[..., Page]
PUBLIC = "https://0123456789abcdef.gradio.live"


def shows_code_of(page: Page, link: str) -> bool:
    """Tell whether the dialog's picture is the QR code of a link, by the middle of each of its modules."""
    expect(page.locator(".qr-picture")).to_be_visible()
    matrix = np.pad(np.array(segno.make(link, error="m", boost_error=False, micro=False).matrix), 4)
    shown = pixels_of(page, ".qr-picture")[..., 0]
    places = ((np.arange(len(matrix)) + 0.5) * len(shown) / len(matrix)).astype(int)
    return bool(np.array_equal(shown[np.ix_(places, places)] < 128, matrix == 1))


def test_the_code_leads_to_the_link_and_says_that_no_phone_reaches_it(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3", color_scheme="dark")
    wait_for_tile(page, seed=3)
    page.wait_for_function("location.search.includes('ck=')")
    link = page.evaluate("window.ganRace.sharedLink()")
    page.keyboard.press("q")
    expect(page.locator(".qr-link")).to_have_text(link)
    expect(page.locator(".qr-link")).to_have_attribute("href", link)
    assert shows_code_of(page, link)
    assert page.locator(".qr-picture").evaluate("(node) => node.getBoundingClientRect().width") >= 300
    assert page.locator(".qr-picture").get_attribute("alt") == TEXTS["qr_alt"][0]
    expect(page.locator(".qr-words")).to_contain_text("A phone cannot reach this address")
    expect(page.locator(".qr-words code")).to_have_text("python app.py --share")
    page.evaluate("window.ganRace.setLanguage('ja')")
    expect(page.locator(".qr-words")).to_contain_text("スマートフォンからは届きません")


@pytest.mark.own_studio
def test_from_the_programs_machine_the_code_leads_to_the_public_link(
    address: str, open_page: Open, opened: list[studio_page.Page]
) -> None:
    opened[-1].share_url = PUBLIC  # as launch(share=True) leaves it
    page = open_page(f"{address}?tab=verify", tile=False, **PHONE)
    page.locator(".open-qr").click()
    expect(page.locator(".qr-words")).to_have_text(TEXTS["qr_moved"][0])
    link = page.evaluate("window.ganRace.sharedLink()").replace(address.rstrip("/"), PUBLIC)
    expect(page.locator(".qr-link")).to_have_text(link)
    assert shows_code_of(page, link)
    assert too_wide(page) == []


def test_at_a_public_address_nothing_is_warned_of(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.route("**/component_server**", lambda route: forward(route, address))
    page.locator(".open-qr").click()
    expect(page.locator(".qr-words")).to_have_text(TEXTS["qr_open"][0])
    expect(page.locator(".qr-link")).to_contain_text("studio.example.org")


def forward(route: Route, address: str) -> None:
    """Let a request say that the page is open at another address."""
    data = (route.request.post_data or "").replace(address, "https://studio.example.org/")
    route.continue_(post_data=data)


@pytest.mark.parametrize(
    "link",
    [
        None,
        7,
        [],
        "",
        "javascript:alert(1)",
        "https://",
        "https://a.org/<script>\n",
        "https://a.org/" + "x" * MAX_LINK_LETTERS,
    ],
)
def test_a_hostile_link_gets_a_plain_error(address: str, link: object) -> None:
    assert call(address, "link_code", {"link": link})["error"]["code"] in ("error_link", "error_request")
    assert call(address, "link_code", {"link": "https://a.org/" + "x" * 10**6})["error"]["code"] == "error_request"
