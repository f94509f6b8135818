"""Tiles to look at: one thread owns the device, the newest wish of a visitor wins, and what was drawn is kept."""

from __future__ import annotations

import io
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from copy import deepcopy
from dataclasses import dataclass, field

import torch
from PIL import Image

from training.checkpoint import Checkpoint
from training.generators import GeneratorNetwork
from training.images import Pixels, to_cells
from training.latents import check_seed
from training.sheet import COLUMNS, seed_sheet

CACHE_BYTES = 256 * 2**20
WAITING = 64  # wishes that may wait before further ones are refused
JPEG_QUALITY = 90
Wish = tuple[str, int]  # the SHA-256 of a checkpoint, and a seed


class BusyError(RuntimeError):
    """Too many wishes wait already."""


class SupersededError(RuntimeError):
    """The same visitor has wished for something else in the meantime."""


@dataclass(frozen=True)
class Picture:
    """A tile as it is looked at: exact pixels, a JPEG of them, and how it came about."""

    sha256: str
    seed: int
    pixels: Pixels
    jpeg: bytes
    seconds: float
    device: str

    @property
    def size(self) -> int:
        """Return the bytes that keeping it costs."""
        return self.pixels.nbytes + len(self.jpeg)

    def cell(self, index: int) -> Pixels:  # -> [R, R, 3]
        """Return one cell of the tile, counted from 0 row by row."""
        cell: Pixels = to_cells(self.pixels, self.pixels.shape[1] // COLUMNS)[index]
        return cell


@dataclass
class _Job:
    wish: Wish
    visitors: set[str]
    future: Future[Picture] = field(default_factory=Future)


class Renderer:
    """Draws tiles for many visitors on one device; `load` gives a checkpoint by its hash, `renders` counts tiles."""

    def __init__(self, load: Callable[[str], Checkpoint], device: torch.device, cache_bytes: int = CACHE_BYTES) -> None:
        self.device, self.renders = device, 0
        self._load = load
        self._cache_bytes = cache_bytes
        self._cache: OrderedDict[Wish, Picture] = OrderedDict()
        self._on_device: tuple[str, GeneratorNetwork] | None = None
        self._jobs: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._current: _Job | None = None
        threading.Thread(target=self._work, name="render", daemon=True).start()

    def tile(self, sha256: str, seed: int, visitor: str) -> Picture:
        """Return the tile of a seed, and wait for it if it must be drawn.

        A wish of the same visitor that still waits is given up, unless somebody else has the same. Raises ValueError
        for a bad seed, CheckpointError, BusyError, and SupersededError for the wish that was given up.
        """
        wish = (sha256, check_seed(seed))
        with self._changed:
            if wish in self._cache:
                self._cache.move_to_end(wish)
                return self._cache[wish]
            future = self._wait_for(wish, visitor)
        return future.result()

    def _wait_for(self, wish: Wish, visitor: str) -> Future[Picture]:
        self._give_up(wish, visitor)
        waiting = [*self._jobs, self._current] if self._current else list(self._jobs)
        for job in waiting:
            if job.wish == wish:
                job.visitors.add(visitor)
                return job.future
        if len(self._jobs) >= WAITING:
            raise BusyError(f"{WAITING} tiles are waiting to be drawn already; try again in a moment.")
        job = _Job(wish, {visitor})
        self._jobs.append(job)
        self._changed.notify()
        return job.future

    def _give_up(self, wish: Wish, visitor: str) -> None:
        for job in [job for job in self._jobs if visitor in job.visitors and job.wish != wish]:
            job.visitors.discard(visitor)
            if not job.visitors:
                self._jobs.remove(job)
                job.future.set_exception(SupersededError("A newer wish has taken the place of this one."))

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._jobs))
                self._current = job = self._jobs.popleft()
            try:
                result = self._draw(*job.wish)
            except Exception as error:  # whoever waits must learn of it, and the thread must live on
                self._finish()
                job.future.set_exception(error)
            else:
                self._finish(result)
                job.future.set_result(result)

    def _finish(self, picture: Picture | None = None) -> None:
        with self._changed:
            self._current = None
            if picture is None:
                return
            self._cache[picture.sha256, picture.seed] = picture
            while sum(kept.size for kept in self._cache.values()) > self._cache_bytes and len(self._cache) > 1:
                self._cache.popitem(last=False)

    def _draw(self, sha256: str, seed: int) -> Picture:
        checkpoint = self._load(sha256)
        start = time.perf_counter()
        pixels = seed_sheet(self._generator(checkpoint), seed)
        seconds = time.perf_counter() - start
        self.renders += 1
        return Picture(sha256, seed, pixels, to_jpeg(pixels), seconds, device_name(self.device))

    def _generator(self, checkpoint: Checkpoint) -> GeneratorNetwork:
        """Return the generator where it is drawn: the loaded one on the CPU, a copy on a GPU."""
        if self.device.type == "cpu":
            return checkpoint.generator
        if self._on_device is None or self._on_device[0] != checkpoint.sha256:
            self._on_device = (checkpoint.sha256, deepcopy(checkpoint.generator).to(self.device))
        return self._on_device[1]


def to_jpeg(pixels: Pixels) -> bytes:  # [H, W, 3]
    """Encode a picture for looking at it: some 10 ms, where a PNG takes hundreds."""
    return _encode(pixels, "JPEG", quality=JPEG_QUALITY)


def to_png(pixels: Pixels) -> bytes:  # [H, W, 3]
    """Encode a picture without loss and without metadata."""
    return _encode(pixels, "PNG")


def _encode(pixels: Pixels, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def device_name(device: torch.device) -> str:
    """Return what a reader knows the device by."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
