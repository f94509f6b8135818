"""Previews in bfloat16 where the CPU has AMX: sooner on the screen than the exact tile, and never taken for it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from training.core.generators import GeneratorNetwork
from training.core.pixels import NotFiniteError, Pixels
from training.core.precision import has_amx
from training.core.tile import draw

MAX_MEAN_LEVELS = 2.0  # by which a preview may differ from the exact picture; usual are 0.3 on average, 10 at most
MAX_LEVELS = 32


def preview_precision(device: torch.device) -> torch.dtype | None:
    """Return what previews are drawn in on this device, None where float32 is as fast: bfloat16 needs AMX to pay."""
    return torch.bfloat16 if device.type == "cpu" and has_amx() else None


def usable(
    generator: GeneratorNetwork, precision: torch.dtype | None, z: Tensor, labels: Tensor | None, exact: Pixels
) -> torch.dtype | None:
    """Return the precision if a few pictures of these latents come near the `exact` ones in it, otherwise None."""
    if precision is None:
        return None
    try:
        found = draw(generator, z, labels, precision=precision)
    except NotFiniteError:
        return None
    return precision if is_near(found, exact) else None


def is_near(found: Pixels, exact: Pixels) -> bool:
    """Tell whether pictures differ by no more than a preview may."""
    levels = np.abs(found.astype(np.int16) - exact)
    return bool(levels.mean() <= MAX_MEAN_LEVELS and levels.max() <= MAX_LEVELS)


def name_of(precision: torch.dtype) -> str:
    """Return what the page calls a precision, such as `float32`."""
    return str(precision).removeprefix("torch.")
