"""What the tab Explore asks and is answered."""

from __future__ import annotations

from pydantic import Field

from studio.ui.protocol_types import (
    Base64,
    Cell,
    EncodedFile,
    Label,
    Name,
    Number,
    Psi,
    Reply,
    Request,
    Seed,
    TileRequest,
    Visitor,
    WholeSha256,
    a_visitor,
)
from studio.ui.shared.messages import Classes, WeightKind


class ShowRequest(TileRequest):
    """A tile to look at: a preview will do, or it is drawn ahead of a request that may come."""

    preview: bool = False
    ahead: bool = False


class ShowReply(Classes):
    """A tile, and how it came about; `preview` where it is smaller or less exact than the tile."""

    sha256: WholeSha256
    seed: Seed
    psi: Psi
    z_hash: Label
    seconds: float
    device: Label
    relieved: bool
    precision: Label
    name: Name
    images: Number | None
    weights: WeightKind | None
    preview: bool
    jpeg: Base64
    served_seconds: float


class WeakestReply(Reply):
    """The least usual cells of a tile, the weakest first; its diversity, and that of usual tiles of the checkpoint."""

    cells: list[Cell]
    diversity: float
    usual: float


class OpenRequest(Request):
    """A file that may be an exported tile."""

    file: EncodedFile
    visitor: Visitor = Field(default_factory=a_visitor)


class OpenReply(Reply):
    """Which tile the file says it is."""

    sha256: WholeSha256
    seed: Seed
    psi: Psi
    name: Name
