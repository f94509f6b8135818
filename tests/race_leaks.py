"""What leads to the origin of a tile, and where that is looked for before the reveal."""

from __future__ import annotations

import json
from typing import Protocol

from studio.race.anonymous_pictures import KINDS
from tests.race_pages import SECRET, RaceBrowser
from tests.races import Evening

SHORT = 8  # digits of a hash by which a checkpoint is known


class RaceServer(Protocol):
    """A race that is held on a page, in this process or in another."""

    evening: Evening

    def browser(self) -> RaceBrowser: ...


def origins(server: RaceServer) -> set[str]:
    """Return all that leads to an entry: names, numbers, hashes, seeds, and where the race lies."""
    overview = server.evening.organiser.overview()
    state = overview.state
    found = {str(server.evening.path), state.secret_hash, state.code_salt, server.evening.secret}
    found |= {one for one in (state.salt, str(state.second_seed or "")) if one}
    for entry in overview.entries:
        found |= {entry.name, entry.entry_id, entry.checkpoint_sha256[:SHORT], str(entry.seed)}
    return found


def look_everywhere(browser: RaceBrowser, codes: list[str]) -> None:
    """Ask all that somebody without the secret can ask, rightly and wrongly."""
    browser.client.get("/")
    browser.client.get("/config")
    status = browser.ask("race_status")
    browser.ask("exhibition", secret=SECRET)
    browser.ask("own_entries", secret=SECRET)
    browser.ask("own_picture", secret=SECRET, name="x")
    browser.ask("race_result")
    browser.ask("ballot_is_in", receipt="0" * 16)
    browser.ask("organiser_view", organiser_secret="wrong")
    browser.ask("organise", organiser_secret="wrong", action="exclude", name="x")
    browser.ask("enter_race", secret=SECRET, name="x", sha256="0" * 64, seed=1)
    browser.ask("ballot_paper", secret=SECRET, code="wrong")
    for code in codes:
        browser.ask("ballot_paper", secret=SECRET, code=code)
    for tile in [*status["tiles"], "Z9", "%2e%2e"]:
        for kind in [*KINDS, "exact.png"]:
            browser.client.get(f"/race/tiles/{status['pictures'] or 'none'}/{tile}/{kind}")
    for name in ("results.html", "race.json", "recount.py", "../race.sqlite"):
        browser.client.get(f"/race/results/en/{name}")


def check_for_origins(server: RaceServer, phase: str, codes: list[str]) -> None:
    """Look everywhere as somebody new, and search all that came."""
    browser = server.browser()
    look_everywhere(browser, codes[:2])
    got = b"\n".join(browser.got)
    assert len(browser.got) > 60
    for origin in origins(server):
        assert origin.encode() not in got, (phase, origin)
        assert json.dumps(origin)[1:-1].encode() not in got, (phase, origin)
