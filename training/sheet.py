"""The one path from a seed to pixels: training's previews, the studio, the export and the verifier all come here."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from training.generators import Generator
from training.images import Pixels, to_tile, to_uint8
from training.latents import latents

COLUMNS = 10
CELLS = 100
BATCH = 10  # part of the definition of a tile: batch sizes differ in the last bits on some devices
RENDERER = "1"  # to be raised whenever the same checkpoint and seed would give other pixels


@torch.inference_mode()
def draw(generator: Generator, z: Tensor) -> Pixels:  # [N, z_dim] -> [N, R, R, 3]
    """Draw one image for each latent, in eval mode and in batches of `BATCH`, on the generator's own device."""
    generator.eval()
    device = next(generator.parameters()).device
    return np.concatenate([to_uint8(generator(rows.to(device))) for rows in torch.split(z, BATCH)])


def seed_sheet(generator: Generator, seed: int) -> Pixels:  # -> [10 R, 10 R, 3]
    """Draw the tile of a seed: its images 0 .. 99, row by row, 10 x 10, without gaps.

    Raises ValueError for a seed outside 0 .. 2**32 - 1 and for a generator whose output is not finite.
    """
    return to_tile(draw(generator, latents(seed, CELLS, generator.z_dim)), COLUMNS)
