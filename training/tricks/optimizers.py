"""Optimizers and weight clipping: OPTIMIZERS."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import nn
from torch.optim import SGD, Adam, Optimizer, RMSprop

Make = Callable[[Iterable[nn.Parameter], float, float, float], Optimizer]


def adam(parameters: Iterable[nn.Parameter], lr: float, beta1: float, beta2: float) -> Optimizer:
    """Adam (Kingma and Ba 2015, arXiv:1412.6980), in one kernel for all weights."""
    return Adam(parameters, lr, (beta1, beta2), fused=True)


def rmsprop(parameters: Iterable[nn.Parameter], lr: float, beta1: float, beta2: float) -> Optimizer:
    """RMSProp, the mean square kept by beta2 (Tieleman and Hinton 2012), without momentum."""
    return RMSprop(parameters, lr, alpha=beta2, foreach=True)


def sgd(parameters: Iterable[nn.Parameter], lr: float, beta1: float, beta2: float) -> Optimizer:
    """Gradient descent with the momentum beta1."""
    return SGD(parameters, lr, momentum=beta1, fused=True)


def clip(parameters: Iterable[nn.Parameter], bound: float) -> None:
    """Cut every weight to +-bound, as WGAN does to bound its critic (Arjovsky et al. 2017, arXiv:1701.07875)."""
    with torch.no_grad():
        for parameter in parameters:
            parameter.clamp_(-bound, bound)


OPTIMIZERS: dict[str, Make] = {"adam": adam, "rmsprop": rmsprop, "sgd": sgd}
