"""From a seed to latents, and between latents: the only place that draws with numpy.random."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

SEED_LIMIT = 2**32
SOURCE = "numpy.random.RandomState.standard_normal"
LABEL_STREAM = 1  # what tells the stream of classes from that of latents
NEARLY_PARALLEL = 0.9995  # cosine beyond which slerp's sine is too small to divide by


def check_seed(seed: object) -> int:
    """Return `seed` as an int, or raise ValueError with a sentence that names what is allowed."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < SEED_LIMIT:
        raise ValueError(f"The seed {seed!r} is not a whole number from 0 to {SEED_LIMIT - 1}.")
    return int(seed)


def latents(seed: int, count: int, z_dim: int) -> Tensor:  # -> [count, z_dim]
    """Draw the first `count` latents of a seed, float32 on the CPU.

    NumPy froze the stream of RandomState for ever (NEP 19), and it is filled row by row: row k of a seed is the same
    however many rows are asked for. Raises ValueError for a seed outside 0 .. 2**32 - 1.
    """
    draws = np.random.RandomState(check_seed(seed)).standard_normal((count, z_dim))
    return torch.from_numpy(draws.astype(np.float32))


def labels(seed: int, count: int, classes: int) -> Tensor:  # -> int64 [count]
    """Draw the classes, 0 .. classes - 1, of the first `count` latents of a seed, each as likely as the others.

    They have a stream of their own beside the latents', filled in order: the class of row k is the same however many
    rows are asked for. Raises ValueError for a seed outside 0 .. 2**32 - 1.
    """
    shares = np.random.RandomState([check_seed(seed), LABEL_STREAM]).random_sample(count)
    return torch.from_numpy((shares * classes).astype(np.int64))


def lerp(start: Tensor, end: Tensor, t: float) -> Tensor:  # [N, z_dim], [N, z_dim] -> [N, z_dim]
    """Mix two sets of latents along the straight line; t = 0 gives `start`, t = 1 gives `end`, exactly."""
    return start * (1.0 - t) + end * t


def slerp(start: Tensor, end: Tensor, t: float) -> Tensor:  # [N, z_dim], [N, z_dim] -> [N, z_dim]
    """Mix two sets of latents along the great circle, row by row (White 2016, arXiv:1609.04468).

    Every row turns by its own angle. Rows that are nearly parallel, or opposite, take the straight line.
    t = 0 gives `start` and t = 1 gives `end`, exactly.
    """
    if t in (0.0, 1.0):
        return (start if t == 0.0 else end).clone()
    cosine = torch.nn.functional.cosine_similarity(start, end, dim=1).unsqueeze(1)
    angle = torch.acos(cosine.clamp(-NEARLY_PARALLEL, NEARLY_PARALLEL))
    arc = (torch.sin((1.0 - t) * angle) * start + torch.sin(t * angle) * end) / torch.sin(angle)
    return torch.where(cosine.abs() > NEARLY_PARALLEL, lerp(start, end, t), arc)
