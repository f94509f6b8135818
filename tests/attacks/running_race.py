"""A race in a program of its own, started as a teacher starts it, and killed where an attack wants that."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.checkpoints.catalog import Catalog
from studio.race.store.race_folder import RaceOptions, create
from tests.attacks.running_studio import HONEST_SECONDS, start_program, wait_for
from tests.race_cheats import ignoring_its_latents, knowing_classes_only
from tests.race_pages import RaceBrowser, codes_of
from tests.races import SIDE, Evening, declare, enter, write_mails
from tests.vivid_checkpoints import write_vivid

NAMES = ("Quaxolina", "Zebedeus", "Wumpelgard", "Yolandrix", "Xerxabella", "Vortigernia")
FIRST_SEED = 3_123_456_701  # found by nobody by chance in an answer


class RunningRace:
    """A race that answers at `address`; `evening` is what its organiser knows of it, `folder` is for its log."""

    def __init__(self, folder: Path, checkpoints: Path, evening: Evening) -> None:
        self.folder, self.checkpoints, self.evening = folder, checkpoints, evening
        self.log_file = folder / "log.txt"
        self.codes: list[str] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"
        self._browsers: list[RaceBrowser] = []
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program, and wait until it answers."""
        options = ["--checkpoints", str(self.checkpoints), "--race", str(self.evening.path), "--port", str(self._port)]
        self._process = start_program(options, self.folder)
        wait_for(self.address, self._process)

    def kill(self) -> None:
        """Kill the program at once, as `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)

    def browser(self) -> RaceBrowser:
        """Return a browser with a session of its own."""
        self._browsers.append(RaceBrowser(self.address))
        return self._browsers[-1]

    def organise(self, action: str, **data: object) -> None:
        """Do something as the organiser, and wait until it is done."""
        browser = self.browser()
        answer = browser.ask("organise", organiser_secret=self.evening.secret, action=action, **data)
        while (answer.get("job") or {}).get("is_running"):
            time.sleep(0.1)
            answer = browser.ask("organiser_view", organiser_secret=self.evening.secret)
        assert "error" not in answer, answer
        assert not (answer.get("job") or {}).get("error"), answer

    def open(self, voters: int) -> None:
        """Open the vote and keep the codes, those of the entries' makers first."""
        self.organise("open", voters=voters)
        sheet = self.browser().ask("code_sheet", organiser_secret=self.evening.secret)["html"]
        self.codes = codes_of(sheet)

    def sha256(self, name: str) -> str:
        """Return the hash of a checkpoint of the studio."""
        return next(str(one.sha256) for one in Catalog(self.checkpoints).entries() if one.name == name)

    def log(self) -> str:
        """Return what the program has written."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def assert_unharmed(self) -> None:
        """Fail where somebody new is not answered in time, or a traceback was written."""
        start = time.monotonic()
        assert "phase" in self.browser().ask("race_status")
        assert time.monotonic() - start < HONEST_SECONDS, "somebody new had to wait"
        assert "Traceback" not in self.log(), f"a traceback: {self.log()[-300:]}"

    def close(self) -> None:
        """End the program."""
        for browser in self._browsers:
            browser.client.close()
        self.kill()


@contextmanager
def open_race(folder: Path, voters: int = 0) -> Iterator[RunningRace]:
    """Hold a race of six small entries; with `voters` its vote is open. Fails where it is harmed in the end.

    The studio has the checkpoints `alpha`, `cheat`, which ignores its latents, and `table`, which knows its classes
    only.
    """
    folder.mkdir()
    declare(write_vivid(folder / "checkpoints" / "alpha", seed=91))
    ignoring_its_latents(declare(write_vivid(folder / "checkpoints" / "cheat", seed=92)))
    knowing_classes_only(declare(write_vivid(folder / "checkpoints" / "table", seed=93, classes=5)))
    evening = Evening(folder / "race", create(folder / "race", RaceOptions("Flowers", SIDE)))
    enter(evening, write_mails(folder / "mails", NAMES, write_vivid, FIRST_SEED))
    with running(RunningRace(folder, folder / "checkpoints", evening), voters) as race:
        yield race


@contextmanager
def running(race: RunningRace, voters: int = 0) -> Iterator[RunningRace]:
    """Start the program of a race; with `voters` its vote is open. Fails where it is harmed in the end."""
    try:
        race.start()
        if voters:
            race.open(voters)
        yield race
        race.assert_unharmed()
    finally:
        race.close()
