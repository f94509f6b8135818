"""Fakes of earlier steps, shown to D again."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.core.pixels import to_float

KEPT = 256  # images


class ReplayBuffer(nn.Module):
    """A buffer of old fakes (Shrivastava et al. 2017, arXiv:1612.07828, section 2.3), a share of what D sees.

    Images are kept in 8 bits. What a step shows was put in by steps before it.
    """

    images: Tensor
    count: Tensor

    def __init__(self, share: float, resolution: int, kept: int = KEPT) -> None:
        super().__init__()
        self.share = share
        self.register_buffer("images", torch.zeros(kept, 3, resolution, resolution, dtype=torch.uint8))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def mix(self, fake: Tensor) -> Tensor:  # [N, 3, R, R] in [-1, 1] -> the same
        """Return fakes of which the first share has been exchanged for old ones, and keep the others of this step.

        Until the buffer is full all fakes are new, and all are kept.
        """
        new = (fake.detach() * 127.5 + 128.0).clamp(0, 255).to(torch.uint8)
        held, count = len(self.images), int(self.count)
        if count < held:
            new = new[: held - count]
            self.images[count : count + len(new)] = new
            self.count += len(new)
            return fake.detach()
        number = round(self.share * len(fake))
        places = torch.randperm(held, device=fake.device)[:number]
        old = to_float(self.images[places])
        self.images[places] = new[:number]
        return torch.cat([old, fake.detach()[number:]])
