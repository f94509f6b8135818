"""Both halves of each game: from the logits of reals and fakes to what D and G minimise."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import relu, softplus


class Loss(NamedTuple):
    """The two halves of a game; each takes the logits of reals and of fakes and returns one loss per logit.

    `paired` tells that G's half looks at the logits of reals, too.
    """

    d: Callable[[Tensor, Tensor], Tensor]
    g: Callable[[Tensor, Tensor], Tensor]
    paper: str
    paired: bool = False


def non_saturating_d(real: Tensor, fake: Tensor) -> Tensor:
    """Cross-entropy with the label 1 for reals plus cross-entropy with the label 0 for fakes."""
    return softplus(-real) + softplus(fake)


def non_saturating_g(real: Tensor, fake: Tensor) -> Tensor:
    """Cross-entropy with the label 1 for fakes: the labels are flipped, so that the gradient is large where D wins."""
    return softplus(-fake)


def saturating_g(real: Tensor, fake: Tensor) -> Tensor:
    """Minus D's own cross-entropy for fakes: the game as first written, whose gradient dies where D wins."""
    return -softplus(fake)


def hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    """Push reals above 1 and fakes below -1, and care no further."""
    return relu(1.0 - real) + relu(1.0 + fake)


def raise_g(real: Tensor, fake: Tensor) -> Tensor:
    """Raise the logits of fakes without end."""
    return -fake


def wasserstein_d(real: Tensor, fake: Tensor) -> Tensor:
    """Raise the logits of reals over those of fakes without end; something else must bound the critic's gradient."""
    return fake - real


def least_squares_d(real: Tensor, fake: Tensor) -> Tensor:
    """Half the squared distance of reals from 1 and of fakes from 0."""
    return 0.5 * ((real - 1.0).square() + fake.square())


def least_squares_g(real: Tensor, fake: Tensor) -> Tensor:
    """Half the squared distance of fakes from 1."""
    return 0.5 * (fake - 1.0).square()


def pearson_d(real: Tensor, fake: Tensor) -> Tensor:
    """Half the squared distance of reals from 1 and of fakes from -1."""
    return 0.5 * ((real - 1.0).square() + (fake + 1.0).square())


def pearson_g(real: Tensor, fake: Tensor) -> Tensor:
    """Half the squared distance of fakes from 0."""
    return 0.5 * fake.square()


def relativistic_d(real: Tensor, fake: Tensor) -> Tensor:
    """Make each real more real than the fake beside it."""
    return softplus(fake - real)


def relativistic_g(real: Tensor, fake: Tensor) -> Tensor:
    """Make each fake more real than the real beside it."""
    return softplus(real - fake)


LOSSES = {
    "non_saturating": Loss(
        non_saturating_d, non_saturating_g, "Goodfellow et al. 2014, arXiv:1406.2661, section 3: BCE with logits"
    ),
    "saturating": Loss(non_saturating_d, saturating_g, "Goodfellow et al. 2014, arXiv:1406.2661, eq. 1"),
    "hinge": Loss(hinge_d, raise_g, "Lim and Ye 2017, arXiv:1705.02894; Miyato et al. 2018, arXiv:1802.05957, eq. 16"),
    "wasserstein": Loss(wasserstein_d, raise_g, "Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1"),
    "least_squares": Loss(least_squares_d, least_squares_g, "Mao et al. 2017, arXiv:1611.04076, eq. 9"),
    "pearson": Loss(pearson_d, pearson_g, "Mao et al. 2017, arXiv:1611.04076, eq. 8"),
    "relativistic": Loss(
        relativistic_d,
        relativistic_g,
        "Jolicoeur-Martineau 2018, arXiv:1807.00734; R3GAN, arXiv:2501.05441, eq. 2",
        True,
    ),
    "began": Loss(wasserstein_d, raise_g, "Berthelot et al. 2017, arXiv:1703.10717, section 3.4; k scales the fakes"),
}
