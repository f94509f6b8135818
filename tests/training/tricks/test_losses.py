from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from training.tricks.losses import LOSSES

# For each row: logit of a real, logit of a fake, what D minimises, what G minimises; ln 2 = 0.6931, and
# softplus(x) = ln(1 + e^x): softplus(1) = 1.3133, softplus(-1) = 0.3133, softplus(2) = 2.1269, softplus(-2) = 0.1269.
GOLDEN = {
    "non_saturating": [
        (0.0, 0.0, 2 * 0.693147, 0.693147),
        (1.0, 2.0, 0.313262 + 2.126928, 0.126928),
        (2.0, -1.0, 0.126928 + 0.313262, 1.313262),
        (-1.0, -2.0, 1.313262 + 0.126928, 2.126928),
    ],
    "hinge": [
        (0.0, 0.0, 2.0, 0.0),
        (0.5, 3.0, 0.5 + 4.0, -3.0),
        (1.5, -0.25, 0.0 + 0.75, 0.25),
        (-2.0, -1.5, 3.0 + 0.0, 1.5),
    ],
    "saturating": [
        (0.0, 0.0, 2 * 0.693147, -0.693147),
        (1.0, 2.0, 0.313262 + 2.126928, -2.126928),
        (2.0, -1.0, 0.126928 + 0.313262, -0.313262),
    ],
    "wasserstein": [(0.0, 0.0, 0.0, 0.0), (3.0, 1.0, -2.0, -1.0), (-1.0, 2.5, 3.5, -2.5)],
    "least_squares": [(0.0, 0.0, 0.5, 0.5), (1.0, 0.0, 0.0, 0.5), (3.0, -2.0, 2.0 + 2.0, 4.5), (0.5, 1.0, 0.625, 0.0)],
    "pearson": [(0.0, 0.0, 0.5 + 0.5, 0.0), (1.0, -1.0, 0.0, 0.5), (3.0, 2.0, 2.0 + 4.5, 2.0)],
    "relativistic": [(0.0, 0.0, 0.693147, 0.693147), (3.0, 1.0, 0.126928, 2.126928), (1.0, 2.0, 1.313262, 0.313262)],
    "began": [(-0.5, -0.25, 0.25, 0.25), (-1.0, -3.0, -2.0, 3.0)],
}
BETWEEN = {"least_squares": (0.25, 0.5, 0.75), "pearson": (-0.75, -0.5, -0.25)}  # D's and G's aims for a fake


def logits(*values: float) -> Tensor:
    return torch.tensor(values, requires_grad=True)


def slopes(loss: Tensor, *of: Tensor) -> list[list[float]]:
    """Return the slope of a loss along each logit, 0 where it does not hang on it."""
    found = torch.autograd.grad(loss.sum(), of, allow_unused=True, materialize_grads=True)
    return [slope.tolist() for slope in found]


def test_every_loss_has_its_golden_values() -> None:
    assert set(GOLDEN) == set(LOSSES)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_has_the_values_worked_out_by_hand(name: str) -> None:
    real, fake, for_d, for_g = (torch.tensor(column) for column in zip(*GOLDEN[name], strict=True))
    torch.testing.assert_close(LOSSES[name].d(real, fake), for_d, rtol=0, atol=2e-6)
    torch.testing.assert_close(LOSSES[name].g(real, fake), for_g, rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_d_and_g_pull_the_logit_of_a_fake_in_opposite_directions(name: str) -> None:
    real, fake = logits(0.5, -0.5, 0.0), logits(*BETWEEN.get(name, (-0.5, 0.5, 0.0)))
    real_for_d, fake_for_d = slopes(LOSSES[name].d(real, fake), real, fake)
    _, fake_for_g = slopes(LOSSES[name].g(real, fake), real, fake)
    assert all(slope < 0 for slope in real_for_d + fake_for_g)
    assert all(slope > 0 for slope in fake_for_d)


@pytest.mark.parametrize("name", ["non_saturating", "hinge", "wasserstein", "relativistic", "began"])
def test_g_still_learns_when_d_is_sure_of_a_fake(name: str) -> None:
    fake = logits(-30.0)
    assert slopes(LOSSES[name].g(torch.zeros(1), fake), fake) == [[pytest.approx(-1.0)]]


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_loss_and_its_slopes_stay_finite_for_huge_logits(name: str, sign: float) -> None:
    for huge in (1e4, -1e4):
        real, fake = logits(sign * huge), logits(huge)
        for half in (LOSSES[name].d, LOSSES[name].g):
            loss = half(real, fake)
            assert torch.isfinite(loss).all()
            assert torch.isfinite(torch.tensor(slopes(loss, real, fake))).all()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 5)])
def test_there_is_one_loss_for_each_logit(name: str, shape: tuple[int, ...]) -> None:
    real, fake = torch.randn(shape), torch.randn(shape)
    for half in (LOSSES[name].d, LOSSES[name].g):
        losses = half(real, fake)
        assert losses.shape == shape
        torch.testing.assert_close(losses[2:3], half(real[2:3], fake[2:3]), rtol=1e-6, atol=1e-6)


def test_the_non_saturating_game_is_torchs_own_cross_entropy() -> None:
    real, fake = torch.linspace(-20, 20, 41), torch.linspace(30, -30, 41)
    ones, zeros = torch.ones(41), torch.zeros(41)
    loss = LOSSES["non_saturating"]
    expected = binary_cross_entropy_with_logits(real, ones, reduction="none")
    expected = expected + binary_cross_entropy_with_logits(fake, zeros, reduction="none")
    torch.testing.assert_close(loss.d(real, fake), expected)
    torch.testing.assert_close(loss.g(real, fake), binary_cross_entropy_with_logits(fake, ones, reduction="none"))


def test_the_saturating_game_leaves_g_nothing_to_learn_when_d_is_sure_of_a_fake() -> None:
    fake = logits(-30.0)
    assert slopes(LOSSES["saturating"].g(torch.zeros(1), fake), fake) == [[pytest.approx(0.0, abs=1e-12)]]


@pytest.mark.parametrize("name", LOSSES)
def test_only_a_paired_loss_lets_g_look_at_reals(name: str) -> None:
    real, fake = logits(0.3), logits(-0.2)
    ((slope,),) = slopes(LOSSES[name].g(real, fake), real)
    assert (slope != 0.0) == LOSSES[name].paired


def test_hinge_does_not_care_beyond_its_margin() -> None:
    real, fake = logits(1.01, 0.99, 50.0), logits(-1.01, -0.99, -50.0)
    assert slopes(LOSSES["hinge"].d(real, fake), real, fake) == [[0.0, -1.0, 0.0], [0.0, 1.0, 0.0]]
    assert slopes(LOSSES["hinge"].g(real, fake), fake) == [[-1.0, -1.0, -1.0]]


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_names_its_authors_its_year_and_its_paper(name: str) -> None:
    assert re.search(r"^[A-Z][\w-]+ .*\b20\d\d, arXiv:\d{4}\.\d{4,5}\b", LOSSES[name].paper)
