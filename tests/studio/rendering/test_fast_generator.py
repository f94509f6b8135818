from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from studio.rendering import fast_generator
from studio.rendering.fast_generator import close_enough, quicker
from studio.rendering.renderer import Renderer
from training.core import checkpoint
from training.core.generators import GENERATORS, GeneratorConfig, GeneratorNetwork
from training.core.latents import latents
from training.core.tile import BATCH, draw, seed_labels, seed_tile

SHIPPED = Path(__file__).parents[3] / "checkpoints"
SHIPPED_NAMES = sorted(file.parent.name for file in SHIPPED.glob("*/config.json"))  # nothing is loaded to collect tests
CPU = torch.device("cpu")


def kinds(network: nn.Module) -> set[type[nn.Module]]:
    return {type(module) for module in network.modules()}


@pytest.mark.parametrize("network", GENERATORS)
@pytest.mark.parametrize("seed", [0, 7])
def test_the_rewritten_generator_stays_within_the_tiles_tolerance(
    tmp_path: Path, make_vivid: Callable[..., Path], network: str, seed: int
) -> None:
    generator = checkpoint.load(make_vivid(tmp_path / network, network=network, seed=seed)).generator
    exact = seed_tile(generator, seed)
    assert exact.std() > 30
    assert close_enough(seed_tile(quicker(generator), seed), exact)
    np.testing.assert_array_equal(seed_tile(generator, seed), exact)  # the original is as it was


@pytest.mark.parametrize("name", SHIPPED_NAMES)
def test_it_stays_within_the_tolerance_for_the_shipped_checkpoints(name: str) -> None:
    generator = checkpoint.load(SHIPPED / name).generator
    z, labels = latents(3, BATCH, generator.z_dim), seed_labels(generator, 3, BATCH)
    assert close_enough(draw(quicker(generator), z, labels), draw(generator, z, labels))


def test_it_is_rewritten(tmp_path: Path, make_vivid: Callable[..., Path]) -> None:
    generator = checkpoint.load(make_vivid(tmp_path / "one")).generator
    assert {nn.BatchNorm2d, nn.Upsample} <= kinds(generator)
    assert not {nn.BatchNorm2d, nn.Upsample} & kinds(quicker(generator))


def test_doubling_and_convolving_is_one_transposed_convolution_at_the_border_too() -> None:
    torch.manual_seed(0)
    chain = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(3, 5, 3, padding=1))
    joined = fast_generator._transposed(chain[1])
    x = torch.randn(2, 3, 6, 4)
    torch.testing.assert_close(joined(x), chain(x), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 4, 3),
        nn.Conv2d(4, 4, 5, padding=2),
        nn.Conv2d(4, 4, 3, padding=1, stride=2),
        nn.Conv2d(4, 4, 3, padding=1, groups=2),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.utils.parametrizations.spectral_norm(nn.Conv2d(4, 4, 3, padding=1)),
    ],
    ids=["unpadded", "large", "strided", "grouped", "reflecting", "normed"],
)
def test_other_convolutions_are_left_alone(layer: nn.Module) -> None:
    chain = nn.Sequential(nn.Upsample(scale_factor=2), layer)
    fast_generator._join(chain)
    assert chain[1] is layer


def test_small_differences_are_close_enough_and_larger_or_more_are_not() -> None:
    exact = np.full((100, 100, 3), 100, np.uint8)
    for value, count, close in ((102, 20, True), (103, 1, False), (101, 200, False)):
        found = exact.copy()
        found.reshape(-1)[:count] = value
        assert close_enough(found, exact) is close


class Odd(GeneratorNetwork):
    """Draws otherwise once its norm is gone."""

    def __init__(self) -> None:
        super().__init__(GeneratorConfig(network="dcgan", z_dim=8, resolution=16, width=4))
        self.chain = nn.Sequential(nn.Conv2d(8, 3, 1), nn.BatchNorm2d(3))

    def synthesize(self, w: torch.Tensor) -> torch.Tensor:
        sign = 1.0 if isinstance(self.chain[1], nn.BatchNorm2d) else -1.0
        return torch.tanh(sign * self.chain(w[:, :, None, None])).expand(-1, 3, 16, 16)


def test_a_generator_that_draws_otherwise_when_rewritten_is_drawn_as_it_is(
    tmp_path: Path, make_checkpoint: Callable[..., Path]
) -> None:
    torch.manual_seed(0)
    found = checkpoint.load(make_checkpoint(tmp_path / "one"))
    odd = Odd().eval()
    assert not close_enough(seed_tile(quicker(odd), 1), seed_tile(odd, 1))
    one = checkpoint.Checkpoint(found.folder, found.config, found.about, odd, found.sha256)
    picture = Renderer(lambda _: one, CPU).tile(found.sha256, 1, "me")
    np.testing.assert_array_equal(picture.pixels, seed_tile(odd, 1))
