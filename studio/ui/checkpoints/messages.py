"""What the panel of checkpoints asks and is answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from studio.checkpoints.uploads import PIECE_BYTES
from studio.checkpoints.visitor_checkpoints import MOST_CONFIG_BYTES, NAME_LETTERS
from studio.ui.protocol_types import (
    Count,
    Name,
    Reply,
    Request,
    Secret,
    Sha256,
    Token,
    Typed,
    WholeSha256,
)
from studio.ui.shared.messages import ListReply


class RemoveRequest(Request):
    """A checkpoint that the browser with the secret has added and removes again."""

    sha256: Sha256
    secret: Secret


class BeginRequest(Request):
    """A checkpoint that will come in pieces; it may have only as many bytes as it says."""

    size: Count
    config: Annotated[str, Field(max_length=MOST_CONFIG_BYTES)]
    name: Annotated[str, Typed(8 * NAME_LETTERS)]
    secret: Secret


class BeginReply(Reply):
    """The word by which the pieces are known, and the name that the checkpoint will have."""

    upload: Token
    name: Name


class PieceRequest(Request):
    """The next piece, and where in the file it begins."""

    upload: Token
    offset: Count
    piece: Annotated[bytes, Field(max_length=PIECE_BYTES)]


class Received(Reply):
    """How many bytes have come."""

    received: Count


class Added(ListReply):
    """The checkpoint has come whole; `known` where it was here already."""

    sha256: WholeSha256
    name: Name
    known: bool


PieceReply = Received | Added


class GiveUpRequest(Request):
    """A checkpoint that will not come."""

    upload: Token
