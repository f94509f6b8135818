"""Discriminators of one path: the course's own and DCGAN's."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import nn

from training.core.normalization import NORMS
from training.discriminators.base import Discriminator, DiscriminatorConfig, Head

MOST = 16  # widths that a layer has at most


def course(config: DiscriminatorConfig) -> Discriminator:
    """The discriminator of the course's sample program: a 3 x 3 convolution, then halvings down to 4 x 4."""
    widths = [config.width * min(2**step, MOST) for step in range(halvings(config.resolution) + 1)]
    layers: list[nn.Module] = [nn.Conv2d(3, widths[0], 3, padding=1), nn.LeakyReLU(0.1)]
    for before, after in pairwise(widths):
        layers += [nn.Conv2d(before, after, 4, 2, 1), NORMS[config.norm](after), nn.LeakyReLU(0.1)]
    return Discriminator(nn.Identity(), Head(nn.Sequential(*layers), widths[-1], 4, config))


def dcgan(config: DiscriminatorConfig) -> Discriminator:
    """DCGAN's discriminator (Radford et al. 2016, arXiv:1511.06434): no norm after the first layer, none in the last.

    A convolution that a norm follows has no bias.
    """
    widths = [3] + [config.width * min(2**step, MOST) for step in range(halvings(config.resolution))]
    layers: list[nn.Module] = []
    for index, (before, after) in enumerate(pairwise(widths)):
        norm = NORMS[config.norm](after) if index else nn.Identity()
        layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), norm, nn.LeakyReLU(0.2)]
    return Discriminator(nn.Identity(), Head(nn.Sequential(*layers), widths[-1], 4, config, bias=False))


def halvings(side: int) -> int:
    """Return how often a side halves until 4 pixels are left."""
    return int(math.log2(side // 4))
