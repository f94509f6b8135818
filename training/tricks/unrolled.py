"""Unrolled GAN: G looks some steps of D ahead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.optim import Optimizer

from training.core.sharding import summed_together

Weights = dict[str, Tensor]


def unrolled_head(
    head: nn.Module, optimizer: Optimizer, loss: Callable[[Any], Tensor], steps: int
) -> Callable[..., Any]:
    """Return the head as it would be after `steps` steps of Adam on `loss`, differentiable through those steps.

    Metz et al. 2017 (arXiv:1611.02163), eq. 7 and 8. `loss` takes a function that stands for the head. Neither the
    head nor its optimizer changes. What G's images did to D's steps flows back to G. Where processes share a step, the
    losses of all of them are summed.
    """
    weights: Weights = dict(head.named_parameters())
    buffers = {name: buffer.clone() for name, buffer in head.named_buffers()}
    moments = {name: _moments(optimizer, weight) for name, weight in weights.items()}
    for _ in range(steps):
        found = torch.autograd.grad(loss(_bind(head, weights, buffers)), list(weights.values()), create_graph=True)
        gradients = summed_together(found)
        pairs = zip(weights.items(), gradients, strict=True)
        stepped = {name: _adam(weight, gradient, moments[name], optimizer) for (name, weight), gradient in pairs}
        weights = {name: weight for name, (weight, _) in stepped.items()}
        moments = {name: after for name, (_, after) in stepped.items()}
    return _bind(head, weights, buffers)


def _bind(head: nn.Module, weights: Weights, buffers: Weights) -> Callable[..., Any]:
    return lambda *inputs: functional_call(head, {**weights, **buffers}, inputs)


def _moments(optimizer: Optimizer, weight: Tensor) -> tuple[Tensor, Tensor, float]:
    state = optimizer.state.get(weight, {})
    if not state:
        return torch.zeros_like(weight), torch.zeros_like(weight), 0.0
    return state["exp_avg"], state["exp_avg_sq"], float(state["step"])


def _adam(
    weight: Tensor, gradient: Tensor, moments: tuple[Tensor, Tensor, float], optimizer: Optimizer
) -> tuple[Tensor, tuple[Tensor, Tensor, float]]:
    """Take one step of Adam without forgetting how it came about."""
    options = optimizer.param_groups[0]
    (beta1, beta2), step = options["betas"], moments[2] + 1.0
    mean = beta1 * moments[0] + (1.0 - beta1) * gradient
    square = beta2 * moments[1] + (1.0 - beta2) * gradient.square()
    root = (square / (1.0 - beta2**step) + options["eps"] ** 2).sqrt()  # the root of 0 has no derivative
    return weight - options["lr"] * mean / (1.0 - beta1**step) / root, (mean, square, step)
