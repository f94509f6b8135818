"""What the tab About is answered."""

from __future__ import annotations

from studio.ui.protocol_types import Code, Count, Label, Name, Named, Reply, WholeSha256


class Standing(Reply):
    """A checkpoint in one table of scores; None where its passport does not say. `few` pictures are too few to rank by.

    `bands` and `periods` are the power of the fakes over that of the reals.
    """

    name: Name
    sha256: WholeSha256
    images: Count | None
    minutes: int | None
    pretrained: Named | None
    kid: float | None
    kid_spread: float | None
    fid: float | None
    fid_spread: float | None
    bands: list[float] | None
    periods: list[float] | None
    fakes: Count | None
    reals: Count | None
    few: bool


class Board(Reply):
    """The checkpoints that one network has scored."""

    network: Named | None
    rows: list[Standing]


class ScoresReply(Reply):
    """A table for each network, and the names of the checkpoints without scores."""

    boards: list[Board]
    unscored: list[Name]


class TrickWords(Reply):
    """An entry of the glossary in one language."""

    name: Label
    does: str
    look: str


class Trick(Reply):
    """An entry of the glossary, with its words by language."""

    key: Code
    group: Code
    words: dict[Code, TrickWords]
    paper: Label
    setting: Label
    recipes: list[Label]


class Versions(Reply):
    """What the studio runs on; no version of the program where it runs from its folder."""

    program: Label | None
    python: Label
    torch: Label
    gradio: Label
    device: Label


class ProgramReply(Reply):
    """The glossary and the versions."""

    tricks: list[Trick]
    versions: Versions
