"""Optimizers and weight clipping: OPTIMIZERS."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.optim import SGD, Adam, Optimizer, RMSprop

Parameters: TypeAlias = Iterable[nn.Parameter] | Iterable[dict[str, Any]]  # or groups, with learning rates of their own
Make: TypeAlias = Callable[[Parameters, float, float, float], Optimizer]


def adam(parameters: Parameters, lr: float, beta1: float, beta2: float) -> Optimizer:
    """Adam (Kingma and Ba 2015, arXiv:1412.6980), in one kernel for all weights."""
    return Adam(parameters, lr, (beta1, beta2), fused=True)


def rmsprop(parameters: Parameters, lr: float, beta1: float, beta2: float) -> Optimizer:
    """RMSProp, the mean square kept by beta2 (Tieleman and Hinton 2012), without momentum."""
    return RMSprop(parameters, lr, alpha=beta2, foreach=True)


def sgd(parameters: Parameters, lr: float, beta1: float, beta2: float) -> Optimizer:
    """Gradient descent with the momentum beta1."""
    return SGD(parameters, lr, momentum=beta1, fused=True)


def lazily(every: int, lr: float, beta1: float, beta2: float) -> tuple[float, float, float]:
    """Return the learning rate and betas of an Adam that takes a further step in each `every` steps.

    StyleGAN2 (Karras et al. 2020, arXiv:1912.04958), appendix B, lazy regularization: with c = k / (k + 1), where k is
    `every`, lr c, beta1^c and beta2^c, so that k steps forget and go as far as they would without the further one.
    """
    share = every / (every + 1)
    return share * lr, beta1**share, beta2**share


def clip(parameters: Iterable[nn.Parameter], bound: float) -> None:
    """Cut every weight to +-bound, as WGAN does to bound its critic (Arjovsky et al. 2017, arXiv:1701.07875)."""
    with torch.no_grad():
        for parameter in parameters:
            parameter.clamp_(-bound, bound)


OPTIMIZERS: dict[str, Make] = {"adam": adam, "rmsprop": rmsprop, "sgd": sgd}
