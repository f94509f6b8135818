"""The statistics of pictures on values worked out by hand, and the score of two samples."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio.race.two_samples import FAINTEST, energy_score, picture_statistics
from training.core.pixels import Pixels


def waves(side: int, cycles: int, amplitude: float) -> Pixels:
    """Return one grey picture of vertical stripes, so many across it."""
    row = 128 + amplitude * np.cos(2 * np.pi * cycles * np.arange(side) / side)
    return np.repeat(np.broadcast_to(row, (side, side))[None, ..., None], 3, axis=3).round().astype(np.uint8)


def normal(seed: int, count: int, mean: float = 0.0) -> np.ndarray:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 5, generator=generator, dtype=torch.float64).numpy() + mean


def test_a_picture_of_one_colour_has_its_mean_no_deviation_and_no_power() -> None:
    picture = np.broadcast_to(np.array([10, 20, 30], np.uint8), (1, 16, 16, 3))
    assert picture_statistics(picture)[0].tolist() == [10, 20, 30, 0, 0, 0, *[pytest.approx(np.log10(FAINTEST))] * 3]


@pytest.mark.parametrize(("cycles", "octave"), [(1, 0), (2, 1), (3, 1), (4, 2), (7, 2)])
def test_stripes_have_their_power_in_the_octave_of_their_number(cycles: int, octave: int) -> None:
    powers = picture_statistics(waves(16, cycles, 60))[0, 6:]
    assert powers.argmax() == octave
    assert powers[octave] > 2 + np.delete(powers, octave).max()


def test_the_deviation_of_stripes_is_that_of_a_cosine() -> None:
    assert picture_statistics(waves(64, 4, 100))[0, 3:6] == pytest.approx([100 / np.sqrt(2)] * 3, rel=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_two_samples_of_one_distribution_have_no_score(seed: int) -> None:
    assert energy_score(normal(seed, 100), normal(seed + 100, 200)) < 6


def test_the_score_grows_with_the_distance_and_is_the_same_each_time() -> None:
    scores = [energy_score(normal(1, 100), normal(2, 200, mean)) for mean in (0.0, 0.5, 1.0, 3.0)]
    assert scores == sorted(scores)
    assert scores[1] > 8
    assert scores[3] > 100
    assert scores[2] == energy_score(normal(1, 100), normal(2, 200, 1.0))


def test_the_score_has_no_unit() -> None:
    one, other = normal(1, 50), normal(2, 80, 0.4)
    scale = np.array([1, 10, 1e-3, 1e3, 7])
    assert energy_score(one * scale, other * scale) == pytest.approx(energy_score(one, other))


def test_pictures_that_are_all_equal_have_no_score() -> None:
    assert energy_score(np.ones((100, 4)), np.ones((200, 4))) == 0.0
