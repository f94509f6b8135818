from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from studio.rendering.fast_generator import close_enough
from tests.browser.conftest import (
    choose_checkpoint,
    is_tile_request,
    looks_like,
    open_more,
    pixels_of,
    sheet_of,
    wait_for_tile,
)
from tests.pace import slowness
from training.core import checkpoint
from training.core.pixels import to_cells

Open = Callable[..., Page]
STATE = "() => [document.querySelector('.race .caption').textContent, document.querySelector('.race .tile').src]"


def test_the_first_tile_comes_with_the_page(address: str, checkpoints: Path, open_page: Open) -> None:
    page = open_page(address)
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "alpha", 0))
    assert "seed 0 · alpha" in page.locator(".caption").inner_text()
    assert page.locator(".race .tile").get_attribute("alt") == "Tile of 10 by 10 pictures: seed 0 of alpha"


@pytest.mark.perf
@pytest.mark.own_studio
def test_the_tile_is_there_within_two_seconds(address: str, open_page: Open) -> None:
    times: list[float] = []
    while len(times) < 6 and min(times, default=9.0) >= 2.0:  # the browser's first pages find nothing in its caches
        start = time.monotonic()
        open_page(address, fresh=True)
        times.append((time.monotonic() - start) / slowness())
    assert min(times) < 2.0, times


@pytest.mark.perf
def test_ten_fast_presses_land_on_plus_ten_with_at_most_three_renders(
    tmp_path: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    make_checkpoint(tmp_path / "slow" / "large", network="dcgan", side=128)
    page = open_page(serve(tmp_path / "slow"))
    page.wait_for_function("document.querySelector('.race .tile').naturalWidth === 1280")
    asked = []
    page.on("request", lambda request: asked.append(request) if is_tile_request(request) else None)
    for key in ["r", " ", "ArrowRight", "R", "r", "r", " ", "r", "ArrowRight", "r"]:
        page.keyboard.press(key)
    wait_for_tile(page, seed=10)
    assert len(asked) <= 3
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(tmp_path / "slow" / "large", 10))


@pytest.mark.perf
def test_the_seeds_around_the_one_that_is_shown_are_there_before_they_are_requested(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=100")
    wait_for_tile(page, seed=100)
    page.wait_for_function(
        "[100, 101, 102, 103, 99].every((seed) => window.ganRace.ahead.take({ ...window.ganRace.seed, seed }))"
    )
    asked = []
    page.on("request", lambda request: asked.append(request) if is_tile_request(request) else None)
    page.evaluate(
        """() => {
            window.times = [];
            document.addEventListener("keydown", () => { window.pressed = performance.now(); }, true);
            document.addEventListener("ganrace:shown", () => window.times.push(performance.now() - window.pressed));
        }"""
    )
    for key, seed in (("r", 101), ("r", 102), ("ArrowLeft", 101), ("ArrowLeft", 100), ("ArrowLeft", 99)):
        page.keyboard.press(key)
        wait_for_tile(page, seed=seed)
    assert asked == []
    assert min(page.evaluate("window.times")) < 100 * slowness()
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "alpha", 99))


def test_buttons_and_keys_move_the_seed(address: str, checkpoints: Path, open_page: Open) -> None:
    page = open_page(address)
    page.get_by_role("button", name="Next").click()
    wait_for_tile(page, seed=1)
    page.get_by_role("button", name="Previous", exact=True).click()
    wait_for_tile(page, seed=0)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowLeft")
    wait_for_tile(page, seed=2**32 - 1)
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "alpha", 2**32 - 1))
    page.keyboard.press("d")
    page.wait_for_function("window.ganRace.shown.seed !== 2 ** 32 - 1")
    seed = page.evaluate("window.ganRace.shown.seed")
    expect(page.locator(".seed")).to_have_value(str(seed))
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "alpha", seed))


def test_keys_are_ignored_while_typing_and_on_a_focused_button(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.keyboard.press("g")
    page.keyboard.type("r 7d")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("window.ganRace.shown.seed") == 0
    expect(page.locator(".seed")).to_have_value("r 7d")
    page.locator("button.previous").focus()
    page.keyboard.press("r")
    page.keyboard.press("Space")
    wait_for_tile(page, seed=2**32 - 1)


def test_keys_are_ignored_while_another_tab_is_open(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.get_by_role("tab", name="Verify").click()
    page.wait_for_selector(".race .drop")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("r")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ganRace.shown.seed") == 0


def test_the_caption_changes_only_together_with_its_picture(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.evaluate(
        """() => {
            window.pairs = [];
            const look = () => window.pairs.push([
                document.querySelector('.race .caption').textContent, document.querySelector('.race .tile').src]);
            new MutationObserver(look).observe(document.querySelector('.race .stage'),
                { subtree: true, childList: true, attributes: true, characterData: true });
        }"""
    )
    for seed in range(1, 6):
        page.keyboard.press("r")
        wait_for_tile(page, seed=seed)
    pairs = {(caption, source) for caption, source in page.evaluate("window.pairs")}
    assert len({caption for caption, _ in pairs}) >= 5
    assert len({caption for caption, _ in pairs}) == len(pairs) == len({source for _, source in pairs})


def test_a_bad_seed_keeps_the_tile_and_says_why(address: str, open_page: Open) -> None:
    page = open_page(address)
    status = page.locator(".explore .status")
    for good, typed in enumerate(["-1", "4294967296", "1.5", "abc", "1e3", "", "99999999999999999999"], start=3):
        before = page.evaluate(STATE)
        page.locator(".seed").fill(typed)
        page.get_by_role("button", name="Go").click()
        expect(status).to_be_visible()
        expect(status).to_contain_text("whole numbers from 0 to 4294967295")
        assert page.evaluate(STATE) == before
        page.locator(".seed").fill(str(good))
        page.locator(".seed").press("Enter")
        wait_for_tile(page, seed=good)
        expect(status).to_be_hidden()


def test_another_checkpoint_shows_its_own_tile_of_the_same_seed(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=5")
    wait_for_tile(page, seed=5)
    choose_checkpoint(page, index=1)
    page.wait_for_function("window.ganRace.shown.name === 'beta'")
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "beta", 5))
    assert not looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "alpha", 5))


def test_a_click_enlarges_the_exact_cell_and_arrows_walk_on(address: str, checkpoints: Path, open_page: Open) -> None:
    page = open_page(f"{address}?seed=4")
    wait_for_tile(page, seed=4)
    cells = to_cells(sheet_of(checkpoints / "alpha", 4), 16)
    box = page.locator(".race .tile").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.35)
    expect(page.locator(".cell-caption")).to_have_text("Picture 37 · row 4, column 8")
    assert close_enough(pixels_of(page, ".race .cell"), cells[37])
    page.keyboard.press("ArrowDown")
    expect(page.locator(".cell-caption")).to_have_text("Picture 47 · row 5, column 8")
    assert close_enough(pixels_of(page, ".race .cell"), cells[47])
    page.keyboard.press("Escape")
    expect(page.locator(".lens")).to_be_hidden()
    page.keyboard.press("r")
    wait_for_tile(page, seed=5)


def test_the_link_restores_the_picture_for_another_visitor(address: str, open_page: Open) -> None:
    page = open_page(address)
    choose_checkpoint(page, index=1)
    page.locator(".seed").fill("123456")
    page.locator(".seed").press("Enter")
    wait_for_tile(page, seed=123456)
    link = page.url
    assert "seed=123456" in link
    other = open_page(link)
    wait_for_tile(other, seed=123456)
    np.testing.assert_array_equal(pixels_of(other, ".race .tile"), pixels_of(page, ".race .tile"))
    assert page.locator(".caption").inner_text() == other.locator(".caption").inner_text()


@pytest.mark.parametrize("hash_", ["0123abcd", "..%2F..%2Fetc", "zz"])
def test_a_link_to_an_absent_checkpoint_says_so_and_shows_no_other_picture(
    address: str, open_page: Open, hash_: str
) -> None:
    page = open_page(f"{address}?ck={hash_}&seed=3", tile=False)
    expect(page.locator(".explore .status")).to_contain_text("is not here; no other picture is shown")
    page.wait_for_timeout(300)
    assert page.locator(".race .tile").get_attribute("src") is None
    assert page.locator(".caption").inner_text() == ""
    chosen = page.locator("select.checkpoint option:checked")
    expect(chosen).to_have_text(f"{unquote(hash_)[:8]} is not here")
    expect(chosen).to_be_disabled()
    page.evaluate("window.ganRace.setLanguage('ja')")
    expect(chosen).to_have_text(f"{unquote(hash_)[:8]} はここにありません")
    choose_checkpoint(page, value=page.evaluate("window.ganRace.list.default"))
    page.wait_for_function("window.ganRace.shown?.name === 'alpha'")
    expect(page.locator("select.checkpoint option")).to_have_count(2)


@pytest.mark.own_studio
def test_damaged_checkpoints_are_listed_with_the_reason_while_the_rest_works(
    address: str, checkpoints: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    broken = make_checkpoint(checkpoints / "broken", seed=3)
    (broken / checkpoint.CONFIG).write_text("{}", encoding="utf-8")
    truncated = make_checkpoint(checkpoints / "truncated", seed=4)
    weights = truncated / checkpoint.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:500])
    page = open_page(address)
    open_more(page)
    page.locator("select.checkpoint").focus()
    expect(page.locator(".problems")).to_be_visible()
    page.locator(".problems summary").click()
    expect(page.locator(".problems li", has_text="broken:")).to_contain_text("format")
    page.keyboard.press("Tab")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("r")
    wait_for_tile(page, seed=1)


def test_without_a_checkpoint_an_untrained_generator_stands_in_and_says_so(
    tmp_path: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    folder = tmp_path / "nothing"
    folder.mkdir()
    page = open_page(serve(folder))
    expect(page.locator(".untrained")).to_contain_text("untrained")
    expect(page.locator(".untrained code")).to_contain_text("python -m training start")
    page.keyboard.press("r")
    wait_for_tile(page, seed=1)
    expect(page.locator(".explore .submission-status")).to_contain_text(
        "Not submittable: this generator is an untrained stand-in"
    )
    page.get_by_role("tab", name="Export").click()
    expect(page.locator(".why-not")).to_contain_text("untrained stand-in")
    expect(page.locator(".export").get_by_text("untrained stand-in").locator("visible=true")).to_have_count(1)
    for tab in ("seeds", "compare", "morph"):
        page.evaluate("(tab) => window.ganRace.openTab(tab)", tab)
        page.wait_for_selector(f".race.{tab}")
        expect(page.locator(".untrained")).to_be_visible()
    page.locator(".language").click()
    expect(page.locator(".untrained")).to_contain_text("セル「3. 学習」")
    expect(page.locator(".download")).to_be_disabled()
    make_checkpoint(folder / "alpha", seed=1)
    page.evaluate("window.ganRace.openTab('explore')")
    open_more(page)
    page.locator(".explore select.checkpoint").focus()  # with which the list comes anew
    page.wait_for_function("window.ganRace.shown.name === 'alpha'")
    expect(page.locator(".untrained")).to_be_hidden()
    expect(page.locator(".explore select.checkpoint option:checked")).to_contain_text("alpha")


def test_a_refused_seed_is_forgotten_with_the_next_and_full_width_digits_are_digits(
    address: str, open_page: Open
) -> None:
    page = open_page(address)
    status, field = page.locator(".explore .status"), page.locator(".explore .seed")
    for typed in ("abc", ""):
        field.fill(typed)
        field.press("Enter")
        expect(status).to_contain_text(f"“{typed}” is no seed")
        field.fill("0")  # which is shown already
        field.press("Enter")
        expect(status).to_be_hidden()
    field.fill(" １２ ")
    field.press("Enter")
    wait_for_tile(page, seed=12)


def test_a_file_that_is_dropped_where_nothing_takes_it_does_not_leave_the_page(address: str, open_page: Open) -> None:
    page = open_page(address)
    fate = """() => ["dragover", "drop"].map((name) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["x"], "holiday.png", { type: "image/png" }));
        const event = new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true });
        return !document.querySelector(".head h1").dispatchEvent(event);
    })"""
    page.evaluate("window.ganRace.openTab('seeds')")
    page.wait_for_selector(".race.seeds .card")
    assert page.evaluate(fate) == [True, True]
    text = "!document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: new DataTransfer(), cancelable: true }))"
    assert page.evaluate(text) is False


def test_the_seed_can_be_copied(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=4294967295", has_touch=True)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copy the seed")
    button.tap()
    expect(page.locator("body > .race .spoken[role=status]")).to_have_text("Seed 4294967295 copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "4294967295"
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    button.tap()
    assert page.evaluate("getSelection().toString()") == "4294967295"


@pytest.mark.own_studio
def test_a_run_that_goes_on_is_told_when_its_checkpoint_has_been_replaced(
    address: str, checkpoints: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    page = open_page(f"{address}?ck={checkpoint.load(checkpoints / 'alpha').sha256[:8]}")  # which stays what is shown
    checkpoints.joinpath("alpha").rename(checkpoints / "alpha.part")
    make_checkpoint(checkpoints / "alpha", seed=9)
    page.locator(".explore .seed").fill("123456")  # a seed that was not drawn ahead
    page.keyboard.press("Enter")
    expect(page.locator(".explore .status")).to_contain_text("is not here")
    expect(page.locator(".caption")).to_contain_text("seed 0")
    choose_checkpoint(page, value=checkpoint.load(checkpoints / "alpha").sha256)
    page.wait_for_function("window.ganRace.shown.seed === 0")


@pytest.mark.own_studio
def test_a_new_visitor_gets_what_is_newest_now_and_a_link_stays_what_it_says(
    address: str, checkpoints: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    (checkpoints / "default").unlink()
    make_checkpoint(checkpoints / "omega", seed=3)
    page = open_page(address)
    expect(page.locator(".caption")).to_contain_text("seed 0 · omega")
    assert page.locator(".checkpoint option").count() == 3
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "omega", 0))
    alpha = checkpoint.load(checkpoints / "alpha").sha256
    linked = open_page(f"{address}?ck={alpha[:8]}")
    expect(linked.locator(".checkpoint option")).to_have_count(3)
    linked.wait_for_timeout(200)
    assert "seed 0 · alpha" in linked.locator(".caption").inner_text()


SEEN = "() => [...document.querySelectorAll('.visited .thumb')].map((thumb) => thumb.tile.seed)"


def test_of_31_tiles_30_stay_in_the_strip_where_a_click_opens_one_and_z_goes_back(
    address: str, open_page: Open
) -> None:
    page = open_page(address)
    page.wait_for_function("(count) => document.querySelectorAll('.visited .thumb').length === count", arg=1)
    for seed in range(1, 31):
        page.keyboard.press("r")
        page.wait_for_function("(seed) => document.querySelector('.visited .thumb').tile.seed === seed", arg=seed)
    assert page.evaluate(SEEN) == list(range(30, 0, -1))
    page.locator(".visited .thumb").nth(20).click()
    wait_for_tile(page, seed=10)
    page.wait_for_function("document.querySelector('.visited .thumb').tile.seed === 10")
    page.keyboard.press("z")
    wait_for_tile(page, seed=30)
    page.wait_for_function("document.querySelector('.visited .thumb').tile.seed === 30")
    assert page.evaluate(SEEN) == [30, 10, *range(29, 10, -1), *range(9, 0, -1)]
    page.reload()
    wait_for_tile(page, seed=30)
    page.wait_for_function("document.querySelector('.visited .thumb[aria-current=true]')?.tile.seed === 30")
    assert page.locator(".visited .thumb").count() == 30
    for seed in (10, 29):
        page.keyboard.press("z")
        wait_for_tile(page, seed=seed)
        page.wait_for_function("(seed) => document.querySelector('.visited .thumb').tile.seed === seed", arg=seed)


def test_a_tile_that_is_gone_since_a_reload_does_not_keep_z_from_going_back(address: str, open_page: Open) -> None:
    page = open_page(address)
    for seed in (1, 2):
        page.keyboard.press("r")
        page.wait_for_function("(seed) => document.querySelector('.visited .thumb').tile.seed === seed", arg=seed)
    page.evaluate(
        """() => {
            const tiles = JSON.parse(sessionStorage.getItem("ganrace.visited"));
            tiles.find((one) => one.seed === 1).sha256 = "0".repeat(64);
            sessionStorage.setItem("ganrace.visited", JSON.stringify(tiles));
        }"""
    )
    page.reload()
    wait_for_tile(page, seed=2)
    page.wait_for_function("document.querySelector('.visited .thumb[aria-current=true]')?.tile.seed === 2")
    page.keyboard.press("z")
    expect(page.locator(".race.explore .status")).to_contain_text("Checkpoint 00000000 is not here")
    page.keyboard.press("z")
    wait_for_tile(page, seed=0)
