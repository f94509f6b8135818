"""The Morph tab: between seeds, along directions, with mixed styles, and films of it."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
import numpy as np
import torch

from studio.checkpoints.catalog import Entry
from studio.exploration import video
from studio.exploration.directions import Directions
from studio.exploration.latent_paths import (
    Changes,
    Place,
    departures,
    draw,
    film,
    frame_positions,
    on_pad,
    on_walk,
)
from studio.exploration.video_jobs import StoppedError, UnknownFilmError
from studio.rendering.image_encoding import to_jpeg, to_png
from studio.rendering.picture import device_name
from studio.rendering.renderer import Priority
from studio.ui.component import component, to_base64
from studio.ui.morph.messages import (
    FilmMade,
    FilmProgress,
    FilmQuestion,
    FilmRequest,
    FilmStarted,
    FilmStopped,
    GeneratorReply,
    GeneratorRequest,
    Method,
    MorphCellRequest,
    MorphTileReply,
    Pad,
    PlaceRequest,
    StripReply,
    StripRequest,
    Walk,
)
from studio.ui.protocol import RequestError, ServerFunction, answers, problem_phrase
from studio.ui.protocol_types import REFUSED, Done, Phrase
from studio.ui.services import Studio
from studio.ui.shared import nearest
from studio.ui.shared.messages import IndexProgress, NearestReply, PngReply, StopReply, StopRequest
from studio.ui.shared.tile_facts import drawn_classes
from training.core.coded_error import CodedError
from training.core.generators import GeneratorNetwork
from training.core.pixels import NotFiniteError, Pixels, to_tile
from training.core.tile import BATCH, CELLS, COLUMNS

STRIP = 8  # cells that follow a slider as it moves
LEAST_STOPS = 2  # of a walk that is filmed


@dataclass(frozen=True)
class Drawing:
    """What a request asks for: whose it is, what is drawn and where."""

    entry: Entry
    visitor: str
    place: Place
    changes: Changes
    directions: Directions | None

    @property
    def sha256(self) -> str:
        """Return the hash of its checkpoint."""
        return str(self.entry.sha256)


def build(studio: Studio) -> gr.HTML:
    """Build the tab; nothing is drawn before it is opened."""

    @answers
    def morph_about(asked: GeneratorRequest) -> GeneratorReply:
        generator = studio.catalog.load(str(studio.find(asked.sha256).sha256)).generator
        return GeneratorReply(styles=generator.styles, classes=generator.classes)

    @answers
    def morph_strip(asked: StripRequest) -> StripReply:
        cells, preview = _strip(studio, _drawing(studio, asked))
        return StripReply(jpeg=to_base64(to_jpeg(to_tile(cells, asked.columns))), preview=preview)

    @answers
    def morph_tile(asked: PlaceRequest) -> MorphTileReply:
        drawing = _drawing(studio, asked)
        return MorphTileReply(**_tile(studio, drawing), **_facts(drawing))

    @answers
    def morph_cell(asked: MorphCellRequest) -> PngReply:
        return PngReply(png=to_base64(to_png(_cell(studio, _drawing(studio, asked), asked.cell))))

    @answers
    def morph_copies(asked: MorphCellRequest) -> NearestReply | IndexProgress:
        return nearest.answer(studio, asked.visitor, lambda: _cell(studio, _drawing(studio, asked), asked.cell))

    @answers
    def morph_stop_copies(asked: StopRequest) -> StopReply:
        return nearest.stop(studio, asked)

    functions = [morph_about, morph_strip, morph_tile, morph_cell, morph_copies, morph_stop_copies]
    copies = studio.copies is not None
    props: dict[str, Any] = {"list": studio.list().model_dump(), "kinds": video.available(), "copies": copies}
    return component("morph", [*functions, *_film_functions(studio)], **props)


def _film_functions(studio: Studio) -> list[ServerFunction]:
    @answers
    def start_film(asked: FilmRequest) -> FilmStarted:
        return _start_film(studio, asked)

    @answers
    def look_at_film(asked: FilmQuestion) -> FilmProgress | FilmStopped | FilmMade:
        return _look_at_film(studio, asked.film)

    @answers
    def stop_film(asked: FilmQuestion) -> Done:
        studio.films.stop(asked.film)
        return Done()

    return [start_film, look_at_film, stop_film]


def _tile(studio: Studio, drawing: Drawing) -> dict[str, Any]:
    """Draw the whole tile; that of a pure seed is the one that Explore shows, byte for byte."""
    if not departures(drawing.place, drawing.changes):
        picture = studio.renderer.tile(
            drawing.sha256, drawing.place.nearest, drawing.visitor, psi=drawing.changes.psi, lane="morph"
        )
        return {"jpeg": to_base64(picture.jpeg), "seconds": picture.seconds, "device": picture.device}
    start = time.perf_counter()
    parts = [range(first, first + BATCH) for first in range(0, CELLS, BATCH)]
    cells = [_work(studio, drawing, part, Priority.INTERACTIVE, "morph") for part in parts]
    seconds = time.perf_counter() - start
    pixels = to_tile(np.concatenate(cells), COLUMNS)
    return {"jpeg": to_base64(to_jpeg(pixels)), "seconds": seconds, "device": device_name(studio.renderer.device)}


def _cell(studio: Studio, drawing: Drawing, index: int) -> Pixels:  # -> [R, R, 3]
    """Draw one cell; that of a pure seed is the one of its tile."""
    if not departures(drawing.place, drawing.changes):
        seed, psi = drawing.place.nearest, drawing.changes.psi
        return studio.renderer.tile(drawing.sha256, seed, drawing.visitor, psi=psi, lane="morph").cell(index)
    start = index - index % BATCH
    cells = _work(studio, drawing, range(start, start + BATCH), Priority.INTERACTIVE, "morph-cell")
    one: Pixels = cells[index - start]
    return one


def _strip(studio: Studio, drawing: Drawing) -> tuple[Pixels, bool]:  # -> [STRIP, R, R, 3]
    """Draw the cells that follow a slider, as a preview where that is sooner, and tell whether they are one."""

    def sketch(generator: GeneratorNetwork, precision: torch.dtype) -> Pixels:
        return draw(generator, drawing.place, drawing.changes, drawing.directions, range(STRIP), precision)

    place: dict[str, Any] = {"priority": Priority.INTERACTIVE, "lane": "morph-strip"}
    return studio.renderer.sketch(drawing.sha256, sketch, drawing.visitor, **place)


def _work(studio: Studio, drawing: Drawing, cells: range, priority: Priority, lane: str) -> Pixels:
    """Draw a few cells on the thread that draws everything."""

    def work(generator: GeneratorNetwork) -> Pixels:
        return draw(generator, drawing.place, drawing.changes, drawing.directions, cells)

    return studio.renderer.work(drawing.sha256, work, drawing.visitor, priority=priority, lane=lane)


def _facts(drawing: Drawing) -> dict[str, Any]:
    """Say what is shown: the pure seed with its classes, or why it is none and which is the nearest."""
    reasons, seed = departures(drawing.place, drawing.changes), drawing.place.nearest
    classes = {"classes": None, "class_count": None} if reasons else drawn_classes(drawing.entry, seed).model_dump()
    return {
        "sha256": drawing.sha256,
        "name": drawing.entry.name,
        "weights": drawing.entry.weights,
        "psi": drawing.changes.psi,
        "nearest": seed,
        "departures": reasons,
        **classes,
    }


def _start_film(studio: Studio, asked: FilmRequest) -> FilmStarted:
    if asked.kind not in video.available():
        raise RequestError(REFUSED, field="kind", value=asked.kind)
    frames, most = asked.rate * asked.seconds, video.most_frames(asked.kind, asked.side)
    if frames > most:
        raise RequestError("error_film_size", frames=frames, side=asked.side, kind=asked.kind.upper(), most=most)
    first = asked.first if asked.pictures == 1 else 0
    places, drawing = _film_places(asked, frames), _drawing(studio, asked)
    lane = f"film-{secrets.token_hex(8)}"  # a lane of its own: only Stop ends a film, not the next one's first request

    def draw_cells(place: Place, cells: range) -> Pixels:
        return _work(studio, replace(drawing, place=place), cells, Priority.VIDEO, lane)

    pictured = film(draw_cells, places, range(first, first + asked.pictures), asked.side)
    name = studio.films.start(asked.kind, pictured, frames, asked.rate, drawing.visitor)
    return FilmStarted(film=name, total=frames)


def _film_places(asked: FilmRequest, frames: int) -> list[Place]:
    """Return the places of a film: all along the walk that is asked for."""
    where = asked.where
    if isinstance(where, Pad) or len(where.seeds) < LEAST_STOPS:
        raise RequestError(REFUSED, field="where", value=f"{where.kind}, {len(where.seeds)}")
    positions = frame_positions(len(where.seeds), frames, closed=where.closed)
    return [on_walk(where.seeds, position, way=where.way, closed=where.closed) for position in positions]


def _look_at_film(studio: Studio, name: str) -> FilmProgress | FilmStopped | FilmMade:
    """Return how far a film is, or what became of it; `stop_film` tells that this has come."""
    try:
        found = studio.films.look(name)
    except UnknownFilmError:
        return FilmStopped()
    if not found.ended:
        return FilmProgress(done=found.done, total=found.total)
    if found.data is None:
        if isinstance(found.error, StoppedError):
            return FilmStopped()
        raise RequestError("error_film", reason=_reason(found.error))
    return FilmMade(film=to_base64(found.data), media_type=video.KINDS[found.kind].media_type)


def _reason(error: Exception | None) -> Phrase:
    """Say why there is no film, in words of the page."""
    match error:
        case CodedError():
            return problem_phrase(error)
        case NotFiniteError():
            return Phrase(code="problem_diverged", values={})
    return Phrase(code="problem_log", values={})


def _drawing(studio: Studio, asked: PlaceRequest) -> Drawing:
    entry = studio.find(asked.sha256)
    amounts = tuple(asked.amounts) if any(asked.amounts) else ()
    directions = _directions(studio, str(entry.sha256), asked.method) if amounts else None
    changes = Changes(psi=asked.psi, amounts=amounts, mix_seed=asked.mix_seed, mix_from=asked.mix_from)
    return Drawing(entry, asked.visitor, _place(asked.where), changes, directions)


def _directions(studio: Studio, sha256: str, method: Method) -> Directions:
    return studio.directions.get(sha256, method, lambda: studio.catalog.load(sha256).generator)


def _place(where: Pad | Walk) -> Place:
    if isinstance(where, Pad):
        return on_pad(where.seeds, where.x, where.y)
    return on_walk(where.seeds, where.position, way=where.way, closed=where.closed)
