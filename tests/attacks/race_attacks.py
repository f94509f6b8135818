"""Attacks on a race that is held on a page: whatever is refused, lost, counted twice or told before the reveal."""

from __future__ import annotations

import base64
import json
import random
import re
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import httpx
from playwright.sync_api import sync_playwright

from studio.race.anonymous_pictures import KINDS
from studio.race.entry_limit import MOST_OF_SESSION
from studio.race.one_time_codes import draw, grouped
from studio.race.store.race_folder import RaceOptions, create
from studio.race.tile_file import export_png
from studio.race.wrong_code_limit import MOST_OF_ADDRESS, SLIPS
from tests.attacks.attack_list import attack
from tests.attacks.running_race import NAMES, RunningRace, open_race
from tests.attacks.running_studio import SERVER, RunningStudio
from tests.browser.conftest import chromium_path
from tests.race_cheats import read_tile, with_manifest
from tests.race_leaks import check_for_origins, origins
from tests.race_pages import MALFORMED, SECRET, RaceBrowser
from tests.races import HOSTILE_TEXTS, key
from training.core import checkpoint

VOTERS = 60
KILLS = 6
BROWSERS = 8  # that forty voters share here: an address gets sixty sessions at once


def entries_race(studio: RunningStudio) -> RunningRace:
    """Return a race whose entries are open, for all attacks that leave them so."""
    return _shared(studio, "entries", 0)


def open_vote(studio: RunningStudio) -> RunningRace:
    """Return a race whose vote is open, for all attacks that leave it so."""
    return _shared(studio, "vote", VOTERS)


def _shared(studio: RunningStudio, name: str, voters: int) -> RunningRace:
    if name not in studio.shared:
        studio.shared[name] = studio.stack.enter_context(open_race(studio.folder / f"race {name}", voters))
    found: RunningRace = studio.shared[name]
    return found


@contextmanager
def own_race(studio: RunningStudio, voters: int = 0) -> Iterator[RunningRace]:
    """Hold a race for one attack."""
    with open_race(studio.folder / f"race {draw()}", voters) as race:
        yield race


def code_of(race: RunningRace) -> str:
    """Return a code that nobody has used yet, and is no maker's."""
    return race.codes.pop()


def ballot(browser: RaceBrowser, code: str, **changes: Any) -> dict[str, Any]:
    """Return a good ballot, with changes."""
    paper = browser.ask("ballot_paper", secret=SECRET, code=code)
    ranks = [tile for tile in paper["tiles"] if tile != paper["own"]][: paper["most"]]
    return {"secret": SECRET, "code": code, "round": paper["round"], "ranks": ranks, "key": key(), **changes}


def ballots_of(race: RunningRace) -> int:
    """Count the ballots in the file, which must be as many as those who have voted."""
    with closing(sqlite3.connect(race.evening.path / "race.sqlite")) as connection:
        (ballots,) = connection.execute("SELECT count(*) FROM ballots").fetchone()
        (used,) = connection.execute("SELECT count(*) FROM used").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert ballots == used
    return int(ballots)


# the organiser


@attack("race", "organiser's calls with an invented secret and session", "refused; the race stays as it was")
def invented_secret(studio: RunningStudio) -> None:
    race = entries_race(studio)
    before = race.evening.organiser.overview()
    secrets = ("", "0" * 20, race.evening.secret[:-1], race.evening.secret.lower()[::-1], "' OR 1=1 --", "null")
    for number, secret in enumerate(secrets):
        browser = race.browser()
        browser.client.cookies.set("race_session", f"{number:032x}.{number:032x}")
        calls: tuple[tuple[str, dict[str, Any]], ...] = (
            ("organiser_view", {}),
            ("code_sheet", {}),
            *(("organise", {"action": action, "name": NAMES[0]}) for action in ("close", "exclude")),
        )
        codes = {browser.code(function, organiser_secret=secret, **data) for function, data in calls}
        assert codes <= {"secret_wrong", "too_many_wrong"}, codes
    assert race.evening.organiser.overview() == before
    assert "allowed" in race.browser().ask("organiser_view", organiser_secret=race.evening.secret)


@attack("race", "the organiser's secret of another race", "refused")
def secret_of_another_race(studio: RunningStudio) -> None:
    race = entries_race(studio)
    other = create(studio.folder / f"other {draw()}", RaceOptions())
    for typed in (other, grouped(other)):
        assert race.browser().code("organise", organiser_secret=typed, action="close") == "secret_wrong"
    assert race.evening.organiser.overview().state.phase == "SUBMIT"


@attack("race", "wrong codes and secrets from a dozen browsers", "five each; voters and the organiser get in")
def guessing(studio: RunningStudio) -> None:
    race = open_vote(studio)
    for _ in range(13):
        guesser = race.browser()
        found = [guesser.code("ballot_paper", secret=SECRET, code=draw()) for _ in range(6)]
        found += [guesser.code("organiser_view", organiser_secret=draw(20)) for _ in range(6)]
        assert set(found) == {"code_unknown", "secret_wrong", "too_many_wrong"}, found
    assert race.browser().ask("ballot_paper", secret=SECRET, code=race.codes[-1])["tiles"]
    assert "allowed" in race.browser().ask("organiser_view", organiser_secret=race.evening.secret)


@attack("race", "wrong codes with the cookie dropped every few", "an address's share; voters behind it get in")
def guessing_without_cookies(studio: RunningStudio) -> None:
    race = open_vote(studio)
    guesser, voter = race.browser(), race.browser()
    for client in (guesser.client, voter.client):
        client.headers["x-forwarded-for"] = "203.0.113.9"  # as a proxy on this machine writes: an address of their own
    found: Counter[str | None] = Counter()
    for _ in range(MOST_OF_ADDRESS // 5 + 6):
        guesser.client.cookies.clear()
        guesser.client.get("/")
        found.update(guesser.code("ballot_paper", secret=SECRET, code=draw()) for _ in range(5))
    assert set(found) == {"code_unknown", "too_many_wrong"}, found
    assert found["code_unknown"] <= MOST_OF_ADDRESS + 6 * SLIPS + 5, found
    assert voter.code("ballot_paper", secret=SECRET, code=draw()) == "code_unknown"
    assert voter.ask("ballot_paper", secret=SECRET, code=race.codes[-2])["tiles"]


# ballots


@attack("race", "a code that is used again, and a ballot that is replayed", "the same receipt or code_used; one ballot")
def replayed(studio: RunningStudio) -> None:
    race, before = open_vote(studio), ballots_of(open_vote(studio))
    browser, thief = race.browser(), race.browser()
    sent = ballot(browser, code_of(race))
    receipt = browser.ask("cast_ballot", **sent)["receipt"]
    assert thief.ask("cast_ballot", **sent)["receipt"] == receipt
    for change in ({"ranks": sent["ranks"][::-1]}, {"key": key()}, {"ranks": sent["ranks"][:1], "key": key()}):
        assert thief.code("cast_ballot", **{**sent, **change}) == "code_used"
    assert thief.code("ballot_paper", secret=SECRET, code=sent["code"].lower()) == "code_used"
    stolen = ballot(thief, race.codes[-1], key=sent["key"], ranks=sent["ranks"])
    assert thief.code("cast_ballot", **stolen) == "key_taken"
    assert ballots_of(race) == before + 1


@attack("race", "forty ballots at once with forty codes", "forty receipts, forty ballots", slow=True)
def forty_codes(studio: RunningStudio) -> None:
    with own_race(studio, 40) as race:
        browsers = [race.browser() for _ in range(BROWSERS)]
        with ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(lambda pair: browsers[pair[0] % BROWSERS].vote(pair[1]), enumerate(race.codes)))
        assert len({answer["receipt"] for answer in answers}) == 40
        assert all(browsers[0].ask("ballot_is_in", receipt=answer["receipt"])["is_in"] for answer in answers)
        assert ballots_of(race) == 40


@attack("race", "forty ballots at once with one code", "one receipt, one ballot")
def one_code(studio: RunningStudio) -> None:
    race, before = open_vote(studio), ballots_of(open_vote(studio))
    browsers = [race.browser() for _ in range(BROWSERS)]
    sent = ballot(browsers[0], code_of(race))

    def cast(number: int) -> dict[str, Any]:
        return browsers[number % BROWSERS].ask("cast_ballot", **{**sent, "key": key()})

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(cast, range(40)))
    assert sum("receipt" in answer for answer in answers) == 1
    refused = {answer["error"]["code"] for answer in answers if "error" in answer}
    assert refused == {"race_error_code_used"}, refused
    assert ballots_of(race) == before + 1


@attack("race", "kill -9 between a ballot's write and its reply", "nothing lost, nothing counted twice", slow=True)
def killed(studio: RunningStudio) -> None:
    with own_race(studio, KILLS + len(NAMES)) as race:
        receipts = []
        for number in range(KILLS):
            browser = race.browser()
            sent = ballot(browser, code_of(race))
            thread = threading.Thread(target=_cast_and_lose, args=(browser, sent), daemon=True)
            thread.start()
            time.sleep(random.uniform(0, 0.012) * number)
            race.kill()
            thread.join(30)
            race.start()
            again = race.browser()
            receipts.append(again.ask("cast_ballot", **sent)["receipt"])
            assert again.ask("cast_ballot", **sent)["receipt"] == receipts[-1]
            assert again.code("cast_ballot", **{**sent, "key": key()}) == "code_used"
        assert len(set(receipts)) == ballots_of(race) == KILLS
        assert all(race.browser().ask("ballot_is_in", receipt=one)["is_in"] for one in receipts)


def _cast_and_lose(browser: RaceBrowser, sent: dict[str, Any]) -> None:
    try:
        browser.ask("cast_ballot", **sent)
    except (httpx.HTTPError, ValueError):
        return


@attack("race", "ballots for one's own tile", "own_tile; the code stays good")
def own_tile(studio: RunningStudio) -> None:
    race, before = open_vote(studio), ballots_of(open_vote(studio))
    browser, code = race.browser(), race.codes[0]
    paper = browser.ask("ballot_paper", secret=SECRET, code=code)
    others = [tile for tile in paper["tiles"] if tile != paper["own"]]
    for ranks in ([paper["own"]], [*others[:2], paper["own"]], [paper["own"], *others[:2]]):
        changes = {"round": 1, "key": key(), "secret": "f" * 32}
        assert browser.code("cast_ballot", code=code, ranks=ranks, **changes) == "own_tile"
    assert ballots_of(race) == before
    assert browser.ask("ballot_paper", secret=SECRET, code=code)["own"] == paper["own"]


@attack("race", "malformed requests to every function of a race", "error_request, no traceback")
def malformed(studio: RunningStudio) -> None:
    race = open_vote(studio)
    browser, before = race.browser(), ballots_of(race)
    for function, data in MALFORMED:
        assert browser.code(function, **data) == "error_request", (function, str(data)[:100])
    good = ballot(browser, race.codes[-1])
    for field in good:
        for value in (None, True, -1, 1.5, 10**400, "\ud800", "\x00", [], {}, [[]] * 1000, {"a": {"b": []}}):
            if field == "ranks" and value == []:
                continue
            content = _json({**good, field: value}, browser)
            answer = browser.client.post(SERVER, content=content, headers={"content-type": "application/json"})
            assert answer.status_code in (200, 400), answer.status_code
            assert "receipt" not in answer.text, (field, str(value)[:50])
    assert ballots_of(race) == before


def _json(data: dict[str, Any], browser: RaceBrowser) -> str:
    return json.dumps(browser.body("cast_ballot", data))


@attack("race", "a ballot of twenty megabytes and one nested ten thousand deep", "refused at once; others are answered")
def oversized(studio: RunningStudio) -> None:
    race = open_vote(studio)
    browser, headers, start = race.browser(), {"content-type": "application/json"}, time.monotonic()
    for name, value in (("code", '"' + "x" * (20 * 2**20) + '"'), ("ranks", "[" * 10_000 + "]" * 10_000)):
        content = _json({**ballot(browser, race.codes[-1]), name: "HERE"}, browser).replace('"HERE"', value)
        answer = browser.client.post(SERVER, content=content, headers=headers)
        assert "receipt" not in answer.text
        assert answer.status_code in (200, 400, 413), answer.status_code
    assert time.monotonic() - start < 20
    race.assert_unharmed()


@attack("race", "SQL, HTML and formats as code, secret, receipt, name and text", "only text; all tables are there")
def hostile_texts(studio: RunningStudio) -> None:
    race, browser = entries_race(studio), entries_race(studio).browser()
    before = race.evening.organiser.overview().entries
    for number, text in enumerate(HOSTILE_TEXTS[:MOST_OF_SESSION]):
        entry = {"name": text, "about": text, "sha256": race.sha256("alpha"), "seed": 2 * 10**6 + number}
        answer = browser.ask("enter_race", secret=SECRET, **entry)
        assert answer["name"] == text, answer
        assert "<script" not in answer["about"]
        assert "<img" not in answer["about"]
        assert browser.code("own_picture", secret=SECRET, name=text) is None
        assert race.browser().code("organiser_view", organiser_secret=text) == "secret_wrong"
    vote = open_vote(studio).browser()
    for text in HOSTILE_TEXTS:
        assert vote.code("ballot_paper", secret=SECRET, code=text) in ("code_unknown", "too_many_wrong")
        assert vote.ask("ballot_is_in", receipt=text) == {"is_in": False, "ranks": None}
    assert len(race.evening.organiser.overview().entries) == len(before) + MOST_OF_SESSION


@attack("race", "scripts in names and texts, on the page and in the saved result", "nothing runs", slow=True)
def scripts_in_the_result(studio: RunningStudio) -> None:
    harm = "<img src=x onerror='window.harmed=1'><script>window.harmed=1</script>"
    with own_race(studio) as race:
        about = f"[x](javascript:window.harmed=1) {harm} <svg onload=window.harmed=1>"
        for number, name in enumerate(('"><svg onload=window.harmed=1>', "<img src=x onerror=window.harmed=1>")):
            entry = {"name": name, "about": about, "sha256": race.sha256("alpha"), "seed": number}
            assert race.browser().code("enter_race", secret=SECRET, **entry) is None
        race.open(10)
        browser = race.browser()
        assert all("receipt" in browser.vote(code) for code in race.codes[:8])
        race.organise("close")
        race.organise("reveal")
        saved = httpx.get(f"{race.address}/race/results/en/results.html", timeout=60).content
        assert b"window.harmed" in saved
        assert not re.search(rb"<[^>]*window\.harmed", saved)
        with ThreadPoolExecutor(1) as pool:  # Playwright wants a thread without an event loop
            pool.submit(_look_for_scripts, race, saved).result()


def _look_for_scripts(race: RunningRace, saved: bytes) -> None:
    """Open the page and the saved result in Chromium, where that is installed."""
    path = chromium_path()
    if path is None:
        return
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page()
        page.goto(f"{race.address}/?tab=race")
        page.locator(".reveal-all").click(timeout=60_000)
        page.locator(".revealed > li").first.wait_for()
        assert "window.harmed" in page.locator(".revealed").inner_text()
        page.wait_for_timeout(500)
        assert page.evaluate("window.harmed") is None
        assert page.locator(".revealed a[href^='javascript']").count() == 0
        file = race.folder / "results.html"
        file.write_bytes(saved)
        page.goto(file.as_uri())
        page.wait_for_timeout(500)
        assert page.evaluate("window.harmed") is None
        chromium.close()


# entries


@attack("race", "a tile with a hand-picked cell", "refused, with how many pictures differ")
def hand_picked(studio: RunningStudio) -> None:
    race, browser = entries_race(studio), entries_race(studio).browser()
    model = checkpoint.load(race.checkpoints / "alpha")
    pixels, manifest = read_tile(export_png(model, 5))
    better, _ = read_tile(export_png(model, 6))
    pixels[:16, :16] = better[:16, :16]
    answer = _hand_in(browser, with_manifest(pixels, manifest))
    assert answer["error"]["values"]["sentence"]["code"] == "reason_cells_differ", answer


def _hand_in(browser: RaceBrowser, png: bytes) -> dict[str, Any]:
    return browser.ask("enter_race", secret=SECRET, name="Cheat", file=base64.b64encode(png).decode())


@attack("race", "manifests that lie of seed, psi, checkpoint, or are none", "refused; what was found is what counts")
def lying_manifests(studio: RunningStudio) -> None:
    race, browser = entries_race(studio), entries_race(studio).browser()
    pixels, said = read_tile(export_png(checkpoint.load(race.checkpoints / "alpha"), 5))
    lies: tuple[dict[str, Any], ...] = (
        {"seed": 6},
        {"psi": 0.5},
        {"checkpoint_sha256": "0" * 64},
        {"checkpoint_sha256": race.sha256("cheat")},
        {"seed": -1},
        {"seed": "5; DROP TABLE entries"},
    )
    for lie in lies:
        assert "error" in _hand_in(browser, with_manifest(pixels, {**said, **lie})), lie
    assert "error" in _hand_in(browser, with_manifest(pixels[:144], said))
    harmless = {"seeds_looked_at": -5, "hours": 0, "about": "<script>", "pixels_sha256": "0" * 64}
    answer = _hand_in(browser, with_manifest(pixels, {**said, **harmless}))
    assert (answer["seed"], answer["seeds_looked_at"], answer["hours"], answer["about"]) == (5, None, 1.0, "")


@attack(
    "race",
    "a generator that ignores its latents, and a lookup table",
    "excluded; 100 repeated pictures are told",
    slow=True,
)
def unmasked(studio: RunningStudio) -> None:
    with own_race(studio) as race:
        for name in ("cheat", "table"):
            entry = {"name": name, "sha256": race.sha256(name), "seed": 1}
            assert race.browser().code("enter_race", secret=SECRET, **entry) is None
        race.open(20)
        found = {one.name: one for one in race.evening.organiser.overview().entries}
        assert (found["cheat"].excluded or {}).get("code") == "entry_ignores_seed"
        assert found["table"].repeated_cells == 100
        assert max(found[name].repeated_cells or 0 for name in NAMES) < 50
        assert len(race.browser().ask("race_status")["tiles"]) == len(NAMES) + 1


@attack("race", "a race filled by one browser under made-up names", "five entries; others can still enter")
def filled(studio: RunningStudio) -> None:
    race, browser = entries_race(studio), entries_race(studio).browser()
    sha256 = race.sha256("alpha")
    found = []
    for number in range(MOST_OF_SESSION + 3):
        entry = {"name": f"Made up {number}", "sha256": sha256, "seed": 10**6 + number, "visitor": f"v{number}"}
        found.append(browser.code("enter_race", secret=f"{number:032x}", **entry))
    assert found == [None] * MOST_OF_SESSION + ["entry_limit"] * 3, found
    assert race.browser().code("enter_race", secret=SECRET, name="Honest", sha256=sha256, seed=77) is None


# what leads to a name


@attack("race", "every name tried on the honour system", "no name leads to a tile", slow=True)
def enumeration(studio: RunningStudio) -> None:
    with own_race(studio) as race:
        race.organise("open", honour=True)
        curious = race.browser()
        tiles = curious.ask("race_status")["tiles"]
        for name in (*NAMES, "Nobody"):
            paper = curious.ask("ballot_paper", secret=SECRET, code=name)
            assert (paper["own"], sorted(paper["tiles"])) == (None, tiles)
            sent = {"secret": SECRET, "code": name, "round": 1, "key": key()}
            codes = [curious.code("cast_ballot", ranks=[tile], **sent) for tile in tiles]
            assert codes == [None, *["name_used"] * (len(tiles) - 1)], codes


@attack("race", "tiles fetched before the exhibition opens", "404, whatever the address")
def early_tiles(studio: RunningStudio) -> None:
    race = entries_race(studio)
    client = race.browser().client
    state = race.evening.organiser.folder.state()
    keys = {"", "0" * 16, "none", state.race_id, state.code_salt[:16], "%00", "..", "e3b0c44298fc1c14"}
    for guess in keys:
        for tile in ("A2", "Z9", "..%2fdrawn", "%2e%2e", NAMES[0]):
            for kind in KINDS:
                answer = client.get(f"/race/tiles/{guess}/{tile}/{kind}")
                assert answer.status_code == 404, answer.url
    assert race.browser().ask("exhibition", secret=SECRET) == {"tiles": []}


@attack("race", "the database, the entries' files and the result by any path", "refused, or not before the reveal")
def files_of_the_race(studio: RunningStudio) -> None:
    race = open_vote(studio)
    client = race.browser().client
    names = ("race.sqlite", "..%2frace.sqlite", "%2e%2e/race.sqlite", "checkpoints", "drawn", "results.html")
    for name in names:
        for start in ("race/results/en", "race/results/..", "race/tiles/x/A2", "race", "race/ui", "assets", "static"):
            answer = client.get(f"/{start}/{name}")
            assert answer.status_code in (403, 404, 409), answer.url
            assert not any(one.encode() in answer.content for one in NAMES)
    for path in (race.evening.path / "race.sqlite", race.folder / "mails"):
        for route in ("file=", "file/"):
            assert client.get(f"/gradio_api/{route}{path}").status_code == 404


@attack(
    "race",
    "everything that a browser gets in every phase, searched for origins",
    "nothing leads to an entry",
    slow=True,
)
def leaks(studio: RunningStudio) -> None:
    with own_race(studio) as race:
        check_for_origins(race, "SUBMIT", [])
        race.organise("close")
        check_for_origins(race, "CHECK", [])
        race.open(12)
        check_for_origins(race, "VOTE", race.codes)
        browser = race.browser()
        receipts = [browser.vote(code)["receipt"] for code in race.codes[:6]]
        race.organise("close")
        race.organise("final")
        check_for_origins(race, "FINAL", race.codes)
        logged = race.log()
        bare = [code.replace("-", "") for code in race.codes]
        for told in [*origins(race), *race.codes, *bare, *receipts, SECRET]:
            if told != str(race.evening.path):  # which the command line names
                assert told not in logged, told


@attack("race", "chunks, ETags, times and sizes of the tiles' pictures", "pixels alone, all alike")
def pictures_alike(studio: RunningStudio) -> None:
    race, browser = open_vote(studio), open_vote(studio).browser()
    status = browser.ask("race_status")
    heads: dict[str, set[tuple[str, ...]]] = {}
    for tile in status["tiles"]:
        for kind in KINDS:
            answer = browser.client.get(f"/race/tiles/{status['pictures']}/{tile}/{kind}")
            assert answer.status_code == 200
            heads.setdefault(kind, set()).add(tuple(sorted({*answer.headers} - {"date", "content-length"})))
            assert not {"etag", "last-modified", "server-timing", "x-process-time"} & {*answer.headers}
            assert not re.search(rb"(?:tEXt|iTXt|zTXt|eXIf|tIME|iCCP|Exif)", answer.content)
    assert all(len(found) == 1 for found in heads.values()), heads
    explored = {one.name: one for one in race.evening.organiser.overview().entries}
    assert not any(one.entry_id in str(status) for one in explored.values())


@attack("race", "codes in the address, where servers and proxies note them", "only behind #, and gone from the log")
def codes_in_addresses(studio: RunningStudio) -> None:
    race = open_vote(studio)
    sheet = race.browser().ask("code_sheet", organiser_secret=race.evening.secret)["html"]
    assert not re.search(r"[?&]code=", sheet)
    client = race.browser().client
    for code in race.codes[:3]:
        client.get(f"/?tab=race&code={code}")
    assert not any(code in race.log() for code in race.codes)
