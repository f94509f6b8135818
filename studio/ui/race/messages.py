"""What the tab Race asks and is answered.

Before the reveal no answer holds a name, a checkpoint or a seed, except a browser's own entries and what the organiser
gets for the secret.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studio.race.entry_admission import ABOUT_LETTERS
from studio.race.voting import MOST_RANKS
from studio.ui.protocol_types import (
    Base64,
    Code,
    Count,
    EncodedFile,
    Label,
    Named,
    Problem,
    Psi,
    Reply,
    Request,
    Secret,
    Seed,
    Sha256,
    Typed,
    Visitor,
    WholeSha256,
    a_visitor,
)
from training.core.latents import SEED_LIMIT

HTML_LETTERS = 100_000  # 2000 of Markdown, of which two become 27 at most
SHEET_LETTERS = 2**24  # a thousand codes with their QR codes have some five million
TYPED = 200  # characters of a code, a name or a secret as somebody types it, with spaces and hyphens

Phase = Literal["SUBMIT", "CHECK", "VOTE", "FINAL", "REVEAL"]
RoundKind = Literal["single", "podium", "final"]
Round = Annotated[int, Field(ge=1, le=2)]
TileCode = Annotated[str, Field(pattern="^[A-Z][0-9]$")]
TypedLine = Annotated[str, Typed(TYPED)]
SafeHtml = Annotated[str, Field(max_length=HTML_LETTERS)]  # of `studio.race.entrant_markdown`
Action = Literal["close", "open", "codes", "reopen", "final", "reveal", "pause", "resume", "exclude", "include"]


class Sureness(Reply):
    """In how many of 100 simulated races of so many tiles and voters the truly best tile wins."""

    tiles: Count
    voters: Count
    percent: Count


class StatusReply(Reply):
    """Where the race stands, the same for everybody; nothing in it depends on what was voted.

    `pictures` is a part of the addresses of the tiles' pictures, empty before there are any. `most_entries` and what
    follows are limits.
    """

    title: Label
    phase: Phase
    voting: bool
    paused: bool
    honour: bool
    hours: float
    resolution: Count
    shared_first: bool
    entries: Count
    voters: Count
    voted: Count
    round: Round | None
    kind: RoundKind | None
    tiles: list[TileCode]
    commitment: Label
    pictures: Label
    weak_secrecy: bool
    sureness: Sureness | None


class ViewerRequest(Request):
    """Who looks: the tiles come in an order of the browser's own."""

    secret: Secret


class ExhibitionReply(Reply):
    """The tiles in the viewer's own order, random and always the same; of the first round, also in a final."""

    tiles: list[TileCode]


class EnterRequest(Request):
    """An entry: an exported PNG, or checkpoint, seed and psi. `secret` is by which the browser may replace it later."""

    secret: Secret
    name: TypedLine
    about: Annotated[str, Field(max_length=4 * ABOUT_LETTERS)] = ""
    file: EncodedFile | None = None
    sha256: Sha256 | None = None
    seed: Seed | None = None
    psi: Psi | None = None
    seeds_looked_at: Annotated[int, Field(ge=1, le=SEED_LIMIT)] | None = None
    visitor: Visitor = Field(default_factory=a_visitor)


class OwnEntry(Reply):
    """An entry of the browser that asks: what it is drawn from, and what its checkpoint declares.

    `about_text` is the Markdown of `about`, to be changed.
    """

    name: Label
    sha256: WholeSha256
    seed: Seed
    psi: Psi
    seeds_looked_at: Count | None
    hours: float | None
    pretrained: Named | None
    about: SafeHtml
    about_text: Annotated[str, Field(max_length=ABOUT_LETTERS)]
    excluded: Problem | None


class OwnEntriesReply(Reply):
    """The entries that the browser has sent in."""

    entries: list[OwnEntry]


class OwnPictureRequest(Request):
    """The tile of an own entry, by its name."""

    secret: Secret
    name: TypedLine
    visitor: Visitor = Field(default_factory=a_visitor)


class OwnPictureReply(Reply):
    """The tile, smaller."""

    jpeg: Base64


class PaperRequest(Request):
    """Who wants to vote: the code as it was typed, on the honour system a name; `secret` is that of own entries."""

    secret: Secret
    code: TypedLine


class PaperReply(Reply):
    """What the voter may choose: between `least` and `most` of the tiles, the best first, but not `own`."""

    round: Round
    kind: RoundKind
    tiles: list[TileCode]
    own: TileCode | None
    least: Count
    most: Count


class BallotRequest(Request):
    """A ballot: the tiles, the best first, and a key that the browser has drawn for it."""

    secret: Secret
    code: TypedLine
    round: Round
    ranks: Annotated[list[TileCode], Field(max_length=MOST_RANKS)]
    key: Annotated[str, Field(pattern="^[0-9A-Za-z_-]{22,64}$")]


class ReceiptReply(Reply):
    """The ballot is in, on the disk."""

    receipt: Label


class ReceiptRequest(Request):
    """A receipt as somebody types it."""

    receipt: TypedLine


class BallotIsInReply(Reply):
    """Whether a ballot with the receipt is in; `ranks` are told after the reveal only."""

    is_in: bool
    ranks: list[TileCode] | None


class ResultRequest(Request):
    """The result, asked for by anybody, after the reveal."""


class TileStanding(Reply):
    """The place of a tile in one round or in the whole race, the best first.

    `score` is the points per voter of a first round or the duels won of a final, `positions` are the numbers of ballots
    that have it first, second, ...; `low` and `high` bound the 95 % band of a first round's score.
    """

    tile: TileCode
    place: Count
    score: float
    points: float
    positions: list[Count]
    electors: Count
    decided_by: Code | None
    chance: float
    low: float | None
    high: float | None


class PublishedBallot(Reply):
    """A ballot as it is published."""

    receipt: Label
    ranks: list[TileCode]


class RoundResult(Reply):
    """One round; `preferred` says for each tile over each other one how many ballots prefer it."""

    kind: RoundKind
    voted: Count
    eligible: Count
    tiles: list[TileCode]
    standings: list[TileStanding]
    preferred: dict[TileCode, dict[TileCode, Count]]
    ballots: list[PublishedBallot]


class RevealedEntry(Reply):
    """Whose tile it is and what it is drawn from; `about_html` is made safe. A path of the verify command is a name."""

    tile: TileCode
    name: Label
    sha256: WholeSha256
    seed: Seed
    psi: Psi
    weights: Label | None
    recipe: Named | None
    hours: float | None
    pretrained: Named | None
    seeds_looked_at: Count | None
    second_seed: Seed | None
    repeated_cells: Count | None
    about_html: SafeHtml
    command: Label | None


class ResultReply(Reply):
    """The result; `order` has the tiles from the best to the last, by their code where nothing is ranked."""

    winners: list[TileCode]
    certainty: Code | None
    percent: Count
    order: list[TileCode]
    standings: list[TileStanding]
    rounds: list[RoundResult]
    entries: list[RevealedEntry]
    least_ballots: Count
    samples: Count
    commitment: Label
    salt: Label


class OrganiserRequest(Request):
    """The organiser's secret."""

    organiser_secret: TypedLine


class OrganiseRequest(Request):
    """Something to be done; `name` is an entry's; `voters`, `honour` and `address` are for an opening and codes."""

    organiser_secret: TypedLine
    action: Action
    name: TypedLine | None = None
    voters: Annotated[int, Field(ge=0, le=10**6)] | None = None
    honour: bool = False
    address: Annotated[str, Field(max_length=400)] = ""


class SheetRequest(Request):
    """The sheet of new codes; with `forget` it is given up."""

    organiser_secret: TypedLine
    forget: bool = False


class SheetReply(Reply):
    """The sheet as a page to print, or None where there is none any more."""

    html: Annotated[str, Field(max_length=SHEET_LETTERS)] | None


class OrganiserEntry(Reply):
    """An entry as its organiser sees it."""

    name: Label
    checkpoint: Label
    seed: Seed
    psi: Psi
    seeds_looked_at: Count | None
    hours: float | None
    pretrained: Named | None
    repeated_cells: Count | None
    excluded: Problem | None


class RefusedEntry(Reply):
    """Somebody of the mails who could not enter, and why."""

    name: Label
    reason: Problem


class RaceEvent(Reply):
    """What the organiser did; `moment` is in seconds since 1970."""

    moment: float
    event: Label


class Job(Reply):
    """What goes on for a while: closing the entries or opening the vote draws tiles."""

    action: Action
    done: Count
    total: Count
    is_running: bool
    error: Problem | None


class OrganiserReply(Reply):
    """Where the race stands, for its organiser; `allowed` is what can be done now."""

    allowed: list[Action]
    entries: list[OrganiserEntry]
    refused: list[RefusedEntry]
    events: list[RaceEvent]
    names: list[Label]
    voters: Count
    ballots: Count
    codes: Count
    final_due: bool
    has_sheet: bool
    job: Job | None
