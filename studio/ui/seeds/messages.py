"""What the tab Seeds asks and is answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studio.exploration.tournament import MOST_SEEDS
from studio.ui.protocol_types import Base64, Cell, Named, Psi, Reply, Request, Seed, Sha256, TileRequest
from studio.ui.shared.messages import Side

WORKERS = 8  # lanes of one visitor
Seeds = Annotated[list[Seed], Field(max_length=MOST_SEEDS)]


class LookRequest(TileRequest):
    """A small picture of a tile: `urgent`, or `soon` as the first one of a sheet, or like the rest of a sheet."""

    side: Side
    worker: Annotated[int, Field(ge=0, lt=WORKERS)]
    preview: bool = False
    soon: bool = False
    urgent: bool = False


class LookReply(Reply):
    """The picture."""

    seed: Seed
    thumbnail: Base64
    preview: bool


class RankRequest(Request):
    """Seeds to rank: a range, and others."""

    sha256: Sha256
    seed: Seed
    psi: Psi = 1.0
    count: Annotated[int, Field(ge=0, le=MOST_SEEDS)]
    others: Seeds = Field(default_factory=list)
    by_network: bool = False


class SeedScore(Reply):
    """What a whole seed got, relative to those that were ranked with it."""

    seed: Seed
    total: float
    weakest: float
    diversity: float
    distance: float | None
    cells: list[Cell]


class Histogram(Reply):
    """How the totals are spread."""

    counts: list[int]
    edges: list[float]


class RankReply(Reply):
    """The ranking, the best first; `reals` tells what is known of real pictures."""

    network: Named | None
    at_hand: bool
    reals: Literal["none", "waiting", "unusable", "ready"]
    scores: list[SeedScore]
    histogram: Histogram


class SeenReply(Reply):
    """The network has looked at the tile of the seed."""

    seed: Seed


class DecideRequest(Request):
    """A knockout so far: the seeds, and which stayed at each decision."""

    seeds: Seeds
    decisions: Annotated[list[Seeds], Field(max_length=MOST_SEEDS)]


class StageReply(Reply):
    """Where a knockout stands."""

    shown: list[Seed]
    alive: list[Seed]
    decided: int
    remaining: int
