"""What the head of the page asks and is answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studio.qr_code import MAX_LINK_LETTERS
from studio.ui.protocol_types import Base64, Reply, Request

Reach = Literal["qr_one_machine", "qr_open", "qr_moved"]


class LinkRequest(Request):
    """A link of the page."""

    link: Annotated[str, Field(max_length=20 * MAX_LINK_LETTERS)]


class LinkReply(Reply):
    """The link as a QR code in SVG, moved to the public address where only this machine reaches the page."""

    link: Annotated[str, Field(max_length=2 * MAX_LINK_LETTERS)]
    reach: Reach
    svg: Base64
