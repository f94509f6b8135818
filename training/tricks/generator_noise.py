"""Randomness inside a generator while it is trained; drawing knows nothing of it."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from training.core.sharding import drawn_like, dropout


def add_generator_noise(stages: Iterable[nn.Module], share: float, sigma: float) -> None:
    """Drop a share of the features behind each stage and add noise of a standard deviation, in train mode only.

    Dropout of 0.5 in train and test mode is item 17 of "How to train a GAN", noise in every layer item 13. In eval mode
    neither acts, since a seed must give one tile.
    """

    def hook(stage: nn.Module, inputs: object, features: Tensor) -> Tensor:
        if not stage.training:
            return features
        return dropout(features, share) + sigma * drawn_like(torch.randn_like, features)

    if share or sigma:
        for stage in stages:
            stage.register_forward_hook(hook)
