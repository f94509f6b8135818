from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from training.discriminators import (
    DISCRIMINATORS,
    Discriminator,
    DiscriminatorConfig,
    DiscriminatorOutput,
    ProjectedFeatures,
    build_discriminator,
)
from training.discriminators.base import SlicedConvolution
from training.discriminators.batch_statistics import MinibatchDiscrimination, MinibatchStddev
from training.tricks.initialization import INITS

CONVOLUTIONS_OF_DCGAN = [(3, 64), (64, 128), (128, 256), (256, 512), (512, 1)]


def build(network: str, *, resolution: int = 64, width: int = 4, norm: str = "none", seed: int = 0) -> Discriminator:
    torch.manual_seed(seed)
    return build_discriminator(DiscriminatorConfig(network=network, resolution=resolution, width=width, norm=norm))


LOGITS = {"projected": 5, "projected_patch": 4 * 25 + 1}  # of pictures of 64 x 64


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
    assert logits.shape == (3, LOGITS.get(network, 1))
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
def test_every_trained_weight_has_a_part_in_the_logits_or_the_reconstruction(network: str) -> None:
    discriminator = build(network)
    loss = discriminator(pictures()).square().sum()
    if hasattr(discriminator.head, "reconstruction"):
        loss = loss + discriminator.head.reconstruction(pictures()).sum()
    loss.backward()
    trained = [parameter for parameter in discriminator.parameters() if parameter.requires_grad]
    assert trained
    assert all(parameter.grad is not None and parameter.grad.abs().max() > 0 for parameter in trained)


@pytest.mark.parametrize("network", DISCRIMINATORS)
def test_a_discriminator_is_its_head_on_its_backbone(network: str) -> None:
    discriminator, images = build(network).eval(), pictures()
    torch.testing.assert_close(discriminator.head(discriminator.backbone(images)).logits, discriminator(images))


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
    head = build_bare("dcgan", resolution=64, width=64, norm="batch").head.body
    kinds = [type(layer) for layer in head if not isinstance(layer, nn.Identity)]
    first = [nn.Conv2d, nn.LeakyReLU]
    inner = [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU]
    assert kinds == first + inner * 3
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
    assert [sum(isinstance(layer, nn.BatchNorm2d) for layer in head.body) for head in heads] == [4, 3, 2, 1, 0]
    assert {layer.negative_slope for head in heads for layer in head.body if isinstance(layer, nn.LeakyReLU)} == {0.2}


def test_each_projected_head_looks_at_its_own_map(projected: Discriminator) -> None:
    with torch.no_grad():
        maps = projected.backbone(pictures())
        before = projected.head(maps).logits
        for k in range(5):
            changed = [one + 1.0 if index == k else one for index, one in enumerate(maps)]
            moved = (projected.head(changed).logits - before).abs().amax(dim=0) > 0
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
    projected.head(projected.backbone(images)).logits[:, 1:].sum().backward()  # without the head on the picture itself
    assert images.grad is not None
    assert (images.grad != 0).float().mean() > 0.99
    assert all(parameter.grad is None for parameter in projected.backbone.parameters())
    projected.zero_grad()


def test_a_step_changes_the_heads_and_nothing_of_the_frozen_features() -> None:
    discriminator = build("projected", norm="batch").train()
    backbone = discriminator.backbone
    assert not any(parameter.requires_grad for parameter in backbone.parameters())
    assert all(parameter.requires_grad for parameter in discriminator.head.parameters())
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in backbone.modules())  # folded into convolutions
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


def judge(network: str, images: Tensor, labels: Tensor | None = None, **switches: Any) -> DiscriminatorOutput:
    torch.manual_seed(0)
    config = DiscriminatorConfig(network=network, resolution=images.shape[2], width=4, **switches)
    return build_discriminator(config).head(images, labels)


@pytest.mark.parametrize("network", ["course", "dcgan", "resnet", "stylegan2", "fastgan", "autoencoder"])
def test_features_of_an_image_are_one_row(network: str) -> None:
    judged = judge(network, pictures(3, 16))
    assert judged.features.ndim == 2
    assert len(judged.features) == 3
    assert (judged.sliced, judged.classes) == (None, None)


def test_minibatch_discrimination_is_the_nearness_of_each_image_to_the_others_by_numpy() -> None:
    torch.manual_seed(0)
    layer, maps = MinibatchDiscrimination(3, 2, kernels=4, dimensions=5), torch.randn(6, 3, 2, 2)
    appended = layer(maps).detach()
    features, tensor = maps.flatten(1).numpy(), layer.tensor.detach().numpy().reshape(12, 4, 5)
    matrices = np.einsum("na,abc->nbc", features, tensor)
    expected = np.zeros((6, 4))
    for i in range(6):
        for j in range(6):
            if i != j:
                expected[i] += np.exp(-np.abs(matrices[i] - matrices[j]).sum(axis=1)) / 5
    assert torch.equal(appended[:, :3], maps)
    np.testing.assert_allclose(appended[:, 3:, 0, 0].numpy(), expected, atol=1e-6)
    assert (appended[:, 3:] == appended[:, 3:, :1, :1]).all()


def test_minibatch_discrimination_tells_equal_images_from_different_ones_at_the_start() -> None:
    torch.manual_seed(0)
    layer = MinibatchDiscrimination(64, 4)
    equal = layer(torch.randn(1, 64, 4, 4).repeat(8, 1, 1, 1))[:, 64:].mean()
    different = layer(torch.randn(8, 64, 4, 4))[:, 64:].mean()
    assert equal.item() == pytest.approx(1.0, abs=1e-5)
    assert 0.1 < different.item() < 0.9


@pytest.mark.parametrize(("count", "group"), [(4, 4), (8, 4), (6, 6), (3, 3)])
def test_minibatch_stddev_is_the_mean_deviation_over_groups_by_numpy(count: int, group: int) -> None:
    maps = torch.randn(count, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    appended = MinibatchStddev()(maps)
    for image in range(count):
        members = maps[image % (count // group) :: count // group].numpy()
        assert len(members) == group
        expected = np.sqrt(members.var(axis=0) + 1e-8).mean()
        assert appended[image, 3].flatten().tolist() == pytest.approx([expected] * 4, abs=1e-6)


@pytest.mark.parametrize("statistic", ["minibatch_discrimination", "minibatch_stddev"])
@pytest.mark.parametrize("network", ["dcgan", "resnet", "fastgan"])
def test_a_statistic_lets_each_image_see_the_others(network: str, statistic: str) -> None:
    images = pictures(4, 16).requires_grad_()
    judge(network, images, statistic=statistic).logits[0].sum().backward()
    assert images.grad is not None
    assert all(slope.abs().max() > 0 for slope in images.grad)


def test_a_projection_adds_the_score_of_the_class_and_only_where_classes_are_given() -> None:
    images, labels = pictures(3, 16), torch.tensor([2, 0, 1])
    torch.manual_seed(0)
    config = DiscriminatorConfig(network="resnet", resolution=16, width=4, classes=3, condition="projection")
    head = build_discriminator(config).head
    without, given = head(images), head(images, labels)
    expected = (head.classes.weight[labels] * without.features).sum(dim=1, keepdim=True)
    torch.testing.assert_close(given.logits - without.logits, expected, rtol=1e-4, atol=1e-5)
    assert given.logits.shape == (3, 1)


def test_a_classifier_scores_every_class_and_leaves_the_logit_alone() -> None:
    images = pictures(3, 16)
    judged = judge("dcgan", images, torch.tensor([2, 0, 1]), classes=5, condition="classifier")
    assert judged.classes is not None
    assert judged.classes.shape == (3, 5)
    assert judged.logits.shape == (3, 1)


def test_a_sliced_layer_trains_features_and_direction_apart() -> None:
    torch.manual_seed(0)
    layer, maps = SlicedConvolution(3, 1, 2, bias=False), torch.randn(2, 3, 2, 2, requires_grad=True)
    function, direction = layer(maps)
    torch.testing.assert_close(function, direction)
    by_features = torch.autograd.grad(function.sum(), [maps, layer.weight], retain_graph=True, allow_unused=True)
    by_direction = torch.autograd.grad(direction.sum(), [maps, layer.weight], allow_unused=True)
    assert [slope is None for slope in by_features] == [False, True]
    assert [slope is None for slope in by_direction] == [True, False]
    unit = layer.weight / layer.weight.norm()
    torch.testing.assert_close(function.flatten(), (maps * unit).sum(dim=(1, 2, 3)))


def test_the_autoencoders_logit_is_minus_its_mean_error() -> None:
    torch.manual_seed(0)
    head = build("autoencoder", resolution=16).head
    images = pictures(3, 16)
    painted = head.decoder(head.encoder(images))
    assert painted.shape == images.shape
    expected = -(images - painted).abs().flatten(1).mean(dim=1)
    torch.testing.assert_close(head(images).logits[:, 0], expected)


class Painter(nn.Module):
    """Paints grey, whatever it is given."""

    def forward(self, maps: Tensor) -> Tensor:
        return torch.full((len(maps), 3, 32, 32), 0.25)


def test_a_reconstruction_of_what_the_decoders_paint_has_no_error() -> None:
    head = build("fastgan", resolution=64).head
    grey = torch.full((2, 3, 64, 64), 0.25)
    assert (head.reconstruction(grey) > 0.0).all()
    head.part = head.whole = Painter()
    assert head.reconstruction(grey).tolist() == [0.0, 0.0]


class Echo(nn.Module):
    """Paints each quarter in the brightness of the maps that it is given."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.mean(dim=(1, 2, 3))[:, None, None, None].expand(-1, 3, 32, 32)


def test_a_random_quarter_is_painted_from_the_same_quarter_of_the_maps() -> None:
    head = build("fastgan", resolution=64).head
    head.downs = nn.Sequential(nn.AvgPool2d(8), nn.AvgPool2d(2))  # maps of 8 x 8 that are the picture itself
    head.part, head.whole = Echo(), Echo()
    quarters = torch.tensor([[0.1, 0.2], [0.3, 0.9]])
    images = quarters.repeat_interleave(32, dim=0).repeat_interleave(32, dim=1).expand(2, 3, 64, 64)
    whole = (quarters - quarters.mean()).abs().mean().item()
    torch.manual_seed(0)
    for _ in range(20):  # every quarter is painted without error, since each is one brightness
        assert head.reconstruction(images).tolist() == pytest.approx([whole, whole], abs=1e-6)


def test_the_sums_of_a_style_based_discriminator_keep_their_scale() -> None:
    torch.manual_seed(0)
    config = DiscriminatorConfig(network="stylegan2", resolution=64, width=8)
    discriminator = build_discriminator(config)
    INITS["he"](discriminator)
    sizes: list[float] = []
    for block in discriminator.head.body[:-1]:
        block.register_forward_hook(lambda _module, _inputs, output: sizes.append(output.square().mean().item()))
    discriminator(torch.randn(8, 3, 64, 64))
    assert len(sizes) == 4
    assert max(sizes) < 3.0 * min(sizes[1:])
    assert sizes[-1] < 3.0


def test_self_attention_of_a_discriminator_stands_at_its_side() -> None:
    config = DiscriminatorConfig(network="resnet", resolution=32, width=4, attention=8)
    body = build_discriminator(config).head.body
    sides: list[int] = []
    for layer in body:
        if type(layer).__name__ == "SelfAttention":
            layer.register_forward_pre_hook(lambda _module, inputs: sides.append(inputs[0].shape[2]))
    body(pictures(1, 32))
    assert sides == [8]


def test_what_a_head_counts_is_its_share_and_not_its_number_of_logits() -> None:
    discriminator = build("projected_patch", norm="none")
    judged = discriminator.head(discriminator.backbone(pictures(3)))
    maps = discriminator.backbone(pictures(3))
    counts = [head(one).logits.shape[1] for head, one in zip(discriminator.head.heads, maps, strict=True)]
    assert counts == [25, 25, 25, 25, 1]
    losses = torch.rand(3, sum(counts))
    parts = losses.split(counts, dim=1)
    expected = 0.3 * parts[0].mean() + 0.25 * sum(part.mean() for part in parts[1:])
    torch.testing.assert_close(judged.mean(losses), expected)
    assert torch.equal(judged.each(Tensor.detach).weights, judged.weights)
    torch.testing.assert_close(judged._replace(weights=None).mean(losses), losses.mean())
