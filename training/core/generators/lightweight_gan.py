"""The generator of the program lightweight-gan, a FastGAN with noise, global contexts and linear attention."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, normalize, pad

from training.core.generators.base import GeneratorNetwork
from training.core.generators.config import GeneratorConfig, sides
from training.core.generators.layers import GLU
from training.core.sharding import drawn

SKIPPED = 8  # times that the side doubles from a map to the one that it excites
FIRST_SOURCE = 16  # the side of the smallest map that excites another
FREQUENCIES = 8  # by which a map is summed up along each of its two axes
HEADS, HEAD = 8, 64  # of attention, and the channels of each
AROUND = range(-1, 2)  # the rows and columns that a place looks at, in steps from its own


class LightweightGANGenerator(GeneratorNetwork):
    """lightweight-gan's form of FastGAN's generator (Liu et al. 2021, arXiv:2101.04775), from version 0.21.4 on.

    Each block doubles the side as `doubling` says, blurs, convolves 4 x 4 and adds noise before its norm and GLU. A map
    gives the one eight times its side one gain a channel (`excitation`): from a global context (Cao et al. 2020,
    arXiv:2012.13375), or from its frequencies (Qin et al. 2020, arXiv:2012.11879). The maps at the sides of
    `linear_attention` attend to themselves first (Shen et al. 2018, arXiv:1812.01243). Channels double at each halving
    up to `most`. Noise is new at each step of training and fixed when drawing, so that a latent gives one picture.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        widths = {side: channels_of(side, config) for side in sides(config)[1:]}
        self.start = nn.Sequential(
            nn.ConvTranspose2d(self.w_dim, 2 * config.z_dim, 4), nn.BatchNorm2d(2 * config.z_dim), GLU()
        )
        pairs = pairwise([config.z_dim, *widths.values()])
        self.blocks = nn.ModuleList(
            _Block(before, after, side, config) for (before, after), side in zip(pairs, widths, strict=True)
        )
        self.excitations = nn.ModuleDict(
            {
                str(SKIPPED * side): EXCITATIONS[config.excitation](widths[side], widths[SKIPPED * side])
                for side in widths
                if side >= FIRST_SOURCE and SKIPPED * side in widths
            }
        )
        self.to_rgb = nn.Conv2d(widths[config.resolution], 3, 3, padding=1)

    def stages(self) -> Sequence[nn.Module]:
        return [self.start, *self.blocks]

    def synthesize(self, w: Tensor) -> Tensor:
        features = normalize(self.start(w[:, :, None, None]), dim=1)
        gains: dict[str, Tensor] = {}
        for block in self.blocks:
            features = block(features)
            side = features.shape[-1]
            if str(SKIPPED * side) in self.excitations:
                gains[str(SKIPPED * side)] = self.excitations[str(SKIPPED * side)](features)
            if str(side) in gains:
                features = features * gains[str(side)]
        return self.to_range(self.to_rgb(features))


def channels_of(side: int, config: GeneratorConfig) -> int:
    """Return how many channels a map of this side has: doubled at each halving, up to `most`."""
    return min(config.width * (config.resolution // side), config.most)


class _Block(nn.Module):  # [N, before, S / 2, S / 2] -> [N, after, S, S]
    """Attention where it is asked for, doubling, blur, convolution, noise, norm, GLU."""

    noise: Tensor

    def __init__(self, before: int, after: int, side: int, config: GeneratorConfig) -> None:
        super().__init__()
        self.attention = LinearAttention(before) if side // 2 in config.linear_attention else None
        self.doubling, between = DOUBLINGS[config.doubling](before, after)
        self.convolution = nn.Conv2d(between, 2 * after, 4)
        self.strength = nn.Parameter(torch.zeros(1))
        self.register_buffer("noise", torch.randn(1, side, side))
        self.norm = nn.BatchNorm2d(2 * after)
        self.gate = GLU()

    def forward(self, x: Tensor) -> Tensor:
        if self.attention is not None:
            x = x + self.attention(x)
        x = self.convolution(pad(_blurred(self.doubling(x)), (2, 1, 2, 1)))
        noise = self._drawn_noise(x) if self.training else self.noise
        gated: Tensor = self.gate(self.norm(x + self.strength * noise))
        return gated

    def _drawn_noise(self, x: Tensor) -> Tensor:  # [N, C, S, S] -> [N, 1, S, S]
        return drawn(lambda count: torch.randn(count, *self.noise.shape, device=x.device), len(x))


def _sub_pixel(before: int, between: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(before, 4 * between, 1), nn.SiLU(), nn.PixelShuffle(2))


DOUBLINGS: dict[str, Callable[[int, int], tuple[nn.Module, int]]] = {  # with the channels that they give
    "sub_pixel": lambda before, after: (_sub_pixel(before, before), before),
    "sub_pixel_narrow": lambda before, after: (_sub_pixel(before, after), after),
    "nearest": lambda before, after: (nn.Upsample(scale_factor=2, mode="nearest"), before),
}


def _blurred(x: Tensor) -> Tensor:  # [N, C, S, S] -> [N, C, S, S]
    """Weight each pixel and its neighbours by 1, 2, 1 in both directions; the picture is mirrored at its edges."""
    wide = pad(x, (1, 1, 1, 1), mode="reflect")
    rows = wide[:, :, :-2] + 2.0 * wide[:, :, 1:-1] + wide[:, :, 2:]
    return (rows[..., :-2] + 2.0 * rows[..., 1:-1] + rows[..., 2:]) / 16.0


def _gate(source: int, inner: int, target: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(source, inner, 1), nn.LeakyReLU(0.1), nn.Conv2d(inner, target, 1), nn.Sigmoid())


class GlobalContext(nn.Module):  # [N, source, S, S] -> [N, target, 1, 1]
    """A gain for each channel of another map, from the mean over the places that matter (arXiv:2012.13375)."""

    def __init__(self, source: int, target: int) -> None:
        super().__init__()
        self.weigh = nn.Conv2d(source, 1, 1)
        self.gate = _gate(source, max(target // 2, 3), target)

    def forward(self, x: Tensor) -> Tensor:
        shares = self.weigh(x).flatten(2).softmax(dim=2)  # [N, 1, places]
        gains: Tensor = self.gate((x.flatten(2) @ shares.transpose(1, 2)).unsqueeze(3))
        return gains


class FrequencyAttention(nn.Module):  # [N, source, S, S] -> [N, target, 1, 1]
    """A gain for each channel of another map, from one cosine coefficient of each channel (arXiv:2012.11879).

    Sixteenths of the channels have the lowest eight frequencies along the columns, then along the rows. Channels that
    are left over give 0.
    """

    def __init__(self, source: int, target: int) -> None:
        super().__init__()
        self.gate = _gate(source, max(target // 4, 3), target)

    def forward(self, x: Tensor) -> Tensor:
        waves = cosines(*x.shape[1:3]).to(x)
        gains: Tensor = self.gate((x * waves).sum(dim=(2, 3), keepdim=True))
        return gains


def cosines(channels: int, side: int) -> Tensor:  # -> float64 [channels, side, side]
    """Return the wave of the discrete cosine transform that each channel of a map is multiplied by."""
    frequencies, places = torch.arange(FREQUENCIES)[:, None], torch.arange(side, dtype=torch.float64)
    rows = torch.cos(math.pi / side * frequencies * (places + 0.5)) * (2.0**0.5 / side)
    rows[0] = 1.0 / side
    across = rows.repeat_interleave(channels // (2 * FREQUENCIES), dim=0)[:, None].expand(-1, side, -1)
    waves = torch.cat([across, across.transpose(1, 2)])
    return torch.cat([waves, waves.new_zeros(channels - len(waves), side, side)])


EXCITATIONS: dict[str, Callable[[int, int], nn.Module]] = {"context": GlobalContext, "frequency": FrequencyAttention}


class LinearAttention(nn.Module):  # [N, C, S, S] -> [N, C, S, S]
    """Attention to all places at a cost that is linear in them (arXiv:1812.01243), beside one to the 3 x 3 around each.

    Both take the map with each place's channels at mean 0 and variance 1. The linear one makes of keys and values one
    matrix for each head, by which every query is multiplied.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = HEADS * HEAD
        self.gain, self.bias = (nn.Parameter(fill(1, channels, 1, 1)) for fill in (torch.ones, torch.zeros))
        self.far_queries = nn.Conv2d(channels, inner, 1, bias=False)
        self.far_keys_values = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
            nn.Conv2d(channels, 2 * inner, 1, bias=False),
        )
        self.near_queries = nn.Conv2d(channels, inner, 1, bias=False)
        self.near_keys_values = nn.Conv2d(channels, 2 * inner, 1, bias=False)
        self.mix = nn.Conv2d(2 * inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, dim=1, correction=0, keepdim=True)
        x = (x - mean) / (variance + 1e-5).sqrt() * self.gain + self.bias
        far = _far(self.far_queries(x), *self.far_keys_values(x).chunk(2, dim=1))
        near = _near(self.near_queries(x), *self.near_keys_values(x).chunk(2, dim=1))
        mixed: Tensor = self.mix(torch.cat([gelu(far), near], dim=1))
        return mixed


def _far(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:  # 3 of [N, HEADS * HEAD, S, S] -> one
    q, k, v = (_by_head(one).flatten(3) for one in (queries, keys, values))  # [N, heads, head, places]
    context = v @ k.softmax(dim=3).transpose(2, 3)  # [N, heads, head of values, head of keys]
    return (context @ q.softmax(dim=2) / math.sqrt(HEAD)).reshape(queries.shape)


def _near(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:  # 3 of [N, HEADS * HEAD, S, S] -> one
    q, k, v = (_by_head(one) for one in (queries, keys, values))
    similarity = torch.stack([(q * one).sum(dim=2, keepdim=True) for one in _neighbours(k)]) / math.sqrt(HEAD)
    shares = similarity.softmax(dim=0)  # [9, N, heads, 1, S, S]
    seen = torch.zeros_like(v)
    for share, one in zip(shares, _neighbours(v), strict=True):
        seen = seen + share * one
    return seen.reshape(queries.shape)


def _by_head(x: Tensor) -> Tensor:  # [N, HEADS * HEAD, S, S] -> [N, HEADS, HEAD, S, S]
    return x.reshape(len(x), HEADS, HEAD, *x.shape[2:])


def _neighbours(x: Tensor) -> list[Tensor]:  # [.., S, S] -> 9 of [.., S, S]
    """Return the map shifted to each of the places around and to itself; what lies outside is 0."""
    rows, columns = x.shape[-2:]
    wide = pad(x, (1, 1, 1, 1))
    return [
        wide[..., 1 + row : 1 + row + rows, 1 + column : 1 + column + columns] for row in AROUND for column in AROUND
    ]
