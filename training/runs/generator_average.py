"""The average of G's weights that is drawn from, and batch-norm statistics of its own."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn

from training.core.generators import GeneratorNetwork
from training.core.latents import labels as draw_labels
from training.core.latents import latents
from training.core.normalization import plain_state

STATISTICS_SEED, STATISTICS_BATCH = 0, 64  # of the latents that an average's batch norms are measured with


@torch.no_grad()
def update_average(average: GeneratorNetwork, g: GeneratorNetwork, keep: float) -> None:
    """Move an average of weights towards G's, of which it keeps the share `keep`, and copy G's buffers."""
    torch._foreach_lerp_(list(average.parameters()), list(g.parameters()), 1.0 - keep)
    buffers = list(g.buffers())
    if buffers:
        torch._foreach_copy_(list(average.buffers()), buffers)


@torch.no_grad()
def with_own_statistics(network: GeneratorNetwork, count: int) -> GeneratorNetwork:
    """Return a copy whose batch norms have the statistics of its own features for the first `count` latents of a seed.

    An average of weights draws features of another mean and variance than the weights that it is the average of. The
    same is done for averages of weights in general (Izmailov et al. 2018, arXiv:1803.05407, section 3.2).
    """
    copy = deepcopy(network).eval()
    device = next(copy.parameters()).device
    for norm in (layer for layer in copy.modules() if isinstance(layer, nn.BatchNorm2d)):
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
        norm.train()
    z = latents(STATISTICS_SEED, count, copy.z_dim).to(device)
    labels = draw_labels(STATISTICS_SEED, count, copy.classes).to(device) if copy.classes else None
    for start in range(0, count, STATISTICS_BATCH):
        rows = slice(start, start + STATISTICS_BATCH)
        copy(z[rows], None if labels is None else labels[rows])
    return copy


def published_state(network: GeneratorNetwork) -> dict[str, Tensor]:
    """Return a network's weights as a checkpoint has them: without wraps, on the CPU."""
    state = plain_state(network.eval())
    return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in state.items()}
