"""Is it a copy? The training pictures nearest to a cell, and a distance below which one should look twice."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from studio.exploration.training_features import (
    FeatureExtractor,
    Pictures,
    features_of,
    keep_features,
    known_features,
    open_feature_extractor,
    open_pictures,
)
from training.core.dataset import DataError
from training.core.pixels import Pixels

log = logging.getLogger(__name__)
NEAREST = 3
PERCENTILE = 0.01  # of the distances from real pictures to their nearest other: nearer than that is suspicious
FORGOTTEN_SECONDS = 300.0  # whoever has not asked for so long does not wait any more; hidden pages ask once a minute
MOST_REQUESTS = 1000
CALIBRATED_ON = 1000  # real pictures, spread evenly over all


@dataclass(frozen=True)
class Neighbour:
    """A training picture near a cell: its row, its distance, and whether the cell's mirror image is the nearer one."""

    index: int
    distance: float
    mirrored: bool


@dataclass(frozen=True)
class Index:
    """The features of all training pictures, and the distance from which on two pictures are as different as most."""

    pictures: Pictures
    extractor: FeatureExtractor
    features: Tensor  # [count, D]
    threshold: float

    def nearest(self, cell: Pixels, count: int = NEAREST) -> list[Neighbour]:  # [R, R, 3]
        """Return the training pictures nearest to a cell or to its mirror image, the nearest first."""
        both = self.extractor.see(_with_mirror(torch.from_numpy(cell.copy()).permute(2, 0, 1).unsqueeze(0)))
        distances, which = torch.cdist(both, self.features).min(dim=0)
        found = distances.topk(min(count, len(distances)), largest=False).indices.tolist()
        return [Neighbour(index, float(distances[index]), bool(which[index])) for index in found]

    def picture(self, index: int) -> Pixels:  # -> [S, S, 3]
        """Return a training picture."""
        pixels: Pixels = self.pictures.rows(index, index + 1)[0].permute(1, 2, 0).contiguous().numpy()
        return pixels


@dataclass
class Progress:
    """How far the index is: pictures read or looked at, of how many, and what went wrong, with its code and values."""

    done: int = 0
    total: int = 0
    reading: bool = True
    problem: str | None = None
    why: str = "index_log"
    values: dict[str, str] = field(default_factory=dict)


class StoppedError(RuntimeError):
    """Nobody waits for the index any more."""


class Copies:
    """The index of one data set, built once in the background; `path` is a folder or a packed file.

    Everybody waits for the same one: it is given up when the last who asked for it stops, or has not asked for long.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.progress = Progress()
        self._path = path
        self._clock = clock
        self._index: Index | None = None
        self._requests: dict[str, float] = {}  # visitor -> when they last asked
        self._running = False
        self._lock = threading.Lock()

    def start(self, visitor: str = "") -> None:
        """Request the index; where it is not there and not being built, that begins.

        A request without a visitor, who would ask again, lasts until the index is there.
        """
        with self._lock:
            if self._index is not None or self.progress.problem is not None:
                return
            self._requests.pop(visitor, None)  # the last one is the newest
            self._requests[visitor] = self._clock() if visitor else math.inf
            self._requests = dict(list(self._requests.items())[-MOST_REQUESTS:])
            if self._running:
                return
            self._running, self.progress = True, Progress()
        threading.Thread(target=self._build, args=(self.progress,), name="copies", daemon=True).start()

    def stop(self, visitor: str) -> bool:
        """Take a visitor's request back; tell whether the work goes on for somebody who has asked of late."""
        with self._lock:
            self._requests.pop(visitor, None)
            return self._is_requested()

    def close(self) -> None:
        """Give up the index, also one that is being built."""
        with self._lock:
            self._requests, self._index = {}, None

    def _is_requested(self) -> bool:
        """Forget who has not asked for long, and tell whether somebody is left."""
        oldest = self._clock() - FORGOTTEN_SECONDS
        self._requests = {one: asked for one, asked in self._requests.items() if asked >= oldest}
        return bool(self._requests)

    @property
    def index(self) -> Index | None:
        """Return the index once it is ready."""
        return self._index

    def _build(self, progress: Progress) -> None:
        try:
            self._index = build_index(self._path, progress, self._check)
            self._requests = {}
        except StoppedError:
            return
        except DataError as error:
            progress.why, progress.values, progress.problem = error.why, error.values, str(error)
        except OSError as error:
            progress.why, progress.problem = "disk", str(error)
        except Exception:
            log.exception("The index of the training pictures could not be built")
            progress.problem = "The index could not be built; the reason is in the program's log."

    def _check(self) -> None:
        """Raise StoppedError where nobody waits any more; whoever asks from now on begins anew."""
        with self._lock:
            if not self._is_requested():
                self._running, self.progress = False, Progress()
                raise StoppedError("The index was stopped.")


def build_index(path: Path, progress: Progress, check: Callable[[], None] = lambda: None) -> Index:
    """Build the index of a data set, from the features kept by an earlier run if there are any. Raises DataError.

    `check` is called again and again, and ends the work by raising.
    """

    def tell(done: int, total: int) -> None:
        check()
        progress.done, progress.total = done, total

    pictures, extractor = open_pictures(path, tell), open_feature_extractor()
    progress.reading, progress.done, progress.total = False, 0, pictures.count
    features = known_features(pictures, extractor)
    if features is None:
        features = _look_at_all(pictures, extractor, tell)
        keep_features(pictures, extractor, features)
    progress.done = pictures.count
    return Index(pictures, extractor, features, calibrate(pictures, extractor, features, check))


def _look_at_all(pictures: Pictures, extractor: FeatureExtractor, tell: Callable[[int, int], None]) -> Tensor:
    found: list[Tensor] = []
    for features in features_of(pictures, extractor):
        found.append(features)
        tell(sum(map(len, found)), pictures.count)
    return torch.cat(found)


def calibrate(
    pictures: Pictures, extractor: FeatureExtractor, features: Tensor, check: Callable[[], None] = lambda: None
) -> float:
    """Return the distance below which only one real picture in a hundred has another real one, mirrored or not.

    With fewer than two pictures there is nothing to compare, and nothing is near.
    """
    step = max(pictures.count // CALIBRATED_ON, 1)
    chosen = torch.arange(0, pictures.count, step)
    distances = []
    for rows in torch.split(chosen, 32):
        check()
        images = torch.cat([pictures.rows(row, row + 1) for row in rows.tolist()])
        mirrored = extractor.see(images.flip(3))
        both = torch.minimum(torch.cdist(features[rows], features), torch.cdist(mirrored, features))
        both[torch.arange(len(rows)), rows] = torch.inf
        distances.append(both.amin(dim=1))
    nearest = torch.cat(distances)
    return float(nearest.quantile(PERCENTILE)) if pictures.count > 1 else 0.0


def _with_mirror(images: Tensor) -> Tensor:  # [N, 3, S, S] -> [2 N, 3, S, S]
    return torch.cat([images, images.flip(3)])
