"""Style mixing: some fakes have two styles."""

from __future__ import annotations

import torch
from torch import Tensor

from training.core.generators import GeneratorNetwork


def mix_styles(g: GeneratorNetwork, w: Tensor, labels: Tensor | None, share: float) -> Tensor:
    """Give a share of styles [N, styles, w_dim] a second style from a random place on.

    StyleGAN (Karras et al. 2019, arXiv:1812.04948), section 3.1.
    """
    other = g.map(torch.randn(len(w), g.z_dim, device=w.device), labels)
    start = torch.randint(1, g.styles, (len(w), 1, 1), device=w.device)
    mixed = (torch.arange(g.styles, device=w.device)[None, :, None] >= start) & (
        torch.rand(len(w), 1, 1, device=w.device) < share
    )
    return torch.where(mixed, other, w)
