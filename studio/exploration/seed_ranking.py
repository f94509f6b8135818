"""Whole seeds ranked by what can be computed: their weakest tenth, their diversity, their distance to real pictures.

No score chooses a cell: a tile is one seed, whole. A score is no eye either, and the best of many by any number is
partly luck.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from training.core.pixels import Pixels

COARSE = 4  # side of the grid of brightness
COMPONENTS = 32  # directions of features in which distances are taken, at most
FLOOR = 0.01  # share of the strongest direction's variance below which a direction counts no more
WEAKEST = 5  # cells that may be outlined
TENTH = 0.1
BINS = 12
Values: TypeAlias = npt.NDArray[np.float64]


class Usual(NamedTuple):
    """What pictures are like: their mean [F], and the directions [F, C] in which they vary, scaled to unit variance."""

    mean: Values
    directions: Values


@dataclass(frozen=True)
class Score:
    """What a whole seed got, relative to the seeds that were ranked with it: `total` in standard deviations.

    `weakest` is how unusual its least usual tenth is (the less, the better), `diversity` how far its cells are apart,
    `distance` how far it is from the real pictures, or None without any. `cells` are the five least usual.
    """

    total: float
    weakest: float
    diversity: float
    distance: float | None
    cells: tuple[int, ...]


@torch.inference_mode()
def describe_lightly(cells: Pixels) -> Values:  # [N, R, R, 3] -> [N, 30]
    """Describe pictures by their colours, a coarse grid of brightness, and edges at three scales; needs no network."""
    pictures = torch.from_numpy(cells).permute(0, 3, 1, 2).contiguous().float().div_(255)
    grey = pictures.mean(dim=1, keepdim=True)
    colours = F.adaptive_avg_pool2d(pictures - grey, 2)[:, :2]
    edges = [_edges(at_scale) for at_scale in (grey, F.avg_pool2d(grey, 2), F.avg_pool2d(grey, 4))]
    parts = [
        pictures.mean(dim=(2, 3)),
        _deviations(pictures),
        F.adaptive_avg_pool2d(grey, COARSE).flatten(1),
        colours.mean(dim=3).flatten(1),
        torch.stack(edges, dim=1),
        grey.amax(dim=(2, 3)) - grey.amin(dim=(2, 3)),
    ]
    described: Values = torch.cat(parts, dim=1).double().numpy()
    return described


def _deviations(pictures: Tensor) -> Tensor:  # [N, C, S, S] -> [N, C]
    """Return standard deviations, some ten times as fast on a CPU as `Tensor.std` over two dimensions."""
    centred = pictures - pictures.mean(dim=(2, 3), keepdim=True)
    lengths: Tensor = torch.linalg.vector_norm(centred, dim=(2, 3))
    return lengths / math.sqrt(pictures[0, 0].numel() - 1)


def _edges(grey: Tensor) -> Tensor:  # [N, 1, S, S] -> [N]
    steps = grey[:, :, 1:] - grey[:, :, :-1], grey[:, :, :, 1:] - grey[:, :, :, :-1]  # several times as fast as `diff`
    down, right = (step.abs_().mean(dim=(1, 2, 3)) for step in steps)
    return torch.log(down + right + 1e-3)


def rank(described: Mapping[int, Any], usual: Usual | None = None) -> dict[int, Score]:  # each [100, F]
    """Score whole seeds, relative to one another, by the features of their cells; the best first.

    `usual` is what real pictures are like; without it, the cells of these seeds are what is usual.
    """
    if not described:
        return {}
    features = np.stack([np.asarray(one, np.float64) for one in described.values()])  # [S, 100, F]
    whitening = usual or usual_of(features.reshape(-1, features.shape[2]))
    white = [_apply(whitening, one) for one in features]
    odd = np.stack([np.linalg.norm(one, axis=1) for one in white])
    weakest = np.sort(odd, axis=1)[:, -max(1, round(TENTH * odd.shape[1])) :].mean(axis=1)
    diversity = np.array([_diversity(one) for one in white])
    distance = np.array([_distance(one) for one in white]) if usual is not None else None
    parts = [-_standard(weakest), _standard(diversity)] + ([-_standard(distance)] if distance is not None else [])
    total = np.mean(parts, axis=0)
    order = np.argsort(-total, kind="stable")
    seeds = list(described)
    return {
        seeds[one]: Score(
            float(total[one]),
            float(weakest[one]),
            float(diversity[one]),
            None if distance is None else float(distance[one]),
            tuple(np.argsort(-odd[one], kind="stable")[:WEAKEST].tolist()),
        )
        for one in order
    }


def histogram(scores: Mapping[int, Score]) -> dict[str, list[float]]:
    """Count the totals in equal steps, for a picture of how they are spread."""
    counts, edges = np.histogram([score.total for score in scores.values()], bins=BINS)
    return {"counts": counts.tolist(), "edges": edges.tolist()}


def usual_of(features: Any) -> Usual:  # [M, F]
    """Return what pictures with these features are like; it takes a second where a network made them."""
    reference = np.asarray(features, np.float64)
    mean, spread = reference.mean(axis=0), reference.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)
    variances, directions = np.linalg.eigh(np.cov((reference - mean).T / scale[:, None]))
    keep = np.argsort(-variances)[:COMPONENTS]
    floor = max(FLOOR * float(variances[keep[0]]), 1e-9)
    return Usual(mean, directions[:, keep] / np.sqrt(np.maximum(variances[keep], floor)) / scale[:, None])


def _apply(usual: Usual, features: Values) -> Values:  # [N, F] -> [N, C]
    white: Values = (features - usual.mean) @ usual.directions
    return white


def _diversity(white: Values) -> float:  # [N, C]
    """Return how far a cell is from the one most like it, on average: copies within a tile make it small."""
    squares = (white**2).sum(axis=1)
    distances = np.maximum(squares[:, None] + squares[None] - 2 * white @ white.T, 0.0)
    np.fill_diagonal(distances, np.inf)
    return float(np.sqrt(distances.min(axis=1)).mean())


def _distance(white: Values) -> float:  # [N, C]
    """Return the Fréchet distance (Heusel et al. 2017, arXiv:1706.08500) to mean 0 and covariance 1.

    Between commuting Gaussians it is the distance of the means and of the standard deviations.
    """
    variances = np.linalg.eigvalsh(np.cov(white.T)).clip(min=0.0)
    return float((white.mean(axis=0) ** 2).sum() + ((np.sqrt(variances) - 1.0) ** 2).sum())


def _standard(values: Values) -> Values:
    spread = values.std()
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)
