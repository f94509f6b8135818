"""The functions of the tab Race over HTTP: entering, voting, looking, and the organiser's panel, in every phase."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.checkpoints.catalog import Catalog
from studio.race.entry_admission import unusable
from studio.race.entry_limit import MOST_OF_SESSION
from studio.race.messages import MESSAGES, RaceError
from studio.race.service import RaceService
from studio.race.tile_file import export_png
from studio.race.wrong_code_limit import MOST_OF_ADDRESS
from studio.ui.protocol import RequestError
from studio.ui.race import race_status
from studio.ui.race.race_errors import PREFIX, problem_of, race_errors
from studio.ui.race.race_status import RaceStatus, SurenessCache
from studio.ui.services import Studio
from studio.ui.texts.i18n import RACE_TEXTS
from tests.loops import run_to_its_end
from tests.race_pages import MALFORMED, SECRET, RaceBrowser, RacePageServer, codes_of
from tests.races import Evening, key
from training.core import checkpoint
from training.core.checkpoint import CheckpointError
from training.core.pixels import NotFiniteError

OTHER = "fedcba9876543210" * 2


def alpha(server: RacePageServer) -> str:
    return next(str(one.sha256) for one in Catalog(server.checkpoints).entries() if one.name == "alpha")


def opened(server: RacePageServer, browser: RaceBrowser, voters: int = 10) -> list[str]:
    """Open the vote on the page, and return the codes, those of the entries' makers first."""
    answer = server.organise(browser, "open", voters=voters, address="http://race.example/")
    assert answer["job"]["error"] is None
    sheet = browser.ask("code_sheet", organiser_secret=server.evening.secret)["html"]
    return codes_of(sheet)


# errors


def test_every_refusal_has_a_text_in_both_languages_that_its_values_fill() -> None:
    for code, message in MESSAGES.items():
        assert RACE_TEXTS[PREFIX + code] == (message.en, message.ja)


def test_what_a_race_refuses_comes_as_code_and_values() -> None:
    with pytest.raises(RequestError) as caught, race_errors():
        raise RaceError("ballot_too_many", count=4, most=3)
    assert (caught.value.code, caught.value.values) == ("race_error_ballot_too_many", {"count": 4, "most": 3})
    with pytest.raises(RequestError) as caught, race_errors():
        raise PermissionError("/a/secret/path")
    assert (caught.value.code, caught.value.values) == ("race_error_store_away", {})


def test_a_sentence_within_a_refusal_is_words_of_the_page() -> None:
    error = RaceError("entry_not_verified", sentence="s", reason="cells_differ", details={"count": 3, "x": {}})
    phrase = problem_of(error).values["sentence"]
    assert (phrase.code, phrase.values) == ("reason_cells_differ", {"count": 3})  # type: ignore[union-attr]
    error = RaceError("entry_checkpoint", why="in English")
    error.__cause__ = CheckpointError("in English", "damaged", file="f")
    assert problem_of(error).model_dump()["values"]["why"] == {"code": "problem_damaged", "values": {"file": "f"}}


def test_reasons_and_phases_within_a_refusal_are_words_of_the_page() -> None:
    for error, reason in (
        (CheckpointError("in English", "damaged", file="f"), {"code": "problem_damaged", "values": {"file": "f"}}),
        (NotFiniteError("in English"), {"code": "problem_diverged", "values": {}}),
        (ValueError("in English"), {"code": "problem_other", "values": {}}),
    ):
        kept = json.loads(json.dumps(unusable(error).to_dict()))  # as the database keeps it
        assert problem_of(RaceError(kept["code"], **kept["values"])).model_dump()["values"] == {"why": reason}
    for phase, action, words in (
        ("VOTE_open", "final", ["race_phase_VOTE_open", "race_do_final", "race_allowed_final"]),
        ("REVEAL", "codes", ["race_phase_REVEAL", "race_do_codes", "race_allowed_codes"]),
    ):
        values = problem_of(RaceError("phase", phase=phase, action=action)).values
        assert [values[name].code for name in ("phase", "action", "allowed")] == words  # type: ignore[union-attr]
        assert all(word in RACE_TEXTS for word in words)
    assert problem_of(RaceError("phase", phase="SUBMIT", action="check")).values["action"] == "check"


def test_a_studio_without_a_race_says_how_one_is_begun(tmp_path: Path) -> None:
    from studio.ui.declarations import functions

    part = functions(Studio(tmp_path, torch.device("cpu")))["race"]
    answer = run_to_its_end(part["race_status"]({}))
    assert answer["error"]["code"] == "race_none"
    assert "app.py --race" in RACE_TEXTS["race_none"][0]


# status


def test_the_status_is_the_same_for_everybody_and_has_no_origin(server: RacePageServer) -> None:
    answers = [server.browser().ask("race_status") for _ in range(2)]
    assert {name: answers[0][name] for name in ("phase", "entries", "voting", "tiles", "pictures")} == {
        "phase": "SUBMIT",
        "entries": 6,
        "voting": False,
        "tiles": [],
        "pictures": "",
    }
    assert answers[0]["title"] == answers[1]["title"] == "Flowers"


def test_the_status_is_read_once_a_second_whoever_asks(entered_once: Evening) -> None:
    now = [100.0]
    race = CountedRace(entered_once.path, patience=1.0)
    status = RaceStatus(race, lambda: now[0])
    for _ in range(5):
        run_to_its_end(status.now())
    assert race.reads == 1
    now[0] += 1.1
    run_to_its_end(status.now())
    assert race.reads == 2
    status.changed()
    run_to_its_end(status.now())
    assert race.reads == 3


class CountedRace(RaceService):
    reads = 0

    def status(self) -> dict[str, Any]:
        self.reads += 1
        return super().status()


def test_a_folder_that_is_away_is_told_soon_while_the_reading_goes_on(
    entered_once: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(race_status, "PATIENCE_SECONDS", 0.1)
    back = threading.Event()

    class AwayRace(RaceService):
        def status(self) -> dict[str, Any]:
            back.wait(20)
            return super().status()

    status = RaceStatus(AwayRace(entered_once.path, patience=1.0))
    for _ in range(2):
        with pytest.raises(RaceError) as caught:
            run_to_its_end(status.now())
        assert caught.value.code == "store_away"
    monkeypatch.setattr(race_status, "PATIENCE_SECONDS", 20)
    back.set()
    assert run_to_its_end(status.now()).entries == 6


def test_how_sure_a_result_can_be_is_simulated_once_and_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[tuple[int, int]] = []
    done = threading.Event()

    class Found:
        best_wins = 0.734

    def simulated(setting: Any) -> Found:
        runs.append((setting.tiles, setting.voters))
        done.wait(20)
        return Found()

    monkeypatch.setattr(race_status, "simulate", simulated)
    cache = SurenessCache()
    assert [cache.of(6, 2), cache.of(1, 9)] == [None, None]
    assert [cache.of(6, 12), cache.of(6, 12)] == [None, None]
    done.set()
    for thread in threading.enumerate():
        if thread.name == "race simulation":
            thread.join(20)
    found = cache.of(6, 12)
    assert found is not None
    assert (found.tiles, found.voters, found.percent) == (6, 12, 73)
    assert runs == [(6, 12)]


# entering


def test_a_tile_of_the_studio_enters_and_its_browser_alone_may_replace_it(server: RacePageServer) -> None:
    browser, sha256 = server.browser(), alpha(server)
    entry = {"name": "Alina", "sha256": sha256, "seed": 5, "psi": 0.5, "about": "**hi** <b>x</b>"}
    answer = browser.ask("enter_race", secret=SECRET, seeds_looked_at=3, **entry)
    assert (answer["name"], answer["sha256"], answer["seed"], answer["psi"]) == ("Alina", sha256, 5, 0.5)
    assert answer["about"] == "<p><strong>hi</strong> &lt;b&gt;x&lt;/b&gt;</p>\n"
    assert browser.ask("race_status")["entries"] == 7
    assert browser.code("enter_race", secret=OTHER, **{**entry, "seed": 6}) == "entry_name_taken"
    assert browser.ask("enter_race", secret=SECRET, **{**entry, "seed": 7})["seed"] == 7
    own = browser.ask("own_entries", secret=SECRET)["entries"]
    assert [(one["seed"], one["about_text"]) for one in own] == [(7, entry["about"])]
    assert browser.ask("own_entries", secret=OTHER)["entries"] == []
    jpeg = base64.b64decode(browser.ask("own_picture", secret=SECRET, name="alina")["jpeg"])
    assert jpeg.startswith(b"\xff\xd8")
    assert browser.code("own_picture", secret=OTHER, name="Alina") == "entry_absent"


def test_an_exported_png_enters_and_what_does_not_verify_is_refused_with_the_reason(server: RacePageServer) -> None:
    browser = server.browser()
    png = export_png(checkpoint.load(server.checkpoints / "alpha"), 8, seeds_looked_at=4)
    encoded = base64.b64encode(png).decode()
    answer = browser.ask("enter_race", secret=SECRET, name="Bo", file=encoded)
    assert (answer["seed"], answer["seeds_looked_at"]) == (8, 4)
    assert browser.code("enter_race", secret=SECRET, name="Cy", file=encoded) == "entry_duplicate"
    refused = browser.ask("enter_race", secret=SECRET, name="Cy", file=base64.b64encode(b"no picture").decode())
    assert refused["error"]["code"] == "race_error_entry_not_verified"
    assert refused["error"]["values"]["sentence"]["code"] == "reason_not_an_image"
    assert browser.code("enter_race", secret=SECRET, name="Cy", file="%%%") == "error_request"


def test_one_browser_enters_so_many_tiles_whatever_it_calls_itself_and_others_still_can(
    server: RacePageServer,
) -> None:
    browser, sha256 = server.browser(), alpha(server)

    def enter(who: RaceBrowser, number: int, **changes: Any) -> str | None:
        secret, visitor = f"{number:032x}", f"made up {number}"
        asked = {"name": f"Name {number}", "sha256": sha256, "seed": number, "secret": secret, "visitor": visitor}
        return who.code("enter_race", **{**asked, **changes})

    assert enter(browser, 0, sha256="0" * 64) == "entry_checkpoint"  # what is refused is not counted
    assert [enter(browser, number) for number in range(MOST_OF_SESSION)] == [None] * MOST_OF_SESSION
    assert enter(browser, 50) == "entry_limit"
    assert enter(browser, 0, seed=60) is None  # in the place of the first
    assert enter(server.browser(), 51) is None
    assert browser.ask("race_status")["entries"] == 6 + MOST_OF_SESSION + 1


def test_rules_are_checked_when_somebody_enters(server: RacePageServer) -> None:
    browser, sha256 = server.browser(), alpha(server)
    long = next(str(one.sha256) for one in Catalog(server.checkpoints).entries() if one.name == "long")
    assert browser.code("enter_race", secret=SECRET, name="Cy", sha256=long, seed=1) == "entry_hours"
    for name in (" \u200b", "\u3164\uffa0"):
        assert browser.code("enter_race", secret=SECRET, name=name, sha256=sha256, seed=1) == "entry_name_bad"
    assert browser.code("enter_race", secret=SECRET, name="Cy", sha256=sha256) == "entry_no_tile"
    assert browser.code("enter_race", secret=SECRET, name="Cy", sha256="0" * 64, seed=1) == "entry_checkpoint"
    server.organise(browser, "pause")
    assert browser.code("enter_race", secret=SECRET, name="Cy", sha256=sha256, seed=1) == "paused"
    server.organise(browser, "resume")
    server.organise(browser, "close")
    assert browser.code("enter_race", secret=SECRET, name="Cy", sha256=sha256, seed=1) == "entries_closed"


# the vote


def test_a_right_is_checked_before_anything_is_shown_and_an_own_tile_is_left_out(server: RacePageServer) -> None:
    browser = server.browser()
    assert browser.code("ballot_paper", secret=SECRET, code="0000000000") == "vote_not_open"
    codes = opened(server, browser)
    voter = server.browser()
    assert voter.code("ballot_paper", secret=SECRET, code="0000000000") == "code_unknown"
    paper = voter.ask("ballot_paper", secret=SECRET, code=codes[0])
    assert paper["own"] in paper["tiles"]
    ballot = {"secret": SECRET, "code": codes[0], "round": 1, "key": key()}
    assert voter.code("cast_ballot", ranks=[paper["own"]], **ballot) == "own_tile"
    assert voter.code("cast_ballot", ranks=["Z1"], **ballot) == "ballot_tile_unknown"
    assert voter.code("cast_ballot", ranks=[], **ballot) == "ballot_too_few"
    others = [tile for tile in paper["tiles"] if tile != paper["own"]]
    assert voter.code("cast_ballot", ranks=others[:4], **ballot) == "ballot_too_many"
    assert voter.code("cast_ballot", ranks=[others[0]] * 2, **ballot) == "ballot_tile_twice"
    assert voter.code("cast_ballot", ranks=others[:1], **{**ballot, "round": 2}) == "round_over"
    assert server.evening.organiser.overview().ballots == 0


def test_the_same_ballot_sent_again_gets_the_same_receipt_and_another_is_refused(server: RacePageServer) -> None:
    browser = server.browser()
    code = opened(server, browser)[7]
    tiles = browser.ask("ballot_paper", secret=SECRET, code=code)["tiles"]
    ballot = {"secret": SECRET, "code": code, "round": 1, "ranks": tiles[:2], "key": key()}
    receipt = browser.ask("cast_ballot", **ballot)["receipt"]
    assert browser.ask("cast_ballot", **ballot)["receipt"] == receipt
    assert browser.code("cast_ballot", **{**ballot, "ranks": tiles[2:4]}) == "code_used"
    assert browser.code("cast_ballot", **{**ballot, "key": key()}) == "code_used"
    assert browser.code("ballot_paper", secret=SECRET, code=code) == "code_used"
    assert browser.ask("ballot_is_in", receipt=receipt.lower()) == {"is_in": True, "ranks": None}
    assert browser.ask("ballot_is_in", receipt="0" * 16) == {"is_in": False, "ranks": None}
    assert browser.ask("race_status")["voted"] == 1


def test_wrong_codes_are_counted_by_the_session_that_the_server_gave_and_keep_nobody_else_out(
    server: RacePageServer,
) -> None:
    organiser = server.browser()
    codes = opened(server, organiser)
    guesser = server.browser()
    found = [guesser.code("ballot_paper", secret=SECRET, code=f"000000000{number}") for number in range(6)]
    assert found == ["code_unknown"] * 5 + ["too_many_wrong"]
    assert guesser.code("ballot_paper", secret=SECRET, code=codes[8]) == "too_many_wrong"
    assert "receipt" in server.browser().vote(codes[8])
    assert guesser.code("organiser_view", organiser_secret="x") == "secret_wrong"


def test_forty_ballots_at_once_with_forty_codes_are_all_in_and_with_one_code_just_one(server: RacePageServer) -> None:
    organiser = server.browser()
    codes = opened(server, organiser, voters=41)
    voters = [server.browser() for _ in range(8)]
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda pair: voters[pair[0] % 8].vote(pair[1]), enumerate(codes[:40])))
        assert len({answer["receipt"] for answer in answers}) == 40
        tiles = organiser.ask("ballot_paper", secret=SECRET, code=codes[40])["tiles"]
        same = {"secret": SECRET, "code": codes[40], "round": 1, "ranks": tiles[:1]}
        answers = list(pool.map(lambda number: voters[number % 8].ask("cast_ballot", key=key(), **same), range(40)))
    assert sum("receipt" in answer for answer in answers) == 1
    codes_found = {answer["error"]["code"] for answer in answers if "error" in answer}
    assert codes_found == {"race_error_code_used"}
    assert server.evening.organiser.overview().ballots == 41


def test_a_malformed_request_is_refused(server: RacePageServer) -> None:
    browser = server.browser()
    for function, data in MALFORMED:
        assert browser.code(function, **data) == "error_request", (function, str(data)[:100])


# the organiser


def test_without_the_secret_nothing_can_be_done(server: RacePageServer) -> None:
    browser = server.browser()
    for function, data in (("organiser_view", {}), ("organise", {"action": "close"}), ("code_sheet", {})):
        assert browser.code(function, organiser_secret="00000", **data) == "secret_wrong"
    assert server.evening.organiser.overview().state.phase == "SUBMIT"


def test_an_organiser_who_was_in_is_not_kept_out_by_wrong_codes_of_others(server: RacePageServer) -> None:
    organiser = server.browser()
    assert "allowed" in organiser.ask("organiser_view", organiser_secret=server.evening.secret)
    for _ in range(MOST_OF_ADDRESS // 5):
        guesser = server.browser()
        for _ in range(5):
            guesser.code("organiser_view", organiser_secret="nothing")
    late = server.browser()
    found = [late.code("organiser_view", organiser_secret="nothing") for _ in range(3)]
    assert found == ["secret_wrong", "secret_wrong", "too_many_wrong"]
    assert "allowed" in organiser.ask("organiser_view", organiser_secret=server.evening.secret)
    server.evening.secret, before = server.evening.organiser.new_secret(), server.evening.secret
    assert organiser.code("organiser_view", organiser_secret=before) == "secret_wrong"
    assert "allowed" in server.browser().ask("organiser_view", organiser_secret=server.evening.secret)


def test_the_panel_leads_through_the_evening(server: RacePageServer) -> None:
    organiser, secret = server.browser(), server.evening.secret
    view = organiser.ask("organiser_view", organiser_secret=secret)
    assert view["allowed"] == ["open", "close", "exclude", "include", "pause"]
    assert [one["name"] for one in view["entries"]] == sorted(one["name"] for one in view["entries"])
    name = view["entries"][0]["name"]
    assert server.organise(organiser, "exclude", name=name)["entries"][0]["excluded"]["code"].endswith("entry_excluded")
    assert server.organise(organiser, "include", name=name)["entries"][0]["excluded"] is None
    assert organiser.code("organise", organiser_secret=secret, action="exclude", name="Nobody") == "entry_absent"
    assert server.organise(organiser, "open")["job"]["error"]["code"] == "race_error_voters_wanted"
    codes = opened(server, organiser)
    assert len(codes) == 10
    assert server.organise(organiser, "codes", voters=12)["codes"] == 12
    sheet = organiser.ask("code_sheet", organiser_secret=secret)["html"]
    fresh = codes_of(sheet)
    assert not set(fresh) & set(codes)
    assert organiser.ask("code_sheet", organiser_secret=secret, forget=True) == {"html": None}
    assert organiser.ask("code_sheet", organiser_secret=secret) == {"html": None}
    lead_to_the_reveal(server, organiser, fresh)


def lead_to_the_reveal(server: RacePageServer, organiser: RaceBrowser, codes: list[str]) -> None:
    secret = server.evening.secret
    assert all("receipt" in organiser.vote(code) for code in codes[:5])
    assert "reopen" not in organiser.ask("organiser_view", organiser_secret=secret)["allowed"]
    assert organiser.code("organise", organiser_secret=secret, action="reopen") == "no_ballots_wanted"
    assert server.organise(organiser, "pause")["allowed"][-1] == "resume"
    assert organiser.code("ballot_paper", secret=SECRET, code=codes[5]) == "paused"
    server.organise(organiser, "resume")
    assert server.organise(organiser, "close")["allowed"][:3] == ["final", "reveal", "reopen"]
    assert organiser.code("ballot_paper", secret=SECRET, code=codes[5]) == "vote_closed"
    assert "close" in server.organise(organiser, "final")["allowed"]
    assert all("receipt" in organiser.vote(code) for code in codes[:4])
    server.organise(organiser, "close")
    assert organiser.code("race_result") == "not_revealed"
    assert server.organise(organiser, "reveal")["allowed"] == []
    assert organiser.ask("race_status")["phase"] == "REVEAL"


def test_a_vote_can_be_on_the_honour_system(server: RacePageServer) -> None:
    organiser = server.browser()
    server.organise(organiser, "open", honour=True)
    assert organiser.ask("race_status")["honour"] is True
    assert "receipt" in organiser.vote("Somebody")
    assert organiser.code("ballot_paper", secret=SECRET, code="somebody") == "name_used"
    assert organiser.ask("organiser_view", organiser_secret=server.evening.secret)["names"] == ["somebody"]
    assert organiser.ask("race_status")["voted"] == 1


def test_an_address_that_is_none_opens_nothing(server: RacePageServer) -> None:
    organiser = server.browser()
    data = {"organiser_secret": server.evening.secret, "action": "open", "voters": 10}
    assert organiser.code("organise", address="javascript:alert(1)", **data) == "malformed"
    assert server.evening.organiser.overview().state.phase == "SUBMIT"


# the program goes away


def test_a_new_program_on_the_same_folder_goes_on(hold: Callable[[], RacePageServer]) -> None:
    first = hold()
    browser = first.browser()
    codes = opened(first, browser)
    tiles = browser.ask("ballot_paper", secret=SECRET, code=codes[6])["tiles"]
    ballot = {"secret": SECRET, "code": codes[6], "round": 1, "ranks": tiles[:3], "key": key()}
    receipt = browser.ask("cast_ballot", **ballot)["receipt"]
    first.page.close(verbose=False)
    second = hold()
    again = second.browser()
    assert again.ask("cast_ballot", **ballot)["receipt"] == receipt
    assert again.ask("race_status")["voted"] == 1
    assert "receipt" in again.vote(codes[7])


# the result


def test_the_result_is_what_the_export_says(server: RacePageServer) -> None:
    organiser = server.browser()
    codes = opened(server, organiser)
    receipts = [organiser.vote(code)["receipt"] for code in codes]
    server.organise(organiser, "close")
    server.organise(organiser, "reveal")
    found = organiser.ask("race_result")
    plain = organiser.client.get("/race/results/en/results.json").json()
    assert found["winners"] == plain["winners"]
    assert [(one["tile"], one["place"]) for one in found["standings"]] == [
        (one["tile"], one["place"]) for one in plain["standings"]
    ]
    assert found["rounds"][0]["preferred"] == plain["rounds"][0]["preferred"]
    assert [one["chance"] for one in found["standings"]] == [one["chance"] for one in plain["standings"]]
    assert {one["receipt"] for one in found["rounds"][0]["ballots"]} == set(receipts)
    for entry in found["entries"]:
        assert entry["seed"] >= 3_123_456_701
        assert entry["command"].startswith("python -m studio verify race_")
    ranks = next(one["ranks"] for one in found["rounds"][0]["ballots"] if one["receipt"] == receipts[0])
    assert organiser.ask("ballot_is_in", receipt=receipts[0]) == {"is_in": True, "ranks": ranks}
    assert found["commitment"] == organiser.ask("race_status")["commitment"]
