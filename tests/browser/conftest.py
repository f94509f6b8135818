"""A studio on made-up checkpoints in this process, and a real Chromium that opens it."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch
from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, expect, sync_playwright

from studio.checkpoints.visitor_checkpoints import FOLDER as ADDED
from studio.favourites import FILE as FAVOURITES
from studio.rendering.image_encoding import to_jpeg
from studio.ui import page as studio_page
from tests.conftest import write_checkpoint, write_pictures
from training.core import checkpoint
from training.core.pixels import Pixels, to_cells, to_tile
from training.core.tile import seed_tile

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--renderer-process-limit=1", "--disable-site-isolation-trials"),  # see Visitor
]
MOST_VISITORS = 5  # that wait for the next test; each of them takes a process
DESKTOP: Any = {"width": 1280, "height": 800}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1.5e6 / 8, "uploadThroughput": 1.5e6 / 8}
HASHES = """async (selector) => Promise.all([...document.querySelectorAll(selector)].map(async (image) => {
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    canvas.getContext("2d").drawImage(image, 0, 0);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const digest = await crypto.subtle.digest("SHA-256", data);
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}))"""
expect.set_options(timeout=30_000)  # two workers and a drawing thread share two cores, and a machine may be busy
# The shell has no windows and none of the browser's own pages: a test costs a quarter to a third less.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def chromium_path() -> str | None:
    """Return where Chromium is installed, or None."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        message = "Chromium is not installed: apt-get install chromium-headless-shell"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def opened() -> Iterator[list[studio_page.Page]]:
    """Return the studios that are open; those that are left are closed."""
    studios: list[studio_page.Page] = []
    yield studios
    for studio in studios:
        studio.close(verbose=False)


@pytest.fixture
def serve(opened: list[studio_page.Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return a function that opens the studio on a folder and returns its address; it keeps things in `state`."""
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "state"))

    def start(root: Path, data: Path | None = None, port: int | None = None) -> str:
        opened.append(studio_page.build(root, torch.device("cpu"), data))
        return str(opened[-1].launch(prevent_thread_lock=True, quiet=True, server_port=port)[1])

    return start


@pytest.fixture(scope="module")
def serve_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """Return a function that opens the studio on a folder for all tests of a file, which may not change it."""
    studios: list[studio_page.Page] = []

    def start(root: Path) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GAN_RACE_STATE", str(tmp_path_factory.mktemp("state")))
            studios.append(studio_page.build(root, torch.device("cpu")))
        return str(studios[-1].launch(prevent_thread_lock=True, quiet=True)[1])

    yield start
    for studio in studios:
        studio.close(verbose=False)


def clear_favourites(state: Path) -> None:
    """Empty the favourites of a studio that is running."""
    if (state / FAVOURITES).exists():
        with closing(sqlite3.connect(state / FAVOURITES)) as connection, connection:
            connection.execute("DELETE FROM favourites")


def favourites_in(state: Path) -> list[tuple[int, int]]:
    """Return the seed of each favourite that a studio has written, and how many have starred it."""
    with closing(sqlite3.connect(state / FAVOURITES)) as connection:
        rows = connection.execute("SELECT seed, owners FROM favourites ORDER BY seed")
        return [(seed, len(json.loads(owners))) for seed, owners in rows]


class Shared:
    """The studio that stays open for all tests that change neither its checkpoints nor the program."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.root, self.state = folder / "origin", folder / "checkpoints", folder / "state"
        write_checkpoint(self.origin / "alpha", seed=1, network="fastgan")
        write_checkpoint(self.origin / "beta", seed=2, network="dcgan")
        (self.origin / "default").write_text("alpha", encoding="utf-8")
        self.page: studio_page.Page | None = None
        self.address = ""
        self.renew()

    def renew(self) -> None:
        """Close the studio and put everything back."""
        self.close()
        for folder in (self.root, self.state):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.origin, self.root)
        self.before = self.facts()

    def close(self) -> None:
        if self.page is not None:
            self.page.close(verbose=False)
        self.page = None

    def facts(self) -> dict[str, tuple[int, int]]:
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}

    def open(self) -> str:
        """Open the studio at the first call, and return its address."""
        if self.page is None:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("GAN_RACE_STATE", str(self.state))
                self.page = studio_page.build(self.root, torch.device("cpu"))
            self.address = str(self.page.launch(prevent_thread_lock=True, quiet=True)[1])
        return self.address

    def forget(self) -> None:
        """Take down the favourites of the visitors of a test, which had to leave everything else as it was."""
        if self.page is not None:
            clear_favourites(self.state)
        if self.facts() != self.before or any(self.state.glob(f"{ADDED}/*/*.safetensors")):
            self.renew()
            pytest.fail("Mark a test that adds or changes checkpoints with own_studio.")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    studio = Shared(tmp_path_factory.mktemp("shared"))
    yield studio
    studio.close()


@pytest.fixture(scope="session")
def real_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of made-up training pictures, whose features are kept for the tests that come later."""
    return write_pictures(tmp_path_factory.mktemp("real") / "pictures")


@pytest.fixture(scope="module")
def more_checkpoints(shared: Shared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with `alpha` and `beta`, to which a file may add more for all its tests."""
    return Path(shutil.copytree(shared.origin, tmp_path_factory.mktemp("more") / "checkpoints"))


def has_own_studio(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("own_studio") is not None


@pytest.fixture
def checkpoints(request: pytest.FixtureRequest, tmp_path: Path, shared: Shared) -> Path:
    """Return a folder with two checkpoints; `alpha` comes first. It is the test's own where `address` is or is none."""
    if "address" in request.fixturenames and not has_own_studio(request):
        return shared.root
    return Path(shutil.copytree(shared.origin, tmp_path / "checkpoints"))


@pytest.fixture
def address(request: pytest.FixtureRequest, checkpoints: Path, shared: Shared) -> Iterator[str]:
    """Return the address of the shared studio, or of the test's own where it is marked with `own_studio`."""
    if has_own_studio(request):
        yield request.getfixturevalue("serve")(checkpoints)
    else:
        yield shared.open()
        shared.forget()


class Visitor:
    """One browser context with a blank page.

    The blank page keeps the process alive that shows pages, in which the scripts of the studio stay compiled: to open
    the studio costs a quarter of what it costs in a process of its own. All else goes with a test's pages and `leave`.
    """

    def __init__(self, browser: Browser, options: dict[str, Any]) -> None:
        self.options = options
        self.context = browser.new_context(**options)
        self.blank = self.context.new_page()
        self.origins: set[str] = set()

    def leave(self) -> None:
        """Close all pages and clear what they kept in the browser."""
        for page in self.context.pages:
            if page is not self.blank:
                self._note(page.url)
                page.close()
        session = self.context.new_cdp_session(self.blank)
        for origin in self.origins:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        session.detach()
        self.origins.clear()
        self.context.clear_cookies()
        self.context.clear_permissions()

    def open(self, url: str) -> Page:
        self._note(url)
        return self.context.new_page()

    @property
    def is_gone(self) -> bool:
        return not self.context.pages

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        self.origins.add(f"{parts.scheme}://{parts.netloc}")


class Visitors:
    """Visitors that may come again as somebody new, once the test has ended in which they were there."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: list[Visitor] = []

    def come(self, options: dict[str, Any], fresh: bool) -> Visitor:
        for visitor in self._idle:
            if visitor.options == options and not fresh:
                self._idle.remove(visitor)
                return visitor
        return Visitor(self._browser, options)

    def leave(self, visitor: Visitor) -> None:
        if visitor.is_gone:
            return
        visitor.leave()
        self._idle.append(visitor)
        if len(self._idle) > MOST_VISITORS:
            self._idle.pop(0).context.close()


@pytest.fixture(scope="session")
def visitors(browser: Browser) -> Visitors:
    return Visitors(browser)


@pytest.fixture
def open_page(visitors: Visitors) -> Iterator[Callable[..., Page]]:
    """Return a function that opens an address as a new visitor; errors on the page fail the test.

    A `fresh` one comes in a new process that has compiled and kept nothing, as a real one does. One that comes
    `instead_of` a page is spared a process of its own.
    """
    here: dict[BrowserContext, Visitor] = {}
    errors: list[str] = []

    def open_(
        url: str,
        *,
        tile: bool = True,
        quiet: bool = True,
        fresh: bool = False,
        instead_of: Page | None = None,
        **options: Any,
    ) -> Page:
        if instead_of is not None:
            visitors.leave(here.pop(instead_of.context))
        media = {name: options.pop(name) for name in ("color_scheme", "reduced_motion") if name in options}
        viewport = options.pop("viewport", DESKTOP)
        visitor = visitors.come({"locale": "en-US", **options}, fresh)
        here[visitor.context] = visitor
        page = visitor.open(url)
        page.set_viewport_size(viewport)
        page.emulate_media(**media)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if quiet and message.type == "error" else None)
        page.goto(url)
        page.wait_for_selector(".race.explore select", state="attached")
        page.wait_for_function("window.ganRace !== undefined")
        page.wait_for_selector("#race-header[data-mounted]", state="attached")  # before that its keys do nothing
        if tile:
            wait_for_tile(page)
        return page

    yield open_
    for visitor in here.values():
        visitors.leave(visitor)
    assert errors == []


def wait_for_tile(page: Page, seed: int | None = None) -> None:
    """Wait until a tile and its caption are there; with `seed`, until it is that one, whole, and the link names it."""
    page.wait_for_function(
        "document.querySelector('.race .tile')?.naturalWidth > 0 && document.querySelector('.caption').textContent"
    )
    if seed is not None:
        page.wait_for_function(
            """(seed) => window.ganRace.shown?.seed === seed && !window.ganRace.shown.preview
                && (!window.ganRace.showsTile() || window.ganRace.link.get("seed") === String(seed))""",
            arg=seed,
        )


def reload_with_list(page: Page) -> None:
    """Load the page again, up to the list that it asks for after its tile; the next one comes in half a minute."""

    def is_list(response: Response) -> bool:
        return '"list_checkpoints"' in (response.request.post_data or "")

    with page.expect_response(is_list):
        page.reload()
    wait_for_tile(page)


def open_more(page: Page) -> None:
    page.evaluate("document.querySelector('.explore .more').open = true")


def open_options(page: Page) -> None:
    """Open the options of Seeds."""
    page.locator("#race-seeds[data-mounted]").wait_for()
    if page.locator(".seeds .options").is_hidden():
        page.locator(".open-options").click()


def choose_checkpoint(page: Page, **option: Any) -> None:
    """Choose a checkpoint by Explore's own select, which is behind "More"."""
    open_more(page)
    page.locator(".explore select.checkpoint").select_option(**option)


def pixels_of(page: Page, selector: str) -> Pixels:  # -> [H, W, 3]
    """Return what an image element shows, in its own pixels."""
    encoded = page.evaluate(
        """async (selector) => {
            const image = new Image(); // of its own: the page may put another into the element meanwhile
            image.src = document.querySelector(selector).src;
            await image.decode();
            const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
            const context = canvas.getContext("2d");
            context.drawImage(image, 0, 0);
            const blob = await canvas.convertToBlob({ type: "image/png" });
            const reader = new FileReader();
            const read = new Promise((resolve) => { reader.onload = resolve; });
            reader.readAsDataURL(blob);
            await read;
            return reader.result.split(",")[1];
        }""",
        selector,
    )
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB"))


def sheet_of(folder: Path, seed: int, psi: float = 1.0) -> Pixels:  # -> [10 R, 10 R, 3]
    """Return the exact tile of a checkpoint and a seed."""
    return seed_tile(checkpoint.load(folder).generator, seed, psi)


def looks_like(shown: Pixels, exact: Pixels) -> bool:
    """Tell whether a page shows the JPEG of this tile; two decoders differ by a few levels here and there."""
    expected = np.asarray(Image.open(io.BytesIO(to_jpeg(exact))))
    return shown.shape == exact.shape and bool(np.abs(shown.astype(np.int16) - expected).mean() < 2)


def is_tile_request(request: Request) -> bool:
    """Tell whether the page asks for a tile that is requested now, not one that may come next."""
    body = request.post_data or ""
    return "component_server" in request.url and '"show"' in body and '"ahead"' not in body


def swipe(page: Page, selector: str, across: int, down: int = 0, fingers: int = 1) -> None:
    """Move fingers over an element as the browser's own input does."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    session = page.context.new_cdp_session(page)

    def send(kind: str, dx: float, dy: float) -> None:
        points = [{"x": x + dx + 40 * n, "y": y + dy, "id": n} for n in range(fingers)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if kind == "touchEnd" else points})

    send("touchStart", 0, 0)
    for share in (0.5, 1.0):
        send("touchMove", across * share, down * share)
    send("touchEnd", across, down)


def slow_down(page: Page) -> None:
    """Give the page a network of 1.5 Mbit/s and 150 ms."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)


TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    const boxed = (node) => { // in something that scrolls by itself, or cuts on purpose
        const outer = node.parentElement;
        if (node.closest("[aria-hidden=true]")) return true;
        if (!outer?.closest(".race") || outer.matches(".race, dialog")) return false;
        return getComputedStyle(outer).overflowX !== "visible" || boxed(outer);
    };
    const wide = (node) => {
        const { left, right } = node.getBoundingClientRect();
        const own = node.matches("dialog") && node.scrollWidth > node.clientWidth;
        return own || ((right > width + 0.5 || left < -1.5) && !boxed(node));
    };
    return [...document.querySelectorAll("body *")].filter((node) => node.checkVisibility() && wide(node))
        .map((node) => `${node.tagName} ${node.className} ${node.getBoundingClientRect().right}`);
}"""


def too_wide(page: Page) -> list[str]:
    """Name what lies beyond a side of the page; the page cuts it off, so that its own scrollWidth tells nothing.

    Gradio moves its tabs a moment after one was chosen; what still lies there after a second is named.
    """
    found: list[str] = []
    for _ in range(10):
        found = page.evaluate(TOO_WIDE)
        if not found:
            break
        page.wait_for_timeout(100)
    return found


def findings(page: Page) -> list[str]:
    """Say what axe finds serious or critical, or wrong in the order of headings, on the page as it is."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    results = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    assert len(results["passes"]) > 10
    serious = [
        one for one in results["violations"] if one["impact"] in ("serious", "critical") or one["id"] == "heading-order"
    ]
    return [f"{one['id']}: {node['target']}" for one in serious for node in one["nodes"]]


def drop(page: Page, data: bytes, name: str = "tile.png") -> None:
    expect(page.locator(".race .drop")).to_be_visible()  # once its script has run
    page.locator(".race .drop input").set_input_files({"name": name, "mimeType": "image/png", "buffer": data})


def with_swapped_cells(data: bytes, first: int, second: int, side: int = 16) -> bytes:
    """Swap two cells of an exported tile and keep what it says of itself."""
    image = Image.open(io.BytesIO(data))
    cells = to_cells(np.asarray(image), side).copy()
    cells[[first, second]] = cells[[second, first]]
    text = PngInfo()
    text.add_itxt("gan_race", image.text["gan_race"])
    buffer = io.BytesIO()
    Image.fromarray(to_tile(cells, 10)).save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def saved_when_gone(page: Page) -> Any:
    """Return the file of favourites that a page offers within 15 seconds after the program is gone."""
    start = time.monotonic()
    expect(page.locator(".lost")).to_be_visible(timeout=15_000)
    assert time.monotonic() - start < 15
    with page.expect_download() as waiting:
        page.locator(".lifeboat").click()
    return json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
