"""Races for the tests: small generators' entries, an organiser, and voters that do what the page does."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.checkpoints.catalog import Catalog
from studio.race.organiser import IssuedCode, Organiser
from studio.race.service import RaceService
from studio.race.store.entries import RaceEntry, Refusal
from studio.race.store.race_folder import RaceFolder
from studio.race.tile_file import export_png
from training.core import checkpoint

SIDE = 16
HOSTILE_TEXTS = (
    "Robert'); DROP TABLE entries;--",
    '"; DELETE FROM ballots; --',
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{0.__class__} %s %n",
    "../../etc/passwd",
)
ABOUT = {"images": 1000, "seconds": 3600.0, "pretrained": None, "recipe": {"summary": "a small one"}}


def declare(folder: Path, **values: Any) -> Path:
    """Write what a checkpoint's metadata say; None leaves a field out."""
    config = json.loads((folder / "config.json").read_text())
    said = {**ABOUT, **values}
    config["about"] = {name: value for name, value in said.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def write_mails(mails: Path, names: Iterable[str], make_vivid: Callable[..., Path], seed: int = 10) -> Path:
    """Write a folder of mails: each entrant with a checkpoint and the tile of a seed, which count up from `seed`."""
    for number, name in enumerate(names):
        folder = declare(make_vivid(mails / name / "run", seed=number))
        tile = export_png(checkpoint.load(folder), seed + number, seeds_looked_at=number + 1)
        (mails / name / "tile.png").write_bytes(tile)
    return mails


def key() -> str:
    """Return what a browser draws for one ballot."""
    return secrets.token_urlsafe(16)


@dataclass
class Evening:
    """A race with what its organiser knows."""

    path: Path
    secret: str = ""
    codes: list[IssuedCode] = field(default_factory=list)

    @property
    def organiser(self) -> Organiser:
        return Organiser(RaceFolder(self.path, patience=1.0))

    @property
    def service(self) -> RaceService:
        return RaceService(self.path, patience=1.0)

    def open(self, voters: int | None, **options: Any) -> None:
        self.organiser.open_vote(voters, take_codes=self.keep_codes, **options)

    def keep_codes(self, codes: Sequence[IssuedCode]) -> None:
        self.codes = list(codes)

    def vote(self, code: str, ranks: Sequence[str] | None = None, service: RaceService | None = None) -> str:
        """Vote as the page does: look at the paper, then cast; by default for the first tiles on it."""
        service = service or self.service
        paper = service.paper(code, "session")
        others = [tile for tile in paper.tiles if tile != paper.own]
        return service.cast(code, "session", paper.round, list(ranks or others[: paper.most]), key())


def enter(evening: Evening, mails: Path) -> dict[str, RaceEntry | Refusal]:
    """Enter a folder of mails and return what became of each."""
    return {one.name: one for one in evening.organiser.enter_mails(mails, Catalog(mails / "no such folder"))}
