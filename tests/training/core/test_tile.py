from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from training.core import tile as sheet
from training.core.generators import GENERATORS, GeneratorConfig, GeneratorNetwork, build_generator
from training.core.latents import labels, latents
from training.core.pixels import to_cells
from training.core.tile import check_psi, draw, seed_labels, seed_tile

SEED = 5
BATCHES = (1, 7, 25, 100)


@pytest.fixture(params=GENERATORS)
def generator(request: pytest.FixtureRequest) -> GeneratorNetwork:
    """Return each generator of the table, its batch norms full of statistics, and in train mode."""
    torch.manual_seed(0)
    network = build_generator(GeneratorConfig(network=request.param, z_dim=8, resolution=16, width=4)).train()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 0.5
    with torch.no_grad():
        for _ in range(3):
            network(torch.randn(64, 8))
        for layer in network.to_rgb.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.weight.mul_(4.0)
    return network


class Plain(nn.Module):
    """Paints each image in one colour, the three numbers of its latent times a gain."""

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__()
        self.z_dim, self.resolution, self.classes = 3, 2, 0
        self.gain = nn.Parameter(torch.tensor(gain))
        self.seen: list[tuple[int, bool, bool]] = []

    def forward(self, z: Tensor, labels: Tensor | None = None, psi: float = 1.0) -> Tensor:
        assert labels is None
        images = (psi * self.gain * z)[:, :, None, None].expand(-1, -1, 2, 2)
        self.seen.append((len(z), self.training, images.requires_grad))
        return images


class Exact(nn.Module):
    """Paints each of 2 x 2 pixels with numbers of the latent, each halved some times: no machine rounds any of it."""

    def __init__(self) -> None:
        super().__init__()
        self.z_dim, self.resolution, self.classes = 3, 2, 0
        weight = torch.zeros(12, 3)
        for row in range(12):
            weight[row, (row + row // 4) % 3] = (-1.0) ** row / 2 ** (row % 4)  # one number a row: nothing is added up
        self.weight = nn.Parameter(weight)

    def forward(self, z: Tensor, labels: Tensor | None = None, psi: float = 1.0) -> Tensor:
        return (psi * z @ self.weight.T).view(-1, 3, 2, 2)


def most_levels_apart(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def test_a_tile_is_ten_by_ten_pictures(generator: GeneratorNetwork) -> None:
    tile = seed_tile(generator, SEED)
    assert (tile.shape, tile.dtype) == ((160, 160, 3), np.uint8)
    assert len(np.unique(to_cells(tile, 16), axis=0)) == 100


@pytest.mark.parametrize("k", [0, 1, 10, 37, 99])
def test_a_cell_is_what_its_latent_gives_alone(generator: GeneratorNetwork, k: int) -> None:
    alone = draw(generator, latents(SEED, 100, generator.z_dim)[k : k + 1])
    assert most_levels_apart(to_cells(seed_tile(generator, SEED), 16)[k], alone[0]) <= 1


def test_the_first_cells_of_a_tile_need_only_the_first_latents(generator: GeneratorNetwork) -> None:
    first = draw(generator, latents(SEED, sheet.BATCH, generator.z_dim))
    np.testing.assert_array_equal(to_cells(seed_tile(generator, SEED), 16)[: sheet.BATCH], first)


def test_the_same_seed_gives_the_same_tile_and_another_seed_another(generator: GeneratorNetwork) -> None:
    tile = seed_tile(generator, SEED)
    torch.manual_seed(1)
    np.testing.assert_array_equal(seed_tile(generator, SEED), tile)
    assert (seed_tile(generator, SEED + 1) != tile).mean() > 0.5


@pytest.mark.parametrize("batch", BATCHES)
def test_a_tile_does_not_hang_on_how_many_are_drawn_at_once(
    generator: GeneratorNetwork, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tile = seed_tile(generator, SEED)
    monkeypatch.setattr(sheet, "BATCH", batch)
    other = seed_tile(generator, SEED)
    assert most_levels_apart(tile, other) <= 1
    assert (tile != other).mean() < 1e-3


def test_drawing_leaves_the_weights_and_statistics_alone(generator: GeneratorNetwork) -> None:
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    seed_tile(generator, SEED)
    after = generator.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_a_generator_left_in_train_mode_is_drawn_in_eval_mode_without_gradients_ten_at_a_time() -> None:
    plain = Plain().train()
    seed_tile(plain, SEED)
    assert plain.seen == [(10, False, False)] * 10
    assert plain.gain.grad is None
    with torch.enable_grad():
        draw(plain, torch.zeros(3, 3, requires_grad=True))
    assert plain.seen[-1] == (3, False, False)


def test_a_tile_of_a_hand_made_generator_has_the_colours_of_its_latents() -> None:
    colours = to_cells(seed_tile(Plain(gain=0.25), 0), 2)
    assert (colours == colours[:, :1, :1]).all()
    # The first numbers of seed 0 are 1.764, 0.400, 0.979; 2.241, 1.868, -0.977: 127.5 x / 4 + 127.5 of each, rounded.
    assert colours[:2, 0, 0].tolist() == [[184, 140, 159], [199, 187, 96]]


@pytest.mark.parametrize("batch", [sheet.BATCH, *BATCHES])
def test_the_tile_of_an_exact_generator_is_this_one_on_every_machine(
    batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes this fail has changed what tiles look like: RENDERER is then to be raised."""
    monkeypatch.setattr(sheet, "BATCH", batch)
    tile = seed_tile(Exact(), 7)
    # The latents begin 1.6905, -0.4659 and 0.4075, -0.7889: red is 127.5 x + 128 of the first, then of minus half the
    # second.
    assert (tile.shape, tile[0, :4, 0].tolist()) == ((20, 20, 3), [255, 157, 179, 178])
    assert hashlib.sha256(tile.tobytes()).hexdigest() == (
        "5d2de39d8f2f3dbbb970f23dec14bd864e340e1775701c880e7280092dcf0c44"
    )
    assert sheet.RENDERER == "1"


@pytest.mark.parametrize("gain", [float("nan"), float("inf")])
def test_a_generator_that_has_diverged_is_refused(gain: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        seed_tile(Plain(gain), SEED)


@pytest.mark.parametrize("seed", [-1, 2**32, 0.0, True, "0", None])
def test_a_seed_that_is_none_is_refused_before_anything_is_drawn(seed: object) -> None:
    plain = Plain()
    with pytest.raises(ValueError, match="not a whole number from 0 to 4294967295"):
        seed_tile(plain, seed)  # type: ignore[arg-type]
    assert plain.seen == []


def test_one_psi_holds_for_all_of_a_tile(generator: GeneratorNetwork) -> None:
    whole, half, none = (seed_tile(generator, 7, psi) for psi in (1.0, 0.5, 0.0))
    assert np.array_equal(whole, seed_tile(generator, 7))
    spread = [to_cells(tile, 16).astype(float).std(axis=0).mean() for tile in (whole, half, none)]
    assert spread[0] > spread[1] > spread[2]
    assert spread[2] < 0.5
    assert np.array_equal(to_cells(half, 16), draw(generator, latents(7, 100, 8), None, 0.5))


@pytest.mark.parametrize("psi", [-0.1, 1.1, float("nan"), float("inf"), True, "1", None])
def test_a_psi_that_is_none_is_refused_with_a_sentence(psi: object) -> None:
    with pytest.raises(ValueError, match=r"^The psi .* is not a number from 0 to 1\.$"):
        check_psi(psi)


def test_the_classes_of_a_tile_come_from_its_seed() -> None:
    torch.manual_seed(0)
    conditional = build_generator(GeneratorConfig(network="resnet", z_dim=8, resolution=16, width=4, classes=5))
    kinds = seed_labels(conditional, 3)
    assert kinds is not None
    assert torch.equal(kinds, labels(3, 100, 5))
    tile = seed_tile(conditional, 3)
    assert np.array_equal(to_cells(tile, 16), draw(conditional, latents(3, 100, 8), kinds))
    assert not np.array_equal(to_cells(tile, 16), draw(conditional, latents(3, 100, 8), (kinds + 1) % 5))
