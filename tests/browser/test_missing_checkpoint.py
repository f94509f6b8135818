"""A link to a checkpoint that is not here has a way out; one by name finds the checkpoint that has it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from studio.race.tile_file import export_png
from tests.browser.conftest import (
    PHONE,
    drop,
    findings,
    looks_like,
    pixels_of,
    sheet_of,
    too_wide,
    wait_for_tile,
)
from training.core import checkpoint
from training.core.checkpoint import file_sha256

Open = Callable[..., Page]
NOTICE = ".head .missing"


def test_it_says_which_and_opens_the_default_with_the_seed_of_the_link(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?ck=0123abcdef&name=projected-9k&seed=4&tab=seeds", tile=False, **PHONE)
    notice = page.locator(NOTICE)
    expect(notice).to_contain_text("checkpoint 0123abcd, “projected-9k”, which is not here")
    assert too_wide(page) == []
    assert findings(page) == []
    page.evaluate("window.ganRace.setLanguage('ja')")
    expect(notice).to_contain_text("0123abcd「projected-9k」はここにありません")
    page.evaluate("window.ganRace.setLanguage('en')")
    notice.get_by_role("button", name="Open the default").tap()
    expect(notice).to_be_hidden()
    expect(page.locator(".race.seeds .card img[src]").first).to_be_visible()
    assert page.evaluate("window.ganRace.seed.seed") == 4
    assert page.evaluate("window.ganRace.link.get('name')") is None


@pytest.mark.own_studio
def test_added_at_once_it_is_shown_with_the_seed_of_the_link_and_another_one_is_told(
    address: str, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    wanted, other = make_checkpoint(tmp_path / "wanted", seed=5), make_checkpoint(tmp_path / "other", seed=6)
    sha256 = file_sha256(wanted / "model.safetensors")
    page = open_page(f"{address}?ck={sha256[:12]}&seed=4", tile=False)
    page.locator(NOTICE).get_by_role("button", name="Add it here").click()
    panel = page.locator("dialog.checkpoints")
    expect(panel.locator(".add-files")).to_be_focused()
    panel.locator(".add-files").set_input_files([other / "config.json", other / "model.safetensors"])
    expect(panel.locator(".other-added")).to_contain_text(f"looked for, {sha256[:8]}")
    expect(page.locator(NOTICE)).to_contain_text(sha256[:8])
    panel.locator(".add-files").set_input_files([wanted / "config.json", wanted / "model.safetensors"])
    expect(panel).to_be_hidden()
    wait_for_tile(page, seed=4)
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(wanted, 4))
    expect(page.locator(NOTICE)).to_be_hidden()


@pytest.mark.own_studio
def test_verify_offers_the_adding_in_place_and_checks_again(
    address: str, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    wanted = make_checkpoint(tmp_path / "wanted", seed=5)
    page = open_page(f"{address}?tab=verify", tile=False)
    drop(page, export_png(checkpoint.load(wanted), 7))
    expect(page.locator(".verify .outcome")).to_have_text("COULD NOT CHECK")
    page.locator(".verify").get_by_role("button", name="Add it here").click()
    files = page.locator("dialog.checkpoints .add-files")
    files.set_input_files([wanted / "config.json", wanted / "model.safetensors"])
    expect(page.locator("dialog.checkpoints")).to_be_hidden()
    expect(page.locator(".verify .outcome")).to_have_text("PASS (exact)")
    expect(page.locator(".verify .add-here")).to_be_hidden()
    assert page.evaluate("window.ganRace.tab") == "verify"


def test_a_link_by_name_opens_the_one_that_has_it(address: str, checkpoints: Path, open_page: Open) -> None:
    page = open_page(f"{address}?ck=beta&seed=3")
    wait_for_tile(page, seed=3)
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "beta", 3))
    assert page.evaluate("window.ganRace.link.get('ck')") == file_sha256(checkpoints / "beta" / "model.safetensors")[:8]


@pytest.mark.own_studio
def test_one_that_a_link_names_by_its_name_can_be_added_at_once(
    address: str, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    own = make_checkpoint(tmp_path / "own", seed=5)
    page = open_page(f"{address}?ck=mine&seed=3", tile=False)
    page.locator(NOTICE).get_by_role("button", name="Add it here").click()
    page.locator(".add-name").fill("mine")
    page.locator(".add-files").set_input_files([own / "config.json", own / "model.safetensors"])
    expect(page.locator(".after-adding")).to_be_visible()
    expect(page.locator(".other-added")).to_be_hidden()
    wait_for_tile(page, seed=3)
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(own, 3))


@pytest.mark.own_studio
def test_of_several_with_one_name_somebody_chooses(
    address: str, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    page = open_page(f"{address}?ck=twin&seed=3", tile=False)
    expect(page.locator(NOTICE)).to_contain_text("checkpoint twin, which is not here")
    page.evaluate("document.dispatchEvent(new CustomEvent('race:open-checkpoints'))")
    for seed in (5, 6):
        own = make_checkpoint(tmp_path / str(seed), seed=seed)
        page.locator(".add-name").fill("twin")
        page.locator(".add-files").set_input_files([own / "config.json", own / "model.safetensors"])
        expect(page.locator(".after-adding")).to_be_visible()
        shutil.rmtree(own)
        page.locator("dialog.checkpoints .close").click()
        if seed == 5:
            wait_for_tile(page, seed=3)  # the only one of its name
            page.keyboard.press("p")
    page.goto(f"{address}?ck=twin&seed=3")
    expect(page.locator(NOTICE)).to_contain_text("2 checkpoints here are called so")
    page.locator(NOTICE).get_by_role("button", name="Choose one").click()
    expect(page.locator("dialog.checkpoints .row-button")).to_have_count(2)


@pytest.mark.parametrize("mark", ["&amp;", "&amp%3B", "&amp;amp;", "%26amp%3B"])
def test_ampersands_are_read_however_a_mail_program_writes_them(address: str, open_page: Open, mark: str) -> None:
    page = open_page(f"{address}?ck=beta{mark}seed=7{mark}tab=export", tile=False)
    expect(page.locator(".export .export-caption")).to_contain_text("seed 7 · beta")
    assert "amp" not in page.url
