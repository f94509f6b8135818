"""What one training step passes on."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor

from training.discriminators import Judgement


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


class Batch(NamedTuple):
    """A step's pictures [N, 3, R, R], the same as the frozen backbone saw them, and their classes [N], if any."""

    images: Tensor
    seen: Any
    labels: Tensor | None


class Judged(NamedTuple):
    """What D says of a step's reals and fakes, and the classes of both [N], if any."""

    reals: Judgement
    fakes: Judgement
    labels: Tensor | None

    @property
    def real(self) -> Tensor:  # [N, K]
        """Return the logits of reals in float32."""
        return self.reals.logits.float()

    @property
    def fake(self) -> Tensor:  # [N, K]
        """Return the logits of fakes in float32."""
        return self.fakes.logits.float()

    def detach(self) -> Judged:
        """Return the same, cut off from D."""
        return Judged(self.reals.each(Tensor.detach), self.fakes.each(Tensor.detach), self.labels)
