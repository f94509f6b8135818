"""A tile as it is looked at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from studio.rendering.image_encoding import to_jpeg, to_thumbnail
from training.core.pixels import Pixels, to_cells
from training.core.tile import COLUMNS

HASH_DIGITS = 12


@dataclass(frozen=True)
class Picture:
    """A tile as it is looked at: exact pixels, JPEGs of them, and how it came about.

    `z_hash` is the beginning of the SHA-256 of the float32 latents: equal where the latents are. `relieved` tells
    those who waited for it that the memory of other generators was freed to draw it.
    """

    sha256: str
    seed: int
    psi: float
    z_hash: str
    pixels: Pixels
    seconds: float
    device: str
    relieved: bool = False
    precision: str = "float32"  # in any other it is a preview

    @property
    def is_preview(self) -> bool:
        """Tell whether this is not the exact tile but a picture that was drawn sooner."""
        return self.precision != "float32"

    @property
    def size(self) -> int:
        """Return the bytes that keeping it costs: the pixels, and at most a quarter of them for the JPEG."""
        return self.pixels.nbytes * 5 // 4

    @cached_property
    def jpeg(self) -> bytes:
        """Return a JPEG of the whole tile, encoded when it is first asked for."""
        return to_jpeg(self.pixels)

    def cell(self, index: int) -> Pixels:  # -> [R, R, 3]
        """Return one cell of the tile, counted from 0 row by row."""
        cell: Pixels = to_cells(self.pixels, self.pixels.shape[1] // COLUMNS)[index]
        return cell

    def thumbnail(self, side: int) -> bytes:
        """Return a JPEG of the whole tile at `side` pixels, or at its own size where that is smaller."""
        return to_thumbnail(self.pixels, side)


def hash_of(z: Tensor) -> str:  # [N, z_dim]
    """Return the first digits of the SHA-256 of latents, by which people see that two tiles have the same."""
    return hashlib.sha256(z.numpy().tobytes()).hexdigest()[:HASH_DIGITS]


def device_name(device: torch.device) -> str:
    """Return what a reader knows the device by."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
