"""Generators of one path: the course's own and DCGAN's."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from training.core.generators.base import GeneratorNetwork
from training.core.generators.config import GeneratorConfig, channels_at, sides
from training.core.generators.layers import ACTIVATIONS, UPSAMPLES
from training.core.normalization import NORMS


class CourseGenerator(GeneratorNetwork):
    """The generator of the course's sample program: transposed convolutions, batch norm and ReLU up to the picture."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        widths = [channels_at(side, config) for side in sides(config)]
        self.blocks = _blocks(self.w_dim, widths, config, bias=True)
        self.to_rgb = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def stages(self) -> Sequence[nn.Module]:
        return list(self.blocks)

    def synthesize(self, w: Tensor) -> Tensor:
        return self.to_range(self.to_rgb(self.blocks(w[:, :, None, None])))


class DCGANGenerator(GeneratorNetwork):
    """DCGAN's generator (Radford et al. 2016, arXiv:1511.06434): the last transposed convolution makes the picture.

    `width` is the channels at half the picture's side (64 in the paper's later implementations).
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        widths = [channels_at(2 * side, config) for side in sides(config)[:-1]]
        self.blocks = _blocks(self.w_dim, widths, config, bias=False)
        self.to_rgb = UPSAMPLES[config.upsample](widths[-1], 3, bias=False)

    def stages(self) -> Sequence[nn.Module]:
        return list(self.blocks)

    def synthesize(self, w: Tensor) -> Tensor:
        return self.to_range(self.to_rgb(self.blocks(w[:, :, None, None])))


def _blocks(w_dim: int, widths: Sequence[int], config: GeneratorConfig, *, bias: bool) -> nn.Sequential:
    start = _block(nn.ConvTranspose2d(w_dim, widths[0], 4, bias=bias), widths[0], config)
    ups = [_block(UPSAMPLES[config.upsample](*pair, bias=bias), pair[1], config) for pair in pairwise(widths)]
    return nn.Sequential(start, *ups)


def _block(layer: nn.Module, channels: int, config: GeneratorConfig) -> nn.Sequential:
    return nn.Sequential(layer, NORMS[config.norm](channels), ACTIVATIONS[config.activation]())
