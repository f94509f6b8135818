"""The route by which the exact tiles of favourites come as one zip, each sent as soon as it is drawn.

The files are stored as they are (a PNG is compressed already), and the last one is `manifest.json`. Of a zip the
program holds no more than one tile. How slowly a client may take it is bounded at its connection; where too many are
being sent, one of the address with most makes room for another address.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from studio.clients import current_client
from studio.rendering.renderer import BusyError, SupersededError
from studio.shares import Holder, giving_way, holder_of
from studio.ui.browser_files import is_let_in
from studio.ui.export.messages import ExportRequest
from studio.ui.export.tab import tile_file
from studio.ui.favourites.messages import ZippedTile, ZipRequest
from studio.ui.protocol import checked, explained
from studio.ui.services import Studio

MOST_AT_ONCE = 48  # zips that are being sent; of one source, a session or an address without one, only one
PIECE_BYTES = 2**19  # that are passed on at once: what a client has not taken of a tile waits here, once
MOST_DRAWN = 8  # of them whose next tile is being drawn, or waits for that
SLOW_SECONDS = 20.0  # for a piece: a slower reader makes room for others of its own address, too
BUSY_SECONDS = 3.0
BUSY_TRIES = 20
FRESH = {"Cache-Control": "no-store"}
NAME = "favourites.zip"


def zip_routes(studio: Studio) -> list[BaseRoute]:
    """Return the route; before its first byte an error is answered as by a function of the page."""
    zips = _Zips()

    async def send_zip(request: Request) -> Response:
        if not await is_let_in(request):
            return Response("Log in first.", 401, FRESH)
        try:
            asked = checked(ZipRequest, await _json(request))
        except Exception as error:
            return _refusal(error)
        return _Answer(studio, asked, zips)

    return [Route(f"/race/{NAME}", send_zip, methods=["POST"])]


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except (ValueError, RecursionError):
        return None  # which no model takes


def _refusal(error: Exception) -> Response:
    return JSONResponse(explained(error, NAME), headers=FRESH)


@dataclass(eq=False)
class _Zip:
    """A zip that is being sent: to whom, and since when it waits for its reader."""

    holder: Holder
    ending: asyncio.Timeout
    waits_since: float | None = None
    made_room: bool = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait for the reader for as long as this lasts."""
        self.waits_since = time.monotonic()
        try:
            yield
        finally:
            self.waits_since = None

    def waited(self) -> float:
        """Return for how many seconds it waits for its reader to take the last piece."""
        return 0.0 if self.waits_since is None else time.monotonic() - self.waits_since

    def end(self) -> None:
        """End it, wherever it is."""
        self.made_room = True
        self.ending.reschedule(asyncio.get_running_loop().time())


class _Zips:
    """The zips of one page that are being sent. Not safe among threads: all of them live in its loop."""

    def __init__(self) -> None:
        self._sent: list[_Zip] = []  # the oldest first
        self.turns = asyncio.Semaphore(MOST_DRAWN)

    @contextmanager
    def one_more(self, holder: Holder, ending: asyncio.Timeout) -> Iterator[_Zip]:
        """Count one more for as long as this lasts. Raises BusyError."""
        if any(other.holder.source == holder.source for other in self._sent):
            raise BusyError
        if not self._sent:
            self.turns = asyncio.Semaphore(MOST_DRAWN)  # as the page may have been launched anew, in another loop
        if len(self._sent) >= MOST_AT_ONCE:
            self._make_room(holder)
        one = _Zip(holder, ending)
        self._sent.append(one)
        try:
            yield one
        finally:
            if not one.made_room:
                self._sent.remove(one)

    def _make_room(self, newcomer: Holder) -> None:
        """End the one of those that give way which has waited longest for its reader. Raises BusyError."""
        slow = [one for one in self._sent if one.holder.address == newcomer.address and one.waited() > SLOW_SECONDS]
        candidates = giving_way(self._sent, lambda one: [one.holder], newcomer) or slow
        if not candidates:
            raise BusyError
        ended = max(reversed(candidates), key=_Zip.waited)  # of equals the newest
        self._sent.remove(ended)
        ended.end()


class _Answer(Response):
    """The answer with a zip, or the error that comes before its first byte. One that makes room breaks off."""

    def __init__(self, studio: Studio, asked: ZipRequest, zips: _Zips) -> None:
        super().__init__()
        self._studio, self._asked, self._zips = studio, asked, zips

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        one, answer = None, None
        try:
            async with asyncio.timeout(None) as ending:
                with self._zips.one_more(holder_of(current_client()), ending) as one:
                    parts = _parts(self._studio, self._asked, self._zips.turns)
                    async with aclosing(parts):  # type: ignore[type-var]  # it is a generator
                        pieces = _pieces(one, await anext(parts), parts)
                        answer = StreamingResponse(pieces, media_type="application/zip", headers=FRESH)
                        await answer(scope, receive, send)
        except Exception as error:
            made_room = one is not None and one.made_room
            if answer is None:
                await _refusal(BusyError() if made_room else error)(scope, receive, send)
            elif not made_room:
                raise


async def _pieces(one: _Zip, first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    part: bytes | None = first
    del first
    while part is not None:
        for start in range(0, len(part), PIECE_BYTES):
            with one.waiting():
                yield part[start : start + PIECE_BYTES]
        del part  # before the next tile is drawn
        part = await anext(rest, None)


async def _parts(studio: Studio, asked: ZipRequest, turns: asyncio.Semaphore) -> AsyncIterator[bytes]:
    """Make the zip part by part, the first one with its first tile. Raises BusyError, and SupersededError."""
    window, made, left_out = _Window(), [], []
    with zipfile.ZipFile(window, "w", zipfile.ZIP_STORED) as archive:
        for tile in {(one.sha256, one.seed, one.psi): one for one in asked.tiles}.values():
            try:
                async with turns:
                    name, png = await _drawn(studio, tile, asked.visitor)
            except SupersededError:
                raise
            except Exception as error:
                left_out.append(_facts(tile) | _reason(error))
                continue
            archive.writestr(_member(name), png)
            made.append({"file": name, "sha256": hashlib.sha256(png).hexdigest()} | _facts(tile))
            del png
            yield window.take()
        listed = {"kind": "gan-race-tiles", "version": 1, "tiles": made, "left_out": left_out}
        archive.writestr(_member("manifest.json"), json.dumps(listed, ensure_ascii=False, indent=1))
    yield window.take()


async def _drawn(studio: Studio, tile: ZippedTile, visitor: str) -> tuple[str, bytes]:
    """Return the name and the bytes of a tile's file; where others' tiles are drawn for long, try again.

    Raises SupersededError, and whatever the drawing raises.
    """
    asked = ExportRequest(sha256=tile.sha256, seed=tile.seed, psi=tile.psi, looked_at=tile.looked_at, visitor=visitor)
    for _ in range(BUSY_TRIES - 1):
        if current_client().has_left:
            raise SupersededError
        try:
            return await studio.official.take(visitor, partial(tile_file, studio, asked), steps_aside=True)
        except BusyError:
            await asyncio.sleep(BUSY_SECONDS)
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
