"""What D minimises beside its game: PENALTIES, from a view of the step to one number per image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from training.core.sharding import drawn


@dataclass(frozen=True, kw_only=True)
class View:
    """What a penalty may see of a step of D, reals and fakes as D sees them except for the augmentation.

    `d` judges images [N, 3, R, R] anew, augmentation included, one number per image; `reconstruct` returns how far from
    each image is what D reconstructs of it, where it can, and `to_reconstruct` are the reals that it is asked for, as
    they are or as D sees them. `real_mean` and `fake_mean` are running means of the logits in earlier steps.
    """

    d: Callable[[Tensor], Tensor]
    real: Tensor
    fake: Tensor
    real_logits: Tensor
    fake_logits: Tensor
    real_mean: Tensor
    fake_mean: Tensor
    to_reconstruct: Tensor
    reconstruct: Callable[[Tensor], Tensor] | None = None


class Penalty(NamedTuple):
    """A penalty and its source; a `lazy` one is dear and may be left out of most steps."""

    function: Callable[[View], Tensor]
    paper: str
    lazy: bool = False


def squared_gradient_norm(d: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:  # [N, 3, R, R] -> [N]
    """Return the squared length of D's gradient at each image, itself differentiable."""
    images = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(d(images).sum(), images, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3))


def gradient_penalty(view: View) -> Tensor:
    """Draw the gradient's length to 1 at a random point between each real and a fake: (|gradient| - 1)^2."""
    share = drawn(lambda n: torch.rand(n, 1, 1, 1, device=view.real.device), len(view.real))
    length = (squared_gradient_norm(view.d, torch.lerp(view.fake, view.real, share)) + 1e-12).sqrt()
    return (length - 1.0).square()


def r1(view: View) -> Tensor:
    """Flatten D at the reals: half the squared length of its gradient, so that the weight is the papers' gamma."""
    return 0.5 * squared_gradient_norm(view.d, view.real)


def r2(view: View) -> Tensor:
    """Flatten D at the fakes: half the squared length of its gradient, so that the weight is the papers' gamma."""
    return 0.5 * squared_gradient_norm(view.d, view.fake)


def lecam(view: View) -> Tensor:
    """Keep reals from rising over the fakes' running mean and fakes from falling below the reals'."""
    above = torch.relu(view.real_logits - view.fake_mean).square()
    below = torch.relu(view.real_mean - view.fake_logits).square()
    return (above + below).mean(dim=1)


def real_smoothing(view: View) -> Tensor:
    """Turn the label 1 of reals into 1 - weight: cross-entropy with a soft label is linear in the label."""
    return view.real_logits.mean(dim=1)


def fake_smoothing(view: View) -> Tensor:
    """Turn the label 0 of fakes into the weight."""
    return -view.fake_logits.mean(dim=1)


def drift(view: View) -> Tensor:
    """Keep the logits of reals near 0, where a loss fixes only their distance from those of fakes."""
    return view.real_logits.square().mean(dim=1)


def reconstruction(view: View) -> Tensor:
    """Ask D to reconstruct the reals from its own maps."""
    if view.reconstruct is None:
        raise ValueError("The penalty reconstruction needs the discriminator fastgan, which has decoders.")
    return view.reconstruct(view.to_reconstruct)


PENALTIES = {
    "gradient": Penalty(gradient_penalty, "WGAN-GP, Gulrajani et al. 2017, arXiv:1704.00028, eq. 3; weight 10", True),
    "r1": Penalty(r1, "Mescheder et al. 2018, arXiv:1801.04406, eq. 9", True),
    "r2": Penalty(r2, "Mescheder et al. 2018, arXiv:1801.04406, eq. 10", True),
    "lecam": Penalty(lecam, "Tseng et al. 2021, arXiv:2104.03310, eq. 3"),
    "real_smoothing": Penalty(real_smoothing, "Salimans et al. 2016, arXiv:1606.03498, section 3.4: one-sided, 0.1"),
    "fake_smoothing": Penalty(fake_smoothing, "Chintala et al. 2016, How to train a GAN, item 6"),
    "drift": Penalty(drift, "PGGAN, Karras et al. 2018, arXiv:1710.10196, appendix A.1; weight 0.001"),
    "reconstruction": Penalty(reconstruction, "FastGAN, Liu et al. 2021, arXiv:2101.04775, eq. 3; weight 1"),
}
