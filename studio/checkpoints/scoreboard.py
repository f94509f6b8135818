"""The scores of all checkpoints: one table for each feature network, since numbers of two cannot be compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from studio.checkpoints.settings_diff import BANDS, MAX_VALUE_LETTERS, PERIODS, count, minutes, scores

UNRANKED = float("inf")


@dataclass(frozen=True)
class Passport:
    """What a checkpoint says of itself, with the name and the hash by which it is found."""

    name: str
    sha256: str
    about: dict[str, Any]


@dataclass(frozen=True)
class Standing:
    """A checkpoint in one table; None where its passport does not say. `few` pictures are too few to rank by.

    `bands` and `periods` are the power of the fakes over that of the reals: in five bands of frequencies, from coarse
    to fine, and at grids of 2 and of 4 pixels.
    """

    name: str
    sha256: str
    images: int | None
    minutes: int | None
    pretrained: str | None
    kid: float | None
    kid_spread: float | None
    fid: float | None
    fid_spread: float | None
    bands: list[float] | None
    periods: list[float] | None
    fakes: int | None
    reals: int | None
    few: bool


@dataclass(frozen=True)
class Board:
    """The checkpoints that one network has scored, lowest KID first; with no network named, by name and unranked."""

    network: str | None
    rows: list[Standing]


def boards(passports: Iterable[Passport]) -> tuple[list[Board], list[str]]:
    """Return a table for each network, the longest first, and the names of the checkpoints that have no scores."""
    rows: dict[str | None, list[Standing]] = {}
    unscored = []
    for passport in passports:
        found = scores(passport.about)
        for one in found:
            rows.setdefault(one.network, []).append(_standing(passport, one.numbers, one.fakes, one.reals, one.few))
        if not found:
            unscored.append(passport.name)
    tables = [
        Board(network, sorted(some, key=_by_name if network is None else _by_kid)) for network, some in rows.items()
    ]
    return sorted(tables, key=lambda board: (board.network is None, -len(board.rows), board.network or "")), unscored


def _standing(
    passport: Passport, numbers: dict[str, float], fakes: int | None, reals: int | None, few: bool
) -> Standing:
    pretrained = passport.about.get("pretrained")
    return Standing(
        passport.name,
        passport.sha256,
        images=count(passport.about.get("images")),
        minutes=minutes(passport.about.get("seconds")),
        pretrained=pretrained[:MAX_VALUE_LETTERS] if isinstance(pretrained, str) else None,
        fakes=fakes,
        reals=reals,
        few=few,
        bands=_all(numbers, BANDS),
        periods=_all(numbers, PERIODS),
        **{name: numbers.get(name) for name in ("kid", "kid_spread", "fid", "fid_spread")},
    )


def _all(numbers: dict[str, float], names: Sequence[str]) -> list[float] | None:
    """Return the numbers of these names, None where one is missing: an older benchmark did not measure them."""
    return [numbers[name] for name in names] if numbers.keys() >= set(names) else None


def _by_kid(one: Standing) -> tuple[bool, float, str]:
    """Put what too few pictures gave below all others, and what has no KID below what has one."""
    return one.few, UNRANKED if one.kid is None else one.kid, one.name


def _by_name(one: Standing) -> tuple[bool, str]:
    return one.few, one.name
