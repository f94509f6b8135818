"""Where previews in bfloat16 are sooner, the page says of each that it is one, and the exact tile takes its place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import looks_like, pixels_of, sheet_of, wait_for_tile

Open = Callable[..., Page]
CAPTION = ".race .caption"
FACTS = ".explore .caption-facts"


@pytest.fixture
def with_previews(previews: None, checkpoints: Path, serve: Callable[[Path], str]) -> str:
    """Return the address of a studio that draws previews."""
    return serve(checkpoints)


def asked(request: Request, function: str) -> dict[str, Any] | None:
    """Return what a request asks of this function, None where it asks another."""
    body = json.loads(request.post_data or "{}") if "component_server" in request.url else {}
    return body["data"] if body.get("fn_name") == function else None


@contextmanager
def held(page: Page, function: str) -> Iterator[None]:
    """Keep requests for exact pictures from the program for as long as this lasts."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        data = asked(route.request, function)
        if data is None or data.get("preview") or data.get("ahead"):
            route.continue_()
        else:
            waiting.append(route)

    page.route("**/component_server**", hold)
    yield
    for route in waiting:
        route.continue_()
    page.unroute("**/component_server**", hold)


def type_seed(page: Page, seed: int) -> None:
    page.locator(".race.explore .seed").fill(str(seed))
    page.locator(".race.explore .go").click()
    page.wait_for_function("(seed) => window.ganRace.shown?.seed === seed", arg=seed)


def test_the_caption_says_preview_until_the_exact_tile_is_there(
    with_previews: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(with_previews)
    expect(page.locator(FACTS)).to_contain_text("float32")
    with held(page, "show"):
        type_seed(page, 50)
        expect(page.locator(CAPTION)).to_contain_text("· preview")
        expect(page.locator(FACTS)).to_contain_text("bfloat16")
        assert page.evaluate("window.ganRace.looked.count(window.ganRace.shown.sha256)") == 2
        page.locator("button.language").click()
        expect(page.locator(CAPTION)).to_contain_text("プレビュー")
        page.locator("button.language").click()
    wait_for_tile(page, seed=50)
    expect(page.locator(FACTS)).to_contain_text("float32")
    expect(page.locator(CAPTION)).not_to_contain_text("preview")
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "alpha", 50))
    assert page.evaluate("window.ganRace.looked.count(window.ganRace.shown.sha256)") == 2


def test_a_sheet_of_previews_says_so_and_a_tile_that_is_opened_becomes_exact(
    with_previews: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{with_previews}?tab=seeds", tile=False)
    expect(page.locator(".progress-words")).to_contain_text("24 of 24", timeout=60_000)
    expect(page.locator(".progress-words")).to_contain_text("previews: a tile that is opened is drawn exactly")
    page.locator(".card[data-seed='9']").dblclick()
    wait_for_tile(page, seed=9)
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "alpha", 9))


def test_a_matrix_of_previews_says_so_and_is_saved_exactly(with_previews: str, open_page: Open) -> None:
    page = open_page(f"{with_previews}?tab=compare&cmpseeds=30,31&cmpmode=matrix", tile=False)
    rows = page.locator(".matrix th[scope=row]")
    expect(rows.locator("strong")).to_have_text(["30", "31"])
    for row in (0, 1):
        expect(rows.nth(row)).to_contain_text("preview")
    with page.expect_download() as saved:
        page.locator(".save-picture").click()
    assert saved.value.suggested_filename == "comparison_matrix.png"
    for row in (0, 1):
        expect(rows.nth(row)).not_to_contain_text("preview")
    expect(page.locator(".matrix-progress")).to_be_hidden()


def test_the_strip_of_morph_says_that_it_is_a_preview(with_previews: str, open_page: Open) -> None:
    page = open_page(f"{with_previews}?tab=morph", tile=False)
    expect(page.locator(".strip-words")).to_have_text("A preview, drawn in bfloat16; the tile below is exact.")


def test_without_previews_no_word_of_them_is_said(address: str, open_page: Open) -> None:
    page = open_page(address)
    type_seed(page, 50)
    wait_for_tile(page, seed=50)
    expect(page.locator(CAPTION)).not_to_contain_text("preview")
    page.get_by_role("tab", name="Morph").click()
    page.wait_for_function("document.querySelector('.strip')?.naturalWidth > 0")
    expect(page.locator(".strip-words")).to_be_hidden()
