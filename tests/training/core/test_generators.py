from __future__ import annotations

import json
import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from training.core.generators import (
    GENERATORS,
    RESOLUTIONS,
    FastGANGenerator,
    GeneratorConfig,
    GeneratorNetwork,
    build_generator,
    channels_at,
    sides,
)
from training.core.generators.base import EMBEDDING
from training.core.generators.config import SWITCHES
from training.core.generators.layers import SelfAttention, sub_pixel
from training.core.generators.resnet import ConditionalBatchNorm
from training.core.generators.stylegan2 import Modulated
from training.core.latents import latents
from training.core.normalization import WRAPS
from training.core.pixels import to_uint8
from training.core.tile import draw, seed_tile
from training.tricks.initialization import INITS

WITH_OUTPUT = [name for name, switches in SWITCHES.items() if "output" in switches]
WITH_LATENT = [name for name, switches in SWITCHES.items() if "latent" in switches]
FIELDS: dict[str, Any] = {"network": "fastgan", "z_dim": 8, "resolution": 32, "width": 4}


def build(network: str, *, z_dim: int = 8, resolution: int = 32, width: int = 4) -> GeneratorNetwork:
    torch.manual_seed(0)
    return build_generator(GeneratorConfig(network=network, z_dim=z_dim, resolution=resolution, width=width))


def build_bare(network: str, *, z_dim: int, resolution: int, width: int) -> GeneratorNetwork:
    """Build a generator of full size without its memory."""
    with torch.device("meta"):
        return build(network, z_dim=z_dim, resolution=resolution, width=width)


def settle(network: nn.Module, z: Tensor) -> None:
    """Fill batch norms with the statistics of one batch, and go to eval mode."""
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None
    with torch.no_grad():
        network.train()(z)
    network.eval()


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def shapes_of(layers: list[nn.Module], network: GeneratorNetwork) -> list[tuple[int, int, int]]:
    """Return the channels and the two sides of what these layers give on the way to a picture."""
    shapes: list[tuple[int, int, int]] = []
    for layer in layers:
        layer.register_forward_hook(lambda _module, _inputs, output: shapes.append(tuple(output.shape[1:])))
    network(torch.randn(2, network.z_dim, device=next(network.parameters()).device))
    return shapes


@pytest.mark.parametrize("network", GENERATORS)
@pytest.mark.parametrize("resolution", [8, 16, 64, 128])
@pytest.mark.parametrize("z_dim", [1, 5])
def test_latents_become_pictures_of_the_asked_side(network: str, resolution: int, z_dim: int) -> None:
    generator = build(network, z_dim=z_dim, resolution=resolution, width=1)
    assert (generator.z_dim, generator.resolution) == (z_dim, resolution)
    z = torch.randn(3, z_dim)
    images = generator(z)
    assert images.shape == (3, 3, resolution, resolution)
    assert images.std(dim=(1, 2, 3)).min() > 0


@pytest.mark.parametrize("network", GENERATORS)
def test_pictures_stay_between_minus_one_and_one(network: str) -> None:
    generator = build(network)
    with torch.no_grad():
        for layer in generator.to_rgb.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.weight.mul_(1000.0)
    images = generator(torch.randn(4, 8))
    assert (images.min().item(), images.max().item()) == (-1.0, 1.0)


@pytest.mark.parametrize("network", WITH_OUTPUT)
def test_a_linear_output_may_exceed_one_and_the_pixels_are_clamped(network: str) -> None:
    squashed, linear = (built(network, output=output) for output in ("tanh", "linear"))
    z = 3.0 * torch.randn(16, 8)
    with torch.no_grad():
        for generator in (squashed, linear):
            for layer in generator.to_rgb.modules():
                if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                    layer.weight.mul_(8.0)
        images = linear(z)
        torch.testing.assert_close(torch.tanh(images), squashed(z))
        assert images.min() < -1.2
        assert images.max() > 1.2
        pixels = torch.from_numpy(draw(linear, z)).permute(0, 3, 1, 2)
        images = torch.cat([linear(part) for part in z.split(10)])  # as `draw` does
    assert (pixels[images >= 1.0] == 255).all()
    assert (pixels[images <= -1.0] <= 0).all()
    inside = images.abs() < 1.0
    assert ((pixels[inside] - (127.5 * images[inside] + 127.5)).abs() <= 0.51).all()


@pytest.mark.parametrize("network", GENERATORS)
def test_every_weight_and_every_number_of_a_latent_has_a_part_in_the_picture(network: str) -> None:
    generator = build(network)
    z = torch.randn(4, 8, requires_grad=True)
    (generator(z) * torch.randn(4, 3, 32, 32)).sum().backward()
    assert z.grad is not None
    assert z.grad.abs().min() > 0
    assert [name for name, parameter in generator.named_parameters() if parameter.grad is None] == []
    assert all(parameter.grad.abs().max() > 0 for parameter in generator.parameters() if parameter.dim() > 1)


@pytest.mark.parametrize("network", GENERATORS)
def test_a_picture_hangs_on_its_own_latent_only(network: str) -> None:
    generator = build(network)
    settle(generator, torch.randn(64, 8))
    z = torch.randn(4, 8)
    images = generator(z)
    torch.testing.assert_close(generator(z[2:3])[0], images[2], rtol=0, atol=1e-5)
    assert (images[0] - images[1]).abs().max() > 1e-3


def test_the_courses_generator_has_as_many_parameters_as_the_sample_program() -> None:
    assert count(build_bare("course", z_dim=32, resolution=128, width=32)) == 7_247_107


def test_the_courses_generator_has_the_widths_of_the_courses_table() -> None:
    generator = build_bare("course", z_dim=32, resolution=128, width=32)
    assert shapes_of([*generator.blocks, generator.to_rgb], generator) == [
        (512, 4, 4),
        (512, 8, 8),
        (256, 16, 16),
        (128, 32, 32),
        (64, 64, 64),
        (32, 128, 128),
        (3, 128, 128),
    ]
    block = [type(layer) for layer in generator.blocks[2]]
    assert block == [nn.ConvTranspose2d, nn.BatchNorm2d, nn.ReLU]


def test_dcgan_has_the_widths_of_the_paper_doubled_once_more_for_128() -> None:
    generator = build_bare("dcgan", z_dim=100, resolution=128, width=64)
    assert shapes_of([*generator.blocks, generator.to_rgb], generator) == [
        (1024, 4, 4),
        (512, 8, 8),
        (256, 16, 16),
        (128, 32, 32),
        (64, 64, 64),
        (3, 128, 128),
    ]


def test_dcgan_at_64_has_as_many_parameters_as_pytorchs_example_and_no_bias() -> None:
    generator = build_bare("dcgan", z_dim=100, resolution=64, width=64)
    assert count(generator) == 3_576_704
    convolutions = [layer for layer in generator.modules() if isinstance(layer, nn.ConvTranspose2d)]
    assert [layer.bias for layer in convolutions] == [None] * 5


def test_fastgan_has_at_most_eight_widths() -> None:
    generator = build_bare("fastgan", z_dim=32, resolution=128, width=32)
    assert shapes_of([generator.start, *generator.ups, generator.to_rgb], generator) == [
        (256, 4, 4),
        (256, 8, 8),
        (256, 16, 16),
        (128, 32, 32),
        (64, 64, 64),
        (32, 128, 128),
        (3, 128, 128),
    ]


def fastgan() -> FastGANGenerator:
    generator = build("fastgan", resolution=64)
    assert isinstance(generator, FastGANGenerator)
    settle(generator, torch.randn(64, 8))
    return generator


def test_the_length_of_a_latent_does_not_matter_to_fastgan_but_its_direction_does() -> None:
    generator, z = fastgan(), torch.randn(4, 8)
    torch.testing.assert_close(generator(3.0 * z), generator(z), rtol=0, atol=1e-5)
    assert (generator(-z) - generator(z)).abs().max() > 1e-3
    assert torch.isfinite(generator(torch.zeros(1, 8))).all()


def test_fastgan_scales_each_latent_to_unit_second_moment() -> None:
    generator, seen = fastgan(), []
    generator.start.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    generator(torch.randn(4, 8) * torch.tensor([[0.1], [1.0], [2.0], [50.0]]))
    torch.testing.assert_close(seen[0].square().mean(dim=(1, 2, 3)), torch.ones(4))


def test_fastgans_two_largest_maps_are_excited_by_the_two_smallest() -> None:
    generator = fastgan()
    seen: dict[str, tuple[int, ...]] = {}
    for name, excitation in generator.excitations.items():
        excitation.register_forward_pre_hook(
            lambda _module, inputs, name=name: seen.__setitem__(name, tuple(inputs[0].shape[2:]))
        )
    generator(torch.randn(2, 8))
    assert seen == {"3": (4, 4), "4": (8, 8)}  # maps 3 and 4 are those at 32 and 64


def silence(excitation: nn.Module) -> None:
    with torch.no_grad():
        excitation[-2].weight.zero_()
        excitation[-2].bias.fill_(-1e4)


def test_a_silent_excitation_silences_the_picture() -> None:
    generator = fastgan()
    silence(generator.excitations["4"])
    images = generator(torch.randn(2, 8))
    expected = torch.tanh(generator.to_rgb.bias)[:, None, None].expand_as(images[0])
    torch.testing.assert_close(images, torch.stack([expected, expected]))


def test_a_silent_excitation_silences_the_map_before_the_picture() -> None:
    generator, seen = fastgan(), []
    generator.ups[-1].register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    z = torch.randn(2, 8)
    generator(z)
    silence(generator.excitations["3"])
    generator(z)
    loud, silent = seen
    assert loud.abs().max() > 0
    assert silent.abs().max() == 0


def test_fastgan_begins_without_a_grid_among_the_picture_pixels() -> None:
    generator = build("fastgan")
    weight: Tensor = generator.ups[-1][0].weight
    groups = weight.reshape(-1, 4, *weight.shape[1:])
    assert (groups == groups[:, :1]).all()
    assert (groups[0, 0] != groups[1, 0]).any()
    seen: list[Tensor] = []
    generator.to_rgb.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    generator(torch.randn(4, 8))
    squares = seen[0].unfold(2, 2, 2).unfold(3, 2, 2)
    torch.testing.assert_close(squares, squares[..., :1, :1].expand_as(squares), rtol=0, atol=1e-5)
    assert squares[:, :, 0, 0, 0, 0].sub(squares[:, :, 0, 1, 0, 0]).abs().max() > 1e-3


def test_channels_double_at_each_halving_up_to_sixteen_widths() -> None:
    config = GeneratorConfig(network="course", resolution=256, width=3)
    assert sides(config) == [4, 8, 16, 32, 64, 128, 256]
    assert [channels_at(side, config) for side in sides(config)] == [48, 48, 48, 24, 12, 6, 3]
    assert sides(GeneratorConfig(network="course", resolution=8)) == [4, 8]


@pytest.mark.parametrize("network", GENERATORS)
def test_a_config_survives_json(network: str) -> None:
    config = GeneratorConfig(network=network, z_dim=7, resolution=16, width=5)
    stored = json.loads(json.dumps(config.to_dict()))
    assert stored == {"network": network, "z_dim": 7, "resolution": 16, "width": 5}
    assert GeneratorConfig.from_dict(stored) == config


@pytest.mark.parametrize(
    ("field", "values"),
    [("z_dim", (1, 1024)), ("width", (1, 128)), ("resolution", RESOLUTIONS), ("network", tuple(GENERATORS))],
)
def test_a_config_allows_all_up_to_the_bounds(field: str, values: tuple[object, ...]) -> None:
    for value in values:
        assert GeneratorConfig.from_dict({**FIELDS, field: value}).to_dict() == {**FIELDS, field: value}


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        *(("z_dim", value, "1 to 1024") for value in (0, -1, 1025, "100", 8.0, True, None, [8])),
        *(("width", value, "1 to 128") for value in (0, -1, 129, 100_000, "4", 4.0, True, None)),
        *(("resolution", value, "8, 16, 32, 64, 128, 256") for value in (0, 4, 100, 512, "32", 32.0, True, None)),
        *(
            ("generator", value, "course, dcgan, fastgan, fastgan_nearest, lightweight_gan, resnet, stylegan2")
            for value in ("FastGAN", "", "stylegan", 0, None, ["dcgan"])
        ),
    ],
)
def test_a_config_refuses_anything_else_and_says_what_is_allowed(field: str, value: object, allowed: str) -> None:
    name = "network" if field == "generator" else field
    sentence = "^" + re.escape(f"The {field} {value!r} is not one of: {allowed}.") + "$"
    with pytest.raises(ValueError, match=sentence):
        GeneratorConfig.from_dict({**FIELDS, name: value})
    with pytest.raises(ValueError, match=sentence):
        GeneratorConfig(**{**FIELDS, name: value})


@pytest.mark.parametrize(
    "values",
    [
        {**FIELDS, "depth": 3},
        {name: value for name, value in FIELDS.items() if name != "width"},
        {},
        None,
        [],
        list(FIELDS),
        "network",
        3,
    ],
)
def test_a_config_refuses_other_fields_and_what_is_no_record(values: object) -> None:
    with pytest.raises(ValueError, match=r"^A generator config has the fields .'network', 'resolution', 'width', 'z_"):
        GeneratorConfig.from_dict(values)


def built(network: str, **switches: Any) -> GeneratorNetwork:
    torch.manual_seed(0)
    return build_generator(GeneratorConfig(**{**FIELDS, "network": network, **switches}))


@pytest.mark.parametrize("network", GENERATORS)
def test_a_picture_is_what_is_synthesised_from_what_is_mapped(network: str) -> None:
    generator, z = built(network).eval(), torch.randn(3, 8)
    w = generator.map(z)
    assert w.shape == ((3, generator.styles, generator.w_dim) if generator.styles else (3, generator.w_dim))
    assert torch.equal(generator.synthesize(w), generator(z))
    assert torch.equal(generator(z, None, 1.0), generator(z))


@pytest.mark.parametrize("network", GENERATORS)
def test_truncation_draws_all_pictures_towards_one(network: str) -> None:
    generator = built(network)
    for layer in generator.modules():
        if isinstance(layer, nn.BatchNorm2d):  # as trained: without biases lightweight_gan asks for directions only
            nn.init.normal_(layer.bias)
    settle(generator, torch.randn(64, 8))
    z = torch.randn(16, 8)
    with torch.no_grad():
        spread = [generator(z, None, psi).std(dim=0).mean().item() for psi in (1.0, 0.5, 0.0)]
    assert spread[0] > spread[1] > spread[2]
    assert spread[2] == pytest.approx(0.0, abs=1e-6)


NORMAL = [0.0, 1.0, -1.0, 1.959964, -2.575829, 3.0]
SHARES = [0.0, 0.6826895, -0.6826895, 0.95, -0.99, 0.9973002]  # of the normal distribution within so many deviations


@pytest.mark.parametrize("network", WITH_LATENT)
def test_uniform_latents_are_the_seeds_normal_numbers_through_their_distribution_function(network: str) -> None:
    generator = build_generator(GeneratorConfig(network=network, z_dim=6, resolution=8, width=1, latent="uniform"))
    torch.testing.assert_close(generator.map(torch.tensor([NORMAL])), torch.tensor([SHARES]), rtol=0, atol=1e-6)


def test_uniform_latents_of_a_seed_are_spread_evenly() -> None:
    drawn = built("dcgan", z_dim=128, latent="uniform").map(latents(3, 100, 128)).flatten().sort().values
    evenly = torch.linspace(-1.0, 1.0, len(drawn))
    assert (drawn - evenly).abs().max() < 0.03
    assert drawn.abs().max() <= 1.0


@pytest.mark.parametrize("network", WITH_LATENT)
@pytest.mark.parametrize("z_dim", [1, 2, 128])
def test_latents_on_a_sphere_keep_their_direction_and_have_the_length_of_the_root_of_their_count(
    network: str, z_dim: int
) -> None:
    config = GeneratorConfig(network=network, z_dim=z_dim, resolution=8, width=1, latent="sphere")
    z = latents(3, 10, z_dim) * torch.logspace(-1, 2, 10)[:, None]
    w = build_generator(config).map(z)
    torch.testing.assert_close(w.norm(dim=1), torch.full((10,), z_dim**0.5), rtol=1e-4, atol=0)
    torch.testing.assert_close(torch.cosine_similarity(w, z), torch.ones(10))


@pytest.mark.parametrize("latent", ["normal", "uniform", "sphere"])
@pytest.mark.parametrize("network", WITH_LATENT)
def test_truncation_and_classes_come_after_the_prior(network: str, latent: str) -> None:
    generator = built(network, latent=latent, classes=3)
    z, kinds = latents(0, 4, 8), torch.tensor([0, 1, 2, 0])
    whole, half = generator.map(z, kinds), generator.map(z, kinds, 0.5)
    torch.testing.assert_close(half[:, :8], 0.5 * whole[:, :8])
    assert torch.equal(half[:, 8:], whole[:, 8:])
    assert torch.equal(whole[:, 8:], generator.embedding(kinds))
    assert torch.equal(whole[:, :8], z) == (latent == "normal")


@pytest.mark.parametrize("latent", ["uniform", "sphere"])
def test_another_prior_gives_another_tile_of_the_same_seed(latent: str) -> None:
    normal, other = (built("dcgan", resolution=8, latent=prior) for prior in ("normal", latent))
    tiles = [seed_tile(generator, 7) for generator in (normal, other)]
    assert (tiles[0] != tiles[1]).any()
    z = latents(7, 10, 8)
    with torch.no_grad():
        expected = to_uint8(normal(other.map(z)))
    assert (tiles[1][:8, :8] == expected[0]).all()


@pytest.mark.parametrize("network", GENERATORS)
def test_a_class_changes_the_picture_and_is_asked_for_where_there_are_classes(network: str) -> None:
    generator, z = built(network, classes=3), torch.randn(2, 8)
    with torch.no_grad():
        generator.train()(torch.randn(32, 8), torch.randint(0, 3, (32,)))
        generator.eval()
        one, other = (generator(z, torch.tensor([kind, kind])) for kind in (0, 2))
    assert (one - other).abs().max() > 1e-6
    assert generator.classes == 3
    with pytest.raises(ValueError, match="has 3 classes; it was called without labels"):
        generator(z)
    with pytest.raises(ValueError, match="has 0 classes; it was called with labels"):
        built(network)(z, torch.tensor([0, 1]))


def test_a_conditional_norm_takes_its_gain_and_bias_from_the_class() -> None:
    layer, x, kind = ConditionalBatchNorm(3), torch.randn(8, 3, 2, 2), torch.randn(8, EMBEDDING)
    gain, bias = layer.affine(kind).chunk(2, dim=1)
    plain = nn.BatchNorm2d(3, affine=False)(x)
    expected = plain * (1 + gain)[:, :, None, None] + bias[:, :, None, None]
    torch.testing.assert_close(layer(x, kind), expected)


def test_self_attention_begins_as_the_identity_and_then_is_the_published_form() -> None:
    torch.manual_seed(0)
    layer, x = SelfAttention(16), torch.randn(2, 16, 4, 6)
    assert torch.equal(layer(x), x)
    with torch.no_grad():
        layer.gain.fill_(0.7)
        expected = x.clone()
        theta, phi, g, o = (getattr(layer, name).weight[:, :, 0, 0] for name in ("theta", "phi", "g", "o"))
        for image in range(2):
            flat = x[image].reshape(16, 24)
            keys = (phi @ flat).view(2, 2, 2, 3, 2).amax(dim=(2, 4)).view(2, 6)
            values = (g @ flat).view(8, 2, 2, 3, 2).amax(dim=(2, 4)).view(8, 6)
            for place in range(24):
                weights = torch.softmax((theta @ flat)[:, place] @ keys, dim=0)
                expected[image].view(16, 24)[:, place] += 0.7 * (o @ (values @ weights))
        torch.testing.assert_close(layer(x), expected, rtol=1e-4, atol=1e-5)


def test_attention_stands_behind_the_block_of_its_side() -> None:
    generator, sides_seen = built("resnet", attention=16), []
    for layer in generator.modules():
        if isinstance(layer, SelfAttention):
            layer.register_forward_pre_hook(lambda _module, inputs: sides_seen.append(inputs[0].shape[2]))
    generator(torch.randn(2, 8))
    assert sides_seen == [16]


@pytest.mark.parametrize("upsample", ["nearest", "sub_pixel"])
@pytest.mark.parametrize("network", ["course", "dcgan"])
def test_other_ways_up_give_pictures_of_the_same_side(network: str, upsample: str) -> None:
    generator = built(network, upsample=upsample, norm="pixel", activation="leaky_relu")
    assert generator(torch.randn(2, 8)).shape == (2, 3, 32, 32)
    assert sum(isinstance(layer, nn.ConvTranspose2d) for layer in generator.modules()) == 1


def test_a_sub_pixel_convolution_begins_without_a_grid() -> None:
    doubled = sub_pixel(3, 5)(torch.randn(2, 3, 4, 4))
    assert torch.equal(doubled[:, :, ::2, ::2], doubled[:, :, 1::2, 1::2])
    assert doubled.shape == (2, 5, 8, 8)


def test_a_modulated_convolution_is_the_published_one_with_weights_of_its_own_for_each_image() -> None:
    torch.manual_seed(0)
    layer, x, w = Modulated(4, 6, 3, 8), torch.randn(3, 4, 5, 5), torch.randn(3, 8)
    with torch.no_grad():
        layer.bias.normal_()
        for image in range(3):
            weight = layer.convolution.weight * (1.0 + layer.style(w[image]) / 2**0.5)[None, :, None, None]
            weight = weight / (weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
            expected = nn.functional.conv2d(x[image : image + 1], weight, padding=1) + layer.bias[:, None, None]
            torch.testing.assert_close(layer(x, w)[image : image + 1], expected, rtol=1e-4, atol=1e-5)


def test_layer_noise_is_new_in_each_step_of_training_and_fixed_when_drawing() -> None:
    generator, z = built("stylegan2"), torch.randn(2, 8)
    with torch.no_grad():
        for block in generator.blocks:
            block.strengths.fill_(0.5)
    assert torch.equal(generator.eval()(z), generator(z))
    assert not torch.equal(generator.train()(z), generator(z))


def test_the_mean_style_follows_the_styles_of_training_alone() -> None:
    generator, z = built("stylegan2"), torch.randn(64, 8)
    for _ in range(2000):
        generator.train().map(z)
    mean = generator.map(z)[:, 0].mean(dim=0)
    torch.testing.assert_close(generator.mean_w, mean.detach(), rtol=0, atol=1e-3)
    before = generator.mean_w.clone()
    generator.eval().map(torch.randn(64, 8))
    assert torch.equal(generator.mean_w, before)
    torch.testing.assert_close(generator.map(z, None, 0.0), before.expand(64, generator.styles, -1))


def test_each_style_acts_from_its_side_on() -> None:
    generator = built("stylegan2", resolution=16).eval()
    w, other = (generator.map(torch.randn(1, 8)).detach() for _ in range(2))
    assert generator.styles == 3
    pictures = []
    with torch.no_grad():
        for start in range(4):
            mixed = w.clone()
            mixed[:, start:] = other[:, start:]
            pictures.append(generator.synthesize(mixed))
        assert torch.equal(pictures[3], generator.synthesize(w))
        assert torch.equal(pictures[0], generator.synthesize(other))
    assert len({round(picture.sum().item(), 4) for picture in pictures}) == 4


@pytest.mark.parametrize(
    ("switches", "sentence"),
    [
        ({"network": "fastgan", "norm": "pixel"}, "The generator 'fastgan' has no norm to choose"),
        ({"network": "dcgan", "attention": 16}, "The generator 'dcgan' has no attention to choose"),
        ({"network": "resnet", "upsample": "nearest"}, "The generator 'resnet' has no upsample to choose"),
        ({"network": "resnet", "attention": 64}, "The attention 64 is not one of: 0, 8, 16, 32."),
        ({"network": "resnet", "attention": True}, "The attention True is not one of: 0, 8, 16, 32."),
        ({"network": "resnet", "norm": "pixel", "classes": 3}, "Classes enter a residual generator by its batch norms"),
        ({"network": "dcgan", "classes": 1001}, "The classes 1001 is not one of: 0 to 1000."),
        ({"network": "dcgan", "norm": "batsh"}, "The g_norm 'batsh' is not one of: none, batch"),
        ({"network": "dcgan", "activation": "gelu"}, "The g_activation 'gelu' is not one of: relu, leaky_relu, elu."),
        ({"network": "stylegan2", "output": "linear"}, "The generator 'stylegan2' has no output to choose"),
        *(
            (
                {"network": network, "latent": latent},
                f"The generator {network!r} scales every latent to the length sqrt(z_dim) by itself, "
                f"so the latent {latent!r} does not go with it; leave it at 'normal'.",
            )
            for network in ("fastgan", "stylegan2")
            for latent in ("uniform", "sphere")
        ),
        ({"network": "dcgan", "latent": "gauss"}, "The latent 'gauss' is not one of: normal, uniform, sphere."),
        ({"network": "dcgan", "output": ["tanh"]}, "The g_output ['tanh'] is not one of: tanh, linear."),
        ({"network": "fastgan", "most": 64}, "The generator 'fastgan' has no most to choose"),
        ({"network": "resnet", "linear_attention": [16]}, "The generator 'resnet' has no linear_attention to choose"),
        ({"network": "lightweight_gan", "most": 1025}, "The most 1025 is not one of: 1 to 1024."),
        ({"network": "lightweight_gan", "doubling": "bilinear"}, "The doubling 'bilinear' is not one of: sub_pixel, "),
        ({"network": "lightweight_gan", "excitation": ""}, "The excitation '' is not one of: context, frequency."),
        *(
            (
                {"network": "lightweight_gan", "linear_attention": value},
                f"The linear_attention {shown} is not one of: {allowed}.",
            )
            for value, shown, allowed in (
                ([32], "32", "4, 8, 16"),
                ([8, 12], "12", "4, 8, 16"),
                ([True], "True", "4, 8, 16"),
                ([[8]], "[8]", "4, 8, 16"),
                (16, "16", "a list of sides"),
                ("16", "'16'", "a list of sides"),
                ([16, 8], "[16, 8]", "each side once, in ascending order"),
                ([8, 8], "[8, 8]", "each side once, in ascending order"),
            )
        ),
        ({"network": "dcgan", "upsample": "bicubic"}, "The upsample 'bicubic' is not one of: transposed, nearest"),
    ],
)
def test_a_switch_that_a_network_has_not_is_refused(switches: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(sentence)):
        GeneratorConfig.from_dict({**FIELDS, **switches})


def test_switches_at_their_defaults_are_not_written() -> None:
    config = GeneratorConfig(network="resnet", attention=16, classes=3)
    written = config.to_dict()
    sizes = {"network": "resnet", "z_dim": 128, "resolution": 128, "width": 32}
    assert written == {**sizes, "attention": 16, "classes": 3}
    assert GeneratorConfig.from_dict(json.loads(json.dumps(written))) == config
    assert GeneratorConfig(network="resnet", output="tanh", latent="normal").to_dict() == sizes
    other = GeneratorConfig(network="resnet", output="linear", latent="sphere")
    assert other.to_dict() == {**sizes, "output": "linear", "latent": "sphere"}
    assert GeneratorConfig.from_dict(other.to_dict()) == other
    light = GeneratorConfig(network="lightweight_gan", most=64, linear_attention=(8, 32))
    assert light.to_dict() == {**sizes, "network": "lightweight_gan", "most": 64, "linear_attention": [8, 32]}
    assert GeneratorConfig.from_dict(json.loads(json.dumps(light.to_dict()))) == light


def test_the_switches_are_listed_for_every_network() -> None:
    assert list(SWITCHES) == list(GENERATORS)


def test_a_style_based_generator_with_equal_learning_rates_begins_at_a_sound_scale() -> None:
    torch.manual_seed(0)
    generator = build_generator(GeneratorConfig(network="stylegan2", z_dim=128, resolution=64, width=8))
    INITS["he"](generator)
    WRAPS["equalized"](generator)
    with torch.no_grad():
        w = generator.map(torch.randn(64, 128))
        pictures = generator.synthesize(w)
    assert 0.5 < w.std() < 1.5
    assert 0.2 < torch.atanh(pictures.clamp(-0.9999, 0.9999)).std() < 1.5
    assert (pictures.abs() > 0.99).float().mean() < 0.05


@pytest.mark.parametrize("doubling", ["sub_pixel", "sub_pixel_narrow", "nearest"])
@pytest.mark.parametrize("excitation", ["context", "frequency"])
def test_a_lightweight_gan_learns_with_all_its_layers_and_draws_its_noise_anew_only_then(
    doubling: str, excitation: str
) -> None:
    switches = {"doubling": doubling, "excitation": excitation, "linear_attention": (4, 16)}
    generator = built("lightweight_gan", resolution=128, width=2, most=24, **switches)
    with torch.no_grad():
        for block in generator.blocks:
            block.strength.fill_(0.5)
    z = torch.randn(2, 8)
    pictures = generator(z)
    (pictures * torch.randn_like(pictures)).sum().backward()
    assert [
        name for name, one in generator.named_parameters() if one.grad is None or not one.grad.abs().max() > 0
    ] == []
    assert list(generator.excitations) == ["128"]
    assert not torch.equal(generator(z), pictures)
    generator.eval()
    assert torch.equal(generator(z), generator(z))


def test_a_lightweight_gan_has_channels_that_double_up_to_the_most() -> None:
    generator = built("lightweight_gan", resolution=64, width=3, most=20)
    assert [block.norm.num_features // 2 for block in generator.blocks] == [20, 12, 6, 3]
    assert list(generator.excitations) == []
