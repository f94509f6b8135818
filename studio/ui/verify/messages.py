"""What the tab Verify asks and is answered."""

from __future__ import annotations

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from studio.ui.protocol_types import (
    Cell,
    Code,
    EncodedFile,
    Label,
    Number,
    Phrase,
    Psi,
    Reply,
    Request,
    Seed,
    Sha256,
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
