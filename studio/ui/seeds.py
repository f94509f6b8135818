"""The Seeds tab: many whole tiles at once, sorted by hand, by a ranking, or by a knockout."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import gradio as gr

from studio.knockout import MOST_SEEDS, knockout
from studio.ranking import histogram, rank
from studio.render import Priority, Wish
from studio.seeds import SIDES, Network, Sheets
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
        return _ranking(studio, sheets, data)

    @answers
    def see_seed(data: Answer) -> Answer:
        wish, network = _asked_wish(studio, data), _network(studio)
        if network is None:
            raise RequestError("error_no_network")
        sheets.see(wish, network, asked_text(data, "visitor", VISITOR_LENGTH))
        return {"seed": wish.seed}

    @answers
    def decide(data: Answer) -> Answer:
        return _decision(data)

    @answers
    def list_checkpoints(_: Answer) -> Answer:
        return studio.list()

    functions = [look, rank_seeds, see_seed, decide, list_checkpoints]
    return part("seeds", functions, ("seeds_ranking", "seeds_knockout"), counts=COUNTS)


def _ranking(studio: Studio, sheets: Sheets, data: Answer) -> Answer:
    """Rank those seeds of a range that were drawn, or those that the network has looked at."""
    wish, count = _asked_wish(studio, data), _asked_whole(data, "count", MOST_SEEDS)
    wishes = [wish._replace(seed=seed) for seed in range(wish.seed, min(wish.seed + count, SEED_LIMIT))]
    network = _network(studio)
    by_network = network is not None and data.get("by_network") is True
    if network is not None and by_network:
        scores = rank(sheets.seen(wishes, network), network.reals)
    else:
        scores = rank(sheets.described(wishes))
    return {
        "by_network": by_network,
        "network": network.name if network else None,
        "scores": [{"seed": seed, **asdict(score)} for seed, score in scores.items()],
        "histogram": histogram(scores),
    }


def _decision(data: Answer) -> Answer:
    seeds, decisions = _asked_seeds(data.get("seeds")), data.get("decisions")
    if not isinstance(decisions, list) or len(decisions) > MOST_SEEDS:
        raise RequestError("error_request", field="decisions", value=str(decisions)[:80])
    try:
        return asdict(knockout(seeds, [_asked_seeds(stay) for stay in decisions]))
    except ValueError as error:
        raise RequestError("error_request", field="decisions", value=str(error)) from error


def _network(studio: Studio) -> Network | None:
    """Return the network that has looked at the real pictures, once it has."""
    return None


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
