"""Differentiable augmentation of reals and fakes alike (DiffAugment, Zhao et al. 2020, arXiv:2006.10738)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.nn.functional import pad


def color(images: Tensor) -> Tensor:  # [N, 3, R, R] -> [N, 3, R, R]
    """Shift the brightness by up to 0.5, scale the saturation by 0 .. 2 and the contrast by 0.5 .. 1.5, per image."""
    brightness, saturation, contrast = torch.rand(3, len(images), 1, 1, 1, device=images.device, dtype=images.dtype)
    images = images + (brightness - 0.5)
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * (2.0 * saturation)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    contrasted: Tensor = mean + (images - mean) * (contrast + 0.5)
    return contrasted


def translation(images: Tensor) -> Tensor:  # [N, 3, R, R] -> [N, 3, R, R]
    """Move each image by up to an eighth of its side, both ways; what comes in from outside is 0."""
    count, _, height, width = images.shape
    reach = height // 8
    down, right = torch.randint(0, 2 * reach + 1, (2, count, 1), device=images.device)
    rows = (torch.arange(height, device=images.device) + down)[:, None, :, None]
    columns = (torch.arange(width, device=images.device) + right)[:, None, None, :]
    each = torch.arange(count, device=images.device)[:, None, None, None]
    channels = torch.arange(3, device=images.device)[None, :, None, None]
    return pad(images, (reach, reach, reach, reach))[each, channels, rows, columns]


def cutout(images: Tensor) -> Tensor:  # [N, 3, R, R] -> [N, 3, R, R]
    """Set a square of half the side to 0 in each image; it may hang over the edge."""
    count, _, height, width = images.shape
    top, left = torch.randint(-height // 4, height - height // 4 + 1, (2, count, 1), device=images.device)
    rows, columns = (torch.arange(side, device=images.device) for side in (height, width))
    inside_rows = (rows >= top) & (rows < top + height // 2)
    inside_columns = (columns >= left) & (columns < left + width // 2)
    hole = inside_rows[:, :, None] & inside_columns[:, None, :]
    return images.masked_fill(hole[:, None], 0.0)


def apply(names: Iterable[str], images: Tensor) -> Tensor:  # [N, 3, R, R] -> [N, 3, R, R]
    """Apply the named augmentations, one after the other."""
    for name in names:
        images = AUGMENTS[name](images)
    return images


AUGMENTS: dict[str, Callable[[Tensor], Tensor]] = {"color": color, "translation": translation, "cutout": cutout}
