"""How the power of fakes is spread over the frequencies, beside that of reals: five bands, and grids of 2 and 4 pixels.

Features of a classifier hardly see a regular grid or a lack of fine detail; the power spectrum shows both (Durall et
al. 2020, arXiv:2003.01826; Odena et al. 2016, doi:10.23915/distill.00003, on the grids of transposed convolutions).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

EDGES = (0.0, 1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2)  # of the bands, in cycles per pixel
PERIODS = (2, 4)  # in pixels
FLOOR = 1 / 36  # the power of rounding to levels (1/12 a channel), where grey is the mean of three channels
BATCH = 50  # pictures that are transformed at once


class Spectrum(NamedTuple):
    """Power of fakes over power of reals, 0 to infinity, 1 where they are alike.

    Bands 1 to 5 reach, for pictures of 128 x 128, up to 8, 16, 32, 48 and 64 cycles per picture. `period_2` and
    `period_4` are at the frequencies of grids of 2 and of 4 pixels.
    """

    band_1: float
    band_2: float
    band_3: float
    band_4: float
    band_5: float
    period_2: float
    period_4: float

    @property
    def bands(self) -> tuple[float, ...]:
        """Return the five bands, from coarse to fine."""
        return self[:5]

    @property
    def periods(self) -> dict[str, float]:
        """Return what is at the periods, by their names."""
        return {name: getattr(self, name) for name in PERIOD_NAMES}


PERIOD_NAMES = Spectrum._fields[5:]


def read(values: Mapping[str, float | None]) -> Spectrum | None:
    """Return the spectrum that a record of numbers holds by its fields' names, None where one is missing."""
    found = [number for name in Spectrum._fields if (number := values.get(name)) is not None]
    return Spectrum(*found) if len(found) == len(Spectrum._fields) else None


def bands(side: int) -> list[str]:
    """Name the five bands of pictures of this side, in cycles per picture."""
    return [f"{low * side:g}-{high * side:g}" for low, high in pairwise(EDGES)]


@torch.inference_mode()
def powers(pixels: Tensor) -> Tensor:  # uint8 [N, 3, R, R] -> float32 [N, 7] on the CPU
    """Return the power of each picture, in squared levels, in the order of `Spectrum`; R is a multiple of 4.

    A picture is made grey (the mean of its channels), its mean is taken off, and it is multiplied by a periodic Hann
    window in both directions, without which the jump from one edge to the other would lie over every frequency. Its
    squared Fourier transform is divided by the window's sum of squares, so that white noise has the power of its
    variance at every frequency. A band is the mean over the frequencies beyond its lower and up to its upper end, by
    their distance from 0: the corners beyond half a cycle per pixel are in none, and at R = 8 the first band is empty
    and 0. A period of p pixels is the mean over the frequencies of 1/p across, down and both ways aslant.

    Raises ValueError for another side.
    """
    side = pixels.shape[-1]
    if side % 4 or not side:
        raise ValueError(f"A picture of side {side} has no grid of 4 pixels; multiples of 4 are allowed.")
    hann = torch.hann_window(side, device=pixels.device)
    window, places = hann[:, None] * hann, _places(side).to(pixels.device)
    return torch.cat([_power(some, window).flatten(1) @ places.T for some in torch.split(pixels, BATCH)]).cpu()


def compare(real: Tensor, fake: Tensor) -> Spectrum:  # [N, 7], [M, 7]
    """Return the ratio of the mean powers, fake over real, each at least the power of rounding to levels."""
    over, under = (rows.double().mean(dim=0).clamp_min(FLOOR) for rows in (fake, real))
    return Spectrum(*(over / under).tolist())


def _power(pixels: Tensor, window: Tensor) -> Tensor:  # uint8 [N, 3, R, R], [R, R] -> [N, R, R]
    grey = pixels.float().mean(dim=1)
    grey = (grey - grey.mean(dim=(1, 2), keepdim=True)) * window
    power: Tensor = torch.fft.fft2(grey).abs().square() / window.square().sum()
    return power


def _places(side: int) -> Tensor:  # -> [7, side * side]
    """Return what each frequency weighs in each number; those of a number add up to 1, or to 0 where it has none."""
    cycles = torch.fft.fftfreq(side)
    distance = torch.hypot(cycles[:, None], cycles)
    inside = [(distance > low) & (distance <= high) for low, high in pairwise(EDGES)]
    inside += [_grid(cycles.abs(), 1 / period) for period in PERIODS]
    weights = torch.stack(inside).flatten(1).float()
    return weights / weights.sum(dim=1, keepdim=True).clamp_min(1.0)


def grids(side: int) -> Tensor:  # -> bool [side, side]
    """Return at which frequencies of a Fourier transform the grids of 2 and of 4 pixels are."""
    cycles = torch.fft.fftfreq(side).abs()
    return torch.stack([_grid(cycles, 1 / period) for period in PERIODS]).any(dim=0)


def _grid(cycles: Tensor, frequency: float) -> Tensor:  # [R] -> bool [R, R]
    """Return where the waves of a period are: across, down and aslant, where both frequencies are the period's."""
    at, still = cycles == frequency, cycles == 0.0
    across = at[:, None] & still
    return across | across.T | (at[:, None] & at)
