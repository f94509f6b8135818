from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, Request, Route, expect

from studio.exploration import nearest_training, training_features, video
from tests.browser.conftest import PHONE, looks_like, pixels_of, sheet_of, too_wide, wait_for_tile
from training.core.pixels import to_cells, to_tile

Open = Callable[..., Page]
TILE = ".race .morph-tile"
JPEG_OF = """async (selector) => {
    const bytes = await (await fetch(document.querySelector(selector).src)).arrayBuffer();
    return Array.from(new Uint8Array(bytes));
}"""


def open_morph(open_page: Open, address: str, **options: object) -> Page:
    page = open_page(f"{address}?tab=morph&seed=3", tile=False, **options)
    expect(page.locator(".morph .badge")).to_be_visible()
    return page


def asks_for(name: str) -> Callable[[Request], bool]:
    """Return a function that tells whether a request calls this function of the tab."""
    return lambda request: f'"{name}"' in (request.post_data or "")


def slide(page: Page, selector: str, value: float) -> None:
    """Move a slider as a hand does: it moves, and is let go."""
    page.locator(selector).evaluate(
        """(slider, value) => {
            slider.value = value;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            slider.dispatchEvent(new Event("change", { bubbles: true }));
        }""",
        value,
    )


def test_the_ends_are_explores_tiles_pixel_by_pixel_and_between_the_badge_is_lost(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_morph(open_page, address)
    widths = page.locator(".morph :is(.seed-a, .seed-b)").evaluate_all("(nodes) => nodes.map((one) => one.offsetWidth)")
    assert widths[0] == widths[1]
    badge = page.locator(".morph .badge")
    expect(badge).to_contain_text("Not submittable: between seeds")
    page.get_by_role("button", name="Back to seed 3").click()
    expect(badge).to_contain_text("Seed 3 · Submittable")
    morphed = page.evaluate(JPEG_OF, TILE)
    page.get_by_role("button", name="Open in Explore").click()
    wait_for_tile(page, seed=3)
    assert page.evaluate(JPEG_OF, ".race.explore .tile") == morphed
    page.get_by_role("tab", name="Morph").click()
    slide(page, ".morph .position", 1)
    expect(badge).to_contain_text("Seed 4 · Submittable")
    assert looks_like(pixels_of(page, TILE), sheet_of(checkpoints / "alpha", 4))
    expect(page.locator(".morph .snap")).to_be_hidden()


def test_the_strip_follows_and_the_whole_tile_comes_on_release(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_morph(open_page, address)
    expect(page.locator(".morph .strip")).to_have_attribute("src", re.compile("^data:"))
    before = page.locator(".morph .strip").get_attribute("src")
    page.locator(".morph .position").evaluate(
        "(slider) => { slider.value = 0; slider.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    page.wait_for_function("(before) => document.querySelector('.morph .strip').src !== before", arg=before)
    expect(page.locator(".morph .badge")).to_have_text("The strip is ahead; the tile follows")
    first = to_cells(sheet_of(checkpoints / "alpha", 3), 16)[:8]
    assert looks_like(pixels_of(page, ".morph .strip"), to_tile(first, 8))
    page.locator(".morph .position").dispatch_event("change")
    expect(page.locator(".morph .badge")).to_contain_text("Seed 3 · Submittable")


def test_directions_lose_the_badge_and_one_click_brings_it_back_psi_only_shows(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address)
    badge, caption = page.locator(".morph .badge"), page.locator(".morph-caption")
    slide(page, ".morph .position", 0)
    expect(badge).to_contain_text("Seed 3 · Submittable")
    slide(page, ".morph .psi", 0.7)
    expect(badge).to_contain_text("Seed 3 · Submittable; the file declares: truncation ψ 0.7")
    expect(caption).to_contain_text("ψ 0.7")
    page.locator(".morph .directions summary").click()
    for method, words in (("sefa", "SeFa"), ("pca", "PCA")):
        page.locator(".morph .method").select_option(method)
        slide(page, ".morph .amounts label:nth-child(2) input", 2)
        expect(badge).to_contain_text("Not submittable: moved along directions")
        expect(caption).to_contain_text(f"seed 3, {words} 2: +2.0 σ · ψ 0.7 · alpha")
        page.locator(".morph .snap").click()
        expect(badge).to_contain_text("Seed 3 · Submittable")
        expect(page.locator(".morph .amounts label:nth-child(2) input")).to_have_value("0")
    expect(page.locator(".morph .mixing")).to_be_hidden()


def test_without_a_checkpoint_morph_says_of_the_stand_in_what_explore_says(
    tmp_path: Path, serve: Callable[..., str], open_page: Open
) -> None:
    folder = tmp_path / "nothing"
    folder.mkdir()
    page = open_morph(open_page, serve(folder))
    badge = page.locator(".morph .badge")
    slide(page, ".morph .position", 0)
    expect(badge).to_contain_text("Seed 3 · Not submittable: this generator is an untrained stand-in")
    assert not badge.evaluate("(badge) => badge.classList.contains('pure')")
    page.get_by_role("button", name="Open in Explore").click()
    wait_for_tile(page, seed=3)
    assert badge.text_content() == f"Seed 3 · {page.locator('.explore .submission-status').inner_text()}"
    page.evaluate("window.ganRace.setList({ ...window.ganRace.list, untrained: null })")
    assert badge.text_content() == "Seed 3 · Submittable"
    assert badge.evaluate("(badge) => badge.classList.contains('pure')")


def test_the_pad_has_its_seeds_in_the_corners_and_moves_by_keys(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_morph(open_page, address)
    page.locator(".morph .modes label").nth(2).click()
    expect(page.locator(".morph-caption")).to_contain_text("between seeds 3, 4, 5, 6 at 0.50, 0.50")
    expect(page.locator(".morph .film")).to_be_hidden()
    page.locator(".morph .pad").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(f"Shift+{key}")
    expect(page.locator(".morph .badge")).to_contain_text("Seed 6 · Submittable")
    assert looks_like(pixels_of(page, TILE), sheet_of(checkpoints / "alpha", 6))
    box = page.locator(".morph .pad").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
    expect(page.locator(".morph .snap")).to_have_text("Back to seed 5")


def test_a_walk_goes_through_the_favourites_in_an_order_that_can_be_changed(address: str, open_page: Open) -> None:
    page = open_page(address)
    for _ in range(3):
        page.keyboard.press("f")
        page.keyboard.press("r")
        wait_for_tile(page, seed=page.evaluate("window.ganRace.favourites.all().length"))
    page.get_by_role("tab", name="Morph").click()
    page.locator(".morph .modes label").nth(1).click()
    stops = page.locator(".morph .stops li span")
    expect(stops).to_have_text(["Seed 0", "Seed 1", "Seed 2"])
    page.get_by_role("button", name="Move seed 2 up").click()
    expect(stops).to_have_text(["Seed 0", "Seed 2", "Seed 1"])
    slide(page, ".morph .position", 1)
    expect(page.locator(".morph .badge")).to_contain_text("Seed 2 · Submittable")
    slide(page, ".morph .position", 3)
    expect(page.locator(".morph .badge")).to_contain_text("Seed 0 · Submittable")
    page.get_by_role("button", name="Remove seed 0").click()
    expect(stops).to_have_text(["Seed 2", "Seed 1"])
    page.locator(".morph .new-stop").fill("-4")
    page.locator(".morph .new-stop").press("Enter")
    expect(page.locator(".morph-status")).to_contain_text("“-4” is no seed")
    expect(stops).to_have_text(["Seed 2", "Seed 1"])


def test_a_walk_of_one_stop_is_its_seed_and_says_that_a_walk_needs_two(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address)
    page.locator(".morph .modes label").nth(1).click()
    expect(page.locator(".morph .badge")).to_contain_text("Not submittable: between seeds")
    expect(page.locator(".morph .few-stops")).to_be_hidden()
    page.get_by_role("button", name="Remove seed 3").click()
    expect(page.locator(".morph .badge")).to_contain_text("Seed 4 · Submittable")
    expect(page.locator(".morph-caption")).to_contain_text(re.compile("^seed 4 "))
    expect(page.locator(".morph .few-stops")).to_have_text("A walk needs two seeds or more.")
    page.locator(".morph .directions summary").click()
    slide(page, ".morph .amounts label:nth-child(1) input", 2)
    expect(page.locator(".morph .badge")).to_contain_text("moved along directions")
    page.get_by_role("button", name="Remove seed 4").click()
    expect(page.locator(".morph .few-stops")).to_be_visible()
    page.get_by_role("button", name="Back to seed 4").click()
    expect(page.locator(".morph .badge")).to_contain_text("Seed 4 · Submittable")
    expect(page.locator(".morph .stops li span")).to_have_text(["Seed 4"])


def test_the_thumbnail_of_a_stop_opens_its_tile_in_explore(address: str, open_page: Open) -> None:
    page = open_page(address)
    for seed in range(2):
        wait_for_tile(page, seed=seed)
        page.keyboard.press("f")
        page.keyboard.press("r")
    wait_for_tile(page, seed=2)
    page.get_by_role("tab", name="Morph").click()
    page.locator(".morph .modes label").nth(1).click()
    page.get_by_role("button", name="Open in Explore: Seed 1").click()
    wait_for_tile(page, seed=1)
    page.get_by_role("tab", name="Morph").click()
    expect(page.locator(".morph .stops li span")).to_have_text(["Seed 0", "Seed 1"])


def test_a_stop_of_the_walk_is_dragged_to_another_place(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address)
    page.locator(".morph .modes label").nth(1).click()
    stops = page.locator(".morph .stops li span")
    for seed in (10, 11, 12):
        page.locator(".morph .new-stop").fill(str(seed))
        page.locator(".morph .new-stop").press("Enter")
        expect(stops.last).to_have_text(f"Seed {seed}")
    before = stops.all_inner_texts()
    stops.last.drag_to(stops.first)
    expect(stops).to_have_text([before[-1], *before[:-1]])
    stops.first.drag_to(stops.nth(1))
    expect(stops).to_have_text([before[0], before[-1], *before[1:-1]])
    slide(page, ".morph .position", 1)
    expect(page.locator(".morph .badge")).to_contain_text("Seed 12 · Submittable")


@pytest.mark.skipif(video.ffmpeg() is None, reason="needs ffmpeg: pip install imageio-ffmpeg")
def test_an_mp4_is_made_plays_and_can_be_saved(address: str, open_page: Open, tmp_path: Path) -> None:
    page = open_morph(open_page, address)
    page.locator(".morph .film summary").click()
    page.locator(".morph .film-side").select_option("320")
    page.locator(".morph .film-seconds").fill("1")
    page.get_by_role("button", name="Make the film").click()
    expect(page.locator(".film-status")).to_contain_text("Done", timeout=60_000)
    page.wait_for_function("document.querySelector('.film-video').readyState >= 3")
    page.wait_for_function("document.querySelector('.film-video').currentTime > 0.1")
    size = page.evaluate(
        "(({ videoWidth, duration }) => [videoWidth, duration])(document.querySelector('.film-video'))"
    )
    assert size == [320, pytest.approx(1.0, abs=0.1)]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the film").click()
    assert re.fullmatch(r"morph_[0-9a-f]{8}\.mp4", download.value.suggested_filename)
    download.value.save_as(tmp_path / "film.mp4")
    assert b"ftyp" in (tmp_path / "film.mp4").read_bytes()[:16]


def test_lost_looks_lose_no_film(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address, quiet=False)
    lost: list[str] = []

    def lose(route: Route) -> None:
        if not asks_for("look_at_film")(route.request) or len(lost) == 2:
            return route.continue_()
        if not lost:
            lost.append("the question")
            return route.abort()
        response = route.fetch()
        if '"film":' not in response.text():
            return route.fulfill(response=response)
        lost.append("the film")
        return route.abort()

    page.route("**/component_server**", lose)
    page.locator(".morph .film summary").click()
    page.locator(".morph .film-kind").select_option("gif")
    page.locator(".morph .film-side").select_option("320")
    page.locator(".morph .film-seconds").fill("1")
    with page.expect_request(asks_for("stop_film"), timeout=60_000):
        page.get_by_role("button", name="Make the film").click()
        expect(page.locator(".film-status")).to_contain_text("The program does not answer")
        expect(page.locator(".film-progress")).to_be_visible()
        expect(page.locator(".film-status")).to_contain_text("Done", timeout=60_000)
    assert lost == ["the question", "the film"]
    expect(page.locator(".film-picture")).to_be_visible()


def test_a_film_says_which_walk_it_shows_whatever_is_chosen_after_it(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address)
    page.locator(".morph .directions summary").click()
    slide(page, ".morph .amounts label:nth-child(1) input", -1.5)
    page.locator(".morph .film summary").click()
    page.locator(".morph .film-kind").select_option("gif")
    page.locator(".morph .film-side").select_option("320")
    page.locator(".morph .film-seconds").fill("1")
    page.get_by_role("button", name="Make the film").click()
    shows = page.locator(".film-shows")
    expect(shows).to_have_text("alpha · seeds 3 → 4 → 3 (slerp), SeFa 1: -1.5 σ", timeout=60_000)
    page.locator(".morph-checkpoint").select_option(index=1)
    page.locator(".morph .seed-b").fill("9")
    page.locator(".morph .seed-b").press("Enter")
    expect(page.locator(".morph-caption")).to_contain_text("to seed 9 (slerp) · beta")
    page.locator(".morph .film-seconds").fill("2")
    page.get_by_role("button", name="Make the film").click()
    page.locator(".stop-film").click()
    expect(page.locator(".film-status")).to_have_text("Stopped.")
    page.evaluate("window.ganRace.setLanguage('ja')")
    expect(shows).to_have_text("alpha · シード 3 → 4 → 3（slerp）、SeFa 1: -1.5 σ")


def test_a_number_that_a_film_cannot_have_is_refused_in_plain_words(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address)
    page.locator(".morph .film summary").click()
    status, make = page.locator(".film-status"), page.get_by_role("button", name="Make the film")
    for value, words in (("2.5", ", not “2.5”."), ("21", ", not “21”.")):
        page.locator(".morph .film-seconds").fill(value)
        make.click()
        expect(status).to_have_text(f"Seconds: a whole number from 1 to 20{words}")
        expect(page.locator(".morph .film-seconds")).to_be_focused()
    page.locator(".morph .film-seconds").fill("")
    make.click()
    expect(status).to_have_text("Seconds: write a whole number from 1 to 20.")
    page.locator(".morph .film-pictures").select_option("1")
    page.locator(".morph .film-first").fill("120")
    make.click()
    expect(status).to_have_text("Picture: a whole number from 0 to 99, not “120”.")
    page.evaluate("window.ganRace.setLanguage('ja')")
    expect(status).to_have_text("画像は 0 から 99 までの整数です。「120」は使えません。")


def test_a_film_can_be_stopped_and_one_that_is_too_large_is_refused(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address)
    page.locator(".morph .film summary").click()
    page.locator(".morph .film-kind").select_option("gif")
    page.locator(".morph .film-seconds").fill("20")
    page.locator(".morph .film-side").select_option("640")
    page.get_by_role("button", name="Make the film").click()
    expect(page.locator(".film-status")).to_contain_text("480 frames of 640 x 640 are too many for GIF; 78 are")
    page.locator(".morph .film-side").select_option("320")
    page.locator(".morph .film-rate").select_option("12")
    page.locator(".morph .film-pictures").select_option("100")
    page.get_by_role("button", name="Make the film").click()
    page.locator(".stop-film").click()
    expect(page.locator(".film-status")).to_have_text("Stopped.")
    expect(page.locator(".stop-film")).to_be_hidden()
    expect(page.locator(".film-result")).to_be_hidden()


def test_a_film_that_is_stopped_before_it_has_a_name_is_stopped_when_it_has_one(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address)
    held: list[Route] = []
    is_start = asks_for("start_film")

    def hold(route: Route) -> None:
        held.append(route) if is_start(route.request) else route.continue_()

    page.route("**/component_server**", hold)
    page.locator(".morph .film summary").click()
    with page.expect_request(is_start):
        page.get_by_role("button", name="Make the film").click()
    page.locator(".stop-film").click()
    with page.expect_request(asks_for("stop_film")):
        held[0].continue_()
    expect(page.locator(".film-status")).to_have_text("Stopped.")


def test_play_moves_the_strip_and_stops_with_the_tab(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("Number(document.querySelector('.morph .position').value) > 0.6")
    page.get_by_role("tab", name="Verify").click()
    page.wait_for_selector(".race .drop")
    asked = []
    page.wait_for_timeout(300)
    page.on(
        "request", lambda request: asked.append(request.post_data) if "morph_strip" in str(request.post_data) else None
    )
    page.wait_for_timeout(400)
    assert asked == []
    page.get_by_role("tab", name="Morph").click()
    expect(page.locator(".morph .play")).to_have_text("Play")


def test_a_walk_that_becomes_shorter_while_it_plays_stays_on_its_way(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address)
    page.evaluate(
        """() => new MutationObserver(() => {
            const status = document.querySelector('.morph-status');
            if (!status.hidden) window.wasTold = status.textContent;
        }).observe(document.querySelector('.morph-status'), { childList: true, attributes: true })"""
    )
    page.locator(".morph .modes label").nth(1).click()
    for seed in (10, 11):
        page.locator(".morph .new-stop").fill(str(seed))
        page.locator(".morph .new-stop").press("Enter")
    page.locator(".morph .film-seconds").evaluate("(input) => { input.value = 20; }")
    for shorten, most in (("Remove seed 11", 3), ("Closed loop, back to the first seed", 2)):
        slide(page, ".morph .position", most + 0.2)
        page.get_by_role("button", name="Play", exact=True).click()
        page.wait_for_function(f"Number(document.querySelector('.morph .position').value) > {most + 0.25}")
        (page.get_by_role("button", name=shorten).or_(page.get_by_label(shorten))).click()
        expect(page.locator(".morph .position")).to_have_attribute("max", str(most))
        page.wait_for_timeout(500)
        page.get_by_role("button", name=re.compile("^(Play|Pause)$")).click()
    assert page.evaluate("window.wasTold") is None


def test_an_error_of_the_strip_goes_away_with_the_next_good_one(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address, quiet=False)
    page.route("**/component_server**", lambda route: route.abort(), times=1)
    move = "(slider) => { slider.value = 0.25; slider.dispatchEvent(new Event('input', { bubbles: true })); }"
    page.locator(".morph .position").evaluate(move)
    expect(page.locator(".morph-status")).to_contain_text("The program does not answer")
    page.locator(".morph .position").evaluate(move.replace("0.25", "0.75"))
    expect(page.locator(".morph-status")).to_be_hidden()


def test_where_motion_is_not_wanted_nothing_plays(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address, reduced_motion="reduce")
    expect(page.locator(".morph .play")).to_be_hidden()


def test_styles_are_mixed_where_the_generator_has_them(
    tmp_path: Path, make_checkpoint: Callable[..., Path], serve: Callable[..., str], open_page: Open
) -> None:
    make_checkpoint(tmp_path / "styled" / "one", network="stylegan2")
    page = open_morph(open_page, serve(tmp_path / "styled"))
    slide(page, ".morph .position", 0)
    expect(page.locator(".morph .badge")).to_contain_text("Seed 3 · Submittable")
    page.locator(".morph .mixing summary").click()
    page.get_by_label("Take the later styles of another seed").check()
    expect(page.locator(".morph .badge")).to_contain_text("Not submittable: styles of another seed")
    expect(page.locator(".morph-caption")).to_contain_text("seed 3, styles 2 to 3 of seed 4 · one")
    page.locator(".morph .mix-from").select_option("2")
    expect(page.locator(".morph-caption")).to_contain_text("seed 3, style 3 of seed 4 · one")
    page.evaluate("window.ganRace.setLanguage('ja')")
    expect(page.locator(".morph-caption")).to_contain_text("シード 3、スタイル 3 はシード 4 · one")
    expect(page.locator(".morph .mix-from option:checked")).to_have_text("3 個中 3 番目")
    page.evaluate("window.ganRace.setLanguage('en')")
    page.locator(".morph .snap").click()
    expect(page.locator(".morph .badge")).to_contain_text("Seed 3 · Submittable")
    expect(page.get_by_label("Take the later styles of another seed")).not_to_be_checked()


def test_the_nearest_training_pictures_stand_under_an_enlarged_one(
    checkpoints: Path, real_pictures: Path, serve: Callable[..., str], open_page: Open
) -> None:
    page = open_page(serve(checkpoints, real_pictures))
    page.locator(".explore .tile-button").click()
    lens = page.locator(".explore .lens")
    lens.get_by_text("Is it a copy?").click()
    expect(lens.locator(".neighbours img")).to_have_count(3, timeout=60_000)
    expect(lens.locator(".flag")).to_contain_text(re.compile("nearer than 0"))
    expect(lens.locator(".neighbours figcaption").first).to_contain_text("distance")
    lens.get_by_role("button", name="Close").click()
    page.get_by_role("tab", name="Morph").click()
    page.locator(".morph-button:enabled").click()
    lens = page.locator(".morph .lens")
    lens.get_by_text("Is it a copy?").click()
    expect(lens.locator(".neighbours img")).to_have_count(3)


def test_looking_at_the_training_pictures_can_be_stopped_and_go_on(
    checkpoints: Path,
    tmp_path: Path,
    make_pictures: Callable[..., Path],
    serve: Callable[..., str],
    open_page: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    batch = threading.Semaphore(0)

    def features_of(*arguments: Any) -> Iterator[torch.Tensor]:
        for features in training_features.features_of(*arguments):
            assert batch.acquire(timeout=60)
            yield features

    monkeypatch.setattr(nearest_training, "features_of", features_of)
    address = serve(checkpoints, make_pictures(tmp_path / "real"))
    pages = [open_page(address), open_page(address)]
    for page in pages:
        page.locator(".explore .tile-button").click()
        page.locator(".explore .lens").get_by_text("Is it a copy?").click()
        expect(page.locator(".explore .copies-found")).to_contain_text("are being looked at, once: 0 of")
    first, second = (page.locator(".explore .copies-found") for page in pages)
    first.get_by_role("button", name="Stop").click()
    expect(first).to_contain_text("Stopped for you; it goes on for others")
    expect(first.get_by_role("button", name="Go on")).to_be_focused()
    caption = pages[0].locator(".explore .cell-caption")
    before = caption.inner_text()
    pages[0].get_by_role("button", name="Next picture").click()
    expect(caption).not_to_have_text(before)
    expect(first).to_contain_text("Stopped for you")
    second.get_by_role("button", name="Stop").click()
    expect(second).to_contain_text("Stopped.")
    first.get_by_role("button", name="Go on").click()
    expect(first.get_by_role("button", name="Stop")).to_be_focused()
    batch.release(1000)
    expect(first.locator(".neighbours img")).to_have_count(3, timeout=60_000)


def test_without_data_nothing_asks_about_copies_and_a_sentence_says_how(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address)
    expect(page.locator(".morph .no-data")).to_contain_text("GAN_RACE_DATA")
    page.locator(".morph-button").click()
    expect(page.locator(".morph .lens")).to_be_visible()
    expect(page.locator(".morph .lens .copies")).to_be_hidden()


def test_on_a_phone_everything_fits_and_can_be_touched(address: str, open_page: Open) -> None:
    page = open_morph(open_page, address, **PHONE, locale="ja-JP")
    expect(page.locator(".morph .badge")).to_contain_text("提出できません")
    for mode in range(3):
        page.locator(".morph .modes label").nth(mode).click()
        for summary in ("directions", "film"):
            if page.locator(f".morph .{summary}:not([open]) summary").is_visible():
                page.locator(f".morph .{summary} summary").click()
        assert too_wide(page) == []
        small = page.evaluate(
            """() => [...document.querySelectorAll(
                '.morph :is(button, select, input:not([type=checkbox]), .pad, label.tick)')]
                .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43.5)
                .map((one) => one.className)"""
        )
        assert small == []
