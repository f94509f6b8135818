"""Networks that turn latents into images, and the record from which each can be built again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any, Protocol

import torch
from torch import Tensor, nn

RESOLUTIONS = (8, 16, 32, 64, 128, 256)
Z_DIMS = range(1, 1025)
WIDTHS = range(1, 129)


class Generator(Protocol):
    """All that drawing needs to know of a network."""

    z_dim: int
    resolution: int

    def __call__(self, z: Tensor, /) -> Tensor: ...  # [N, z_dim] -> [N, 3, R, R] in [-1, 1]
    def parameters(self) -> Iterator[nn.Parameter]: ...
    def eval(self) -> Any: ...


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """Enough to build a generator again before its weights are loaded.

    `network` is a row of GENERATORS, `z_dim` the length of a latent (1 .. 1024), `resolution` the side of an image in
    pixels (8, 16, .. 256), `width` the channels of the widest picture layer (1 .. 128). Anything else raises
    ValueError, so that a config from an unknown hand cannot ask for terabytes.
    """

    network: str
    z_dim: int = 128
    resolution: int = 128
    width: int = 32

    def __post_init__(self) -> None:
        _check("generator", self.network, tuple(GENERATORS))
        _check("z_dim", self.z_dim, Z_DIMS)
        _check("resolution", self.resolution, RESOLUTIONS)
        _check("width", self.width, WIDTHS)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: object) -> GeneratorConfig:
        """Build a config from JSON values; unknown, missing and ill-typed fields raise ValueError."""
        names = {field.name for field in fields(cls)}
        if not isinstance(values, dict) or set(values) != names:
            found = sorted(values) if isinstance(values, dict) else values
            raise ValueError(f"A generator config has the fields {sorted(names)}, not {found!r:.200}.")
        return cls(**values)


def _check(name: str, value: object, allowed: range | tuple[object, ...]) -> None:
    if isinstance(value, int | str) and not isinstance(value, bool) and value in allowed:
        return
    listed = f"{allowed[0]} to {allowed[-1]}" if isinstance(allowed, range) else ", ".join(map(str, allowed))
    raise ValueError(f"The {name} {value!r:.80} is not one of: {listed}.")


class GeneratorNetwork(nn.Module):
    """A network of this file: what drawing and training need to know of it."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.z_dim, self.resolution = config.z_dim, config.resolution


def build_generator(config: GeneratorConfig) -> GeneratorNetwork:
    """Build the network of a config, with PyTorch's own initial weights."""
    return GENERATORS[config.network](config)


def channels_at(side: int, config: GeneratorConfig) -> int:
    """Return how many channels a layer has at `side` pixels: doubled at each halving, up to 16 widths."""
    return min(config.resolution // side, 16) * config.width


def sides(config: GeneratorConfig) -> list[int]:
    """List the sides of the feature maps from 4 x 4 to the picture."""
    return [4 * 2**step for step in range((config.resolution // 4).bit_length())]


class CourseGenerator(GeneratorNetwork):  # [N, z_dim] -> [N, 3, R, R] in [-1, 1]
    """The generator of the course's sample program: transposed convolutions, batch norm and ReLU up to the picture."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        widths = [channels_at(side, config) for side in sides(config)]
        blocks = [_transposed(config.z_dim, widths[0], stride=1)]
        blocks += [_transposed(before, after, stride=2) for before, after in pairwise(widths)]
        self.blocks = nn.Sequential(*blocks)
        self.to_rgb = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(self.to_rgb(self.blocks(z[:, :, None, None])))


class DCGANGenerator(GeneratorNetwork):  # [N, z_dim] -> [N, 3, R, R] in [-1, 1]
    """DCGAN's generator (Radford et al. 2016, arXiv:1511.06434): the last transposed convolution makes the picture.

    `width` is the channels at half the picture's side (64 in the paper's later implementations).
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        widths = [channels_at(2 * side, config) for side in sides(config)[:-1]]
        blocks = [_transposed(config.z_dim, widths[0], stride=1, bias=False)]
        blocks += [_transposed(before, after, stride=2, bias=False) for before, after in pairwise(widths)]
        self.blocks = nn.Sequential(*blocks)
        self.to_rgb = nn.ConvTranspose2d(widths[-1], 3, 4, 2, 1, bias=False)

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(self.to_rgb(self.blocks(z[:, :, None, None])))


def _transposed(before: int, after: int, *, stride: int, bias: bool = True) -> nn.Sequential:
    padding = 0 if stride == 1 else 1
    layer = nn.ConvTranspose2d(before, after, 4, stride, padding, bias=bias)
    return nn.Sequential(layer, nn.BatchNorm2d(after), nn.ReLU())


class FastGANGenerator(GeneratorNetwork):  # [N, z_dim] -> [N, 3, R, R] in [-1, 1]
    """A light form of FastGAN's generator (Liu et al. 2021, arXiv:2101.04775): GLU blocks and skip-layer excitation.

    Latents are scaled to unit second moment. Every side up to half the picture's has two convolutions; the picture's
    own is made from there by a sub-pixel convolution (Shi et al. 2016, arXiv:1609.05158), which costs a CPU a third of
    a convolution among the picture's own pixels. The maps at the two largest sides are excited by the two smallest.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        all_sides = sides(config)
        widths = [min(config.resolution // side, 8) * config.width for side in all_sides]
        self.start = nn.Sequential(
            nn.ConvTranspose2d(config.z_dim, 2 * widths[0], 4, bias=False), nn.BatchNorm2d(2 * widths[0]), nn.GLU(1)
        )
        *inner, outer = pairwise(widths)
        self.ups = nn.ModuleList([*(_glu_up(*pair) for pair in inner), _sub_pixel_up(*outer)])
        last = len(widths) - 1
        self.sources = {last - 1: 0, last: 1} if last > 2 else {}
        self.excitations = nn.ModuleDict(
            {str(target): _excitation(widths[source], widths[target]) for target, source in self.sources.items()}
        )
        self.to_rgb = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        z = z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
        maps = [self.start(z[:, :, None, None])]
        for index, up in enumerate(self.ups, start=1):
            features = up(maps[-1])
            if index in self.sources:
                features = features * self.excitations[str(index)](maps[self.sources[index]])
            maps.append(features)
        return torch.tanh(self.to_rgb(maps[-1]))


def _glu_up(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), *_glu(before, after), *_glu(after, after))


def _sub_pixel_up(before: int, after: int) -> nn.Sequential:
    """Double the side by four filters a channel, equal at the start so that no grid shows (arXiv:1707.02937)."""
    convolution, norm, gate = _glu(before, 4 * after)
    with torch.no_grad():
        convolution.weight.copy_(convolution.weight[::4].repeat_interleave(4, dim=0))
    return nn.Sequential(convolution, norm, gate, nn.PixelShuffle(2))


def _glu(before: int, after: int) -> tuple[nn.Conv2d, nn.BatchNorm2d, nn.GLU]:
    convolution = nn.Conv2d(before, 2 * after, 3, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(2 * after), nn.GLU(1)


def _excitation(source: int, target: int) -> nn.Sequential:
    """Turn a small map into one gain in 0 .. 1 for each channel of a large one (arXiv:2101.04775, eq. 1)."""
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(4), nn.Conv2d(source, target, 4), nn.SiLU(), nn.Conv2d(target, target, 1), nn.Sigmoid()
    )


GENERATORS: dict[str, type[GeneratorNetwork]] = {
    "course": CourseGenerator,
    "dcgan": DCGANGenerator,
    "fastgan": FastGANGenerator,
}
