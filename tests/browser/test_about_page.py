"""The About tab in a browser: scores, glossary, what it says of the program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from studio.ui.about.glossary import GLOSSARY
from studio.ui.texts.i18n import TEXTS
from tests.browser.conftest import PHONE, too_wide, wait_for_tile
from tests.browser.test_page import small_targets

Open = Callable[..., Page]
SQUEEZE, INCEPTION = "SqueezeNet 1.1", "InceptionV3"


@pytest.fixture(scope="module")
def scored(more_checkpoints: Path, make_checkpoint: Callable[..., Path], serve_all: Callable[[Path], str]) -> str:
    """Return the address of a studio of which some checkpoints have scores, of two networks, one like a recipe."""
    make_checkpoint(more_checkpoints / "lecam", seed=3, network="dcgan")
    give_scores(more_checkpoints / "alpha", [scores(2.5), scores(0.75, network=INCEPTION)])
    give_scores(more_checkpoints / "beta", [scores(1.25, fakes=500)])
    give_scores(more_checkpoints / "lecam", [scores(3.5)], pretrained="EfficientNet-Lite0")
    return serve_all(more_checkpoints)


def scores(kid: float, network: str = SQUEEZE, fakes: int = 1000) -> dict[str, Any]:
    return {"network": network, "fakes": fakes, "reals": 6000, "kid": kid, "kid_spread": 0.0421, "fid": 424.1}


def give_scores(folder: Path, metrics: list[dict[str, Any]], **about: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["about"] |= {"metrics": metrics, "seconds": 420, **about}
    (folder / "config.json").write_text(json.dumps(config))


def rows(page: Page, board: int) -> list[list[str]]:
    """Return the words of each row of a table."""
    table = page.locator(".about .board").nth(board).get_by_role("table")
    return [row.inner_text().split("\t") for row in table.get_by_role("row").all()]


def test_each_network_has_a_table_by_kid_with_few_pictures_greyed_below(scored: str, open_page: Open) -> None:
    page = open_page(f"{scored}?tab=about", tile=False)
    expect(page.locator(".about .board")).to_have_count(2)
    assert page.locator(".about .board h3").all_inner_texts() == [SQUEEZE, INCEPTION]
    table = rows(page, 0)
    assert table[0] == ["Checkpoint", "KID", "FID", "Drawn / real", "Images seen", "Minutes"]
    assert [row[0] for row in table[1:]] == ["alpha", "lecam ImageNet", "beta"]
    assert table[1][1:] == ["2.5000 ± 0.0421", "424.10", "1,000 / 6,000", "1,001", "7"]
    few = page.locator(".about tr.few")
    expect(few).to_have_count(1)
    expect(few).to_contain_text("beta")
    expect(page.locator(".about .board").first).to_contain_text("fewer than 1,000")
    expect(page.locator(".about .board").first).to_contain_text("EfficientNet-Lite0")
    expect(page.locator(".about")).to_contain_text("A metric is not the eye")


@pytest.mark.own_studio
def test_a_spectrum_has_columns_where_a_benchmark_measured_one(
    checkpoints: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    spectrum = {f"band_{number}": number / 2 for number in range(1, 6)} | {"period_2": 36.88, "period_4": 10.0}
    give_scores(checkpoints / "alpha", [scores(2.5) | spectrum, scores(0.75, network=INCEPTION)])
    give_scores(checkpoints / "beta", [scores(3.5)])
    page = open_page(f"{serve(checkpoints)}?tab=about", tile=False)
    expect(page.locator(".about .board")).to_have_count(2)
    head, first, second = rows(page, 0)
    assert head[1:5] == ["KID", "FID", "Power in five bands", "Grids of 2 / 4 px"]
    assert first[3:5] == ["0.50 1.00 1.50 2.00 2.50", "36.9 / 10.0"]
    assert second[3:5] == ["–", "–"]
    assert "Power in five bands" not in rows(page, 1)[0]
    expect(page.locator(".about .board").first).to_contain_text("1 is alike")
    assert page.evaluate("getComputedStyle(document.querySelector('.about td.bands')).whiteSpace") == "nowrap"
    page.evaluate("window.ganRace.setLanguage('ja')")
    for width in (1280, 1100, 700, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert (width, too_wide(page)) == (width, [])


def test_a_name_in_a_table_opens_the_tile_at_the_present_seed(scored: str, open_page: Open) -> None:
    page = open_page(f"{scored}?seed=4")
    wait_for_tile(page, seed=4)
    page.evaluate("window.ganRace.openTab('about')")
    page.locator(".about table .open", has_text="lecam").click()
    expect(page.locator(".explore")).to_be_visible()
    page.wait_for_function("window.ganRace.shown?.name === 'lecam' && window.ganRace.shown.seed === 4")


def test_the_glossary_is_searched_in_both_languages_from_the_keyboard(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.get_by_role("tab", name="About").click()
    expect(page.locator(".about .tricks li")).to_have_count(len(GLOSSARY))
    page.keyboard.press("/")
    expect(page.locator(".about .search")).to_be_focused()
    page.keyboard.type("Penalties R1 lazy")
    expect(page.locator(".about .tricks li h3")).to_have_text(["R1 penalty arXiv:1801.04406"])
    expect(page.locator(".about .found")).to_have_text(f"1 of {len(GLOSSARY)}")
    page.locator("button.language").click()
    page.locator(".about .search").fill("丸暗記")
    names = [trick.name[1] for trick in GLOSSARY if "丸暗記" in f"{trick.does[1]}{trick.look[1]}"]
    assert len(names) >= 2
    expect(page.locator(".about .tricks li")).to_have_count(len(names))
    assert [text.split(" arXiv")[0] for text in page.locator(".about .tricks h3").all_inner_texts()] == names
    page.locator(".about .search").fill("<b>nothing</b>")
    expect(page.locator(".about .found")).to_have_text(TEXTS["about_found_none"][1])


def test_a_recipe_of_which_a_checkpoint_is_here_leads_to_its_tile(scored: str, open_page: Open) -> None:
    page = open_page(scored)
    page.evaluate("window.ganRace.openTab('about')")
    page.locator(".about .search").fill("2104.03310")
    page.locator(".about .tricks .open").click()
    page.wait_for_function("window.ganRace.shown?.name === 'lecam'")
    page.evaluate("window.ganRace.openTab('about')")
    page.locator(".about .search").fill("1703.10717")
    expect(page.locator(".about .recipes code")).to_have_text("began")
    expect(page.locator(".about .tricks .open")).to_have_count(0)


def test_on_a_phone_rows_are_cards_and_groups_are_closed(scored: str, open_page: Open) -> None:
    page = open_page(f"{scored}?tab=about", tile=False, locale="ja-JP", **PHONE)
    expect(page.locator(".about .board")).to_have_count(2)
    assert too_wide(page) == []
    widths = page.locator(".about table").evaluate_all("(nodes) => nodes.map((node) => node.scrollWidth)")
    assert max(widths) <= 390
    assert small_targets(page) == []
    assert page.locator(".about tbody td.kid").first.evaluate("(node) => getComputedStyle(node, '::before').content")
    expect(page.locator(".about .tricks li").first).to_be_hidden()
    page.locator(".about summary").first.click()
    expect(page.locator(".about .tricks li").first).to_be_visible()
    page.locator("button.language").click()
    expect(page.locator(".about .tricks li").first).to_be_visible()
    assert too_wide(page) == []


def test_without_scores_the_page_says_how_to_get_some_and_names_the_versions(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=about", tile=False)
    expect(page.locator(".about .boards")).to_contain_text("python -m training ladder")
    for word in ("Python", "PyTorch", "Gradio", "CPU"):
        expect(page.locator(".about .versions")).to_contain_text(word)
    expect(page.locator(".about")).to_contain_text("MIT")
    expect(page.locator(".about .errors")).to_contain_text("demo.last_errors()")
