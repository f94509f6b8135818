"""From what a generator returns to pixels, and from cells to a tile."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Pixels: TypeAlias = npt.NDArray[np.uint8]


class NotFiniteError(ValueError):
    """A generator returned values that are no colours, because its training has diverged."""

    sha256: str | None = None  # of its checkpoint, where whoever has it drawn knows it


def to_uint8(images: Tensor) -> Pixels:  # [N, 3, R, R] in [-1, 1] -> [N, R, R, 3]
    """Round images to 8-bit pixels, values outside [-1, 1] clamped.

    Raises NotFiniteError where a value is not finite: a cast would turn it into an arbitrary colour.
    """
    if not torch.isfinite(images).all():
        raise NotFiniteError("The generator returned values that are not finite: its training has diverged.")
    pixels = (images.float() * 127.5 + 128.0).clamp(0.0, 255.0).to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def to_float(pixels: Tensor) -> Tensor:  # uint8 [N, 3, R, R] -> float32 [N, 3, R, R] in [-1, 1]
    """Scale 8-bit pixels to the range that generators draw in."""
    return pixels.float() / 127.5 - 1.0


def to_tile(cells: Pixels, columns: int) -> Pixels:  # [rows * columns, R, R, 3] -> [rows * R, columns * R, 3]
    """Put cells side by side, row by row, without gaps."""
    count, height, width, channels = cells.shape
    if count % columns:
        raise ValueError(f"{count} cells do not fill rows of {columns}.")
    grid = cells.reshape(count // columns, columns, height, width, channels)
    return grid.transpose(0, 2, 1, 3, 4).reshape(count // columns * height, columns * width, channels)


def to_cells(tile: Pixels, size: int) -> Pixels:  # [rows * size, columns * size, 3] -> [rows * columns, size, size, 3]
    """Cut a tile into its cells, row by row: the inverse of `to_tile`."""
    height, width, channels = tile.shape
    if height % size or width % size:
        raise ValueError(f"A tile of {width} x {height} pixels does not split into cells of {size} x {size}.")
    grid = tile.reshape(height // size, size, width // size, size, channels)
    return grid.transpose(0, 2, 1, 3, 4).reshape(-1, size, size, channels)
