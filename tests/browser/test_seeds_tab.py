from __future__ import annotations

import base64
import io
import json
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, Request, Response, Route, expect

from studio.exploration.seed_ranking import usual_of
from studio.exploration.seed_sheets import Look, Network, Sheets
from studio.rendering import renderer as render
from studio.rendering.renderer import Priority, Renderer, RenderRequest
from studio.rendering.scheduler import BusyError
from studio.ui.seeds import tab as seeds
from tests.browser.conftest import PHONE, looks_like, open_options, pixels_of, sheet_of, too_wide, wait_for_tile
from tests.pace import slowness
from training.core.pixels import NotFiniteError

Open = Callable[..., Page]
DRAWN = "(count) => document.querySelectorAll('.race.seeds .card img[src]').length >= count"
CURRENT = "() => Number(document.querySelector('.race.seeds .card.current').dataset.seed)"
TOPS = "nodes => nodes.map((node) => node.getBoundingClientRect().top)"
SCORES = """() => [...document.querySelectorAll(".race.seeds .card")].map((card) => {
    card.focus();
    return document.querySelector(".ranking-facts dd").textContent;
})"""
MARKS = "() => Object.values(JSON.parse(localStorage.getItem('ganrace.marks')))[0]"


def open_seeds(open_page: Open, address: str, count: int = 24, **options: Any) -> Page:
    page = open_page(f"{address}?tab=seeds", tile=False, **options)
    page.wait_for_selector(".race.seeds .card")
    page.wait_for_function(DRAWN, arg=count)
    return page


@pytest.mark.perf
@pytest.mark.own_studio
def test_tiles_stream_in_the_first_within_a_second_and_are_the_seeds_tiles(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(address)
    start = time.monotonic()
    page.get_by_role("tab", name="Seeds").click()
    page.wait_for_function(DRAWN, arg=1)
    assert time.monotonic() - start < 1.0 * slowness()
    page.wait_for_function(DRAWN, arg=24)
    for seed in (0, 23):
        shown = pixels_of(page, f".race.seeds .card[data-seed='{seed}'] img")
        assert looks_like(shown, sheet_of(checkpoints / "alpha", seed))
    expect(page.locator(".progress-words")).to_contain_text("24 of 24")
    expect(page.locator(".progress-words")).to_contain_text("24 seeds of this checkpoint looked at")


def test_keys_move_keep_drop_star_and_open(address: str, checkpoints: Path, open_page: Open) -> None:
    page = open_seeds(open_page, address)
    page.keyboard.press("3")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(CURRENT) == 4
    page.keyboard.press("k")
    page.keyboard.press("x")
    page.keyboard.press("f")
    assert page.evaluate(MARKS) == {"4": "keep", "5": "drop"}
    assert page.evaluate(CURRENT) == 6
    for left, current in (({"4": "keep"}, 5), ({}, 4), ({}, 4)):
        page.keyboard.press("z")
        assert page.evaluate(MARKS) == left
        assert page.evaluate(CURRENT) == current
    page.keyboard.press("k")
    page.keyboard.press("x")
    assert page.evaluate("window.ganRace.favourites.all().map((one) => [one.seed, one.thumb !== null])") == [[6, True]]
    expect(page.locator(".card[data-seed='6']")).to_have_attribute("aria-label", "Tile of seed 6, starred")
    page.locator(".filter").click()
    page.locator(".filter").select_option("kept")
    assert page.locator(".race.seeds .card").evaluate_all("cards => cards.map(card => card.dataset.seed)") == ["4"]
    page.locator(".filter").select_option("all")
    page.keyboard.press("Enter")
    wait_for_tile(page, seed=4)
    assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "alpha", 4))


def test_the_ranking_orders_whole_seeds_and_warns(address: str, open_page: Open) -> None:
    page = open_seeds(open_page, address)
    open_options(page)
    page.locator(".ranking summary").click()
    expect(page.locator(".ranking .warning")).to_contain_text("A number is not the eye")
    expect(page.locator(".ranking-words")).to_contain_text("24 seeds")
    assert page.locator(".histogram span").count() == 12
    page.locator(".order").select_option("score")
    captions = page.locator(".race.seeds .card-caption").all_inner_texts()
    assert all(re.fullmatch(r"\d+", caption) for caption in captions)  # a score without its name says nothing
    totals = [float(score.split(" (")[0]) for score in page.evaluate(SCORES)]
    assert totals == sorted(totals, reverse=True)
    assert len(set(totals)) > 5
    expect(page.locator(".ranking-facts")).to_contain_text("no real pictures given")
    page.locator(".outline").check()
    assert page.locator(".card[data-seed='3'] .marks span").count() == 5
    expect(page.locator(".outline-words")).to_contain_text("by colour, brightness and edges")
    expect(page.locator(".outline-words")).to_contain_text("A metric is not the eye")
    assert re.search(r"· diversity \d+\.\d\d$", page.locator(".card[data-seed='3'] .card-caption").inner_text())
    label = page.locator(".card[data-seed='3']").get_attribute("aria-label") or ""
    assert re.search(r"weakest pictures (\d+, ){4}\d+", label)
    assert page.evaluate("document.querySelectorAll('.card[data-mark=keep], .card[data-mark=drop]').length") == 0


def test_the_best_of_the_ranking_can_be_shown_alone_with_the_warning_and_nothing_is_chosen(
    checkpoints: Path, serve: Callable[[Path], str], open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeds, "COUNTS", (30,))
    page = open_seeds(open_page, serve(checkpoints), 2)
    expect(page.locator(".ranking .warning")).to_be_hidden()
    page.locator(".filter").select_option("best")
    expect(page.locator(".ranking .warning")).to_contain_text("A number is not the eye")
    expect(page.locator(".progress-words")).to_contain_text("30 of 30")
    expect(page.locator(".ranking-words")).to_contain_text("30 seeds")
    expect(page.locator(".histogram")).to_be_visible()
    shown = page.locator(".race.seeds .card").evaluate_all("cards => cards.map(card => card.dataset.seed)")
    page.locator(".filter").select_option("all")
    page.locator(".order").select_option("score")
    ranked = page.locator(".race.seeds .card").evaluate_all("cards => cards.map(card => card.dataset.seed)")
    assert shown == sorted(ranked[:24], key=int)
    assert page.evaluate("localStorage.getItem('ganrace.marks')") is None


@pytest.mark.own_studio
def test_a_seed_that_cannot_be_drawn_is_a_grey_card_the_page_goes_on_and_tries_it_again_when_asked(
    address: str, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, broken = Sheets.look, {3}

    async def fail_at_three(sheets: Sheets, request: RenderRequest, *arguments: Any, **options: Any) -> Look:
        if request.seed in broken:
            raise NotFiniteError
        return await look(sheets, request, *arguments, **options)

    monkeypatch.setattr(Sheets, "look", fail_at_three)
    page = open_seeds(open_page, address, 23)
    card = page.locator(".race.seeds .card[data-seed='3']")
    expect(card).to_have_attribute("aria-label", "Tile of seed 3, could not be drawn")
    expect(card.locator(".card-caption")).to_have_text("3 · could not be drawn")
    assert "repeating-linear-gradient" in card.locator(".frame").evaluate("frame => getComputedStyle(frame).background")
    expect(page.locator(".progress-words")).to_contain_text("23 of 24")
    expect(page.locator(".halt")).to_have_text("Go on")
    expect(page.locator(".race.seeds .status")).to_be_visible()
    page.keyboard.press("k")
    assert page.evaluate(MARKS) == {"0": "keep"}
    broken.clear()
    page.locator(".halt").click()
    page.wait_for_function(DRAWN, arg=24)
    expect(card).to_have_attribute("aria-label", "Tile of seed 3")
    expect(page.locator(".halt")).to_be_hidden()
    expect(page.locator(".race.seeds .status")).to_be_hidden()


@pytest.mark.parametrize("lost", ["component_server", "component_server|race/alive"])
def test_the_sheet_comes_whole_by_itself_after_the_program_did_not_answer_for_a_while(
    address: str, open_page: Open, lost: str
) -> None:
    page = open_page(address, quiet=False)
    page.get_by_role("tab", name="Seeds").click()
    page.wait_for_function(DRAWN, arg=2)
    failed: list[str] = []

    def lose(route: Route) -> None:
        failed.append(route.request.url)
        route.abort()

    page.route(re.compile(lost), lose)
    page.get_by_role("button", name="Next seeds").click()
    status = page.locator(".race.seeds .status")
    expect(status).to_contain_text("does not answer")
    expect(page.locator(".race.seeds .card.failed")).to_have_count(0)
    expect(page.locator(".halt")).to_have_text("Stop")
    page.wait_for_event("requestfailed")  # it is asked again
    page.unroute_all()
    expect(page.locator(".progress-words")).to_contain_text("24 of 24")
    expect(status).to_be_hidden()
    assert len(failed) > 2


@pytest.mark.own_studio
def test_a_program_that_draws_for_others_is_asked_again_and_marks_no_card(
    address: str, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, refusals = Sheets.look, iter(range(4))

    async def refuse_at_first(sheets: Sheets, *arguments: Any, **options: Any) -> Look:
        if next(refusals, None) is not None:
            raise BusyError
        return await look(sheets, *arguments, **options)

    monkeypatch.setattr(Sheets, "look", refuse_at_first)
    page = open_page(f"{address}?tab=seeds", tile=False)
    status = page.locator(".race.seeds .status")
    expect(status).to_contain_text("Many tiles are being drawn for others")
    expect(page.locator(".progress-words")).to_contain_text("24 of 24")
    expect(page.locator(".race.seeds .card.failed")).to_have_count(0)
    expect(status).to_be_hidden()


def test_a_network_ranks_when_it_is_asked_to_and_is_named(
    checkpoints: Path, tmp_path: Path, serve: Callable[..., str], open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    reals = torch.rand(200, 3, generator=torch.Generator().manual_seed(0)) * 255
    may_see = threading.Event()

    def see(cells: torch.Tensor) -> torch.Tensor:
        assert may_see.wait(20)
        return cells.float().mean(dim=(2, 3))

    network = Network("Testing Net", see, usual_of(reals))
    monkeypatch.setattr(seeds, "_network", lambda studio: network)
    monkeypatch.setattr(seeds, "_is_network_at_hand", lambda: True)
    page = open_seeds(open_page, serve(checkpoints, tmp_path / "real"))
    open_options(page)
    page.locator(".ranking summary").click()
    expect(page.locator(".ranking-words")).to_contain_text("24 seeds, relative to one another, by colour")
    expect(page.locator(".ranking-facts")).to_contain_text("only the network's ranking measures it")
    page.locator(".see").click()
    expect(page.locator(".see-words")).to_contain_text("It begins to look")
    page.get_by_role("tab", name="Explore").click()
    may_see.set()
    page.get_by_role("tab", name="Seeds").click()  # it looks on
    expect(page.locator(".ranking-words")).to_contain_text("by features of Testing Net")
    expect(page.locator(".see")).to_contain_text("Back to colour")
    expect(page.locator(".ranking-words")).to_contain_text("24 seeds")
    expect(page.locator(".ranking-facts dd").last).to_have_text(re.compile(r"^\d+\.\d\d$"))
    page.locator(".see").click()
    expect(page.locator(".ranking-words")).to_contain_text("by colour, brightness and edges")


def test_another_tab_stops_the_stream_and_coming_back_goes_on(
    tmp_path: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    make_checkpoint(tmp_path / "slow" / "large", network="dcgan", side=128)
    page = open_seeds(open_page, serve(tmp_path / "slow"), 2)
    page.get_by_role("tab", name="Explore").click()
    wait_for_tile(page)
    page.keyboard.press("r")
    wait_for_tile(page, seed=1)
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.post_data or "") if "component_server" in request.url else None
    )
    page.wait_for_timeout(600)
    assert not [body for body in asked if '"worker"' in body]
    page.get_by_role("tab", name="Seeds").click()
    page.wait_for_function(DRAWN, arg=4)


def test_a_sheet_can_be_stopped_and_go_on_and_a_new_one_streams_again(
    tmp_path: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    make_checkpoint(tmp_path / "slow" / "large", network="dcgan", side=128)
    page = open_seeds(open_page, serve(tmp_path / "slow"), 1)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_timeout(600)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.get_by_role("tab", name="Explore").click()
    page.get_by_role("tab", name="Seeds").click()
    page.keyboard.press("2")
    page.wait_for_timeout(300)
    assert not [body for body in asked if '"worker"' in body]
    page.keyboard.press("4")
    drawn = page.locator(".race.seeds .card img[src]").count()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_function(DRAWN, arg=drawn + 1)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Next seeds").click()
    page.wait_for_function(DRAWN, arg=1)
    expect(page.locator(".halt")).to_have_text("Stop")


def test_a_knockout_leads_to_one_seed_in_the_decisions_it_promises(address: str, open_page: Open) -> None:
    page = open_seeds(open_page, address)
    for key in "kkkkx":
        page.keyboard.press(key)
    page.get_by_role("button", name="Knockout").click()
    words = page.locator(".knockout-words")
    expect(words).to_contain_text("4 of 4 tiles are in; at most 3 decisions to go")
    expect(page.locator(".who")).to_have_text(
        "Those of this checkpoint that you kept (4) or starred (0) take part; 20 others stay out."
    )
    page.keyboard.press("ArrowLeft")
    expect(words).to_contain_text("3 of 4")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".undo")).to_be_enabled()
    expect(words).to_contain_text("3 of 4")
    page.keyboard.press("z")
    page.keyboard.press("z")
    expect(words).to_contain_text("4 of 4 tiles are in; at most 3")
    for remaining in ("2 decisions", "1 decision"):
        page.keyboard.press("ArrowRight")
        expect(words).to_contain_text(f"at most {remaining} to go, if one stays each time")
    page.keyboard.press("ArrowUp")
    expect(page.locator("body > .race .spoken[role=status]")).to_have_text("One must stay here.")
    page.keyboard.press("2")
    expect(words).to_have_text(re.compile(r"Seed \d is left\."))
    winner = int(re.findall(r"\d", words.inner_text())[0])
    page.keyboard.press("Enter")
    wait_for_tile(page, seed=winner)


def test_among_many_rivals_keys_pick_the_first_ten_and_a_ring_reaches_all(
    checkpoints: Path, serve: Callable[[Path], str], open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeds, "COUNTS", (240,))
    page = open_seeds(open_page, serve(checkpoints), 1)
    page.get_by_role("button", name="Knockout").click()
    rivals, words = page.locator(".rival"), page.locator(".knockout-words")
    expect(rivals.locator("kbd")).to_have_text([*"1234567890"])
    expect(rivals).to_have_count(17)
    expect(page.locator(".who")).to_contain_text("All 240 that are not dropped take part")
    decided: list[list[list[int]]] = []

    def note(request: Request) -> None:
        if "decisions" in (request.post_data or ""):
            decided.append(json.loads(request.post_data or "")["data"]["decisions"])

    page.on("request", note)
    page.keyboard.press("0")
    expect(words).to_contain_text("224 of 240")
    page.keyboard.press("Enter")
    for key in ["ArrowRight"] * 13 + ["ArrowLeft"]:
        page.keyboard.press(key)
    expect(rivals.nth(11)).to_be_focused()
    assert rivals.nth(11).evaluate("rival => getComputedStyle(rival).outlineWidth") == "4px"
    page.keyboard.press("Enter")
    expect(words).to_contain_text("208 of 240")
    assert decided[-1] == [[9], [17 + 11]]


def test_what_was_kept_on_several_sheets_meets_in_a_knockout_that_goes_on_after_a_reload(
    address: str, open_page: Open
) -> None:
    page = open_seeds(open_page, address)
    page.keyboard.press("k")
    page.locator(".race.seeds .count").select_option("96")
    page.get_by_role("button", name="Next seeds").click()
    expect(page.locator(".race.seeds .card")).to_have_count(96)
    expect(page.locator(".progress-words")).to_contain_text("· 0 kept")
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(page.locator(".progress-words")).to_contain_text("· 2 kept")
    page.get_by_role("button", name="Knockout").click()
    words = page.locator(".knockout-words")
    expect(words).to_contain_text("3 of 3 tiles are in")
    shown = page.locator(".rival").evaluate_all("rivals => rivals.map((rival) => Number(rival.dataset.seed))")
    assert set(shown) < {0, 24, 25}
    page.keyboard.press("1")
    expect(words).to_contain_text("2 of 3")
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_function(DRAWN, arg=1)
    page.get_by_role("button", name="Knockout").click()
    expect(words).to_contain_text("2 of 3")
    page.keyboard.press("2")
    expect(words).to_contain_text("is left")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Knockout").click()
    expect(words).to_contain_text("3 of 3")


def test_what_was_kept_or_starred_is_shown_of_all_sheets_and_all_shows_the_sheet_again(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_seeds(open_page, address)
    page.keyboard.press("k")
    page.evaluate("ganRace.favourites.toggle({ ...ganRace.seed, seed: 5000, name: 'alpha', thumb: null })")
    page.get_by_role("button", name="Next seeds").click()
    page.wait_for_function(DRAWN, arg=24)
    page.keyboard.press("k")
    cards, words = page.locator(".race.seeds .card"), page.locator(".progress-words")
    page.locator(".filter").select_option("kept")
    expect(words).to_contain_text(
        "2 kept on all sheets of this checkpoint, 1 of them not among these seeds · 2 drawn · 48 seeds"
    )
    assert cards.evaluate_all("cards => cards.map((card) => card.dataset.seed)") == ["0", "24"]
    page.locator(".order").select_option("score")
    expect(page.locator(".ranking-facts")).to_contain_text("score")
    page.locator(".order").select_option("number")
    page.locator(".filter").select_option("starred")
    expect(words).to_contain_text(
        "1 starred on all sheets of this checkpoint, 1 of them not among these seeds · 1 drawn · 49"
    )
    assert looks_like(pixels_of(page, ".card[data-seed='5000'] img"), sheet_of(checkpoints / "alpha", 5000))
    page.locator(".filter").select_option("kept")
    cards.first.focus()
    page.keyboard.press("k")
    expect(cards).to_have_count(1)
    expect(cards).to_be_focused()
    page.keyboard.press("z")
    assert page.evaluate(CURRENT) == 0
    page.locator(".filter").select_option("all")
    expect(words).to_contain_text("24 of 24 · 1 kept · 0 dropped · 49 seeds")
    assert cards.first.get_attribute("data-seed") == "24"
    page.locator(".filter").select_option("kept")
    page.get_by_role("button", name="Next seeds").click()
    expect(cards).to_have_count(24)
    assert page.locator(".filter").input_value() == "all"


KEPT = ("knockout", "marks", "favourites", "looked", "language", "sharing", "theme", "compare_mode", "recent", "secret")


def test_garbage_in_the_browsers_store_harms_nothing(address: str, open_page: Open) -> None:
    page = open_page(address)
    for garbage in ("{", "[null, 5]", '"x"', '{"toString": 1}', '[{"sha256": {"toString": 1}}]'):
        page.evaluate(
            "([names, value]) => names.forEach((name) => localStorage.setItem(name, value))",
            [[f"ganrace.{name}" for name in KEPT], garbage],
        )
        page.goto(f"{address}?tab=seeds")
        page.wait_for_function(DRAWN, arg=2)
        page.keyboard.press("k")
        page.keyboard.press("f")
        assert page.evaluate(MARKS.replace("[0]", ".at(-1)")) == {"0": "keep"}
        assert page.evaluate("window.ganRace.favourites.all().length") == 1
        page.locator(".head .chip").click()
        expect(page.locator("dialog.checkpoints")).to_be_visible()


def test_what_is_no_knockout_any_more_is_dropped_and_one_begins(address: str, open_page: Open) -> None:
    page = open_seeds(open_page, address)
    words, status = page.locator(".knockout-words"), page.locator(".race.seeds .status")
    for change in ("[[9999]]", "[5]", "[[], [], [0]]", "[[{}]]", "Array(300).fill([0])"):
        page.get_by_role("button", name="Knockout").click()
        expect(words).to_be_visible()
        expect(words).to_contain_text("24 of 24")
        page.keyboard.press("Escape")
        expect(words).to_be_hidden()
        page.evaluate(
            """(change) => {
                const left = JSON.parse(localStorage.getItem("ganrace.knockout"));
                localStorage.setItem("ganrace.knockout", JSON.stringify({ ...left, decisions: eval(change) }));
            }""",
            change,
        )
    page.get_by_role("button", name="Knockout").click()
    expect(words).to_be_visible()
    expect(words).to_contain_text("24 of 24")
    expect(status).to_be_hidden()
    assert page.evaluate("JSON.parse(localStorage.getItem('ganrace.knockout')).decisions") == []
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()
    page.evaluate(
        """() => {
            const { sha256, psi } = window.ganRace.seed;
            const mine = { x: "keep", "-1": "keep" };
            localStorage.setItem("ganrace.marks", JSON.stringify({ [`${sha256} ${psi}`]: mine }));
            localStorage.setItem("ganrace.looked", JSON.stringify({ [sha256]: [[0, 1e12], [-5, 3], [0, 9], [5, 20]] }));
        }"""
    )
    page.get_by_role("button", name="Knockout").click()
    expect(words).to_be_visible()
    expect(words).to_contain_text("24 of 24")
    assert page.evaluate("window.ganRace.looked.count(window.ganRace.seed.sha256)") == 10


def test_the_focus_stays_on_the_card_and_a_star_from_elsewhere_gets_its_tile(address: str, open_page: Open) -> None:
    page = open_seeds(open_page, address)
    card = page.locator(".race.seeds .card[data-seed='5']")
    card.focus()
    page.keyboard.press("f")
    expect(card).to_be_focused()
    page.locator(".order").select_option("score")
    card.focus()
    page.keyboard.press("f")
    expect(card).to_be_focused()
    page.locator(".race.seeds .start").fill("2000")
    page.get_by_role("button", name="Show").click()
    page.locator(".filter").select_option("starred")
    expect(page.locator(".nothing")).to_have_text("No tile here passes the filter.")
    star = "ganRace.favourites.toggle({ ...ganRace.seed, seed: 2003, name: 'alpha', thumb: null })"
    page.evaluate(star)
    page.wait_for_function(DRAWN, arg=1)
    page.locator(".race.seeds .start").fill("3000")
    page.locator(".filter").select_option("best")
    page.route("**/component_server**", lambda route: None)
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".nothing")).to_have_text("At least two tiles must be drawn first.")


def test_a_checkpoint_that_is_not_here_gives_no_empty_cards(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=seeds&ck=12345678", tile=False)
    expect(page.locator(".race.seeds .status")).to_contain_text("12345678")
    expect(page.locator(".race.seeds .card")).to_have_count(0)
    expect(page.locator(".race.seeds .keep")).to_be_disabled()


def test_a_rival_can_be_looked_at_in_explore_and_the_knockout_is_there_again(address: str, open_page: Open) -> None:
    page = open_seeds(open_page, address)

    def is_rivals(request: Request) -> bool:
        return '"urgent":true' in (request.post_data or "")

    page.route(
        re.compile("component_server"),
        lambda route: route.fulfill(json={"superseded": True}) if is_rivals(route.request) else route.fallback(),
    )
    page.get_by_role("button", name="Knockout").click()
    words, rivals = page.locator(".knockout-words"), page.locator(".rival")
    expect(rivals).to_have_count(3)
    page.keyboard.press("1")
    expect(words).to_contain_text("22 of 24")
    before = rivals.evaluate_all("rivals => rivals.map((rival) => rival.dataset.seed)")
    page.get_by_role("button", name=f"Open in Explore: Tile of seed {before[1]}", exact=True).click()
    wait_for_tile(page, seed=int(before[1]))
    page.unroute_all()
    with page.expect_request(is_rivals) as waiting:  # their large pictures had not come yet
        page.get_by_role("tab", name="Seeds").click()
    assert str(json.loads(waiting.value.post_data or "")["data"]["seed"]) in before
    expect(words).to_be_visible()
    expect(words).to_contain_text("22 of 24")
    assert rivals.evaluate_all("rivals => rivals.map((rival) => rival.dataset.seed)") == before
    page.keyboard.press("1")
    expect(words).to_contain_text("20 of 24")


def test_a_truncation_is_said_of_the_sheet_of_every_card_and_in_the_knockout(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=seeds&psi=0.7", tile=False)
    expect(page.locator(".progress-words")).to_contain_text("ψ 0.7 · 24 of 24")
    card = page.locator(".race.seeds .card[data-seed='3']")
    expect(card).to_have_attribute("aria-label", "Tile of seed 3, ψ 0.7")
    page.get_by_role("button", name="Knockout").click()
    rival = page.locator(".rival").first
    expect(rival).to_have_attribute("aria-label", "Tile 1: Tile of seed 0, ψ 0.7")
    expect(rival).to_contain_text("Seed 0 · ψ 0.7")


def test_the_count_of_seeds_looked_at_goes_into_the_export(address: str, open_page: Open) -> None:
    page = open_seeds(open_page, address)
    page.locator(".race.seeds .card[data-seed='7']").dblclick()
    wait_for_tile(page, seed=7)
    page.get_by_role("tab", name="Export").click()
    page.get_by_role("button", name="Download PNG").click()
    page.wait_for_selector(".race .manifest:not([hidden])", state="attached")
    assert json.loads(page.locator(".manifest pre").text_content() or "")["seeds_looked_at"] == 24


def test_seeds_that_other_tabs_show_count_as_looked_at_once_each(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?seed=3")
    alpha, beta = page.evaluate("window.ganRace.list.checkpoints.map((one) => one.sha256)")
    counts = "(hashes) => hashes.map((one) => window.ganRace.looked.count(one))"
    assert page.evaluate(counts, [alpha, beta]) == [1, 0]
    page.get_by_role("tab", name="Compare").click()
    page.locator(".compare .tile-grid img.tile").nth(1).wait_for()
    assert page.evaluate(counts, [alpha, beta]) == [1, 1]
    page.locator(".compare .next").click()
    expect(page.locator(".compare .tile-grid figcaption").first).to_have_attribute("data-seed", "4")
    assert page.evaluate(counts, [alpha, beta]) == [2, 2]
    page.locator(".compare .modes input[value=matrix]").check()
    expect(page.locator(".compare .matrix img")).to_have_count(8)
    assert page.evaluate(counts, [alpha, beta]) == [5, 5]  # 3, and 4 to 7
    page.locator(".compare .seeds").fill("4, 10, 11")
    page.locator(".compare .draw-matrix").click()
    expect(page.locator(".compare .matrix img")).to_have_count(6)
    assert page.evaluate(counts, [alpha, beta]) == [7, 7]
    page.get_by_role("tab", name="Morph").click()
    expect(page.locator(".morph .badge")).to_contain_text("Not submittable")
    assert page.evaluate(counts, [alpha, beta]) == [7, 7]
    page.locator(".morph .seed-b").fill("20")
    page.locator(".morph .seed-b").press("Enter")
    page.locator(".morph .position").evaluate(
        "slider => { slider.value = 1; for (const one of ['input', 'change']) slider.dispatchEvent(new Event(one)); }"
    )
    expect(page.locator(".morph .badge")).to_contain_text("Seed 20 · Submittable")
    assert page.evaluate(counts, [alpha, beta]) == [8, 7]


def test_the_first_tile_of_the_next_sheet_is_drawn_ahead_and_counts_only_once_it_is_shown(
    address: str, open_page: Open
) -> None:
    page = open_page(address)
    ahead: dict[int, str] = {}

    def note(response: Response) -> None:
        asked = response.request.post_data or ""
        if '"worker":2' in asked:
            ahead[json.loads(asked)["data"]["seed"]] = response.json()["thumbnail"]

    page.on("response", note)
    page.get_by_role("tab", name="Seeds").click()
    words = page.locator(".progress-words")
    expect(words).to_contain_text("24 of 24")
    page.locator(".race.seeds .start").fill("1000")
    for _ in range(100):
        if 1000 in ahead:
            break
        page.wait_for_timeout(100)
    assert ahead.keys() == {0, 24, 1000}
    expect(words).to_contain_text("24 seeds of this checkpoint looked at")
    page.get_by_role("button", name="Show").click()
    page.wait_for_function(DRAWN, arg=24)
    picture = page.locator(".race.seeds .card[data-seed='1000'] img").get_attribute("src") or ""
    assert picture.endswith(ahead[1000])
    expect(words).to_contain_text("48 seeds of this checkpoint looked at")


@pytest.mark.own_studio
def test_the_next_sheet_begins_at_once_while_this_one_streams(
    address: str, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tiles come, then the first of the next sheet, then the rest; the first of a sheet is ahead of others."""
    drawn: list[tuple[int, Priority]] = []
    draw = Renderer.order

    def note(renderer: Renderer, requests: list[RenderRequest], *arguments: Any, priority: Priority, lane: str) -> Any:
        if lane.startswith("seeds"):  # and not what Explore draws ahead, until the tab is open
            drawn.extend((request.seed, priority) for request in requests)
        return draw(renderer, requests, *arguments, priority=priority, lane=lane)

    called_off: list[tuple[str, RenderRequest | None]] = []
    call_off = Renderer.call_off

    def note_call(renderer: Renderer, visitor: str, lane: str, keep: RenderRequest | None = None) -> None:
        called_off.append((lane, keep))
        call_off(renderer, visitor, lane, keep)

    monkeypatch.setattr(Renderer, "order", note)
    monkeypatch.setattr(Renderer, "call_off", note_call)
    page = open_seeds(open_page, address)
    assert set(drawn[:2]) == {(0, Priority.FIRST), (1, Priority.SHEET)}
    assert (24, Priority.FIRST) in drawn[:6]
    page.get_by_role("button", name="Next seeds").click()
    page.wait_for_function(DRAWN, arg=24)
    assert [priority for seed, priority in drawn if seed == 24] == [Priority.FIRST]
    lanes = {lane for lane, keep in called_off if keep is not None and keep.seed >= 24}
    assert {"seeds-0", "seeds-1"} <= lanes


ROWS = "card => getComputedStyle(card.querySelector('.frame')).backgroundImage.split('\"')[1] ?? ''"


@pytest.mark.own_studio
def test_the_first_tile_of_a_sheet_comes_row_by_row_where_its_generator_takes_long(
    address: str, checkpoints: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_seeds(open_page, address)
    draw, allowed = render.draw, threading.Semaphore(3)

    def draw_when_allowed(*arguments: Any, **options: Any) -> Any:
        assert allowed.acquire(timeout=30)
        return draw(*arguments, **options)

    monkeypatch.setattr(render, "draw", draw_when_allowed)
    page.locator(".race.seeds .start").fill("5000")
    page.get_by_role("button", name="Show").click()
    card = page.locator(".race.seeds .card[data-seed='5000']")
    expect(card.locator(".frame")).to_have_attribute("style", re.compile("image/jpeg"))
    page.wait_for_timeout(300)  # in which more would come
    rows = np.asarray(Image.open(io.BytesIO(base64.b64decode(card.evaluate(ROWS).split(",")[1]))))
    assert rows.shape[0] in (16, 32, 48)  # a row, or more: what was drawn for later may have had one, too
    assert looks_like(rows, sheet_of(checkpoints / "alpha", 5000)[: rows.shape[0]])
    assert card.evaluate("card => card.querySelector('img').src") == ""
    expect(page.locator(".progress-words")).to_contain_text("0 of 24")
    expect(page.locator(".progress-words")).to_contain_text("24 seeds of this checkpoint looked at")
    allowed.release(1000)
    page.wait_for_function(DRAWN, arg=24)
    assert looks_like(pixels_of(page, ".card[data-seed='5000'] img"), sheet_of(checkpoints / "alpha", 5000))
    assert page.locator(".race.seeds .card").evaluate_all(f"cards => cards.map({ROWS})")[1:] == [""] * 23


Asked = list[tuple[str, int, bool]]


def hold_looks(page: Page, holds: set[tuple[str, int]]) -> tuple[Asked, list[Route]]:
    """Note what Seeds asks for, and hold some of it back: pairs of a hash and a seed."""
    asked: Asked = []
    held: list[Route] = []

    def note(route: Route) -> None:
        data = json.loads(route.request.post_data or "")["data"]
        if not {"worker", "side"} <= data.keys():
            return route.continue_()
        asked.append((data["sha256"], data["seed"], data["soon"]))
        return held.append(route) if asked[-1][:2] in holds else route.continue_()

    page.route("**/component_server**", note)
    return asked, held


def listed(page: Page) -> list[str]:
    hashes: list[str] = page.locator(".race.seeds .seeds-checkpoint").evaluate(
        "select => [...select.options].map((one) => one.value)"
    )
    return hashes


def test_while_the_list_of_checkpoints_is_open_the_first_tiles_are_drawn_the_slowest_first_until_one_is_chosen(
    checkpoints: Path, make_checkpoint: Callable[..., Path], serve: Callable[[Path], str], open_page: Open
) -> None:
    make_checkpoint(checkpoints / "gamma", seed=3, network="dcgan", z_dim=64)
    page = open_seeds(open_page, serve(checkpoints))
    _, beta, gamma = listed(page)
    open_options(page)
    select = page.locator(".race.seeds .seeds-checkpoint")
    asked, held = hold_looks(page, {(gamma, 0)})
    select.dispatch_event("pointerdown")
    page.wait_for_timeout(200)
    assert asked == [(gamma, 0, True)]
    select.select_option(gamma)
    page.wait_for_function(DRAWN, arg=23)
    for route in held:
        route.continue_()
    page.wait_for_timeout(200)
    assert beta not in {sha256 for sha256, _, _ in asked}


def test_nothing_is_drawn_ahead_of_the_first_tile_of_a_sheet(address: str, open_page: Open) -> None:
    page = open_seeds(open_page, address)
    alpha, _ = listed(page)
    asked, held = hold_looks(page, {(alpha, 24)})
    page.get_by_role("button", name="Next seeds").click()
    page.wait_for_timeout(100)
    page.locator(".race.seeds .seeds-checkpoint").dispatch_event("pointerdown")
    page.locator(".race.seeds .start").fill("5000")
    page.wait_for_function(DRAWN, arg=23)
    assert {sha256 for sha256, _, _ in asked} == {alpha}
    assert [seed for _, seed, soon in asked if soon] == [24]
    held[0].continue_()
    page.wait_for_function(DRAWN, arg=24)


def test_a_bad_first_seed_is_refused_with_a_sentence(address: str, open_page: Open) -> None:
    page = open_seeds(open_page, address, 1)
    status = page.locator(".race.seeds .status")
    for typed in ("-1", "1e3", "4294967296"):
        page.locator(".race.seeds .start").fill(typed)
        page.get_by_role("button", name="Show").click()
        expect(status).to_contain_text("whole numbers from 0 to 4294967295")
        page.locator(".race.seeds .start").fill("0")
        page.get_by_role("button", name="Show").click()
        expect(status).to_be_hidden()


def test_on_a_phone_nothing_scrolls_sideways_and_fingers_can_do_it_all(address: str, open_page: Open) -> None:
    page = open_seeds(open_page, address, 6, **PHONE)
    assert too_wide(page) == []
    page.locator(".race.seeds .card[data-seed='2']").tap()
    page.locator(".race.seeds .keep").tap()
    page.locator(".race.seeds .keep").tap()
    page.locator(".race.seeds .star-seed").tap()
    assert page.evaluate(MARKS) == {"2": "keep", "3": "keep"}
    assert page.evaluate("window.ganRace.favourites.all().map((one) => one.seed)") == [4]
    small = page.evaluate(
        """() => [...document.querySelectorAll('.race.seeds :is(button, select, input:not([type=checkbox]))')]
            .filter((node) => node.offsetParent !== null && node.getBoundingClientRect().height < 43.5)
            .map((node) => node.className)"""
    )
    assert small == []
    open_options(page)
    page.locator(".start-knockout").tap()
    page.locator(".rival").first.tap()
    expect(page.locator(".knockout-words")).to_contain_text("2 of 3")
    assert len(set(page.locator(".knockout-moves button").evaluate_all(TOPS))) == 1
    assert too_wide(page) == []


@pytest.mark.parametrize("locale", ["en-US", "ja-JP"])
def test_on_a_phone_the_bar_and_a_tile_are_on_the_first_screen_and_every_choice_is_readable(
    address: str, open_page: Open, locale: str
) -> None:
    page = open_seeds(open_page, address, 2, **PHONE, locale=locale)
    assert page.evaluate("scrollY") == 0
    for name in (".keep", ".drop-seed", ".star-seed", ".open-seed"):
        expect(page.locator(f".race.seeds {name}")).to_be_in_viewport(ratio=1)
    tile, bar = (page.locator(f".race.seeds {name}").first.bounding_box() for name in (".card", ".card-bar"))
    assert tile is not None
    assert bar is not None
    assert bar["y"] - tile["y"] > 80
    open_options(page)
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.seeds .sheet-tools select')].filter((select) => {
            const [style, context] = [getComputedStyle(select), document.createElement('canvas').getContext('2d')];
            context.font = style.font;
            const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
            return [...select.options].some((option) => context.measureText(option.text).width > room);
        }).map((select) => select.className)"""
    )
    assert cut == []
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    last = page.locator(".race.seeds .card").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= bar["y"]
