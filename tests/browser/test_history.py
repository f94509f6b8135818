"""Back goes back: tabs, enlarged pictures, panels and dialogs are entries of the browser's history."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, wait_for_tile

Open = Callable[..., Page]
LENS = ".explore dialog.lens"


def entries(page: Page) -> int:
    return int(page.evaluate("history.length"))


def wait_for_tab(page: Page, name: str) -> None:
    page.wait_for_function(
        """(name) => window.ganRace?.tab === name && history.state.race.tab === name
            && (new URLSearchParams(location.search).get("tab") ?? "explore") === name""",
        arg=name,
    )
    expect(page.locator(f"#race-{name}[data-mounted]")).to_be_visible()


def open_tab(page: Page, name: str) -> None:
    page.evaluate("(name) => window.ganRace.openTab(name)", name)
    wait_for_tab(page, name)


def wait_for_layers(page: Page, count: int) -> None:
    page.wait_for_function(
        """(count) => history.state.race.layers.length === count
            && document.querySelectorAll("dialog[open]").length === count""",
        arg=count,
    )


@pytest.mark.parametrize("options", [{}, PHONE])
def test_back_and_forward_go_through_the_tabs_and_gradios_own_follow(
    address: str, open_page: Open, options: dict[str, object]
) -> None:
    page = open_page(f"{address}?seed=3", **options)
    wait_for_tile(page, seed=3)
    before = entries(page)
    for name in ("seeds", "verify", "compare"):  # on a phone Verify has no button of its own
        open_tab(page, name)
    assert entries(page) == before + 3
    own = page.locator("#race-tabs [role=tab][aria-selected=true]")
    for name in ("verify", "seeds", "explore"):
        page.go_back()
        wait_for_tab(page, name)
        expect(own).to_have_text(name.capitalize())
    wait_for_tile(page, seed=3)
    for name in ("seeds", "verify"):
        page.go_forward()
        wait_for_tab(page, name)
    assert entries(page) == before + 3
    page.reload()
    wait_for_tab(page, "verify")
    page.go_back()
    wait_for_tab(page, "seeds")


def test_what_gradio_tells_late_of_an_earlier_tab_changes_nothing(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3")
    wait_for_tile(page, seed=3)
    open_tab(page, "seeds")
    open_tab(page, "verify")
    before = entries(page)
    page.evaluate(
        """async () => {
            document.documentElement.dataset.tab = "seeds";
            (await import("race/shared/tabs.js")).followTab();
        }"""
    )
    wait_for_tab(page, "verify")
    assert entries(page) == before


def test_a_seed_that_was_chosen_meanwhile_stays_when_the_browser_goes_back(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3")
    wait_for_tile(page, seed=3)
    open_tab(page, "seeds")
    page.evaluate("window.ganRace.setSeed({ seed: 8 })")
    page.go_back()
    wait_for_tab(page, "explore")
    wait_for_tile(page, seed=8)


def test_on_a_phone_back_closes_an_enlarged_picture_and_forward_enlarges_it_again(
    address: str, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=3", **PHONE)
    wait_for_tile(page, seed=3)
    before = entries(page)
    page.locator(".explore .tile-button").tap()
    wait_for_layers(page, 1)
    cell = page.evaluate("window.ganRace.link.get('cell')")
    page.locator(f"{LENS} .next-cell").tap()
    page.wait_for_function("(cell) => window.ganRace.link.get('cell') === String(Number(cell) + 1)", arg=cell)
    assert entries(page) == before + 1
    page.go_back()
    wait_for_layers(page, 0)
    assert page.evaluate("[window.ganRace.tab, window.ganRace.link.get('cell')]") == ["explore", None]
    page.go_forward()
    wait_for_layers(page, 1)
    expect(page.locator(LENS)).to_be_visible()
    page.locator(f"{LENS} .close").tap()
    wait_for_layers(page, 0)
    assert entries(page) == before + 1  # closing adds none
    assert page.evaluate("window.ganRace.link.get('cell')") is None


def test_a_link_to_an_enlarged_picture_opens_it_and_back_leaves_the_tile(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3&cell=17")
    wait_for_layers(page, 1)
    page.reload()
    wait_for_layers(page, 1)
    assert page.evaluate("window.ganRace.link.get('cell')") == "17"
    page.go_back()
    wait_for_layers(page, 0)
    assert page.evaluate("[window.ganRace.tab, window.ganRace.link.get('cell')]") == ["explore", None]


@pytest.mark.parametrize("key", ["p", "o", "q", "?"])
def test_panels_and_dialogs_are_entries_which_closing_takes_back(address: str, open_page: Open, key: str) -> None:
    page = open_page(address)
    open_tab(page, "morph")
    before = entries(page)
    page.keyboard.press(key)
    wait_for_layers(page, 1)
    page.go_back()
    wait_for_layers(page, 0)
    page.go_forward()
    wait_for_layers(page, 1)
    page.keyboard.press("Escape")
    wait_for_layers(page, 0)
    assert entries(page) == before + 1
    page.go_back()
    wait_for_tab(page, "explore")


def test_a_panel_that_leads_to_another_tab_is_not_opened_again_by_going_back(address: str, open_page: Open) -> None:
    page = open_page(address)
    open_tab(page, "seeds")
    before = entries(page)
    page.keyboard.press("p")
    wait_for_layers(page, 1)
    page.locator(".checkpoints .row-button", has_text="beta").click()
    wait_for_tab(page, "explore")
    assert entries(page) == before + 1
    page.go_back()
    wait_for_tab(page, "seeds")
    wait_for_layers(page, 0)


def test_after_a_reload_in_a_panel_back_leads_to_what_was_before_it(address: str, open_page: Open) -> None:
    page = open_page(address)
    open_tab(page, "seeds")
    page.keyboard.press("p")
    wait_for_layers(page, 1)
    page.reload()
    wait_for_tab(page, "seeds")
    wait_for_layers(page, 0)
    page.go_back()
    wait_for_tab(page, "explore")


def test_a_tab_that_is_none_is_explore_and_an_address_of_the_pages_own_is_no_view(
    address: str, open_page: Open
) -> None:
    page = open_page(f"{address}?tab=nope&seed=3")
    wait_for_tile(page, seed=3)
    open_tab(page, "about")
    page.evaluate("location.hash = 'code=SECRET'")
    page.wait_for_function("history.state?.race?.tab === 'about'")
    page.evaluate("history.replaceState(null, '')")  # as whoever clears a place does
    open_tab(page, "seeds")
    assert "SECRET" not in page.url
    page.go_back()
    wait_for_tab(page, "about")
    assert "SECRET" not in page.url
    page.go_back()
    page.go_back()
    wait_for_tab(page, "explore")


def test_a_dialog_that_cannot_be_opened_again_leaves_no_entry_in_the_way(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3", quiet=False)
    wait_for_tile(page, seed=3)
    page.locator(".explore .tile-button").click()
    wait_for_layers(page, 1)
    page.go_back()
    wait_for_layers(page, 0)
    refusal = '{"error": {"code": "error_busy", "values": {}}}'
    page.route(
        "**/component_server**",
        lambda route: (
            route.fulfill(body=refusal, content_type="application/json")
            if '"cell"' in (route.request.post_data or "")
            else route.continue_()
        ),
    )
    page.go_forward()
    expect(page.locator(".explore .status")).to_contain_text("Many tiles are being drawn for others")
    wait_for_layers(page, 0)
    open_tab(page, "about")
    page.go_back()
    wait_for_tab(page, "explore")
    wait_for_layers(page, 0)
