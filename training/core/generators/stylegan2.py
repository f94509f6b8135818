"""A light form of StyleGAN2's generator."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, leaky_relu

from training.core.generators.base import GeneratorNetwork, unit_moment
from training.core.generators.config import GeneratorConfig, channels_at, sides
from training.core.sharding import batch_mean, drawn

MEAN_KEEP = 0.995  # of the mean style, a step
GAIN = 2.0**0.5  # by which a leaky ReLU keeps the scale; weights that none follows are scaled back by it


class StyleGAN2Generator(GeneratorNetwork):
    """A mapping network, styles that modulate convolutions, layer noise and a skip of RGB maps.

    Karras et al. 2020 (arXiv:1912.04958), figure 2 d and section 4.1, without path length regularisation and with two
    mapping layers. The sum of RGB maps goes through tanh, as in the other generators. One style enters at each side.
    Noise is new at each step of training and fixed when drawing, so that a latent gives one picture. Truncation pulls
    styles to their mean (`psi`).
    """

    mean_w: Tensor

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        all_sides = sides(config)
        widths = [channels_at(side, config, most=8) for side in all_sides]
        self.styles = len(all_sides)
        self.mapping = nn.ModuleList([nn.Linear(self.w_dim, config.z_dim), nn.Linear(config.z_dim, config.z_dim)])
        self.w_dim = config.z_dim
        self.register_buffer("mean_w", torch.zeros(config.z_dim))
        self.constant = nn.Parameter(torch.randn(1, widths[0], 4, 4))
        pairs = pairwise([widths[0], *widths])
        self.blocks = nn.ModuleList(
            _Block(before, after, side, config.z_dim) for (before, after), side in zip(pairs, all_sides, strict=True)
        )
        self.to_rgb = nn.ModuleList(Modulated(width, 3, 1, config.z_dim, demodulate=False) for width in widths)

    def map(self, z: Tensor, labels: Tensor | None = None, psi: float = 1.0) -> Tensor:
        w = self.describe(unit_moment(z), labels)
        for layer in self.mapping:
            w = leaky_relu(layer(w), 0.2)
        if self.training:
            with torch.no_grad():
                self.mean_w.lerp_(batch_mean(w.detach()).to(self.mean_w.dtype), 1.0 - MEAN_KEEP)
        if psi != 1.0:
            w = torch.lerp(self.mean_w, w, psi)
        return w[:, None].expand(-1, self.styles, -1)

    def mapping_parameters(self) -> list[nn.Parameter]:
        return list(self.mapping.parameters())

    def stages(self) -> Sequence[nn.Module]:
        return list(self.blocks)

    def synthesize(self, w: Tensor) -> Tensor:
        features, rgb = self.constant.expand(len(w), -1, -1, -1), torch.zeros((), device=w.device)
        for index, (block, to_rgb) in enumerate(zip(self.blocks, self.to_rgb, strict=True)):
            if index:
                features, rgb = (interpolate(one, scale_factor=2.0, mode="bilinear") for one in (features, rgb))
            features = block(features, w[:, index])
            rgb = rgb + to_rgb(features, w[:, index])
        return torch.tanh(rgb / (GAIN * self.styles**0.5))


class _Block(nn.Module):  # [N, before, S, S], [N, w_dim] -> [N, after, S, S]
    """One modulated convolution, noise, bias and a leaky ReLU, twice."""

    noise: Tensor

    def __init__(self, before: int, after: int, side: int, w_dim: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(Modulated(channels, after, 3, w_dim) for channels in (before, after))
        self.strengths = nn.Parameter(torch.zeros(2))
        self.register_buffer("noise", torch.randn(2, 1, side, side))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        for convolution, strength, fixed in zip(self.convolutions, self.strengths, self.noise, strict=True):
            noise = self._drawn_noise(x) if self.training else fixed
            x = GAIN * leaky_relu(convolution(x, w) + strength * noise, 0.2)
        return x

    def _drawn_noise(self, x: Tensor) -> Tensor:  # [N, C, S, S] -> [N, 1, S, S]
        return drawn(lambda count: torch.randn(count, *self.noise.shape[1:], device=x.device), len(x))


class Modulated(nn.Module):  # [N, before, S, S], [N, w_dim] -> [N, after, S, S]
    """A convolution whose weights are scaled by the style, and brought back to unit norm (arXiv:1912.04958, eq. 1, 3).

    Scaling the input by the style and the output by the norm is the same, and needs no weights of its own per image.
    """

    def __init__(self, before: int, after: int, side: int, w_dim: int, *, demodulate: bool = True) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, side, padding=side // 2, bias=False)
        self.bias = nn.Parameter(torch.zeros(after))
        self.style = nn.Linear(w_dim, before)
        self.demodulate = demodulate

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style, weight = 1.0 + self.style(w) / GAIN, self.convolution.weight
        convolved = conv2d(x * style[:, :, None, None], weight, padding=self.convolution.padding)
        if self.demodulate:
            norms = style.float().square() @ weight.float().square().sum(dim=(2, 3)).t()  # [N, after]
            scale = (norms.float() + 1e-8).rsqrt()  # in float16 the constant is 0
            convolved = convolved * scale.to(convolved.dtype)[:, :, None, None]
        return convolved + self.bias[:, None, None]
