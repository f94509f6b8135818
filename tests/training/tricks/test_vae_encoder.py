from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence

from training.tricks.vae_encoder import Encoder, prior_loss, reconstruction_loss, sample


def test_the_distance_from_the_prior_is_the_one_worked_out_by_hand() -> None:
    mean = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, -2.0]])
    log_variance = torch.tensor([[0.0, 0.0], [0.0, math.log(4.0)], [math.log(0.25), 0.0]])
    second = 0.5 * (1.0**2) + 0.5 * (4.0 - math.log(4.0) - 1.0)
    third = 0.5 * (0.25 + math.log(4.0) - 1.0) + 0.5 * (2.0**2)
    torch.testing.assert_close(prior_loss(mean, log_variance), torch.tensor([0.0, second, third]))


def test_the_distance_from_the_prior_is_pytorchs() -> None:
    torch.manual_seed(0)
    mean, log_variance = torch.randn(5, 7), torch.randn(5, 7)
    found = Independent(Normal(mean, torch.exp(0.5 * log_variance)), 1)
    prior = Independent(Normal(torch.zeros(5, 7), torch.ones(5, 7)), 1)
    torch.testing.assert_close(prior_loss(mean, log_variance), kl_divergence(found, prior))


def test_the_distance_between_features_is_the_one_worked_out_by_hand() -> None:
    real = torch.tensor([[1.0, 2.0, 0.0], [3.0, 3.0, 3.0]])
    painted = torch.tensor([[0.0, 4.0, 0.0], [3.0, 3.0, 3.0]])
    assert reconstruction_loss(real, painted).tolist() == [0.5 * (1.0 + 4.0), 0.0]


def test_the_distance_between_features_is_minus_a_log_likelihood_but_for_its_constant() -> None:
    torch.manual_seed(0)
    real, painted = torch.randn(4, 6), torch.randn(4, 6)
    around = Independent(Normal(painted, torch.ones(4, 6)), 1)
    expected = around.log_prob(painted) - around.log_prob(real)
    torch.testing.assert_close(reconstruction_loss(real, painted), expected)


def test_what_is_drawn_has_the_mean_and_the_variance_that_the_encoder_says() -> None:
    torch.manual_seed(0)
    mean, variance = torch.tensor([[3.0, -1.0]]), torch.tensor([[0.25, 9.0]])
    drawn = sample(mean.expand(20_000, 2), variance.log().expand(20_000, 2))
    torch.testing.assert_close(drawn.mean(dim=0), mean[0], rtol=0, atol=0.1)
    torch.testing.assert_close(drawn.var(dim=0), variance[0], rtol=0.05, atol=0)


def test_a_slope_goes_back_through_what_is_drawn() -> None:
    torch.manual_seed(0)
    mean, log_variance = torch.zeros(1, 3, requires_grad=True), torch.full((1, 3), 2.0, requires_grad=True)
    drawn = sample(mean, log_variance)
    drawn.sum().backward()
    assert mean.grad is not None
    assert log_variance.grad is not None
    assert torch.equal(mean.grad, torch.ones(1, 3))
    torch.testing.assert_close(log_variance.grad, 0.5 * drawn.detach())


@pytest.mark.parametrize(("resolution", "widths"), [(8, [2]), (16, [2, 4]), (256, [2, 4, 8, 16, 32, 32])])
def test_an_encoder_halves_pictures_down_to_4_by_4(resolution: int, widths: list[int]) -> None:
    encoder = Encoder(5, resolution, 2)
    shapes: list[tuple[int, ...]] = []
    for layer in encoder.body:
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(lambda _module, _inputs, output: shapes.append(tuple(output.shape[1:3])))
    mean, log_variance = encoder(torch.randn(3, 3, resolution, resolution))
    assert mean.shape == log_variance.shape == (3, 5)
    assert shapes == [(width, resolution // 2 ** (step + 1)) for step, width in enumerate(widths)]
    assert shapes[-1][1] == 4


def test_the_first_half_of_what_an_encoder_says_is_the_mean() -> None:
    encoder = Encoder(5, 8, 2)
    with torch.no_grad():
        encoder.body[-1].weight.zero_()
        encoder.body[-1].bias.copy_(torch.arange(10.0))
    mean, log_variance = encoder(torch.randn(2, 3, 8, 8))
    assert mean[0].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert log_variance[1].tolist() == [5.0, 6.0, 7.0, 8.0, 9.0]
