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
from studio.rendering.renderer import BusyError, Priority, Wish
from studio.ui.component import component, to_base64
from studio.ui.protocol import (
    VISITOR_LENGTH,
    Answer,
    RequestError,
    answers,
    asked_file,
    asked_hash,
    asked_preview,
    asked_psi,
    asked_seed,
    asked_text,
    asked_visitor,
)
from studio.ui.services import Studio
from studio.ui.shared import nearest as nearest_pictures
from studio.ui.shared.tile_facts import FIRST_SEED, drawn_classes
from training.core.tile import CELLS

NOW: dict[str, Any] = {"priority": Priority.INTERACTIVE, "lane": "explore"}
AHEAD: dict[str, Any] = {"priority": Priority.PREFETCH, "lane": "ahead"}  # what may be wished for next
EXACT: dict[str, Any] = {"priority": Priority.COMPARE, "lane": "exact"}  # what takes the place of a preview
FACTS = {"sha256", "seed", "psi", "z_hash", "seconds", "device", "relieved", "precision"}
PREVIEW_SIDE = 640  # what comes first: it is sooner on the screen


def build(studio: Studio) -> gr.HTML:
    """Build the tab; the tile of the best checkpoint is drawn now and comes with the page."""
    looking = Weakest(studio.renderer)

    @answers
    def show(data: Answer) -> Answer:
        start = time.perf_counter()
        entry, picture = _picture_to_show(studio, data)
        facts = {key: value for key, value in vars(picture).items() if key in FACTS}
        is_small = asked_preview(data) and picture.pixels.shape[0] > PREVIEW_SIDE
        jpeg = picture.thumbnail(PREVIEW_SIDE) if is_small else picture.jpeg
        preview = is_small or picture.is_preview
        images = entry.description.about.get("images") if entry.description else None
        facts |= {"name": entry.name, "images": images, "weights": entry.weights, "preview": preview}
        facts |= drawn_classes(entry, picture.seed)
        return {**facts, "jpeg": to_base64(jpeg), "served_seconds": time.perf_counter() - start}

    @answers
    def cell(data: Answer) -> Answer:
        _, picture = _picture(studio, data)
        return {"png": to_base64(to_png(picture.cell(_asked_cell(data))))}

    @answers
    def nearest(data: Answer) -> Answer:
        index = _asked_cell(data)
        return nearest_pictures.answer(studio, data, lambda: _picture(studio, data)[1].cell(index))

    @answers
    def stop_nearest(data: Answer) -> Answer:
        return nearest_pictures.stop(studio, data)

    @answers
    def weakest(data: Answer) -> Answer:
        wish, visitor = _asked_wish(studio, data), asked_text(data, "visitor", VISITOR_LENGTH)
        return looking.of(wish, visitor)._asdict()

    @answers
    async def open_tile(data: Answer) -> Answer:
        # One at a time, as Verify does: a picture is large once it is decoded.
        reading = await studio.official.take(asked_visitor(data), lambda: read_png(asked_file(data)))
        return await asyncio.to_thread(_claimed, studio, reading)

    @answers
    def list_checkpoints(_: Answer) -> Answer:
        return studio.list()

    default = studio.gallery.default()
    asked = {"seed": FIRST_SEED, "visitor": "", "preview": True, "ahead": True}
    first = show({"sha256": default.sha256, **asked}) if default else None
    functions = [show, cell, nearest, stop_nearest, weakest, open_tile, list_checkpoints]
    return component("explore", functions, list=studio.list(), first=first, copies=studio.copies is not None)


def _picture(studio: Studio, data: Answer, place: dict[str, Any] = NOW) -> tuple[Entry, Picture]:
    """Return an exact tile; `place` is where its wish stands in the line."""
    entry, wish, visitor = _asked(studio, data)
    if place is not AHEAD:
        _call_off_others(studio, wish, visitor)
    return entry, studio.renderer.tile(*wish[:2], visitor, psi=wish.psi, **place)


def _picture_to_show(studio: Studio, data: Answer) -> tuple[Entry, Picture]:
    """Return a tile, or a preview of it where that will do and comes sooner; then the exact one is drawn next."""
    if data.get("ahead") is True:
        return _picture(studio, data, AHEAD)
    if not studio.renderer.has_previews:
        return _picture(studio, data)
    if not asked_preview(data):
        return _picture(studio, data, EXACT)
    entry, wish, visitor = _asked(studio, data)
    _call_off_others(studio, wish, visitor)
    (first,) = studio.renderer.order([wish._replace(preview=True)], visitor, **NOW)
    with suppress(BusyError):  # the page asks for it, too
        studio.renderer.order([wish], visitor, **EXACT)
    return entry, first.result()


def _call_off_others(studio: Studio, wish: Wish, visitor: str) -> None:
    """Give up what this visitor no longer looks at, so that it does not stand in the way."""
    for place in (AHEAD, EXACT):
        studio.renderer.call_off(visitor, place["lane"], keep=wish)


def _asked(studio: Studio, data: Answer) -> tuple[Entry, Wish, str]:
    seed, visitor = asked_seed(data), asked_text(data, "visitor", VISITOR_LENGTH)
    entry = studio.find(asked_hash(data))
    return entry, Wish(str(entry.sha256), seed, asked_psi(data)), visitor


def _asked_wish(studio: Studio, data: Answer) -> Wish:
    return Wish(str(studio.find(asked_hash(data)).sha256), asked_seed(data), asked_psi(data))


def _claimed(studio: Studio, reading: Reading) -> Answer:
    """Return which tile a file says it is, where its checkpoint is here; nothing of it is checked."""
    if reading.problem:
        raise RequestError(f"reason_{reading.problem}", **reading.values)
    if reading.manifest is None:
        raise RequestError(f"error_open_{reading.manifest_problem}", **reading.values)
    sha256, seed, psi = (reading.manifest.get(name) for name in ("checkpoint_sha256", "seed", "psi"))
    entry = studio.gallery.find(str(sha256))
    if entry is None:
        raise RequestError("error_open_unknown", hash=str(sha256)[:SHORT])
    return {"sha256": entry.sha256, "seed": seed, "psi": 1.0 if psi is None else float(psi), "name": entry.name}


def _asked_cell(data: Answer) -> int:
    cell = data.get("cell")
    if isinstance(cell, bool) or not isinstance(cell, int) or not 0 <= cell < CELLS:
        raise RequestError("error_request", field="cell", value=str(cell)[:40])
    return cell
