"""How far fakes are from reals, and what they are near to: KID, FID, precision and recall, nearest pictures.

Everything here compares rows of features, [N, F], which `training/evaluation/feature_extractors.py` takes from
pictures. Nothing is read or written, and what is random is drawn from a seed, so the same features give the same
numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

SUBSETS = 100  # of KID
SUBSET = 1000  # rows of a subset, at most
DRAWS = 10  # of FID
NEIGHBOURS = 3  # of precision and recall
ROWS = 1000  # whose distances are taken at once
NEAR = 0.01  # the nearest hundredth of the distances among reals counts as a copy


class Estimate(NamedTuple):
    """A number, and the standard deviation over the draws that it was taken from."""

    value: float
    spread: float


class Nearest(NamedTuple):
    """The nearest rows to each query, nearest first: their distances and their places, both [N, count]."""

    distances: Tensor
    places: Tensor


def kid(real: Tensor, fake: Tensor, seed: int = 0) -> Estimate:  # [N, F], [M, F]
    """Return the kernel inception distance and its spread over 100 subsets (Bińkowski et al. 2018, arXiv:1801.01401).

    The squared maximum mean discrepancy under the kernel (x . y / F + 1)^3, without bias: two sets of one kind give 0
    on average, whatever their sizes. A subset takes as many reals as fakes, half of the fewer and at most 1,000.
    """
    size = min(SUBSET, _least(real, fake, 4) // 2)
    real, fake = real.double(), fake.double()
    random = torch.Generator().manual_seed(seed)
    distances = [discrepancy(_some(real, size, random), _some(fake, size, random)) for _ in range(SUBSETS)]
    spread, mean = torch.std_mean(torch.tensor(distances, dtype=torch.float64))
    return Estimate(mean.item(), spread.item())


def discrepancy(one: Tensor, other: Tensor) -> float:  # [N, F], [M, F]
    """Return the unbiased squared maximum mean discrepancy under the cubic kernel (equation 4 of the same paper)."""
    within = sum(_mean_off_diagonal(_kernel(rows, rows)) for rows in (one, other))
    return (within - 2.0 * _kernel(one, other).mean()).item()


def fid(real: Tensor, fake: Tensor, seed: int = 0) -> Estimate:  # [N, F], [M, F]
    """Return the Fréchet inception distance of all rows (Heusel et al. 2017, arXiv:1706.08500) and its spread.

    The spread is the standard deviation over 10 random halves of the fakes, which estimates that of all fakes. The
    distance is the larger the fewer the fakes are, so only distances of equally many fakes can be compared.
    """
    _least(real, fake, 4)
    real, fake = real.double(), fake.double()
    random = torch.Generator().manual_seed(seed)
    mean, covariance = moments(real)
    root = matrix_root(covariance)
    halves = [_some(fake, len(fake) // 2, random) for _ in range(DRAWS)]
    whole, *others = (frechet(mean, root, *moments(rows)) for rows in (fake, *halves))
    return Estimate(whole, torch.tensor(others, dtype=torch.float64).std().item())


def moments(features: Tensor) -> tuple[Tensor, Tensor]:  # [N, F] -> [F], [F, F]
    """Return the mean and the covariance of rows."""
    return features.mean(dim=0), torch.cov(features.T)


def frechet(mean: Tensor, root: Tensor, other_mean: Tensor, other_covariance: Tensor) -> float:  # [F], [F, F] twice
    """Return the squared Fréchet distance of two Gaussians, the first given by the root of its covariance."""
    cross = torch.linalg.eigvalsh(root @ other_covariance @ root).clamp_min(0.0).sqrt().sum()
    traces = root.square().sum() + other_covariance.trace()
    return float((mean - other_mean).square().sum() + traces - 2.0 * cross)


def matrix_root(covariance: Tensor) -> Tensor:  # [F, F] -> [F, F]
    """Return the symmetric square root of a covariance."""
    values, vectors = torch.linalg.eigh(covariance)
    root: Tensor = (vectors * values.clamp_min(0.0).sqrt()) @ vectors.T
    return root


def precision_recall(real: Tensor, fake: Tensor, seed: int = 0) -> tuple[float, float]:  # [N, F], [M, F]
    """Return the shares of fakes among the reals and of reals among the fakes (Kynkäänniemi 2019, arXiv:1904.06991).

    A row is among others where it lies no farther from one of them than that one's third neighbour. Both sets have as
    many rows as the smaller, drawn from the seed: the balls of a larger set are smaller.
    """
    size = _least(real, fake, NEIGHBOURS + 1)
    random = torch.Generator().manual_seed(seed)
    real, fake = _some(real, size, random).double(), _some(fake, size, random).double()
    return _share_among(fake, real), _share_among(real, fake)


def nearest(queries: Tensor, rows: Tensor, count: int = 1) -> Nearest:  # [N, F], [M, F]
    """Find the `count` rows nearest to each query, by Euclidean distance."""
    if not 1 <= count <= len(rows):
        raise ValueError(f"The count {count} is not from 1 to {len(rows)}, the rows there are.")
    found = [torch.topk(one, count, largest=False) for one in _distances(queries, rows)]
    return Nearest(torch.cat([one.values for one in found]), torch.cat([one.indices for one in found]))


def ordinary_distances(real: Tensor, seed: int = 0) -> Tensor:  # [N, F] -> [min(N, 1000)]
    """Return how near reals lie to their nearest other real, in order, for at most 1,000 of them."""
    some = _some(real, min(ROWS, _least(real, real, 2)), torch.Generator().manual_seed(seed))
    return nearest(some, real, 2).distances[:, 1].sort().values  # the nearest one is the real itself


def nearer_share(distances: Tensor, ordinary: Tensor) -> Tensor:  # [...], [N] -> [...]
    """Return for each distance the share of reals that lie as near to another real: near 0 is suspiciously near."""
    return torch.searchsorted(ordinary, distances.contiguous(), right=True) / len(ordinary)


def copies(real: Tensor, fake: Tensor, seed: int = 0) -> float:  # [N, F], [M, F]
    """Return the share of fakes that lie nearer to a real than 99 % of the reals lie to another: 1 % is ordinary."""
    limit = torch.quantile(ordinary_distances(real, seed), NEAR)
    return (nearest(fake, real).distances < limit).double().mean().item()


def _kernel(one: Tensor, other: Tensor) -> Tensor:  # [N, F], [M, F] -> [N, M]
    return (one @ other.T / one.shape[1] + 1.0) ** 3


def _mean_off_diagonal(matrix: Tensor) -> Tensor:
    count = len(matrix)
    return (matrix.sum() - matrix.trace()) / (count * (count - 1))


def _share_among(points: Tensor, others: Tensor) -> float:
    radii = nearest(others, others, NEIGHBOURS + 1).distances[:, -1]
    return torch.cat([(one <= radii).any(dim=1) for one in _distances(points, others)]).double().mean().item()


def _distances(queries: Tensor, rows: Tensor) -> Iterator[Tensor]:
    """Yield the distances from some of the queries to all rows; by subtraction, so that a row is at 0 from itself."""
    for some in torch.split(queries, ROWS):
        yield torch.cdist(some, rows, compute_mode="donot_use_mm_for_euclid_dist")


def _some(rows: Tensor, count: int, random: torch.Generator) -> Tensor:
    return rows[torch.randperm(len(rows), generator=random)[:count]]


def _least(real: Tensor, fake: Tensor, wanted: int) -> int:
    """Return the size of the smaller set, or raise ValueError where it is too small to say anything."""
    size = min(len(real), len(fake))
    if size < wanted:
        raise ValueError(
            f"{len(real)} reals and {len(fake)} fakes are too few to compare; {wanted} of each are needed."
        )
    return size
