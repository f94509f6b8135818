"""The Explore tab: the tile of a seed, the next one, one picture enlarged."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

import gradio as gr

from studio.checkpoints.catalog import SHORT, Entry
from studio.exploration.weak_cells import Weakest
from studio.race.tile_file import Reading, read_png
from studio.rendering.image_encoding import to_png
from studio.rendering.picture import Picture
from studio.rendering.renderer import BusyError, Priority, RenderRequest
from studio.ui.component import component, to_base64
from studio.ui.explore.messages import OpenReply, OpenRequest, ShowReply, ShowRequest, WeakestReply
from studio.ui.protocol import RequestError, answers, decoded_file
from studio.ui.protocol_types import TileRequest
from studio.ui.services import Studio, amount
from studio.ui.shared import nearest as nearest_pictures
from studio.ui.shared.drawn_rows import new_rows
from studio.ui.shared.messages import (
    CellRequest,
    IndexProgress,
    NearestReply,
    PngReply,
    RowsReply,
    RowsRequest,
    StopReply,
    StopRequest,
)
from studio.ui.shared.tile_facts import FIRST_SEED, drawn_classes

NOW: dict[str, Any] = {"priority": Priority.INTERACTIVE, "lane": "explore"}
AHEAD: dict[str, Any] = {"priority": Priority.PREFETCH, "lane": "ahead"}  # what may be requested next
EXACT: dict[str, Any] = {"priority": Priority.COMPARE, "lane": "exact"}  # what takes the place of a preview
FACTS = ("sha256", "seed", "psi", "z_hash", "seconds", "device", "relieved", "precision")
PREVIEW_SIDE = 640  # what comes first: it is sooner on the screen


def build(studio: Studio) -> gr.HTML:
    """Build the tab; the tile of the best checkpoint is drawn now and comes with the page."""
    looking = Weakest(studio.renderer)
    studio.at_close(looking.close)

    @answers
    def show(asked: ShowRequest) -> ShowReply:
        start = time.perf_counter()
        entry, picture = _picture_to_show(studio, asked)
        is_small = asked.preview and picture.pixels.shape[0] > PREVIEW_SIDE
        jpeg = picture.thumbnail(PREVIEW_SIDE) if is_small else picture.jpeg
        about = entry.description.about if entry.description else {}
        return ShowReply(
            **{name: getattr(picture, name) for name in FACTS},
            **drawn_classes(entry, picture.seed).model_dump(),
            name=entry.name,
            images=amount(about.get("images")),
            weights=entry.weights,
            preview=is_small or picture.is_preview,
            jpeg=to_base64(jpeg),
            served_seconds=time.perf_counter() - start,
        )

    @answers
    def drawn_rows(asked: RowsRequest) -> RowsReply:
        return new_rows(studio.renderer, _request(studio, asked)[1], asked)

    @answers
    def cell(asked: CellRequest) -> PngReply:
        _, picture = _picture(studio, asked)
        return PngReply(png=to_base64(to_png(picture.cell(asked.cell))))

    @answers
    def nearest(asked: CellRequest) -> NearestReply | IndexProgress:
        return nearest_pictures.answer(studio, asked.visitor, lambda: _picture(studio, asked)[1].cell(asked.cell))

    @answers
    def stop_nearest(asked: StopRequest) -> StopReply:
        return nearest_pictures.stop(studio, asked)

    @answers
    def weakest(asked: TileRequest) -> WeakestReply:
        _, request = _request(studio, asked)
        found = looking.of(request, asked.visitor)
        return WeakestReply(cells=list(found.cells), diversity=found.diversity, usual=found.usual)

    @answers
    async def open_tile(asked: OpenRequest) -> OpenReply:
        # One at a time, as Verify does: a picture is large once it is decoded.
        reading = await studio.official.take(asked.visitor, lambda: read_png(decoded_file(asked.file)))
        return await asyncio.to_thread(_claimed, studio, reading)

    default = studio.catalog.default()
    asked = {"seed": FIRST_SEED, "visitor": "page", "preview": True, "ahead": True}
    first = show({"sha256": default.sha256, **asked}) if default else None
    functions = [show, drawn_rows, cell, nearest, stop_nearest, weakest, open_tile]
    props: dict[str, Any] = {"list": studio.list().model_dump(), "first": first, "copies": studio.copies is not None}
    return component("explore", functions, **props)


def _picture(studio: Studio, asked: TileRequest, place: dict[str, Any] = NOW) -> tuple[Entry, Picture]:
    """Return an exact tile; `place` is where its request stands in the line."""
    entry, request = _request(studio, asked)
    if place is not AHEAD:
        _call_off_others(studio, request, asked.visitor)
    return entry, studio.renderer.tile(*request[:2], asked.visitor, psi=request.psi, **place)


def _picture_to_show(studio: Studio, asked: ShowRequest) -> tuple[Entry, Picture]:
    """Return a tile, or a preview of it where that will do and comes sooner; then the exact one is drawn next."""
    if asked.ahead:
        return _picture(studio, asked, AHEAD)
    if not studio.renderer.has_previews:
        return _picture(studio, asked)
    if not asked.preview:
        return _picture(studio, asked, EXACT)
    entry, request = _request(studio, asked)
    _call_off_others(studio, request, asked.visitor)
    (first,) = studio.renderer.order([request._replace(preview=True)], asked.visitor, **NOW)
    with suppress(BusyError):  # the page asks for it, too
        studio.renderer.order([request], asked.visitor, **EXACT)
    return entry, first.result()


def _call_off_others(studio: Studio, request: RenderRequest, visitor: str) -> None:
    """Give up what this visitor no longer looks at, so that it does not stand in the way."""
    for place in (AHEAD, EXACT):
        studio.renderer.call_off(visitor, place["lane"], keep=request)


def _request(studio: Studio, asked: TileRequest | RowsRequest) -> tuple[Entry, RenderRequest]:
    entry = studio.find(asked.sha256)
    return entry, RenderRequest(str(entry.sha256), asked.seed, asked.psi)


def _claimed(studio: Studio, reading: Reading) -> OpenReply:
    """Return which tile a file says it is, where its checkpoint is here; nothing of it is checked."""
    if reading.problem:
        raise RequestError(f"reason_{reading.problem}", **reading.values)
    if reading.manifest is None:
        raise RequestError(f"error_open_{reading.manifest_problem}", **reading.values)
    sha256, psi = (reading.manifest.get(name) for name in ("checkpoint_sha256", "psi"))
    entry = studio.catalog.find(str(sha256))
    if entry is None:
        raise RequestError("error_open_unknown", hash=str(sha256)[:SHORT])
    psi = 1.0 if psi is None else float(psi)
    return OpenReply(sha256=str(entry.sha256), seed=reading.manifest["seed"], psi=psi, name=entry.name)
