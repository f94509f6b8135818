"""A fixed filter behind a generator that brings each frequency of its pictures to the power of real ones."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WEIGHT = "to_range.filter.weight"  # its name in a generator's state
_RAW = torch.tensor([[1.0, 1.0, 1.0], [1.0, -1.0, 0.0], [1.0, 1.0, -2.0]], dtype=torch.float64)
OPPONENT = _RAW / _RAW.norm(dim=1, keepdim=True)  # orthonormal rows: grey, red against green, both against blue


class Equalizer(nn.Module):
    """Filters pictures [N, 3, R, R] channel by channel in opponent colours, with one odd kernel of `side` pixels each.

    `to_range` is what the generator ends in without it; the edges are mirrored, and what leaves [-1, 1] is cut.
    """

    def __init__(self, side: int, to_range: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.to_range = to_range
        padding = {"padding": side // 2, "padding_mode": "reflect"}
        self.filter = nn.Conv2d(3, 3, side, groups=3, bias=False, **padding)  # type: ignore[arg-type]
        self.filter.requires_grad_(False)

    def forward(self, features: Tensor) -> Tensor:
        turn = OPPONENT.to(features)[:, :, None, None]
        filtered = self.filter(F.conv2d(self.to_range(features), turn))
        return F.conv2d(filtered, turn.transpose(0, 1)).clamp(-1.0, 1.0)
