"""Running means over the steps, and the two numbers that are steered by them: augmentation's strength and BEGAN's k."""

from __future__ import annotations

import torch
from torch import Tensor, nn

KEEP = 0.99  # of a running mean, a step (LeCam, arXiv:2104.03310: 0.99)
BALANCE_RATE = 0.001  # of BEGAN's k (arXiv:1703.10717, section 3.4)


class AdaptiveState(nn.Module):
    """Running means of the logits, the sign of overfitting, and what is steered: `strength` and `balance`.

    `overfit` is r_t = E[sign(D(real))] (ADA, Karras et al. 2020, arXiv:2006.06676, eq. 1), near 0 where D cannot tell
    reals from fakes and 1 where it knows every real. With a target, `strength` rises while r_t is above it and falls
    while below; it is the probability of every augmentation. `balance` is BEGAN's k, the weight of the fakes in D's
    loss. `diversity` is BEGAN's gamma.
    """

    real_mean: Tensor
    fake_mean: Tensor
    overfit: Tensor
    strength: Tensor
    balance: Tensor
    g_loss: Tensor
    g_gradient: Tensor

    def __init__(self, *, target: float = 0.0, ramp_images: int = 100_000, diversity: float = 0.0) -> None:
        super().__init__()
        self.target, self.ramp_images, self.diversity = target, ramp_images, diversity
        for name in ("real_mean", "fake_mean", "overfit", "g_loss", "g_gradient"):
            self.register_buffer(name, torch.zeros(()))
        self.register_buffer("strength", torch.zeros(()) if target else torch.ones(()))
        self.register_buffer("balance", torch.zeros(()) if diversity else torch.ones(()))

    @torch.no_grad()
    def update(self, real_logits: Tensor, fake_logits: Tensor) -> None:  # [N, K], [N, K]
        """Take one step's logits into account."""
        self.real_mean.lerp_(real_logits.mean(), 1.0 - KEEP)
        self.fake_mean.lerp_(fake_logits.mean(), 1.0 - KEEP)
        self.overfit.lerp_(real_logits.sign().mean(), 1.0 - KEEP)
        if self.target:
            step = torch.sign(self.overfit - self.target) * len(real_logits) / self.ramp_images
            self.strength.add_(step).clamp_(0.0, 1.0)
        if self.diversity:
            error = self.diversity * -real_logits.mean() - -fake_logits.mean()
            self.balance.add_(BALANCE_RATE * error).clamp_(0.0, 1.0)
