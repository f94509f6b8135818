from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from studio.ui.texts.i18n import TEXTS
from tests.browser.conftest import (
    HASHES,
    PHONE,
    choose_checkpoint,
    findings,
    looks_like,
    pixels_of,
    sheet_of,
    swipe,
    too_wide,
    wait_for_tile,
)
from tests.browser.test_page import small_targets
from training.core import checkpoint
from training.core.generators import GeneratorConfig, build_generator
from training.core.pixels import to_cells

Open = Callable[..., Page]
Point = dict[str, float]
SEEDS = "[...document.querySelectorAll('.tile-grid figcaption')].map((caption) => caption.dataset.seed)"


def wait_for_grid(page: Page, count: int, seed: int | None = None) -> None:
    """Wait until so many tiles are in the grid and, with `seed`, until their captions name it."""
    page.wait_for_function(
        """([count, seed]) => document.querySelectorAll('.tile-grid img.tile').length === count &&
            (seed === null ||
                [...document.querySelectorAll('.tile-grid figcaption')].every((one) => one.dataset.seed == seed))""",
        arg=[count, seed],
    )


def begin(page: Page) -> Page:
    page.get_by_role("tab", name="Compare").click()
    wait_for_grid(page, 2)
    return page


def choose(page: Page, slot: int, name: str) -> None:
    """Choose a checkpoint of this name in a slot, counted from 0."""
    select = page.locator(".slots select").nth(slot)
    label = select.locator("option", has_text=f"{name} ·").first.inner_text()
    select.select_option(label=label)


def set_mode(page: Page, mode: str) -> None:
    expect(page.locator("#race-compare[data-mounted]")).to_be_attached()  # the HTML has a mode of its own before
    page.locator(f".modes input[value={mode}]").check()


def titles(page: Page) -> list[str]:
    return page.locator(".tile-grid figcaption strong").all_inner_texts()


def place(page: Page, cell: int, frame: int = 0) -> Point:
    """Return where the middle of a cell is in a frame."""
    box = page.locator(".tile-grid .frame").nth(frame).bounding_box()
    assert box is not None
    step = box["width"] / 10
    return {"x": box["x"] + (cell % 10 + 0.5) * step, "y": box["y"] + (cell // 10 + 0.5) * step}


@pytest.fixture(scope="module")
def three(more_checkpoints: Path, make_checkpoint: Callable[..., Path], serve_all: Callable[[Path], str]) -> str:
    """Return the address of a studio with alpha and beta on equal latents, and gamma on others."""
    make_checkpoint(more_checkpoints / "gamma", seed=3, network="dcgan", z_dim=16)
    return serve_all(more_checkpoints)


def test_every_tile_shows_the_very_pixels_that_explore_shows(address: str, checkpoints: Path, open_page: Open) -> None:
    page = open_page(f"{address}?seed=5")
    explored = []
    for index in (0, 1):
        choose_checkpoint(page, index=index)
        page.wait_for_function(f"window.ganRace.shown.name === '{('alpha', 'beta')[index]}'")
        explored += page.evaluate(HASHES, ".race.explore .tile")
    begin(page)
    for order in (("alpha", "beta"), ("beta", "alpha"), ("beta", "beta")):
        for slot, name in enumerate(order):
            choose(page, slot, name)
        expect(page.locator(".tile-grid figcaption strong")).to_have_text(
            [f"{n + 1} · {name}" for n, name in enumerate(order)]
        )
        assert page.evaluate(HASHES, ".tile-grid img.tile") == [explored[name == "beta"] for name in order]
    assert looks_like(pixels_of(page, ".tile-grid img.tile"), sheet_of(checkpoints / "beta", 5))
    expect(page.locator(".tile-grid figcaption").nth(1)).to_contain_text("identical to 1")
    expect(page.locator(".tile-grid img.tile").nth(1)).to_have_attribute(
        "alt", "Tile of 10 by 10 pictures: seed 5 of beta"
    )
    hashes = [
        text.split(" z ")[1].split(" ")[0] for text in page.locator(".tile-grid figcaption span").all_inner_texts()
    ]
    assert len(set(hashes)) == 1


def test_all_tiles_of_a_seed_appear_together_and_explore_follows(address: str, open_page: Open) -> None:
    page = begin(open_page(address))
    page.evaluate(
        """() => {
            window.rows = [];
            const look = (figure) => {
                const [words, image] = ['figcaption', 'img'].map((name) => figure.querySelector(name));
                const decoded = image.complete && image.naturalWidth > 0;
                return `${words.dataset.seed} ${image.alt.match(/seed (\\d+)/)[1]} ${decoded}`;
            };
            new MutationObserver(() => window.rows.push([...document.querySelectorAll('.tile-grid figure')].map(look)))
                .observe(document.querySelector('.tile-grid'), { subtree: true, childList: true, attributes: true });
        }"""
    )
    for seed in (1, 2, 3):
        page.keyboard.press("r")
        wait_for_grid(page, 2, seed)
    page.locator(".compare .previous").click()
    wait_for_grid(page, 2, 2)
    rows = page.evaluate("window.rows")
    assert {row[0] for row in rows} >= {f"{seed} {seed} true" for seed in (1, 2, 3)}
    assert all(len(set(row)) == 1 for row in rows)
    page.locator(".compare .seed").fill("4294967296")
    page.locator(".compare .seed").press("Enter")
    expect(page.locator(".compare .status")).to_contain_text("whole numbers from 0 to 4294967295")
    assert page.evaluate(SEEDS) == ["2", "2"]
    page.get_by_role("tab", name="Explore").click()
    wait_for_tile(page, seed=2)


def test_holding_shows_the_other_tile_in_the_same_place(address: str, checkpoints: Path, open_page: Open) -> None:
    page = begin(open_page(address))
    set_mode(page, "flip")
    expect(page.locator(".tile-grid .frame")).to_have_count(1)
    wait_for_grid(page, 2)
    layout = """() => [document.querySelector('.tile-grid .frame'), document.querySelector('.compare .below')].map(
        (node) => JSON.stringify(node.getBoundingClientRect()))"""
    shown = """() => [...document.querySelectorAll('.tile-grid img.tile, .tile-grid figcaption')]
        .filter((node) => getComputedStyle(node).visibility === 'visible').map((node) => node.alt ?? node.innerText)"""
    before, first = page.evaluate(layout), page.evaluate(shown)
    assert len(first) == 2
    page.keyboard.down("a")
    other = page.evaluate(shown)
    assert page.evaluate(layout) == before
    page.keyboard.up("a")
    assert page.evaluate(shown) == first
    assert len(other) == 2
    assert not set(other) & set(first)
    middle = place(page, 55)
    page.mouse.move(middle["x"], middle["y"])
    page.mouse.down()
    assert page.evaluate(shown) == other
    assert page.evaluate(layout) == before
    page.mouse.up()
    assert page.evaluate(shown) == first
    expect(page.locator(".lens.cells")).to_be_hidden()


def test_the_slider_cuts_one_tile_off_where_the_other_begins(address: str, open_page: Open) -> None:
    page = begin(open_page(address))
    set_mode(page, "slider")
    wait_for_grid(page, 2)
    edge = "getComputedStyle(document.querySelector('.tile-grid .layer-1')).clipPath"
    assert "50%" in page.evaluate(edge)
    middle = place(page, 52)
    page.mouse.move(middle["x"], middle["y"])
    page.mouse.down()
    page.mouse.up()
    assert "25%" in page.evaluate(edge)
    page.locator(".curtain").fill("80")
    assert "80%" in page.evaluate(edge)


def test_the_same_cell_is_lit_in_all_and_a_click_enlarges_it_in_all(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = begin(open_page(f"{address}?seed=4"))
    rings = "[...document.querySelectorAll('.tile-grid .ring')].map((ring) => ring.hidden ? null : ring.dataset.cell)"
    spot = place(page, 37)
    page.mouse.move(spot["x"], spot["y"])
    assert page.evaluate(rings) == ["37", "37"]
    box, ring = page.locator(".frame").nth(1).bounding_box(), page.locator(".ring").nth(1).bounding_box()
    assert box is not None
    assert ring is not None
    assert (round((ring["x"] - box["x"]) / box["width"], 2), round((ring["y"] - box["y"]) / box["width"], 2)) == (
        0.7,
        0.3,
    )
    page.mouse.click(spot["x"], spot["y"])
    expect(page.locator(".lens.cells .cell-caption")).to_have_text("Picture 37 · row 4, column 8")
    names = page.locator(".cell-grid figcaption").all_inner_texts()
    for index, name in enumerate(names):
        exact = to_cells(sheet_of(checkpoints / name.split(" · ")[1], 4), 16)
        np.testing.assert_array_equal(pixels_of(page, f".cell-grid figure:nth-child({index + 1}) img"), exact[37])
    page.keyboard.press("ArrowDown")
    expect(page.locator(".lens.cells .cell-caption")).to_have_text("Picture 47 · row 5, column 8")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(rings) == ["46", "46"]
    page.keyboard.press("Enter")
    expect(page.locator(".lens.cells .cell-caption")).to_have_text("Picture 46 · row 5, column 7")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.evaluate("document.querySelector('.lens.cells').dispatchEvent(new Event('close'))")  # as a late one comes
    expect(page.locator(".lens.cells")).to_be_visible()


def test_the_link_enlarges_the_picture_that_it_names(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=compare&seed=4&cell=37", tile=False)
    expect(page.locator(".lens.cells .cell-caption")).to_have_text("Picture 37 · row 4, column 8")
    assert page.locator(".tile-grid .ring").evaluate_all("(all) => all.map((one) => one.dataset.cell)") == ["37", "37"]
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("ArrowRight")
    expect(page.locator(".lens.cells .cell-caption")).to_have_text("Picture 38 · row 4, column 9")
    assert "cell=38" in page.url
    page.keyboard.press("Escape")
    expect(page.locator(".lens.cells")).to_be_hidden()
    page.wait_for_function("!location.search.includes('cell=')")


NEAR = ".neighbours figcaption"


@pytest.fixture
def pictured(checkpoints: Path, real_pictures: Path, serve: Callable[..., str]) -> str:
    """Return the address of a studio that has the training pictures."""
    return serve(checkpoints, real_pictures)


def test_the_nearest_training_pictures_stand_under_each_of_the_enlarged_ones(
    pictured: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{pictured}?tab=compare&seed=4&psi=0.5&cell=37", tile=False)
    lens = page.locator(".compare .lens")
    expect(lens).to_be_visible()
    lens.locator("summary").press("Enter")
    expect(lens.locator(NEAR)).to_have_count(6, timeout=60_000)
    groups = lens.locator(".nearest")
    assert [one.get_attribute("aria-label") for one in groups.all()] == ["1 · beta", "2 · alpha"]
    assert findings(page) == []
    explore = None
    for index, name in enumerate(("beta", "alpha")):
        sha256 = checkpoint.load(checkpoints / name).sha256
        explore = open_page(f"{pictured}?ck={sha256}&seed=4&psi=0.5&cell=37", instead_of=explore)
        explore.locator(".explore .lens summary").click()
        expect(explore.locator(f".explore {NEAR}")).to_have_text(groups.nth(index).locator(NEAR).all_inner_texts())
    before = lens.locator(NEAR).all_inner_texts()
    page.keyboard.press("ArrowRight")
    expect(lens.locator(".cell-caption")).to_contain_text("Picture 38")
    expect(lens.locator(NEAR)).to_have_count(6)
    assert lens.locator(NEAR).all_inner_texts() != before


def test_the_nearest_training_pictures_tell_no_names_when_blind_and_fit_a_phone(pictured: str, open_page: Open) -> None:
    page = open_page(f"{pictured}?tab=compare&seed=4", tile=False, **PHONE)
    wait_for_grid(page, 2)
    page.locator(".blind").check()
    expect(page.locator(".tile-grid figcaption strong").first).to_have_text("Tile A")
    page.locator(".tile-grid .frame").first.focus()
    page.keyboard.press("Enter")
    lens = page.locator(".compare .lens")
    expect(lens).to_be_visible()
    with page.expect_request(lambda request: '"compare_nearest"' in (request.post_data or "")) as asked:
        lens.locator("summary").tap()
    expect(lens.locator(NEAR)).to_have_count(6, timeout=60_000)
    expect(lens.locator(".nearest strong")).to_have_text(["Tile A", "Tile B"])
    sha256s = json.loads(asked.value.post_data or "")["data"]["checkpoints"]
    assert sha256s == sorted(sha256s)  # which says nothing of the order in the grid
    html = lens.evaluate("(lens) => lens.outerHTML.replace(/base64,[^\"]*/g, '')")
    assert not [word for word in ("alpha", "beta", *(one[:8] for one in sha256s)) if word in html]
    assert too_wide(page) == []


def test_zoom_is_the_same_for_all(address: str, open_page: Open) -> None:
    page = begin(open_page(address))
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.locator(".zoom-words")).to_have_text("200 %")
    spot = place(page, 55)
    page.mouse.move(spot["x"], spot["y"])
    page.mouse.down()
    page.mouse.move(spot["x"] - 40, spot["y"] - 60, steps=3)
    page.mouse.up()
    moved = page.locator(".pan").evaluate_all("(all) => all.map((one) => getComputedStyle(one).transform)")
    assert len(set(moved)) == 1
    assert moved[0].startswith("matrix(2, 0, 0, 2")
    expect(page.locator(".lens.cells")).to_be_hidden()
    page.locator(".zoom-reset").click()
    expect(page.locator(".zoom-words")).to_have_text("100 %")


def test_another_tile_is_one_on_the_same_latents_where_there_is_one(
    checkpoints: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    make_checkpoint(checkpoints / "aaa", seed=3, network="dcgan", z_dim=16)
    make_checkpoint(checkpoints / "zzz", seed=4, network="dcgan")
    page = begin(open_page(serve(checkpoints)))
    page.locator(".add").click()
    wait_for_grid(page, 3)
    assert titles(page)[2] == "3 · zzz"
    expect(page.locator(".mismatch")).to_be_hidden()
    page.locator(".add").click()
    wait_for_grid(page, 4)
    expect(page.locator(".mismatch")).to_be_visible()


def test_blind_mode_hides_the_names_until_the_guess_is_revealed(three: str, open_page: Open) -> None:
    page = begin(open_page(three))
    page.locator(".add").click()
    wait_for_grid(page, 3)
    page.locator(".blind").check()
    expect(page.locator(".tile-grid figcaption strong")).to_have_text(["Tile A", "Tile B", "Tile C"])
    grid = page.locator(".tile-grid").evaluate("(grid) => grid.outerHTML")
    sha256s = page.locator(".slots select").first.locator("option").evaluate_all("(all) => all.map((one) => one.value)")
    assert not [word for word in ("alpha", "beta", "gamma", *(one[:8] for one in sha256s)) if word in grid]
    pictures = page.evaluate(HASHES, ".tile-grid img.tile")
    page.keyboard.press("r")
    wait_for_grid(page, 3, 1)
    page.keyboard.press("ArrowLeft")
    wait_for_grid(page, 3, 0)
    assert page.evaluate(HASHES, ".tile-grid img.tile") == pictures
    for guess in page.locator(".guesses select").all():
        guess.select_option(index=1)
    page.locator(".modes input[value=matrix]").click()
    expect(page.get_by_text("A matrix shows the names: reveal them first.")).to_be_visible()
    expect(page.locator(".modes input:checked")).to_have_value("side")
    page.get_by_role("button", name="Reveal").click()
    expect(page.locator(".guess-result")).to_have_text("1 of 3 right.")
    assert sorted(title.split(" = ")[1] for title in titles(page)) == ["alpha", "beta", "gamma"]
    assert page.evaluate(HASHES, ".tile-grid img.tile") == pictures
    page.locator(".blind").uncheck()
    expect(page.locator(".tile-grid figcaption strong").first).to_contain_text("1 · ")
    names = [title.split(" · ")[1] for title in titles(page)]
    assert sorted(names) == ["alpha", "beta", "gamma"]


@pytest.mark.parametrize(("locale", "column"), [("en-US", 0), ("ja-JP", 1)])
def test_latents_that_differ_are_said_and_equal_ones_are_not(
    request: pytest.FixtureRequest, three: str, more_checkpoints: Path, open_page: Open, locale: str, column: int
) -> None:
    config = GeneratorConfig(network="resnet", z_dim=8, resolution=16, width=4, classes=3)
    (more_checkpoints / "classes").mkdir()
    checkpoint.save(more_checkpoints / "classes", config, build_generator(config).state_dict(), {"images": 5})
    request.addfinalizer(lambda: shutil.rmtree(more_checkpoints / "classes"))
    page = open_page(f"{three}?tab=compare", tile=False, locale=locale)
    wait_for_grid(page, 2)
    expect(page.locator(".mismatch")).to_be_hidden()
    for name, code in (("gamma", "compare_z_sizes"), ("classes", "compare_classes")):
        choose(page, 1, name)
        expect(page.locator(".mismatch")).to_have_text(TEXTS[code][column])
        expect(page.locator(".tile-grid figcaption strong").nth(1)).to_have_text(f"2 · {name}")
    choose(page, 1, "gamma")
    expect(page.locator(".tile-grid figcaption strong").nth(1)).to_have_text("2 · gamma")
    hashes = {
        text.split(" z ")[1].split(" ")[0] for text in page.locator(".tile-grid figcaption span").all_inner_texts()
    }
    assert len(hashes) == 2


def test_latents_that_differ_in_the_grid_are_said_also_where_the_next_tiles_cannot_be_drawn(
    three: str, open_page: Open
) -> None:
    page = open_page(f"{three}?tab=compare&seed=9", tile=False, quiet=False)
    wait_for_grid(page, 2, 9)
    choose(page, 1, "gamma")
    expect(page.locator(".tile-grid figcaption strong").nth(1)).to_have_text("2 · gamma")
    page.keyboard.press("r")
    wait_for_grid(page, 2, 10)
    page.route(re.compile("component_server"), lambda route: route.abort())
    choose(page, 1, next(name for name in ("alpha", "beta") if name not in titles(page)[0]))
    expect(page.locator(".compare .status")).to_be_visible()
    expect(page.locator(".tile-grid figcaption strong").nth(1)).to_have_text("2 · gamma")
    expect(page.locator(".mismatch")).to_have_text(TEXTS["compare_z_sizes"][0])
    set_mode(page, "slider")
    expect(page.locator(".how")).not_to_contain_text("same latent")


def test_the_matrix_shows_whole_rows_and_refuses_more_than_six_seeds(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = begin(open_page(address))
    page.evaluate(
        """() => {
            window.rows = [];
            new MutationObserver(() => window.rows.push([...document.querySelectorAll('.matrix tbody tr')].map((row) =>
                [...row.querySelectorAll('img')].filter((one) => one.complete && one.naturalWidth > 0).length)))
                .observe(document.querySelector('.matrix'), { subtree: true, childList: true });
        }"""
    )
    set_mode(page, "matrix")
    expect(page.locator(".matrix tbody tr")).to_have_count(4)
    assert {count for rows in page.evaluate("window.rows") for count in rows} == {2}
    page.locator(".seeds").fill("0-9")
    page.get_by_role("button", name="Draw").click()
    expect(page.locator(".compare .status")).to_contain_text(
        "10 seeds of 2 checkpoints are too many; up to 6 seeds of 6"
    )
    set_mode(page, "side")
    expect(page.locator(".compare .status")).to_be_hidden()
    set_mode(page, "matrix")
    expect(page.locator(".compare .status")).to_contain_text("10 seeds of 2 checkpoints")
    page.locator(".seeds").fill("9, 17-18")
    page.get_by_role("button", name="Draw").click()
    expect(page.locator(".matrix tbody th strong")).to_have_text(["9", "17", "18"])
    expect(page.locator("#race-compare .favourites")).to_be_hidden()
    page.evaluate("window.ganRace.favourites.toggle({ sha256: '0'.repeat(64), seed: 40 })")
    page.get_by_role("button", name="My favourites").click()
    expect(page.locator(".matrix tbody th strong")).to_have_text(["40"])
    page.locator(".seeds").fill("9, 17-18")
    page.locator(".seeds").press("Enter")
    expect(page.locator(".matrix tbody th strong")).to_have_text(["9", "17", "18"])
    table = page.locator(".matrix table")
    assert table.evaluate("(table) => getComputedStyle(table).borderCollapse") == "separate"


def test_a_matrix_is_stopped_with_the_rows_that_are_there(address: str, open_page: Open) -> None:
    page = begin(open_page(address))
    held, asked = [], []

    def hold_the_second_row(route: Route) -> None:
        request = json.loads(route.request.post_data or "{}")
        asked.append(request["fn_name"])
        if request["fn_name"] == "compare_row" and request["data"]["row"] == 1:
            held.append(route)
        else:
            route.continue_()

    page.route("**/component_server**", hold_the_second_row)
    expect(page.locator(".matrix-form .stop")).to_be_hidden()
    set_mode(page, "matrix")
    expect(page.locator(".matrix-progress")).to_have_text("Drawing row 2 of 4 …")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".matrix-progress")).to_have_text("Stopped after 1 of 4 rows.")
    expect(page.locator(".matrix-form .stop")).to_be_hidden()
    expect(page.locator(".draw-matrix")).to_be_focused()
    held[0].continue_()
    page.wait_for_timeout(300)
    assert page.locator(".matrix tbody tr").count() == 1
    assert (asked.count("compare_row"), asked.count("compare_stop")) == (2, 1)
    page.locator(".draw-matrix").click()
    expect(page.locator(".matrix-progress")).to_have_text("Drawing row 2 of 4 …")


def test_a_matrix_that_is_drawn_anew_waits_until_the_one_before_it_is_called_off(address: str, open_page: Open) -> None:
    page = begin(open_page(address))
    held: dict[str, list[Route]] = {"compare_row": [], "compare_stop": []}

    def hold(route: Route) -> None:
        name = next((one for one in held if f'"{one}"' in (route.request.post_data or "")), None)
        if name is None or held[name]:
            return route.continue_()
        return held[name].append(route)

    page.route("**/component_server**", hold)
    with page.expect_request(lambda request: '"compare_row"' in (request.post_data or "")):
        set_mode(page, "matrix")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.locator(".seeds").fill("7")
    with page.expect_request(lambda request: '"compare_stop"' in (request.post_data or "")):
        page.locator(".seeds").press("Enter")
    page.evaluate("new Promise((resolve) => setTimeout(resolve, 200))")
    assert not [one for one in asked if '"compare_row"' in one]
    held["compare_stop"][0].continue_()
    expect(page.locator(".matrix tbody th strong")).to_have_text(["7"])
    held["compare_row"][0].continue_()


def test_the_link_restores_the_comparison_and_says_what_is_not_here(three: str, open_page: Open) -> None:
    page = begin(open_page(f"{three}?seed=7"))
    choose(page, 0, "gamma")
    choose(page, 1, "alpha")
    expect(page.locator(".tile-grid figcaption strong")).to_have_text(["1 · gamma", "2 · alpha"])
    for names in (["1 · alpha", "2 · gamma"], ["1 · gamma", "2 · alpha"]):
        page.get_by_role("button", name="Swap sides").click()
        expect(page.locator(".tile-grid figcaption strong")).to_have_text(names)
    other = open_page(page.url, tile=False)
    wait_for_grid(other, 2, 7)
    assert other.evaluate(HASHES, ".tile-grid img.tile") == page.evaluate(HASHES, ".tile-grid img.tile")
    link = f"{page.url.split('&cmp=')[0]}&cmp=0123abcd,{page.url.split('%2C')[-1][:8]}"
    absent = open_page(link, tile=False, instead_of=other)
    expect(absent.locator(".compare .absent")).to_contain_text("Checkpoint 0123abcd is not here")
    wait_for_grid(absent, 1, 7)


def test_what_is_no_hash_in_the_link_is_said_until_something_else_is_chosen(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    shouted = checkpoint.load(checkpoints / "beta").sha256[:8].upper()
    page = open_page(f"{address}?tab=compare&cmp={shouted},zzz,%20,{'x' * 64}", tile=False)
    wait_for_grid(page, 2)
    expect(page.locator(".tile-grid figcaption strong")).to_have_text(["1 · beta", "2 · alpha"])
    absent = page.locator(".compare .absent")
    values = f"zzz, {'x' * 20}…"
    expect(absent).to_have_text(
        f"“{values}” in the link are no hashes of a checkpoint and were not read; "
        "8 to 64 of the characters 0-9 and a-f are allowed."
    )
    page.get_by_role("tab", name="Explore").click()
    page.get_by_role("tab", name="Compare").click()
    expect(absent).to_contain_text("zzz")
    choose(page, 1, "beta")
    expect(absent).to_be_hidden()
    wait_for_grid(page, 2)


@pytest.mark.own_studio
def test_a_link_waits_for_the_checkpoints_that_are_not_here(
    address: str, checkpoints: Path, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    late = make_checkpoint(tmp_path / "late", seed=8, network="dcgan")
    hashes = ["0123abcd", checkpoint.load(late).sha256[:8]]
    page = open_page(f"{address}?tab=compare&cmp={','.join(hashes)}", tile=False)
    for one in hashes:
        expect(page.locator(".compare .absent")).to_contain_text(f"Checkpoint {one} is not here")
    for folder, notices in ((make_checkpoint(tmp_path / "other", seed=9), 2), (late, 1)):
        shutil.copytree(folder, checkpoints / folder.name)
        page.get_by_role("tab", name="Explore").click()
        page.get_by_role("tab", name="Compare").click()
        expect(page.locator(".compare .slots option", has_text=folder.name).first).to_be_attached()
        assert (page.locator(".compare .absent").text_content() or "").count("is not here") == notices
        assert page.evaluate("window.ganRace.link.get('cmp')") == ",".join(hashes)
    wait_for_grid(page, 1)
    expect(page.locator(".tile-grid figcaption strong")).to_have_text("1 · late")
    shutil.rmtree(checkpoints / "late")  # nothing of the link is here, and one of it has never been
    page.get_by_role("tab", name="Explore").click()
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".compare .absent")).to_contain_text(f"Checkpoint {hashes[1]} is not here")
    expect(page.locator(".tile-grid img")).to_have_count(0)
    assert page.evaluate("window.ganRace.link.get('cmp')") == ",".join(hashes)
    set_mode(page, "matrix")
    expect(page.locator(".matrix table")).to_be_visible()
    expect(page.locator(".compare .status")).to_be_hidden()
    set_mode(page, "side")
    for slot, name in enumerate(("alpha", "other")):
        choose(page, slot, name)
    wait_for_grid(page, 2)
    for name in ("alpha", "other"):  # all that is compared has been here
        shutil.rmtree(checkpoints / name)
    page.get_by_role("tab", name="Explore").click()
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".tile-grid figcaption strong")).to_have_text(["1 · beta", "2 · beta"])
    expect(page.locator(".compare .absent")).to_be_hidden()


def test_the_key_c_compares_with_the_checkpoint_that_was_looked_at_before(three: str, open_page: Open) -> None:
    page = open_page(three)
    for index, name in ((2, "gamma"), (1, "beta")):
        choose_checkpoint(page, index=index)
        page.wait_for_function(f"window.ganRace.shown.name === '{name}'")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("c")
    expect(page.locator(".tile-grid figcaption strong")).to_have_text(["1 · gamma", "2 · beta"])
    page.get_by_role("tab", name="Explore").click()
    choose_checkpoint(page, index=0)
    page.wait_for_function("window.ganRace.shown.name === 'alpha'")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("c")
    expect(page.locator(".tile-grid figcaption strong")).to_have_text(["1 · beta", "2 · alpha"])


@pytest.mark.own_studio
def test_a_run_with_steps_has_a_scrubber_and_others_have_none(
    address: str, checkpoints: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    page = begin(open_page(address))
    expect(page.locator(".scrubber")).to_be_hidden()
    run = checkpoints / "run"
    make_run(run, make_checkpoint, (1024, 2048, 3000))
    page = begin(open_page(address, instead_of=page))
    choose(page, 1, "run")
    expect(page.locator(".scrubber")).to_be_visible()
    page.locator(".scrub").fill("0")
    expect(page.locator(".tile-grid figcaption").nth(1)).to_contain_text("1,024 images")
    expect(page.locator(".scrub-words")).to_have_text("Training step: about 1,024 images")
    assert looks_like(pixels_of(page, ".tile-grid figure:nth-child(2) img"), sheet_of(run / "steps" / "000001024", 0))
    link = page.url
    other = open_page(link, tile=False)
    wait_for_grid(other, 2, 0)
    expect(other.locator(".tile-grid figcaption").nth(1)).to_contain_text("1,024 images")
    page.locator(".scrub").fill("2")
    expect(page.locator(".tile-grid figcaption").nth(1)).to_contain_text("3,000 images")


def test_the_settings_are_those_of_the_step_that_is_shown_once_the_scrubber_rests(
    checkpoints: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    make_run(checkpoints / "run", make_checkpoint, (1024, 2048, 3000))
    page = begin(open_page(serve(checkpoints)))
    choose(page, 1, "run")
    page.locator("details.settings > summary").click()
    head = page.locator(".settings-table thead th").nth(2)
    seen = page.locator(".settings-table tr", has_text="images seen").locator("td").nth(1)
    for position, images, name in (("0", "1024", "2 · run · 1,024 images"), ("2", "3000", "2 · run")):
        page.locator(".scrub").fill(position)
        expect(seen).to_have_text(images)
        expect(head).to_have_text(name)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.locator(".scrub").evaluate("(one) => { one.value = 0; one.dispatchEvent(new Event('input')); }")  # a drag
    expect(page.locator(".tile-grid figcaption").nth(1)).to_contain_text("1,024 images")
    assert not [one for one in asked if '"compare_facts"' in one]
    page.locator(".scrub").dispatch_event("change")
    expect(seen).to_have_text("1024")


def test_one_scrubber_leads_two_runs_through_their_steps_together(
    checkpoints: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    make_run(checkpoints / "run", make_checkpoint, (1024, 2048, 3000))
    make_run(checkpoints / "walk", make_checkpoint, (2100, 5000))
    page = begin(open_page(serve(checkpoints)))
    for slot, name in enumerate(("run", "walk")):
        choose(page, slot, name)
    expect(page.locator(".scrubber")).to_have_count(1)
    captions = page.locator(".tile-grid figcaption")
    for position, images in (("0", ("1,024", "2,100")), ("1", ("2,048", "2,100")), ("2", ("3,000", "5,000"))):
        page.locator(".scrub").fill(position)
        for place_, count in enumerate(images):
            expect(captions.nth(place_)).to_contain_text(f"{count} images")


def passport(folder: Path, **about: Any) -> None:
    config = json.loads((folder / checkpoint.CONFIG).read_text(encoding="utf-8"))
    config["about"] |= about
    (folder / checkpoint.CONFIG).write_text(json.dumps(config), encoding="utf-8")


def make_run(run: Path, make_checkpoint: Callable[..., Path], images: tuple[int, ...]) -> None:
    """Make a run that kept a checkpoint after each of these counts of images, the last of them its newest."""
    for count in images:
        name = f"{count:09}" if count == images[-1] else f"steps/{count:09}"
        passport(make_checkpoint(run / name, seed=count, network="dcgan"), images=count)


def test_settings_scores_and_curves_say_what_the_passports_say(
    checkpoints: Path, serve: Callable[[Path], str], open_page: Open
) -> None:
    scores = {"network": "Inception", "kid": 0.05, "kid_spread": 0.002}
    passport(checkpoints / "alpha", recipe={"loss": "hinge", "batch": 16}, metrics={**scores, "fakes": 5000})
    passport(checkpoints / "beta", recipe={"loss": "wgan", "batch": 16}, metrics={**scores, "fakes": 200})
    for name, loss in (("alpha", 1.0), ("beta", 2.0)):
        rows = [{"images": step, "seconds": step * 2, "d_loss": loss + step} for step in range(1, 30)]
        rows[9]["alarms"] = ["stuck"]
        text = "\n".join(map(json.dumps, rows))
        (checkpoints / name / "metrics.jsonl").write_text(text, encoding="utf-8")
    page = begin(open_page(serve(checkpoints)))
    page.locator("details.settings > summary").click()
    rows = page.locator(".settings-table tbody th")
    expect(rows).to_have_text(["loss", "images seen"])
    page.locator(".show-all").check()
    expect(page.locator(".settings-table tbody th", has_text="batch")).to_be_visible()
    page.locator("details.curves > summary").click()
    expect(page.locator(".curves-svg polyline.smooth")).to_have_count(2)
    expect(page.locator(".curves-svg .alarm")).to_have_count(2)
    expect(page.locator(".curves-svg")).to_have_attribute(
        "aria-label", "loss of D over images seen of 1 · beta, 2 · alpha"
    )
    few = page.locator(".scores tr.few")
    expect(few).to_have_count(1)
    expect(few).to_contain_text("200: fewer than 1,000")
    expect(few).to_contain_text("0.0500 ± 0.0020")
    assert findings(page) == []
    page.locator(".axis").select_option("seconds")
    page.locator(".curve-numbers > summary").click()
    expect(page.locator(".curve-table tbody tr").first).to_contain_text("stuck (20)")


def test_the_curves_follow_a_run_that_goes_on_without_a_reload(
    checkpoints: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    run = checkpoints / "run"
    make_checkpoint(run / "000003000", seed=4, network="dcgan")

    def log(*steps: int) -> None:
        with (run / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(f'{{"images": {step}, "seconds": {step}, "d_loss": 1.0}}\n' for step in steps)

    log(3100, 3200)
    page = begin(open_page(serve(checkpoints)))
    page.locator(".add").click()
    wait_for_grid(page, 3)
    page.locator("details.curves > summary").click()
    page.locator(".curve-numbers > summary").click()
    row = page.locator(".curve-table tbody tr", has_text="run")
    expect(row.locator("td").first).to_have_text("2")
    expect(page.locator(".following")).to_be_visible()
    log(3300)
    expect(row.locator("td").first).to_have_text("3")
    page.locator("details.curves > summary").click()  # nothing is asked for what is not on the screen
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.wait_for_timeout(4000)
    assert not [one for one in asked if '"compare_curves"' in one]
    log(3400)
    page.locator("details.curves > summary").click()
    expect(row.locator("td").first).to_have_text("4")
    assert findings(page) == []


def test_a_wild_curve_flattens_no_other_and_is_said_to_be_cut(
    checkpoints: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    make_checkpoint(checkpoints / "gamma", seed=3, network="dcgan")
    for name, by in (("alpha", 1), ("beta", 2), ("gamma", -1000)):
        rows = [json.dumps({"images": step, "seconds": step, "d_loss": step * by}) for step in range(1, 30)]
        (checkpoints / name / "metrics.jsonl").write_text("\n".join(rows), encoding="utf-8")
    page = begin(open_page(serve(checkpoints)))
    page.locator(".add").click()
    wait_for_grid(page, 3)
    page.locator("details.curves > summary").click()
    expect(page.locator(".cut")).to_contain_text("Beyond the axis: 3 · gamma (-29,000 to -1,000).")
    marks = page.locator(".curves-svg text")
    assert "40" in marks.all_text_contents()
    assert "-10K" not in marks.all_text_contents()
    page.locator(".scale").select_option("log")
    expect(page.locator(".cut")).to_be_hidden()
    assert {"0", "-100", "-10K"} <= set(marks.all_text_contents())


def test_the_picture_to_keep_holds_every_tile_and_says_that_it_is_not_for_submission(
    address: str, open_page: Open
) -> None:
    page = begin(open_page(address))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download with captions").click()
    assert download.value.suggested_filename == "comparison_seed0.png"
    picture = Image.open(io.BytesIO(Path(download.value.path()).read_bytes())).convert("RGB")
    assert picture.size == (640, 96 + 160 + 88)
    for place_ in (0, 1):
        left = 16 + place_ * (160 + 16)
        shown = pixels_of(page, f".tile-grid figure:nth-child({place_ + 1}) img")
        np.testing.assert_array_equal(np.asarray(picture.crop((left, 96, left + 160, 96 + 160))), shown)
    assert "never for submission" in TEXTS["compare_never"][0]
    assert np.asarray(picture.crop((0, 50, 640, 90))).min() < 60  # the words are there


def test_a_phone_begins_with_holding_and_remembers_another_choice(
    checkpoints: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    make_checkpoint(checkpoints / "course_sample", seed=3, network="dcgan", z_dim=16)
    make_checkpoint(checkpoints / "dcgan", seed=4, network="dcgan")
    page = open_page(f"{serve(checkpoints)}?tab=compare", tile=False, **PHONE)
    wait_for_grid(page, 2)
    expect(page.locator(".tile-grid .frame")).to_have_count(1)
    expect(page.locator(".tile-grid figcaption strong")).to_have_text(["1 · dcgan", "2 · alpha"])
    set_mode(page, "side")
    page.goto(f"{page.url.split('?')[0]}?tab=compare")
    wait_for_grid(page, 2)
    expect(page.locator(".tile-grid .frame")).to_have_count(2)


def test_a_phone_shows_the_tiles_one_under_the_other_and_taps_light_then_enlarge(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=compare", tile=False, **PHONE)
    set_mode(page, "side")
    wait_for_grid(page, 2)
    boxes = [page.locator(".tile-grid .frame").nth(index).bounding_box() for index in (0, 1)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] == boxes[1]["x"]
    assert boxes[0]["width"] > 340
    page.locator(".tile-grid .frame").first.scroll_into_view_if_needed()
    spot = place(page, 23)
    page.touchscreen.tap(spot["x"], spot["y"])
    expect(page.locator(".lit-words")).to_have_text("Picture 23 · row 3, column 4")
    expect(page.locator(".lens.cells")).to_be_hidden()
    page.touchscreen.tap(spot["x"], spot["y"])
    expect(page.locator(".lens.cells")).to_be_visible()
    swipe(page, ".lens.cells figure:nth-child(2) .cell", -120)
    expect(page.locator(".lens.cells .cell-caption")).to_have_text("Picture 24 · row 3, column 5")
    assert too_wide(page) == []
    page.locator(".lens.cells .close").click()
    bar = page.locator(".compare .seed-form").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] <= 844
    page.locator(".compare .next").tap()
    wait_for_grid(page, 2, 1)
    every_mode_fits_a_phone(page)


def every_mode_fits_a_phone(page: Page) -> None:
    for mode in ("flip", "slider", "matrix"):
        set_mode(page, mode)
        page.wait_for_timeout(200)
        expect(page.locator(".matrix")).not_to_have_attribute("aria-busy", "true")  # its rows come one by one
        assert too_wide(page) == []
        assert small_targets(page) == []
