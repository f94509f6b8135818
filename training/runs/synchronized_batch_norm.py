"""Batch norm over the rows of all processes: on CPUs as on GPUs, and with gradients of gradients.

torch's own SyncBatchNorm works on GPUs only, and its gradient cannot be differentiated again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn.functional import batch_norm

from training.core.sharding import Shard, active_shard, at_least_float32, gathered_of_processes, summed

PLACES = (0, 2, 3)  # dimensions of [N, C, H, W] that a channel is normalised over


class SynchronizedBatchNorm2d(nn.BatchNorm2d):  # [N, C, H, W] -> [N, C, H, W]
    """A BatchNorm2d that takes its statistics in train mode from the rows of all processes of a sharded step."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # the name in torch
        shard = active_shard()
        if shard is None or not self.training:
            return super().forward(input)
        found = _statistics(input.detach(), shard, self.eps)
        self._keep(found.mean, found.variance * found.count / max(found.count - 1, 1))
        normed: Tensor = _Normalize.apply(input, self.weight, self.bias, found)
        return normed

    @torch.no_grad()
    def _keep(self, mean: Tensor, variance: Tensor) -> None:
        """Take a batch's mean and unbiased variance [C] into the running ones."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


def synchronize_batch_norms(network: nn.Module) -> None:
    """Let every batch norm of a network, whose weights, buffers and names stay, act over all processes."""
    for parent in list(network.modules()):
        for name, norm in parent.named_children():
            if type(norm) is nn.BatchNorm2d:
                setattr(parent, name, _synchronized(norm))


def _synchronized(norm: nn.BatchNorm2d) -> SynchronizedBatchNorm2d:
    with torch.device("meta"):  # draws no random number and takes no memory
        other = SynchronizedBatchNorm2d(norm.num_features, norm.eps, norm.momentum, norm.affine)
    other._parameters, other._buffers = norm._parameters, norm._buffers
    return other.train(norm.training)


@dataclass(frozen=True)
class _Statistics:
    """Mean and variance [C] over all processes, the count of numbers in each, and what is added to the variance."""

    mean: Tensor
    variance: Tensor
    count: int
    eps: float


@torch.no_grad()
def _statistics(features: Tensor, shard: Shard, eps: float) -> _Statistics:
    """Return what features [n, C, H, W] are normalised by.

    The moments of the processes are combined as in Chan et al. 1979, "Updating formulae", which loses no digits where
    the mean is large.
    """
    own = at_least_float32(torch.stack(torch.batch_norm_update_stats(features, None, None, 0.0)))  # [2, C]
    means, variances = gathered_of_processes(own).unbind(1)  # [world, C]
    shares = own.new_tensor(shard.counts)[:, None] / shard.total
    mean = (shares * means).sum(dim=0)
    variance = (shares * (variances + (means - mean).square())).sum(dim=0)
    return _Statistics(mean, variance, features.numel() // features.shape[1] * shard.total // shard.count, eps)


class _Normalize(Function):
    """Batch norm with the statistics of all processes; gain and bias get the gradient of these rows alone."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Any, bias: Any, statistics: _Statistics) -> Tensor:
        mean, variance = statistics.mean, statistics.variance
        ctx.save_for_backward(x, weight, bias, mean, variance)
        ctx.count, ctx.eps = statistics.count, statistics.eps
        return batch_norm(x, mean, variance, weight, bias, training=False, eps=ctx.eps)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        wanted = ctx.needs_input_grad[:3]
        back = _differentiable_backward if torch.is_grad_enabled() else _backward
        return (*back(ctx, gradients[0], wanted), None)


def _backward(ctx: Any, gradient: Tensor, wanted: tuple[bool, bool, bool]) -> tuple[Tensor | None, ...]:
    """Take torch's gradient with the statistics held, and add what goes back through them."""
    x, weight, _, mean, variance = ctx.saved_tensors
    gain = variance.new_ones(len(variance)) if weight is None else weight
    held = torch.ops.aten.native_batch_norm_backward(
        *(gradient, x, gain, mean, variance, None, None, False, ctx.eps, [True, True, True])
    )
    through = summed(torch.stack([held[1], held[2]])) / ctx.count  # of the normed features and of 1, [2, C]
    inverse = (variance + ctx.eps).rsqrt()
    slope = -gain * inverse.square() * through[0]
    shift = -gain * inverse * through[1] - slope * mean
    slope, shift = (one[:, None, None].to(x.dtype) for one in (slope, shift))
    to_features = held[0].add_(shift).addcmul_(x, slope)
    return tuple(one if is_wanted else None for one, is_wanted in zip((to_features, *held[1:]), wanted, strict=True))


def _differentiable_backward(ctx: Any, gradient: Tensor, wanted: tuple[bool, bool, bool]) -> tuple[Tensor | None, ...]:
    """Take the gradient of the same written out, so that it can be differentiated again."""
    x, weight, bias, *_ = ctx.saved_tensors
    inputs = [one for one, is_wanted in zip((x, weight, bias), wanted, strict=True) if is_wanted]
    normed = _written_out(x, weight, bias, ctx.count, ctx.eps)
    found = iter(torch.autograd.grad(normed, inputs, gradient, create_graph=True))
    return tuple(next(found) if is_wanted else None for is_wanted in wanted)


def _written_out(x: Tensor, weight: Tensor | None, bias: Tensor | None, count: int, eps: float) -> Tensor:
    features = at_least_float32(x)
    mean = summed(features.sum(dim=PLACES, keepdim=True)) / count
    variance = summed((features - mean).square().sum(dim=PLACES, keepdim=True)) / count
    normed = (features - mean) * (variance + eps).rsqrt()
    if weight is not None and bias is not None:
        normed = normed * weight[:, None, None] + bias[:, None, None]
    return normed.to(x.dtype)
