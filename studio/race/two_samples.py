"""Whether two sets of pictures are of one distribution: colour, contrast and spectrum, and the energy distance.

Energy distance: Szekely and Rizzo 2013, "Energy statistics: A class of statistics based on distances", eq. (2.5); held
against random divisions of the same pictures (a permutation test).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from training.core.pixels import Pixels

PERMUTATIONS = 400
FAINTEST = 1e-3  # mean power of a band, in squared levels, that counts as none: rounding alone gives more
SEED = 0  # of the divisions, so that the same pictures always give the same number

Array: TypeAlias = npt.NDArray[np.float64]


def picture_statistics(cells: Pixels) -> Array:  # uint8 [N, R, R, 3] -> [N, 6 + log2(R) - 1]
    """Return of each picture: mean and deviation of each channel, and the log10 of its mean power in each octave."""
    colours = cells.astype(np.float32)
    means, deviations = colours.mean(axis=(1, 2)), colours.std(axis=(1, 2))
    found = np.concatenate([means, deviations, _log_powers(colours.mean(axis=3))], axis=1)
    return np.asarray(found, np.float64)


def _log_powers(grey: npt.NDArray[np.float32]) -> Array:  # [N, R, R] -> [N, log2(R) - 1]
    """Return the mean power in the octaves [1, 2), [2, 4), ... up to half the side, in log10."""
    side = grey.shape[1]
    power = np.abs(np.fft.rfft2(grey, norm="ortho")) ** 2
    radius = np.hypot(np.fft.fftfreq(side, 1 / side)[:, None], np.fft.rfftfreq(side, 1 / side)[None, :])
    lowest = [2**octave for octave in range(int(np.log2(side)) - 1)]
    bands = [power[:, (radius >= low) & (radius < 2 * low)].mean(axis=1) for low in lowest]
    return np.asarray(np.log10(np.maximum(np.stack(bands, axis=1), FAINTEST)), np.float64)


def energy_score(one: Array, other: Array) -> float:  # [N, K], [M, K]
    """Return how many standard deviations the energy distance of two samples lies above that of random divisions.

    Each statistic is scaled by its deviation over both samples. About 0 for one distribution; 0 where all are equal.
    """
    both = np.concatenate([one, other])
    scaled = (both - both.mean(axis=0)) / np.maximum(both.std(axis=0), 1e-9)
    distances = np.sqrt(np.maximum(_squared_distances(scaled), 0.0))
    signs = np.stack([_weights(len(one), len(other), order) for order in _orders(len(both))], axis=1)
    energies = -np.einsum("ij,ij->j", signs, distances @ signs)
    spread = float(energies[1:].std())
    return float(energies[0] - energies[1:].mean()) / spread if spread > 0 else 0.0


def _squared_distances(points: Array) -> Array:  # [N, K] -> [N, N]
    lengths = (points**2).sum(axis=1)
    return np.asarray(lengths[:, None] + lengths[None, :] - 2 * points @ points.T)


def _orders(count: int) -> list[npt.NDArray[np.int64]]:
    """Return the pictures in their order, and then in PERMUTATIONS random ones."""
    generator = torch.Generator().manual_seed(SEED)
    shuffled = (torch.randperm(count, generator=generator).numpy() for _ in range(PERMUTATIONS))
    return [np.arange(count), *shuffled]


def _weights(one: int, other: int, order: npt.NDArray[np.int64]) -> Array:
    """Return the weight of each picture: the distance's expectations are its quadratic form."""
    weights = np.empty(one + other)
    weights[order[:one]], weights[order[one:]] = 1 / one, -1 / other
    return weights
