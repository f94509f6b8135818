"""What the tab Verify asks and is answered."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from studio.checkpoints.catalog import Origin
from studio.ui.protocol_types import (
    Base64,
    Cell,
    Code,
    Count,
    EncodedFile,
    Label,
    Name,
    Named,
    Number,
    Phrase,
    Psi,
    Reply,
    Request,
    Seed,
    Sha256,
    TileRequest,
    Visitor,
    a_visitor,
)
from studio.ui.shared.messages import WeightKind


class VerifyRequest(Request):
    """A picture to check; checkpoint, seed and psi are what the visitor says in the place of the file.

    Without a checkpoint the file says all three, and psi is passed over.
    """

    file: EncodedFile
    sha256: Sha256 | None = None
    seed: Seed | None = None
    psi: Psi = 1.0
    visitor: Visitor = Field(default_factory=a_visitor)

    @model_validator(mode="after")
    def _is_whole(self) -> VerifyRequest:
        """Refuse half a claim: a tile is of a checkpoint and a seed."""
        if (self.sha256 is None) != (self.seed is None):
            raise PydanticCustomError("error_seed", "A checkpoint and a seed are given together.")
        return self


class Difference(Reply):
    """A field of a manifest that is not what was found; None stands for no value. `lie`: it may not differ."""

    field: Label
    said: Label | None
    found: Label | None
    lie: bool


class Remark(Reply):
    """Something that is told beside the reason."""

    code: Code
    values: dict[Code, Label | Number]


class VerdictReply(Reply):
    """What became of checking one file; `reason` and `outcome` name texts of the page, which `values` fill."""

    outcome: Code
    reason: Code
    values: dict[Code, Phrase | Label | Number | list[Label] | None]
    seed: Seed | None
    checkpoint: Sha256 | None
    psi: Psi | None
    weights: WeightKind | None
    origin: Origin | None
    cells: list[Cell]
    largest: int | None
    share: float | None
    differences: list[Difference]
    remarks: list[Remark]
    claims: list[Label]
    notes: list[Label]


class VerifyReply(Reply):
    """The verdict."""

    verdict: VerdictReply


class CheckRequest(Request):
    """One of many pictures to check, each by what it says of itself."""

    file: EncodedFile
    visitor: Visitor = Field(default_factory=a_visitor)


class CheckReply(Reply):
    """The verdict on one of many pictures, and what it and its checkpoint declare.

    `thumbnail` is a JPEG, `signature` the mean colours of 8 x 8 squares in each of the 100 pictures, a byte each, by
    which nearly equal tiles are told; both are None where there are no pixels, the latter also where they are no tile.
    """

    verdict: VerdictReply
    checkpoint_name: Name | None
    seeds_looked_at: Count | None
    training_hours: float | None
    pretrained: Named | None
    recipe: Label | None
    thumbnail: Base64 | None
    signature: Base64 | None


class CompareRequest(TileRequest):
    """A tile to hold beside two other seeds of its checkpoint; `anew` draws others than before."""

    anew: bool = False


class OtherTile(Reply):
    """The tile of another seed, as a JPEG of half the side or less."""

    seed: Seed
    jpeg: Base64


class ReadingProgress(Reply):
    """How many training pictures are read."""

    done: Count
    total: Count


class CompareReply(Reply):
    """How a tile compares with others; `limits` are those above which a warning comes.

    `copies` are its pictures that nearly are training pictures: None where there are none to compare with, or while
    they are being read; `problem` is why they cannot be.
    """

    tiles: list[OtherTile]
    score: float
    repeated: Count
    limits: dict[Literal["score", "repeated"], Number]
    copies: list[Cell] | None
    reading: ReadingProgress | None
    problem: Phrase | None
    warnings: list[Remark]
