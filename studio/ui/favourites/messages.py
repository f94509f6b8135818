"""What the panel of favourites asks and is answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from studio.favourites import MOST_FORMER, MOST_OF_ONE, OWNER, TEXT_LENGTH
from studio.ui.protocol_types import Base64, Name, Psi, Reply, Request, Secret, Seed, Typed, WholeSha256

MOST_SECONDS = 10.0**15  # since 1970: no time of a favourite is later
ADDRESS_LENGTH = 300
Note = Annotated[str, Typed(TEXT_LENGTH)]
Time = Annotated[float, Field(gt=-MOST_SECONDS, lt=MOST_SECONDS)]
Owner = Annotated[str, Field(pattern=f"^{OWNER.pattern}$")]


class FavouriteRow(Request):
    """A starred tile of a browser; `former` are browsers that had starred it where it came from as a file."""

    sha256: WholeSha256
    seed: Seed
    psi: Psi = 1.0
    note: Note = ""
    name: Note = ""
    added: Time = 0.0
    former: Annotated[list[Owner], Field(max_length=MOST_FORMER)] = Field(default_factory=list)


class ShareRequest(Request):
    """All favourites of the browser with this secret, whose page is at this address."""

    secret: Secret
    address: Annotated[str, Typed(ADDRESS_LENGTH)]
    favourites: Annotated[list[FavouriteRow], Field(max_length=MOST_OF_ONE)]


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
    """The favourites of the studio, whether they could be written, and what the file calls this browser."""

    wall: list[SharedFavourite]
    kept: bool
    owner: Owner


class ThumbnailReply(Reply):
    """A small picture of a tile, and the name of its checkpoint."""

    jpeg: Base64
    name: Name
