"""Networks that judge images."""

from __future__ import annotations

from collections.abc import Callable

from training.discriminators.autoencoder import autoencoder
from training.discriminators.base import CONDITIONS, Discriminator, DiscriminatorConfig, DiscriminatorOutput
from training.discriminators.batch_statistics import STATISTICS
from training.discriminators.dcgan import course, dcgan
from training.discriminators.fastgan import fastgan
from training.discriminators.projected import ProjectedFeatures, projected, projected_patch
from training.discriminators.resnet import resnet, stylegan2

__all__ = [
    "CONDITIONS",
    "DISCRIMINATORS",
    "STATISTICS",
    "Discriminator",
    "DiscriminatorConfig",
    "DiscriminatorOutput",
    "ProjectedFeatures",
    "build_discriminator",
]


def build_discriminator(config: DiscriminatorConfig) -> Discriminator:
    """Build the discriminator of a config, with PyTorch's own initial weights."""
    return DISCRIMINATORS[config.network](config)


DISCRIMINATORS: dict[str, Callable[[DiscriminatorConfig], Discriminator]] = {
    "course": course,
    "dcgan": dcgan,
    "resnet": resnet,
    "stylegan2": stylegan2,
    "fastgan": fastgan,
    "projected": projected,
    "projected_patch": projected_patch,
    "autoencoder": autoencoder,
}
