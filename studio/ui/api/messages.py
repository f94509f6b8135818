"""What programs ask and are answered."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from studio.checkpoints.settings_diff import MAX_CHECKPOINTS
from studio.ui.protocol_types import Base64, EncodedFile, Label, Name, Psi, Reply, Request, Seed

MOST_NAMES = 100  # that are looked at to say how many are too many
CheckpointName = Annotated[
    str, Field(min_length=1, max_length=240, description="a name, or a SHA-256 from 8 digits on")
]


class DrawTileRequest(Request):
    """The tile of a seed, 10 x 10 pictures."""

    checkpoint: CheckpointName
    seed: Seed
    psi: Psi = 1.0


class DrawTileReply(Reply):
    """The file of a tile, as Export writes it."""

    checkpoint: Name
    checkpoint_sha256: Label
    seed: Seed
    psi: Psi
    file: Label
    sha256: Label
    png: Base64


class VerifyFileRequest(Request):
    """A file that is said to be a tile, in base64."""

    file: EncodedFile


class VerifyFileReply(Reply):
    """A verdict, with the fields that `python -m studio verify --json` prints."""

    passed: bool
    verdict: dict[str, Any]


class CompareCheckpointsRequest(Request):
    """The tile of one seed by several checkpoints."""

    checkpoints: Annotated[
        list[CheckpointName], Field(max_length=MOST_NAMES, description=f"2 to {MAX_CHECKPOINTS} of them")
    ]
    seed: Seed
    psi: Psi = 1.0


class ComparedTile(Reply):
    """A tile as it is looked at. `latents` are the first digits of the SHA-256 of what was drawn from."""

    checkpoint: Name
    checkpoint_sha256: Label
    images: int | float | None
    latents: Label
    jpeg: Base64


class CompareCheckpointsReply(Reply):
    """Tiles in the order in which they were asked for; they are of equal latents or not, which `sentence` says."""

    seed: Seed
    psi: Psi
    same_latents: bool
    sentence: Label
    tiles: list[ComparedTile]
