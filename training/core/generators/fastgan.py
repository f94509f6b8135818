"""A light form of FastGAN's generator."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from training.core.generators.base import GeneratorNetwork, unit_moment
from training.core.generators.config import GeneratorConfig, channels_at, sides
from training.core.generators.layers import GLU, sub_pixel_convolution


class FastGANGenerator(GeneratorNetwork):
    """A light form of FastGAN's generator (Liu et al. 2021, arXiv:2101.04775): GLU blocks and skip-layer excitation.

    Latents are scaled to unit second moment. Every side up to half the picture's has two convolutions; the picture's
    own is made from there by a sub-pixel convolution (Shi et al. 2016, arXiv:1609.05158), which costs a CPU a third of
    a convolution among the picture's own pixels. The maps at the two largest sides are excited by the two smallest.
    """

    most = 8  # widths that a layer has at most

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        widths = [channels_at(side, config, most=self.most) for side in sides(config)]
        self.start = nn.Sequential(
            nn.ConvTranspose2d(self.w_dim, 2 * widths[0], 4, bias=False), nn.BatchNorm2d(2 * widths[0]), GLU()
        )
        *inner, outer = pairwise(widths)
        self.ups = nn.ModuleList([*(_glu_up(*pair) for pair in inner), self.last_up(*outer)])
        last = len(widths) - 1
        self.sources = {last - 1: 0, last: 1} if last > 2 else {}
        self.excitations = nn.ModuleDict(
            {str(target): _excitation(widths[source], widths[target]) for target, source in self.sources.items()}
        )
        self.to_rgb = nn.Conv2d(widths[-1], 3, 3, padding=1)

    @staticmethod
    def last_up(before: int, after: int) -> nn.Sequential:
        """Return the block that doubles the side to the picture's own."""
        return _sub_pixel_up(before, after)

    def scale(self, z: Tensor) -> Tensor:
        return unit_moment(z)

    def stages(self) -> Sequence[nn.Module]:
        return [self.start, *self.ups]

    def synthesize(self, w: Tensor) -> Tensor:
        maps = [self.start(w[:, :, None, None])]
        for index, up in enumerate(self.ups, start=1):
            features = up(maps[-1])
            if index in self.sources:
                features = features * self.excitations[str(index)](maps[self.sources[index]])
            maps.append(features)
        return self.to_range(self.to_rgb(maps[-1]))


class FastGANNearestGenerator(FastGANGenerator):
    """FastGAN's generator that repeats pixels and convolves up to the picture itself, twice as wide at 4 x 4 and 8 x 8.

    It is Liu et al.'s (2021, arXiv:2101.04775) but for the last block, which has one convolution, as in the light
    generator of Projected GAN (Sauer et al. 2021, arXiv:2111.01007, appendix). It costs more than a sub-pixel
    convolution, and leaves no grid of 2 pixels.
    """

    most = 16

    @staticmethod
    def last_up(before: int, after: int) -> nn.Sequential:
        return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), *_glu(before, after))


def _glu_up(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), *_glu(before, after), *_glu(after, after))


def _sub_pixel_up(before: int, after: int) -> nn.Sequential:
    convolution = sub_pixel_convolution(before, 2 * after, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(8 * after), GLU(), nn.PixelShuffle(2))


def _glu(before: int, after: int) -> tuple[nn.Conv2d, nn.BatchNorm2d, GLU]:
    convolution = nn.Conv2d(before, 2 * after, 3, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(2 * after), GLU()


def _excitation(source: int, target: int) -> nn.Sequential:
    """Turn a small map into one gain in 0 .. 1 for each channel of a large one (arXiv:2101.04775, eq. 1)."""
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(4), nn.Conv2d(source, target, 4), nn.SiLU(), nn.Conv2d(target, target, 1), nn.Sigmoid()
    )
