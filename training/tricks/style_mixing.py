"""Style mixing: some fakes have two styles."""

from __future__ import annotations

import torch
from torch import Tensor

from training.core.generators import GeneratorNetwork
from training.core.sharding import drawn


def mix_styles(g: GeneratorNetwork, w: Tensor, labels: Tensor | None, share: float) -> Tensor:
    """Give a share of styles [N, styles, w_dim] a second style from a random place on.

    StyleGAN (Karras et al. 2019, arXiv:1812.04948), section 3.1.
    """
    count, device = len(w), w.device
    other = g.map(drawn(lambda n: torch.randn(n, g.z_dim, device=device), count), labels)
    start = drawn(lambda n: torch.randint(1, g.styles, (n, 1, 1), device=device), count)
    is_mixed = drawn(lambda n: torch.rand(n, 1, 1, device=device), count) < share
    mixed = (torch.arange(g.styles, device=device)[None, :, None] >= start) & is_mixed
    return torch.where(mixed, other, w)
