"""Operations of a tile: worked out by hand for one layer each, and by torch's own counter for whole networks."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from training.core.generators import GENERATORS, GeneratorConfig, build_generator
from training.core.operations import COUNTED, exceeds, operations_bound, tile_operations
from training.core.tile import CELLS

CONFIGS = [
    *(GeneratorConfig(network=network, z_dim=8, resolution=32, width=4) for network in GENERATORS),
    GeneratorConfig(network="dcgan", z_dim=8, resolution=32, width=4, upsample="nearest", norm="layer"),
    GeneratorConfig(network="dcgan", z_dim=8, resolution=64, width=4, upsample="sub_pixel", classes=5),
    GeneratorConfig(network="resnet", z_dim=8, resolution=32, width=8, attention=16),
    GeneratorConfig(network="resnet", z_dim=8, resolution=32, width=8, classes=5),
    GeneratorConfig(network="stylegan2", z_dim=8, resolution=32, width=4, classes=5),
    GeneratorConfig(network="lightweight_gan", z_dim=1, resolution=128, width=1, most=1, linear_attention=(32, 64)),
    GeneratorConfig(network="lightweight_gan", z_dim=8, resolution=128, width=4, most=20, excitation="frequency"),
]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_a_tile_takes_as_many_operations_as_drawing_its_cells_does(config: GeneratorConfig) -> None:
    generator = build_generator(config).eval().requires_grad_(False)
    labels = torch.zeros(1, dtype=torch.int64) if config.classes else None
    with FlopCounterMode(display=False) as counter:
        generator(torch.zeros(1, config.z_dim), labels, 0.5)
    assert tile_operations(config) == CELLS * counter.get_total_flops()
    assert tile_operations(config) <= operations_bound(config)


@pytest.mark.parametrize(
    ("function", "shapes", "products"),
    [
        (torch.nn.functional.conv2d, ((2, 3, 8, 8), (5, 3, 3, 3)), 2 * 5 * 6 * 6 * 27),
        (torch.nn.functional.conv_transpose2d, ((2, 3, 8, 8), (3, 5, 4, 4)), 2 * 3 * 8 * 8 * 5 * 16),
        (torch.nn.functional.linear, ((7, 3), (5, 3)), 7 * 5 * 3),
        (torch.matmul, ((2, 7, 3), (2, 3, 5)), 2 * 7 * 5 * 3),
    ],
)
def test_products_are_what_a_layer_multiplies(
    function: object, shapes: tuple[tuple[int, ...], ...], products: int
) -> None:
    x, weight = (torch.zeros(shape) for shape in shapes)
    assert COUNTED[function](x, weight, function(x, weight)) == products  # type: ignore[operator]


def test_a_limit_is_passed_by_one_operation_more() -> None:
    config = CONFIGS[0]
    operations = tile_operations(config)
    assert (exceeds(config, operations), exceeds(config, operations - 1)) == (False, True)
