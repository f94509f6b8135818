"""What lets a discriminator see how alike the images of a batch are: STATISTICS stand before its last layer."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from training.core.sharding import gathered, own_rows

KERNELS = 100  # of minibatch discrimination, each of so many dimensions:
DIMENSIONS = 5
GROUP = 4  # images over which the standard deviation is taken


class MinibatchDiscrimination(nn.Module):  # [N, C, S, S] -> [N, C + kernels, S, S]
    """Append how near each image's features are to those of the others in the batch.

    Salimans et al. 2016 (arXiv:1606.03498), section 3.2: features times a tensor give a matrix for each image;
    c(i, j) = exp(-L1 distance) for each kernel, here the mean over the other images j instead of the sum, so that the
    batch size does not matter. The tensor starts so small that the distances begin near 1, where the exponential still
    tells them apart.
    """

    def __init__(self, channels: int, side: int, kernels: int = KERNELS, dimensions: int = DIMENSIONS) -> None:
        super().__init__()
        self.kernels, self.dimensions = kernels, dimensions
        features = channels * side * side
        self.tensor = nn.Parameter(torch.randn(features, kernels * dimensions) / (dimensions * features**0.5))

    def forward(self, maps: Tensor) -> Tensor:
        matrices = (maps.flatten(1) @ self.tensor).float().view(-1, self.kernels, self.dimensions)
        everyone = gathered(matrices)  # where processes share a batch, it has more rows than these
        distances = (matrices[:, None] - everyone[None]).abs().sum(dim=3)  # [rows, N, kernels]
        itself = 1.0  # how near each image is to itself, which tells nothing
        nearness = (torch.exp(-distances).sum(dim=1) - itself) / max(len(everyone) - 1, 1)
        return torch.cat([maps, nearness.to(maps.dtype)[:, :, None, None].expand(-1, -1, *maps.shape[2:])], dim=1)


class MinibatchStddev(nn.Module):  # [N, C, S, S] -> [N, C + 1, S, S]
    """Append the mean standard deviation over groups of the batch (Karras et al. 2018, arXiv:1710.10196, section 3).

    Groups are of `GROUP` images; a batch that does not divide into such groups is one group. In float32: in float16
    the constant under the root is 0, and the root of 0 has no gradient.
    """

    def forward(self, maps: Tensor) -> Tensor:
        everyone = gathered(maps.float())
        group = GROUP if len(everyone) % GROUP == 0 else len(everyone)
        groups = everyone.view(group, -1, *maps.shape[1:])  # image i of the batch is in group i modulo their count
        deviation = (groups.var(dim=0, correction=0) + 1e-8).sqrt().mean(dim=(1, 2, 3))
        own = own_rows(deviation.to(maps.dtype).repeat(group))
        channel = own[:, None, None, None].expand(-1, 1, *maps.shape[2:])
        return torch.cat([maps, channel], dim=1)


def none(channels: int, side: int) -> tuple[nn.Module, int]:
    """Judge each image on its own."""
    return nn.Identity(), channels


def minibatch_discrimination(channels: int, side: int) -> tuple[nn.Module, int]:
    """Append how near each image is to the others."""
    return MinibatchDiscrimination(channels, side), channels + KERNELS


def minibatch_stddev(channels: int, side: int) -> tuple[nn.Module, int]:
    """Append how much the images of a group differ."""
    return MinibatchStddev(), channels + 1


STATISTICS: dict[str, Callable[[int, int], tuple[nn.Module, int]]] = {
    "none": none,
    "minibatch_discrimination": minibatch_discrimination,
    "minibatch_stddev": minibatch_stddev,
}
