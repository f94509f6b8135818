"""Both halves of each game: from the logits of reals and fakes to what D and G minimise."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import relu, softplus


class Loss(NamedTuple):
    """The two halves of a game; each takes the logits of reals and of fakes and returns one loss per logit."""

    d: Callable[[Tensor, Tensor], Tensor]
    g: Callable[[Tensor, Tensor], Tensor]
    paper: str


def non_saturating_d(real: Tensor, fake: Tensor) -> Tensor:
    """Cross-entropy with the label 1 for reals plus cross-entropy with the label 0 for fakes."""
    return softplus(-real) + softplus(fake)


def non_saturating_g(real: Tensor, fake: Tensor) -> Tensor:
    """Cross-entropy with the label 1 for fakes."""
    return softplus(-fake)


def hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    """Push reals above 1 and fakes below -1, and care no further."""
    return relu(1.0 - real) + relu(1.0 + fake)


def hinge_g(real: Tensor, fake: Tensor) -> Tensor:
    """Raise the logits of fakes without end."""
    return -fake


LOSSES = {
    "non_saturating": Loss(
        non_saturating_d, non_saturating_g, "Goodfellow et al. 2014, arXiv:1406.2661, section 3: BCE with logits"
    ),
    "hinge": Loss(hinge_d, hinge_g, "Lim and Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, eq. 16"),
}
