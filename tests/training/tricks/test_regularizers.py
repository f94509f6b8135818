from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from training.tricks.regularizers import PENALTIES, View, squared_gradient_norm

WEIGHTS = torch.tensor([3.0, -4.0, 12.0])  # of length 13


def linear(images: Tensor) -> Tensor:
    """A critic whose slope is 13 everywhere: it weighs the first pixel's three channels."""
    return images[:, :, 0, 0] @ WEIGHTS.to(images.dtype)


def squares(images: Tensor) -> Tensor:
    """A critic whose slope at an image is the image itself."""
    return 0.5 * images.square().sum(dim=(1, 2, 3))


def view(d: Callable[[Tensor], Tensor] = linear, count: int = 4) -> View:
    generator = torch.Generator().manual_seed(count)
    real, fake = torch.randn(2, count, 3, 2, 2, generator=generator)
    return View(
        d=d,
        real=real,
        fake=fake,
        real_logits=d(real)[:, None],
        fake_logits=d(fake)[:, None],
        real_mean=torch.tensor(0.5),
        fake_mean=torch.tensor(-0.25),
        to_reconstruct=0.5 * real,
    )


@pytest.mark.parametrize("count", [1, 4, 64])
@pytest.mark.parametrize(("name", "expected"), [("gradient", 144.0), ("r1", 84.5), ("r2", 84.5)])
def test_a_slope_penalty_on_a_linear_critic_is_the_same_for_each_image_of_any_batch(
    name: str, expected: float, count: int
) -> None:
    found = PENALTIES[name].function(view(count=count))
    assert found.tolist() == pytest.approx([expected] * count, rel=1e-5)


def test_r1_looks_at_reals_and_r2_at_fakes() -> None:
    seen = view(squares)
    for name, images in (("r1", seen.real), ("r2", seen.fake)):
        expected = 0.5 * images.square().sum(dim=(1, 2, 3))
        torch.testing.assert_close(PENALTIES[name].function(seen), expected)


def test_the_gradient_penalty_looks_at_one_random_point_between_each_real_and_its_fake() -> None:
    seen = view(squares, 200)
    shares = []

    def spying(images: Tensor) -> Tensor:
        way = (seen.real - seen.fake).flatten(1)
        share = ((images - seen.fake).flatten(1) * way).sum(dim=1) / way.square().sum(dim=1)
        torch.testing.assert_close(images.flatten(1), seen.fake.flatten(1) + share[:, None] * way, rtol=0, atol=1e-5)
        shares.append(share)
        return squares(images)

    found = PENALTIES["gradient"].function(replace(seen, d=spying))
    (share,) = shares
    assert share.min() >= -1e-5
    assert share.max() <= 1.0 + 1e-5
    assert share.std().item() == pytest.approx(12**-0.5, abs=0.04)
    points = torch.lerp(seen.fake, seen.real, share.detach()[:, None, None, None])
    torch.testing.assert_close(found, (points.flatten(1).norm(dim=1) - 1.0).square(), rtol=1e-4, atol=1e-4)


def test_a_squared_slope_can_itself_be_differentiated() -> None:
    weights = torch.randn(3, dtype=torch.float64, requires_grad=True)
    images = torch.randn(2, 3, 2, 2, dtype=torch.float64)

    def penalty(weights: Tensor) -> Tensor:
        return squared_gradient_norm(lambda one: torch.tanh(one[:, :, 0, 0] @ weights), images)

    assert torch.autograd.gradcheck(penalty, weights)


def test_a_gradient_penalty_is_finite_where_the_slope_is_0() -> None:
    scale = torch.zeros((), requires_grad=True)
    penalty = PENALTIES["gradient"].function(view(lambda images: scale * squares(images)))
    penalty.mean().backward()
    assert scale.grad is not None
    assert torch.isfinite(scale.grad)


def test_lecam_has_the_values_worked_out_by_hand() -> None:
    logits = torch.tensor([[1.0], [-2.0]])
    seen = replace(view(count=2), real_logits=logits, fake_logits=torch.tensor([[2.0], [-0.5]]))
    # reals above the fakes' mean of -0.25 by 1.25 and by none; fakes below the reals' mean of 0.5 by none and by 1
    assert PENALTIES["lecam"].function(seen).tolist() == pytest.approx([1.5625, 1.0])


def test_soft_labels_are_cross_entropy_with_soft_targets() -> None:
    real, fake = torch.randn(2, 50, 1, generator=torch.Generator().manual_seed(0))
    seen = replace(view(), real_logits=real, fake_logits=fake)
    one, zero = torch.ones_like(real), torch.zeros_like(fake)
    for name, logits, hard, soft in (
        ("real_smoothing", real, one, one * 0.9),
        ("fake_smoothing", fake, zero, zero + 0.1),
    ):
        plain = binary_cross_entropy_with_logits(logits, hard, reduction="none")[:, 0]
        expected = binary_cross_entropy_with_logits(logits, soft, reduction="none")[:, 0]
        torch.testing.assert_close(plain + 0.1 * PENALTIES[name].function(seen), expected)


def test_drift_is_the_square_of_the_reals_logits() -> None:
    seen = replace(view(count=2), real_logits=torch.tensor([[3.0], [-0.5]]))
    assert PENALTIES["drift"].function(seen).tolist() == [9.0, 0.25]


def test_a_reconstruction_needs_a_discriminator_that_paints() -> None:
    with pytest.raises(ValueError, match="needs the discriminator fastgan"):
        PENALTIES["reconstruction"].function(view())
    seen = replace(view(), reconstruct=lambda images: images.mean(dim=(1, 2, 3)))
    torch.testing.assert_close(PENALTIES["reconstruction"].function(seen), 0.5 * seen.real.mean(dim=(1, 2, 3)))


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_is_one_number_per_image_whatever_the_logits_are(name: str) -> None:
    seen = replace(view(count=5), reconstruct=lambda images: images.mean(dim=(1, 2, 3)))
    seen = replace(seen, real_logits=torch.randn(5, 3), fake_logits=torch.randn(5, 3))
    assert PENALTIES[name].function(seen).shape == (5,)
    assert PENALTIES[name].paper


def test_the_dear_penalties_are_those_that_judge_images_anew() -> None:
    assert {name for name, penalty in PENALTIES.items() if penalty.lazy} == {"gradient", "r1", "r2"}
