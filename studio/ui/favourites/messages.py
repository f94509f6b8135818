"""What the panel of favourites asks and is answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from studio.favourite import TEXT_LENGTH
from studio.favourites import MOST_OF_ONE
from studio.ui.export.messages import LookedAt
from studio.ui.protocol_types import (
    Base64,
    Name,
    Psi,
    Reply,
    Request,
    Secret,
    Seed,
    Typed,
    Visitor,
    WholeSha256,
    a_visitor,
)

MOST_SECONDS = 10.0**15  # since 1970: no time of a favourite is later
ADDRESS_LENGTH = 300
MOST_ZIPPED = 12  # tiles of one zip: each is about 4 MB and a second or more of drawing
Note = Annotated[str, Typed(TEXT_LENGTH)]
Time = Annotated[float, Field(gt=-MOST_SECONDS, lt=MOST_SECONDS)]


class FavouriteRow(Request):
    """A starred tile of a browser."""

    sha256: WholeSha256
    seed: Seed
    psi: Psi = 1.0
    note: Note = ""
    name: Note = ""
    added: Time = 0.0


class ShareRequest(Request):
    """All favourites of the browser with this secret; pages of earlier versions tell their `address`, too."""

    secret: Secret
    address: Annotated[str, Typed(ADDRESS_LENGTH)] = ""
    favourites: Annotated[list[FavouriteRow], Field(max_length=MOST_OF_ONE)]


class ZippedTile(FavouriteRow):
    """A favourite whose exact tile is asked for; `looked_at` as in an export."""

    looked_at: LookedAt = None


class ZipRequest(Request):
    """The favourites whose exact tiles are to come as one zip."""

    tiles: Annotated[list[ZippedTile], Field(min_length=1, max_length=MOST_ZIPPED)]
    visitor: Visitor = Field(default_factory=a_visitor)


class SharedFavourite(Reply):
    """A tile that visitors have starred: how many, and whether this browser is among them."""

    sha256: WholeSha256
    seed: Seed
    psi: Psi
    note: Note
    name: Note
    added: float
    stars: int
    own: bool


class ShareReply(Reply):
    """The favourites of the studio, and whether they could be written."""

    shared: list[SharedFavourite]
    kept: bool


class ThumbnailReply(Reply):
    """A small picture of a tile, and the name of its checkpoint."""

    jpeg: Base64
    name: Name
