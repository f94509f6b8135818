"""Measure what the first tile costs: bytes, requests and time, at several round trips through a delaying proxy.

    python tests/browser/measure_loading.py [ROOT ...]

Each ROOT is a checkout of this project (this one by default). One load of each is measured after the other, so that a
machine that is busy is so for all of them. The browser keeps nothing between two loads.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).resolve().parents[2]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
TILE = "document.querySelector('.race .tile')?.naturalWidth > 0"
NAVIGATED = "performance.getEntriesByType('navigation')[0]"
FACTS = f"""() => [...performance.getEntriesByType("resource"), {NAVIGATED}].reduce(
    ([bytes, requests], one) => [bytes + one.transferSize, requests + 1], [0, 0])"""
SERVE = """
import sys, torch
from pathlib import Path
from tests.conftest import write_checkpoint
from studio.ui import page
root = Path(sys.argv[1])
write_checkpoint(root / "alpha", seed=1, network="fastgan")
print(page.build(root, torch.device("cpu")).launch(prevent_thread_lock=True, quiet=True)[1], flush=True)
sys.stdin.read()
"""


async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Pass on what comes, each piece so much later, and in its order."""
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def send() -> None:
        while True:
            due, piece = await pieces.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if not piece:
                writer.close()
                return
            writer.write(piece)

    sending = asyncio.create_task(send())
    while piece := await reader.read(2**16):
        pieces.put_nowait((time.monotonic() + seconds, piece))
    pieces.put_nowait((time.monotonic() + seconds, b""))
    await sending


async def proxied(port: int, seconds: float, ready: threading.Event, found: list[int]) -> None:
    """Serve a port of this machine that passes on to another; a new connection, too, costs a round trip."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await asyncio.sleep(2 * seconds)
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            ways = ((reader, inner_writer), (inner_reader, writer))
            await asyncio.gather(*(passed_on(*way, seconds) for way in ways))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    found.append(server.sockets[0].getsockname()[1])
    ready.set()
    await server.serve_forever()


def proxy_to(port: int, milliseconds: float) -> int:
    """Return the port of a proxy that adds this round trip."""
    ready, found = threading.Event(), list[int]()
    threading.Thread(target=lambda: asyncio.run(proxied(port, milliseconds / 2000, ready, found)), daemon=True).start()
    ready.wait(10)
    return found[0]


@contextlib.contextmanager
def served(root: Path) -> Iterator[int]:
    """Open the studio of a checkout on a small checkpoint; yield its port."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(root), "GAN_RACE_STATE": f"{folder}/state"}
        command = [sys.executable, "-c", SERVE, f"{folder}/checkpoints"]
        with subprocess.Popen(
            command, cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as studio:
            assert studio.stdout is not None
            try:
                yield int(studio.stdout.readline().rstrip("/\n").rpartition(":")[2])
            finally:
                studio.terminate()


def load(browser: Browser, port: int, again: bool) -> tuple[float, int, int]:
    """Return the seconds to the first tile, the bytes and the requests of one load; `again` of a second visit."""
    context = browser.new_context(locale="en-US")
    try:
        for _ in range(2 if again else 1):
            page = context.new_page()
            start = time.monotonic()
            page.goto(f"http://127.0.0.1:{port}/", wait_until="commit")
            page.wait_for_function(TILE)
            seconds = time.monotonic() - start
            size, requests = page.evaluate(FACTS)
            page.close()
        return seconds, size, requests
    finally:
        context.close()


def main() -> None:
    """Print one line for each checkout and round trip: the median of the times, and what the last load cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("roots", nargs="*", type=Path, default=[HERE], metavar="ROOT")
    parser.add_argument("--loads", type=int, default=5, help="of each, of which the median counts")
    parser.add_argument("--round-trips", type=float, nargs="+", default=[0, 150], help="in milliseconds")
    asked = parser.parse_args()
    path = next(filter(None, map(shutil.which, CHROMIUM)))
    with contextlib.ExitStack() as stack:
        ports = {root: stack.enter_context(served(root.resolve())) for root in asked.roots}
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for milliseconds in asked.round_trips:
            proxies = {root: proxy_to(port, milliseconds) for root, port in ports.items()}
            for again in (False, True):
                loads = [
                    {root: load(browser, port, again) for root, port in proxies.items()} for _ in range(asked.loads)
                ]
                for root in asked.roots:
                    seconds = sorted(one[root][0] for one in loads)
                    _, size, requests = loads[-1][root]
                    print(
                        f"{root}: {milliseconds:.0f} ms, {'second' if again else 'first'} visit: "
                        f"{statistics.median(seconds):.2f} s ({seconds[0]:.2f} to {seconds[-1]:.2f}), "
                        f"{size / 1000:.0f} kB, {requests} requests",
                        flush=True,
                    )
        browser.close()


if __name__ == "__main__":
    main()
