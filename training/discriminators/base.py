"""What every discriminator has in common: a frozen backbone, where there is one, and a head that is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, normalize

from training.core.sharding import dropout
from training.discriminators.batch_statistics import STATISTICS
from training.discriminators.timestep import TimestepProjection

CONDITIONS = ("none", "projection", "classifier")


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """What a discriminator is built from: a row of DISCRIMINATORS, the side of the images, widths and switches.

    `statistic` is a row of STATISTICS, `attention` the side of the maps that attend to themselves (0: none),
    `condition` how the `classes` enter, `sliced` makes the last layer a direction (SAN), `dropout` is the share of
    features that the last layer does without in training, `timestep` lets D be told each image's step of diffusion.
    """

    network: str
    resolution: int
    width: int
    norm: str = "none"
    statistic: str = "none"
    attention: int = 0
    classes: int = 0
    condition: str = "none"
    sliced: bool = False
    dropout: float = 0.0
    timestep: bool = False


class DiscriminatorOutput(NamedTuple):
    """What a head says of N images: `logits` [N, K], `features` [N, F] of its last maps, and where it has them
    `sliced` [N, K] (the same logits, for the direction of the last layer alone) and `classes` [N, classes].

    `weights` [K] is what each logit counts in a loss; None where all count alike.
    """

    logits: Tensor
    features: Tensor
    sliced: Tensor | None = None
    classes: Tensor | None = None
    weights: Tensor | None = None

    def mean(self, losses: Tensor) -> Tensor:  # [N, K] -> []
        """Return the mean of a loss over images and logits, each logit by its weight."""
        return losses.mean() if self.weights is None else (losses * self.weights).mean()

    def each(self, change: Callable[[Tensor], Tensor]) -> DiscriminatorOutput:
        """Return the same with every part changed."""
        sliced, classes = (None if part is None else change(part) for part in (self.sliced, self.classes))
        return DiscriminatorOutput(change(self.logits), change(self.features), sliced, classes, self.weights)


class Discriminator(nn.Module):  # [N, 3, R, R] in [-1, 1] -> logits [N, K]
    """A judge in two parts.

    `backbone` is frozen: what it returns for an image stays valid when the head changes, so that a training step
    computes it once for both players. `head` turns that into a DiscriminatorOutput of one logit or more per image.
    """

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        logits: Tensor = self.head(self.backbone(images), labels).logits
        return logits


class Head(nn.Module):  # what the backbone returns, labels [N], timesteps [N] -> DiscriminatorOutput
    """A body down to small maps [N, channels, side, side], a statistic over the batch, and a last layer.

    With `pool` the maps are summed over their places first. Classes enter as a projection, the class's own direction
    in the features added to the logit (Miyato and Koyama 2018, arXiv:1802.05637, eq. 3), or as a classifier beside it
    (Odena et al. 2017, arXiv:1610.09585). Steps of diffusion enter as a projection, too; without any they are 0.
    """

    def __init__(
        self,
        body: nn.Module,
        channels: int,
        side: int,
        config: DiscriminatorConfig,
        *,
        pool: bool = False,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.body, self.pool, self.condition = body, pool, config.condition
        self.statistic, seen = STATISTICS[config.statistic](channels, side)
        self.dropout = config.dropout
        last = SlicedConvolution if config.sliced else nn.Conv2d
        self.last = last(seen, 1, 1 if pool else side, bias=bias)
        if config.condition != "none":
            self.classes = nn.Linear(channels, config.classes, bias=False)
        self.timestep = TimestepProjection(channels) if config.timestep else None

    def forward(self, seen: Any, labels: Tensor | None = None, timesteps: Tensor | None = None) -> DiscriminatorOutput:
        maps = self.body(seen)
        pooled = maps.sum(dim=(2, 3))
        appended = self.statistic(maps)
        if self.pool:
            appended = appended.sum(dim=(2, 3), keepdim=True)
        logits, sliced = self._logits(dropout(appended, self.dropout) if self.training else appended)
        if self.timestep is not None:
            logits = logits + self.timestep(pooled, timesteps)
        features = pooled if self.pool else maps.flatten(1)
        if self.condition == "classifier":
            return DiscriminatorOutput(logits, features, sliced, self.classes(pooled))
        if self.condition == "projection" and labels is not None:
            logits = logits + self.classes(pooled).gather(1, labels[:, None])
        return DiscriminatorOutput(logits, features, sliced)

    def _logits(self, maps: Tensor) -> tuple[Tensor, Tensor | None]:
        if isinstance(self.last, SlicedConvolution):
            function, direction = self.last(maps)
            return function.flatten(1), direction.flatten(1)
        return self.last(maps).flatten(1), None


class SlicedConvolution(nn.Conv2d):  # [N, C, S, S] -> two times [N, 1, 1, 1]
    """A last layer that is a direction of length 1 (SAN, Takida et al. 2024, arXiv:2301.12811, section 4).

    It returns the projection of the features twice: once to train the features, with the direction held, and once to
    train the direction, with the features held.
    """

    def forward(self, maps: Tensor) -> Any:
        direction = normalize(self.weight.flatten(1), dim=1).view_as(self.weight)
        function = conv2d(maps, direction.detach(), self.bias)
        return function, conv2d(maps.detach(), direction)


class Heads(nn.Module):  # K maps -> DiscriminatorOutput of all of their logits
    """One small head for each map; their logits and features side by side.

    With `shares`, one for each head, what a head counts is its share and not its number of logits.
    """

    def __init__(self, heads: list[nn.Module], shares: tuple[float, ...] = ()) -> None:
        super().__init__()
        self.heads = nn.ModuleList(heads)
        self.shares = shares

    def forward(
        self, maps: list[Tensor], labels: Tensor | None = None, timesteps: Tensor | None = None
    ) -> DiscriminatorOutput:
        outputs = [head(one, labels, timesteps) for head, one in zip(self.heads, maps, strict=True)]
        sliced = torch.cat([one.sliced for one in outputs], dim=1) if outputs[0].sliced is not None else None
        logits, features = (torch.cat(parts, dim=1) for parts in zip(*[one[:2] for one in outputs], strict=True))
        return DiscriminatorOutput(logits, features, sliced, weights=self._weights([one.logits for one in outputs]))

    def _weights(self, logits: list[Tensor]) -> Tensor | None:
        """Return the weight of each logit, such that the weighted mean is the sum of shares times means."""
        if not self.shares:
            return None
        total = sum(one.shape[1] for one in logits)
        parts = [
            torch.full((one.shape[1],), share * total / one.shape[1], device=one.device)
            for one, share in zip(logits, self.shares, strict=True)
        ]
        return torch.cat(parts)
