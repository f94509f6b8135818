"""The Morph tab: between seeds, along directions, with mixed styles, and films of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import gradio as gr
import numpy as np
import torch

from studio.checkpoints.catalog import Entry
from studio.exploration import video
from studio.exploration.directions import COUNT, METHODS, Directions
from studio.exploration.latent_paths import (
    MOST_SEEDS,
    SIGMAS,
    Changes,
    Place,
    Way,
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
from studio.ui.protocol import (
    VISITOR_LENGTH,
    Answer,
    RequestError,
    answers,
    asked_hash,
    asked_psi,
    asked_seed,
    asked_text,
)
from studio.ui.services import Studio
from studio.ui.shared import nearest
from studio.ui.shared.tile_facts import drawn_classes
from training.core.checkpoint import CheckpointError
from training.core.generators import GeneratorNetwork
from training.core.pixels import NotFiniteError, Pixels, to_tile
from training.core.tile import BATCH, CELLS, COLUMNS

T = TypeVar("T")
FILM_LENGTH = 64
STRIP = 8  # cells that follow a slider as it moves
STRIP_COLUMNS = (4, 8)
WAYS: tuple[Way, ...] = ("slerp", "lerp")
PICTURES = (1, 4, 9, 16, 100)  # in a frame of a film
SECONDS = (1, 20)  # of a film
MOST_STYLES = 16


@dataclass(frozen=True)
class Asked:
    """A request of this tab, checked: whose it is, what is drawn and where."""

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
    def morph_about(data: Answer) -> Answer:
        generator = studio.gallery.load(str(studio.find(asked_hash(data)).sha256)).generator
        return {"styles": generator.styles, "classes": generator.classes}

    @answers
    def morph_strip(data: Answer) -> Answer:
        asked = _asked(studio, data)
        columns = _chosen(data, "columns", STRIP_COLUMNS)
        cells, preview = _strip(studio, asked)
        return {"jpeg": to_base64(to_jpeg(to_tile(cells, columns))), "preview": preview}

    @answers
    def morph_tile(data: Answer) -> Answer:
        asked = _asked(studio, data)
        return {**_tile(studio, asked), **_facts(asked)}

    @answers
    def morph_cell(data: Answer) -> Answer:
        return {"png": to_base64(to_png(_cell(studio, _asked(studio, data), _whole(data, "cell", 0, CELLS - 1))))}

    @answers
    def morph_copies(data: Answer) -> Answer:
        index = _whole(data, "cell", 0, CELLS - 1)
        return nearest.answer(studio, data, lambda: _cell(studio, _asked(studio, data), index))

    @answers
    def morph_stop_copies(data: Answer) -> Answer:
        return nearest.stop(studio, data)

    functions = [
        morph_about,
        morph_strip,
        morph_tile,
        morph_cell,
        morph_copies,
        morph_stop_copies,
        *_film_functions(studio),
        _list_function(studio),
    ]
    return component("morph", functions, list=studio.list(), kinds=video.available(), copies=studio.copies is not None)


def _film_functions(studio: Studio) -> list[Callable[[Any], Answer]]:
    @answers
    def start_film(data: Answer) -> Answer:
        return _start_film(studio, data)

    @answers
    def look_at_film(data: Answer) -> Answer:
        return _look_at_film(studio, asked_text(data, "film", FILM_LENGTH))

    @answers
    def stop_film(data: Answer) -> Answer:
        studio.films.stop(asked_text(data, "film", FILM_LENGTH))
        return {}

    return [start_film, look_at_film, stop_film]


def _list_function(studio: Studio) -> Callable[[Any], Answer]:
    @answers
    def morph_list(_: Answer) -> Answer:
        return studio.list()

    return morph_list


def _tile(studio: Studio, asked: Asked) -> Answer:
    """Draw the whole tile; that of a pure seed is the one that Explore shows, byte for byte."""
    if not departures(asked.place, asked.changes):
        picture = studio.renderer.tile(
            asked.sha256, asked.place.nearest, asked.visitor, psi=asked.changes.psi, lane="morph"
        )
        return {"jpeg": to_base64(picture.jpeg), "seconds": picture.seconds, "device": picture.device}
    start = time.perf_counter()
    parts = [range(first, first + BATCH) for first in range(0, CELLS, BATCH)]
    cells = [_work(studio, asked, part, Priority.INTERACTIVE, "morph") for part in parts]
    seconds = time.perf_counter() - start
    pixels = to_tile(np.concatenate(cells), COLUMNS)
    return {"jpeg": to_base64(to_jpeg(pixels)), "seconds": seconds, "device": device_name(studio.renderer.device)}


def _cell(studio: Studio, asked: Asked, index: int) -> Pixels:  # -> [R, R, 3]
    """Draw one cell; that of a pure seed is the one of its tile."""
    if not departures(asked.place, asked.changes):
        seed, psi = asked.place.nearest, asked.changes.psi
        return studio.renderer.tile(asked.sha256, seed, asked.visitor, psi=psi, lane="morph").cell(index)
    start = index - index % BATCH
    cells = _work(studio, asked, range(start, start + BATCH), Priority.INTERACTIVE, "morph-cell")
    one: Pixels = cells[index - start]
    return one


def _strip(studio: Studio, asked: Asked) -> tuple[Pixels, bool]:  # -> [STRIP, R, R, 3]
    """Draw the cells that follow a slider, as a preview where that is sooner, and tell whether they are one."""

    def drawing(generator: GeneratorNetwork, precision: torch.dtype) -> Pixels:
        return draw(generator, asked.place, asked.changes, asked.directions, range(STRIP), precision)

    place: dict[str, Any] = {"priority": Priority.INTERACTIVE, "lane": "morph-strip"}
    return studio.renderer.sketch(asked.sha256, drawing, asked.visitor, **place)


def _work(studio: Studio, asked: Asked, cells: range, priority: Priority, lane: str) -> Pixels:
    """Draw a few cells on the thread that draws everything."""

    def drawing(generator: GeneratorNetwork) -> Pixels:
        return draw(generator, asked.place, asked.changes, asked.directions, cells)

    return studio.renderer.work(asked.sha256, drawing, asked.visitor, priority=priority, lane=lane)


def _facts(asked: Asked) -> Answer:
    """Say what is shown: the pure seed with its classes, or why it is none and which is the nearest."""
    reasons = departures(asked.place, asked.changes)
    return {
        "sha256": asked.sha256,
        "name": asked.entry.name,
        "weights": asked.entry.weights,
        "psi": asked.changes.psi,
        "nearest": asked.place.nearest,
        "departures": reasons,
        **({} if reasons else drawn_classes(asked.entry, asked.place.nearest)),
    }


def _start_film(studio: Studio, data: Answer) -> Answer:
    kind = _chosen(data, "kind", tuple(video.available()))
    rate, side = _chosen(data, "rate", video.RATES), _chosen(data, "side", video.SIDES)
    pictures, seconds = _chosen(data, "pictures", PICTURES), _whole(data, "seconds", *SECONDS)
    frames, most = rate * seconds, video.most_frames(kind, side)
    if frames > most:
        raise RequestError("error_film_size", frames=frames, side=side, kind=kind.upper(), most=most)
    first = _whole(data, "first", 0, CELLS - 1) if pictures == 1 else 0
    asked, places = _asked(studio, data), _asked_places(data, frames)
    lane = f"film-{secrets.token_hex(8)}"  # a lane of its own: only Stop ends a film, not the next one's first wish

    def draw_cells(place: Place, cells: range) -> Pixels:
        return _work(studio, replace(asked, place=place), cells, Priority.VIDEO, lane)

    pictured = film(draw_cells, places, range(first, first + pictures), side)
    name = studio.films.start(kind, pictured, frames, rate, asked.visitor)
    return {"film": name, "total": frames}


def _asked_places(data: Answer, frames: int) -> list[Place]:
    """Return the places of a film: all along the walk that is asked for."""
    where = _record(data, "where")
    if where.get("kind") != "walk":
        raise _refusal("where", where)
    seeds, way, closed = _seeds(where, 2, MOST_SEEDS), _chosen(where, "way", WAYS), _truth(where, "closed")
    positions = frame_positions(len(seeds), frames, closed=closed)
    return [on_walk(seeds, position, way=way, closed=closed) for position in positions]


def _look_at_film(studio: Studio, name: str) -> Answer:
    """Return how far a film is, or what became of it; `stop_film` tells that this has come."""
    try:
        found = studio.films.look(name)
    except UnknownFilmError:
        return {"stopped": True}
    if not found.ended:
        return {"done": found.done, "total": found.total}
    if found.data is None:
        if isinstance(found.error, StoppedError):
            return {"stopped": True}
        raise RequestError("error_film", **_reason(found.error))
    return {"film": to_base64(found.data), "media_type": video.KINDS[found.kind].media_type}


def _reason(error: Exception | None) -> dict[str, str]:
    """Say why there is no film: the program's sentence, and its word where the page has one for it."""
    match error:
        case CheckpointError():
            return {"reason": str(error), "why": error.why}
        case NotFiniteError():
            return {"reason": str(error), "why": "diverged"}
        case video.VideoError() | ValueError():
            return {"reason": str(error)}
    return {"reason": "see the program's log."}


def _asked(studio: Studio, data: Answer) -> Asked:
    """Check a request: everything it may ask for is bounded here."""
    place, visitor = _asked_place(_record(data, "where")), asked_text(data, "visitor", VISITOR_LENGTH)
    entry = studio.find(asked_hash(data))
    method, amounts = data.get("method"), _numbers(data, "amounts", COUNT, SIGMAS)
    directions = None
    if any(amounts):
        if method not in METHODS:
            raise _refusal("method", method)
        sha256 = str(entry.sha256)
        directions = studio.directions.get(sha256, method, lambda: studio.gallery.load(sha256).generator)
    mix_seed = data.get("mix_seed")
    if mix_seed is not None:
        (mix_seed,) = _seeds({"seeds": [mix_seed]}, 1, 1)
    changes = Changes(
        psi=asked_psi(data),
        amounts=amounts if any(amounts) else (),
        mix_seed=mix_seed,
        mix_from=_whole(data, "mix_from", 0, MOST_STYLES),
    )
    return Asked(entry, visitor, place, changes, directions)


def _asked_place(where: Answer) -> Place:
    if where.get("kind") == "pad":
        return on_pad(_seeds(where, 4, 4), _number(where, "x", 0.0, 1.0), _number(where, "y", 0.0, 1.0))
    if where.get("kind") != "walk":
        raise _refusal("where", where)
    seeds, closed = _seeds(where, 1, MOST_SEEDS), _truth(where, "closed")
    position = _number(where, "position", 0.0, float(len(seeds) if closed else len(seeds) - 1))
    return on_walk(seeds, position, way=_chosen(where, "way", WAYS), closed=closed)


def _refusal(field: str, value: object) -> RequestError:
    return RequestError("error_request", field=field, value=str(value)[:80])


def _record(data: Answer, field: str) -> Answer:
    value = data.get(field)
    if not isinstance(value, dict):
        raise _refusal(field, value)
    return value


def _truth(data: Answer, field: str) -> bool:
    value = data.get(field)
    if not isinstance(value, bool):
        raise _refusal(field, value)
    return value


def _number(data: Answer, field: str, least: float, most: float) -> float:
    value = data.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:  # so no NaN either
        raise _refusal(field, value)
    return float(value)


def _numbers(data: Answer, field: str, count: int, most: float) -> tuple[float, ...]:
    values = data.get(field)
    if not isinstance(values, list) or len(values) > count:
        raise _refusal(field, values)
    return tuple(_number({field: value}, field, -most, most) for value in values)


def _whole(data: Answer, field: str, least: int, most: int) -> int:
    value = data.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _refusal(field, value)
    return value


def _chosen(data: Answer, field: str, allowed: tuple[T, ...]) -> T:
    value = data.get(field)
    for one in allowed:
        if type(value) is type(one) and value == one:
            return one
    raise _refusal(field, value)


def _seeds(data: Answer, least: int, most: int) -> tuple[int, ...]:
    values = data.get("seeds")
    if not isinstance(values, list) or not least <= len(values) <= most:
        raise _refusal("seeds", values)
    return tuple(asked_seed({"seed": value}) for value in values)
