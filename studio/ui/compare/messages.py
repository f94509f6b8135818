"""What the tab Compare asks and is answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from studio.ui.protocol_types import (
    Base64,
    Cell,
    Count,
    Label,
    Named,
    Psi,
    Reply,
    Request,
    Seed,
    Sha256,
    Visitor,
    WholeSha256,
)
from studio.ui.shared.messages import Classes, IndexProgress, NearestReply

MOST_COUNTED = 100  # of either; `check_size` says how many are compared
Checkpoints = Annotated[list[Sha256], Field(min_length=1, max_length=MOST_COUNTED)]
Version = Annotated[str, Field(pattern=r"^[0-9-]{0,60}$")]  # of a log; empty where there is none
Seeds = Annotated[list[Seed], Field(min_length=1, max_length=MOST_COUNTED)]


class TilesRequest(Request):
    """One seed of several checkpoints."""

    checkpoints: Checkpoints
    seed: Seed
    psi: Psi = 1.0
    visitor: Visitor


class CellsRequest(TilesRequest):
    """One cell of each tile."""

    cell: Cell


class RowRequest(Request):
    """One row of a matrix of checkpoints and seeds; `save` where it is drawn exactly to be saved."""

    checkpoints: Checkpoints
    seeds: Seeds
    row: Annotated[int, Field(ge=0)]
    psi: Psi = 1.0
    visitor: Visitor
    preview: bool = False
    save: bool = False

    @model_validator(mode="after")
    def _has_row(self) -> RowRequest:
        if self.row >= len(self.seeds):
            raise PydanticCustomError("no_row", "The matrix has no such row.")
        return self


class FactsRequest(Request):
    """Runs that are compared, and what is shown of each: one of its steps, or itself."""

    checkpoints: Checkpoints
    shown: Checkpoints | None = None

    @model_validator(mode="after")
    def _shows_each(self) -> FactsRequest:
        if self.shown is not None and len(self.shown) != len(self.checkpoints):
            raise PydanticCustomError("other_count", "Something is shown of each checkpoint.")
        return self


class CurvesRequest(Request):
    """Runs whose curves are followed, and the versions of those that are on the screen already, in the same order."""

    checkpoints: Checkpoints
    versions: Annotated[list[Version], Field(max_length=MOST_COUNTED)] = []


class Drawn(Reply):
    """How a picture came about; in any `precision` but float32 it is a preview."""

    sha256: WholeSha256
    seed: Seed
    psi: Psi
    z_hash: Label
    seconds: float
    device: Label
    relieved: bool
    precision: Label


class DrawnTile(Drawn):
    """A tile."""

    jpeg: Base64


class DrawnCell(Drawn, Classes):
    """A cell, and the classes of its tile."""

    png: Base64


class TilesReply(Reply):
    """Tiles in the order of the checkpoints."""

    tiles: list[DrawnTile]


class RowReply(TilesReply):
    """A row of the matrix."""

    seed: Seed


class CellsReply(Reply):
    """Cells in the order of the checkpoints."""

    cells: list[DrawnCell]


class NearestEach(Reply):
    """The training pictures nearest to each cell."""

    cells: list[NearestReply]


NearestAnswer = NearestEach | IndexProgress


class SettingRow(Reply):
    """One setting in several passports; None where a passport does not name it."""

    field: Label
    values: list[Named | Label | None]
    differs: bool


class Alarm(Reply):
    """What the training warned of, and when it began to."""

    images: float
    seconds: float
    name: Label


class Curves(Reply):
    """Quantities over images and seconds."""

    images: list[float]
    seconds: list[float]
    quantities: dict[Label, list[float | None]]
    alarms: list[Alarm]


class CurvesReply(Reply):
    """Curves in the order of the runs, None where the version is the one that was asked with.

    `followed` tells that one of them has a log of its own beside its checkpoints, which may grow, and `growing` that one
    has grown lately.
    """

    curves: list[Curves | None]
    versions: list[Version]
    followed: bool
    growing: bool


class Scores(Reply):
    """What a checkpoint got by one network; `few` pictures are too few to rank by."""

    network: Named | None
    fakes: Count | None
    reals: Count | None
    numbers: dict[Label, float]
    few: bool


class FactsReply(Reply):
    """Settings of what is shown; curves and scores of the runs."""

    settings: list[SettingRow]
    curves: list[Curves]
    scores: list[list[Scores]]
