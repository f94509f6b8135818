"""The residual discriminator of SNGAN, SAGAN, BigGAN and, in a light form, StyleGAN2."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, leaky_relu

from training.core.generators.layers import SelfAttention
from training.core.normalization import NORMS
from training.discriminators.base import Discriminator, DiscriminatorConfig, Head
from training.discriminators.dcgan import MOST, halvings


def resnet(config: DiscriminatorConfig) -> Discriminator:
    """Residual blocks down to 4 x 4, summed over their places (Miyato et al. 2018, arXiv:1802.05957, table 3).

    Self-attention stands behind the block that ends at the side `attention` (SAGAN, arXiv:1805.08318). Sums
    keep growing unless spectral norm bounds every layer.
    """
    body, channels = _blocks(config, scale=1.0)
    return Discriminator(nn.Identity(), Head(body, channels, 4, config, pool=True))


def stylegan2(config: DiscriminatorConfig) -> Discriminator:
    """Residual blocks whose sums keep their scale, and a last layer that sees each place (arXiv:1912.04958, fig. 7)."""
    body, channels = _blocks(config, scale=0.5**0.5)
    return Discriminator(nn.Identity(), Head(body, channels, 4, config))


def _blocks(config: DiscriminatorConfig, scale: float) -> tuple[nn.Module, int]:
    side = config.resolution
    widths = [3] + [config.width * min(2**step, MOST) for step in range(halvings(side))]
    layers: list[nn.Module] = []
    for index, (before, after) in enumerate(pairwise(widths)):
        layers.append(_Block(before, after, config, scale, first=index == 0))
        side //= 2
        if side == config.attention:
            layers.append(SelfAttention(after))
    return nn.Sequential(*layers, nn.LeakyReLU(0.2)), widths[-1]


class _Block(nn.Module):  # [N, before, S, S] -> [N, after, S / 2, S / 2]
    """Two convolutions and a mean over 2 x 2 beside a shortcut of 1 x 1; the first block takes the picture as it is."""

    def __init__(self, before: int, after: int, config: DiscriminatorConfig, scale: float, *, first: bool) -> None:
        super().__init__()
        self.opens, self.scale = not first, scale
        self.norms = nn.ModuleList([NORMS["none" if first else config.norm](before), NORMS[config.norm](after)])
        self.first = nn.Conv2d(before, after, 3, padding=1)
        self.second = nn.Conv2d(after, after, 3, padding=1)
        self.shortcut = nn.Conv2d(before, after, 1)

    def forward(self, x: Tensor) -> Tensor:
        inner = leaky_relu(self.norms[0](x), 0.2) if self.opens else x
        inner = self.second(leaky_relu(self.norms[1](self.first(inner)), 0.2))
        added: Tensor = avg_pool2d(inner, 2) + self.shortcut(avg_pool2d(x, 2))
        return self.scale * added
