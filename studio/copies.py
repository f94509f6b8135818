"""Is it a copy? The training pictures nearest to a cell, and a distance below which one should look twice."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from training.images import Pixels
from training.neighbours import (
    Eye,
    Pictures,
    features_of,
    keep_features,
    known_features,
    open_eye,
    open_pictures,
)

log = logging.getLogger(__name__)
NEAREST = 3
PERCENTILE = 0.01  # of the distances from real pictures to their nearest other: nearer than that is suspicious
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
    eye: Eye
    features: Tensor  # [count, D]
    threshold: float

    def nearest(self, cell: Pixels, count: int = NEAREST) -> list[Neighbour]:  # [R, R, 3]
        """Return the training pictures nearest to a cell or to its mirror image, the nearest first."""
        both = self.eye.see(_with_mirror(torch.from_numpy(cell.copy()).permute(2, 0, 1).unsqueeze(0)))
        distances, which = torch.cdist(both, self.features).min(dim=0)
        found = distances.topk(min(count, len(distances)), largest=False).indices.tolist()
        return [Neighbour(index, float(distances[index]), bool(which[index])) for index in found]

    def picture(self, index: int) -> Pixels:  # -> [S, S, 3]
        """Return a training picture."""
        pixels: Pixels = self.pictures.rows(index, index + 1)[0].permute(1, 2, 0).contiguous().numpy()
        return pixels


@dataclass
class Progress:
    """How far the index is: pictures looked at, of how many, and what went wrong, with a word for it."""

    done: int = 0
    total: int = 0
    problem: str | None = None
    why: str = "other"


class Copies:
    """The index of one data set, built once in the background; `path` is a folder or a packed file."""

    def __init__(self, path: Path) -> None:
        self.progress = Progress()
        self._path = path
        self._index: Index | None = None
        self._started = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to build the index, once."""
        with self._lock:
            if self._started:
                return
            self._started = True
        threading.Thread(target=self._build, name="copies", daemon=True).start()

    @property
    def index(self) -> Index | None:
        """Return the index once it is ready."""
        return self._index

    def _build(self) -> None:
        try:
            self._index = build_index(self._path, self.progress)
        except (ValueError, OSError) as error:  # DataError is a ValueError
            self.progress.why = "disk" if isinstance(error, OSError) else "other"
            self.progress.problem = str(error)
        except Exception:
            log.exception("The index of the training pictures could not be built")
            self.progress.problem = "The index could not be built; the reason is in the program's log."


def build_index(path: Path, progress: Progress) -> Index:
    """Build the index of a data set, from the features kept by an earlier run if there are any. Raises DataError."""
    pictures, eye = open_pictures(path), open_eye()
    progress.total = pictures.count
    features = known_features(pictures, eye)
    if features is None:
        features = _look_at_all(pictures, eye, progress)
        keep_features(pictures, eye, features)
    progress.done = pictures.count
    return Index(pictures, eye, features, calibrate(pictures, eye, features))


def _look_at_all(pictures: Pictures, eye: Eye, progress: Progress) -> Tensor:
    found = []
    for features in features_of(pictures, eye):
        found.append(features)
        progress.done += len(features)
    return torch.cat(found)


def calibrate(pictures: Pictures, eye: Eye, features: Tensor) -> float:
    """Return the distance below which only one real picture in a hundred has another real one, mirrored or not.

    With fewer than two pictures there is nothing to compare, and nothing is near.
    """
    step = max(pictures.count // CALIBRATED_ON, 1)
    chosen = torch.arange(0, pictures.count, step)
    distances = []
    for rows in torch.split(chosen, 32):
        images = torch.cat([pictures.rows(row, row + 1) for row in rows.tolist()])
        mirrored = eye.see(images.flip(3))
        both = torch.minimum(torch.cdist(features[rows], features), torch.cdist(mirrored, features))
        both[torch.arange(len(rows)), rows] = torch.inf
        distances.append(both.amin(dim=1))
    nearest = torch.cat(distances)
    return float(nearest.quantile(PERCENTILE)) if pictures.count > 1 else 0.0


def _with_mirror(images: Tensor) -> Tensor:  # [N, 3, S, S] -> [2 N, 3, S, S]
    return torch.cat([images, images.flip(3)])
