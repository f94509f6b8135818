"""How alike two tiles are, so that equal and nearly equal ones can be told.

A tile's signature is the mean colour of 8 x 8 squares in each of its 100 pictures; the distance of two tiles is the
mean absolute difference of their signatures, in levels of 255. Measured on the shipped checkpoints: the same seed with
psi 0.98 is 0.9 to 1.5 levels away; another seed of the same checkpoint is 34 to 56 away, of four that are collapsed or
hardly trained (ada, lsgan, weight_norm, wgan_gp) 4 to 18.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from training.core.pixels import Pixels, to_cells
from training.core.tile import COLUMNS

SQUARES = 8  # a side of each picture
MAX_LEVELS = 3.0  # distance up to which two tiles count as nearly equal
SAME_LEVELS = 0.5  # up to which they differ in nothing but rounding
REPEATED_LEVELS = 1.0  # mean difference of two pictures' signatures that counts as a repeated picture
REPEATED_SHARE = 0.25  # or this part of the usual distance from a picture of a tile to its nearest other one

Name = TypeVar("Name")
Array: TypeAlias = npt.NDArray[np.float32]
Signature: TypeAlias = Array  # [100, 8 * 8 * 3], in levels 0 .. 255


def signature(tile: Pixels) -> Signature | None:  # [10 R, 10 R, 3] -> [100, 192]
    """Return the signature of a tile, or None for a picture that cannot be a tile: no square of 10 x 10 pictures."""
    height, width = tile.shape[:2]
    side = width // COLUMNS
    if height != width or width % COLUMNS or side % SQUARES:
        return None
    return cell_signatures(to_cells(tile, side))


def cell_signatures(cells: Pixels) -> Array:  # [N, R, R, 3] -> [N, 192]
    """Return the mean colours of the squares of each picture, whose side is a multiple of 8."""
    square = cells.shape[1] // SQUARES
    means = cells.astype(np.float32).reshape(-1, SQUARES, square, SQUARES, square, 3).mean(axis=(2, 4))
    return np.asarray(means.reshape(len(cells), -1), np.float32)


def distance(one: Signature, other: Signature) -> float:
    """Return the mean absolute difference of two tiles' signatures, in levels 0 .. 255."""
    return float(np.abs(one - other).mean())


def near_pairs(signatures: Mapping[Name, Signature]) -> list[tuple[Name, Name]]:
    """Return the names of each two tiles that are nearly equal."""
    pairs = combinations(signatures, 2)
    return [pair for pair in pairs if distance(signatures[pair[0]], signatures[pair[1]]) <= MAX_LEVELS]


def repeated_cells(tile: Signature, others: Signature) -> int:
    """Count the pictures of a tile that come again in others, in whatever place: 0 .. 100.

    How near they must be depends on how far the tile's own pictures are from each other.
    """
    usual = float(np.median([_nearest(np.delete(tile, row, axis=0), cell) for row, cell in enumerate(tile)]))
    limit = max(REPEATED_LEVELS, REPEATED_SHARE * usual)
    return sum(_nearest(others, cell) <= limit for cell in tile)


def _nearest(cells: Signature, one: Signature) -> float:
    return float(np.abs(cells - one).mean(axis=1).min())
