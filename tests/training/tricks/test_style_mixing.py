from __future__ import annotations

import pytest
import torch

from training.core.generators import GeneratorConfig, build_generator
from training.tricks.style_mixing import mix_styles


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_or_all_get_a_second_style_from_a_place_after_the_first_on(share: float) -> None:
    torch.manual_seed(0)
    g = build_generator(GeneratorConfig(network="stylegan2", z_dim=8, resolution=32, width=2))
    w = g.map(torch.randn(50, 8))
    kept = (mix_styles(g, w, None, share) == w).all(dim=2)  # [N, styles]
    assert kept[:, 0].all()
    assert kept[:, -1].all() == (share == 0.0)
    assert not (kept[:, 1:] & ~kept[:, :-1]).any()  # a second style goes on to the end
    starts = set(kept.sum(dim=1).tolist())
    assert starts == ({g.styles} if share == 0.0 else set(range(1, g.styles)))
