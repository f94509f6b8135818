"""The two kinds of weights of one checkpoint: whatever is shown, exported or compared says which of them drew it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    choose_checkpoint,
    drop,
    looks_like,
    open_more,
    pixels_of,
    reload_with_list,
    sheet_of,
    wait_for_tile,
)
from training.core import checkpoint
from training.core.checkpoint import RAW_WEIGHTS, WEIGHTS
from training.core.pixels import Pixels
from training.core.tile import seed_tile

Open = Callable[..., Page]
pytestmark = pytest.mark.own_studio
SHOWN = "([sha256, seed]) => window.ganRace.shown?.sha256.startsWith(sha256) && window.ganRace.shown.seed === seed"


@pytest.fixture
def twin(checkpoints: Path, tmp_path: Path, make_checkpoint: Callable[..., Path]) -> str:
    """Give `alpha` weights as last trained beside its average, and return their hash."""
    other = make_checkpoint(tmp_path / "other", seed=5, network="fastgan") / WEIGHTS
    shutil.copy(other, checkpoints / "alpha" / RAW_WEIGHTS)
    return checkpoint.file_sha256(other)


def raw_sheet(folder: Path, seed: int) -> Pixels:  # -> [10 R, 10 R, 3]
    return seed_tile(checkpoint.load(folder, RAW_WEIGHTS).generator, seed)


def test_a_switch_shows_the_other_weights_on_the_same_latents_and_all_captions_say_it(
    twin: str, address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=3")
    wait_for_tile(page, seed=3)
    average = str(page.evaluate("window.ganRace.shown.sha256"))
    expect(page.locator(".caption")).to_have_text("seed 3 · alpha")
    expect(page.locator(".caption-facts")).to_contain_text(f"checkpoint{average[:8]}weightsaveraged weights")
    z = page.evaluate("window.ganRace.shown.z_hash")
    page.locator(".more summary").click()
    page.locator(".weights-field input[value=raw]").check()
    page.wait_for_function(SHOWN, arg=[twin, 3])
    expect(page.locator(".caption")).to_have_text("seed 3 · alpha · raw · weights as last trained")
    expect(page.locator(".caption-facts")).to_contain_text(f"checkpoint{twin[:8]}")
    expect(page.locator(".explore .submission-status")).to_have_text(
        "Submittable; the file declares: weights as last trained"
    )
    assert looks_like(pixels_of(page, ".race .tile"), raw_sheet(checkpoints / "alpha", 3))
    assert page.evaluate("window.ganRace.shown.z_hash") == z
    assert "alpha · raw" in page.locator(".chip-text").inner_text()
    assert "alpha · raw" in page.locator("select.checkpoint option:checked").inner_text()
    page.keyboard.press("f")
    assert page.evaluate("window.ganRace.favourites.all().map((one) => [one.name, one.sha256])") == [
        ["alpha · raw", twin]
    ]

    other = open_page(page.url)
    wait_for_tile(other, seed=3)
    np.testing.assert_array_equal(pixels_of(other, ".race .tile"), pixels_of(page, ".race .tile"))
    expect(other.locator(".weights-field input[value=raw]")).to_be_checked()
    other.locator(".weights-field input[value=averaged]").check()
    other.wait_for_function(SHOWN, arg=[average, 3])
    assert looks_like(pixels_of(other, ".race .tile"), sheet_of(checkpoints / "alpha", 3))
    choose_checkpoint(other, index=1)
    expect(other.locator(".weights-field")).to_be_hidden()
    expect(other.locator(".caption")).to_contain_text("beta")


def test_the_exported_tile_of_the_other_weights_passes_as_what_it_is(twin: str, address: str, open_page: Open) -> None:
    page = open_page(f"{address}?ck={twin[:8]}&seed=3")
    wait_for_tile(page, seed=3)
    page.get_by_role("tab", name="Export").click()
    expect(page.locator(".rule-weights")).to_contain_text(f"{twin[:8]}, as last trained, not averaged")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download PNG").click()
    data = waiting.value.path().read_bytes()
    assert waiting.value.suggested_filename == f"race_{twin[:8]}_seed3.png"
    page.get_by_role("tab", name="Verify").click()
    drop(page, data)
    expect(page.locator(".outcome")).to_have_text("PASS (exact)")
    expect(page.locator(".verify .facts")).to_contain_text(f"alpha · raw · {twin[:8]}")
    expect(page.locator(".verify .facts")).to_contain_text("weights as last trained")


def test_both_kinds_can_be_compared_side_by_side(twin: str, address: str, checkpoints: Path, open_page: Open) -> None:
    page = open_page(f"{address}?cmp={twin[:8]}&seed=3&tab=compare", tile=False)
    page.wait_for_function("document.querySelectorAll('.tile-grid img.tile').length === 2")
    assert page.locator(".tile-grid figcaption strong").all_inner_texts() == ["1 · alpha · raw", "2 · alpha"]
    details = page.locator(".tile-grid figcaption span").all_inner_texts()
    assert [twin[:8] in details[0], "weights as last trained" in details[0], "averaged weights" in details[1]] == [
        True
    ] * 3
    assert looks_like(pixels_of(page, ".tile-grid figure:first-child img.tile"), raw_sheet(checkpoints / "alpha", 3))
    options = page.locator(".slots select").nth(1).locator("option").all_inner_texts()
    assert [option.split(" · 1,0")[0] for option in options] == ["alpha", "alpha · raw", "beta"]


def test_morph_goes_on_with_the_weights_that_explore_shows(twin: str, address: str, open_page: Open) -> None:
    page = open_page(f"{address}?ck={twin[:8]}&seed=3")
    wait_for_tile(page, seed=3)
    page.get_by_role("tab", name="Morph").click()
    expect(page.locator(".morph-caption")).to_contain_text("alpha · raw · weights as last trained")
    assert "alpha · raw" in page.locator(".morph-checkpoint option:checked").inner_text()


def test_damaged_weights_as_last_trained_take_the_switch_away_and_are_listed(
    twin: str, address: str, checkpoints: Path, open_page: Open
) -> None:
    path = checkpoints / "alpha" / RAW_WEIGHTS
    path.write_bytes(path.read_bytes()[:500])
    page = open_page(address)
    open_more(page)
    page.locator("select.checkpoint").focus()
    expect(page.locator(".problems li")).to_contain_text("alpha · raw: ")
    expect(page.locator(".problems li")).to_contain_text(f"{RAW_WEIGHTS} is damaged")
    expect(page.locator(".weights-field")).to_be_hidden()
    expect(page.locator(".caption")).to_contain_text("seed 0 · alpha")


def test_weights_that_are_cut_after_they_were_listed_leave_the_tile_and_have_their_reason(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(address)
    reload_with_list(page)  # it would find the damage first
    before = page.locator(".race .tile").get_attribute("src"), page.locator(".caption").inner_text()
    weights = checkpoints / "beta" / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:500])
    page.evaluate(
        """() => {
            const select = document.querySelector("select.checkpoint");
            select.selectedIndex = 1;
            select.dispatchEvent(new Event("change"));
        }"""
    )
    expect(page.locator(".explore .status")).to_contain_text(f"beta/{WEIGHTS} is damaged")
    expect(page.locator(".problems li")).to_contain_text("beta: ")
    assert (page.locator(".race .tile").get_attribute("src"), page.locator(".caption").inner_text()) == before
    expect(page.locator("select.checkpoint option:checked")).to_contain_text("alpha")
    page.keyboard.press("d")
    page.wait_for_function("window.ganRace.shown.seed !== 0 && window.ganRace.shown.name === 'alpha'")
    expect(page.locator(".explore .status")).to_be_hidden()
