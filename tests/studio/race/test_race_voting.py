"""Phases, codes and ballots: who may vote for what, when, and what a repeated or a wrong request gets."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from studio.checkpoints.catalog import Catalog
from studio.race import counting, messages, phases, published
from studio.race.code_sheet import to_html
from studio.race.entry_admission import Application
from studio.race.messages import MESSAGES, STAGES, RaceError
from studio.race.one_time_codes import ALPHABET, draw, grouped, hashed, normalised, to_symbols
from studio.race.organiser import TILE_DIGITS, TILE_LETTERS, IssuedCode
from studio.race.service import TILE, RaceService
from studio.race.store import race_folder
from studio.race.store.race_folder import RaceFolder, RaceOptions, create
from studio.race.store.race_state import Phase, RaceState
from studio.race.tile_file import export_png
from studio.race.wrong_code_limit import MOST_OF_ADDRESS, MOST_OF_ALL, SECONDS, SLIPS, WrongCodeLimit
from tests.clocks import Clock
from tests.races import Evening, enter, key
from training.core import checkpoint


def refused(code: str, action: Callable[[], object]) -> RaceError:
    with pytest.raises(RaceError) as caught:
        action()
    assert caught.value.code == code, str(caught.value)
    return caught.value


def codes_of(evening: Evening, *, makers: bool) -> list[str]:
    return [one.code for one in evening.codes if bool(one.entry) == makers]


# codes


def test_a_code_has_fifty_bits_in_symbols_that_do_not_look_alike() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert not set("ILOU") & set(ALPHABET)
    drawn = {draw() for _ in range(500)}
    assert len(drawn) == 500
    assert all(len(code) == 10 and set(code) <= set(ALPHABET) for code in drawn)
    assert {letter for code in drawn for letter in code} == set(ALPHABET)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("ABCDE-FGHJK", "ABCDEFGHJK"),
        (" abcde fghjk\n", "ABCDEFGHJK"),
        ("ＡＢＣＤＥ－ＦＧＨＪＫ", "ABCDEFGHJK"),
        ("O0oIiLl234", "0001111234"),
        ("ABCDE", None),
        ("ABCDEFGHJU", None),
        ("ABCDEFGHJ'", None),
        ("A" * 1000, None),
        (None, None),
        (1234567890, None),
        (["ABCDEFGHJK"], None),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: object, code: str | None) -> None:
    assert normalised(typed) == code


def test_the_hash_of_a_code_depends_on_the_salt_and_the_symbols_are_the_bits() -> None:
    assert hashed("ABCDEFGHJK", "a") != hashed("ABCDEFGHJK", "b")
    assert hashed("ABCDEFGHJK", "a") == hashed("ABCDEFGHJK", "a")
    assert to_symbols(bytes([0b00001_000, 0b10_111110]), 3) == "12Z"
    assert grouped("ABCDEFGHJK") == "ABCDE-FGHJK"


def test_the_codes_are_one_for_each_maker_and_the_rest_for_others(opened: Evening) -> None:
    assert sorted(filter(None, (one.entry for one in opened.codes))) == ["Anna", "Ben", "Chie", "Dai", "Eva", "Finn"]
    assert len({one.code for one in opened.codes}) == 10


def test_the_sheet_has_every_code_with_its_link_in_both_languages_and_no_markup_of_a_name() -> None:
    sheet = to_html("<b>Race</b>", [IssuedCode("ABCDEFGHJK", "<script>alert(1)</script>")], "https://x.org/")
    assert "ABCDE-FGHJK" in sheet
    assert "&lt;script&gt;" in sheet
    assert "<script>" not in sheet
    assert "<b>Race" not in sheet
    assert "このコード" in sheet
    assert sheet.count("<svg") == 1
    assert "<svg" not in to_html("Race", [IssuedCode("ABCDEFGHJK", None)], None)
    refused("malformed", lambda: to_html("Race", [IssuedCode("ABCDEFGHJK", None)], "javascript:alert(1)"))


# the paper and the ballot


def test_the_first_screen_says_what_may_be_chosen_and_whose_tile_is_own(opened: Evening) -> None:
    maker, other = codes_of(opened, makers=True)[0], codes_of(opened, makers=False)[0]
    paper = opened.service.paper(maker.lower(), "s")
    assert (paper.round, paper.kind, paper.least, paper.most) == (1, "podium", 1, 3)
    assert opened.organiser.folder.state().mapping[str(paper.own)]["name"] == "Anna"
    assert opened.service.paper(other, "s").own is None
    assert sorted(paper.tiles) == opened.service.status()["tiles"]


def test_each_voter_sees_the_tiles_in_an_order_of_the_own_that_stays(opened: Evening) -> None:
    orders = {opened.service.paper(one.code, "s").tiles for one in opened.codes}
    assert len(orders) > 5
    assert (
        opened.service.paper(opened.codes[0].code, "a").tiles == opened.service.paper(opened.codes[0].code, "b").tiles
    )
    viewers = {tuple(opened.service.exhibition(f"viewer {number}")) for number in range(10)}
    assert len(viewers) > 5
    assert opened.service.exhibition("a") == opened.service.exhibition("a")


def test_a_ballot_is_in_with_a_receipt_and_counted_in_the_turnout_only(opened: Evening) -> None:
    service = opened.service
    receipt = opened.vote(opened.codes[0].code, service=service)
    assert re.fullmatch(f"[{ALPHABET}]{{16}}", receipt)
    assert service.receipt_is_in(grouped(receipt, 4).lower())
    assert not service.receipt_is_in(receipt[:-1] + ("0" if receipt[-1] != "0" else "1"))
    assert not service.receipt_is_in({"$ne": 1})
    before, after = opened.service.status(), service.status()
    assert (after["voted"], after["voters"]) == (1, 10)
    opened.vote(opened.codes[1].code)
    changed = {name for name in before if opened.service.status()[name] != before[name]}
    assert changed == {"voted"}


def test_the_same_ballot_again_gets_the_same_receipt_and_any_other_is_refused(opened: Evening) -> None:
    service, code, drawn = opened.service, opened.codes[-1].code, key()
    tiles = list(service.paper(code, "s").tiles)
    receipt = service.cast(code, "s", 1, tiles[:3], drawn)
    assert service.cast(code, "other session", 1, tiles[:3], drawn) == receipt
    assert opened.service.cast(code, "s", 1, tiles[:3], drawn) == receipt
    refused("code_used", lambda: service.cast(code, "s", 1, tiles[1:4], drawn))
    refused("code_used", lambda: service.cast(code, "s", 1, tiles[:3], key()))
    refused("code_used", lambda: service.paper(code, "s"))
    opened.organiser.close()
    assert service.cast(code, "s", 1, tiles[:3], drawn) == receipt
    assert service.status()["voted"] == 1


def test_a_key_that_another_ballot_has_is_refused_and_the_code_stays_good(opened: Evening) -> None:
    service, drawn = opened.service, key()
    first, second = codes_of(opened, makers=False)[:2]
    tiles = opened.service.status()["tiles"]
    service.cast(first, "s", 1, tiles[:3], drawn)
    refused("key_taken", lambda: service.cast(second, "s", 1, tiles[:3], drawn))
    service.cast(second, "s", 1, tiles[:3], key())
    assert service.status()["voted"] == 2


def test_nobody_votes_for_the_own_tile(opened: Evening) -> None:
    for code in codes_of(opened, makers=True):
        paper = opened.service.paper(code, "s")
        others = [tile for tile in paper.tiles if tile != paper.own]
        for ranks in ([paper.own], [others[0], paper.own], [others[0], others[1], paper.own]):
            assert refused("own_tile", lambda code=code, ranks=ranks: opened.service.cast(code, "s", 1, ranks, key()))
    assert opened.service.status()["voted"] == 0


@pytest.mark.parametrize(
    ("ranks", "code"),
    [
        ([], "ballot_too_few"),
        (["A0"], "ballot_tile_unknown"),
        (["' OR 1=1"], "ballot_tile_unknown"),
        ([0, 0], "malformed"),
        ("twice", "ballot_tile_twice"),
        ("four", "ballot_too_many"),
        (None, "malformed"),
        ({"A1": 1}, "malformed"),
        ([["A1"]], "malformed"),
        (["A1" * 5], "malformed"),
        ([""], "malformed"),
        (["A1"] * 101, "malformed"),
        ("A1", "malformed"),
        (["\ud800"], "ballot_tile_unknown"),
    ],
)
def test_a_ballot_that_is_none_is_refused_and_the_code_stays_good(ranks: object, code: str, opened: Evening) -> None:
    voter, tiles = codes_of(opened, makers=False)[0], opened.service.status()["tiles"]
    sent = {"twice": [tiles[0]] * 2, "four": tiles[:4]}.get(ranks, ranks) if isinstance(ranks, str) else ranks
    error = refused(code, lambda: opened.service.cast(voter, "s", 1, sent, key()))
    assert error.sentence("ja")
    assert opened.vote(voter)


@pytest.mark.parametrize("number", [0, 3, True, "1", None, 1.5, [1]])
def test_a_round_that_is_none_is_refused(number: object, opened: Evening) -> None:
    tiles = opened.service.status()["tiles"]
    refused("malformed", lambda: opened.service.cast(opened.codes[-1].code, "s", number, tiles[:1], key()))


@pytest.mark.parametrize("drawn", ["", "short", "x" * 65, "x" * 22 + "\n", "あ" * 22, None, 5, ["x" * 22]])
def test_a_key_that_is_none_is_refused(drawn: object, opened: Evening) -> None:
    tiles = opened.service.status()["tiles"]
    refused("malformed", lambda: opened.service.cast(opened.codes[-1].code, "s", 1, tiles[:1], drawn))


# wrong codes


def test_five_wrong_codes_of_a_visitor_are_answered_in_a_minute(opened: Evening) -> None:
    clock = Clock(0.0)
    service = RaceService(opened.path, clock=clock)
    for _ in range(5):
        refused("code_unknown", lambda: service.paper(draw(), "one"))
    error = refused("too_many_wrong", lambda: service.paper(opened.codes[0].code, "one"))
    assert error.values == {"seconds": 60}
    assert service.paper(opened.codes[0].code, "two")
    assert service.paper(opened.codes[0].code, "one")  # who was in is not kept out
    clock.now += SECONDS
    assert service.paper(opened.codes[1].code, "one")


def test_an_address_full_of_wrong_codes_keeps_out_none_who_slipped_once_nor_other_addresses(opened: Evening) -> None:
    clock = Clock(0.0)
    service = RaceService(opened.path, clock=clock)

    def types(code: str, session: str, address: str = "room") -> object:
        return service.paper(code, session, address=address)

    for number in range(MOST_OF_ADDRESS):  # three of each
        refused("code_unknown", lambda number=number: types("bad", f"voter {number // 3}"))
    error = refused("too_many_wrong", lambda: types(opened.codes[0].code, "voter 0"))
    assert error.values == {"seconds": 60}
    assert types(opened.codes[1].code, "new")
    refused("code_unknown", lambda: types(draw(), "slip"))
    assert types(opened.codes[2].code, "slip")
    for _ in range(2):
        refused("code_unknown", lambda: types(draw(), "elsewhere", "other"))
    assert types(opened.codes[3].code, "elsewhere", "other")
    clock.now += SECONDS
    assert types(opened.codes[4].code, "voter 0")


def test_whoever_has_many_sessions_gets_no_more_guesses_with_each_minute() -> None:
    clock = Clock(0.0)
    limit, answered = WrongCodeLimit(clock), []
    for _minute in range(10):
        answered.append(sum(_is_answered(limit, f"session {number}", "one") for number in range(300) for _ in range(5)))
        clock.now += SECONDS
    assert answered[0] == MOST_OF_ADDRESS + (300 - MOST_OF_ADDRESS // 5) * SLIPS
    assert answered[1:] == [MOST_OF_ADDRESS] * 9


def test_many_addresses_together_have_a_limit_too() -> None:
    limit = WrongCodeLimit(Clock(0.0))
    for number in range(MOST_OF_ALL):
        assert _is_answered(limit, f"session {number // 5}", f"address {number // 10}")
    assert [_is_answered(limit, "late", "elsewhere") for _ in range(3)] == [True, True, False]


def _is_answered(limit: WrongCodeLimit, session: str, address: str) -> bool:
    try:
        limit.begin(session, address)
    except RaceError:
        return False
    limit.end(session, wrong=True)
    return True


def test_many_tries_at_once_do_not_slip_by() -> None:
    limit = WrongCodeLimit(Clock(0.0))
    for _ in range(5):
        limit.begin("one")
    refused("too_many_wrong", lambda: limit.begin("one"))
    limit.end("one", wrong=False)
    limit.begin("one")


def test_a_wrong_secret_is_counted_too_and_a_new_one_takes_its_place(opened: Evening) -> None:
    service = RaceService(opened.path, clock=Clock(0.0))
    assert service.organiser(grouped(opened.secret).lower(), "s").overview().codes == 10
    for wrong in ("", None, 5, opened.secret[:-1], "x" * 10_000):
        refused("secret_wrong", lambda wrong=wrong: service.organiser(wrong, "s"))
    refused("too_many_wrong", lambda: service.organiser(opened.secret, "s"))
    assert service.paper(opened.codes[0].code, "s")  # the tries of a secret do not lock a voter out
    new = opened.organiser.new_secret()
    refused("secret_wrong", lambda: opened.service.organiser(opened.secret, "s"))
    assert opened.service.organiser(new, "s")


# phases


def test_before_the_vote_there_is_nothing_to_see(entered: Evening) -> None:
    status = entered.service.status()
    assert (status["phase"], status["tiles"], status["round"], status["commitment"]) == ("SUBMIT", [], None, "")
    assert entered.service.exhibition("x") == []
    refused("vote_not_open", lambda: entered.service.paper("ABCDEFGHJK", "s"))
    refused("not_revealed", lambda: entered.service.result())
    refused("picture_unknown", lambda: entered.service.picture("A2", "tile"))


def test_a_whole_evening_is_counted_as_published_and_the_commitment_is_kept(opened: Evening) -> None:
    committed = opened.service.status()["commitment"]
    assert not re.search("Anna|Ben", str(opened.service.status()))
    receipts = [opened.vote(one.code) for one in opened.codes[:-1]]
    refused("phase", opened.organiser.open_final)
    refused("phase", opened.organiser.reveal)
    opened.organiser.close()
    refused("vote_closed", lambda: opened.service.paper(opened.codes[0].code, "s"))
    state = opened.organiser.open_final()
    assert (state.phase, state.voting) == (Phase.FINAL, True)
    assert 4 <= len(state.finalists) <= 6
    papers = [opened.service.paper(one.code, "s") for one in opened.codes]
    assert all(paper.kind == "final" and paper.least == paper.most for paper in papers)
    assert all(paper.most == len(paper.tiles) - (paper.own is not None) for paper in papers)
    refused("round_over", lambda: opened.service.cast(opened.codes[-1].code, "s", 1, [papers[-1].tiles[0]], key()))
    finals = [opened.vote(one.code) for one in opened.codes]
    assert not set(finals) & set(receipts)
    opened.organiser.close()
    opened.organiser.reveal()
    race = published.read(published.publish(opened.service.result()))
    assert published.commitment(race.mapping, race.rules.salt) == committed
    assert [{ballot.receipt for ballot in one.ballots} for one in race.rounds] == [set(receipts), set(finals)]
    assert len(race.outcome().standings) == 6
    assert (race.rules.eligible, set(race.rules.electors.values())) == (10, {9})
    assert {entry["name"] for entry in race.mapping.values()} == {"Anna", "Ben", "Chie", "Dai", "Eva", "Finn"}
    assert all(entry["second_seed"] == state.second_seed for entry in race.mapping.values())
    refused("phase", opened.organiser.reopen)


def test_a_race_without_a_final_is_revealed_after_the_vote(opened: Evening) -> None:
    for one in opened.codes[:2]:
        opened.vote(one.code)
    opened.organiser.close()
    refused("no_final", opened.organiser.open_final)  # two ballots are no quorum
    opened.organiser.reveal()
    outcome = opened.service.result().outcome()
    assert (outcome.rounds[0].ballots, outcome.standings) == (2, ())


def test_what_was_closed_by_mistake_opens_again(entered: Evening) -> None:
    first = entered.organiser.close()
    assert first.phase == Phase.CHECK
    again = entered.organiser.reopen()
    assert (again.phase, again.second_seed) == (Phase.SUBMIT, None)
    assert not list((entered.path / "drawn").glob("*-second.png"))
    entered.open(8)
    committed, code = entered.service.status()["commitment"], entered.codes[-1].code
    taken_back = entered.organiser.reopen()
    assert (taken_back.phase, taken_back.mapping, taken_back.commitment) == (Phase.CHECK, {}, "")
    refused("picture_unknown", lambda: entered.service.picture(entered.codes[0].code, "tile"))
    entered.open(None)  # the codes that were handed out stay good
    assert entered.service.status()["commitment"] not in ("", committed)
    entered.vote(code)
    refused("no_ballots_wanted", entered.organiser.reopen)
    entered.organiser.close()
    assert entered.organiser.reopen().voting
    assert entered.service.status()["voted"] == 1
    for one in entered.codes[:7]:
        entered.vote(one.code)
    entered.organiser.close()
    entered.organiser.open_final()
    refused("finalists_shown", entered.organiser.reopen)
    entered.organiser.close()
    assert entered.organiser.reopen().voting


def test_while_it_is_paused_nothing_is_taken_and_a_repeated_ballot_is_still_found(opened: Evening) -> None:
    service, code, drawn = opened.service, opened.codes[-1].code, key()
    tiles = service.status()["tiles"][:3]
    receipt = service.cast(code, "s", 1, tiles, drawn)
    opened.organiser.pause()
    assert service.status()["paused"]
    refused("paused", lambda: service.paper(opened.codes[0].code, "s"))
    refused("paused", lambda: service.cast(opened.codes[-2].code, "s", 1, tiles, key()))
    assert service.cast(code, "s", 1, tiles, drawn) == receipt
    opened.organiser.resume()
    assert service.paper(opened.codes[0].code, "s")


def test_new_codes_take_the_place_of_unused_ones_and_nobody_votes_twice(opened: Evening) -> None:
    old = list(opened.codes)
    opened.vote(old[0].code)  # Anna's
    opened.vote(old[-1].code)
    refused("voters_bad", lambda: opened.organiser.replace_codes(6, opened.keep_codes))
    opened.organiser.replace_codes(12, opened.keep_codes)
    assert sorted(filter(None, (one.entry for one in opened.codes))) == ["Ben", "Chie", "Dai", "Eva", "Finn"]
    assert len(opened.codes) == 10
    service = RaceService(opened.path, clock=Clock(0.0))
    refused("code_used", lambda: service.paper(old[0].code, "s"))
    refused("code_unknown", lambda: service.paper(old[1].code, "s"))
    assert [service.paper(one.code, one.code) for one in opened.codes]
    assert service.status()["voters"] == 12


@pytest.mark.parametrize("voters", [0, -1, 5, 1001])
def test_a_number_of_voters_that_does_not_fit_opens_nothing(voters: int, entered: Evening) -> None:
    error = refused("voters_bad", lambda: entered.open(voters))
    assert "each of the 6 entries" in str(error)
    refused("voters_wanted", lambda: entered.open(None))
    assert (entered.service.status()["phase"], entered.codes) == ("SUBMIT", [])


def test_where_the_sheet_cannot_be_written_no_vote_opens(entered: Evening) -> None:
    def full(codes: object) -> None:
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        entered.organiser.open_vote(6, take_codes=full)
    assert (entered.service.status()["phase"], entered.organiser.overview().codes) == ("CHECK", 0)


def test_one_entry_is_no_vote(evening: Evening, entrants: Path, tmp_path: Path) -> None:
    shutil.copytree(entrants / "Anna", tmp_path / "mails" / "Anna")
    enter(evening, tmp_path / "mails")
    refused("too_few_entries", lambda: evening.open(3))
    assert evening.service.status()["phase"] == "SUBMIT"


def test_with_two_entries_a_maker_can_choose_the_other_only(evening: Evening, entrants: Path, tmp_path: Path) -> None:
    for name in ("Anna", "Ben"):
        shutil.copytree(entrants / name, tmp_path / "mails" / name)
    enter(evening, tmp_path / "mails")
    evening.open(3)
    paper = evening.service.paper(evening.codes[0].code, "s")
    assert (paper.kind, paper.least, paper.most, len(paper.tiles)) == ("single", 1, 1, 2)
    for one in evening.codes:
        evening.vote(one.code)
    evening.organiser.close()
    refused("no_final", evening.organiser.open_final)
    evening.organiser.reveal()
    assert len(evening.service.result().outcome().standings) == 2


def test_a_finalist_between_two_has_nothing_to_rank(opened: Evening) -> None:
    own = {one.entry: opened.service.paper(one.code, "s").own for one in opened.codes if one.entry}
    for one in opened.codes:
        wanted = "Ben" if one.entry == "Anna" else "Anna"
        opened.vote(one.code, [str(own[wanted])])
    opened.organiser.close()
    assert set(opened.organiser.open_final().finalists) == {own["Anna"], own["Ben"]}
    refused("nothing_to_choose", lambda: opened.service.paper(opened.codes[0].code, "s"))
    assert opened.vote(opened.codes[-1].code)


# the honour system


OWNER = "a" * 64


def test_on_the_honour_system_names_take_the_place_of_codes(entered: Evening, entrants: Path) -> None:
    tile = export_png(checkpoint.load(entrants / "Anna" / "run"), 500)
    service = RaceService(entered.path, Catalog(entrants))
    service.enter(Application(name="Gina", tile=tile, owner=OWNER))
    entered.open(None, honour=True)
    assert (entered.service.status()["honour"], entered.codes) == (True, [])
    own = str(service.paper(" ｇｉｎａ ", "s", OWNER).own)
    assert entered.organiser.folder.state().mapping[own]["name"] == "Gina"
    refused("own_tile", lambda: service.cast("Gina", "s", 1, [own], key(), OWNER))
    for name in ("Anna", "Gina", "Zoe", "花子"):
        entered.vote(name)
    refused("name_used", lambda: entered.service.paper("ZOE", "s"))
    refused("name_bad", lambda: entered.service.paper(" ", "s"))
    refused("name_bad", lambda: entered.service.paper("x" * 41, "s"))
    refused("honour_no_codes", lambda: entered.organiser.replace_codes(9, entered.keep_codes))
    assert entered.organiser.honour_names() == ["anna", "gina", "zoe", "花子"]
    entered.organiser.close()
    entered.organiser.reveal()
    race = entered.service.result()
    assert (race.rules.eligible, race.rules.electors, race.options["honour"]) == (4, {own: 3}, True)


def test_on_the_honour_system_a_name_alone_leads_to_no_tile(entered: Evening, entrants: Path) -> None:
    tile = export_png(checkpoint.load(entrants / "Anna" / "run"), 500)
    RaceService(entered.path, Catalog(entrants)).enter(Application(name="Gina", tile=tile, owner=OWNER))
    entered.open(None, honour=True)
    tiles = entered.service.status()["tiles"]
    for name in ("Anna", "Gina", "Finn", "Zoe"):
        for owner in ("", "b" * 64):
            assert entered.service.paper(name, "s", owner).own is None
    for name in ("Anna", "Zoe"):
        assert entered.service.paper(name, "s", OWNER).own is None
    for name in ("Anna", "Gina"):  # no choice is refused
        assert entered.service.cast(name, "s", 1, tiles[:3], key(), "b" * 64)


# messages


def test_every_message_is_in_both_languages_with_the_same_values() -> None:
    for code, message in MESSAGES.items():
        fields = {re.sub(r"!.*", "", name) for name in re.findall(r"{(.*?)}", message.en)}
        said = set(re.findall(r"{(.*?)}", message.ja))
        assert said <= fields, code
        assert re.search("[ぁ-んァ-ヶ一-鿿]", message.ja), code
        assert message.en.endswith((".", "}")), code
    for code in ("tile_unknown", "tile_twice", "too_few", "too_many"):
        error = messages.ballot_error(
            counting.CountingError(code, tile="A1", tiles="x", count=1, kind="single", least=1, most=1)
        )
        assert error.sentence("ja") != error.sentence("en")


def test_no_phase_is_named_by_its_letters_in_a_file(opened: Evening) -> None:
    letters = re.compile("|".join(Phase))
    assert [text for stage in STAGES.values() for text in stage if letters.search(text)] == []
    assert {one.stage for one in every_state(opened)} == STAGES.keys() - {"VOTE", "FINAL"}
    assert {*Phase} < STAGES.keys()


def every_state(evening: Evening) -> list[RaceState]:
    state = evening.organiser.folder.state()
    return [replace(state, phase=phase, voting=voting) for phase in Phase for voting in (False, True)]


def test_what_is_refused_in_a_phase_says_in_both_languages_where_it_is_possible(opened: Evening) -> None:
    changes: dict[str, Callable[[RaceState], RaceState]] = {
        "close": lambda state: phases.close(state, 1),
        "reopen": lambda state: phases.reopen(state, 0),
        "final": lambda state: phases.open_final(state, ("A2", "A3")),
        "reveal": phases.reveal,
    }
    sayings = []
    for action, change in changes.items():
        for state in every_state(opened):
            try:
                change(state)
            except RaceError as error:
                if error.code == "phase":
                    sayings.append((action, error.sentence("en"), error.sentence("ja")))
                    assert {state.stage, str(state.phase)}.isdisjoint(messages.ALLOWED_STAGES[action])
    assert {action for action, *_ in sayings} == {"close", "reopen", "final", "reveal"}
    said = next(said for action, *said in sayings if action == "final" and "Vote (open)" in said[0])
    assert said == [
        'The race is in the phase "Vote (open)"; "final" is possible in: Vote (closed).',
        "レースは「投票（受付中）」の段階です。「final」ができる段階: 投票（締め切り後）。",
    ]


def test_every_refusal_in_the_sources_has_a_message() -> None:
    root = Path(race_folder.__file__).parents[1]
    sources = [path.read_text(encoding="utf-8") for path in root.rglob("*.py")]
    named = {code for text in sources for code in re.findall(r'RaceError\(\s*"(\w+)"', text)}
    assert len(named) > 30
    assert named - set(MESSAGES) == set()


# the folder


def test_a_folder_with_something_else_in_it_becomes_no_race(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("x")
    refused("folder_taken", lambda: create(tmp_path, RaceOptions()))
    refused("no_race", lambda: RaceFolder(tmp_path))


def test_a_folder_in_which_only_a_system_has_left_something_becomes_a_race(tmp_path: Path) -> None:
    for name in ("desktop.ini", "Icon\r", "~$notes.docx", "._race"):
        (tmp_path / name).write_text("x")
    for name in ("@eaDir", "System Volume Information", "lost+found"):
        (tmp_path / name).mkdir()
    create(tmp_path, RaceOptions())
    assert RaceFolder(tmp_path).state().title == RaceOptions().title


def test_a_race_of_another_version_or_a_damaged_one_is_told(evening: Evening) -> None:
    with closing(sqlite3.connect(evening.path / "race.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 9")
    assert refused("race_format", lambda: RaceFolder(evening.path)).values["found"] == 9
    (evening.path / "race.sqlite").write_bytes(b"no database" * 1000)
    refused("race_damaged", lambda: RaceFolder(evening.path))


def test_the_codes_of_tiles_are_those_that_a_picture_is_asked_for_by() -> None:
    assert all(TILE.fullmatch(letter + digit) for letter in TILE_LETTERS for digit in TILE_DIGITS)
    assert len(TILE_LETTERS) * len(TILE_DIGITS) >= 100
    assert not set(TILE_DIGITS) & {"0", "1", "5"}


def test_a_commitment_changes_with_whatever_is_revealed(opened: Evening) -> None:
    state = opened.organiser.folder.state()
    tile = next(iter(state.mapping))
    other = {**state.mapping, tile: {**state.mapping[tile], "seed": 999}}
    assert published.commitment(state.mapping, state.salt) == state.commitment
    assert published.commitment(other, state.salt) != state.commitment
