"""The weakest pictures of one tile and its diversity, beside what its checkpoint usually draws."""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np

from studio.byte_lru import ByteLRU
from studio.exploration.seed_ranking import Usual, Values, describe_lightly, rank, usual_of
from studio.rendering.picture import Picture
from studio.rendering.renderer import Priority, Renderer, RenderRequest
from training.core.pixels import to_cells
from training.core.tile import COLUMNS

USUAL_SEEDS = (0, 1, 2)  # whose tiles, at psi 1, say what is usual: always the same, so that a tile's numbers stay
LANE, USUAL_LANE = "weakest", "weakest-usual"
KEPT_BYTES = 2**20


class Weak(NamedTuple):
    """The five least usual `cells` of a tile, the weakest first, and how far its cells are apart.

    `usual` is the diversity that tiles of the checkpoint have on average.
    """

    cells: tuple[int, ...]
    diversity: float
    usual: float


class _Reference(NamedTuple):
    usual: Usual
    diversity: float

    @property
    def size(self) -> int:
        return int(self.usual.mean.nbytes + self.usual.directions.nbytes)


class Weakest:
    """Looks at tiles without a network; what is usual for a checkpoint is found once and kept. Safe among threads."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._references: ByteLRU[str, _Reference] = ByteLRU(KEPT_BYTES, lambda one: one.size)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of what is kept."""
        with self._lock:
            self._references.clear()

    def of(self, request: RenderRequest, visitor: str) -> Weak:
        """Return what is weak in a tile; raises as `Renderer.tile` does."""
        reference = self._reference(request.sha256, visitor)
        (picture,) = self._renderer.tiles([request], visitor, priority=Priority.COMPARE, lane=LANE)
        score = rank({request.seed: _described(picture)}, reference.usual)[request.seed]
        return Weak(score.cells, score.diversity, reference.diversity)

    def _reference(self, sha256: str, visitor: str) -> _Reference:
        with self._lock:
            kept = self._references.get(sha256)
        if kept is not None:
            return kept
        requests = [RenderRequest(sha256, seed, 1.0) for seed in USUAL_SEEDS]
        pictures = self._renderer.tiles(requests, visitor, priority=Priority.COMPARE, lane=USUAL_LANE)
        described = {picture.seed: _described(picture) for picture in pictures}
        usual = usual_of(np.concatenate(list(described.values())))
        diversity = float(np.mean([score.diversity for score in rank(described, usual).values()]))
        found = _Reference(usual, diversity)
        with self._lock:
            self._references.put(sha256, found)
        return found


def _described(picture: Picture) -> Values:  # -> [100, F]
    return describe_lightly(to_cells(picture.pixels, picture.pixels.shape[1] // COLUMNS))
