from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import nn

from training.core.generators import GENERATORS, GeneratorConfig, build_generator
from training.tricks.generator_noise import add_generator_noise


def test_dropout_and_noise_act_behind_a_stage_in_training_alone() -> None:
    torch.manual_seed(0)
    for share, sigma, zeros, deviation in ((0.5, 0.0, 0.5, 1.0), (0.0, 0.3, 0.0, 0.3)):
        stage = nn.Identity()
        add_generator_noise([stage], share, sigma)
        features = stage.train()(torch.ones(100_000))
        assert (features == 0).float().mean().item() == pytest.approx(zeros, abs=0.01)
        assert features.mean().item() == pytest.approx(1.0, abs=0.02)
        assert features.std().item() == pytest.approx(deviation, abs=0.02)
        assert torch.equal(stage.eval()(torch.ones(10)), torch.ones(10))


def test_nothing_is_hung_up_where_nothing_is_asked() -> None:
    stage = nn.Identity()
    add_generator_noise([stage], 0.0, 0.0)
    assert not stage._forward_hooks


@pytest.mark.parametrize("network", GENERATORS)
def test_a_disturbed_generator_draws_what_it_draws_without(network: str) -> None:
    torch.manual_seed(0)
    plain = build_generator(GeneratorConfig(network=network, z_dim=8, resolution=16, width=4)).eval()
    disturbed = deepcopy(plain)
    add_generator_noise(disturbed.stages(), 0.5, 0.5)
    z = torch.randn(4, 8)
    assert torch.equal(disturbed(z), plain(z))
    state = deepcopy(disturbed.state_dict())
    assert not torch.allclose(disturbed.train()(z), plain.train()(z))
    assert state.keys() == plain.state_dict().keys()
