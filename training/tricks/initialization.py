"""How the weights of a network begin."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

from training.core.normalization import inputs, trained_layers


def torch_init(network: nn.Module) -> None:
    """Keep PyTorch's own initial weights."""


def dcgan_init(network: nn.Module) -> None:
    """Draw weights from N(0, 0.02) and batch norm's gains from N(1, 0.02) (Radford et al. 2016, arXiv:1511.06434)."""
    for layer in trained_layers(network):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d) and norm.affine and norm.weight.requires_grad:
            nn.init.normal_(norm.weight, 1.0, 0.02)
    _repeat(network)


def he_init(network: nn.Module) -> None:
    """Draw weights from N(0, 2 / inputs) and set biases to 0 (He et al. 2015, arXiv:1502.01852, eq. 10)."""
    for layer in trained_layers(network):
        nn.init.normal_(layer.weight, 0.0, math.sqrt(2.0 / inputs(layer)))
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    _repeat(network)


def xavier_init(network: nn.Module) -> None:
    """Draw weights uniformly so that both directions keep their scale (Glorot and Bengio 2010), biases 0."""
    for layer in trained_layers(network):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    _repeat(network)


def orthogonal_init(network: nn.Module) -> None:
    """Begin with orthogonal weights (Saxe et al. 2014, arXiv:1312.6120; BigGAN, arXiv:1809.11096)."""
    for layer in trained_layers(network):
        nn.init.orthogonal_(layer.weight)
    _repeat(network)


def _repeat(network: nn.Module) -> None:
    """Make the filters equal again that a sub-pixel convolution begins with as equals."""
    for layer in trained_layers(network):
        count = getattr(layer, "equal_filters", 1)
        with torch.no_grad():
            layer.weight.copy_(layer.weight[::count].repeat_interleave(count, dim=0))


INITS: dict[str, Callable[[nn.Module], None]] = {
    "torch": torch_init,
    "dcgan": dcgan_init,
    "he": he_init,
    "xavier": xavier_init,
    "orthogonal": orthogonal_init,
}
