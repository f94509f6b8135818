"""The Seeds tab: many whole tiles at once, sorted by hand, by a ranking, or by a knockout."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import gradio as gr

from studio.knockout import MOST_SEEDS, knockout
from studio.ranking import LIGHT, histogram, rank
from studio.render import Priority, Wish
from studio.seeds import SIDES, Sheets
from studio.ui.parts import part, to_base64
from studio.ui.state import Answer, RequestError, Studio, answers, asked_hash, asked_psi, asked_seed, asked_text
from training.latents import SEED_LIMIT

COUNTS = (24, 96, 240)
VISITOR_LENGTH = 64
WORKERS = 8  # lanes of one visitor


def build(studio: Studio) -> gr.HTML:
    """Build the tab; it draws nothing before it is shown."""
    sheets = Sheets(studio.renderer)

    @answers
    async def look(data: Answer) -> Answer:
        wish = await asyncio.to_thread(_asked_wish, studio, data)
        urgent, lane = data.get("urgent") is True, f"seeds-{_asked_whole(data, 'worker', WORKERS - 1)}"
        side, visitor = _asked_side(data), asked_text(data, "visitor", VISITOR_LENGTH)
        priority = Priority.COMPARE if urgent else Priority.SHEET
        found = await sheets.look(wish, side, visitor, priority=priority, lane=lane)
        return {"seed": wish.seed, "thumbnail": to_base64(found.thumbnail)}

    @answers
    def rank_seeds(data: Answer) -> Answer:
        wish, count = _asked_wish(studio, data), _asked_whole(data, "count", MOST_SEEDS)
        wishes = [wish._replace(seed=seed) for seed in range(wish.seed, min(wish.seed + count, SEED_LIMIT))]
        scores = rank(sheets.described(wishes))
        return {
            "method": "light",
            "method_name": LIGHT,
            "scores": [{"seed": seed, **asdict(score)} for seed, score in scores.items()],
            "histogram": histogram(scores),
        }

    @answers
    def decide(data: Answer) -> Answer:
        seeds, decisions = _asked_seeds(data.get("seeds")), data.get("decisions")
        if not isinstance(decisions, list) or len(decisions) > MOST_SEEDS:
            raise RequestError("error_request", field="decisions", value=str(decisions)[:80])
        try:
            return asdict(knockout(seeds, [_asked_seeds(stay) for stay in decisions]))
        except ValueError as error:
            raise RequestError("error_request", field="decisions", value=str(error)) from error

    @answers
    def list_checkpoints(_: Answer) -> Answer:
        return studio.list()

    functions = [look, rank_seeds, decide, list_checkpoints]
    return part("seeds", functions, ("seeds_ranking", "seeds_knockout"), counts=COUNTS)


def _asked_wish(studio: Studio, data: Answer) -> Wish:
    seed, psi = asked_seed(data), asked_psi(data)
    return Wish(str(studio.find(asked_hash(data)).sha256), seed, psi)


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
