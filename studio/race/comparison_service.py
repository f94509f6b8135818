"""The comparison of tiles with other seeds for the page: what was drawn for a verdict is not drawn again for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from studio.byte_lru import ByteLRU
from studio.checkpoints.checkpoint_source import CheckpointSource
from studio.exploration.training_features import open_pictures
from studio.race.seed_comparison import DrawnTile, OtherSeedNotFiniteError, OtherSeeds, SeedComparison, compare
from studio.race.training_copies import TrainingCopies
from training.core.checkpoint import Checkpoint
from training.core.dataset import DataError
from training.core.pixels import Pixels
from training.core.tile import seed_tile

log = logging.getLogger(__name__)
TILES_BYTES = 64 * 2**20  # of the tiles of verdicts that may be compared next


@dataclass(frozen=True)
class Reading:
    """How far the training pictures are read: so many of all, in which copies are looked for from then on."""

    done: int = 0
    total: int = 0


class TrainingReader:
    """Reads the training pictures once, in a thread of its own, so that nobody who waits for a tile waits for them."""

    def __init__(self, data: Path) -> None:
        self.progress = Reading()
        self.copies: TrainingCopies | None = None
        self.problem: DataError | OSError | None = None
        self._data, self._lock, self._has_begun = data, threading.Lock(), False

    def begin(self) -> None:
        """Begin to read, if that was not done before."""
        with self._lock:
            has_begun, self._has_begun = self._has_begun, True
        if not has_begun:
            threading.Thread(target=self._read, name="training-copies", daemon=True).start()

    def _read(self) -> None:
        try:
            self.copies = TrainingCopies(open_pictures(self._data, self._tell), self._tell)
        except (DataError, OSError) as error:
            log.warning("The training pictures cannot be compared with tiles: %s", error)
            self.problem = error

    def _tell(self, done: int, total: int) -> None:
        self.progress = Reading(done, total)


class ComparisonService:
    """Compares tiles by checkpoint, seed and psi. For one thread at a time."""

    def __init__(self, source: Callable[[], CheckpointSource], data: Path | None) -> None:
        self.training = TrainingReader(data) if data else None
        self._source, self._others = source, OtherSeeds()
        self._tiles: ByteLRU[tuple[str, int, float], DrawnTile] = ByteLRU(TILES_BYTES, lambda tile: tile.pixels.nbytes)

    def close(self) -> None:
        """Let go of the tiles."""
        self._tiles.clear()
        self._others.close()

    def note(self, checkpoint: Checkpoint, seed: int, psi: float, tile: Pixels) -> None:
        """Keep the tile of a verdict, which is likely to be compared next; the `compare` of `verify`."""
        self._tiles.put((checkpoint.sha256, seed, psi), DrawnTile(seed, tile))

    def compare(
        self, sha256: str, seed: int, psi: float, *, anew: bool = False
    ) -> tuple[SeedComparison, list[DrawnTile]]:
        """Return the comparison of a tile, and the other tiles; `anew` draws two further seeds by chance.

        Copies are looked for once the training pictures are read. Raises CheckpointError, and NotFiniteError.
        """
        checkpoint = self._source().load(sha256)
        tile = self._tile(checkpoint, seed, psi)
        copies = self.training.copies if self.training else None
        try:
            others = self._others.tiles(checkpoint, seed, psi, anew=anew)
        except OtherSeedNotFiniteError as error:
            return SeedComparison((error.seed,), not_finite=error.seed), []
        return compare(tile, others, copies.find if copies else None), others

    def _tile(self, checkpoint: Checkpoint, seed: int, psi: float) -> DrawnTile:
        kept = self._tiles.get((checkpoint.sha256, seed, psi))
        if kept is None:
            kept = DrawnTile(seed, seed_tile(checkpoint.generator, seed, psi))
            self._tiles.put((checkpoint.sha256, seed, psi), kept)
        return kept
