"""After a connection that was lost for a moment the page brings what was requested by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, Request, Route, expect

from studio.race.tile_file import export_png
from tests.browser.conftest import wait_for_tile
from tests.browser.test_link import open_tab
from tests.browser.test_morph_page import TILE, slide
from training.core import checkpoint

Open = Callable[..., Page]
CALLS = "**/component_server**"


def lose(page: Page, act: Callable[[], None], status: Locator, check: Callable[[], None] = lambda: None) -> None:
    """Do something while the program cannot be reached, for so long that the page tries again in vain."""
    page.route(CALLS, lambda route: route.abort())
    act()
    expect(status).to_contain_text("The program does not answer")
    page.wait_for_timeout(1200)
    expect(status).to_contain_text("The program does not answer")
    check()
    page.unroute(CALLS)


def test_explore_draws_what_was_requested_and_names_meanwhile_what_it_shows(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3", quiet=False)
    wait_for_tile(page, seed=3)
    status = page.locator(".explore .status")

    def check() -> None:
        assert page.evaluate("window.ganRace.shown.seed") == 3
        assert page.evaluate("window.ganRace.link.get('seed')") == "3"
        expect(page.locator(".explore .caption")).to_contain_text("seed 3 ·")
        expect(page.locator(".explore .seed")).to_have_value("3")

    def request() -> None:  # a typed seed: the next random one may be drawn ahead, and then needs no call
        page.locator(".explore .seed").fill("123456")
        page.keyboard.press("Enter")

    lose(page, request, status, check)
    assert page.evaluate("window.ganRace.seed.seed") == 123456
    wait_for_tile(page, seed=123456)
    expect(page.locator(".explore .seed")).to_have_value("123456")
    expect(status).to_be_hidden()


def test_a_file_is_not_said_to_be_shown_before_its_tile_is(address: str, checkpoints: Path, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3", quiet=False)
    wait_for_tile(page, seed=3)
    page.route(CALLS, lambda route: route.abort() if '"show"' in (route.request.post_data or "") else route.continue_())
    file = {"name": "mine.png", "mimeType": "image/png", "buffer": export_png(checkpoint.load(checkpoints / "beta"), 7)}
    page.locator(".explore .open-file").set_input_files(file)
    expect(page.locator(".explore .status")).to_contain_text("The program does not answer")
    expect(page.locator(".explore .opened")).to_be_hidden()
    page.unroute(CALLS)
    wait_for_tile(page, seed=7)
    expect(page.locator(".explore .opened")).to_be_visible()


def test_explore_begins_where_the_first_answer_was_lost(address: str, open_page: Open) -> None:
    page = open_page(address, quiet=False)
    page.route(CALLS, lambda route: route.abort())
    page.goto(f"{address}?seed=77")
    expect(page.locator(".explore .status")).to_contain_text("The program does not answer")
    page.unroute(CALLS)
    wait_for_tile(page, seed=77)
    expect(page.locator(".explore .status")).to_be_hidden()


def test_compare_puts_up_what_was_requested(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3&tab=compare", tile=False, quiet=False)
    caption = page.locator(".tile-grid figcaption").first
    expect(caption).to_have_attribute("data-seed", "3")
    status = page.locator(".race.compare > .status")
    lose(
        page, page.locator(".compare .next").click, status, lambda: expect(caption).to_have_attribute("data-seed", "3")
    )
    expect(caption).to_have_attribute("data-seed", "4")
    expect(status).to_be_hidden()


def test_a_matrix_that_was_cut_off_keeps_its_rows_and_comes_whole(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=compare&cmpmode=matrix&cmpseeds=1,2", tile=False, quiet=False)
    images = page.locator(".matrix img")
    expect(images).to_have_count(4)

    def refuse(route: Route) -> None:
        route.continue_() if '"row":0' in (route.request.post_data or "") else route.abort()

    page.route(CALLS, refuse)
    page.locator(".compare .seeds").fill("5, 6, 7")
    page.locator(".draw-matrix").click()
    expect(page.locator(".race.compare > .status")).to_contain_text("The program does not answer")
    page.locator(".compare .seeds").fill("5, 6, nonsense")  # half typed
    page.wait_for_timeout(1200)
    expect(images).to_have_count(2)
    page.unroute(CALLS)
    expect(images).to_have_count(6)
    expect(page.locator(".race.compare > .status")).to_be_hidden()


def test_morph_draws_what_was_requested(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3&tab=morph", tile=False, quiet=False)
    expect(page.locator(f"{TILE}[src]")).to_have_count(1)
    expect(page.locator(".morph .badge")).not_to_contain_text("The strip is ahead")
    status = page.locator(".morph-status")
    lose(page, lambda: slide(page, ".morph .position", 1), status)
    expect(page.locator(".morph .badge")).to_contain_text("Seed 4 · Submittable")
    expect(status).to_be_hidden()


def test_the_sentence_goes_where_nothing_is_left_to_draw(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3&tab=morph", tile=False, quiet=False)
    expect(page.locator(f"{TILE}[src]")).to_have_count(1)
    page.locator(".morph .modes label").nth(1).click()
    expect(page.locator(".morph .stops li")).to_have_count(2)

    def empty() -> None:
        slide(page, ".morph .position", 1)
        for _ in range(2):
            page.locator(".morph .stops button:last-child").first.click()

    lose(page, lambda: slide(page, ".morph .position", 1), page.locator(".morph-status"), empty)
    expect(page.locator(".morph-status")).to_be_hidden(timeout=15_000)


def test_a_picture_that_could_not_be_enlarged_stays_said(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3", quiet=False)
    wait_for_tile(page, seed=3)
    page.route(CALLS, lambda route: route.abort())
    page.locator(".explore .tile-button").click()
    status = page.locator(".explore .status")
    expect(status).to_contain_text("The program does not answer")
    page.unroute(CALLS)
    page.wait_for_timeout(1500)
    expect(status).to_contain_text("The program does not answer")


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
    caption = page.locator(".tile-grid figcaption").first
    expect(caption).to_have_attribute("data-seed", "3")
    lose(page, page.locator(".compare .next").click, page.locator(".race.compare > .status"))
    open_tab(page, "Seeds")
    open_tab(page, "Compare")
    expect(caption).to_have_attribute("data-seed", "4")
    expect(page.locator(".race.compare > .status")).to_be_hidden()
