"""The tab Race in a browser: an evening of an organiser and three voters, lost replies, reloads, the exhibition."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from studio.race.store.race_folder import RaceOptions, create
from studio.ui.texts.i18n import RACE_TEXTS
from tests.browser.conftest import PHONE, findings, swipe, too_wide
from tests.race_pages import RacePageServer, codes_of
from tests.races import SIDE, Evening, declare, enter, write_mails
from tests.vivid_checkpoints import write_vivid

Open = Callable[..., Page]
NAMES = ("Quaxolina", "Zebedeus", "Wumpelgard", "Yolandrix", "Xerxabella")
FIRST_SEED = 3_123_456_701
STYLE = "node => (({ opacity, appearance }) => [opacity, appearance])(getComputedStyle(node))"


@pytest.fixture(scope="module")
def race_mails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mails(tmp_path_factory.mktemp("postbag"), NAMES, write_vivid, FIRST_SEED)


@pytest.fixture
def evening(race_mails: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evening:
    """Return a race of five entries, and write a checkpoint for the studio."""
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "state"))
    declare(write_vivid(tmp_path / "checkpoints" / "alpha", seed=91))
    path = tmp_path / "race"
    found = Evening(path, create(path, RaceOptions("Flowers", SIDE)))
    enter(found, race_mails)
    return found


@pytest.fixture
def race(evening: Evening, tmp_path: Path) -> Iterator[RacePageServer]:
    """Return a race of five entries that is held on a page, still open for others."""
    server = RacePageServer(tmp_path / "checkpoints", evening)
    yield server
    server.close()


def open_race(open_page: Open, race: RacePageServer, code: str = "", **options: Any) -> Page:
    page = open_page(f"{race.address}?tab=race{f'#code={code}' if code else ''}", tile=False, **options)
    page.wait_for_selector("#race-race[data-mounted]")
    return page


def japanese(key: str) -> str:
    return RACE_TEXTS[key][1]


def let_in(page: Page, race: RacePageServer) -> None:
    """Open the organiser's panel."""
    page.locator(".organiser summary").first.click()
    page.locator(".organiser-secret").fill(race.evening.secret)
    page.locator(".secret-form button").click()
    expect(page.locator(".organiser-panel .actions")).to_be_visible()


def do(page: Page, action: str, doubted: bool = False) -> None:
    page.locator(f"[data-action={action}]").click()
    if doubted:
        page.locator(".organiser .yes").click()


def open_vote(page: Page, voters: int) -> list[str]:
    """Open the vote in the panel, and return the codes, those of the entries' makers first."""
    page.locator(".settings .voters").fill(str(voters))
    do(page, "open", doubted=True)
    expect(page.locator(".save-sheet")).to_be_visible(timeout=60_000)
    with page.expect_download() as saved:
        page.locator(".save-sheet").click()
    return codes_of(Path(saved.value.path()).read_text(encoding="utf-8"))


def choose(page: Page, count: int) -> list[str]:
    """Choose tiles that can be chosen, and return their codes."""
    chosen = []
    for _ in range(count):
        free = page.locator(".paper-tile:not(.own-tile) .choose[aria-pressed=false]:not(:disabled)").first
        chosen.append(free.locator(".tile-code").inner_text())
        free.click()
    return chosen


def cast(page: Page) -> str:
    page.locator(".review").click()
    page.locator(".cast").click()
    expect(page.locator(".receipt code")).to_be_visible()
    return page.locator(".receipt code").inner_text()


def check_looks(page: Page) -> None:
    assert too_wide(page) == []
    assert findings(page) == []


def enter_on(page: Page) -> None:
    """Enter a tile of the studio, with a text that is no harmless one."""
    expect(page.locator(".lead")).to_have_text(japanese("race_lead_SUBMIT"))
    page.evaluate("window.ganRace.openTab('export')")
    page.locator(".enter-race").tap()
    page.locator(".entry-name").fill("Entrant")
    expect(page.locator(".entry-seed")).to_have_value("0")
    page.locator(".entry-seed").fill("12")
    page.locator(".entry-about").fill("**bold** <img src=x onerror=alert(1)>")
    page.locator(".enter-now").tap()
    expect(page.locator(".own-entries img")).to_be_visible()
    expect(page.locator(".own-entries strong")).to_have_text("bold")
    assert page.locator(".own-entries img[src=x]").count() == 0
    check_looks(page)


def test_which_of_the_ways_to_enter_is_chosen_can_be_seen(race: RacePageServer, open_page: Open) -> None:
    page = open_race(open_page, race)
    for radio in page.locator(".sources input").all():
        style = radio.evaluate("(node) => [getComputedStyle(node).opacity, getComputedStyle(node).appearance]")
        assert style == ["1", "auto"]
        box, words = radio.bounding_box(), radio.locator("xpath=following-sibling::span").bounding_box()
        assert box is not None
        assert words is not None
        assert box["width"] >= 18
        assert box["x"] + box["width"] <= words["x"]


def test_a_change_of_an_entry_begins_with_all_that_was_entered(race: RacePageServer, open_page: Open) -> None:
    page = open_race(open_page, race, locale="ja-JP", **PHONE)
    enter_on(page)
    page.locator(".entry-about").fill("")
    page.locator(".own-entries button").tap()
    expect(page.locator(".entry-name")).to_have_value("Entrant")
    expect(page.locator(".entry-about")).to_have_value("**bold** <img src=x onerror=alert(1)>")


def test_links_for_voters_have_the_public_address_where_there_is_one(race: RacePageServer, open_page: Open) -> None:
    page = open_race(open_page, race)
    let_in(page, race)
    expect(page.locator(".settings .local")).to_be_visible()
    expect(page.locator(".settings .address")).to_have_value(race.address)
    race.page.share_url = "https://0123456789abcdef.gradio.live"  # type: ignore[assignment]
    page.locator(".organiser .lock").click()
    page.locator(".organiser-secret").fill(race.evening.secret)
    page.locator(".secret-form button").click()
    expect(page.locator(".settings .address")).to_have_value("https://0123456789abcdef.gradio.live/")
    expect(page.locator(".settings .local")).to_have_count(0)


def vote_on_a_phone(page: Page, code: str) -> tuple[str, list[str]]:
    """Vote as the maker of a tile, with a reload in the middle; return the receipt and what was chosen."""
    assert "code" not in page.url
    assert code.replace("-", "") not in page.content()
    expect(page.locator(".own-tile .choose")).to_be_disabled()
    expect(page.locator(".own-tile")).to_have_count(1)
    chosen = choose(page, 2)
    check_looks(page)
    page.reload()
    expect(page.locator(".choose[aria-pressed=true]")).to_have_count(2)
    assert [text.split(": ")[1] for text in page.locator(".slot-button").all_inner_texts()] == chosen
    receipt = cast(page)
    assert re.fullmatch("(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", receipt)
    check_looks(page)
    return receipt, chosen


def vote_in_the_final(page: Page) -> None:
    """Rank all finalists but the own; the last one takes its place by itself. The page has followed by itself."""
    expect(page.locator(".phases li").nth(3)).to_have_attribute("aria-current", "step")
    expect(page.locator(".paper-tile")).not_to_have_count(0)
    finalists = page.locator(".paper-tile:not(.own-tile)").count()
    choose(page, finalists - 1)
    expect(page.locator(".slot-button")).to_have_count(finalists)
    cast(page)


def test_an_evening_of_an_organiser_and_three_voters(race: RacePageServer, open_page: Open) -> None:
    organiser = open_race(open_page, race)
    entrant = open_race(open_page, race, locale="ja-JP", **PHONE)
    enter_on(entrant)
    let_in(organiser, race)
    codes = open_vote(organiser, 8)
    assert len(codes) == 8
    check_looks(organiser)

    phone = open_race(open_page, race, codes[0], locale="ja-JP", **PHONE)
    receipt, chosen = vote_on_a_phone(phone, codes[0])
    desktop = open_race(open_page, race, codes[1])
    choose(desktop, 1)
    cast(desktop)
    entrant.goto(f"{race.address}?tab=race#code={codes[5]}")
    choose(entrant, 3)
    cast(entrant)
    for page in (phone, desktop):
        assert not any(name in page.content() for name in NAMES)
        assert not any(str(FIRST_SEED + number) in page.content() for number in range(5))

    do(organiser, "close")
    do(organiser, "final", doubted=True)
    for page in (phone, desktop, entrant):
        vote_in_the_final(page)
    do(organiser, "close")
    do(organiser, "reveal", doubted=True)
    for page in (phone, organiser):
        check_reveal(page)
    phone.locator(".check-receipt summary").click()
    phone.locator(".receipt-typed").fill(receipt)
    phone.locator(".receipt-form button").click()
    expect(phone.locator(".receipt-status")).to_contain_text(", ".join(chosen))


def check_reveal(page: Page) -> None:
    """Go from the last place on, then show everything."""
    expect(page.locator(".reveal-next")).to_be_visible(timeout=30_000)
    assert not any(name in page.locator(".reveal").inner_text() for name in NAMES)
    page.locator(".reveal-next").click()
    expect(page.locator(".reveal-place")).to_contain_text("6")
    page.locator(".reveal-all").click()
    expect(page.locator(".revealed > li")).to_have_count(6)
    expect(page.locator(".revealed")).to_contain_text("python -m studio verify race_")
    assert page.locator(".revealed img[src=x]").count() == 0
    check_looks(page)


def losing_replies(times: int) -> Callable[[Route], None]:
    """Return a handler that lets so many ballots reach the program and loses their replies."""
    left = [times]

    def handle(route: Route) -> None:
        if '"cast_ballot"' in (route.request.post_data or "") and left[0] > 0:
            left[0] -= 1
            route.fetch()
            route.abort()
        else:
            route.continue_()

    return handle


def test_a_ballot_whose_reply_is_lost_is_sent_again_also_after_a_reload(race: RacePageServer, open_page: Open) -> None:
    race.evening.open(8)
    code = race.evening.codes[6].code
    page = open_race(open_page, race, code, quiet=False)
    page.route("**/component_server/**", losing_replies(1))
    choose(page, 1)
    cast(page)
    assert race.evening.organiser.overview().ballots == 1
    other = open_race(open_page, race, race.evening.codes[7].code, quiet=False)
    other.route("**/component_server/**", losing_replies(100))
    choose(other, 1)
    other.locator(".review").click()
    other.locator(".cast").click()
    expect(other.locator(".review-status")).to_contain_text("sent again")
    other.unroute("**/component_server/**")
    other.reload()
    expect(other.locator(".receipt code")).to_be_visible(timeout=30_000)
    assert race.evening.organiser.overview().ballots == 2
    kept = other.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")
    assert '"ranks"' not in kept


def leave_on_its_way(page: Page) -> None:
    """Choose a tile and cast it while every reply is lost."""
    page.route("**/component_server/**", losing_replies(100))
    choose(page, 1)
    page.locator(".review").click()
    page.locator(".cast").click()
    expect(page.locator(".review-status")).to_contain_text("sent again")


def test_who_comes_after_a_ballot_on_its_way_gets_a_paper(race: RacePageServer, open_page: Open) -> None:
    race.evening.open(8)
    codes = [one.code for one in race.evening.codes[5:8]]
    page = open_race(open_page, race, codes[0], quiet=False)
    leave_on_its_way(page)
    page.unroute("**/component_server/**")
    page.goto(f"{race.address}?tab=race&again=1#code={codes[1]}")
    expect(page.locator(".paper-tile")).to_have_count(5)
    assert race.evening.organiser.overview().ballots == 1
    choose(page, 2)
    page.locator(".leave-code").click()
    page.locator(".code").fill(codes[2])
    page.locator(".code-form button").click()
    expect(page.locator(".paper-tile")).to_have_count(5)
    expect(page.locator(".choose[aria-pressed=true]")).to_have_count(0)  # not what the one before has chosen


def test_a_final_that_opens_while_a_ballot_is_on_its_way_has_a_paper(race: RacePageServer, open_page: Open) -> None:
    race.evening.open(8)
    for one in race.evening.codes[:4]:
        race.evening.vote(one.code)
    page = open_race(open_page, race, race.evening.codes[6].code, quiet=False)
    leave_on_its_way(page)
    race.evening.organiser.close()
    race.evening.organiser.open_final()
    expect(page.locator(".phases li").nth(3)).to_have_attribute("aria-current", "step")
    page.unroute("**/component_server/**")
    expect(page.locator(".paper-lead")).to_contain_text("Rank all")
    expect(page.locator(".receipt code")).to_be_hidden()  # that of the first round


def test_a_ballot_of_an_earlier_opening_is_forgotten(race: RacePageServer, open_page: Open) -> None:
    race.evening.open(8)
    page = open_race(open_page, race, quiet=False)
    ballot = {"commitment": "0" * 64, "code": "ABCDEFGHJK", "round": 1, "ranks": [], "key": "k" * 32}
    page.evaluate("(ballot) => localStorage.setItem('ganrace.raceBallot', JSON.stringify(ballot))", ballot)
    page.reload()
    expect(page.locator(".code-form")).to_be_visible()
    assert "ABCDEFGHJK" not in page.evaluate("JSON.stringify({ ...localStorage })")


def test_a_wrong_code_a_pause_and_a_used_code_are_said(race: RacePageServer, open_page: Open) -> None:
    race.evening.open(8)
    page = open_race(open_page, race, "0000000000", locale="ja-JP", **PHONE)
    expect(page.locator(".vote-status")).to_have_text(japanese("race_error_code_unknown"))
    race.evening.vote(race.evening.codes[6].code)
    page.locator(".code").fill(race.evening.codes[6].code.lower())
    page.locator(".code-form button").tap()
    expect(page.locator(".vote-status")).to_have_text(japanese("race_error_code_used"))
    page.locator(".leave-code").tap()
    race.evening.organiser.pause()
    expect(page.locator(".paused")).to_be_visible(timeout=30_000)
    race.evening.organiser.resume()
    expect(page.locator(".paused")).to_be_hidden(timeout=30_000)
    page.locator(".code").fill(race.evening.codes[5].code)
    page.locator(".code-form button").tap()
    expect(page.locator(".paper-tile")).to_have_count(5)
    race.evening.organiser.close()
    expect(page.locator(".lead")).to_have_text(japanese("race_lead_VOTE_closed"))
    expect(page.locator(".paper")).to_be_hidden()


def test_the_letter_keys_of_the_exhibition_work_on_a_cyrillic_keyboard(race: RacePageServer, open_page: Open) -> None:
    race.evening.open(8)
    page = open_race(open_page, race)
    page.locator(".open-exhibition").click()
    expect(page.locator(".exhibition figure")).to_have_count(1)
    cyrillic = "{ key: 'и', code: 'KeyB', bubbles: true, cancelable: true }"
    page.evaluate(f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {cyrillic}))")
    expect(page.locator(".exhibition figure")).to_have_count(2)


def test_the_exhibition_is_walked_by_keys_and_fingers(race: RacePageServer, open_page: Open) -> None:
    race.evening.open(8)
    page = open_race(open_page, race)
    expect(page.locator(".grid-tile")).to_have_count(5)
    codes = [text.strip() for text in page.locator(".grid-tile").all_inner_texts()]
    assert sorted(codes) == sorted(race.evening.organiser.overview().state.mapping)
    page.locator(".open-exhibition").click()
    where = page.locator(".exhibition .where")
    expect(where).to_have_text(f"{codes[0]} · 1 of 5")
    page.keyboard.press("Enter")
    expect(page.locator(".exhibition .enlarge")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    expect(page.locator(".exhibition .enlarge")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("ArrowRight")
    expect(where).to_have_text(f"{codes[1]} · 2 of 5")
    page.keyboard.press("b")
    expect(page.locator(".exhibition figure")).to_have_count(2)
    expect(where).to_have_text(f"{codes[1]} beside {codes[2]}")
    page.keyboard.press("b")
    page.keyboard.press("s")
    assert page.locator(".exhibition img").get_attribute("src").endswith("/second")  # type: ignore[union-attr]
    page.keyboard.press("s")
    assert findings(page) == []
    page.keyboard.press("Escape")
    expect(page.locator(".exhibition")).to_be_hidden()
    phone = open_race(open_page, race, **PHONE)
    phone.locator(".open-exhibition").tap()
    before = phone.locator(".exhibition .where").inner_text()
    swipe(phone, ".exhibition-stage", -150)
    expect(phone.locator(".exhibition .where")).not_to_have_text(before)
    assert too_wide(phone) == []


def test_no_tile_is_in_the_address_of_the_race_and_every_tab_says_its_own_again(
    race: RacePageServer, open_page: Open
) -> None:
    page = open_page(f"{race.address}?tab=seeds&seed=3&psi=0.9&start=1000", tile=False)
    page.wait_for_selector(".race.seeds .card img[src]")
    tile = {"seed": "3", "psi": "0.9"}
    for tab, said in (
        ("seeds", {"start": "1000"}),
        ("explore", {}),
        ("export", {}),
        ("compare", {}),
        ("compare", {"cmp": ","}),  # once it has been there
        ("explore", {}),
    ):
        page.evaluate("window.ganRace.openTab('race')")
        page.wait_for_function("window.ganRace.tab === 'race'")
        names = ["ck", "name", "seed", "psi", "cmp", "cmpseeds", "morph", "start", "count"]
        page.evaluate("window.ganRace.link.set({ cmp: '01234567' })")  # as a tab does that hears late from the program
        assert page.evaluate("(names) => names.filter((one) => window.ganRace.link.get(one) !== null)", names) == []
        page.evaluate("(tab) => window.ganRace.openTab(tab)", tab)
        page.wait_for_function("(tab) => window.ganRace.tab === tab", arg=tab)
        for name, value in {**tile, "ck": "", **said}.items():
            page.wait_for_function(
                "([name, value]) => window.ganRace.link.get(name)?.includes(value)", arg=[name, value]
            )
        expect(page.locator(f"#race-{tab}[data-mounted]")).to_be_visible()


def test_what_is_chosen_by_a_dot_or_a_tick_can_be_seen_and_lies_beside_its_words(
    race: RacePageServer, open_page: Open
) -> None:
    page = open_race(open_page, race)
    let_in(page, race)
    ticks = page.locator(".race.contest .race-tick:visible")
    expect(ticks).to_have_count(3)
    for tick in ticks.all():
        seen, label = tick.locator("input").bounding_box(), tick.bounding_box()
        style = tick.locator("input").evaluate(STYLE)
        assert style == ["1", "auto"]
        assert seen is not None
        assert label is not None
        assert (seen["width"], seen["height"]) == (20, 20)
        assert label["x"] <= seen["x"] < label["x"] + label["width"]
        assert label["y"] <= seen["y"] < label["y"] + label["height"]
    page.locator(".sources .race-tick").nth(1).click()
    expect(page.locator(".entry-drop")).to_be_visible()


def test_mounted_in_another_app_a_race_goes_from_an_entry_to_its_files(
    evening: Evening, open_page: Open, tmp_path: Path
) -> None:
    with RacePageServer.mounted(tmp_path / "checkpoints", evening, "/course/gan") as race:
        organiser = open_race(open_page, race, quiet=False)
        entrant = open_race(open_page, race, quiet=False, locale="ja-JP", **PHONE)
        enter_on(entrant)
        let_in(organiser, race)
        expect(organiser.locator(".settings .address")).to_have_value(race.address)
        codes = open_vote(organiser, 8)
        for number, code in enumerate(codes[:3]):
            voter = open_race(open_page, race, code, quiet=False, **(PHONE if number else {}))
            expect(voter.locator(".paper-tile img").first).to_have_js_property("complete", True)
            assert voter.evaluate("document.querySelector('.paper-tile img').naturalWidth") > 0
            choose(voter, 2)
            cast(voter)
        do(organiser, "close")
        do(organiser, "reveal", doubted=True)
        check_reveal(organiser)
        with organiser.expect_download() as saved:
            organiser.locator(".downloads a", has_text="race.json").click()
        assert b"gan-race/1" in Path(saved.value.path()).read_bytes()
        answer = organiser.request.get(f"{race.address}race/results/ja/results.html")
        assert answer.status == 200
