"""After a connection that was lost for a moment the page brings what was wished for by itself."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.conftest import wait_for_tile
from tests.browser.test_link import open_tab
from tests.browser.test_morph_page import TILE, slide

Open = Callable[..., Page]
CALLS = "**/component_server**"


def lose(page: Page, act: Callable[[], None], status: Locator) -> None:
    """Do something while the program cannot be reached, long enough that the page tries again in vain."""
    page.route(CALLS, lambda route: route.abort())
    act()
    expect(status).to_contain_text("The program does not answer")
    page.wait_for_timeout(1200)
    expect(status).to_contain_text("The program does not answer")
    page.unroute(CALLS)


def test_explore_draws_what_was_wished_for(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3", quiet=False)
    status = page.locator(".explore .status")
    lose(page, lambda: page.keyboard.press("d"), status)
    wished = page.evaluate("window.ganRace.seed.seed")
    assert wished != 3
    expect(page.locator(".explore .seed")).to_have_value(str(wished))
    assert page.evaluate("window.ganRace.shown.seed") == 3
    wait_for_tile(page, seed=wished)
    expect(status).to_be_hidden()


def test_explore_begins_where_the_first_answer_was_lost(address: str, open_page: Open) -> None:
    page = open_page(address, quiet=False)
    page.route(CALLS, lambda route: route.abort())
    page.goto(f"{address}?seed=77")
    expect(page.locator(".explore .status")).to_contain_text("The program does not answer")
    page.unroute(CALLS)
    wait_for_tile(page, seed=77)
    expect(page.locator(".explore .status")).to_be_hidden()


def test_compare_puts_up_what_was_wished_for(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3&tab=compare", tile=False, quiet=False)
    caption = page.locator(".wall figcaption").first
    expect(caption).to_have_attribute("data-seed", "3")
    status = page.locator(".race.compare > .status")
    lose(page, page.locator(".compare .next").click, status)
    expect(caption).to_have_attribute("data-seed", "3")
    expect(caption).to_have_attribute("data-seed", "4", timeout=15_000)
    expect(status).to_be_hidden()


def test_a_matrix_that_was_cut_off_comes_whole(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=compare&cmpmode=matrix&cmpseeds=1,2", tile=False, quiet=False)
    images = page.locator(".matrix img")
    expect(images).to_have_count(4)
    page.locator(".compare .seeds").fill("5, 6, 7")
    lose(page, page.locator(".draw-matrix").click, page.locator(".race.compare > .status"))
    expect(images).to_have_count(6, timeout=15_000)
    expect(page.locator(".race.compare > .status")).to_be_hidden()


def test_morph_draws_what_was_wished_for(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3&tab=morph", tile=False, quiet=False)
    expect(page.locator(f"{TILE}[src]")).to_have_count(1)
    expect(page.locator(".morph .badge")).not_to_contain_text("The strip is ahead")
    status = page.locator(".morph-status")
    lose(page, lambda: slide(page, ".morph .position", 1), status)
    expect(page.locator(".morph .badge")).to_contain_text("Seed 4 · Submittable", timeout=15_000)
    expect(status).to_be_hidden()


def test_the_rows_of_a_first_tile_are_not_asked_for_again_and_again(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=seeds", tile=False, quiet=False)
    page.wait_for_function("document.querySelectorAll('.race.seeds .card img[src]').length === 24")
    asked: list[Request] = []

    def refuse(route: Route) -> None:
        if '"look_at_rows"' in (route.request.post_data or ""):
            asked.append(route.request)
        route.abort()

    page.route(CALLS, refuse)
    page.get_by_role("button", name="Next seeds").click()
    page.wait_for_timeout(2500)
    assert len(asked) <= 1
    page.unroute(CALLS)
    page.wait_for_function("document.querySelectorAll('.race.seeds .card img[src]').length === 24")
    expect(page.locator(".race.seeds > .status")).to_be_hidden()


def test_a_tab_that_was_open_elsewhere_is_tidied_on_coming_back(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3&tab=compare", tile=False, quiet=False)
    caption = page.locator(".wall figcaption").first
    expect(caption).to_have_attribute("data-seed", "3")
    lose(page, page.locator(".compare .next").click, page.locator(".race.compare > .status"))
    open_tab(page, "Seeds")
    open_tab(page, "Compare")
    expect(caption).to_have_attribute("data-seed", "4", timeout=15_000)
    expect(page.locator(".race.compare > .status")).to_be_hidden()
