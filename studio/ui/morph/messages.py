"""What the tab Morph asks and is answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from studio.exploration.directions import COUNT
from studio.exploration.latent_paths import MOST_SEEDS, SIGMAS
from studio.ui.protocol_types import (
    WHOLE,
    Base64,
    Cell,
    Code,
    Count,
    Label,
    Name,
    Psi,
    Reply,
    Request,
    Seed,
    Sha256,
    Token,
    Visitor,
    WholeSha256,
)
from studio.ui.shared.messages import WeightKind

SECONDS = (1, 20)  # of a film
MOST_STYLES = 16
Way = Literal["slerp", "lerp"]
Method = Literal["sefa", "pca"]
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=-SIGMAS, le=SIGMAS)]


class Pad(Request):
    """A place between four seeds, as shares of the way from left to right and from top to bottom."""

    kind: Literal["pad"]
    seeds: Annotated[list[Seed], Field(min_length=4, max_length=4)]
    x: Share
    y: Share


class Walk(Request):
    """A place on a walk from seed to seed: 0 is the first, 1 the second; a closed one goes on to the first."""

    kind: Literal["walk"]
    seeds: Annotated[list[Seed], Field(min_length=1, max_length=MOST_SEEDS)]
    position: Annotated[float, Field(ge=0, le=MOST_SEEDS)]
    closed: bool
    way: Way

    @model_validator(mode="after")
    def _ends(self) -> Walk:
        if self.position > len(self.seeds) - (0 if self.closed else 1):
            raise PydanticCustomError("beyond_end", "The place is beyond the end of the walk.")
        return self


class GeneratorRequest(Request):
    """A checkpoint."""

    sha256: Sha256


class GeneratorReply(Reply):
    """How many styles and classes its generator has."""

    styles: Count
    classes: Count


class PlaceRequest(Request):
    """A place between seeds, and what is done to it: truncation, directions, and styles of another seed."""

    sha256: Sha256
    visitor: Visitor
    where: Annotated[Pad | Walk, Field(discriminator="kind")]
    psi: Psi = 1.0
    method: Method
    amounts: Annotated[list[Amount], Field(max_length=COUNT)]
    mix_seed: Seed | None = None
    mix_from: Annotated[int, Field(ge=0, le=MOST_STYLES)]


class StripRequest(PlaceRequest):
    """The first cells, in rows of so many."""

    columns: Annotated[Literal[4, 8], WHOLE]


class MorphCellRequest(PlaceRequest):
    """One cell."""

    cell: Cell


class FilmRequest(PlaceRequest):
    """A film of a walk; `first` is the picture that is shown where only one is."""

    kind: Code
    rate: Annotated[Literal[12, 24, 30], WHOLE]
    side: Annotated[Literal[320, 480, 640, 960], WHOLE]
    pictures: Annotated[Literal[1, 4, 9, 16, 100], WHOLE]
    seconds: Annotated[int, Field(ge=SECONDS[0], le=SECONDS[1])]
    first: Cell = 0


class StripReply(Reply):
    """The cells that follow a slider."""

    jpeg: Base64
    preview: bool


class MorphTileReply(Reply):
    """A tile; `departures` are why it is no pure seed, and `classes` those of one that is."""

    jpeg: Base64
    seconds: float
    device: Label
    sha256: WholeSha256
    name: Name
    weights: WeightKind | None
    psi: Psi
    nearest: Seed
    departures: list[Code]
    classes: list[Count] | None
    class_count: Count | None


class FilmStarted(Reply):
    """The word by which a film is known, and how many frames it will have."""

    film: Token
    total: Count


class FilmQuestion(Request):
    """A film that is being made."""

    film: Token


class FilmProgress(Reply):
    """How many frames are made, of how many."""

    done: Count
    total: Count


class FilmStopped(Reply):
    """There is no such film any more."""

    stopped: Literal[True] = True


class FilmMade(Reply):
    """The file of a film."""

    film: Base64
    media_type: Label
