"""What stands in the place of a tile in Explore while a slow generator draws it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from studio.rendering.renderer import Renderer
from tests.browser.conftest import wait_for_tile

Open = Callable[..., Page]
SEEN = """() => {
    const look = () => {
        const [tile, caption] = [document.querySelector(".explore .tile"), document.querySelector(".explore .caption")];
        const isSeen = (node) => getComputedStyle(node).visibility === "visible";
        window.seen.push({
            field: document.querySelector(".explore .seed").value,
            tile: isSeen(tile) && tile.naturalWidth > 0 ? window.ganRace.shown?.seed : null,
            caption: isSeen(caption) ? caption.textContent : "",
        });
        if (window.looking) requestAnimationFrame(look);
    };
    [window.seen, window.looking] = [[], true];
    look();
}"""

PSI_SEEN = """() => {
    const look = () => {
        const [tile, label] = [document.querySelector(".explore .tile"), document.querySelector(".explore .last-psi")];
        const style = getComputedStyle(tile);
        window.seen.push({
            slider: Number(document.querySelector(".explore .psi-value").textContent),
            tile: style.visibility === "visible" ? window.ganRace.shown.psi : null,
            dim: Number(style.opacity) < 0.5 && style.filter !== "none",
            label: label.checkVisibility() ? label.textContent : "",
        });
        if (window.looking) requestAnimationFrame(look);
    };
    [window.seen, window.looking] = [[], true];
    look();
}"""


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """Return a context in which a tile gets a row of cells each time that it may; what is left is drawn at its end."""
    steps = threading.Semaphore(0)
    is_closed = threading.Event()
    draw = Renderer._draw

    def slowly(self: Renderer, request: Any) -> Any:
        drawing = draw(self, request)
        while True:
            try:
                next(drawing)
            except StopIteration as end:
                return end.value
            while is_closed.is_set() and not steps.acquire(timeout=0.02):
                pass
            yield

    @contextmanager
    def closed() -> Iterator[threading.Semaphore]:
        is_closed.set()
        try:
            yield steps
        finally:
            is_closed.clear()

    monkeypatch.setattr(Renderer, "_draw", slowly)
    yield closed
    is_closed.clear()


def matched(seen: list[dict[str, Any]]) -> set[int]:
    """Return the seeds whose tiles were seen; each stood under its own number."""
    tiles = [one for one in seen if one["tile"] is not None]
    for one in tiles:
        assert one["field"] == str(one["tile"])
        assert f"seed {one['tile']} " in one["caption"]
    return {one["tile"] for one in tiles}


def type_seed(page: Page, seed: int) -> None:
    page.locator(".explore .seed").fill(str(seed))
    page.keyboard.press("Enter")


@pytest.mark.own_studio
def test_a_tile_that_is_drawn_slowly_fills_row_by_row_under_a_bar_with_its_seed(
    gate: Callable[[], Any], address: str, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=50")
    wait_for_tile(page, seed=50)
    bar, words, rows = page.locator(".drawing-bar"), page.locator(".drawing-words"), page.locator(".drawn-rows")
    expect(bar).to_be_hidden()
    with gate() as steps:
        type_seed(page, 987654)
        expect(page.locator(".explore .tile")).to_be_hidden()
        expect(bar).to_be_visible()
        expect(words).to_have_text("Drawing seed 987654 …")
        for count in (1, 4):
            for _ in range(count):
                steps.release()
            page.wait_for_function("(least) => document.querySelector('.drawing-bar').value >= least", arg=count)
            expect(rows).to_be_visible()
        height = page.evaluate("(node) => node.offsetHeight / node.parentElement.offsetHeight", rows.element_handle())
        assert 0.35 < height < 0.75
        page.evaluate("window.ganRace.setLanguage('ja')")
        expect(words).to_have_text("シード 987654 を描画中…")
    wait_for_tile(page, seed=987654)
    for node in (bar, rows):
        expect(node).to_be_hidden()
    expect(page.locator(".explore .tile")).to_be_visible()
    expect(words).to_have_text("")


@pytest.mark.own_studio
def test_a_number_and_a_picture_that_do_not_belong_together_are_never_seen_together(
    gate: Callable[[], Any], address: str, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=50")
    wait_for_tile(page, seed=50)
    page.evaluate(SEEN)
    with gate():
        page.locator(".explore .random").click()
        page.wait_for_timeout(700)
    page.wait_for_function("window.ganRace.shown.seed === window.ganRace.seed.seed && !window.ganRace.shown.preview")
    drawn = page.evaluate("window.ganRace.shown.seed")
    for _ in range(3):
        page.locator(".explore .next").click()
    wait_for_tile(page, seed=(drawn + 3) % 2**32)
    seen = page.evaluate("() => { window.looking = false; return window.seen; }")
    assert any(one["tile"] is None for one in seen)
    assert {one["field"] for one in seen} >= {"50", str(drawn)}
    assert all(one["caption"] == "" for one in seen if one["tile"] is None)
    matched(seen)


@pytest.mark.own_studio
def test_a_tile_that_another_tab_has_asked_for_takes_the_place_of_the_old_one_with_its_number(
    gate: Callable[[], Any], address: str, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=50")
    wait_for_tile(page, seed=50)
    page.evaluate("window.ganRace.openTab('about')")
    page.wait_for_function("window.ganRace.tab === 'about'")
    page.evaluate(SEEN)
    with gate():
        page.evaluate("window.ganRace.openSeed({ ...window.ganRace.seed, seed: 987658 })")
        expect(page.locator(".explore .seed")).to_have_value("987658")
        expect(page.locator(".drawing-words")).to_have_text("Drawing seed 987658 …")
        expect(page.locator(".explore .tile")).to_be_hidden()
    wait_for_tile(page, seed=987658)
    seen = page.evaluate("() => { window.looking = false; return window.seen; }")
    assert any(one["tile"] is None for one in seen)
    assert matched(seen) <= {50, 987658}


@pytest.mark.own_studio
def test_a_tile_on_the_way_to_another_one_is_seen_for_a_moment_under_its_own_number(
    gate: Callable[[], Any], address: str, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=50")
    wait_for_tile(page, seed=50)
    with gate() as steps:
        type_seed(page, 987659)
        expect(page.locator(".drawing-words")).to_have_text("Drawing seed 987659 …")
        type_seed(page, 987660)
        expect(page.locator(".drawing-words")).to_have_text("Drawing seed 987660 …")
        page.evaluate(SEEN)
        while page.evaluate("window.ganRace.shown.seed") == 50:
            steps.release()
            page.wait_for_timeout(20)
        expect(page.locator(".explore .seed")).to_have_value("987660")
        expect(page.locator(".explore .tile")).to_be_hidden()
    wait_for_tile(page, seed=987660)
    seen = page.evaluate("() => { window.looking = false; return window.seen; }")
    assert 987659 in matched(seen)


def check_psi(seen: list[dict[str, Any]]) -> set[float]:
    """Return the truncations whose tiles were seen dim; each had its own number on it or at the slider."""
    for one in seen:
        if one["tile"] is not None:
            assert one["label"] == (f"ψ {one['tile']:g}" if one["dim"] else "")
            assert one["dim"] or one["slider"] == one["tile"]
    return {one["tile"] for one in seen if one["dim"] and one["label"]}


@pytest.mark.own_studio
def test_under_the_slider_of_psi_the_last_tile_stays_dim_with_its_own_psi_on_it(
    gate: Callable[[], Any], address: str, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=50")
    wait_for_tile(page, seed=50)
    page.locator(".explore .more summary").click()
    slider, label, words = page.locator("#race-psi"), page.locator(".last-psi"), page.locator(".drawing-words")
    page.evaluate(PSI_SEEN)
    with gate() as steps:
        slider.press("ArrowLeft")
        expect(label).to_have_text("ψ 1")
        expect(words).to_have_text("Drawing seed 50, ψ 0.95 …")
        steps.release()
        expect(page.locator(".drawn-rows")).to_be_visible()
        expect(page.locator(".explore .tile")).to_be_visible()
        slider.press("ArrowLeft")
        expect(page.locator(".drawn-rows")).to_be_hidden()  # they are of another tile
        while page.evaluate("window.ganRace.shown.psi") == 1:
            steps.release()
            page.wait_for_timeout(20)
        expect(label).to_have_text("ψ 0.95")
        expect(words).to_have_text("Drawing seed 50, ψ 0.9 …")
    page.wait_for_function("window.ganRace.shown.psi === 0.9")
    expect(label).to_be_hidden()
    assert check_psi(page.evaluate("() => { window.looking = false; return window.seen; }")) == {1, 0.95}


@pytest.mark.own_studio
def test_a_tile_of_another_seed_never_stays_dim(gate: Callable[[], Any], address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=50")
    wait_for_tile(page, seed=50)
    page.locator(".explore .more summary").click()
    tile, label = page.locator(".explore .tile"), page.locator(".last-psi")
    with gate():
        page.locator("#race-psi").press("ArrowLeft")
        expect(label).to_have_text("ψ 1")
        expect(tile).to_be_visible()
        type_seed(page, 987661)
        expect(tile).to_be_hidden()
        expect(label).to_be_hidden()
    wait_for_tile(page, seed=987661)
    expect(tile).to_be_visible()
    expect(label).to_be_hidden()


@pytest.mark.own_studio
def test_a_linked_tile_has_its_place_and_its_seed_at_once(
    gate: Callable[[], Any], address: str, open_page: Open
) -> None:
    with gate():
        page = open_page(f"{address}?seed=987655", tile=False)
        expect(page.locator(".drawing-words")).to_have_text("Drawing seed 987655 …")
        place = page.locator(".explore .tile-button")
        expect(place).to_be_visible()
        assert "linear-gradient" in page.evaluate(
            "(node) => getComputedStyle(node).backgroundImage", place.element_handle()
        )
    wait_for_tile(page, seed=987655)
    expect(page.locator(".drawing-words")).to_have_text("")


def test_what_cannot_be_drawn_leaves_the_tile_that_was_there(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=60", quiet=False)
    wait_for_tile(page, seed=60)
    refusal = '{"error": {"code": "error_busy", "values": {}}}'
    page.route(
        "**/component_server**",
        lambda route: (
            route.fulfill(body=refusal, content_type="application/json")
            if '"show"' in (route.request.post_data or "")
            else route.continue_()
        ),
    )
    type_seed(page, 987656)
    expect(page.locator(".explore .status")).to_contain_text("Many tiles are being drawn for others")
    expect(page.locator(".explore .seed")).to_have_value("60")
    expect(page.locator(".explore .tile")).to_be_visible()
    expect(page.locator(".drawing-bar")).to_be_hidden()


@pytest.mark.own_studio
def test_a_slow_network_is_not_asked_for_rows(gate: Callable[[], Any], address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=50", tile=False)
    page.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    page.reload()
    wait_for_tile(page, seed=50)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    with gate() as steps:
        type_seed(page, 987657)
        expect(page.locator(".drawing-bar")).to_be_visible()
        for _ in range(3):
            steps.release()
        page.wait_for_timeout(400)
    wait_for_tile(page, seed=987657)
    assert any('"show"' in one for one in asked)
    assert not any('"drawn_rows"' in one for one in asked)
