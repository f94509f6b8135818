"""The favourites outlive the program, the address and the page; and the page says when the program is gone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from studio.ui import page as studio_page
from tests.browser.conftest import favourites_in, saved_when_gone, wait_for_tile
from training.core import checkpoint

Open = Callable[..., Page]
ALL = "window.ganRace.favourites.all().map(({ seed, psi, note }) => [seed, psi, note])"


def star(page: Page, *seeds: int) -> None:
    for seed in seeds:
        page.evaluate("(seed) => window.ganRace.setSeed({ seed })", seed)
        wait_for_tile(page, seed=seed)
        page.keyboard.press("f")


def open_favourites(page: Page) -> None:
    page.keyboard.press("o")
    expect(page.get_by_role("dialog", name="Favourites")).to_be_visible()


def load_file(page: Page, content: Any) -> None:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    page.locator(".favourites .load").set_input_files(
        {"name": "favourites.json", "mimeType": "application/json", "buffer": data}
    )


def test_a_file_takes_favourites_and_notes_to_another_address(
    address: str, checkpoints: Path, serve: Callable[[Path], str], open_page: Open
) -> None:
    page = open_page(address)
    star(page, 3, 5)
    open_favourites(page)
    page.get_by_label("Note on seed 3").fill("red ones")
    page.get_by_label("Note on seed 3").press("Tab")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as a file").click()
    data = Path(waiting.value.path()).read_bytes()
    assert re.fullmatch(r"gan_race_favourites_\d{4}-\d\d-\d\d\.json", waiting.value.suggested_filename)
    other = open_page(serve(checkpoints))
    assert other.evaluate(ALL) == []
    star(other, 5)
    open_favourites(other)
    load_file(other, data)
    expect(other.locator(".favourites .status")).to_have_text("1 favourite added; 1 was here already.")
    assert sorted(other.evaluate(ALL)) == [[3, 1, "red ones"], [5, 1, ""]]
    other.locator(".favourites .mine .thumb", has_text="seed 3").click()
    wait_for_tile(other, seed=3)
    assert other.evaluate("window.ganRace.favourites.find(window.ganRace.shown).note") == "red ones"
    open_favourites(other)
    expect(other.locator(".favourites .others .stars")).to_have_text(["★ 1", "★ 1"])
    other.get_by_role("button", name="Remove seed 3").click()
    expect(other.locator(".favourites .others .thumb")).to_have_text([re.compile("seed 5")])


GOOD = {"sha256": "1" * 64, "seed": 1, "psi": 1}
FILE = {"kind": "gan-race-favourites", "version": 1}


NO_FAVOURITES: list[tuple[Any, str]] = [
    (b"{", "The file is no JSON."),
    ({"kind": "other"}, "The file holds no favourites of GAN Race Studio."),
    ({**FILE, "version": 2, "favourites": []}, "The file is of version 2; version 1 can be read."),
    ({**FILE, "favourites": [GOOD, {**GOOD, "seed": 2**32}]}, "Favourite 2 of the file is none"),
    (b" " * 200_001, "The file is larger than 200 kB"),
    ({**FILE, "favourites": [{**GOOD, "seed": n} for n in range(301)]}, "There are 300 favourites already"),
]


def test_a_file_that_is_none_is_refused_with_one_sentence_and_changes_nothing(address: str, open_page: Open) -> None:
    page = open_page(address)
    star(page, 0)
    open_favourites(page)
    for content, sentence in NO_FAVOURITES:
        load_file(page, content)
        expect(page.locator(".favourites .status")).to_contain_text(sentence)
        assert page.evaluate(ALL) == [[0, 1, ""]]


@pytest.mark.own_studio
def test_the_studio_keeps_them_over_a_restart_and_a_stranger_can_take_them_over(
    address: str, checkpoints: Path, serve: Callable[[Path], str], open_page: Open, tmp_path: Path
) -> None:
    page = open_page(address)
    star(page, 7)
    page.wait_for_timeout(900)
    assert favourites_in(tmp_path / "state") == [(7, 1)]
    stranger = open_page(serve(checkpoints))
    open_favourites(stranger)
    stranger.get_by_role("button", name="Take all to my favourites").click()
    expect(stranger.locator(".favourites .mine .thumb")).to_contain_text("seed 7")
    stranger.wait_for_timeout(900)
    assert favourites_in(tmp_path / "state") == [(7, 2)]
    page.keyboard.press("f")
    page.wait_for_timeout(900)
    assert favourites_in(tmp_path / "state") == [(7, 1)]


@pytest.mark.perf
@pytest.mark.own_studio
def test_when_the_program_is_gone_the_page_says_so_and_still_saves_the_favourites(
    address: str, open_page: Open, opened: list[studio_page.Page]
) -> None:
    page = open_page(address, quiet=False)
    star(page, 2)
    expect(page.locator(".lost")).to_be_hidden()
    before = page.locator(".caption").inner_text()
    opened.pop().close(verbose=False)
    kept = saved_when_gone(page)
    expect(page.locator(".head .health")).to_have_attribute("aria-label", "The program does not answer.")
    assert [one["seed"] for one in kept["favourites"]] == [2]
    assert page.locator(".caption").inner_text() == before


def test_a_link_with_truncation_a_cell_and_a_language_opens_exactly_that(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    sha256 = checkpoint.load(checkpoints / "beta").sha256
    page = open_page(f"{address}?ck={sha256[:8]}&seed=4&psi=0.5&cell=37&lang=ja")
    wait_for_tile(page, seed=4)
    assert page.evaluate("[window.ganRace.shown.sha256, window.ganRace.shown.psi]") == [sha256, 0.5]
    expect(page.locator(".cell-caption")).to_have_text("画像 37 · 4 行 8 列")
    expect(page.locator(".caption")).to_contain_text("ψ 0.5")
    page.keyboard.press("Escape")
    expect(page.locator(".lens")).to_be_hidden()
    page.wait_for_function("!location.href.includes('cell=')")
    assert page.evaluate("window.ganRace.link.whole()").endswith(f"/?ck={sha256[:8]}&seed=4&psi=0.5&lang=ja")


@pytest.mark.parametrize("wrong", ["psi=2", "psi=x", "seed=-1"])
def test_a_link_that_names_an_impossible_picture_shows_none(address: str, open_page: Open, wrong: str) -> None:
    page = open_page(f"{address}?{wrong}", tile=False)
    expect(page.locator(".explore .status")).to_contain_text("allowed")
    assert page.locator(".race .tile").get_attribute("src") is None
