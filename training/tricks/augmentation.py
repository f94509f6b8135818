"""Differentiable augmentation of reals and fakes alike.

Color, translation and cutout are DiffAugment's (Zhao et al. 2020, arXiv:2006.10738); zoom, rotation and noise are
among ADA's (Karras et al. 2020, arXiv:2006.06676, appendix B); diffusion is Diffusion-GAN's (arXiv:2206.02262).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, conv2d, grid_sample, pad

from training.core.sharding import drawn, drawn_like

DIFFUSION_STEPS = 500
FEWEST_STEPS = 5
DIFFUSION_SIGMA = 0.05


def color(images: Tensor) -> Tensor:  # [N, 3, R, R] -> [N, 3, R, R]
    """Shift the brightness by up to 0.5, scale the saturation by 0 .. 2 and the contrast by 0.5 .. 1.5, per image."""
    brightness, saturation, contrast = drawn(lambda n: images.new_empty(3, n, 1, 1, 1).uniform_(), len(images), dim=1)
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
    down, right = drawn(lambda n: torch.randint(0, 2 * reach + 1, (2, n, 1), device=images.device), count, dim=1)
    rows = (torch.arange(height, device=images.device) + down)[:, :, None]
    columns = (torch.arange(width, device=images.device) + right)[:, None, :]
    each = torch.arange(count, device=images.device)[:, None, None]
    padded = pad(images, (reach, reach, reach, reach)).permute(0, 2, 3, 1)  # channels last, as all that follows
    return padded[each, rows, columns].permute(0, 3, 1, 2)


def cutout(images: Tensor) -> Tensor:  # [N, 3, R, R] -> [N, 3, R, R]
    """Set a square of half the side to 0 in each image; it may hang over the edge."""
    count, _, height, width = images.shape
    first, end = -height // 4, height - height // 4 + 1
    top, left = drawn(lambda n: torch.randint(first, end, (2, n, 1), device=images.device), count, dim=1)
    rows, columns = (torch.arange(side, device=images.device) for side in (height, width))
    inside_rows = (rows >= top) & (rows < top + height // 2)
    inside_columns = (columns >= left) & (columns < left + width // 2)
    hole = inside_rows[:, :, None] & inside_columns[:, None, :]
    return images.masked_fill(hole[:, None], 0.0)


def zoom(images: Tensor) -> Tensor:  # [N, 3, R, R] -> [N, 3, R, R]
    """Scale each image about its middle by a factor of 2 ** N(0, 0.2), the same both ways (ADA's isotropic scaling)."""
    factors = torch.exp2(0.2 * drawn(lambda n: images.new_empty(n).normal_(), len(images)))
    return _resample(images, 1.0 / factors, torch.zeros_like(factors))


def rotation(images: Tensor) -> Tensor:  # [N, 3, R, R] -> [N, 3, R, R]
    """Turn each image about its middle by any angle; what comes in from outside is 0 (ADA's arbitrary rotation)."""
    angles = torch.pi * (2.0 * drawn(lambda n: images.new_empty(n).uniform_(), len(images)) - 1.0)
    return _resample(images, torch.ones_like(angles), angles)


def noise(images: Tensor) -> Tensor:  # [N, 3, R, R] -> [N, 3, R, R]
    """Add noise of its own strength to each image, a standard deviation of |N(0, 0.1)| (ADA's corruption)."""
    sigma = 0.1 * drawn(lambda n: images.new_empty(n, 1, 1, 1).normal_(), len(images)).abs()
    return images + sigma * drawn_like(torch.randn_like, images)


def blur(images: Tensor, sigma: float) -> Tensor:  # [N, 3, R, R] -> [N, 3, R, R]
    """Blur pictures by a Gaussian of a standard deviation of `sigma` pixels; a small one leaves them as they are.

    StyleGAN-XL (Sauer et al. 2022, arXiv:2202.00273, appendix) shows D blurred pictures at first, fading.
    """
    reach = round(3 * sigma)
    if reach < 1 or reach >= images.shape[3]:
        return images
    places = torch.arange(-reach, reach + 1, device=images.device, dtype=images.dtype)
    kernel = torch.exp(-0.5 * (places / sigma).square())
    kernel = (kernel / kernel.sum()).expand(images.shape[1], 1, 1, -1)
    rows = conv2d(pad(images, (reach, reach, 0, 0), mode="reflect"), kernel, groups=images.shape[1])
    columns = pad(rows, (0, 0, reach, reach), mode="reflect")
    blurred: Tensor = conv2d(columns, kernel.transpose(2, 3), groups=images.shape[1])
    return blurred


def _resample(images: Tensor, scales: Tensor, angles: Tensor) -> Tensor:
    cosine, sine, zero = scales * torch.cos(angles), scales * torch.sin(angles), torch.zeros_like(angles)
    rows = [torch.stack([cosine, -sine, zero], dim=1), torch.stack([sine, cosine, zero], dim=1)]
    grid = affine_grid(torch.stack(rows, dim=1), list(images.shape), align_corners=False)
    return grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def diffusion(images: Tensor, strength: Tensor | float) -> Tensor:  # [N, 3, R, R] -> [N, 3, R, R]
    """Mix each image with noise as a diffusion does, up to a step that grows with the strength in 0 .. 1.

    Diffusion-GAN (Wang et al. 2023, arXiv:2206.02262): x_t = sqrt(a_t) x + sqrt(1 - a_t) 0.05 n with a_t the product of
    1 - b over b from 0.0001 to 0.02, t uniform in 1 .. T, and T between 5 and 500. Half of the images stay as they
    are, as in the authors' program, so that D also sees them clean.
    """
    return diffused(images, diffusion_steps(len(images), torch.as_tensor(strength, device=images.device)))


def diffusion_steps(count: int, strength: Tensor) -> Tensor:  # -> int64 [count] in 0 .. DIFFUSION_STEPS
    """Draw the step of each image, 0 for those that stay as they are."""
    most = FEWEST_STEPS + strength * (DIFFUSION_STEPS - FEWEST_STEPS)
    steps = (1.0 + drawn(lambda n: torch.rand(n, device=strength.device), count) * most).long()
    steps = steps * (drawn(lambda n: torch.rand(n, device=strength.device), count) >= 0.5)
    return steps.clamp(max=DIFFUSION_STEPS)


def diffused(images: Tensor, steps: Tensor) -> Tensor:  # [N, 3, R, R], int64 [N] -> [N, 3, R, R]
    """Mix each image with the noise of its step."""
    betas = torch.linspace(1e-4, 0.02, DIFFUSION_STEPS, device=images.device)
    kept = torch.cat([torch.ones(1, device=images.device), torch.cumprod(1.0 - betas, dim=0)])
    share = kept[steps][:, None, None, None].to(images.dtype)
    drawn_noise = drawn_like(torch.randn_like, images)
    noised: Tensor = share.sqrt() * images + DIFFUSION_SIGMA * (1.0 - share).sqrt() * drawn_noise
    return noised


def apply(names: Iterable[str], images: Tensor, strength: Tensor | None = None) -> Tensor:
    """Apply the named augmentations to images [N, 3, R, R], one after the other.

    `strength` in 0 .. 1 is the probability with which each image gets each of them, and how far diffusion goes; without
    one, every image gets all.
    """
    for name in names:
        if name == "diffusion":
            images = diffusion(images, 1.0 if strength is None else strength)
        elif strength is None:
            images = AUGMENTS[name](images)
        else:
            chosen = drawn(lambda n: torch.rand(n, 1, 1, 1, device=strength.device), len(images)) < strength
            images = torch.where(chosen, AUGMENTS[name](images), images)
    return images


AUGMENTS: dict[str, Callable[[Tensor], Tensor]] = {
    "color": color,
    "translation": translation,
    "cutout": cutout,
    "zoom": zoom,
    "rotation": rotation,
    "noise": noise,
    "diffusion": partial(diffusion, strength=1.0),
}
