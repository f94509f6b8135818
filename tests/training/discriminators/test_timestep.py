from __future__ import annotations

import pytest
import torch

from training.discriminators import DISCRIMINATORS, DiscriminatorConfig, build_discriminator
from training.discriminators.timestep import TimestepProjection

STEPPED = [name for name in DISCRIMINATORS if name != "autoencoder"]


def test_without_steps_all_are_0_and_each_image_goes_by_its_own() -> None:
    torch.manual_seed(0)
    project, features = TimestepProjection(6), torch.randn(3, 6)
    told = project(features, torch.tensor([0, 20, 500]))
    assert told.shape == (3, 1)
    torch.testing.assert_close(project(features)[:1], told[:1])
    assert not torch.isclose(project(features)[1:], told[1:]).any()
    torch.testing.assert_close(project(features[2:], torch.tensor([500])), told[2:])


def test_neighbouring_steps_are_told_apart_less_than_distant_ones() -> None:
    torch.manual_seed(0)
    project, steps = TimestepProjection(64), torch.arange(501)
    near, far = (
        (project(torch.ones(501, 64), steps)[shift:] - project(torch.ones(501, 64), steps)[: 501 - shift]).abs().mean()
        for shift in (1, 200)
    )
    assert 0.0 < near < 0.5 * far


def test_the_product_is_the_one_worked_out_by_hand() -> None:
    project = TimestepProjection(4)
    with torch.no_grad():
        project.direction[2].weight.zero_()
        project.direction[2].bias.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    assert project(torch.tensor([[1.0, 0.0, -1.0, 1.0]])).item() == pytest.approx((1.0 - 3.0 + 4.0) / 2.0)


@pytest.mark.parametrize("network", STEPPED)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_discriminator_hears_the_step(network: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    d = build_discriminator(DiscriminatorConfig(network=network, resolution=64, width=4, timestep=True)).eval()
    images = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        seen = d.backbone(images)
        clean, told, noised = (
            d.head(seen, None, steps).logits for steps in (None, torch.zeros(2).long(), torch.tensor([0, 400]))
        )
    assert torch.equal(clean, told)
    assert torch.equal(told[0], noised[0])
    assert not torch.isclose(told[1], noised[1]).any()


@pytest.mark.parametrize("network", STEPPED)
def test_a_discriminator_that_is_told_nothing_has_the_weights_of_before(network: str) -> None:
    plain, told = (
        build_discriminator(DiscriminatorConfig(network=network, resolution=64, width=4, timestep=timestep))
        for timestep in (False, True)
    )
    assert not any("timestep" in name for name in plain.state_dict())
    assert {name for name in told.state_dict() if "timestep" not in name} == set(plain.state_dict())
