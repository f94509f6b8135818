"""Many visitors at once on a studio of its own: tiles, sheets, comparisons and a film, as the page asks for them.

    python -m tests.load --visitors 30 --minutes 3
    python -m tests.load --visitors 30 --minutes 3 --checkout ../before   # the same load on another checkout

The studio runs in a process of its own, with generators of random weights that cost what a trained one of their width
costs: with --width 16 about 160 GFLOP a tile, 1.3 to 1.8 seconds of one core with AMX. Each visitor has cookies,
connections and a rhythm of its own, from a fixed seed. What is measured is from the press to the picture, and beside it
stands how many tiles could be drawn meanwhile: before the visitors come, some are drawn for one alone. The goals are
those of a machine that draws one in TILE_SECONDS; on a slower one, or one that does other work, all times are as many
tiles' long: the goals, and how long the visitors stay and look at something, or each would ask for more than the
machine can draw.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import Any

import httpx
import torch

from studio.rendering.scheduler import TILE_SECONDS
from training.core import checkpoint
from training.core.generators import GeneratorConfig, build_generator

ROOT = Path(__file__).parent.parent
CHECKPOINTS = 4  # as many as a comparison shows
SHEET = 24
WORKERS = 2  # of a sheet, as in the page
STEPS = (1, 2, 3, -1)  # that Explore asks ahead
FILM = {"kind": "gif", "rate": 12, "seconds": 3, "side": 320, "pictures": 4}
PATIENCE_SECONDS = 300.0  # of a visitor with one answer
ALONE = 5  # tiles that are drawn before the visitors come
GOALS = {"explore": 8.0, "compare": 40.0, "sheet": 60.0, "film": 180.0}  # seconds; of a sheet for every tile


@dataclass(frozen=True)
class Mix:
    """How many visitors come, for how long, and how long they look at something before the next press, in seconds."""

    visitors: int
    seconds: float
    width: int = 16
    looking: float = 15.0

    @property
    def kinds(self) -> list[str]:
        """Return what each visitor does: one of thirty makes a film, five compare, six look at sheets."""
        counts = {"film": ceil(self.visitors / 30), "compare": self.visitors // 6, "sheet": self.visitors // 5}
        others = [kind for kind, count in counts.items() for _ in range(count)]
        return [*others, *["explore"] * (self.visitors - len(others))]

    def slower(self, pace: float) -> Mix:
        """Return the same mix on a machine that takes `pace` times as long for everything."""
        return replace(self, seconds=pace * self.seconds, looking=pace * self.looking)


@dataclass
class Measured:
    """Seconds from each press to its answer, by what was asked, and what went wrong.

    `tile` is the seconds of a tile that is drawn while nobody else is there.
    """

    tile: float = 0.0
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    served: set[int] = field(default_factory=set)

    def p95(self, kind: str) -> float:
        """Return the seconds within which 95 of 100 were answered."""
        ordered = sorted(self.seconds[kind])
        return ordered[ceil(0.95 * len(ordered)) - 1]

    def slowest(self) -> dict[str, float]:
        """Return the seconds that have a goal: of Explore and Compare the p95, of sheets and films the last."""
        found = {kind: self.p95(kind) for kind in ("explore", "compare") if kind in self.seconds}
        return found | {kind: max(self.seconds[kind]) for kind in ("sheet", "film") if kind in self.seconds}

    @property
    def pace(self) -> float:
        """Return how many times as long this machine takes as the one that the goals are for, at least 1."""
        return max(self.tile / TILE_SECONDS, 1.0)

    def goal(self, kind: str) -> float:
        """Return the goal in seconds on this machine."""
        return GOALS[kind] * self.pace

    def missed(self) -> dict[str, float]:
        """Return what took longer than its goal, in seconds."""
        return {kind: seconds for kind, seconds in self.slowest().items() if seconds > self.goal(kind)}

    def report(self) -> str:
        """Return a line for each kind; in brackets are times of a tile."""
        missed = self.missed()
        lines = [f"a tile alone: {self.tile:.2f} s ({TILE_SECONDS} s where the goals are as they stand)"]
        for kind, found in sorted(self.seconds.items()):
            figures = {"median": statistics.median(found), "p95": self.p95(kind), "longest": max(found)}
            told = ", ".join(f"{name} {self._in_tiles(seconds)}" for name, seconds in figures.items())
            verdict = "MISSED" if kind in missed else "held"
            lines.append(f"{kind:8} {len(found):5} answers, {told}; goal {self._in_tiles(self.goal(kind))} {verdict}")
        return "\n".join([*lines, f"errors: {len(self.errors)} {sorted(set(self.errors))[:5]}"])

    def _in_tiles(self, seconds: float) -> str:
        return f"{seconds:6.1f} s" + (f" ({seconds / self.tile:.1f})" if self.tile else "")


class Visitor:
    """One browser: its cookies, its name and its connections."""

    def __init__(self, number: int, studio: Studio, measured: Measured, looking: float) -> None:
        self.number, self.studio, self.measured, self.looking = number, studio, measured, looking
        self.random = random.Random(number)
        self.browser = httpx.AsyncClient(base_url=studio.address, timeout=PATIENCE_SECONDS)

    async def ask(self, part: str, function: str, **data: Any) -> dict[str, Any]:
        """Ask a function of the page; an error is an answer that is noted."""
        own = {} if "film" in data else {"visitor": f"visitor {self.number}"}  # a film is known by its own word
        asked = {"data": {**own, **data}, "component_id": self.studio.parts[part]}
        asked |= {"fn_name": function, "session_hash": f"session{self.number}"}
        try:
            found = await self.browser.post("/gradio_api/component_server/", json=asked)
            answer: dict[str, Any] = found.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            answer = {"error": {"code": type(error).__name__}}
        if "error" in answer:
            self.measured.errors.append(f"{function}: {answer['error']['code']}")
        return answer

    async def measure(self, kind: str, answer: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
        """Note how long an answer takes."""
        began = time.monotonic()
        found = await answer
        if "error" not in found and "superseded" not in found:
            self.measured.seconds[kind].append(time.monotonic() - began)
            self.measured.served.add(self.number)
        return found

    async def look(self) -> None:
        """Look at what is shown."""
        await asyncio.sleep(self.random.uniform(0.5, 1.5) * self.looking)


async def explore(visitor: Visitor, end: float) -> None:
    """Press Next again and again, from the seed of the link or from one of one's own; the page asks ahead meanwhile."""
    seed = 0 if visitor.number % 2 else visitor.random.randrange(2**31)
    ahead: dict[int, asyncio.Task[dict[str, Any]]] = {}
    tile = {"sha256": visitor.studio.hashes[0], "psi": 1.0}

    async def shown() -> dict[str, Any]:
        known = ahead.get(seed)
        if known is not None and known.done() and "jpeg" in known.result():
            return known.result()
        return await visitor.ask("race-explore", "show", **tile, seed=seed, preview=True)

    async def ask_ahead(around: int) -> None:
        for step in STEPS:
            if around + step not in ahead and around + step >= 0:
                asked = visitor.ask("race-explore", "show", **tile, seed=around + step, ahead=True)
                ahead[around + step] = asyncio.ensure_future(asked)
                await asyncio.shield(ahead[around + step])

    while time.monotonic() < end:
        await visitor.measure("explore", shown())
        more = asyncio.ensure_future(ask_ahead(seed))
        await visitor.look()
        more.cancel()
        seed += 1
    await asyncio.gather(*ahead.values())


async def sheet(visitor: Visitor, end: float) -> None:
    """Look at one sheet after the other."""
    tile = {"sha256": visitor.studio.hashes[0], "psi": 1.0, "side": 320, "preview": True}
    while time.monotonic() < end:
        first = visitor.random.randrange(2**31)
        seeds = iter(range(first, first + SHEET))
        await visitor.measure(
            "sheet", visitor.ask("race-seeds", "look", **tile, seed=next(seeds), worker=WORKERS, soon=True)
        )

        async def work(worker: int, seeds: Iterator[int] = seeds) -> None:
            for seed in seeds:
                if time.monotonic() < end:
                    await visitor.measure("sheet", visitor.ask("race-seeds", "look", **tile, seed=seed, worker=worker))

        await asyncio.gather(*map(work, range(WORKERS)))
        await visitor.look()


async def compare(visitor: Visitor, end: float) -> None:
    """Compare all checkpoints on one seed after the other."""
    while time.monotonic() < end:
        asked = {"checkpoints": visitor.studio.hashes, "seed": visitor.random.randrange(100), "psi": 1.0}
        await visitor.measure("compare", visitor.ask("race-compare", "compare_tiles", **asked))
        await visitor.look()


async def film(visitor: Visitor, end: float) -> None:
    """Make one film of three seconds."""
    seeds = [visitor.random.randrange(2**31) for _ in range(3)]
    where = {"kind": "walk", "seeds": seeds, "position": 0, "closed": False, "way": "slerp"}
    changes = {"method": "sefa", "amounts": [], "mix_seed": None, "mix_from": 0, "psi": 1.0}
    asked = {"sha256": visitor.studio.hashes[0], "where": where, **changes, **FILM}

    async def made() -> dict[str, Any]:
        answer = await visitor.ask("race-morph", "start_film", **asked)
        name = answer.get("film")
        while "media_type" not in answer and "error" not in answer and "stopped" not in answer:
            await asyncio.sleep(1)
            answer = await visitor.ask("race-morph", "look_at_film", film=name)
        if "media_type" not in answer:
            visitor.measured.errors.append(f"film: {sorted(answer)}")
            return {"error": answer}
        await visitor.ask("race-morph", "stop_film", film=name)
        return answer

    await visitor.measure("film", made())


KINDS: dict[str, Callable[[Visitor, float], Coroutine[Any, Any, None]]] = {
    "explore": explore,
    "sheet": sheet,
    "compare": compare,
    "film": film,
}


@dataclass(frozen=True)
class Studio:
    """A studio that is open: its address, its checkpoints, and the numbers of its parts."""

    address: str
    hashes: list[str]
    parts: dict[str, int]


async def visit(number: int, kind: str, studio: Studio, mix: Mix, measured: Measured) -> None:
    """Open the page and do one thing until the time is over."""
    visitor = Visitor(number, studio, measured, mix.looking)
    async with visitor.browser:
        await asyncio.sleep(visitor.random.uniform(0, 0.5 * mix.looking))
        (await visitor.browser.get("/")).raise_for_status()
        await KINDS[kind](visitor, time.monotonic() + mix.seconds)


async def drawn_alone(studio: Studio, mix: Mix) -> float:
    """Return the median of the seconds that a tile takes while nobody else is there."""
    visitor, seconds = Visitor(-1, studio, Measured(), mix.looking), []
    async with visitor.browser:
        (await visitor.browser.get("/")).raise_for_status()
        for number in range(1 + ALONE):
            began = time.monotonic()
            tile = {"sha256": studio.hashes[0], "psi": 1.0, "seed": 2**32 - 1 - number}
            answer = await visitor.ask("race-explore", "show", **tile)
            seconds.append(time.monotonic() - began)
            if "jpeg" not in answer:
                raise RuntimeError(f"A visitor alone got no tile: {answer}")
    return statistics.median(seconds[1:])  # the first one loads the generator


async def run(mix: Mix, studio: Studio) -> Measured:
    """Let all visitors come, and return what they met."""
    measured = Measured(tile=await drawn_alone(studio, mix))
    mix = mix.slower(measured.pace)
    tasks = [visit(number, kind, studio, mix, measured) for number, kind in enumerate(mix.kinds)]
    for error in await asyncio.gather(*tasks, return_exceptions=True):
        if error is not None:
            measured.errors.append(repr(error))
    return measured


def write_checkpoints(folder: Path, width: int) -> list[str]:
    """Write generators of random weights and return their hashes; the first is the default."""
    config = GeneratorConfig(network="fastgan", width=width)
    hashes = []
    for seed in range(CHECKPOINTS):
        torch.manual_seed(seed)
        place = folder / f"stand_in_{seed}"
        place.mkdir(parents=True)
        checkpoint.save(place, config, build_generator(config).state_dict(), {"images": seed})
        hashes.append(checkpoint.file_sha256(place / checkpoint.WEIGHTS))
    (folder / "default").write_text("stand_in_0\n", encoding="utf-8")
    return hashes


@contextmanager
def opened(mix: Mix, checkout: Path = ROOT) -> Iterator[Studio]:
    """Open the studio of a checkout in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="gan-race-load-") as name:
        folder = Path(name)
        hashes, port = write_checkpoints(folder / "checkpoints", mix.width), _free_port()
        environment = {**os.environ, "GAN_RACE_STATE": f"{name}/state", "GAN_RACE_CACHE": f"{name}/cache"}
        environment |= {"PYTHONPATH": str(checkout)}
        command = [sys.executable, "app.py", "--checkpoints", str(folder / "checkpoints"), "--port", str(port)]
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(command, cwd=checkout, env=environment, stdout=log, stderr=subprocess.STDOUT)
            try:
                yield _wait_for(f"http://127.0.0.1:{port}", hashes, process)
            finally:
                process.terminate()
                process.wait(30)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _wait_for(address: str, hashes: list[str], process: subprocess.Popen[bytes]) -> Studio:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            config = httpx.get(f"{address}/config", timeout=60).json()
            parts = {one["props"].get("elem_id"): one["id"] for one in config["components"]}
            return Studio(address, hashes, parts)
        time.sleep(0.5)
    raise RuntimeError("The studio did not open.")


def main() -> None:
    """Run one mix and print what was measured."""
    parser = argparse.ArgumentParser(description="Bring many visitors to a studio and measure how long they wait.")
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--width", type=int, default=16, help="of the generators; 16 costs 160 GFLOP a tile")
    parser.add_argument("--looking", type=float, default=15.0, help="seconds between an answer and the next press")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="of which the studio is opened")
    parser.add_argument("--json", action="store_true", help="print every measured number")
    options = parser.parse_args()
    mix = Mix(options.visitors, 60 * options.minutes, options.width, options.looking)
    with opened(mix, options.checkout.resolve()) as studio:
        measured = asyncio.run(run(mix, studio))
    plain = {"tile": measured.tile, **measured.seconds}
    print(json.dumps(plain) if options.json else measured.report(), flush=True)


if __name__ == "__main__":
    main()
