from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from training.core.generators import GENERATORS, GeneratorConfig, GeneratorNetwork, build_generator
from training.core.normalization import NORMS, WRAPS, inputs, no_wrap, plain_state, spectral_norm

LAYERS = {
    "Conv2d": lambda: nn.Conv2d(5, 7, 3),
    "ConvTranspose2d": lambda: nn.ConvTranspose2d(5, 7, 4),
    "Linear": lambda: nn.Linear(6, 9),
}


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def wrapped(layer: nn.Module) -> bool:
    return parametrize.is_parametrized(layer)


def matrix(layer: nn.Module) -> Tensor:
    """Lay the weight of a layer out as the matrix of the paper: a row for each channel that goes out."""
    weight: Tensor = layer.weight.detach()
    return (weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight).flatten(1)


def settle(network: nn.Module) -> None:
    """Let the power iteration of every wrapped layer come to its end."""
    network.train()
    with torch.no_grad():
        for layer in network.modules():
            for _ in range(200 if wrapped(layer) else 0):
                _ = layer.weight


def mixed() -> nn.Sequential:
    """Return a network with all kinds of layers, a norm among them and a block within the block."""
    inner = nn.Sequential(nn.ConvTranspose2d(6, 4, 4, 2, 1), nn.BatchNorm2d(4), nn.ReLU())
    return nn.Sequential(nn.Conv2d(3, 6, 3, padding=1, bias=False), inner, nn.Flatten(), nn.Linear(4 * 8 * 8, 2))


@pytest.mark.parametrize("name", NORMS)
def test_a_norm_takes_and_gives_features_of_its_channels(name: str) -> None:
    features = torch.randn(8, 5, 4, 4)
    assert NORMS[name](5)(features).shape == features.shape


def test_no_norm_gives_features_back() -> None:
    features = torch.randn(8, 5, 4, 4)
    assert NORMS["none"](5)(features) is features


def test_batch_norm_normalises_each_channel_over_the_batch() -> None:
    features = torch.randn(8, 5, 4, 4) * torch.arange(1.0, 6.0)[:, None, None] + 3.0
    normal = NORMS["batch"](5).train()(features)
    torch.testing.assert_close(normal.mean(dim=(0, 2, 3)), torch.zeros(5), rtol=0, atol=1e-5)
    torch.testing.assert_close(normal.var(dim=(0, 2, 3), unbiased=False), torch.ones(5), rtol=0, atol=1e-3)


def test_no_wrap_changes_nothing() -> None:
    network = mixed()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    no_wrap(network)
    assert WRAPS["none"] is no_wrap
    assert not any(wrapped(layer) for layer in network.modules())
    assert list(before) == list(network.state_dict())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("kind", LAYERS)
def test_spectral_norm_divides_a_weight_by_its_largest_singular_value(kind: str) -> None:
    network = nn.Sequential(LAYERS[kind]())
    with torch.no_grad():
        network[0].weight.mul_(10.0)
    original = matrix(network[0])
    largest = torch.linalg.matrix_norm(original, 2)
    assert largest > 1.5
    WRAPS["spectral"](network)
    settle(network)
    effective = matrix(network.eval()[0])
    assert torch.linalg.matrix_norm(effective, 2).item() == pytest.approx(1.0, abs=1e-3)
    torch.testing.assert_close(effective, original / largest, rtol=1e-3, atol=1e-4)


def test_spectral_norm_wraps_every_layer_that_is_trained_and_no_norm() -> None:
    network = mixed()
    spectral_norm(network)
    assert [type(layer).__name__ for layer in network.modules() if wrapped(layer)] == [
        "ParametrizedConv2d",
        "ParametrizedConvTranspose2d",
        "ParametrizedLinear",
    ]


def test_spectral_norm_leaves_frozen_layers_alone() -> None:
    network = mixed()
    network[1].requires_grad_(False)
    before = network[1][0].weight.clone()
    spectral_norm(network)
    assert [wrapped(layer) for layer in (network[0], network[1][0], network[3])] == [True, False, True]
    assert torch.equal(network[1][0].weight, before)


def test_spectrally_normed_weights_can_still_be_trained() -> None:
    network = mixed()
    spectral_norm(network)
    network(torch.randn(3, 3, 4, 4)).square().sum().backward()
    weights = [layer.parametrizations.weight.original for layer in network.modules() if wrapped(layer)]
    assert len(weights) == 3
    assert all(weight.grad is not None and weight.grad.abs().max() > 0 for weight in weights)


def generator(network: str) -> GeneratorNetwork:
    return build_generator(GeneratorConfig(network=network, z_dim=8, resolution=32, width=2))


@pytest.mark.parametrize("wrap", ["spectral", "weight", "equalized"])
@pytest.mark.parametrize("network", GENERATORS)
def test_a_plain_state_fits_the_same_network_without_wraps_and_draws_the_same(network: str, wrap: str) -> None:
    trained, z = generator(network), torch.randn(16, 8)
    WRAPS[wrap](trained)
    for _ in range(3):
        trained.train()(z).sum().backward()
    trained.eval()
    torch.manual_seed(1)
    plain = generator(network)
    state = plain_state(trained)
    assert set(state) == set(plain.state_dict())
    assert not any(value.requires_grad for value in state.values())
    plain.load_state_dict(state)
    plain.eval()
    with torch.no_grad():
        torch.testing.assert_close(plain(z), trained(z), rtol=0, atol=1e-6)
    layers = {name: layer for name, layer in trained.named_modules() if wrapped(layer)}
    assert len(layers) > 3
    kept = {name: list(layer.parametrizations.weight.parameters())[-1] for name, layer in layers.items()}
    if wrap == "spectral":
        assert all((weight - state[f"{name}.weight"]).abs().max() > 1e-3 for name, weight in kept.items())


def test_a_plain_state_in_eval_mode_does_not_advance_the_power_iteration() -> None:
    network = mixed()
    spectral_norm(network)
    network.eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    plain_state(network)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_the_plain_state_of_a_network_without_wraps_is_its_state() -> None:
    network = mixed()
    state = plain_state(network)
    assert list(state) == list(network.state_dict())
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    assert "1.1.running_mean" in state


def test_the_plain_state_of_a_half_frozen_network_has_both_halves() -> None:
    network = mixed()
    network[0].requires_grad_(False)
    names = set(network.state_dict())
    spectral_norm(network)
    settle(network)
    state = plain_state(network.eval())
    assert set(state) == names
    assert torch.equal(state["0.weight"], network[0].weight)
    assert torch.linalg.matrix_norm(state["3.weight"], 2).item() == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("kind", LAYERS)
def test_weight_norm_gives_every_output_a_length_of_its_own_that_is_learned(kind: str) -> None:
    network = nn.Sequential(LAYERS[kind]())
    before = matrix(network[0])
    WRAPS["weight"](network)
    torch.testing.assert_close(matrix(network[0]), before)
    lengths = network[0].parametrizations.weight.original0
    with torch.no_grad():
        lengths.copy_(torch.arange(1.0, lengths.numel() + 1.0).view_as(lengths))
    norms = matrix(network[0]).norm(dim=1)
    torch.testing.assert_close(norms, torch.arange(1.0, len(norms) + 1.0))


@pytest.mark.parametrize(("kind", "fan_in"), [("Conv2d", 45), ("ConvTranspose2d", 5), ("Linear", 6)])
def test_equalised_weights_are_kept_at_unit_scale_and_used_at_hes(kind: str, fan_in: int) -> None:
    network = nn.Sequential(LAYERS[kind]())
    before = matrix(network[0])
    WRAPS["equalized"](network)
    torch.testing.assert_close(matrix(network[0]), before)
    assert inputs(LAYERS[kind]()) == fan_in
    with torch.no_grad():
        network[0].parametrizations.weight.original.fill_(1.0)
    torch.testing.assert_close(matrix(network[0]), torch.full_like(before, (2.0 / fan_in) ** 0.5))


def test_a_transposed_convolution_of_stride_two_sums_a_quarter_of_its_filter() -> None:
    assert inputs(nn.ConvTranspose2d(5, 7, 4, 2, 1)) == 20


def test_pixel_norm_gives_every_place_a_mean_square_of_one() -> None:
    normal = NORMS["pixel"](5)(torch.randn(8, 5, 4, 4) * 7.0)
    torch.testing.assert_close(normal.square().mean(dim=1), torch.ones(8, 4, 4))
    assert not list(NORMS["pixel"](5).parameters())


@pytest.mark.parametrize(("name", "dimensions"), [("layer", (1, 2, 3)), ("instance", (2, 3))])
def test_layer_norm_takes_an_image_as_a_whole_and_instance_norm_each_channel(
    name: str, dimensions: tuple[int, ...]
) -> None:
    features = torch.randn(8, 5, 4, 4) * torch.arange(1.0, 9.0)[:, None, None, None] + torch.arange(5.0)[:, None, None]
    normal = NORMS[name](5)(features)
    assert (normal[0].mean(dim=(1, 2)).abs().max() < 1e-5) == (name == "instance")
    assert normal.mean(dim=dimensions).abs().max() < 1e-5
    variances = normal.var(dim=dimensions, unbiased=False)
    torch.testing.assert_close(variances, torch.ones_like(variances), rtol=0, atol=1e-3)
    torch.testing.assert_close(NORMS[name](5)(features[2:3]), normal[2:3])
