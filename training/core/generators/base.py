"""What every generator has in common: a latent is mapped to the network's input, and that becomes a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from training.core.generators.config import GeneratorConfig
from training.core.generators.equalizer import Equalizer

EMBEDDING = 32  # numbers by which a class is described


class GeneratorNetwork(nn.Module):
    """A generator in two steps, `map` and `synthesize`; the call is both.

    `z_dim` is the length of a latent, `resolution` the side of a picture, `classes` the number of classes (0: the
    network knows none), `styles` the number of places where a style enters (0: the network has no styles).
    """

    styles = 0

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.z_dim, self.resolution, self.classes = config.z_dim, config.resolution, config.classes
        self.to_prior, to_range = LATENTS[config.latent], OUTPUTS[config.output]
        self.to_range = Equalizer(config.equalizer, to_range) if config.equalizer else to_range
        self.w_dim = config.z_dim + (EMBEDDING if config.classes else 0)
        if config.classes:
            self.embedding = nn.Embedding(config.classes, EMBEDDING)

    def map(self, z: Tensor, labels: Tensor | None = None, psi: float = 1.0) -> Tensor:
        """Turn latents [N, z_dim] and classes [N] into what `synthesize` takes: [N, w_dim] or [N, styles, w_dim].

        `psi` in 0 .. 1 draws every latent towards the middle (truncation), one value for all of a tile; 1 changes
        nothing. Raises ValueError where classes are missing or not asked for.
        """
        return self.describe(self.scale(z) * psi, labels)

    def scale(self, z: Tensor) -> Tensor:  # [N, z_dim] -> [N, z_dim]
        """Turn normal numbers into the prior that the network was trained on; truncation comes after it."""
        return self.to_prior(z)

    def describe(self, z: Tensor, labels: Tensor | None) -> Tensor:  # [N, z_dim], [N] -> [N, w_dim]
        """Append what the network knows of each class."""
        if (labels is not None) != bool(self.classes):
            given = "without" if labels is None else "with"
            raise ValueError(f"This generator has {self.classes} classes; it was called {given} labels.")
        return z if labels is None else torch.cat([z, self.embedding(labels)], dim=1)

    def mapping_parameters(self) -> list[nn.Parameter]:
        """List the weights of the mapping network, where there is one."""
        return []

    def synthesize(self, w: Tensor) -> Tensor:
        """Turn what `map` returned into pictures [N, 3, R, R] in [-1, 1], which a linear output may exceed."""
        raise NotImplementedError

    def stages(self) -> Sequence[nn.Module]:
        """List the modules that make the feature maps, from 4 x 4 on."""
        raise NotImplementedError

    def forward(self, z: Tensor, labels: Tensor | None = None, psi: float = 1.0) -> Tensor:
        return self.synthesize(self.map(z, labels, psi))


def unchanged(x: Tensor) -> Tensor:
    """Return the same."""
    return x


def uniform(z: Tensor) -> Tensor:  # [N, z_dim] -> [N, z_dim] in [-1, 1]
    """Turn normal numbers into uniform ones by their distribution function, 2 Phi(z) - 1 = erf(z / sqrt 2).

    Their order stays: a seed keeps its stream, and only the prior of the network is another.
    """
    return torch.erf(z / math.sqrt(2.0))


def unit_moment(z: Tensor) -> Tensor:  # [N, z_dim] -> [N, z_dim]
    """Scale each latent to a mean square of 1, that is to the length sqrt(z_dim)."""
    return z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


LATENTS: dict[str, Callable[[Tensor], Tensor]] = {"normal": unchanged, "uniform": uniform, "sphere": unit_moment}
OUTPUTS: dict[str, Callable[[Tensor], Tensor]] = {"tanh": torch.tanh, "linear": unchanged}
