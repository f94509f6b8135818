"""Pictures of a tile that are nearly training pictures.

Two pictures are compared at 32 x 32 pixels, less their mean colour: the distance is the length of the difference by
that of the more contrasting one, 0 for equal ones. Blur, JPEG and a decoder's errors hardly change it; a picture that
is cropped or turned is not recognised, its mirror image is. Measured against 2,000 of the Oxford flowers: 12,000
pictures of the shipped checkpoints lie 0.51 or further from the nearest one, two real photographs 0.43; photographs
with errors of 34 dB lie 0.01 to 0.13 away, with fine ones of 18 dB 0.1 to 0.21, with coarse ones of 22 dB 0.2 to 0.47.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.exploration.training_features import Pictures
from training.core.dataset import Tell
from training.core.pixels import Pixels

SIDE = 32
MAX_DISTANCE = 0.35
FAINTEST = 1.0  # levels of contrast; a picture of one colour is a copy of nothing
READ_AT_ONCE = 256


@dataclass(frozen=True)
class TrainingCopy:
    """A picture of a tile, 0 .. 99, the row of the training picture that it is nearly a copy of, and their distance."""

    cell: int
    picture: int
    distance: float


class TrainingCopies:
    """Finds the pictures of a tile that are nearly copies of training pictures; memory holds these at 32 x 32."""

    def __init__(self, pictures: Pictures, tell: Tell = lambda _done, _total: None) -> None:
        self.pictures = pictures
        parts = []
        for start in range(0, pictures.count, READ_AT_ONCE):
            parts.append(_small(pictures.rows(start, min(start + READ_AT_ONCE, pictures.count))))
            tell(min(start + READ_AT_ONCE, pictures.count), pictures.count)
        self._small = torch.cat(parts) if parts else torch.empty(0, 3 * SIDE * SIDE)

    def find(self, cells: Pixels) -> Sequence[TrainingCopy]:  # uint8 [N, R, R, 3]
        """Return the pictures among these that are copies, each with the training picture nearest to it."""
        if not len(self._small):
            return []
        images = torch.from_numpy(cells.copy()).permute(0, 3, 1, 2)
        distances = torch.minimum(self._distances(images), self._distances(images.flip(3)))
        nearest, which = distances.min(dim=1)
        found = enumerate(zip(nearest.tolist(), which.tolist(), strict=True))
        return [
            TrainingCopy(cell, row, round(distance, 3)) for cell, (distance, row) in found if distance <= MAX_DISTANCE
        ]

    def _distances(self, images: Tensor) -> Tensor:  # uint8 [N, 3, R, R] -> [N, count]
        small = _small(images)
        lengths = torch.maximum(small.norm(dim=1)[:, None], self._small.norm(dim=1)[None, :])
        is_faint = lengths < FAINTEST * (3 * SIDE * SIDE) ** 0.5
        return (torch.cdist(small, self._small) / lengths).masked_fill(is_faint, torch.inf)


def _small(images: Tensor) -> Tensor:  # uint8 [N, 3, R, R] -> float32 [N, 3 * 32 * 32], in levels
    pixels = F.interpolate(images.float(), size=(SIDE, SIDE), mode="area")
    return (pixels - pixels.mean(dim=(2, 3), keepdim=True)).flatten(1)
