"""The training pictures nearest to a generated one: is it a copy? All that the studio needs to know of metrics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from training import data, metrics
from training.embeddings import open_embedder
from training.images import Pixels
from training.scores import Measured, measure

NETWORK = "squeezenet"  # looks at some fifty pictures a second on one core, and needs no download


class Neighbour(NamedTuple):
    """A training picture near to a generated one.

    `place` counts from 0 in the order of the packed data. `share` is the share of training pictures that lie as near
    to another training picture: under 0.01 the generated one is nearer than is ordinary, and may be a copy.
    """

    place: int
    distance: float
    share: float
    pixels: Pixels


@dataclass(frozen=True)
class Photographs:
    """Training pictures uint8 [N, 3, R, R], what a network sees in them, and how near they lie to one another."""

    images: Tensor
    measured: Measured
    ordinary: Tensor

    @property
    def network(self) -> str:
        """Name the network whose features decide what is near."""
        return self.measured.embedder.network.name

    def nearest(self, cells: Pixels, count: int = 5) -> list[list[Neighbour]]:  # [N, R, R, 3]
        """Return the `count` training pictures nearest to each cell, nearest first."""
        features = self.measured.embedder(torch.from_numpy(cells).permute(0, 3, 1, 2))
        found = metrics.nearest(features, self.measured.features, min(count, len(self.images)))
        shares = metrics.nearer_share(found.distances, self.ordinary)
        rows = zip(found.places.tolist(), found.distances.tolist(), shares.tolist(), strict=True)
        return [[self._neighbour(*one) for one in zip(*row, strict=True)] for row in rows]

    def _neighbour(self, place: int, distance: float, share: float) -> Neighbour:
        return Neighbour(place, distance, share, self.images[place].permute(1, 2, 0).contiguous().numpy())


def open_photographs(path: Path, side: int) -> Photographs:
    """Read the training pictures, of a folder or a packed file, and what the network sees in them.

    The first time this takes some minutes; what is seen is then kept in the user's cache. Raises DataError where there
    are no pictures of `side` pixels, or fewer than two, and UnavailableError without the network's weights.
    """
    images = data.open_data(path, side)
    if len(images) < 2:
        raise data.DataError(f"{path} holds one picture; two are needed to tell what is near.")
    embedder = open_embedder(NETWORK, torch.device("cpu"))
    measured = measure(images, embedder, data.cache_folder() / "features", quiet=True)
    return Photographs(images.images, measured, metrics.ordinary_distances(measured.features))
