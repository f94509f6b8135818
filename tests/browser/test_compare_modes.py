"""The Compare tab's ways to look: what its link restores, where the matrix leads, fingers, the mouse and the key A."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from studio.ui.texts.i18n import TEXTS
from tests.browser.conftest import HASHES, PHONE, swipe, wait_for_tile
from tests.browser.test_compare_page import begin, place, set_mode, titles, wait_for_grid

Open = Callable[..., Page]
LINK = "Object.fromEntries(new URL(window.ganRace.link.whole()).searchParams)"
LOOK = """() => {
    const all = (selector, root = document) => [...root.querySelectorAll(selector)];
    const isSeen = (node) => getComputedStyle(node).visibility === 'visible';
    const seenIn = (figure) => all('img, figcaption', figure).filter(isSeen).map((one) => one.alt ?? one.innerText);
    const boxOf = (node) => JSON.stringify(node.getBoundingClientRect());
    return { boxes: all('.tile-grid .frame, .compare .below').map(boxOf), shown: all('.tile-grid figure').map(seenIn) };
}"""
CURTAIN = "document.querySelector('.tile-grid').style.getPropertyValue('--curtain')"


def look_at_psi(page: Page, psi: float) -> None:
    page.evaluate("(psi) => window.ganRace.setSeed({ psi })", psi)


def press_for_long(page: Page, spot: dict[str, float], until: str) -> None:
    """Put a finger down, lift it once the grid has a class."""
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{**spot, "id": 0}]})
    page.wait_for_selector(f".tile-grid.{until}")
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_selector(f".tile-grid:not(.{until})")


def test_the_link_says_the_seed_that_compare_shows_and_restores_it(address: str, open_page: Open) -> None:
    page = begin(open_page(f"{address}?seed=5"))
    assert page.evaluate(LINK)["seed"] == "5"
    page.locator(".compare .next").click()
    wait_for_grid(page, 2, 6)
    assert page.evaluate(LINK)["seed"] == "6"
    page.locator(".compare .seed").fill("77")
    page.locator(".compare .seed").press("Enter")
    wait_for_grid(page, 2, 77)
    look_at_psi(page, 0.5)
    expect(page.locator(".tile-grid figcaption").nth(1)).to_contain_text("ψ 0.5")
    said = page.evaluate(LINK)
    assert (said["seed"], said["psi"], said["tab"]) == ("77", "0.5", "compare")
    other = open_page(page.evaluate("window.ganRace.link.whole()"), tile=False)
    wait_for_grid(other, 2, 77)
    assert other.evaluate(HASHES, ".tile-grid img.tile") == page.evaluate(HASHES, ".tile-grid img.tile")
    page.get_by_role("tab", name="Explore").click()
    wait_for_tile(page, 77)
    page.keyboard.press("ArrowLeft")
    wait_for_tile(page, 76)
    assert page.evaluate(LINK)["seed"] == "76"


def test_a_late_picture_of_explore_does_not_take_the_link_from_compare(address: str, open_page: Open) -> None:
    page = open_page(address)
    held: list[Route] = []

    def hold_seed_500(route: Route) -> None:
        request = json.loads(route.request.post_data or "{}")
        late = request["fn_name"] == "show" and request["data"].get("seed") == 500
        held.append(route) if late else route.continue_()

    page.route("**/component_server**", hold_seed_500)
    page.locator(".explore .seed").fill("500")
    page.locator(".explore .seed").press("Enter")
    begin(page)
    wait_for_grid(page, 2, 500)
    page.locator(".compare .next").click()
    wait_for_grid(page, 2, 501)
    held[0].continue_()
    page.wait_for_function("window.ganRace.shown.seed === 500")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert page.evaluate(LINK)["seed"] == "501"
    page.get_by_role("tab", name="Explore").click()
    wait_for_tile(page, 501)


def test_what_the_link_says_is_compared_even_where_its_checkpoint_for_explore_is_gone(
    address: str, open_page: Open
) -> None:
    page = begin(open_page(f"{address}?seed=7&psi=0.5"))
    link = page.url.replace(f"ck={page.evaluate(LINK)['ck']}", "ck=0123abcd")
    other = open_page(link, tile=False)
    wait_for_grid(other, 2, 7)
    assert other.evaluate(HASHES, ".tile-grid img.tile") == page.evaluate(HASHES, ".tile-grid img.tile")


def test_the_link_restores_how_the_tiles_are_shown(address: str, open_page: Open) -> None:
    page, other = begin(open_page(address)), None
    for mode, options in product(("side", "flip", "slider"), ({}, PHONE)):
        set_mode(page, "matrix")
        set_mode(page, mode)
        said = page.evaluate(LINK)
        assert said["cmpmode"] == mode
        assert "cmpseeds" not in said
        other = open_page(page.url, tile=False, instead_of=other, **options)
        wait_for_grid(other, 2)
        expect(other.locator(".tile-grid")).to_have_attribute("data-mode", mode)
        assert other.evaluate("localStorage.getItem('ganrace.compare_mode')") is None


def test_the_link_restores_the_matrix_and_passes_over_what_is_no_mode_and_no_seeds(
    address: str, open_page: Open
) -> None:
    page = begin(open_page(f"{address}?psi=0.5"))
    set_mode(page, "matrix")
    page.locator(".seeds").fill("9, 17-18")
    page.locator(".seeds").press("Enter")
    expect(page.locator(".matrix tbody th strong")).to_have_text(["9", "17", "18"])
    assert page.evaluate(LINK)["cmpseeds"] == "9,17,18"
    other = open_page(page.url, tile=False)
    expect(other.locator(".matrix tbody th strong")).to_have_text(["9", "17", "18"])
    assert other.evaluate(HASHES, ".matrix img") == page.evaluate(HASHES, ".matrix img")
    expect(other.locator(".matrix tbody th").first).to_contain_text("ψ 0.5")
    for seeds in ("0-99", "x", "1,,-2"):
        link = f"{address}?tab=compare&seed=30&cmpmode=matrix&cmpseeds={seeds}"
        other = open_page(link, tile=False, instead_of=other)
        expect(other.locator(".matrix tbody th strong")).to_have_text(["30", "31", "32", "33"])
        expect(other.locator(".compare .status")).to_be_hidden()
    bad = open_page(f"{address}?tab=compare&psi=1.5&cmpmode=matrix", tile=False, instead_of=other)
    expect(bad.locator(".compare .status")).to_have_text(TEXTS["error_psi"][0].format(value="1.5"))
    expect(bad.locator(".compare img")).to_have_count(0)
    bad.get_by_role("button", name="Draw").click()
    expect(bad.locator(".matrix tbody th strong")).to_have_text(["0", "1", "2", "3"])
    assert "psi" not in bad.evaluate(LINK)
    wrong = open_page(f"{address}?tab=compare&cmpmode=poster", tile=False, instead_of=bad)
    wait_for_grid(wrong, 2)
    expect(wrong.locator(".tile-grid")).to_have_attribute("data-mode", "side")


@pytest.mark.parametrize(("locale", "column"), [("en-US", 0), ("ja-JP", 1)])
def test_a_tile_of_the_matrix_opens_in_explore_and_its_seed_in_the_grid(
    address: str, open_page: Open, locale: str, column: int
) -> None:
    page = open_page(f"{address}?tab=compare&psi=0.5", tile=False, locale=locale)
    wait_for_grid(page, 2)
    set_mode(page, "flip")
    set_mode(page, "matrix")
    expect(page.locator(".matrix tbody tr")).to_have_count(4)
    words = TEXTS["tile_words_psi"][column].format(seed=2, psi=0.5, name="beta")
    name = TEXTS["compare_open_tile"][column].format(words=words)
    page.get_by_role("button", name=name, exact=True).click()
    wait_for_tile(page, 2)
    shown = page.evaluate("window.ganRace.shown")
    assert (shown["name"], shown["psi"], page.evaluate("window.ganRace.tab")) == ("beta", 0.5, "explore")
    page.evaluate("window.ganRace.openTab('compare')")
    expect(page.locator(".matrix tbody tr")).to_have_count(4)
    page.get_by_role("button", name=TEXTS["compare_row_seed"][column].format(seed=3), exact=True).focus()
    page.keyboard.press("Enter")
    wait_for_grid(page, 2, 3)
    expect(page.locator(".tile-grid")).to_have_attribute("data-mode", "flip")
    expect(page.locator(".modes input[value=flip]")).to_be_focused()


def test_on_a_phone_a_seed_of_the_matrix_leads_to_holding(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=compare&cmpmode=matrix&cmpseeds=8", tile=False, **PHONE)
    page.get_by_role("button", name="Compare on seed 8").tap()
    wait_for_grid(page, 2, 8)
    expect(page.locator(".tile-grid")).to_have_attribute("data-mode", "flip")
    assert page.evaluate(LINK)["seed"] == "8"


def test_a_matrix_that_was_left_is_drawn_to_its_end_on_return(address: str, open_page: Open) -> None:
    page = begin(open_page(address))
    held: list[Route] = []

    def hold_the_second_row(route: Route) -> None:
        request = json.loads(route.request.post_data or "{}")
        second = request["fn_name"] == "compare_row" and request["data"]["row"] == 1 and not held
        held.append(route) if second else route.continue_()

    page.route("**/component_server**", hold_the_second_row)
    set_mode(page, "matrix")
    expect(page.locator(".matrix-progress")).to_have_text("Drawing row 2 of 4 …")
    page.locator(".matrix .thumb").first.click()
    page.wait_for_function("window.ganRace.tab === 'explore'")
    held[0].continue_()
    page.wait_for_function("document.querySelector('.matrix-progress').hidden")
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".matrix tbody th strong")).to_have_text(["0", "1", "2", "3"])


def test_a_truncation_is_said_with_every_tile(address: str, open_page: Open) -> None:
    page = begin(open_page(f"{address}?psi=0.5"))
    page.locator(".blind").check()
    expect(page.locator(".tile-grid figcaption strong")).to_have_text(["Tile A", "Tile B"])
    expect(page.locator(".tile-grid figcaption span")).to_contain_text(["ψ 0.5"] * 2)
    page.locator(".blind").uncheck()
    set_mode(page, "matrix")
    expect(page.locator(".matrix tbody tr")).to_have_count(4)
    expect(page.locator(".matrix tbody th")).to_contain_text(["ψ 0.5"] * 4)
    page.evaluate(
        """() => {
            window.words = [];
            const { fillText } = CanvasRenderingContext2D.prototype;
            CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
                window.words.push(text);
                fillText.call(this, text, ...rest);
            };
        }"""
    )
    with page.expect_download():
        page.get_by_role("button", name="Download with captions").click()
    assert len([text for text in page.evaluate("window.words") if text.endswith("ψ 0.5")]) == 8


def test_the_matrix_follows_the_truncation_that_is_looked_at_on_return(address: str, open_page: Open) -> None:
    page = begin(open_page(address))
    set_mode(page, "matrix")
    expect(page.locator(".matrix tbody tr")).to_have_count(4)
    assert "ψ" not in page.locator(".matrix").inner_text()
    page.get_by_role("tab", name="Explore").click()
    look_at_psi(page, 0.5)
    page.wait_for_function("window.ganRace.shown.psi === 0.5")
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".matrix tbody th")).to_contain_text(["ψ 0.5"] * 4)


@pytest.mark.parametrize("mode", ["side", "flip", "slider"])
def test_a_tap_marks_a_picture_and_a_second_one_enlarges_it_in_all(address: str, open_page: Open, mode: str) -> None:
    page = open_page(f"{address}?tab=compare&cmpmode={mode}", tile=False, **PHONE)
    wait_for_grid(page, 2)
    page.locator(".tile-grid .frame").first.scroll_into_view_if_needed()
    spot = place(page, 23)
    page.touchscreen.tap(**spot)
    expect(page.locator(".lit-words")).to_have_text("Picture 23 · row 3, column 4")
    expect(page.locator(".lens.cells")).to_be_hidden()
    assert page.evaluate(CURTAIN) == "50%"
    page.touchscreen.tap(**place(page, 25))
    expect(page.locator(".lit-words")).to_have_text("Picture 25 · row 3, column 6")
    page.touchscreen.tap(**place(page, 25))
    expect(page.locator(".lens.cells .cell-caption")).to_have_text("Picture 25 · row 3, column 6")
    expect(page.locator(".lens.cells figure")).to_have_count(2)
    expect(page.locator(".how")).to_contain_text(TEXTS[f"compare_how_{mode}_touch"][0])


def test_a_long_press_flips_and_a_drag_moves_the_line_and_neither_marks(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=compare&cmpmode=flip", tile=False, **PHONE)
    wait_for_grid(page, 2)
    page.locator(".tile-grid .frame").first.scroll_into_view_if_needed()
    press_for_long(page, place(page, 44), "held")
    set_mode(page, "slider")
    expect(page.locator(".compare .curtain")).to_be_visible()
    swipe(page, ".tile-grid .frame", 100)
    page.wait_for_function(f"parseFloat({CURTAIN}) > 60")
    expect(page.locator(".lit-words")).to_have_text("")
    expect(page.locator(".lens.cells")).to_be_hidden()


@pytest.mark.parametrize("mode", ["flip", "slider"])
def test_the_mouse_marks_a_picture_and_enter_enlarges_it_in_all(address: str, open_page: Open, mode: str) -> None:
    page = begin(open_page(address))
    set_mode(page, mode)
    expect(page.locator(".tile-grid .frame")).to_have_count(1)
    spot = place(page, 37)
    page.mouse.move(spot["x"], spot["y"])
    expect(page.locator(".tile-grid .ring")).to_have_attribute("data-cell", "37")
    page.mouse.click(spot["x"], spot["y"])
    expect(page.locator(".lens.cells")).to_be_hidden()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Enter")
    expect(page.locator(".lens.cells .cell-caption")).to_have_text("Picture 37 · row 4, column 8")
    expect(page.locator(".lens.cells figure")).to_have_count(2)


def test_the_key_a_shows_the_second_tile_in_the_place_of_the_first_side_by_side(address: str, open_page: Open) -> None:
    page = begin(open_page(address))
    before: dict[str, Any] = page.evaluate(LOOK)
    first, second = before["shown"]
    assert not set(first) & set(second)
    page.keyboard.down("a")
    during = page.evaluate(LOOK)
    assert during == {"boxes": before["boxes"], "shown": [second, second]}
    page.keyboard.press("ArrowRight")
    wait_for_grid(page, 3, 1)
    assert page.evaluate(LOOK)["shown"][0] == page.evaluate(LOOK)["shown"][1]
    page.keyboard.press("ArrowLeft")
    wait_for_grid(page, 3, 0)
    page.keyboard.up("a")
    assert page.evaluate(LOOK) == before


def test_the_key_a_shows_the_whole_second_tile_on_the_slider_and_lets_go_in_any_mode(
    address: str, open_page: Open
) -> None:
    page = begin(open_page(address))
    set_mode(page, "slider")
    expect(page.locator(".tile-grid .frame")).to_have_count(1)
    page.evaluate("document.activeElement.blur()")
    second = titles(page)[1]
    page.keyboard.down("a")
    assert page.locator(".tile-grid .layer-1").evaluate("(one) => getComputedStyle(one).clipPath") == "none"
    assert page.evaluate(LOOK)["shown"][0][1].startswith(second)
    page.evaluate("document.querySelector('.modes input[value=matrix]').click()")
    page.keyboard.up("a")
    page.evaluate("document.querySelector('.modes input[value=slider]').click()")
    page.wait_for_selector(".tile-grid:not(.held)")
    assert "50%" in page.locator(".tile-grid .layer-1").evaluate("(one) => getComputedStyle(one).clipPath")
