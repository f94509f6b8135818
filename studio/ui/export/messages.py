"""What is asked to export a tile, and answered."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import Field

from studio.ui.protocol_types import (
    Base64,
    Code,
    EncodedFile,
    Label,
    Psi,
    Reply,
    Request,
    Seed,
    Sha256,
    Visitor,
    WholeSha256,
    a_visitor,
)
from training.core.latents import SEED_LIMIT

LookedAt: TypeAlias = Annotated[int, Field(ge=1, le=SEED_LIMIT)] | None


class ExportRequest(Request):
    """A tile to export; `looked_at` is how many seeds the page says it has shown of the checkpoint."""

    sha256: Sha256
    seed: Seed
    psi: Psi = 1.0
    looked_at: LookedAt = None
    visitor: Visitor = Field(default_factory=a_visitor)


class ExportCheckRequest(Request):
    """A file that was exported, to be compared with what its checkpoint and seed give."""

    file: EncodedFile
    visitor: Visitor = Field(default_factory=a_visitor)


class ExportCheckReply(Reply):
    """What became of checking it, as the tab Verify says it."""

    outcome: Code


class ExportReply(Reply):
    """The file of a tile, with its SHA-256, the name that it should have, and what it says of itself."""

    png: Base64
    sha256: WholeSha256
    file: Label
    manifest: dict[Label, Any]
