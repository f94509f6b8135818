"""Networks that judge images: a frozen backbone, where there is one, and a head that is trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from training.features import CHANNELS, EfficientNetFeatures
from training.norms import NORMS


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """What a discriminator is built from: a row of DISCRIMINATORS, the side of the images, widths and norm."""

    network: str
    resolution: int
    width: int
    norm: str = "none"


class Discriminator(nn.Module):  # [N, 3, R, R] in [-1, 1] -> logits [N, K]
    """A judge in two parts.

    `backbone` is frozen: what it returns for an image stays valid when the head changes, so that a training step
    computes it once for both players. `head` turns that into one logit or more per image.
    """

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(images))
        return logits


def build_discriminator(config: DiscriminatorConfig) -> Discriminator:
    """Build the discriminator of a config, with PyTorch's own initial weights."""
    return DISCRIMINATORS[config.network](config)


def course(config: DiscriminatorConfig) -> Discriminator:
    """The discriminator of the course's sample program: a 3 x 3 convolution, then halvings down to 4 x 4."""
    widths = [config.width * min(2**step, 16) for step in range(_halvings(config.resolution) + 1)]
    layers: list[nn.Module] = [nn.Conv2d(3, widths[0], 3, padding=1), nn.LeakyReLU(0.1)]
    for before, after in pairwise(widths):
        layers += [nn.Conv2d(before, after, 4, 2, 1), NORMS[config.norm](after), nn.LeakyReLU(0.1)]
    layers += [nn.Conv2d(widths[-1], 1, 4), nn.Flatten()]
    return Discriminator(nn.Identity(), nn.Sequential(*layers))


def dcgan(config: DiscriminatorConfig) -> Discriminator:
    """DCGAN's discriminator (Radford et al. 2016, arXiv:1511.06434): no norm after the first layer, none in the last.

    A convolution that a norm follows has no bias.
    """
    widths = [3] + [config.width * min(2**step, 16) for step in range(_halvings(config.resolution))]
    layers: list[nn.Module] = []
    for index, (before, after) in enumerate(pairwise(widths)):
        norm = NORMS[config.norm](after) if index else nn.Identity()
        layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), norm, nn.LeakyReLU(0.2)]
    layers += [nn.Conv2d(widths[-1], 1, 4, bias=False), nn.Flatten()]
    return Discriminator(nn.Identity(), nn.Sequential(*layers))


def projected(config: DiscriminatorConfig) -> Discriminator:
    """Small discriminators on frozen features, mixed at random (Projected GAN, Sauer et al. 2021, arXiv:2111.01007).

    Beside the four on features stands one on the picture itself: at 128 x 128 the features do not see a regular
    grid of single pixels. `width` is the channels of each on features, four times those of the one on the picture.
    """
    backbone = ProjectedFeatures()
    side = config.resolution
    heads = [_small(3, side, replace(config, width=max(config.width // 4, 1)))]
    for step, channels in enumerate(backbone.channels, start=1):
        heads.append(_small(channels, side // 2**step, config))
    return Discriminator(backbone, Heads(heads))


class ProjectedFeatures(nn.Module):  # [N, 3, R, R] in [-1, 1] -> [the picture, and four maps from fine to coarse]
    """Frozen ImageNet features behind fixed random convolutions: across channels, then from coarse to fine.

    Sauer et al. 2021 (arXiv:2111.01007), section 3.2: cross-channel mixing (1 x 1, to twice the channels here) and
    cross-scale mixing (each map upsampled and added to the next finer one, which is then mixed again). The finest
    maps are at half the side, an eighth is the coarsest.
    """

    channels = (48, 48, 96, 192)

    def __init__(self) -> None:
        super().__init__()
        self.features = EfficientNetFeatures()
        mixed = (48, 96, 192, 384)
        self.across_channels = nn.ModuleList(_random(*pair) for pair in zip(CHANNELS, mixed, strict=True))
        self.across_scales = nn.ModuleList(_random(*pair) for pair in zip(mixed, self.channels, strict=True))
        self.requires_grad_(False)

    def forward(self, images: Tensor) -> list[Tensor]:
        maps = [mix(one) for mix, one in zip(self.across_channels, self.features(images), strict=True)]
        coarser, mixed = None, []
        for mix, one in zip(reversed(self.across_scales), reversed(maps), strict=True):
            one = one if coarser is None else one + coarser
            coarser = interpolate(mix(one), scale_factor=2.0, mode="bilinear")
            mixed.append(coarser)
        return [images, *reversed(mixed)]


class Heads(nn.Module):  # K maps -> logits [N, all of theirs]
    """One small discriminator for each map; their logits side by side."""

    def __init__(self, heads: Sequence[nn.Module]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(heads)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        return torch.cat([head(one) for head, one in zip(self.heads, maps, strict=True)], dim=1)


def _small(channels: int, side: int, config: DiscriminatorConfig) -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in pairwise([channels] + [config.width] * _halvings(side)):
        layers += [nn.Conv2d(before, after, 4, 2, 1), NORMS[config.norm](after), nn.LeakyReLU(0.2)]
    layers += [nn.Conv2d(config.width if layers else channels, 1, 4), nn.Flatten()]
    return nn.Sequential(*layers)


def _halvings(side: int) -> int:
    """Return how often a side halves until 4 pixels are left."""
    return int(math.log2(side // 4))


def _random(before: int, after: int) -> nn.Module:
    layer = nn.Conv2d(before, after, 1, bias=False)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
    return layer


DISCRIMINATORS: dict[str, Callable[[DiscriminatorConfig], Discriminator]] = {
    "course": course,
    "dcgan": dcgan,
    "projected": projected,
}
