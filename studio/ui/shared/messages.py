"""What several tabs and panels ask and answer: the checkpoints, a picture, the rows and classes of a tile, copies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studio.ui.protocol_types import (
    WHOLE,
    Base64,
    Cell,
    Code,
    Count,
    Label,
    Name,
    Named,
    Number,
    Phrase,
    Psi,
    Reply,
    Request,
    Secret,
    Seed,
    Sha256,
    TileRequest,
    Visitor,
    WholeSha256,
)
from training.core.tile import CELLS, COLUMNS

WeightKind = Literal["averaged", "raw"]
Side = Annotated[Literal[320, 640], WHOLE]
ROWS = CELLS // COLUMNS


class ListRequest(Request):
    """Which checkpoints there are; with `steps`, also what each run has kept of its way."""

    secret: Secret | None = None
    steps: bool = False


class Step(Reply):
    """A checkpoint that a run has kept of its way, and the images that it had seen."""

    sha256: WholeSha256
    images: Number | None


class Distance(Reply):
    """How far drawn pictures are from real ones (KID), as one feature network sees it.

    `few` pictures are too few to rank by; numbers of two networks cannot be compared.
    """

    kid: float
    network: Named | None
    few: bool


class ListedCheckpoint(Reply):
    """A checkpoint that can be used.

    `saved` is when it was last trained, in seconds since 1970, and `distances` are its scores. `raw` is the hash of its
    weights as last trained, where there are such beside the average. `size` is in bytes, `seconds` those of the
    training; `z_dim` and `classes` say which generators give the same latents for a seed.
    """

    sha256: WholeSha256
    raw: WholeSha256 | None
    raw_name: Name
    weights: WeightKind | None
    name: Name
    size: Count
    recipe: Named | None
    tricks: list[Label]
    images: Number | None
    seconds: Number | None
    saved: float
    distances: list[Distance]
    devices: list[Label]
    pretrained: Named | None
    equalizer: Count
    z_dim: Count | None
    classes: Count
    alarms: list[Code]
    added: bool
    steps: list[Step]


class Unusable(Reply):
    """A checkpoint that cannot be used, and why; `added` is the hash under which a visitor has added it."""

    name: Name
    reason: Phrase
    added: WholeSha256 | None


class CheckpointList(Reply):
    """All checkpoints; `default` is the one that is shown first, `untrained` the folder where there is none."""

    checkpoints: list[ListedCheckpoint]
    problems: list[Unusable]
    default: WholeSha256 | None
    untrained: Name | None


class ListReply(Reply):
    """The list, and the hashes of what the browser with the secret has added."""

    own: list[WholeSha256]
    list: CheckpointList


class ThumbnailRequest(Request):
    """A small picture of a checkpoint."""

    sha256: Sha256
    visitor: Visitor


class JpegReply(Reply):
    """A picture."""

    jpeg: Base64


class PngReply(Reply):
    """A picture, exactly."""

    png: Base64


class RowsRequest(Request):
    """The finished rows of a tile that is being drawn, where there are more than are known."""

    sha256: Sha256
    seed: Seed
    psi: Psi = 1.0
    side: Side
    rows: Annotated[int, Field(ge=0, le=ROWS)]
    preview: bool = False


class RowsReply(Reply):
    """How many rows are finished, and a picture of them where that is more than was known."""

    rows: int
    thumbnail: Base64 | None
    preview: bool


class CellRequest(TileRequest):
    """One cell of a tile, counted from 0 row by row."""

    cell: Cell


class StopRequest(Request):
    """Whose request is taken back."""

    visitor: Visitor


class Neighbour(Reply):
    """A training picture near a cell; `copied` where it is suspiciously near."""

    distance: float
    mirrored: bool
    copied: bool
    jpeg: Base64


class NearestReply(Reply):
    """The training pictures nearest to a cell; the threshold is the distance below which one should look twice."""

    threshold: float
    count: Count
    network: Named
    neighbours: list[Neighbour]


class IndexProgress(Reply):
    """How far the index of the training pictures is: read, or looked at."""

    done: Count
    total: Count
    reading: bool


class StopReply(Reply):
    """A request for the index was taken back; `goes_on` where others wait for it."""

    stopped: Literal[True] = True
    goes_on: bool


class Classes(Reply):
    """The class of each cell of a tile, and how many there are: none and 0 for a generator without classes."""

    classes: list[Count]
    class_count: Count
