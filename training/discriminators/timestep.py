"""How D is told by which step of a diffusion each image was noised."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

WAVES = 32  # sines, and as many cosines, by which a step is described
SLOWEST = 1000.0  # steps of the longest wave, over 2 pi


class TimestepProjection(nn.Module):  # features [N, C], timesteps [N] -> [N, 1]
    """The product of an image's features and a direction that its step of diffusion gives, to be added to the logit.

    Diffusion-GAN (Wang et al. 2023, arXiv:2206.02262, section 3.1) has a discriminator D(y, t) that is told t, in its
    program by a projection, as of a class. Here the direction is a small network's of sines and cosines of t (Vaswani
    et al. 2017, arXiv:1706.03762, section 3.5), so that neighbouring steps share what they learn.
    """

    frequencies: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        exponents = torch.arange(WAVES) / WAVES
        self.register_buffer("frequencies", torch.exp(-math.log(SLOWEST) * exponents), persistent=False)
        self.direction = nn.Sequential(nn.Linear(2 * WAVES, 2 * WAVES), nn.SiLU(), nn.Linear(2 * WAVES, channels))

    def forward(self, features: Tensor, timesteps: Tensor | None = None) -> Tensor:
        """Add up in float32; without timesteps all are 0."""
        steps = features.new_zeros(len(features)) if timesteps is None else timesteps
        angles = steps.float()[:, None] * self.frequencies
        direction = self.direction(torch.cat([angles.sin(), angles.cos()], dim=1))
        product: Tensor = (features.float() * direction.float()).sum(dim=1, keepdim=True)
        return product / math.sqrt(features.shape[1])
