"""Where things stand on the page: how high the first tile is, what is in sight, and how much of a wide page is used."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, findings, too_wide, wait_for_tile

Open = Callable[..., Page]
WIDE = {"width": 1920, "height": 1080}
TOP = "(selector) => document.querySelector(selector).getBoundingClientRect().top + scrollY"
RIGHT = """(tab) => Math.max(...[...document.querySelectorAll(`#race-${tab} .race *`)]
    .filter((node) => node.checkVisibility() && node.children.length === 0 && node.getBoundingClientRect().width > 0)
    .map((node) => node.getBoundingClientRect().right)) / document.documentElement.clientWidth"""


def open_tab(page: Page, tab: str) -> None:
    page.evaluate("(tab) => window.ganRace.openTab(tab)", tab)
    page.locator(f"#race-{tab}[data-mounted]").wait_for()


@pytest.mark.parametrize(
    ("options", "highest"),
    [({}, 265), ({**PHONE}, 335), ({**PHONE, "locale": "ja-JP"}, 335)],
    ids=["1280", "390", "ja"],
)
def test_the_first_tile_of_seeds_stands_below_one_row_of_tools(
    address: str, open_page: Open, options: dict[str, Any], highest: int
) -> None:
    page = open_page(f"{address}?tab=seeds", tile=False, **options)
    page.locator(".race.seeds .card img[src]").first.wait_for()
    assert page.evaluate(TOP, ".race.seeds .card") <= highest
    tools = page.locator(".sheet-tools").bounding_box()
    assert tools is not None
    assert tools["height"] < 80  # one row
    expect(page.locator(".seeds-checkpoint")).to_be_hidden()
    button = page.locator(".open-options")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    for name in (".seeds-checkpoint", ".count", ".filter", ".order", ".columns-count", ".start-knockout", ".ranking"):
        expect(page.locator(f".seeds {name}")).to_be_visible()
    assert too_wide(page) == []
    button.press("Enter")
    expect(page.locator(".seeds-checkpoint")).to_be_hidden()


def test_a_wide_page_is_used_up_to_its_right_side(address: str, open_page: Open) -> None:
    page = open_page(address, viewport=WIDE)
    for seed in (1, 2):
        page.keyboard.press("r")
        wait_for_tile(page, seed=seed)
    page.keyboard.press("f")
    for tab in ("explore", "morph", "export", "verify"):
        open_tab(page, tab)
        page.wait_for_function(f"({RIGHT})('{tab}') > 0.85")
        assert too_wide(page) == []
        assert (tab, findings(page)) == (tab, [])


def test_the_neighbours_of_a_tile_lead_to_it_in_its_place(address: str, open_page: Open) -> None:
    page = open_page(address, viewport=WIDE)
    beside = page.locator("#race-explore tile-neighbours")
    expect(beside).to_contain_text("The star or F keeps a tile here.")
    for seed in (1, 2):
        page.keyboard.press("r")
        wait_for_tile(page, seed=seed)
    seen, starred = (beside.locator(".neighbour-tiles").nth(place).locator(".thumb") for place in (0, 1))
    expect(seen).to_have_count(3)
    page.keyboard.press("f")
    expect(starred).to_have_count(1)
    expect(seen.first).to_have_attribute("aria-current", "true")
    expect(beside.locator(".facts")).to_contain_text("images seen")
    seen.last.click()
    wait_for_tile(page, seed=0)
    expect(seen.first).to_have_attribute("aria-label", "seed 0 · alpha")
    open_tab(page, "export")
    page.locator("#race-export tile-neighbours .thumb[aria-label*='seed 2']").first.click()
    expect(page.locator(".export-caption")).to_contain_text("seed 2 ·")
    assert page.evaluate("window.ganRace.showsTile()")
    open_tab(page, "verify")
    page.locator("#race-verify tile-neighbours .thumb[aria-label*='seed 1']").first.click()
    wait_for_tile(page, seed=1)
    expect(page.locator("#race-explore .tile")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(beside).to_be_hidden()
    expect(page.locator(".visited")).to_be_visible()


@pytest.mark.parametrize(("options", "kept"), [({}, ".morph-tile"), ({**PHONE}, ".strip")], ids=["1280", "390"])
def test_what_morph_shows_stays_in_sight_while_its_controls_scroll(
    address: str, open_page: Open, options: dict[str, Any], kept: str
) -> None:
    page = open_page(f"{address}?tab=morph", tile=False, **options)
    page.locator(".morph .morph-tile[src]").wait_for()
    page.evaluate("document.querySelectorAll('.morph details').forEach((one) => { one.open = true; })")
    page.locator(".morph .make").scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert page.evaluate("scrollY") > 200
    top, bottom, height = page.evaluate(
        """(selector) => {
            const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
            return [top, bottom, innerHeight];
        }""",
        kept,
    )
    assert 0 <= top < bottom <= height


def test_no_two_names_of_the_checkpoint_stand_close_together(address: str, open_page: Open) -> None:
    named = """(tab) => [...document.querySelectorAll(`.head *, #race-${tab} *`)]
        .filter((node) => node.checkVisibility({ visibilityProperty: true }) && node.children.length === 0)
        .filter((node) => /^(?!.*seed).*alpha · [\\d,]+ images?/.test(
            node instanceof HTMLSelectElement ? node.selectedOptions[0].textContent : node.textContent)
            && node.tagName !== "OPTION")
        .map((node) => node.getBoundingClientRect().top)"""
    select = """(tab) => [...document.querySelectorAll(`#race-${tab} select`)]
        .filter((node) => node.checkVisibility() && /^alpha · /.test(node.selectedOptions[0]?.textContent ?? ""))
        .map((node) => node.getBoundingClientRect().top)"""
    for options in ({}, PHONE):
        page = open_page(address, **options)
        for tab in ("explore", "seeds", "compare", "morph", "export"):
            open_tab(page, tab)
            tops = sorted([*page.evaluate(named, tab), *page.evaluate(select, tab)])
            assert all(after - before > 150 for before, after in itertools.pairwise(tops)), (tab, tops)


def test_how_a_tile_was_drawn_opens_by_key_and_by_finger(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3", **PHONE)
    wait_for_tile(page, seed=3)
    expect(page.locator(".caption")).to_have_text("seed 3 · alpha")
    facts, button = page.locator(".caption-facts"), page.locator(".caption-more summary")
    expect(facts).to_be_hidden()
    button.tap()
    for term in ("checkpoint", "drawn in", "drawn on", "precision", "hash of the latents"):
        expect(facts).to_contain_text(term)
    expect(facts).to_contain_text(page.evaluate("window.ganRace.shown.z_hash"))
    button.press("Enter")
    expect(facts).to_be_hidden()
    box = button.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 43.99
    expect(button).to_have_attribute("aria-label", "How this tile was drawn")


def test_about_has_a_list_of_contents_that_stays_at_the_side(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=about", tile=False)
    contents = page.get_by_role("navigation", name="Contents")
    expect(contents.locator(".contents-list > li")).to_have_count(4)
    contents.get_by_role("button", name="For few pictures").click()
    heading = page.locator(".groups summary", has_text="For few pictures")
    expect(heading).to_be_focused()
    expect(contents.locator("[aria-current=true]")).to_have_text("The tricks, in two lines each")
    beside = contents.bounding_box()
    assert beside is not None
    assert 0 <= beside["y"] < 40
    contents.get_by_role("button", name="What a tile is").click()
    page.wait_for_function("scrollY < 200")
    page.set_viewport_size({"width": 390, "height": 844})
    assert too_wide(page) == []
    expect(contents.get_by_role("button", name="For few pictures")).to_be_hidden()


def test_what_stops_the_drawing_of_seeds_stands_clear_of_its_neighbours(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=seeds", tile=False)
    page.locator(".race.seeds .card img[src]").first.wait_for()
    page.evaluate("Object.assign(document.querySelector('.halt'), { hidden: false, textContent: 'Stop' })")
    top, bottom, tools, card, height = page.evaluate(
        """() => {
            const place = (selector) => document.querySelector(`.race.seeds ${selector}`).getBoundingClientRect();
            const { top, bottom, height } = place(".halt");
            return [top, bottom, place(".sheet-tools").bottom, place(".card").top, height];
        }"""
    )
    assert tools < top
    assert bottom <= card
    assert height >= 44
    before = page.evaluate(TOP, ".race.seeds .card")
    page.evaluate("document.querySelector('.halt').hidden = true")
    assert page.evaluate(TOP, ".race.seeds .card") == before  # nothing moves when it goes


def test_verify_has_an_ordinary_button_for_a_folder_and_words_for_fingers(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=verify", tile=False, viewport=WIDE)
    choose = page.locator(".folder-choice").bounding_box()
    assert choose is not None
    assert choose["width"] < 200
    expect(page.locator(".verify .drop")).to_contain_text("Drop PNGs, folders or zips here")
    expect(page.locator("#race-verify tile-neighbours h2")).to_have_text(["Tiles you have seen", "Favourites"])
    phone = open_page(f"{address}?tab=verify", tile=False, **PHONE)
    expect(phone.locator(".verify .drop .fingers")).to_have_text("Choose PNGs or zips")
    expect(phone.locator(".verify .drop .mouse")).to_be_hidden()


def test_the_contents_of_about_mark_the_first_and_the_last_section(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=about", tile=False)
    marked = page.locator(".contents [aria-current=true]")
    expect(marked).to_have_text("What a tile is")
    expect(page.locator(".about .versions dd").first).to_be_visible()  # until then the page still grows
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(marked).to_have_text("This program")


def test_a_japanese_page_has_no_space_between_sentences_and_its_tabs_are_centred(address: str, open_page: Open) -> None:
    hint = "[...document.querySelectorAll('.explore .sentences')][0].innerText"
    page = open_page(address, locale="ja-JP", **PHONE)
    tab = page.get_by_role("tab", name="見る", exact=True)
    assert tab.evaluate("(node) => getComputedStyle(node).textAlign") == "center"
    left, right = tab.evaluate(
        """(node) => {
            const range = document.createRange();
            range.selectNodeContents(node);
            const [words, button] = [range.getBoundingClientRect(), node.getBoundingClientRect()];
            return [words.left - button.left, button.right - words.right];
        }"""
    )
    assert abs(left - right) < 1
    desktop = open_page(address, locale="ja-JP")
    assert "します。タイル" in desktop.evaluate(hint)
    desktop.evaluate("window.ganRace.setLanguage('en')")
    space = "getComputedStyle(document.querySelector('.explore .sentences span:last-child'), '::before').content"
    assert desktop.evaluate(space) == '" "'


def test_morph_says_that_its_first_tile_is_to_come(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=morph", tile=False)
    page.locator(".morph .morph-tile[src]").wait_for()
    waiting = page.locator(".first-tile")
    expect(waiting).to_be_hidden()
    page.unroute_all()
    page.route(
        "**/component_server**",
        lambda route: None if '"morph_tile"' in (route.request.post_data or "") else route.continue_(),
    )
    page.reload()
    expect(waiting).to_have_text("The strip is ahead; the tile follows")
    expect(page.locator(".morph .badge")).to_be_hidden()
