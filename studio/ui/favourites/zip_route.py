"""The route by which the exact tiles of favourites come as one zip, each sent as soon as it is drawn.

The files are stored as they are (a PNG is compressed already), and the last one is `manifest.json`. Of a zip the
program holds no more than one tile; how long a client may take nothing of it is bounded at its connection.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import time
import zipfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from studio.clients import current_client
from studio.rendering.renderer import BusyError, SupersededError
from studio.ui.browser_files import is_let_in
from studio.ui.export.messages import ExportRequest
from studio.ui.export.tab import tile_file
from studio.ui.favourites.messages import ZippedTile, ZipRequest
from studio.ui.protocol import checked, explained
from studio.ui.services import Studio

MOST_AT_ONCE = 8  # zips that are being made; of one source, a session or an address without one, only one
BUSY_SECONDS = 3.0
BUSY_TRIES = 20
FRESH = {"Cache-Control": "no-store"}
NAME = "favourites.zip"


def zip_routes(studio: Studio) -> list[BaseRoute]:
    """Return the route; before its first byte an error is answered as by a function of the page."""
    sources: set[str] = set()  # who is being sent one

    async def send_zip(request: Request) -> Response:
        if not await is_let_in(request):
            return Response("Log in first.", 401, FRESH)
        try:
            asked = checked(ZipRequest, await _json(request))
            parts = _parts(studio, asked, sources)
            first = await anext(parts)
        except Exception as error:
            return JSONResponse(explained(error, NAME), headers=FRESH)
        return StreamingResponse(_joined(first, parts), media_type="application/zip", headers=FRESH)

    return [Route(f"/race/{NAME}", send_zip, methods=["POST"])]


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except (ValueError, RecursionError):
        return None  # which no model takes


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with aclosing(rest):  # type: ignore[type-var]  # it is a generator
        yield first
        async for part in rest:
            yield part


async def _parts(studio: Studio, asked: ZipRequest, sources: set[str]) -> AsyncIterator[bytes]:
    """Make the zip part by part, the first one with its first tile. Raises BusyError, and SupersededError."""
    source = current_client().source
    if source in sources or len(sources) >= MOST_AT_ONCE:
        raise BusyError
    sources.add(source)
    try:
        window, made, left_out = _Window(), [], []
        with zipfile.ZipFile(window, "w", zipfile.ZIP_STORED) as archive:
            for tile in {(one.sha256, one.seed, one.psi): one for one in asked.tiles}.values():
                try:
                    name, png = await _drawn(studio, tile, asked.visitor)
                except SupersededError:
                    raise
                except Exception as error:
                    left_out.append(_facts(tile) | _reason(error))
                    continue
                archive.writestr(_member(name), png)
                made.append({"file": name, "sha256": hashlib.sha256(png).hexdigest()} | _facts(tile))
                yield window.take()
            listed = {"kind": "gan-race-tiles", "version": 1, "tiles": made, "left_out": left_out}
            archive.writestr(_member("manifest.json"), json.dumps(listed, ensure_ascii=False, indent=1))
        yield window.take()
    finally:
        sources.discard(source)


async def _drawn(studio: Studio, tile: ZippedTile, visitor: str) -> tuple[str, bytes]:
    """Return the name and the bytes of a tile's file; where others' tiles are drawn for long, try again.

    Raises SupersededError, and whatever the drawing raises.
    """
    asked = ExportRequest(sha256=tile.sha256, seed=tile.seed, psi=tile.psi, looked_at=tile.looked_at, visitor=visitor)
    for _ in range(BUSY_TRIES - 1):
        try:
            return await studio.official.take(visitor, partial(tile_file, studio, asked), steps_aside=True)
        except BusyError:
            await asyncio.sleep(BUSY_SECONDS)
        if current_client().has_left:
            raise SupersededError
    return await studio.official.take(visitor, partial(tile_file, studio, asked), steps_aside=True)


def _facts(tile: ZippedTile) -> dict[str, Any]:
    return {
        "checkpoint_sha256": tile.sha256,
        "checkpoint": tile.name,
        "seed": tile.seed,
        "psi": tile.psi,
        "note": tile.note,
    }


def _reason(error: Exception) -> dict[str, Any]:
    """Return why a tile was left out: the code of its error without `error_`, and the values."""
    failed = explained(error, NAME)["error"]
    return {"reason": failed["code"].removeprefix("error_"), "values": failed["values"]}


def _member(name: str) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name, time.localtime()[:6])
    found.external_attr = 0o644 << 16  # else nobody may read what some programs unpack
    return found


class _Window(io.BytesIO):
    """A file for `zipfile` out of which goes what is whole; to write a file's size, it goes back in the rest only."""

    def __init__(self) -> None:
        super().__init__()
        self._taken = 0

    def tell(self) -> int:
        return self._taken + super().tell()

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        return self._taken + super().seek(place - (self._taken if whence == io.SEEK_SET else 0), whence)

    def take(self) -> bytes:
        """Take out all that has been written since the last time."""
        found = self.getvalue()
        self._taken += len(found)
        super().seek(0)
        self.truncate()
        return found
