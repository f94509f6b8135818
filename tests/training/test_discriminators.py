from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from training.discriminators import (
    DISCRIMINATORS,
    Discriminator,
    DiscriminatorConfig,
    ProjectedFeatures,
    build_discriminator,
)

CONVOLUTIONS_OF_DCGAN = [(3, 64), (64, 128), (128, 256), (256, 512), (512, 1)]


def build(network: str, *, resolution: int = 64, width: int = 4, norm: str = "none", seed: int = 0) -> Discriminator:
    torch.manual_seed(seed)
    return build_discriminator(DiscriminatorConfig(network=network, resolution=resolution, width=width, norm=norm))


def build_bare(network: str, *, resolution: int, width: int, norm: str = "none") -> Discriminator:
    """Build a discriminator of full size without its memory."""
    with torch.device("meta"):
        return build(network, resolution=resolution, width=width, norm=norm)


def convolutions(network: nn.Module) -> list[nn.Conv2d]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]


def pictures(count: int = 2, side: int = 64, seed: int = 1) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.fixture(scope="module")
def projected() -> Discriminator:
    """Return one projected discriminator for the tests that leave it as it is."""
    return build("projected")


@pytest.mark.parametrize("network", DISCRIMINATORS)
@pytest.mark.parametrize("norm", ["none", "batch"])
def test_every_image_gets_its_logits_and_every_pixel_has_a_part(network: str, norm: str) -> None:
    discriminator = build(network, norm=norm)
    images = pictures(3).requires_grad_()
    logits = discriminator(images)
    assert logits.shape == (3, 5 if network == "projected" else 1)
    assert torch.isfinite(logits).all()
    (logits * torch.tensor([[1.0], [-2.0], [3.0]])).sum().backward()
    assert images.grad is not None
    assert torch.isfinite(images.grad).all()
    assert (images.grad != 0).float().mean() > 0.99


@pytest.mark.parametrize("network", ["course", "dcgan"])
@pytest.mark.parametrize("resolution", [8, 16, 128])
def test_a_convolutional_discriminator_takes_pictures_of_its_side(network: str, resolution: int) -> None:
    discriminator = build(network, resolution=resolution, width=1)
    assert discriminator(pictures(2, resolution)).shape == (2, 1)


@pytest.mark.parametrize("network", DISCRIMINATORS)
def test_an_image_is_judged_on_its_own(network: str) -> None:
    discriminator, images = build(network).eval(), pictures(3)
    torch.testing.assert_close(discriminator(images)[1:2], discriminator(images[1:2]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("network", DISCRIMINATORS)
def test_every_trained_weight_has_a_part_in_the_logits(network: str) -> None:
    discriminator = build(network)
    discriminator(pictures()).square().sum().backward()
    trained = [parameter for parameter in discriminator.parameters() if parameter.requires_grad]
    assert trained
    assert all(parameter.grad is not None and parameter.grad.abs().max() > 0 for parameter in trained)


@pytest.mark.parametrize("network", DISCRIMINATORS)
def test_a_discriminator_is_its_head_on_its_backbone(network: str) -> None:
    discriminator, images = build(network).eval(), pictures()
    torch.testing.assert_close(discriminator.head(discriminator.backbone(images)), discriminator(images))


def test_the_courses_discriminator_has_as_many_parameters_as_the_sample_program() -> None:
    discriminator = build_bare("course", resolution=128, width=32)
    assert sum(parameter.numel() for parameter in discriminator.parameters()) == 6_990_145


def test_the_courses_discriminator_has_slope_a_tenth_and_no_norm() -> None:
    discriminator = build_bare("course", resolution=128, width=32)
    slopes = [layer.negative_slope for layer in discriminator.modules() if isinstance(layer, nn.LeakyReLU)]
    assert slopes == [0.1] * 6
    widths = [(layer.in_channels, layer.out_channels) for layer in convolutions(discriminator)]
    assert widths == [(3, 32), (32, 64), (64, 128), (128, 256), (256, 512), (512, 512), (512, 1)]
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in discriminator.modules())


def test_dcgan_at_64_has_as_many_parameters_as_pytorchs_example_and_no_bias() -> None:
    discriminator = build_bare("dcgan", resolution=64, width=64, norm="batch")
    assert sum(parameter.numel() for parameter in discriminator.parameters()) == 2_765_568
    found = [(layer.in_channels, layer.out_channels) for layer in convolutions(discriminator)]
    assert found == CONVOLUTIONS_OF_DCGAN
    assert all(layer.bias is None for layer in convolutions(discriminator))


def test_dcgan_has_slope_a_fifth_and_batch_norm_in_neither_the_first_nor_the_last_layer() -> None:
    head = build_bare("dcgan", resolution=64, width=64, norm="batch").head
    kinds = [type(layer) for layer in head if not isinstance(layer, nn.Identity)]
    first = [nn.Conv2d, nn.LeakyReLU]
    inner = [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU]
    assert kinds == first + inner * 3 + [nn.Conv2d, nn.Flatten]
    assert {layer.negative_slope for layer in head if isinstance(layer, nn.LeakyReLU)} == {0.2}
    assert [layer.num_features for layer in head if isinstance(layer, nn.BatchNorm2d)] == [128, 256, 512]


def test_projected_features_are_the_picture_and_four_maps_from_fine_to_coarse(projected: Discriminator) -> None:
    images = pictures()
    maps = projected.backbone(images)
    assert [tuple(one.shape) for one in maps] == [
        (2, 3, 64, 64),
        (2, 48, 32, 32),
        (2, 48, 16, 16),
        (2, 96, 8, 8),
        (2, 192, 4, 4),
    ]
    assert torch.equal(maps[0], images)


def test_projected_heads_are_as_wide_as_asked_and_a_quarter_of_it_on_the_picture() -> None:
    heads = build("projected", width=8, norm="batch").head.heads
    assert [[layer.out_channels for layer in convolutions(head)] for head in heads] == [
        [2, 2, 2, 2, 1],
        [8, 8, 8, 1],
        [8, 8, 1],
        [8, 1],
        [1],
    ]
    assert [sum(isinstance(layer, nn.BatchNorm2d) for layer in head) for head in heads] == [4, 3, 2, 1, 0]
    assert {layer.negative_slope for head in heads for layer in head if isinstance(layer, nn.LeakyReLU)} == {0.2}


def test_each_projected_head_looks_at_its_own_map(projected: Discriminator) -> None:
    with torch.no_grad():
        maps = projected.backbone(pictures())
        before = projected.head(maps)
        for k in range(5):
            changed = [one + 1.0 if index == k else one for index, one in enumerate(maps)]
            moved = (projected.head(changed) - before).abs().amax(dim=0) > 0
            assert moved.tolist() == [index == k for index in range(5)]


def test_finer_features_are_mixed_with_coarser_ones_and_not_the_other_way_round(projected: Discriminator) -> None:
    backbone = projected.backbone
    with torch.no_grad():
        maps = backbone.features(pictures())
        before = _mixed(backbone, maps)
        for k in range(4):
            after = _mixed(backbone, [one + 1.0 if index == k else one for index, one in enumerate(maps)])
            moved = [not torch.equal(*pair) for pair in zip(before, after, strict=True)]
            assert moved == [index <= k for index in range(4)]


def _mixed(backbone: ProjectedFeatures, maps: list[Tensor]) -> list[Tensor]:
    original = backbone.features
    backbone.features = _Fixed(maps)
    try:
        return backbone(pictures())[1:]
    finally:
        backbone.features = original


class _Fixed(nn.Module):
    def __init__(self, maps: list[Tensor]) -> None:
        super().__init__()
        self.maps = maps

    def forward(self, images: Tensor) -> list[Tensor]:
        return self.maps


def test_gradients_reach_the_picture_through_the_frozen_features(projected: Discriminator) -> None:
    images = pictures().requires_grad_()
    projected.head(projected.backbone(images))[:, 1:].sum().backward()  # without the head on the picture itself
    assert images.grad is not None
    assert (images.grad != 0).float().mean() > 0.99
    assert all(parameter.grad is None for parameter in projected.backbone.parameters())
    projected.zero_grad()


def test_a_step_changes_the_heads_and_nothing_of_the_frozen_features() -> None:
    discriminator = build("projected", norm="batch").train()
    backbone = discriminator.backbone
    assert not any(parameter.requires_grad for parameter in backbone.parameters())
    assert all(parameter.requires_grad for parameter in discriminator.head.parameters())
    norms = [layer for layer in backbone.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert norms
    assert not any(layer.training for layer in norms)
    frozen = {name: value.clone() for name, value in backbone.state_dict().items()}
    heads = {name: value.clone() for name, value in discriminator.head.named_parameters()}
    trained = [parameter for parameter in discriminator.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=0.1)
    discriminator(pictures()).square().sum().backward()
    optimizer.step()
    assert all(torch.equal(value, frozen[name]) for name, value in backbone.state_dict().items())
    assert any(not torch.equal(value, heads[name]) for name, value in discriminator.head.named_parameters())


def test_the_mixing_is_drawn_from_torchs_seed_and_the_features_are_not(projected: Discriminator) -> None:
    torch.manual_seed(0)
    again = ProjectedFeatures().state_dict()
    torch.manual_seed(1)
    other = ProjectedFeatures().state_dict()
    assert [
        name for name, value in projected.backbone.state_dict().items() if not torch.equal(value, again[name])
    ] == []
    drawn = {name for name, value in other.items() if not torch.equal(value, again[name])}
    kinds = ("across_channels", "across_scales")
    assert drawn == {f"{kind}.{index}.weight" for kind in kinds for index in range(4)}


def test_the_mixing_keeps_the_size_of_features_on_average(projected: Discriminator) -> None:
    backbone = projected.backbone
    for layer in [*backbone.across_channels, *backbone.across_scales]:
        assert layer.bias is None
        assert layer.weight.std().item() == pytest.approx(layer.in_channels**-0.5, rel=0.1)
        assert abs(layer.weight.mean().item()) < 0.1 * layer.in_channels**-0.5
