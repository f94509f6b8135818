"""What a sheet of whole tiles shows: a thumbnail of each seed, and a description of its cells to rank it by."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from studio.byte_lru import ByteLRU
from studio.exploration.seed_ranking import Usual, describe_lightly
from studio.rendering.picture import Picture
from studio.rendering.renderer import Priority, Renderer, RenderRequest
from training.core.pixels import to_cells
from training.core.tile import COLUMNS

T = TypeVar("T")
SIDES = (320, 640)  # pixels of a thumbnail
LOOK_BYTES = 96 * 2**20
SEEN_BYTES = 64 * 2**20
SEEN_AT_ONCE = 10  # cells that a network looks at before anything more urgent is drawn
SEEING = "seeds-seeing"  # the lane in which it does


class Network(NamedTuple):
    """A network that looks at pictures, to rank seeds by: its name, and what real pictures are like to it, if known.

    `see` takes uint8 [N, 3, R, R] and returns float32 [N, F] on the CPU.
    """

    name: str
    see: Callable[[Tensor], Tensor]
    usual: Usual | None


@dataclass(frozen=True)
class Look:
    """What a sheet keeps of a tile or its preview: a JPEG of it, small, and the description of its cells [100, F]."""

    thumbnail: bytes
    described: npt.NDArray[np.float32]
    preview: bool = False

    @property
    def size(self) -> int:
        """Return the bytes that keeping it costs."""
        return len(self.thumbnail) + self.described.nbytes


class Sheets:
    """Thumbnails and descriptions of tiles that were drawn for a sheet, those used last within a number of bytes."""

    def __init__(self, renderer: Renderer, limit: int = LOOK_BYTES) -> None:
        self._renderer = renderer
        self._looks: ByteLRU[tuple[RenderRequest, int], Look] = ByteLRU(limit, lambda look: look.size)
        self._seen: ByteLRU[tuple[str, RenderRequest], npt.NDArray[np.float16]] = ByteLRU(
            SEEN_BYTES, lambda seen: seen.nbytes
        )
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of what is kept."""
        with self._lock:
            self._looks.clear()
            self._seen.clear()

    async def look(self, request: RenderRequest, side: int, visitor: str, *, priority: Priority, lane: str) -> Look:
        """Return the look of a tile at one of SIDES; while it waits to be drawn, no thread does.

        Only a request with `preview` may get the look of a preview. Raises as `Renderer.tile` does.
        """
        kept = self._find(request, side)
        if kept is not None:
            return kept
        (future,) = self._renderer.order([request], visitor, priority=priority, lane=lane)
        return await asyncio.to_thread(self._make, request, side, await done(future))

    def described(self, requests: Iterable[RenderRequest]) -> dict[int, npt.NDArray[np.float32]]:
        """Return the descriptions of those tiles, or of their previews, that were looked at, by their seeds."""
        sought = [request._replace(preview=True) for request in requests]
        looks = {
            request.seed: next(filter(None, (self._find(request, side) for side in SIDES)), None) for request in sought
        }
        return {seed: look.described for seed, look in looks.items() if look is not None}

    def see(self, request: RenderRequest, network: Network, visitor: str) -> None:
        """Let a network look at the cells of a tile, some at a time and behind everything else that is drawn.

        Raises as `Renderer.tile` does.
        """
        with self._lock:
            if self._seen.get((network.name, request)) is not None:
                return
        sha256, seed, psi, _ = request
        picture = self._renderer.tile(sha256, seed, visitor, psi=psi, priority=Priority.SHEET, lane=SEEING)
        cells = torch.from_numpy(to_cells(picture.pixels, picture.pixels.shape[1] // COLUMNS)).permute(0, 3, 1, 2)
        seen = [self._see_some(sha256, some, network, visitor) for some in torch.split(cells, SEEN_AT_ONCE)]
        with self._lock:
            self._seen.put((network.name, request), torch.cat(seen).half().numpy())

    def _see_some(self, sha256: str, cells: Tensor, network: Network, visitor: str) -> Tensor:
        def look(_: object) -> Tensor:
            return network.see(cells)

        return self._renderer.work(sha256, look, visitor, priority=Priority.VIDEO, lane=SEEING)

    def seen(self, requests: Iterable[RenderRequest], network: Network) -> dict[int, npt.NDArray[np.float16]]:
        """Return what the network saw in those tiles that it has looked at, by their seeds."""
        with self._lock:
            found = {request.seed: self._seen.get((network.name, request)) for request in requests}
        return {seed: seen for seed, seen in found.items() if seen is not None}

    def _find(self, request: RenderRequest, side: int) -> Look | None:
        with self._lock:
            exact = self._looks.get((request.exact, side))
            return exact or self._looks.get((request, side))

    def _make(self, request: RenderRequest, side: int, picture: Picture) -> Look:
        described = describe_lightly(to_cells(picture.pixels, picture.pixels.shape[1] // COLUMNS))
        look = Look(picture.thumbnail(side), described.astype(np.float32), picture.is_preview)
        with self._lock:
            self._looks.put((request._replace(preview=look.preview), side), look)
        return look


async def done(future: Future[T]) -> T:
    """Wait for a future of another thread; giving up to wait does not cancel it."""
    waiting: asyncio.Future[Any] = asyncio.wrap_future(future)
    result: T = await asyncio.shield(waiting)
    return result
