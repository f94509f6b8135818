"""A checkpoint that a visitor has added and removes again: it goes for everybody, and every tab copes with that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import findings, looks_like, pixels_of, sheet_of, wait_for_tile

Open = Callable[..., Page]
pytestmark = pytest.mark.own_studio


def open_panel(page: Page) -> Locator:
    page.locator(".head .chip").click()
    panel = page.locator("dialog.checkpoints")
    expect(panel).to_be_visible()
    return panel


def add(page: Page, folder: Path, name: str) -> str:
    """Add a checkpoint from the panel, and return its SHA-256."""
    panel = open_panel(page)
    panel.locator(".add-name").fill(name)
    panel.locator(".add-files").set_input_files([folder / "config.json", folder / "model.safetensors"])
    row = panel.locator(".row-button", has_text=name)
    expect(row).to_be_visible()
    expect(panel.get_by_role("button", name="Look", exact=True)).to_be_focused()
    return str(row.get_attribute("data-sha256"))


def remove(page: Page) -> None:
    page.locator(".remove-own").click()
    page.locator(".remove-yes").click()


def names(panel: Locator) -> list[str]:
    return panel.locator(".row-button strong").all_text_contents()


def show_tab(page: Page, name: str) -> None:
    page.evaluate("(name) => window.ganRace.openTab(name)", name)


def wait_for_name(page: Page, name: str) -> None:
    page.wait_for_function("(name) => window.ganRace.shown?.name === name", arg=name)


def test_whoever_added_it_removes_it_after_a_question(
    address: str, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    page = open_page(f"{address}?seed=2")
    wait_for_tile(page, seed=2)
    sha256 = add(page, make_checkpoint(tmp_path / "own", seed=5), "Mine")
    page.keyboard.press("Enter")
    wait_for_name(page, "Mine · added")
    panel = open_panel(page)
    panel.get_by_role("button", name="Remove: Mine").click()
    expect(panel.locator(".sure")).to_contain_text("Remove “Mine · added” for everybody here?")
    expect(panel.get_by_role("button", name="Keep it: Mine")).to_be_focused()
    assert findings(page) == []
    page.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Remove: Mine")).to_be_focused()
    assert names(panel) == ["Mine", "alpha", "beta"]
    remove(page)
    expect(panel.locator(".removed")).to_have_text(f"Mine · added ({sha256[:8]}) was removed.")
    assert names(panel) == ["alpha", "beta"]
    expect(panel.locator(".recent-button")).to_have_count(1)
    wait_for_name(page, "alpha")
    assert page.evaluate("window.ganRace.shown.seed") == 2
    page.keyboard.press("Escape")
    expect(page.locator(".left-words")).to_contain_text("“Mine · added” is no longer here")
    expect(page.locator(".head .chip")).to_contain_text("alpha")
    page.locator(".close-left").click()
    expect(page.locator(".left-words")).to_be_hidden()


def test_one_that_was_damaged_since_can_be_removed_too(
    address: str, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    page = open_page(address)
    sha256 = add(page, make_checkpoint(tmp_path / "own", seed=5), "Mine")
    (tmp_path / "state" / "added" / sha256 / "model.safetensors").write_bytes(b"")
    page.keyboard.press("Escape")
    panel = open_panel(page)
    panel.locator(".damaged").get_by_role("button", name="Remove: Mine").click()
    expect(panel.get_by_role("button", name="Keep it: Mine")).to_be_focused()
    panel.get_by_role("button", name="Yes, remove it: Mine").click()
    expect(panel.locator(".removed")).to_have_text(f"Mine · added ({sha256[:8]}) was removed.")
    expect(panel.locator(".damaged")).to_be_hidden()


def test_who_looks_at_it_elsewhere_cannot_remove_it_and_is_led_to_another_in_every_tab(
    address: str, checkpoints: Path, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    page = open_page(f"{address}?seed=2")
    sha256 = add(page, make_checkpoint(tmp_path / "own", seed=5), "Mine")
    other = open_page(f"{address}?ck={sha256[:8]}&seed=2", locale="ja-JP")
    wait_for_name(other, "Mine · added")
    panel = open_panel(other)
    expect(panel.locator(".row-button", has_text="Mine")).to_be_visible()
    expect(panel.locator(".remove-own")).to_have_count(0)
    other.keyboard.press("Escape")
    alpha = other.evaluate("window.ganRace.list.default")
    other.evaluate("(hashes) => window.ganRace.compare(hashes)", [sha256, alpha])
    other.wait_for_selector(".compare .tile-grid figure:nth-child(2) img.tile")
    for tab in ("morph", "seeds"):
        show_tab(other, tab)
        expect(other.locator(f".{tab}-checkpoint")).to_have_value(sha256)
    show_tab(other, "explore")
    remove(page)
    expect(page.locator(".removed")).to_be_visible()
    other.keyboard.press("d")  # a seed that was not drawn ahead, of a checkpoint that it still believes in
    wait_for_name(other, "alpha")
    # The seed is the one before, where the request was refused, or the requested one: whichever the page ends at.
    other.wait_for_function(
        """(alpha) => {
            const { shown, seed } = window.ganRace;
            return shown.sha256 === alpha && seed.sha256 === alpha && shown.seed === seed.seed;
        }""",
        arg=alpha,
    )
    seed = other.evaluate("window.ganRace.shown.seed")
    assert looks_like(pixels_of(other, ".race .tile"), sheet_of(checkpoints / "alpha", seed))
    expect(other.locator(".left-words")).to_contain_text("「Mine · 追加」はここにはもうありません")
    for tab in ("seeds", "morph"):
        show_tab(other, tab)
        expect(other.locator(f".{tab}-checkpoint")).to_have_value(alpha)
    show_tab(other, "compare")
    expect(other.locator(".compare .absent")).to_contain_text(sha256[:8])
    expect(other.locator(".compare .tile-grid img.tile")).to_have_count(1)
    assert sha256 not in other.locator("select option").evaluate_all("(nodes) => nodes.map((node) => node.value)")
    said = ".race:is(.explore, .seeds, .morph, .compare) > .status:not([hidden])"
    assert other.locator(said).all_text_contents() == []


def test_where_it_was_all_that_was_compared_compare_begins_anew_and_sheets_follow(
    address: str, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    page = open_page(address)
    sha256 = add(page, make_checkpoint(tmp_path / "own", seed=5), "Mine")
    page.keyboard.press("Enter")
    wait_for_name(page, "Mine · added")
    page.evaluate("(hash) => window.ganRace.compare([hash, hash])", sha256)
    page.wait_for_selector(".compare .tile-grid figure:nth-child(2) img.tile")
    open_panel(page)
    remove(page)
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelectorAll('.compare .tile-grid figcaption').length === 2")
    expect(page.locator(".compare .absent")).to_be_hidden()
    expect(page.locator(".compare .tile-grid figcaption strong")).to_have_text(["1 · beta", "2 · alpha"])
    wait_for_name(page, "alpha")
    show_tab(page, "seeds")
    expect(page.locator(".seeds-checkpoint")).to_have_value(page.evaluate("window.ganRace.list.default"))
    again = add(page, tmp_path / "own", "Mine too")
    assert again == sha256
    page.keyboard.press("Enter")
    wait_for_name(page, "Mine too · added")
