from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from studio.exploration import latent_paths
from studio.exploration.directions import Directions
from studio.exploration.latent_paths import Changes, Place, departures, draw, frame_positions, on_pad, on_walk
from training.core import latents
from training.core.generators import GENERATORS, GeneratorConfig, GeneratorNetwork, build_generator
from training.core.pixels import to_cells, to_tile
from training.core.tile import seed_tile

DIM = 128
FOUR = (3, 14, 15, 92)
shares = st.floats(0.0, 1.0)


def rows(place: Place, count: int = 20) -> torch.Tensor:
    return place.latents(count, DIM)


def seed_rows(seed: int, count: int = 20) -> torch.Tensor:
    return latents.latents(seed, count, DIM)


@pytest.mark.parametrize("way", ["slerp", "lerp"])
def test_both_ends_of_a_way_are_the_seeds_exactly(way: latent_paths.Way) -> None:
    start, end = on_walk((3, 7), 0.0, way=way), on_walk((3, 7), 1.0, way=way)
    assert (start.pure, end.pure) == (3, 7)
    assert torch.equal(rows(start), seed_rows(3))
    assert torch.equal(rows(end), seed_rows(7))


def test_the_middle_is_neither_seed_and_slerp_keeps_the_length() -> None:
    middle, straight = on_walk((3, 7), 0.5), on_walk((3, 7), 0.5, way="lerp")
    assert (middle.pure, middle.nearest) == (None, 3)
    assert rows(middle).norm(dim=1).mean() == pytest.approx(float(seed_rows(3).norm(dim=1).mean()), rel=0.05)
    assert rows(straight).norm(dim=1).mean() < 0.8 * seed_rows(3).norm(dim=1).mean()
    torch.testing.assert_close(rows(straight), (seed_rows(3) + seed_rows(7)) / 2)


def test_a_walk_passes_each_of_its_seeds_exactly() -> None:
    for index, seed in enumerate(FOUR):
        assert on_walk(FOUR, float(index)).pure == seed
        assert on_walk(FOUR, float(index), closed=True).pure == seed
    assert on_walk(FOUR, 1.25).parts == ((14, 0.75), (15, 0.25))


def test_a_closed_walk_goes_on_to_its_first_seed() -> None:
    assert on_walk(FOUR, 4.0, closed=True).pure == FOUR[0]
    assert on_walk(FOUR, 3.5, closed=True).parts == ((92, 0.5), (3, 0.5))


@settings(deadline=None)
@given(st.integers(2, 12), st.integers(1, 200))
def test_the_frame_after_the_last_of_a_loop_is_the_first(seeds: int, frames: int) -> None:
    walk = tuple(range(seeds))
    positions = frame_positions(seeds, frames, closed=True)
    steps = np.diff([*positions, float(seeds)])
    assert positions[0] == 0.0
    assert on_walk(walk, float(seeds), closed=True) == on_walk(walk, positions[0], closed=True)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-9)


@settings(deadline=None)
@given(st.integers(2, 12), st.integers(2, 200))
def test_an_open_film_begins_and_ends_at_pure_seeds(seeds: int, frames: int) -> None:
    walk = tuple(range(100, 100 + seeds))
    positions = frame_positions(seeds, frames, closed=False)
    assert len(positions) == frames
    assert (on_walk(walk, positions[0]).pure, on_walk(walk, positions[-1]).pure) == (100, 99 + seeds)


def test_a_film_of_one_frame_is_the_first_seed() -> None:
    assert frame_positions(3, 1, closed=False) == frame_positions(3, 1, closed=True) == [0.0]


@pytest.mark.parametrize(("corner", "x", "y"), [(0, 0.0, 0.0), (1, 1.0, 0.0), (2, 0.0, 1.0), (3, 1.0, 1.0)])
def test_the_corners_of_the_pad_are_the_seeds_exactly(corner: int, x: float, y: float) -> None:
    place = on_pad(FOUR, x, y)
    assert place.pure == FOUR[corner]
    assert torch.equal(rows(place), seed_rows(FOUR[corner]))


@settings(deadline=None)
@given(shares, shares)
def test_the_pad_keeps_the_lengths_of_latents(x: float, y: float) -> None:
    place = on_pad(FOUR, x, y)
    lengths = torch.stack([weight * seed_rows(seed).norm(dim=1) for seed, weight in place.parts]).sum(dim=0)
    torch.testing.assert_close(rows(place).norm(dim=1), lengths, rtol=1e-4, atol=1e-4)
    assert sum(weight for _, weight in place.parts) == pytest.approx(1.0)


def test_the_plain_mean_on_the_pad_would_be_half_as_long() -> None:
    plain = torch.stack([seed_rows(seed) for seed in FOUR]).mean(dim=0)
    assert plain.norm(dim=1).mean() < 0.6 * rows(on_pad(FOUR, 0.5, 0.5)).norm(dim=1).mean()


@settings(deadline=None)
@given(shares)
def test_the_pad_goes_from_corner_to_corner_without_a_jump(x: float) -> None:
    near = rows(on_pad(FOUR, min(x + 1e-3, 1.0), 0.3)) - rows(on_pad(FOUR, x, 0.3))
    assert near.norm(dim=1).max() < 0.1


def test_the_nearest_seed_is_that_of_the_nearest_corner_or_end() -> None:
    assert [on_walk((3, 7), t).nearest for t in (0.2, 0.5, 0.51, 1.0)] == [3, 3, 7, 7]
    assert [on_pad(FOUR, x, y).nearest for x, y in ((0.2, 0.2), (0.9, 0.1), (0.1, 0.9), (0.6, 0.7))] == list(FOUR)


def test_the_same_seed_at_all_ends_is_that_seed() -> None:
    assert on_walk((5, 5), 0.3).pure == 5
    assert on_pad((5, 5, 5, 5), 0.3, 0.9).pure == 5
    assert torch.equal(rows(on_pad((5, 5, 5, 5), 0.3, 0.9)), seed_rows(5))


@pytest.mark.parametrize(
    ("place", "changes", "expected"),
    [
        (on_walk((3, 7), 0.0), Changes(), []),
        (on_walk((3, 7), 1.0), Changes(psi=0.5), []),
        (on_walk((3, 7), 0.5), Changes(), ["between"]),
        (on_walk((3, 7), 0.0), Changes(amounts=(0.0, 1.0)), ["directions"]),
        (on_walk((3, 7), 0.0), Changes(amounts=(0.0, 0.0)), []),
        (on_walk((3, 7), 0.0), Changes(mix_seed=9), ["mixing"]),
        (on_walk((3, 7), 0.0), Changes(mix_seed=3), []),
        (on_pad(FOUR, 0.5, 1.0), Changes(amounts=(1.0,), mix_seed=9), ["between", "directions", "mixing"]),
    ],
)
def test_what_departs_from_a_pure_seed_is_named(place: Place, changes: Changes, expected: list[str]) -> None:
    assert departures(place, changes) == expected


def build(network: str, classes: int = 0) -> GeneratorNetwork:
    torch.manual_seed(0)
    generator = build_generator(GeneratorConfig(network=network, z_dim=8, resolution=16, width=4, classes=classes))
    with torch.no_grad():
        for norm in [module for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]:
            norm.momentum = None  # the statistics of the one batch that follows, whole
        generator.train()(latents.latents(0, 64, 8), torch.arange(64) % classes if classes else None)
        for layer in generator.to_rgb.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.weight.mul_(4.0)
    return generator.eval()


CELLS = range(100)


@pytest.mark.parametrize("psi", [1.0, 0.5])
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("network", GENERATORS)
def test_a_pure_seed_is_drawn_as_its_tile_exactly(network: str, classes: int, psi: float) -> None:
    generator = build(network, classes)
    for place in (on_walk((3, 7), 1.0), on_pad(FOUR, 0.0, 1.0)):
        drawn = draw(generator, place, Changes(psi=psi), None, CELLS)
        np.testing.assert_array_equal(to_tile(drawn, 10), seed_tile(generator, place.nearest, psi))


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("network", GENERATORS)
def test_a_cell_is_the_same_however_many_are_drawn(network: str, classes: int) -> None:
    generator, place = build(network, classes), on_walk((3, 7), 0.4)
    whole = draw(generator, place, Changes(), None, CELLS)
    np.testing.assert_array_equal(draw(generator, place, Changes(), None, range(30, 40)), whole[30:40])
    assert draw(generator, place, Changes(), None, range(8)).shape == (8, 16, 16, 3)


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("network", GENERATORS)
def test_a_walk_changes_little_by_little(network: str, classes: int) -> None:
    """Also where the classes of the two seeds differ: they change over with the latents, not at once."""
    generator = build(network, classes)
    frames = [
        draw(generator, on_walk((3, 7), t), Changes(), None, range(10)).astype(int) for t in np.linspace(0, 1, 41)
    ]
    steps = [np.abs(after - before).mean() for before, after in pairwise(frames)]
    assert max(steps) < 0.2 * np.abs(frames[-1] - frames[0]).mean()


@pytest.mark.parametrize("place", [on_walk((3, 7), 0.25, way="lerp"), on_pad(FOUR, 0.25, 0.5)])
def test_a_straight_way_mixes_styles_where_there_are_any(place: Place) -> None:
    generator = build("stylegan2", 3)
    with torch.inference_mode():
        w = [generator.map(latents.latents(one, 10, 8), latents.labels(one, 10, 3), 0.7) for one, _ in place.parts]
        mixed = sum(one * weight for one, (_, weight) in zip(w, place.parts, strict=True))
        expected = latent_paths.to_uint8(generator.synthesize(mixed))
    np.testing.assert_array_equal(draw(generator, place, Changes(psi=0.7), None, range(10)), expected)


def test_directions_move_every_cell_and_back_again() -> None:
    generator, place = build("dcgan"), on_walk((3, 7), 0.0)
    found = Directions(torch.eye(8)[:2])
    moved = draw(generator, place, Changes(amounts=(2.0, 0.0)), found, range(10))
    z = latents.latents(3, 10, 8) + torch.tensor([2.0] + [0.0] * 7)
    expected = latent_paths.to_uint8(generator(z))
    np.testing.assert_array_equal(moved, expected)
    np.testing.assert_array_equal(
        draw(generator, place, Changes(amounts=(0.0, 0.0)), found, CELLS), to_cells(seed_tile(generator, 3), 16)
    )


def test_mixing_takes_the_later_styles_of_another_seed() -> None:
    generator, place = build("stylegan2"), on_walk((3, 7), 0.0)
    other = to_cells(seed_tile(generator, 9), 16)
    own = to_cells(seed_tile(generator, 3), 16)
    np.testing.assert_array_equal(draw(generator, place, Changes(mix_seed=9, mix_from=0), None, CELLS), other)
    np.testing.assert_array_equal(
        draw(generator, place, Changes(mix_seed=9, mix_from=generator.styles), None, CELLS), own
    )
    mixed = draw(generator, place, Changes(mix_seed=9, mix_from=1), None, CELLS)
    assert (mixed != own).any()
    assert (mixed != other).any()


def test_a_generator_without_styles_does_not_mix() -> None:
    generator = build("dcgan")
    mixed = draw(generator, on_walk((3, 7), 0.0), Changes(mix_seed=9), None, CELLS)
    np.testing.assert_array_equal(mixed, to_cells(seed_tile(generator, 3), 16))
