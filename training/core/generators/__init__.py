"""Networks that turn latents into images, and the record from which each can be built again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from torch import Tensor, nn

from training.core.generators.base import GeneratorNetwork
from training.core.generators.config import RESOLUTIONS, GeneratorConfig, channels_at, sides
from training.core.generators.dcgan import CourseGenerator, DCGANGenerator
from training.core.generators.fastgan import FastGANGenerator, FastGANNearestGenerator
from training.core.generators.lightweight_gan import LightweightGANGenerator
from training.core.generators.resnet import ResNetGenerator
from training.core.generators.stylegan2 import StyleGAN2Generator

__all__ = [
    "GENERATORS",
    "RESOLUTIONS",
    "Generator",
    "GeneratorConfig",
    "GeneratorNetwork",
    "build_generator",
    "channels_at",
    "sides",
]


class Generator(Protocol):
    """All that drawing needs to know of a network."""

    z_dim: int
    resolution: int
    classes: int

    def __call__(self, z: Tensor, labels: Tensor | None = None, psi: float = 1.0, /) -> Tensor: ...
    def parameters(self) -> Iterator[nn.Parameter]: ...
    def eval(self) -> Any: ...


def build_generator(config: GeneratorConfig) -> GeneratorNetwork:
    """Build the network of a config, with PyTorch's own initial weights."""
    return GENERATORS[config.network](config)


GENERATORS: dict[str, type[GeneratorNetwork]] = {
    "course": CourseGenerator,
    "dcgan": DCGANGenerator,
    "fastgan": FastGANGenerator,
    "fastgan_nearest": FastGANNearestGenerator,
    "lightweight_gan": LightweightGANGenerator,
    "resnet": ResNetGenerator,
    "stylegan2": StyleGAN2Generator,
}
