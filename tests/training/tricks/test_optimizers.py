from __future__ import annotations

import pytest
import torch
from torch import nn

from training.tricks.optimizers import OPTIMIZERS, clip, lazily


def parameter(value: float = 1.0) -> nn.Parameter:
    return nn.Parameter(torch.tensor([value]))


@pytest.mark.parametrize(
    ("name", "moved"),
    # the first step along a slope of 2: Adam goes by lr, RMSProp by lr / sqrt(1 - beta2), SGD by lr times the slope
    [("adam", 0.1), ("rmsprop", 0.1 / 0.19**0.5), ("sgd", 0.2)],
)
def test_the_first_step_has_the_length_of_its_method(name: str, moved: float) -> None:
    weight = parameter()
    optimizer = OPTIMIZERS[name]([weight], 0.1, 0.5, 0.81)
    (2.0 * weight).sum().backward()
    optimizer.step()
    assert weight.item() == pytest.approx(1.0 - moved, abs=1e-5)


@pytest.mark.parametrize(("name", "ratio"), [("adam", 1.0), ("sgd", 1.5)])
def test_beta1_is_the_momentum(name: str, ratio: float) -> None:
    weight = parameter()
    optimizer = OPTIMIZERS[name]([weight], 0.1, 0.5, 0.99)
    places = [weight.item()]
    for _ in range(2):
        weight.grad = torch.tensor([2.0])
        optimizer.step()
        places.append(weight.item())
    assert (places[1] - places[2]) / (places[0] - places[1]) == pytest.approx(ratio, rel=1e-3)


def test_a_clip_cuts_every_weight_to_its_bound_both_ways() -> None:
    weights = [nn.Parameter(torch.tensor([-3.0, 0.005, 3.0])), parameter(0.5)]
    clip(weights, 0.01)
    assert [weight.tolist() for weight in weights] == [pytest.approx([-0.01, 0.005, 0.01]), pytest.approx([0.01])]


@pytest.mark.parametrize("every", [1, 4, 16])
def test_an_adam_with_a_further_step_goes_and_forgets_as_much_as_one_without(every: int) -> None:
    lr, beta1, beta2 = lazily(every, 0.002, 0.5, 0.99)
    assert (every + 1) * lr == pytest.approx(every * 0.002)
    assert beta1 ** (every + 1) == pytest.approx(0.5**every)
    assert beta2 ** (every + 1) == pytest.approx(0.99**every)


def test_stylegan2s_numbers_are_those_of_its_paper() -> None:
    lr, beta1, beta2 = lazily(16, 0.002, 0.0, 0.99)
    assert (lr, beta1, beta2) == pytest.approx((0.00188235, 0.0, 0.990586), rel=1e-5)
