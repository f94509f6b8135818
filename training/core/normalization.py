"""What keeps layers in range: NORMS stand after a layer, WRAPS act on the weights of a whole network."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize

Layer: TypeAlias = nn.Conv2d | nn.ConvTranspose2d | nn.Linear
LAYERS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
MARKER = ".parametrizations."  # in the names of what a wrap keeps in place of a weight
POWER_ITERATIONS = 50  # after which the estimate of a singular value is near


def no_norm(channels: int) -> nn.Module:
    """Leave the features as they are."""
    return nn.Identity()


def batch_norm(channels: int) -> nn.Module:
    """Normalise each channel over the batch (Ioffe and Szegedy 2015, arXiv:1502.03167)."""
    return nn.BatchNorm2d(channels)


def instance_norm(channels: int) -> nn.Module:
    """Normalise each channel of each image over its places (Ulyanov et al. 2016, arXiv:1607.08022)."""
    return nn.InstanceNorm2d(channels, affine=True)


def layer_norm(channels: int) -> nn.Module:
    """Normalise each image over all its channels and places (Ba et al. 2016, arXiv:1607.06450), one gain a channel."""
    return nn.GroupNorm(1, channels)


class PixelNorm(nn.Module):  # [N, C, H, W] -> [N, C, H, W]
    """Scale the channels at each place to a mean square of 1 (Karras et al. 2018, arXiv:1710.10196, section 4.2)."""

    def forward(self, x: Tensor) -> Tensor:
        last = x.permute(0, 2, 3, 1)  # so that the gradient stays channels-last
        scale = (last.float().square().mean(dim=3, keepdim=True) + 1e-8).rsqrt()  # in float16 the constant is 0
        return (last * scale.to(x.dtype)).permute(0, 3, 1, 2)


def pixel_norm(channels: int) -> nn.Module:
    """Scale the channels at each place to a mean square of 1; nothing is learned."""
    return PixelNorm()


def no_wrap(network: nn.Module) -> None:
    """Leave the weights as they are."""


def spectral_norm(network: nn.Module) -> None:
    """Divide each weight by its largest singular value, by power iteration (Miyato et al. 2018, arXiv:1802.05957)."""
    for layer in trained_layers(network):
        parametrizations.spectral_norm(layer)


class WeightNorm(nn.Module):
    """Keep the length of each output's weights and their direction apart; `dim` is that of the outputs.

    The same as torch's own, whose weights are not channels-last even where the direction is, so that every convolution
    after it falls into a slower kernel.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, length: Tensor, direction: Tensor) -> Tensor:
        return direction * (length / torch.norm_except_dim(direction, 2, self.dim))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is kept for a weight as the layer uses it."""
        return torch.norm_except_dim(weight, 2, self.dim), weight


def weight_norm(network: nn.Module) -> None:
    """Learn length and direction of each output's weights apart (Salimans and Kingma 2016, arXiv:1602.07868, eq. 2).

    Xiang and Li (2017, arXiv:1704.03971) put it into both networks of a GAN.
    """
    for layer in trained_layers(network):
        wrap = WeightNorm(dim=1 if isinstance(layer, nn.ConvTranspose2d) else 0)
        parametrize.register_parametrization(layer, "weight", wrap)


class Equalized(nn.Module):
    """Keep weights at unit scale and multiply them by He's constant at each use."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.scale

    def right_inverse(self, weight: Tensor) -> Tensor:
        """Return what is kept for a weight as the layer uses it."""
        return weight / self.scale


def equalized(network: nn.Module) -> None:
    """Give every weight the same speed of learning (Karras et al. 2018, arXiv:1710.10196, section 4.1).

    He's constant is sqrt(2 / inputs of an output); with the init `he` what is kept begins as N(0, 1).
    """
    for layer in trained_layers(network):
        parametrize.register_parametrization(layer, "weight", Equalized(math.sqrt(2.0 / inputs(layer))))


def inputs(layer: Layer) -> int:
    """Return how many numbers one output of a layer is the sum of.

    A transposed convolution's stride spreads them; one of stride 1 without padding stands at the start of a generator,
    on a map of 1 x 1, of which each output sees one place.
    """
    weight = layer.weight
    if isinstance(layer, nn.ConvTranspose2d):
        starts = math.prod(layer.stride) == 1 and not any(map(int, layer.padding))
        return weight.shape[0] * (1 if starts else max(weight[0, 0].numel() // math.prod(layer.stride), 1))
    return weight[0].numel()


def trained_layers(network: nn.Module) -> list[Layer]:
    """List the layers with weights that are not frozen."""
    layers = [layer for layer in network.modules() if isinstance(layer, LAYERS)]
    return [layer for layer in layers if layer.weight.requires_grad]


def plain_state(network: nn.Module) -> dict[str, Tensor]:
    """Return the state that the same network without wraps would hold, each weight as its layer uses it.

    Call it in eval mode, where spectral norm does not advance its power iteration.
    """
    state = {name: value for name, value in network.state_dict().items() if MARKER not in name}
    for name, layer in network.named_modules():
        if _is_wrapped(layer):
            state[f"{name}.weight"] = layer.weight.detach()
    return state


@torch.no_grad()
def load_plain_state(network: nn.Module, state: dict[str, Tensor]) -> None:
    """Load what `plain_state` returned into the same network, whatever its wraps, so that it draws the same.

    Spectral norm divides by the largest singular value again, which is 1 already but for the error of the estimate.
    """
    wrapped = {f"{name}.weight": layer for name, layer in network.named_modules() if _is_wrapped(layer)}
    plain = {name: value for name, value in state.items() if name not in wrapped}
    own = [name for name in network.state_dict() if MARKER not in name]
    if set(own) != set(plain) or not wrapped.keys() <= state.keys():
        raise ValueError("The weights are those of another network.")
    network.load_state_dict(plain, strict=False)
    for name, layer in wrapped.items():
        layer.weight = torch.empty_like(layer.weight).copy_(state[name])
    network.train()
    for _ in range(POWER_ITERATIONS):
        for layer in wrapped.values():
            _ = layer.weight  # in train mode spectral norm takes one step towards the singular value at each use


def _is_wrapped(layer: nn.Module) -> bool:
    return parametrize.is_parametrized(layer, "weight")


NORMS: dict[str, Callable[[int], nn.Module]] = {
    "none": no_norm,
    "batch": batch_norm,
    "instance": instance_norm,
    "layer": layer_norm,
    "pixel": pixel_norm,
}
WRAPS: dict[str, Callable[[nn.Module], None]] = {
    "none": no_wrap,
    "spectral": spectral_norm,
    "weight": weight_norm,
    "equalized": equalized,
}
