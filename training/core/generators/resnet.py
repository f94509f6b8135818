"""The residual generator of SNGAN, SAGAN and BigGAN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import interpolate

from training.core.generators.base import EMBEDDING, GeneratorNetwork
from training.core.generators.config import GeneratorConfig, channels_at, sides
from training.core.generators.layers import ACTIVATIONS, SelfAttention
from training.core.normalization import NORMS


class ResNetGenerator(GeneratorNetwork):
    """Residual blocks from 4 x 4 to the picture (Miyato et al. 2018, arXiv:1802.05957, table 3).

    With classes every norm but the last is a conditional one. `attention` adds self-attention behind the block of that
    side (SAGAN, arXiv:1805.08318).
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        all_sides = sides(config)
        widths = [channels_at(side, config, most=8) for side in all_sides]
        self.start = nn.Linear(self.w_dim, widths[0] * 16)
        self.blocks = nn.ModuleList(_Block(before, after, config) for before, after in pairwise(widths))
        self.attention = nn.ModuleDict(
            {
                str(index): SelfAttention(widths[index])
                for index, side in enumerate(all_sides)
                if side == config.attention
            }
        )
        self.norm = NORMS[config.norm](widths[-1])
        self.activation = ACTIVATIONS[config.activation]()
        self.to_rgb = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def stages(self) -> Sequence[nn.Module]:
        return list(self.blocks)

    def synthesize(self, w: Tensor) -> Tensor:
        kind = w[:, self.z_dim :]
        features = self.start(w).view(len(w), -1, 4, 4)
        for index, block in enumerate(self.blocks, start=1):
            features = block(features, kind)
            if str(index) in self.attention:
                features = self.attention[str(index)](features)
        return self.to_range(self.to_rgb(self.activation(self.norm(features))))


class _Block(nn.Module):  # [N, before, S, S], [N, EMBEDDING or 0] -> [N, after, 2 S, 2 S]
    """Norm, activation, doubling, convolution, twice the first two and a convolution, beside a shortcut of 1 x 1."""

    def __init__(self, before: int, after: int, config: GeneratorConfig) -> None:
        super().__init__()
        norm = ConditionalBatchNorm if config.classes else _without_class(NORMS[config.norm])
        self.norms = nn.ModuleList([norm(before), norm(after)])
        self.activation = ACTIVATIONS[config.activation]()
        self.first = nn.Conv2d(before, after, 3, padding=1)
        self.second = nn.Conv2d(after, after, 3, padding=1)
        self.shortcut = nn.Conv2d(before, after, 1)

    def forward(self, x: Tensor, kind: Tensor) -> Tensor:
        inner = self.activation(self.norms[0](x, kind))
        inner = self.first(interpolate(inner, scale_factor=2.0, mode="nearest"))
        inner = self.second(self.activation(self.norms[1](inner, kind)))
        added: Tensor = inner + interpolate(self.shortcut(x), scale_factor=2.0, mode="nearest")
        return added


class ConditionalBatchNorm(nn.Module):  # [N, C, S, S], [N, EMBEDDING] -> [N, C, S, S]
    """Batch norm whose gains and biases come from the class (de Vries et al. 2017, arXiv:1707.00683; BigGAN)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.affine = nn.Linear(EMBEDDING, 2 * channels)

    def forward(self, x: Tensor, kind: Tensor) -> Tensor:
        gain, bias = self.affine(kind)[:, :, None, None].chunk(2, dim=1)
        normed: Tensor = self.norm(x) * (1.0 + gain) + bias
        return normed


class _Plain(nn.Module):
    """A norm that does not look at the class."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor, kind: Tensor) -> Tensor:
        normed: Tensor = self.norm(x)
        return normed


def _without_class(norm: Callable[[int], nn.Module]) -> Callable[[int], nn.Module]:
    return lambda channels: _Plain(norm(channels))
