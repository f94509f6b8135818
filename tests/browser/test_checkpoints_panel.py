"""The panel of checkpoints: searched, chosen, remembered; damaged ones are named and change nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import findings, looks_like, pixels_of, reload_with_list, sheet_of, too_wide, wait_for_tile
from training.recipes.presets import RECIPES

Open = Callable[..., Page]
pytestmark = pytest.mark.own_studio
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def give_recipe(folder: Path, **recipe: Any) -> None:
    """Write a recipe into the passport of a checkpoint."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["about"]["recipe"] = {"summary": "a made-up one", **recipe}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


@pytest.fixture
def checkpoints(checkpoints: Path) -> Path:
    """Return a folder with the usable alpha and beta, and with two that cannot be used."""
    give_recipe(checkpoints / "alpha", loss="hinge", augment=["color"], ema_images=10_000)
    give_recipe(checkpoints / "beta", loss="wasserstein", penalties=[["gradient", 10.0]])
    for name in ("cut", "torn"):
        (checkpoints / name).mkdir()
        (checkpoints / name / "config.json").write_bytes((checkpoints / "beta" / "config.json").read_bytes())
        weights = (checkpoints / "beta" / "model.safetensors").read_bytes()
        (checkpoints / name / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    return checkpoints


def open_panel(page: Page) -> Locator:
    page.locator(".head .chip").click()
    panel = page.get_by_role("dialog", name="Checkpoints")
    expect(panel).to_be_visible()
    return panel


def names(panel: Locator) -> list[str]:
    return panel.locator(".row-button strong").all_text_contents()


def test_a_checkpoint_is_found_by_its_trick_and_chosen_with_the_seed_that_was_there(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?seed=3")
    wait_for_tile(page, seed=3)
    panel = open_panel(page)
    assert names(panel) == ["alpha", "beta"]
    beta = panel.locator(".row-button", has_text="beta")
    expect(beta.locator(".trick")).to_have_text(["Wasserstein loss", "gradient penalty"])
    expect(beta).to_contain_text("1,002 images")
    page.wait_for_function("document.querySelector('.checkpoints .row-button img').naturalWidth > 0")
    search = panel.get_by_role("searchbox")
    for typed, wanted in (("HINGE diff", ["alpha"]), ("made-up", ["alpha", "beta"]), ("gradient", ["beta"])):
        search.fill(typed)
        assert names(panel) == wanted
    search.fill("nowhere")
    expect(panel).to_contain_text("Nothing here matches “nowhere”.")
    search.fill("penalty")
    search.press("Enter")
    expect(panel).to_be_hidden()
    page.wait_for_function("window.ganRace.shown.name === 'beta'")
    assert page.evaluate("window.ganRace.shown.seed") == 3
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "beta", 3))
    expect(page.locator(".explore select.checkpoint")).to_have_value(page.evaluate("window.ganRace.shown.sha256"))
    expect(page.locator(".head .chip")).to_contain_text("beta")


def test_everything_goes_by_keyboard_and_what_was_used_last_stands_on_top_after_a_reload(
    address: str, open_page: Open
) -> None:
    page = open_page(address)
    page.keyboard.press("p")
    panel = page.get_by_role("dialog", name="Checkpoints")
    expect(panel.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(panel.locator(".row-button", has_text="beta")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "window.ganRace.shown.name === 'beta' && location.search.includes(window.ganRace.shown.sha256.slice(0, 8))"
    )
    page.reload()
    wait_for_tile(page)
    page.keyboard.press("p")
    used = panel.locator(".recent-button")
    expect(used).to_have_count(2)
    assert [text.split()[0] for text in used.all_text_contents()] == ["beta", "alpha"]
    expect(used.first).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Checkpoints")


def test_what_is_no_checkpoint_in_the_browsers_store_is_passed_over(address: str, open_page: Open) -> None:
    page = open_page(address)
    page.evaluate("""localStorage.setItem('ganrace.recent', '[1, null, "x", {"sha256": 3}]')""")
    page.reload()
    wait_for_tile(page)
    panel = open_panel(page)
    assert names(panel) == ["alpha", "beta"]
    expect(panel.locator(".recent-button")).to_contain_text(["alpha"])


def test_damaged_checkpoints_are_named_with_their_reason_and_the_tile_stays(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(address)
    reload_with_list(page)  # it would find the damage first
    page.evaluate(
        """new Promise((done) => {
            document.addEventListener("race:list", () => done(), { once: true });
            document.querySelector(".head .chip").click();
        })"""
    )
    panel = page.get_by_role("dialog", name="Checkpoints")
    expect(panel.locator(".broken")).to_have_text(["✕ cut", "✕ torn"])
    expect(panel.locator(".why").first).to_contain_text("damaged")
    (checkpoints / "beta" / "model.safetensors").write_bytes(b"gone")
    panel.locator(".row-button", has_text="beta").click()
    expect(page.locator(".explore .status")).to_contain_text("is damaged")
    assert page.evaluate("window.ganRace.shown.name") == "alpha"
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "alpha", 0))
    expect(page.locator(".head .chip")).to_contain_text("alpha")
    expect(open_panel(page).locator(".broken")).to_have_text(["✕ beta", "✕ cut", "✕ torn"])


@pytest.mark.parametrize(("scheme", "locale"), [("light", "en-US"), ("dark", "ja-JP")])
def test_on_a_phone_nothing_is_too_small_too_wide_or_unreadable(
    address: str, open_page: Open, scheme: str, locale: str
) -> None:
    page = open_page(address, color_scheme=scheme, **{**PHONE, "locale": locale})
    chip = page.locator(".head .chip")
    box = chip.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    chip.click()
    panel = page.locator("dialog.checkpoints")
    expect(panel.locator(".broken")).to_have_count(2)
    assert too_wide(page) == []
    small = """(nodes) => nodes.filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44)
        .map((one) => one.outerHTML)"""
    assert panel.locator("button, input:not([type=file])").evaluate_all(small) == []
    assert findings(page) == []


def test_a_checkpoint_of_ones_own_is_added_and_chosen_and_a_pickle_is_refused(
    address: str, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    own = make_checkpoint(tmp_path / "own", seed=5)
    both = [own / "config.json", own / "model.safetensors"]
    (tmp_path / "weights.pt").write_bytes(b"PK\x03\x04 and so on")
    disguised = tmp_path / "disguised"
    disguised.mkdir()
    (disguised / "model.safetensors").write_bytes(b"PK\x03\x04" + bytes(100))
    page = open_page(f"{address}?seed=2")
    wait_for_tile(page, seed=2)
    panel = open_panel(page)
    panel.get_by_role("button", name="Add a checkpoint").click()
    expect(panel.locator(".add-files")).to_be_focused()
    expect(panel.locator(".add-drop")).to_be_in_viewport()
    files, status = panel.locator(".add-files"), panel.locator(".adding .status")
    for chosen, said in (
        ([tmp_path / "weights.pt"], "weights.pt may be a pickle, which can run code"),
        ([own / "config.json"], "exactly one config.json and one model.safetensors"),
        ([*both, write_card(tmp_path)], "README.md is neither"),
        ([both[0], disguised / "model.safetensors"], "is a pickle inside"),
    ):
        files.set_input_files(chosen)
        expect(status).to_contain_text(said)
    panel.locator(".add-drop").evaluate(
        """(node) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["x"], "model.CKPT"));
            node.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }"""
    )
    expect(status).to_contain_text("model.CKPT may be a pickle")
    panel.get_by_label("Name, if you like").fill("My <own> flowers")
    files.set_input_files(both)
    expect(status).to_contain_text("My own flowers · added (")
    row = panel.locator(".row-button", has_text="My own flowers")
    expect(row).to_contain_text("added here")
    expect(panel.get_by_role("button", name="Look", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_function("window.ganRace.shown.name === 'My own flowers · added'")
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(own, 2))
    expect(page.locator(".explore select.checkpoint")).to_have_value(page.evaluate("window.ganRace.shown.sha256"))
    page.wait_for_function("location.search.includes(window.ganRace.shown.sha256.slice(0, 8))")
    linked = open_page(page.url)
    assert linked.evaluate("window.ganRace.shown.name") == "My own flowers · added"


def test_an_added_checkpoint_is_named_by_recipe_and_images_and_compared_with_what_was_looked_at(
    address: str, checkpoints: Path, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    own = make_checkpoint(tmp_path / "own", seed=5)
    give_recipe(own, summary=RECIPES["wgan_gp"].summary)
    images = json.loads((own / "config.json").read_text(encoding="utf-8"))["about"]["images"]
    page = open_page(f"{address}?seed=2")
    wait_for_tile(page, seed=2)
    panel = open_panel(page)
    assert images == 1005
    panel.locator(".add-files").set_input_files([own / "config.json", own / "model.safetensors"])
    expect(panel.locator(".adding .status")).to_contain_text("wgan_gp-1k · added (")
    expect(panel.locator(".add-name")).to_have_value("")
    panel.get_by_role("button", name="Compare with mine").click()
    expect(panel).to_be_hidden()
    expect(page.locator(".compare .slots option:checked")).to_have_text(
        [re.compile("^alpha · "), re.compile("^wgan_gp-1k · ")]
    )
    expect(page.locator(".compare .tile-grid img.tile")).to_have_count(2)
    assert page.get_by_role("button", name="Add a checkpoint").count() == 0  # Compare adds a column
    page.get_by_role("button", name="Add a column").click()
    expect(page.locator(".compare .slots select")).to_have_count(3)


def test_adding_can_be_stopped_and_nothing_of_it_stays(
    address: str, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    own = make_checkpoint(tmp_path / "own", seed=5)
    page = open_page(address)
    panel = open_panel(page)
    stop = panel.get_by_role("button", name="Stop")
    expect(stop).to_be_hidden()
    held: list[Route] = []
    begins = re.compile("component_server")
    page.route(
        begins, lambda route: held.append(route) if "add_begin" in str(route.request.post_data) else route.continue_()
    )
    with page.expect_request(lambda request: "add_begin" in (request.post_data or "")):
        panel.locator(".add-files").set_input_files([own / "config.json", own / "model.safetensors"])
    stop.click()
    with page.expect_response(lambda response: "add_stop" in (response.request.post_data or "")) as told:
        held.pop().continue_()
    assert told.value.json() == {}
    expect(panel.locator(".adding .status")).to_have_text("Stopped; nothing of it was kept.")
    expect(stop).to_be_hidden()
    expect(panel.locator(".add-files")).to_be_enabled()
    assert names(panel) == ["alpha", "beta"]
    assert [path.name for path in (tmp_path / "state" / "added").rglob("*") if path.is_file()] == []


def test_a_proxy_that_takes_less_gets_smaller_pieces(
    address: str, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    own = make_checkpoint(tmp_path / "own", seed=5)
    page = open_page(address, quiet=False)
    panel = open_panel(page)
    sent: list[Route] = []

    def refuse_the_first(route: Route) -> None:
        sent.append(route)
        if len(sent) == 1:
            route.fulfill(status=413, body="<html>413 Request Entity Too Large</html>")
        else:
            route.continue_()

    page.route("**/race/uploads/**", refuse_the_first)
    panel.get_by_label("Name, if you like").fill("Mine")
    panel.locator(".add-files").set_input_files([own / "config.json", own / "model.safetensors"])
    expect(panel.locator(".adding .status")).to_contain_text("Mine · added (")
    assert len(sent) == 2
    assert {one.request.header_value("content-type") for one in sent} == {"application/octet-stream"}


def test_where_every_piece_is_refused_it_is_said_and_nothing_stays(
    address: str, tmp_path: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    own = make_checkpoint(tmp_path / "own", seed=5)
    page = open_page(address, quiet=False)
    panel = open_panel(page)
    page.route("**/race/uploads/**", lambda route: route.fulfill(status=413, body=""))
    with page.expect_response(lambda response: "add_stop" in (response.request.post_data or "")) as told:
        panel.locator(".add-files").set_input_files([own / "config.json", own / "model.safetensors"])
    assert told.value.json() == {}
    expect(panel.locator(".adding .status")).to_have_class(re.compile("failed"))
    expect(panel.locator(".add-files")).to_be_enabled()


def write_card(folder: Path) -> Path:
    (folder / "README.md").write_text("a card", encoding="utf-8")
    return folder / "README.md"


def give_score(folder: Path, kid: float, end: str) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["about"] |= {"metrics": {"network": "Testing Net", "kid": kid, "fakes": 1000}, "runtimes": [{"end": end}]}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def test_the_list_is_sorted_as_it_was_chosen_and_shows_what_it_is_sorted_by(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    give_score(checkpoints / "alpha", 2.25, "2024-05-01T00:00:00+00:00")
    give_score(checkpoints / "beta", 0.1333, "2023-05-01T00:00:00+00:00")
    page = open_page(address)
    reload_with_list(page)
    panel = open_panel(page)
    assert names(panel) == ["alpha", "beta"]  # by use: alpha is on the screen
    beta = panel.locator(".row-button", has_text="beta")
    expect(beta.locator(".facts-line")).to_contain_text(re.compile(r"1,002 images .* 2023 · KID 0\.133$"))
    expect(beta.locator(".kid")).to_have_attribute("title", re.compile("Testing Net.*lower is nearer"))
    sort = panel.get_by_label("Sorted by")
    sort.select_option("score")
    assert names(panel) == ["beta", "alpha"]
    page.reload()
    wait_for_tile(page)
    panel = open_panel(page)
    expect(sort).to_have_value("score")
    assert names(panel) == ["beta", "alpha"]
    sort.select_option("date")
    assert names(panel) == ["alpha", "beta"]


def test_a_row_leads_to_explore_and_to_compare(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3")
    wait_for_tile(page, seed=3)
    panel = open_panel(page)
    panel.get_by_role("button", name="Compare with beta").click()
    expect(panel).to_be_hidden()
    page.locator("#race-compare[data-mounted]").wait_for()
    expect(page.locator(".tile-grid figcaption strong")).to_have_text(["1 · alpha", "2 · beta"])
    panel = open_panel(page)
    panel.get_by_role("button", name="Compare with alpha").click()  # while Compare is open; beta was found for it
    expect(page.locator(".tile-grid figcaption strong")).to_have_text(["1 · beta", "2 · alpha"])
    panel = open_panel(page)
    panel.get_by_role("button", name="Look at beta").click()
    page.wait_for_function("window.ganRace.shown.name === 'beta' && window.ganRace.tab === 'explore'")
    assert page.evaluate("window.ganRace.shown.seed") == 3
