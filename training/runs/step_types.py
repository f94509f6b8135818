"""What one training step passes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from torch import Tensor

from training.discriminators import DiscriminatorOutput

Head: TypeAlias = Callable[..., DiscriminatorOutput]


class Measures(NamedTuple):
    """What one step tells, scalars on the run's device.

    Losses; mean logits of reals and fakes; lengths of the gradients; `overfit`, ADA's r_t; `strength` of augmentation;
    `balance`, BEGAN's k; `spread`, the fakes' standard deviation over a batch as a share of the reals'; `skipped`, 1
    where float16 overflowed, so that an optimizer took no step and its gradient counts as 0. In a step that does not
    train G, its loss and gradient are those of the last that did.
    """

    d_loss: Tensor
    g_loss: Tensor
    real: Tensor
    fake: Tensor
    d_gradient: Tensor
    g_gradient: Tensor
    overfit: Tensor
    strength: Tensor
    balance: Tensor
    spread: Tensor
    skipped: Tensor


class Update(NamedTuple):
    """The loss of an optimizer's step and the length of its gradient, scalars."""

    loss: Tensor
    gradient: Tensor


class Augmented(NamedTuple):
    """Pictures [N, 3, R, R] as D sees them, and the diffusion step of each [N], where D is told."""

    images: Tensor
    timesteps: Tensor | None = None


class Batch(NamedTuple):
    """A step's pictures [N, 3, R, R], what the backbone returned for them as D sees them, and what D is told of each.

    That are the classes [N] and the diffusion steps [N], if any.
    """

    images: Tensor
    seen: Any
    labels: Tensor | None
    timesteps: Tensor | None = None

    @property
    def inputs(self) -> tuple[Any, ...]:
        """Return what D's head is called with."""
        told = () if self.timesteps is None else (self.timesteps,)
        return (self.seen, self.labels, *told)

    def detach(self) -> Batch:
        """Return the same, cut off from G."""
        return self._replace(images=self.images.detach(), seen=_each(self.seen, Tensor.detach))

    def float(self) -> Batch:
        """Return the same with what the backbone returned in float32."""
        return self._replace(seen=_each(self.seen, Tensor.float))


class Outputs(NamedTuple):
    """What D returns for a step's reals and fakes, and the classes of both [N], if any."""

    reals: DiscriminatorOutput
    fakes: DiscriminatorOutput
    labels: Tensor | None

    @property
    def real(self) -> Tensor:  # [N, K]
        """Return the logits of reals in float32."""
        return self.reals.logits.float()

    @property
    def fake(self) -> Tensor:  # [N, K]
        """Return the logits of fakes in float32."""
        return self.fakes.logits.float()

    def detach(self) -> Outputs:
        """Return the same, cut off from D."""
        return Outputs(self.reals.each(Tensor.detach), self.fakes.each(Tensor.detach), self.labels)


def _each(seen: Any, change: Callable[[Tensor], Tensor]) -> Any:
    return [change(one) for one in seen] if isinstance(seen, list) else change(seen)
