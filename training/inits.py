"""How the weights of a network begin."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from training.norms import LAYERS


def torch_init(network: nn.Module) -> None:
    """Keep PyTorch's own initial weights."""


def dcgan_init(network: nn.Module) -> None:
    """Draw weights from N(0, 0.02) and batch norm's gains from N(1, 0.02) (Radford et al. 2016, arXiv:1511.06434)."""
    for layer in network.modules():
        if isinstance(layer, LAYERS) and layer.weight.requires_grad:
            nn.init.normal_(layer.weight, 0.0, 0.02)
        if isinstance(layer, nn.BatchNorm2d) and layer.weight.requires_grad:
            nn.init.normal_(layer.weight, 1.0, 0.02)


INITS: dict[str, Callable[[nn.Module], None]] = {"torch": torch_init, "dcgan": dcgan_init}
