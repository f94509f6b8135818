"""What is shown is what the link restores, and what the header names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from studio.ui.texts.i18n import TEXTS
from tests.browser.conftest import HASHES, looks_like, open_options, pixels_of, sheet_of, wait_for_tile
from tests.browser.test_morph_page import TILE, slide
from training.core.checkpoint import file_sha256

Open = Callable[..., Page]
HASH = "(name) => window.ganRace.list.checkpoints.find((one) => one.name === name).sha256"
CHIP = ".head .chip"
FIRST = ".race.seeds .card"
CONTROLS = """[...document.querySelectorAll(".morph .controls :is(input, select, details)")].map(
    (one) => one.open ?? (["radio", "checkbox"].includes(one.type) ? one.checked : one.value))"""


def linked(page: Page) -> dict[str, str]:
    """Return what the link says that can be copied on this page."""
    whole = page.evaluate("window.ganRace.link.whole()")
    return {name: values[0] for name, values in parse_qs(urlsplit(whole).query).items()}


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    page.wait_for_function("(name) => window.ganRace.tab === name", arg=name.lower())


@pytest.mark.parametrize(
    ("first", "choice"),
    [
        ("compare", ".compare .next"),
        ("compare", ".compare .seed-form .seed"),
        ("seeds", ".race.seeds .range [type=submit]"),
        ("morph", ".morph .modes label:nth-of-type(3)"),
    ],
)
def test_a_psi_that_is_none_is_said_on_every_tab_and_nothing_is_drawn_until_something_is_chosen(
    address: str, open_page: Open, first: str, choice: str
) -> None:
    page = open_page(f"{address}?tab={first}&psi=1.5", tile=False)
    pictures = {"compare": ".tile-grid img", "seeds": f"{FIRST} img[src]", "morph": f"{TILE}[src]"}
    said = TEXTS["error_psi"][0].format(value="1.5")
    statuses = {name: page.locator(f".race.{name} .status").first for name in pictures}
    for name in (first, *pictures, first):
        open_tab(page, name.title())
        expect(statuses[name]).to_have_text(said)
        expect(page.locator(pictures[name])).to_have_count(0)
        assert linked(page)["psi"] == "1.5"
    page.locator(choice).press("Enter") if choice.endswith(".seed") else page.locator(choice).click()
    expect(page.locator(pictures[first]).first).to_be_visible()
    assert "psi" not in linked(page)
    for name in (*pictures, first):
        open_tab(page, name.title())
        expect(page.locator(pictures[name]).first).to_be_visible()
        expect(statuses[name]).to_be_hidden()
    open_tab(page, "Explore")
    expect(page.locator(".race.explore .tile[src]")).to_be_visible()
    expect(page.locator(".race.explore .status")).to_be_hidden()


@pytest.mark.parametrize(
    ("wrong", "told", "values", "unconcerned"),
    [
        ("seed=-1", "error_seed", {"value": "-1"}, "seeds"),
        ("ck=mine", "error_unknown_checkpoint", {"hash": "mine"}, "compare"),
    ],
)
def test_a_seed_or_a_checkpoint_that_is_none_is_said_on_every_tab_that_draws_it(
    address: str, open_page: Open, wrong: str, told: str, values: dict[str, str], unconcerned: str
) -> None:
    page = open_page(f"{address}?tab={unconcerned}&{wrong}", tile=False)
    pictures = {
        "explore": ".race.explore .tile[src]",
        "compare": ".tile-grid img",
        "seeds": f"{FIRST} img[src]",
        "morph": f"{TILE}[src]",
    }
    expect(page.locator(pictures.pop(unconcerned)).first).to_be_visible()
    for name, picture in pictures.items():
        open_tab(page, name.title())
        expect(page.locator(f".race.{name} .status").first).to_have_text(TEXTS[told][0].format(**values))
        expect(page.locator(picture)).to_have_count(0)
    open_tab(page, "Explore")
    page.get_by_role("button", name="Random").first.click()
    for name, picture in pictures.items():
        open_tab(page, name.title())
        expect(page.locator(picture).first).to_be_visible()
        expect(page.locator(f".race.{name} .status").first).to_be_hidden()


def test_a_hash_in_capitals_is_the_same_checkpoint(address: str, checkpoints: Path, open_page: Open) -> None:
    beta = file_sha256(checkpoints / "beta" / "model.safetensors")
    page = open_page(f"{address}?ck={beta[:8].upper()}&seed=3")
    wait_for_tile(page, seed=3)
    page.wait_for_function("(hash) => window.ganRace.link.get('ck') === hash", arg=beta[:8])
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "beta", 3))


def test_seeds_names_its_checkpoint_and_its_range_in_the_link_and_comes_back_to_them(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?psi=0.70001")
    beta = page.evaluate(HASH, "beta")
    open_tab(page, "Seeds")
    page.wait_for_selector(FIRST)
    assert linked(page).keys() == {"ck", "seed", "psi", "tab"}
    open_options(page)
    page.locator(".seeds-checkpoint").select_option(beta)
    page.locator(".race.seeds .start").fill("1000")
    page.locator(".race.seeds .count").select_option("96")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(CHIP)).to_contain_text("beta")
    said = {"ck": beta[:8], "seed": "0", "psi": "0.70001", "tab": "seeds", "start": "1000", "count": "96"}
    assert linked(page) == said
    other = open_page(page.evaluate("window.ganRace.link.whole()"), tile=False)
    card = other.locator(f"{FIRST}[data-seed='1000'] img[src]")
    expect(card).to_be_visible()
    expect(other.locator(FIRST)).to_have_count(96)
    expect(other.locator(".seeds-checkpoint")).to_have_value(beta)
    expect(other.locator(".progress-words")).to_contain_text("ψ 0.70001 · ")
    expect(other.locator(CHIP)).to_contain_text("beta")
    assert linked(other) == said


def test_a_link_in_which_a_mail_has_written_ampersands_as_html_is_read(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=7&amp;psi=0.5&amp;tab=export", tile=False)
    expect(page.locator(".export .export-caption")).to_contain_text("seed 7 · ψ 0.5")
    assert "amp;" not in page.url


def test_nonsense_about_a_sheet_is_passed_over_and_leaves_the_link(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=seeds&start=-5&count=1000000", tile=False)
    expect(page.locator(FIRST)).to_have_count(24)
    expect(page.locator(FIRST).first).to_have_attribute("data-seed", "0")
    assert not {"start", "count"} & linked(page).keys()


def test_where_the_checkpoint_of_the_link_is_not_there_no_sheet_and_no_morph_is_shown(
    address: str, open_page: Open
) -> None:
    page = open_page(f"{address}?tab=seeds&ck=0123abcd", tile=False)
    expect(page.locator(".race.seeds .status")).to_contain_text("Checkpoint 0123abcd is not here")
    expect(page.locator(f"{FIRST}.failed, {FIRST} img[src]")).to_have_count(0)
    expect(page.locator(CHIP)).to_have_text(re.compile("Checkpoints"))
    open_tab(page, "Morph")
    expect(page.locator(".morph-status")).to_contain_text("Checkpoint 0123abcd is not here")
    expect(page.locator(f"{TILE}[src]")).to_have_count(0)
    assert linked(page)["ck"] == "0123abcd"
    expect(page.locator(".morph-checkpoint option:checked")).to_have_text("0123abcd is not here")
    page.locator(".morph-checkpoint").select_option(value=page.evaluate("window.ganRace.list.default"))
    expect(page.locator(f"{TILE}[src]")).to_have_count(1)
    expect(page.locator(".morph-checkpoint option")).to_have_count(2)


def test_morphs_checkpoint_is_the_one_of_the_header_the_link_and_every_other_tab(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=3&tab=morph", tile=False)
    expect(page.locator(".morph .badge")).to_be_visible()
    expect(page.locator(CHIP)).to_contain_text("alpha")
    page.locator(".morph .seed-a").fill("7")
    page.locator(".morph .seed-a").press("Enter")
    beta = page.evaluate(HASH, "beta")
    page.locator(".morph-checkpoint").select_option(beta)
    expect(page.locator(CHIP)).to_contain_text("beta")
    assert linked(page)["ck"] == beta[:8]
    expect(page.locator(".morph .seed-a")).to_have_value("7")
    expect(page.locator(".morph-caption")).to_contain_text("beta")
    open_tab(page, "Explore")
    wait_for_tile(page, seed=3)
    page.wait_for_function("(beta) => window.ganRace.shown.sha256 === beta", arg=beta)
    assert looks_like(pixels_of(page, ".race.explore .tile"), sheet_of(checkpoints / "beta", 3))
    expect(page.locator(CHIP)).to_contain_text("beta")


def test_a_link_to_morph_restores_the_pair_the_place_the_way_and_psi(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=3&tab=morph", tile=False)
    expect(page.locator(".morph .badge")).to_be_visible()
    page.locator(".morph .seed-a").fill("7")
    page.locator(".morph .seed-b").fill("4294967295")
    page.locator(".morph .seed-b").press("Enter")
    page.locator(".morph .way").select_option("lerp")
    slide(page, ".morph .psi", 0.7)
    slide(page, ".morph .position", 0.125)
    said = linked(page)
    assert (said["morph"], said["psi"]) == ("7,4294967295,0.125,lerp", "0.7")
    words = "0.125 of the way from seed 7 to seed 4294967295 (lerp) · ψ 0.7 · alpha"
    expect(page.locator(".morph-caption")).to_contain_text(words)
    other = open_page(page.evaluate("window.ganRace.link.whole()"), tile=False)
    expect(other.locator(".morph-caption")).to_contain_text(words)
    assert linked(other) == said
    open_tab(other, "Explore")
    wait_for_tile(other, seed=3)
    assert linked(other).keys() == {"ck", "seed", "psi"}
    open_tab(other, "Morph")
    assert linked(other) == said


@pytest.fixture(scope="module")
def styled(
    tmp_path_factory: pytest.TempPathFactory, make_checkpoint: Callable[..., Path], serve_all: Callable[[Path], str]
) -> str:
    folder = tmp_path_factory.mktemp("styled")
    make_checkpoint(folder / "one", network="stylegan2")
    return serve_all(folder)


def walk_openly(page: Page) -> None:
    page.locator(".morph .modes label").nth(1).click()
    page.locator(".morph .new-stop").fill("9")
    page.locator(".morph .new-stop").press("Enter")
    page.get_by_label("Closed loop, back to the first seed").uncheck()
    page.locator(".morph .way").select_option("lerp")
    slide(page, ".morph .position", 1.25)


def pull_on_the_pad(page: Page) -> None:
    page.locator(".morph .modes label").nth(2).click()
    page.locator(".morph .pad").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".morph .directions summary").click()
    page.locator(".morph .method").select_option("pca")
    slide(page, ".morph .amounts label:nth-child(2) input", -1.5)


def mix_styles(page: Page) -> None:
    slide(page, ".morph .position", 0)
    page.locator(".morph .mixing summary").click()
    page.get_by_label("Take the later styles of another seed").check()
    page.locator(".morph .mix-from").select_option("2")


@pytest.mark.parametrize(
    ("act", "said", "words"),
    [
        (walk_openly, "walk,lerp,open,1.25,3,4,9", "0.250 of the way from seed 4 to seed 9 (lerp)"),
        (pull_on_the_pad, "pad,0.55,0.5,3,4,5,6_pca,0,-1.5,0,0,0,0,0,0", "PCA 2: -1.5 σ"),
        (mix_styles, "3,4,0,slerp_mix,4,2", "seed 3, style 3 of seed 4"),
    ],
)
def test_a_link_to_morph_restores_a_walk_the_pad_directions_and_styles(
    styled: str, open_page: Open, act: Callable[[Page], None], said: str, words: str
) -> None:
    page = open_page(f"{styled}?seed=3&tab=morph", tile=False)
    expect(page.locator(".morph .badge")).to_be_visible()
    act(page)
    assert linked(page)["morph"] == said
    expect(page.locator(".morph-caption")).to_contain_text(words)
    expect(page.locator(".morph .badge")).to_contain_text("Not submittable")
    other = open_page(page.evaluate("window.ganRace.link.whole()"), tile=False)
    expect(other.locator(".morph-caption")).to_contain_text(words)
    expect(other.locator(".morph .badge")).to_have_text(page.locator(".morph .badge").inner_text())
    assert other.evaluate(HASHES, TILE) == page.evaluate(HASHES, TILE)
    assert other.evaluate(CONTROLS) == page.evaluate(CONTROLS)
    assert linked(other)["morph"] == said


def test_styles_of_a_link_are_left_out_where_the_generator_has_none(address: str, open_page: Open) -> None:
    page = open_page(address)
    held: list[Route] = []
    page.route(
        "**/component_server**",
        lambda route: held.append(route) if '"show"' in (route.request.post_data or "") else route.continue_(),
    )
    page.goto(f"{address}?seed=3&tab=morph&morph=3,4,0,slerp_mix,4,1")
    expect(page.locator(".morph .badge")).to_contain_text("Seed 3 · Submittable")  # before Explore has read the link
    assert page.evaluate("window.ganRace.seed.sha256") is None
    for route in held:
        route.continue_()
    page.wait_for_function("window.ganRace.seed.sha256 !== null")
    page.wait_for_timeout(300)
    expect(page.locator(".morph .badge")).to_contain_text("Seed 3 · Submittable")
    assert linked(page)["morph"] == "3,4,0,slerp"
    expect(page.locator(".morph-status")).to_be_hidden()


def test_an_empty_walk_is_in_no_link_and_promises_no_tile(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3&tab=morph", tile=False)
    expect(page.locator(".morph .badge")).to_be_visible()
    page.locator(".morph .modes label").nth(1).click()
    page.locator(".morph .stops button:last-child").first.click()
    page.locator(".morph .stops button:last-child").first.click()
    assert "morph" not in linked(page)
    expect(page.locator(".morph .badge")).not_to_contain_text("the tile follows")
    expect(page.locator(".morph .strip")).to_be_hidden()
    page.locator(".morph .new-stop").fill("4")
    page.locator(".morph .new-stop").press("Enter")
    expect(page.locator(".morph .strip")).to_be_visible()
    expect(page.locator(".morph .badge")).to_contain_text("Seed 4 · Submittable")


@pytest.mark.parametrize(
    "said",
    [
        *("7", "7,8,0.5", "7,8,1.5,slerp", "7,-1,0.5,slerp", "7,8,0.5,bend", "7,8,0.5,lerp,9"),
        *("walk,lerp,closed,0.5", "walk,lerp,closed,-1,7,8", "walk,lerp,round,1,7,8", "walk,lerp,open,1,7,x"),
        "walk,lerp,open,1," + ",".join(map(str, range(13))),
        *("pad,0.5,0.5,1,2,3", "pad,0.5,2,1,2,3,4", "pad"),
        *("7,8,0.5,lerp_sefa,1", "7,8,0.5,lerp_sefa,4,0,0,0,0,0,0,0", "7,8,0.5,lerp_constructor,0,0,0,0,0,0,0,0"),
        *("7,8,0.5,lerp_mix,1", "7,8,0.5,lerp_mix,1,-1", "7,8,0.5,lerp_mix,1,0.5", "7,8,0.5,lerp_", "_sefa,1"),
    ],
)
def test_nonsense_about_a_place_is_passed_over(address: str, open_page: Open, said: str) -> None:
    page = open_page(f"{address}?seed=3&tab=morph&morph={said}", tile=False)
    expect(page.locator(".morph-caption")).to_contain_text("0.500 of the way from seed 3 to seed 4 (slerp)")
    assert linked(page)["morph"] == "3,4,0.5,slerp"
