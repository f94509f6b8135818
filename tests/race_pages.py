"""A race on a page that is open on this machine, asked over HTTP as its scripts do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import torch
from fastapi import FastAPI

from studio.ui import page as studio_page
from tests.proxies import served
from tests.races import Evening, key

Answer = dict[str, Any]
SECRET = "0123456789abcdef" * 2
MALFORMED: list[tuple[str, dict[str, Any]]] = [
    ("cast_ballot", {"secret": SECRET, "code": "0" * 201, "round": 1, "ranks": [], "key": "k" * 22}),
    ("cast_ballot", {"secret": SECRET, "code": "0", "round": 3, "ranks": [], "key": "k" * 22}),
    ("cast_ballot", {"secret": SECRET, "code": "0", "round": True, "ranks": [], "key": "k" * 22}),
    ("cast_ballot", {"secret": SECRET, "code": "0", "round": 1, "ranks": "K7", "key": "k" * 22}),
    ("cast_ballot", {"secret": SECRET, "code": "0", "round": 1, "ranks": ["K7"] * 101, "key": "k" * 22}),
    ("cast_ballot", {"secret": SECRET, "code": "0", "round": 1, "ranks": ["<script>"], "key": "k" * 22}),
    ("cast_ballot", {"secret": SECRET, "code": "0", "round": 1, "ranks": [], "key": "short"}),
    ("ballot_paper", {"secret": SECRET, "code": ["0"]}),
    ("ballot_paper", {"code": "0"}),
    ("ballot_is_in", {"receipt": 7}),
    ("organise", {"organiser_secret": "x", "action": "delete"}),
    ("organise", {"organiser_secret": "x", "action": "open", "voters": -1}),
    ("enter_race", {"secret": "no", "name": "x"}),
    ("enter_race", {"secret": SECRET, "name": "x", "about": "x" * 8001}),
    ("enter_race", {"secret": SECRET, "name": "x", "owner": "somebody"}),
]


class RaceBrowser:
    """One browser: it has a session of its own, and remembers all that it got."""

    def __init__(self, address: str) -> None:
        self.client = httpx.Client(base_url=address, timeout=60)
        self.got: list[bytes] = []
        self.client.event_hooks["response"].append(self._note)
        config = self.client.get("/config").json()
        self.client.get("/")  # which gives the session
        self._part = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == "race-race")

    def _note(self, response: httpx.Response) -> None:
        self.got += [response.read(), *(value for pair in response.headers.raw for value in pair)]
        self.got.append(str(response.url).encode())

    def body(self, function: str, data: Answer) -> Answer:
        """Return a request as the page sends it."""
        return {"data": data, "component_id": self._part, "fn_name": function, "session_hash": "s"}

    def ask(self, function: str, **data: Any) -> Answer:
        """Ask a function of the tab."""
        sent = self.body(function, data)
        answer = self.client.post("/gradio_api/component_server/", json=sent).raise_for_status().json()
        assert isinstance(answer, dict)
        return answer

    def code(self, function: str, **data: Any) -> str | None:
        """Ask, and return the code with which that was refused, or None."""
        error = self.ask(function, **data).get("error")
        return None if error is None else str(error["code"]).removeprefix("race_error_")

    def vote(self, code: str, ranks: list[str] | None = None) -> Answer:
        """Vote as the page does, by default for the first tiles of the paper."""
        paper = self.ask("ballot_paper", secret=SECRET, code=code)
        if "error" in paper:
            return paper
        others = [tile for tile in paper["tiles"] if tile != paper["own"]][: paper["most"]]
        ballot = {"secret": SECRET, "code": code, "round": paper["round"], "ranks": ranks or others, "key": key()}
        return self.ask("cast_ballot", **ballot)


class RacePageServer:
    """The page with a race, open, and what its organiser knows."""

    def __init__(self, checkpoints: Path, evening: Evening, port: int | None = None) -> None:
        self.evening = evening
        self.page = studio_page.build(checkpoints, torch.device("cpu"), race=evening.path)
        self.address = str(self.page.launch(prevent_thread_lock=True, quiet=True, server_port=port)[1])
        self.checkpoints = checkpoints
        self._browsers: list[RaceBrowser] = []

    @classmethod
    @contextmanager
    def mounted(cls, checkpoints: Path, evening: Evening, path: str) -> Iterator[RacePageServer]:
        """Show the page at a path of another app."""
        server = cls.__new__(cls)
        server.evening, server.checkpoints, server._browsers = evening, checkpoints, []
        server.page = studio_page.build(checkpoints, torch.device("cpu"), race=evening.path)
        with served(server.page.mount(FastAPI(), path)) as address:
            server.address = f"{address}{path}/"
            yield server
        server.page.discard()

    def browser(self) -> RaceBrowser:
        self._browsers.append(RaceBrowser(self.address))
        return self._browsers[-1]

    def organise(self, browser: RaceBrowser, action: str, **data: Any) -> Answer:
        """Do something as the organiser, and wait until it is done."""
        answer = browser.ask("organise", organiser_secret=self.evening.secret, action=action, **data)
        while answer.get("job") and answer["job"]["is_running"]:
            time.sleep(0.05)
            answer = browser.ask("organiser_view", organiser_secret=self.evening.secret)
        time.sleep(0.01)  # what was done is told to the status right after the job
        return answer

    def close(self) -> None:
        for browser in self._browsers:
            browser.client.close()
        self.page.close(verbose=False)


def codes_of(sheet: str) -> list[str]:
    """Return the codes of a sheet."""
    return [line.split("</p>")[0] for line in sheet.split('<p class="code">')[1:]]
