"""Two other seeds of a checkpoint beside a tile, which tell what the tile's own pixels cannot.

A generator can be built that knows the 100 pictures of one seed by heart: its tile is what the seed gives. What it
makes of other seeds shows it. Measured on the 15 shipped checkpoints: of 6,000 divisions of honest pictures none has a
score above 9.5, and no picture comes again within 1.5 levels; a network trained to know 100 photographs by one seed's
latents scores 130, 100 photographs in the place of a seed's pictures 32 to 220 (of `best`, whose pictures are nearest
to photographs, 6: there only the eyes and the training pictures tell), and one that ignores its latents repeats all.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from studio.byte_lru import ByteLRU
from studio.race.near_duplicates import Array as Signatures
from studio.race.near_duplicates import cell_signatures, repeated_cells
from studio.race.remarks import Remark, in_ranges
from studio.race.training_copies import TrainingCopy
from studio.race.two_samples import Array, energy_score, picture_statistics
from training.core.checkpoint import Checkpoint
from training.core.latents import SEED_LIMIT
from training.core.pixels import NotFiniteError, Pixels, to_cells
from training.core.tile import COLUMNS, seed_tile

OTHER_SEEDS = 2
MAX_SCORE = 15.0
MAX_REPEATED = 4  # of the 100 pictures
MAX_COPIES = 0  # of training pictures
KEPT_BYTES = 128 * 2**20  # of other tiles; two of 1280 x 1280 take 10
WARNINGS = {  # beside a verdict, which they do not change
    "other_pictures": (
        "The pictures of this seed are of another kind than those of other seeds (score {score}, at most {limit} is "
        "usual): a generator may have learnt this one tile by heart. Look at the tiles of seeds {seeds}."
    ),
    "repeated_pictures": (
        "Of 100 pictures, {count} come again with other seeds: the generator may choose from a fixed set, or ignore "
        "its seed. Look at the tiles of seeds {seeds}."
    ),
    "other_seed_not_finite": "The generator draws this tile, but not seed {seed}: there its output is not finite.",
    "training_copies": (
        "Of 100 pictures, {count} are nearly copies of training pictures (pictures of the tile, 0 to 99: {cells})."
    ),
}


@dataclass(frozen=True)
class DrawnTile:
    """The tile of a seed, and what it is compared by."""

    seed: int
    pixels: Pixels = field(repr=False)

    @property
    def cells(self) -> Pixels:  # [100, R, R, 3]
        """Return its pictures."""
        return to_cells(self.pixels, self.pixels.shape[0] // COLUMNS)

    @cached_property
    def statistics(self) -> Array:
        """Return the statistics of its pictures."""
        return picture_statistics(self.cells)

    @cached_property
    def signatures(self) -> Signatures:
        """Return the signatures of its pictures."""
        return cell_signatures(self.cells)


@dataclass(frozen=True)
class SeedComparison:
    """How a tile compares with those of `seeds`, drawn by chance.

    `score` is that of the energy distance between their pictures, in standard deviations of random divisions;
    `repeated` counts the tile's pictures that come again in the others, 0 .. 100. `copies` are those that are nearly
    training pictures, None where no such are given. `not_finite` is a seed that cannot be drawn: then nothing was
    compared.
    """

    seeds: tuple[int, ...]
    score: float = 0.0
    repeated: int = 0
    copies: tuple[TrainingCopy, ...] | None = None
    not_finite: int | None = None

    @property
    def warnings(self) -> tuple[Remark, ...]:
        """Return what an organiser should look at."""
        seeds = ", ".join(map(str, self.seeds))
        copied = [one.cell for one in self.copies or ()]
        found: dict[str, tuple[bool, dict[str, Any]]] = {
            "other_seed_not_finite": (self.not_finite is not None, {"seed": self.not_finite}),
            "other_pictures": (
                self.score > MAX_SCORE,
                {"score": f"{self.score:.0f}", "limit": f"{MAX_SCORE:.0f}", "seeds": seeds},
            ),
            "repeated_pictures": (self.repeated > MAX_REPEATED, {"count": self.repeated, "seeds": seeds}),
            "training_copies": (
                len(copied) > MAX_COPIES,
                {"count": len(copied), "cells": in_ranges(copied)},
            ),
        }
        return tuple(Remark(code, values) for code, (is_so, values) in found.items() if is_so)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        copies = None if self.copies is None else [vars(one) for one in self.copies]
        return {**vars(self), "seeds": list(self.seeds), "score": round(self.score, 2), "copies": copies}


Compare: TypeAlias = Callable[[Checkpoint, int, float, Pixels], SeedComparison | None]
FindCopies: TypeAlias = Callable[[Pixels], Sequence[TrainingCopy]]  # of the pictures [100, R, R, 3] of a tile


def compare(tile: DrawnTile, others: Sequence[DrawnTile], copies: FindCopies | None = None) -> SeedComparison:
    """Compare a tile with those of other seeds and, with `copies`, with training pictures."""
    statistics = np.concatenate([other.statistics for other in others])
    return SeedComparison(
        tuple(other.seed for other in others),
        energy_score(tile.statistics, statistics),
        repeated_cells(tile.signatures, np.concatenate([other.signatures for other in others])),
        None if copies is None else tuple(copies(tile.cells)),
    )


class OtherSeeds:
    """Draws two seeds by chance for each checkpoint and psi, and keeps their tiles. Not safe among threads.

    The seeds are drawn once the checkpoint's hash is fixed, so that no generator can have been made for them.
    """

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._drawn: ByteLRU[tuple[str, float], list[DrawnTile]] = ByteLRU(kept_bytes, _size)

    def close(self) -> None:
        """Let go of the tiles."""
        self._drawn.clear()

    def tiles(self, checkpoint: Checkpoint, seed: int, psi: float, *, anew: bool = False) -> list[DrawnTile]:
        """Return the tiles of two other seeds than this one; `anew` draws other ones. Raises NotFiniteError."""
        drawn = [] if anew else self._drawn.get((checkpoint.sha256, psi)) or []
        tiles = [one for one in drawn if one.seed != seed]
        while len(tiles) < OTHER_SEEDS:
            tiles.append(self._draw(checkpoint, psi, {seed, *(one.seed for one in tiles)}))
        self._drawn.put((checkpoint.sha256, psi), tiles)
        return tiles

    @staticmethod
    def _draw(checkpoint: Checkpoint, psi: float, taken: set[int]) -> DrawnTile:
        seed = next(one for one in iter(lambda: secrets.randbelow(SEED_LIMIT), None) if one not in taken)
        try:
            return DrawnTile(seed, seed_tile(checkpoint.generator, seed, psi))
        except NotFiniteError as error:
            raise OtherSeedNotFiniteError(seed) from error

    def compare(self, checkpoint: Checkpoint, tile: DrawnTile, psi: float, copies: FindCopies | None) -> SeedComparison:
        """Compare a tile with those of two other seeds; one that cannot be drawn is part of the answer."""
        try:
            return compare(tile, self.tiles(checkpoint, tile.seed, psi), copies)
        except OtherSeedNotFiniteError as error:
            return SeedComparison((error.seed,), not_finite=error.seed)


class OtherSeedNotFiniteError(ValueError):
    """A generator's output is not finite for a seed that was drawn by chance."""

    def __init__(self, seed: int) -> None:
        super().__init__(f"The output for seed {seed} is not finite.")
        self.seed = seed


def _size(tiles: list[DrawnTile]) -> int:
    return sum(one.pixels.nbytes for one in tiles)
