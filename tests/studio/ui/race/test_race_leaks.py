"""Before the reveal, nothing that a browser gets and nothing in the logs tells whose tile is whose, or who voted."""

from __future__ import annotations

import io
import logging

import pytest
from PIL import Image

from studio.checkpoints.catalog import Catalog
from studio.race.anonymous_pictures import KINDS
from studio.race.store.race_folder import RaceFolder
from tests.race_leaks import check_for_origins, origins
from tests.race_pages import SECRET, RacePageServer, codes_of
from training.core.png_chunks import walk

OTHER = "fedcba9876543210" * 2


def test_nothing_that_comes_before_the_reveal_has_an_origin_in_it(
    server: RacePageServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    organiser = server.browser()
    codes: list[str] = []
    receipts: list[str] = []
    for actions, voters in (
        (("pause", "resume"), 0),
        (("close",), 0),
        (("open",), 5),
        (("pause",), 0),
        (("resume", "close"), 0),
        (("final",), 4),
        (("close",), 0),
    ):
        for action in actions:
            server.organise(organiser, action, voters=10 if action == "open" else None)
        if actions == ("open",):
            codes = codes_of(organiser.ask("code_sheet", organiser_secret=server.evening.secret)["html"])
        receipts += [organiser.vote(code)["receipt"] for code in codes[:voters]]
        check_for_origins(server, actions[-1], codes)
    out, err = capfd.readouterr()
    logged = "\n".join([caplog.text, out, err])
    for told in [*origins(server), *codes, *(code.replace("-", "") for code in codes), *receipts]:
        assert told not in logged, told
    server.organise(organiser, "reveal")
    browser = server.browser()
    browser.ask("race_result")
    got = b"\n".join(browser.got)
    assert all(entry.name.encode() in got for entry in server.evening.organiser.overview().entries)


def test_on_the_honour_system_names_lead_to_no_tile(server: RacePageServer) -> None:
    maker, curious = server.browser(), server.browser()
    sha256 = next(str(one.sha256) for one in Catalog(server.checkpoints).entries() if one.name == "alpha")
    assert maker.ask("enter_race", secret=SECRET, name="Gina", sha256=sha256, seed=5)["name"] == "Gina"
    server.organise(maker, "open", honour=True)
    tiles = maker.ask("race_status")["tiles"]
    for number, entry in enumerate(server.evening.organiser.overview().entries):
        paper = curious.ask("ballot_paper", secret=OTHER, code=entry.name)
        assert (paper["own"], sorted(paper["tiles"])) == (None, tiles)
        ballot = {"code": entry.name, "round": 1, "ranks": tiles[:3], "key": f"{number:032}"}
        if entry.name != "Gina":
            assert "receipt" in curious.ask("cast_ballot", secret=OTHER, **ballot)
    own = maker.ask("ballot_paper", secret=SECRET, code="ｇｉｎａ")["own"]
    assert server.evening.organiser.folder.state().mapping[own]["name"] == "Gina"
    ballot = {"code": "Gina", "round": 1, "ranks": [own], "key": "k" * 32}
    assert maker.code("cast_ballot", secret=SECRET, **ballot) == "own_tile"
    assert "receipt" in curious.ask("cast_ballot", secret=OTHER, **ballot)


def test_pictures_have_nothing_but_pixels_and_stay_in_the_browser_alone(server: RacePageServer) -> None:
    browser = server.browser()
    server.organise(browser, "open", voters=10)
    status = browser.ask("race_status")
    sizes = set()
    for tile in status["tiles"]:
        for kind, media_type in KINDS.items():
            answer = browser.client.get(f"/race/tiles/{status['pictures']}/{tile}/{kind}")
            assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
            assert answer.headers["cache-control"].startswith("private")
            assert not {"etag", "last-modified", "content-disposition", "set-cookie"} & set(answer.headers)
            if kind == "exact":
                assert {chunk.name for chunk in walk(answer.content)} == {"IHDR", "IDAT", "IEND"}
            image = Image.open(io.BytesIO(answer.content))
            assert not {"exif", "comment"} & set(image.info)
            sizes.add((kind, image.size))
    assert len(sizes) == len(KINDS)


def test_every_opening_has_addresses_of_its_own(server: RacePageServer) -> None:
    browser = server.browser()
    server.organise(browser, "open", voters=10)
    before = browser.ask("race_status")
    address = f"/race/tiles/{before['pictures']}/{before['tiles'][0]}/small"
    assert browser.client.get(address).status_code == 200
    server.organise(browser, "reopen")
    server.organise(browser, "open", voters=10)
    after = browser.ask("race_status")
    assert after["pictures"] != before["pictures"]
    tile = after["tiles"][0]
    assert browser.client.get(f"/race/tiles/{after['pictures']}/{tile}/small").status_code == 200
    assert browser.client.get(f"/race/tiles/{before['pictures']}/{tile}/tile").status_code == 404
    assert browser.client.get(f"/race/tiles/{after['pictures']}/{tile}/other").status_code == 404


def test_viewers_see_the_tiles_in_orders_of_their_own(server: RacePageServer) -> None:
    browser = server.browser()
    assert browser.ask("exhibition", secret=SECRET) == {"tiles": []}
    server.organise(browser, "open", voters=10)
    orders = [tuple(browser.ask("exhibition", secret=f"{number:032x}")["tiles"]) for number in range(8)]
    assert {frozenset(order) for order in orders} == {frozenset(browser.ask("race_status")["tiles"])}
    assert len(set(orders)) > 4
    assert tuple(browser.ask("exhibition", secret=f"{0:032x}")["tiles"]) == orders[0]


def test_files_of_the_result_come_after_the_reveal_only(server: RacePageServer) -> None:
    browser = server.browser()
    assert browser.client.get("/race/results/en/race.json").status_code == 409
    server.organise(browser, "open", honour=True)
    for number in range(4):
        assert "receipt" in browser.vote(f"Voter {number}")
    server.organise(browser, "close")
    assert browser.client.get("/race/results/en/race.json").status_code == 409
    server.organise(browser, "reveal")
    found = browser.client.get("/race/results/ja/results.html")
    assert found.headers["content-disposition"] == 'attachment; filename="results.html"'
    assert found.headers["x-content-type-options"] == "nosniff"
    assert browser.client.get("/race/results/en/race.json").json()["format"] == "gan-race/1"
    for path in ("/race/results/fr/race.json", "/race/results/en/race.sqlite", "/race/results/en/"):
        assert browser.client.get(path).status_code == 404
    assert RaceFolder(server.evening.path).state().phase == "REVEAL"
