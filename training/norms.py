"""What keeps layers in range: NORMS stand after a layer, WRAPS act on the weights of a whole network."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize

LAYERS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def no_norm(channels: int) -> nn.Module:
    """Leave the features as they are."""
    return nn.Identity()


def batch_norm(channels: int) -> nn.Module:
    """Normalise each channel over the batch (Ioffe and Szegedy 2015, arXiv:1502.03167)."""
    return nn.BatchNorm2d(channels)


def no_wrap(network: nn.Module) -> None:
    """Leave the weights as they are."""


def spectral_norm(network: nn.Module) -> None:
    """Divide each weight by its largest singular value, by power iteration (Miyato et al. 2018, arXiv:1802.05957)."""
    for layer in [layer for layer in network.modules() if isinstance(layer, LAYERS)]:
        if layer.weight.requires_grad:
            parametrizations.spectral_norm(layer)


def plain_state(network: nn.Module) -> dict[str, Tensor]:
    """Return the state that the same network without wraps would hold, each weight as its layer uses it.

    Call it in eval mode, where spectral norm does not advance its power iteration.
    """
    marker = ".parametrizations."
    state = {name: value for name, value in network.state_dict().items() if marker not in name}
    for name, layer in network.named_modules():
        if parametrize.is_parametrized(layer, "weight"):
            state[f"{name}.weight"] = layer.weight.detach()
    return state


NORMS: dict[str, Callable[[int], nn.Module]] = {"none": no_norm, "batch": batch_norm}
WRAPS: dict[str, Callable[[nn.Module], None]] = {"none": no_wrap, "spectral": spectral_norm}
