from __future__ import annotations

import pytest
import torch
from torch import Tensor

from training.evaluation import spectrum
from training.tricks.spectral_regularization import FLOOR, FULL, SpectralRegularizer

SIDE, COUNT = 16, 8


def pictures(seed: int, scale: float = 0.2) -> Tensor:
    noise = torch.randn(COUNT, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))
    return (scale * noise).clamp(-1.0, 1.0)


def grid(strength: float) -> Tensor:
    """Return rows of period 2."""
    rows = torch.tensor([1.0, -1.0]).repeat(SIDE // 2)
    return strength * rows[:, None].expand(SIDE, SIDE)


def settled(real: Tensor, fake: Tensor) -> SpectralRegularizer:
    regularizer = SpectralRegularizer(SIDE)
    for _ in range(FULL // COUNT + 1):
        regularizer(real, fake)
    return regularizer


def test_the_power_is_that_of_the_measure() -> None:
    images = pictures(0)
    grey = SpectralRegularizer(SIDE).power(images)[0] * 127.5**2
    levels = (images * 127.5 + 128).clamp(0, 255).to(torch.uint8)
    measured = spectrum.powers(levels).mean(dim=0)
    assert grey[SIDE // 2, 0].item() > 0
    rows = torch.stack([grey[SIDE // 2, 0], grey[0, SIDE // 2], grey[SIDE // 2, SIDE // 2]])
    assert rows.mean().item() == pytest.approx(measured[5].item(), rel=0.02)  # pixels are rounded there


def test_alike_spectra_have_no_loss_and_no_gradient() -> None:
    images = pictures(1)
    regularizer = settled(images, images)
    fake = images.clone().requires_grad_()
    loss = regularizer(images, fake)
    loss.backward()
    assert loss.item() == pytest.approx(0.0, abs=1e-5)
    assert fake.grad is not None
    assert fake.grad.abs().max().item() == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("strength", [0.05, 0.3])
def test_the_gradient_takes_a_grid_away_and_leaves_the_rest(strength: float) -> None:
    real = pictures(2)
    fake = (real + grid(strength)).requires_grad_()
    regularizer = settled(real, fake.detach())
    regularizer(real, fake).backward()
    assert fake.grad is not None
    after = fake.detach() - 0.05 * strength * fake.grad / fake.grad.abs().max()
    before, later = (regularizer.power(images) for images in (fake.detach(), after))
    assert later[0, SIDE // 2, 0] < 0.97 * before[0, SIDE // 2, 0]
    others = torch.ones_like(before, dtype=torch.bool)
    others[:, SIDE // 2 - 1 : SIDE // 2 + 2, :2] = False  # a window spreads a wave over its neighbours
    assert (later - before)[others].abs().mean() < 0.005 * before[others].mean()


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_too_little_power_is_raised_and_too_much_lowered(scale: float) -> None:
    real, fake = pictures(3, 0.2), pictures(4, 0.2 * scale).requires_grad_()
    regularizer = settled(real, fake.detach())
    regularizer(real, fake).backward()
    assert fake.grad is not None
    towards = (-fake.grad * fake.detach()).sum().item()  # along the pictures: more contrast
    assert (towards > 0) == (scale < 1)


def test_what_is_below_the_rounding_to_levels_is_not_heard() -> None:
    real = pictures(5) * 0.0
    fake = (pictures(6) * 1e-4).requires_grad_()
    regularizer = settled(real, fake.detach())
    assert regularizer.fake.max().item() < FLOOR / 10
    assert regularizer(real, fake).item() == pytest.approx(0.0, abs=1e-3)


def test_it_fades_in_while_the_means_are_chance() -> None:
    real, fake = pictures(7), pictures(8, 0.4)
    regularizer = SpectralRegularizer(SIDE)
    first = regularizer(real, fake).item()
    assert abs(first) < 0.01
    assert abs(settled(real, fake)(real, fake).item()) > 20 * abs(first)


def test_half_precision_changes_little() -> None:
    real, fake = pictures(9), pictures(10, 0.4)
    exact, rounded = settled(real, fake), settled(real, fake)
    assert rounded(real, fake.bfloat16()).item() == pytest.approx(exact(real, fake).item(), rel=0.02)
