"""A course that votes within a minute, on a race of real checkpoints in a program of its own: what each step costs.

    python -m tests.race_load --voters 40 --seconds 60

Every checkpoint of the folder that may enter does, with a seed. Each voter has a browser of its own, comes at a moment
of its own, and does what the page does: the page itself, where the race stands, the ballot paper with the small picture
of each tile, and the ballot.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from pathlib import Path

from studio.checkpoints.catalog import Catalog
from studio.race.store.race_folder import RaceOptions, create
from tests.attacks.running_race import RunningRace, running
from tests.race_pages import SECRET
from tests.races import Evening, key

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
STEPS = ("page", "paper", "pictures", "ballot")


@dataclass
class Voted:
    """Seconds of each step of each voter, the receipts, and how many ballots the race has in the end."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in STEPS})
    receipts: list[str] = field(default_factory=list)
    tiles: int = 0
    ballots: int = 0
    lasted: float = 0.0

    def p95(self, step: str) -> float:
        """Return the seconds within which 95 of 100 had done a step."""
        ordered = sorted(self.seconds[step])
        return ordered[ceil(0.95 * len(ordered)) - 1]

    def report(self) -> str:
        """Return a line for each step."""
        lines = [
            f"{step:8} median {sorted(found)[len(found) // 2]:6.3f} s, p95 {self.p95(step):6.3f} s, "
            f"longest {max(found):6.3f} s"
            for step, found in self.seconds.items()
        ]
        lasted = f"{len(self.receipts)} receipts for {self.tiles} tiles within {self.lasted:.1f} s"
        return "\n".join([f"{lasted}; ballots in the race: {self.ballots}", *lines])


@contextmanager
def real_race(folder: Path, checkpoints: Path, voters: int) -> Iterator[RunningRace]:
    """Hold a race of all checkpoints of a folder that may enter, whose vote is open."""
    evening = Evening(folder / "race", create(folder / "race", RaceOptions("Flowers")))
    catalog = Catalog(checkpoints)
    for number, entry in enumerate(catalog.entries()):
        mail = folder / "mails" / f"Entrant {number}"
        mail.mkdir(parents=True)
        (mail / "entry.toml").write_text(f'checkpoint = "{entry.sha256}"\nseed = {100 + number}\n')
    evening.organiser.enter_mails(folder / "mails", catalog)
    with running(RunningRace(folder, checkpoints, evening), voters) as race:
        yield race


def vote_all(race: RunningRace, seconds: float) -> Voted:
    """Let a voter come for each code, at moments spread over so many seconds."""
    found, lock, began = Voted(), threading.Lock(), time.monotonic()
    moments = random.Random(0)
    starts = [moments.uniform(0, seconds) for _ in race.codes]

    def vote(pair: tuple[str, float]) -> None:
        code, start = pair
        time.sleep(max(began + start - time.monotonic(), 0))
        took, receipt = _vote(race, code)
        with lock:
            found.receipts.append(receipt)
            for step, value in zip(STEPS, took, strict=True):
                found.seconds[step].append(value)

    with ThreadPoolExecutor(len(starts)) as pool:
        list(pool.map(vote, zip(race.codes, starts, strict=True)))
    found.lasted = time.monotonic() - began
    overview = race.evening.organiser.overview()
    found.tiles, found.ballots = len(overview.state.mapping), overview.ballots
    return found


def _vote(race: RunningRace, code: str) -> tuple[list[float], str]:
    """Vote as the page does; return the seconds of each of STEPS, and the receipt."""
    moments = [time.monotonic()]
    browser = race.browser()
    status = browser.ask("race_status")
    moments.append(time.monotonic())
    paper = browser.ask("ballot_paper", secret=SECRET, code=code)
    moments.append(time.monotonic())
    for tile in paper["tiles"]:
        browser.client.get(f"/race/tiles/{status['pictures']}/{tile}/small").raise_for_status()
    moments.append(time.monotonic())
    ranks = [tile for tile in paper["tiles"] if tile != paper["own"]][: paper["most"]]
    ballot = {"secret": SECRET, "code": code, "round": paper["round"], "ranks": ranks, "key": key()}
    receipt = str(browser.ask("cast_ballot", **ballot)["receipt"])
    moments.append(time.monotonic())
    return [later - earlier for earlier, later in pairwise(moments)], receipt


def main() -> None:
    """Let a course vote, and print what was measured."""
    parser = argparse.ArgumentParser(description="Let a course vote on a race of real checkpoints.")
    parser.add_argument("--voters", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=60.0, help="within which all voters come")
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS, metavar="DIR")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="gan-race-vote-") as name,
        real_race(Path(name), options.checkpoints, options.voters) as race,
    ):
        print(vote_all(race, options.seconds).report(), flush=True)


if __name__ == "__main__":
    main()
