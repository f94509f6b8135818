"""Discriminators that look through a frozen ImageNet network."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import interpolate

from training.core.imagenet_features import CHANNELS, EfficientNetFeatures
from training.core.normalization import NORMS
from training.discriminators.base import Discriminator, DiscriminatorConfig, Head, Heads
from training.discriminators.dcgan import halvings

PIXEL_SHARE = 0.3  # of the discriminator that looks at the picture itself


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


def projected_patch(config: DiscriminatorConfig) -> Discriminator:
    """The same with patch logits: each discriminator judges 5 x 5 places, as in the program of Sauer et al. 2021.

    One more looks at the picture itself, without batch norm, since at 128 x 128 the features do not see a grid of
    single pixels. It counts three tenths of the others together.
    """
    backbone = ProjectedFeatures()
    side, plain = config.resolution, replace(config, width=max(config.width // 2, 1), norm="none")
    shares = [1.0 / len(backbone.channels)] * len(backbone.channels)
    heads = [_patches(channels, side // 2**step, config) for step, channels in enumerate(backbone.channels, start=1)]
    return Discriminator(backbone, Heads([_pixel_patches(plain), *heads], (PIXEL_SHARE, *shares)))


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


def _small(channels: int, side: int, config: DiscriminatorConfig) -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in pairwise([channels] + [config.width] * halvings(side)):
        layers += [nn.Conv2d(before, after, 4, 2, 1), NORMS[config.norm](after), nn.LeakyReLU(0.2)]
    return Head(nn.Sequential(*layers), config.width if layers else channels, 4, config)


def _patches(channels: int, side: int, config: DiscriminatorConfig) -> nn.Module:
    """Halve maps to 8 x 8, of which a last layer of 4 x 4 judges 5 x 5 places; smaller maps are judged as they are."""
    layers: list[nn.Module] = []
    for before, after in pairwise([channels] + [config.width] * max(halvings(side) - 1, 0)):
        layers += [nn.Conv2d(before, after, 4, 2, 1), NORMS[config.norm](after), nn.LeakyReLU(0.2)]
    return Head(nn.Sequential(*layers), config.width if layers else channels, min(side, 4), config)


def _pixel_patches(config: DiscriminatorConfig) -> nn.Module:
    """Judge patches of the picture from maps at an eighth of its side."""
    widths = [3, config.width, 2 * config.width, 4 * config.width]
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2)]
    return Head(nn.Sequential(*layers), widths[-1], min(config.resolution // 8, 4), config)


def _random(before: int, after: int) -> nn.Module:
    layer = nn.Conv2d(before, after, 1, bias=False)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
    return layer
