"""The one path from a seed to pixels: training's previews, the studio, the export and the verifier all come here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
import torch
from torch import Tensor

from training.core.generators import Generator
from training.core.latents import labels as draw_labels
from training.core.latents import latents
from training.core.pixels import Pixels, to_tile, to_uint8
from training.core.precision import drawing_in

COLUMNS = 10
CELLS = 100
BATCH = 10  # part of the definition of a tile: batch sizes differ in the last bits on some devices
RENDERER = "1"  # to be raised whenever the same checkpoint and seed would give other pixels

_pause: ContextVar[Callable[[], None] | None] = ContextVar("pause", default=None)


@contextmanager
def pausing(pause: Callable[[], None]) -> Iterator[None]:
    """Call a function between any two batches that are drawn here; it may wait or raise, and changes no picture."""
    token = _pause.set(pause)
    try:
        yield
    finally:
        _pause.reset(token)


def check_psi(psi: object) -> float:
    """Return `psi` as a float, or raise ValueError with a sentence that names what is allowed."""
    if isinstance(psi, bool) or not isinstance(psi, int | float) or not 0.0 <= psi <= 1.0 or math.isnan(psi):
        raise ValueError(f"The psi {psi!r:.40} is not a number from 0 to 1.")
    return float(psi)


@torch.inference_mode()
def draw(
    generator: Generator,
    z: Tensor,
    labels: Tensor | None = None,
    psi: float = 1.0,
    *,
    precision: torch.dtype = torch.float32,
) -> Pixels:
    """Draw one image [R, R, 3] for each latent [N, z_dim] and class [N], with one truncation psi for all.

    In eval mode and in batches of `BATCH`, on the generator's own device, and in this precision whatever the process
    computes in; any but float32 gives a preview. Raises NotFiniteError for a generator whose output is not finite.
    """
    generator.eval()
    device = next(generator.parameters()).device
    batches = []
    with drawing_in(device, precision):
        pause = _pause.get()
        for start in range(0, len(z), BATCH):
            if start and pause is not None:
                pause()
            rows = slice(start, start + BATCH)
            kinds = None if labels is None else labels[rows].to(device)
            batches.append(to_uint8(generator(z[rows].to(device), kinds, psi)))
    return np.concatenate(batches)


def seed_labels(generator: Generator, seed: int, count: int = CELLS) -> Tensor | None:  # -> int64 [count]
    """Return the classes of a seed's cells, or None where the generator knows no classes."""
    return draw_labels(seed, count, generator.classes) if generator.classes else None


def seed_tile(generator: Generator, seed: int, psi: float = 1.0) -> Pixels:  # -> [10 R, 10 R, 3]
    """Draw the tile of a seed: its images 0 .. 99, row by row, 10 x 10, without gaps.

    `psi` in 0 .. 1 truncates all 100 alike. Raises ValueError for a seed outside 0 .. 2**32 - 1, for another psi, and
    for a generator whose output is not finite.
    """
    z = latents(seed, CELLS, generator.z_dim)
    return to_tile(draw(generator, z, seed_labels(generator, seed), check_psi(psi)), COLUMNS)
