from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from training.core.generators.layers import sub_pixel
from training.tricks.initialization import INITS, dcgan_init, torch_init

LAYERS = {
    "Conv2d": lambda: nn.Conv2d(32, 64, 4),
    "ConvTranspose2d": lambda: nn.ConvTranspose2d(32, 64, 4),
    "Linear": lambda: nn.Linear(128, 256),
}


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def network() -> nn.Sequential:
    inner = nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6))
    return nn.Sequential(inner, nn.ConvTranspose2d(6, 4, 4), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(8, 2))


def copy_of_state(of: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in of.state_dict().items()}


def changed(of: nn.Module, before: dict[str, Tensor]) -> list[str]:
    return [name for name, value in of.state_dict().items() if not torch.equal(value, before[name])]


def test_torchs_init_changes_nothing_and_draws_nothing() -> None:
    one = network()
    before, drawn_before = copy_of_state(one), torch.get_rng_state()
    torch_init(one)
    assert INITS["torch"] is torch_init
    assert changed(one, before) == []
    assert torch.equal(torch.get_rng_state(), drawn_before)


@pytest.mark.parametrize("kind", LAYERS)
def test_dcgans_init_draws_weights_of_deviation_two_hundredths(kind: str) -> None:
    layer = LAYERS[kind]()
    bias = layer.bias.clone()
    INITS["dcgan"](layer)
    assert layer.weight.numel() == 32768
    assert layer.weight.mean().item() == pytest.approx(0.0, abs=5e-4)
    assert layer.weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert layer.weight.abs().max() > 0.06  # a normal distribution reaches beyond three deviations, an even one not
    assert torch.equal(layer.bias, bias)


def test_dcgans_init_draws_the_gains_of_batch_norm_around_one() -> None:
    norm = nn.BatchNorm2d(20_000)
    dcgan_init(norm)
    assert norm.weight.mean().item() == pytest.approx(1.0, abs=1e-3)
    assert norm.weight.std().item() == pytest.approx(0.02, rel=0.03)
    assert norm.bias.abs().max() == 0


def test_dcgans_init_draws_the_weights_of_every_layer_at_any_depth_and_nothing_else() -> None:
    one = network()
    before = copy_of_state(one)
    dcgan_init(one)
    assert changed(one, before) == ["0.0.weight", "0.1.weight", "1.weight", "2.weight", "4.weight"]
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in one.parameters())


def test_dcgans_init_leaves_frozen_layers_alone() -> None:
    one = network()
    one[0].requires_grad_(False)
    one[4].requires_grad_(False)
    before = copy_of_state(one)
    dcgan_init(one)
    assert changed(one, before) == ["1.weight", "2.weight"]


@pytest.mark.parametrize("name", INITS)
def test_an_init_hangs_on_torchs_seed(name: str) -> None:
    states = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        one = network()
        INITS[name](one)
        states.append(copy_of_state(one))
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())
    assert not torch.equal(states[0]["0.0.weight"], states[2]["0.0.weight"])


@pytest.mark.parametrize(("kind", "fan_in", "fan_out"), [("Conv2d", 512, 1024), ("Linear", 128, 256)])
def test_hes_init_keeps_the_scale_behind_a_relu_and_xaviers_both_ways(kind: str, fan_in: int, fan_out: int) -> None:
    layer = LAYERS[kind]()
    INITS["he"](layer)
    assert layer.weight.std().item() == pytest.approx((2.0 / fan_in) ** 0.5, rel=0.02)
    assert layer.bias.abs().max() == 0
    INITS["xavier"](layer)
    assert layer.weight.std().item() == pytest.approx((2.0 / (fan_in + fan_out)) ** 0.5, rel=0.02)
    assert layer.weight.abs().max() <= (6.0 / (fan_in + fan_out)) ** 0.5
    assert layer.bias.abs().max() == 0


@pytest.mark.parametrize("name", INITS)
def test_the_filters_of_a_sub_pixel_convolution_stay_equal(name: str) -> None:
    doubling = sub_pixel(3, 5)
    INITS[name](doubling)
    doubled = doubling(torch.randn(2, 3, 4, 4))
    assert torch.equal(doubled[:, :, ::2, ::2], doubled[:, :, 1::2, 1::2])
    assert doubled.std() > 0


def test_an_orthogonal_init_keeps_lengths() -> None:
    layer = nn.Conv2d(8, 16, 4)
    INITS["orthogonal"](layer)
    rows = layer.weight.flatten(1).detach()
    torch.testing.assert_close(rows @ rows.t(), torch.eye(16), rtol=0, atol=1e-5)
