"""Layers that networks share: doubling the side, activations, self-attention."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "elu": nn.ELU,
}


def transposed(before: int, after: int, *, bias: bool = True) -> nn.Module:
    """Double the side by a transposed convolution, 4 x 4 with stride 2 so that every pixel gets as much."""
    return nn.ConvTranspose2d(before, after, 4, 2, 1, bias=bias)


def nearest(before: int, after: int, *, bias: bool = True) -> nn.Module:
    """Double the side by repeating pixels, then convolve: no checkerboard (Odena et al. 2016, distill.pub)."""
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(before, after, 3, padding=1, bias=bias))


def sub_pixel(before: int, after: int, *, bias: bool = True) -> nn.Module:
    """Double the side by four filters a channel (Shi et al. 2016, arXiv:1609.05158), equal at the start."""
    return nn.Sequential(sub_pixel_convolution(before, after, bias=bias), nn.PixelShuffle(2))


def sub_pixel_convolution(before: int, after: int, *, bias: bool = True) -> nn.Conv2d:
    """Return a convolution for PixelShuffle whose four filters a channel start equal, so that no grid shows at first.

    Aitken et al. 2017, arXiv:1707.02937.
    """
    convolution = nn.Conv2d(before, 4 * after, 3, padding=1, bias=bias)
    convolution.equal_filters = 4  # type: ignore[assignment]  # for whoever draws the weights anew
    with torch.no_grad():
        convolution.weight.copy_(convolution.weight[::4].repeat_interleave(4, dim=0))
        if convolution.bias is not None:
            convolution.bias.copy_(convolution.bias[::4].repeat_interleave(4))
    return convolution


UPSAMPLES: dict[str, Callable[..., nn.Module]] = {
    "transposed": transposed,
    "nearest": nearest,
    "sub_pixel": sub_pixel,
}


class GLU(nn.Module):  # [N, 2 C, S, S] -> [N, C, S, S]
    """Gate one half of the channels by the other (Dauphin et al. 2017, arXiv:1612.08083, eq. 1).

    The same as nn.GLU, whose backward returns a gradient that is not channels-last: on a CPU the batch norm before it
    then takes forty times as long.
    """

    def forward(self, x: Tensor) -> Tensor:
        values, gates = x.chunk(2, dim=1)
        return values * gates.sigmoid()


class SelfAttention(nn.Module):  # [N, C, S, S] -> [N, C, S, S]
    """Let every place look at every other (SAGAN, Zhang et al. 2019, arXiv:1805.08318, as their program does it).

    Keys and values are max-pooled to half the side; `gain` begins at 0, where the layer changes nothing.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner, values = max(channels // 8, 1), max(channels // 2, 1)
        self.theta = nn.Conv2d(channels, inner, 1, bias=False)
        self.phi = nn.Conv2d(channels, inner, 1, bias=False)
        self.g = nn.Conv2d(channels, values, 1, bias=False)
        self.o = nn.Conv2d(values, channels, 1, bias=False)
        self.gain = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        queries = self.theta(x).flatten(2)
        keys = max_pool2d(self.phi(x), 2).flatten(2)
        values = max_pool2d(self.g(x), 2).flatten(2)
        attention = torch.softmax(queries.transpose(1, 2) @ keys, dim=2)  # [N, places, places / 4]
        seen = (attention @ values.transpose(1, 2)).view(len(x), *x.shape[2:], -1)
        mixed: Tensor = x + self.gain * self.o(seen.permute(0, 3, 1, 2))
        return mixed
