"""A favourite: a tile that somebody has starred; what of it may come from outside, and the file of earlier versions."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from training.core.clean_text import clean_text
from training.core.latents import SEED_LIMIT

MOST = 200  # favourites of all visitors; where there are more, the oldest go of the source that has most
MOST_OWNERS = 32
TEXT_LENGTH = 80
MAX_BYTES = 2**20
JSON_FORMAT = 1
OWNER = re.compile(r"[0-9a-f]{16}")
Tile: TypeAlias = tuple[str, int, float]


class FavouriteError(ValueError):
    """What was sent is no favourite, in one sentence."""


@dataclass(frozen=True)
class Favourite:
    """A starred tile, its note and its name clean text.

    `owners` are short hashes of the secrets of the browsers that starred it, the first one first.
    """

    sha256: str
    seed: int
    psi: float = 1.0
    note: str = ""
    name: str = ""
    added: float = 0.0  # seconds since 1970
    owners: tuple[str, ...] = ()

    @property
    def tile(self) -> Tile:
        """Return what makes it the same favourite as another."""
        return self.sha256, self.seed, self.psi


def from_json(data: bytes) -> list[Favourite]:
    """Read the file in which earlier versions kept the favourites, or raise FavouriteError."""
    try:
        content = json.loads(data) if len(data) <= MAX_BYTES else None
    except (ValueError, RecursionError) as error:
        raise FavouriteError("It is no JSON.") from error
    if not isinstance(content, dict) or content.get("format") != JSON_FORMAT:
        raise FavouriteError(f"It is not of format {JSON_FORMAT}.")
    rows = content.get("favourites")
    if not isinstance(rows, list):
        raise FavouriteError("It holds no list of favourites.")
    return [owned_favourite(row) for row in rows[:MOST]]


def owned_favourite(row: Any) -> Favourite:
    """Return a row of a file of the program's own, with its owners, or raise FavouriteError."""
    return replace(checked(row), owners=_owners(row))


def checked(row: Any) -> Favourite:
    """Return a row from outside as a favourite without owners, or raise FavouriteError with what is wrong."""
    if not isinstance(row, dict):
        raise FavouriteError(f"{row!r:.40} is no favourite.")
    sha256, seed, psi = row.get("sha256"), row.get("seed"), row.get("psi", 1.0)
    if not isinstance(sha256, str) or len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise FavouriteError(f"{sha256!r:.40} is not the SHA-256 of a checkpoint.")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_LIMIT:
        raise FavouriteError(f"{seed!r:.40} is no seed.")
    if not _is_number(psi) or not 0 <= psi <= 1:
        raise FavouriteError(f"{psi!r:.40} is no psi.")
    added = row.get("added", 0.0)
    if not _is_number(added):
        raise FavouriteError(f"{added!r:.40} is no time.")
    return Favourite(sha256, seed, float(psi), _text(row, "note"), _text(row, "name"), float(added))


def owner_of(secret: str) -> str:
    """Return what is kept of a browser's secret: enough to know it again, too little to become it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _text(row: dict[str, Any], field: str) -> str:
    value = row.get(field, "")
    if not isinstance(value, str) or len(value) > TEXT_LENGTH:
        raise FavouriteError(f"The {field} {value!r:.40} is no text of at most {TEXT_LENGTH} characters.")
    return clean_text(value, TEXT_LENGTH)


def _owners(row: dict[str, Any]) -> tuple[str, ...]:
    owners = row.get("owners")
    found = owners[:MOST_OWNERS] if isinstance(owners, list) else []
    return tuple(one for one in found if isinstance(one, str) and OWNER.fullmatch(one))
