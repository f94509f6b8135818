"""From Explore to handed in: the file, its check and the text that goes with it; and what a first visit is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from studio.race.tile_file import file_name
from studio.ui.texts.i18n import TEXTS
from tests.browser.conftest import PHONE, findings, too_wide, wait_for_tile
from training.core.checkpoint import file_sha256

Open = Callable[..., Page]
COPY = "() => { window.copied = []; navigator.clipboard.writeText = async (text) => void window.copied.push(text) }"
OUTCOME = ".export .checked"


@pytest.mark.parametrize("options", [{}, {**PHONE, "locale": "ja-JP"}])
def test_hand_in_leads_through_the_file_its_check_and_a_text_by_one_key(
    address: str, checkpoints: Path, open_page: Open, options: dict[str, Any]
) -> None:
    column = 1 if options else 0
    page = open_page(f"{address}?seed=7", **options)
    wait_for_tile(page, seed=7)
    page.evaluate(COPY)
    page.get_by_role("button", name=TEXTS["hand_in"][column]).click()
    expect(page.locator(".export .download")).to_be_focused()
    expect(page.locator(".verify-it")).to_be_disabled()
    expect(page.locator(".copy-text")).to_be_disabled()
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    sha256 = file_sha256(checkpoints / "alpha" / "model.safetensors")
    assert waiting.value.suggested_filename == file_name(sha256, 7, 1.0)
    expect(page.locator(".verify-it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(OUTCOME)).to_have_text(TEXTS["verdict_pass_exact"][column])
    expect(page.locator(".copy-text")).to_be_focused()
    assert too_wide(page) == []
    assert findings(page) == []
    page.keyboard.press("Enter")
    page.wait_for_function("window.copied.length === 1")
    (text,) = page.evaluate("window.copied")
    link = f"{address}?ck={sha256[:8]}&seed=7&name=alpha"
    values = {"name": "alpha", "sha256": sha256, "seed": 7, "psi": 1, "file": file_name(sha256, 7, 1.0)}
    here = TEXTS["hand_in_link_here"][column].format(link=link)
    assert text == TEXTS["hand_in_text"][column].format(**values, link=here)
    expect(page.locator(".link-warning")).to_contain_text("python app.py --share")
    page.locator(".verify-details").click()
    expect(page.locator(".verify .outcome")).to_have_text(TEXTS["verdict_pass_exact"][column])
    page.go_back()
    expect(page.locator(".hand-in-text")).to_have_value(text)


def test_what_is_said_over_the_page_hides_what_is_below_it(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=7")
    said = page.locator(".said-here")
    said.evaluate("(node) => { node.hidden = false; }")
    colour = said.evaluate("(node) => getComputedStyle(node).backgroundColor")
    assert re.fullmatch(r"rgb\(\d+, \d+, \d+\)", colour)  # with no alpha


def test_another_tile_begins_anew(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=7&tab=export", tile=False)
    with page.expect_download():
        page.locator(".download").click()
    expect(page.locator(".verify-it")).to_be_enabled()
    page.locator(".verify-it").click()
    expect(page.locator(OUTCOME)).to_be_visible()
    page.evaluate("window.ganRace.setSeed({ seed: 8 })")
    expect(page.locator(".export-caption")).to_contain_text("seed 8")
    expect(page.locator(".verify-it")).to_be_disabled()
    expect(page.locator(OUTCOME)).to_be_hidden()
    expect(page.locator(".hand-in-text")).to_be_hidden()


def test_the_text_is_of_the_tile_of_the_file_when_another_one_is_shown_before_it_comes(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=7&tab=export", tile=False)
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route) if '"export_tile"' in (route.request.post_data or "") else route.continue_()

    page.route("**/component_server**", hold)
    page.locator(".download").click()
    page.evaluate("window.ganRace.setSeed({ seed: 8 })")
    expect(page.locator(".export-caption")).to_contain_text("seed 8")
    with page.expect_download() as waiting:
        held[0].continue_()
    sha256 = file_sha256(checkpoints / "alpha" / "model.safetensors")
    file = file_name(sha256, 7, 1.0)
    assert waiting.value.suggested_filename == file
    link = TEXTS["hand_in_link_here"][0].format(link=f"{address}?ck={sha256[:8]}&seed=7&name=alpha")
    values = {"name": "alpha", "sha256": sha256, "seed": 7, "psi": 1, "file": file, "link": link}
    expect(page.locator(".hand-in-text")).to_have_value(TEXTS["hand_in_text"][0].format(**values))
    page.locator(".verify-it").click()
    expect(page.locator(OUTCOME)).to_have_text(TEXTS["verdict_pass_exact"][0])


def test_a_file_that_does_not_pass_is_said_to_fail_beside_the_button(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=7&tab=export", tile=False)

    def damage(route: Any) -> None:  # the file as it is sent to be checked is another picture
        data = re.sub(r'"file":"[^"]*"', '"file":"aGVsbG8="', route.request.post_data or "")
        route.continue_(post_data=data) if '"check_export"' in data else route.continue_()

    page.route("**/component_server**", damage)
    with page.expect_download():
        page.locator(".download").click()
    page.locator(".verify-it").click()
    expect(page.locator(OUTCOME)).to_have_text(TEXTS["verdict_could_not_check"][0])


@pytest.mark.parametrize("options", [{}, {**PHONE, "locale": "ja-JP"}])
def test_a_first_visit_is_told_in_three_lines_beside_the_tile_once(
    address: str, open_page: Open, options: dict[str, Any]
) -> None:
    column = 1 if options else 0
    page = open_page(f"{address}?seed=3", **options)
    wait_for_tile(page, seed=3)
    told = page.locator(".first-visit")
    keys = ("first_visit_look", "first_visit_choose", "first_visit_hand_in")
    expect(told.locator("li")).to_have_text([TEXTS[key][column] for key in keys])
    tile, box = page.locator(".explore .tile").bounding_box(), told.bounding_box()
    assert tile is not None
    assert box is not None
    assert box["x"] >= tile["x"] + tile["width"] or box["y"] >= tile["y"] + tile["height"]
    assert told.locator("li").first.evaluate("(node) => node.getClientRects().length") == 1
    assert too_wide(page) == []
    page.wait_for_timeout(300)
    told.get_by_role("button", name=TEXTS["close"][column]).click()
    expect(told).to_be_hidden()
    page.evaluate("for (const name of ['recent', 'looked']) localStorage.removeItem(`ganrace.${name}`)")
    page.reload()
    wait_for_tile(page, seed=3)
    expect(told).to_be_hidden()


def test_whoever_has_been_here_before_is_told_nothing(address: str, open_page: Open) -> None:
    page = open_page(address)
    expect(page.locator(".first-visit")).to_be_visible()
    page.reload()  # a tile has been looked at
    wait_for_tile(page)
    expect(page.locator(".first-visit")).to_be_hidden()
