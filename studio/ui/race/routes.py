"""The pictures of the race's tiles and the files of its result, over HTTP.

A picture's address has a part of the commitment, the tile's code and the kind: nothing that leads to an entry, and
another one after every opening, so that browsers may keep pictures.
"""

from __future__ import annotations

import asyncio
import hmac
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from studio.byte_lru import ByteLRU
from studio.race.messages import RaceError
from studio.race.results_page import LANGUAGES
from studio.race.service import RaceService
from studio.ui.browser_files import is_let_in
from studio.ui.race.race_status import PICTURE_KEY

PICTURES_BYTES = 96 * 2**20  # a race of 40 tiles as they are shown; the folder may be on a slow drive
EXPORTS_BYTES = 64 * 2**20
READERS = 16  # threads that wait for a folder that is away, apart from those of the rest of the page
EXPORTERS = 2
KEEP = "private, max-age=86400, immutable"
STATUSES = {"not_revealed": 409, "picture_unknown": 404, "store_away": 503, "store_full": 503}
TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "html": "text/html; charset=utf-8"}
PLAIN = "text/plain; charset=utf-8"  # of the recount, and of every refusal
Picture = tuple[bytes, str]
Files = dict[str, bytes]
AtClose: TypeAlias = Callable[[Callable[[], object]], None]


class RaceFiles:
    """Pictures and exported files of a race, kept as far as the memory allows. Safe among threads."""

    def __init__(self, race: RaceService) -> None:
        self._race, self._lock, self._exporting = race, threading.Lock(), threading.Lock()
        self._pictures: ByteLRU[tuple[str, str, str], Picture] = ByteLRU(PICTURES_BYTES, lambda found: len(found[0]))
        self._exports: ByteLRU[str, Files] = ByteLRU(EXPORTS_BYTES, lambda files: sum(map(len, files.values())))

    def close(self) -> None:
        """Let go of what is kept."""
        with self._lock:
            self._pictures.clear()
        with self._exporting:
            self._exports.clear()

    def kept(self, key: str, tile: str, kind: str) -> Picture | None:
        """Return a picture and its type where that needs no look into the folder."""
        with self._lock:
            return self._pictures.get((key, tile, kind))

    def picture(self, key: str, tile: str, kind: str) -> Picture:
        """Return a picture and its type. Raises RaceError, also for a key of another opening."""
        found = self.kept(key, tile, kind)
        if found is not None:
            return found
        commitment = self._race.folder.state().commitment
        if not commitment or not hmac.compare_digest(key.encode(), commitment[:PICTURE_KEY].encode()):
            raise RaceError("picture_unknown", name=ascii(f"{tile} {kind}")[:20])
        found = self._race.picture(tile, kind)
        with self._lock:
            self._pictures.put((key, tile, kind), found)
        return found

    def exported(self, name: str, language: str) -> bytes:
        """Return a file of the export, made once for each language. Raises RaceError, and KeyError for a name."""
        with self._exporting:
            files = self._exports.get(language)
            if files is None:
                files = self._race.export(language)
                self._exports.put(language, files)
        return files[name]


def race_routes(race: RaceService, at_close: AtClose = lambda callback: None) -> list[BaseRoute]:
    """Return the routes of a race; what they keep, and their threads, go by what `at_close` is given."""
    files = RaceFiles(race)
    at_close(files.close)
    reading = ThreadPoolExecutor(READERS, "race pictures")
    exporting = ThreadPoolExecutor(EXPORTERS, "race results")
    for executor in (reading, exporting):
        at_close(partial(executor.shutdown, wait=False))

    async def picture(request: Request) -> Response:
        return await _answered(request, reading, partial(_shown, files, **request.path_params), _kept(files, request))

    async def result(request: Request) -> Response:
        return await _answered(request, exporting, partial(_downloaded, files, **request.path_params))

    return [
        Route("/race/tiles/{key}/{tile}/{kind}", picture),
        Route("/race/results/{language}/{name}", result),
    ]


def _kept(files: RaceFiles, request: Request) -> Callable[[], Picture | None]:
    return partial(files.kept, **request.path_params)


async def _answered(
    request: Request,
    executor: ThreadPoolExecutor,
    answer: Callable[[], Response],
    kept: Callable[[], Picture | None] = lambda: None,
) -> Response:
    """Answer at once with what is kept, else from a thread of these routes alone."""
    if not await is_let_in(request):
        return _refused("Log in first.", 401)
    if (found := kept()) is not None:
        return _picture_response(found)
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, answer)
    except RaceError as error:
        return _refused(error.sentence(), STATUSES.get(error.code, 500))
    except OSError:
        return _refused(RaceError("store_away").sentence(), STATUSES["store_away"])


def _refused(words: str, status: int) -> Response:
    return Response(words, status, {"Cache-Control": "no-store"}, PLAIN)


def _shown(files: RaceFiles, key: str, tile: str, kind: str) -> Response:
    return _picture_response(files.picture(key, tile, kind))


def _picture_response(picture: Picture) -> Response:
    data, media_type = picture
    return Response(data, headers={"Cache-Control": KEEP}, media_type=media_type)


def _downloaded(files: RaceFiles, language: str, name: str) -> Response:
    if language not in LANGUAGES:
        return _refused("There is nothing here.", 404)
    try:
        data = files.exported(name, language)
    except KeyError:
        return _refused("There is nothing here.", 404)
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, headers=headers, media_type=TYPES.get(name.rpartition(".")[2], PLAIN))
