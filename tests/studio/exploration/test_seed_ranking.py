from __future__ import annotations

import numpy as np
import pytest

from studio.exploration.seed_ranking import WEAKEST, describe_lightly, histogram, rank, usual_of
from training.core.latents import latents
from training.core.pixels import Pixels

SIDE = 16


def flowers(seed: int, count: int = 100) -> Pixels:
    """Make up pictures of coloured discs on a gradient: [count, SIDE, SIDE, 3]."""
    z = np.asarray(latents(seed, count, 8))
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    discs = ((rows - 0.1 * z[:, 0, None, None]) ** 2 + (columns - 0.1 * z[:, 1, None, None]) ** 2) < 0.08
    colours = 0.5 + 0.15 * z[:, None, None, 2:5]
    ground = (0.3 + 0.1 * z[:, 5, None, None] + 0.2 * rows)[..., None]
    pictures = np.where(discs[..., None], colours, ground)
    return (pictures.clip(0, 1) * 255).astype(np.uint8)


def described(tiles: dict[int, Pixels]) -> dict[int, np.ndarray]:  # type: ignore[type-arg]
    return {seed: describe_lightly(cells) for seed, cells in tiles.items()}


@pytest.fixture
def tiles() -> dict[int, Pixels]:
    return {seed: flowers(seed) for seed in range(12)}


def test_a_tile_with_broken_cells_is_last_and_they_are_named(tiles: dict[int, Pixels]) -> None:
    noise = np.asarray(latents(99, 1, SIDE * SIDE * 3)).reshape(SIDE, SIDE, 3)
    broken = (3, 17, 42, 64, 99)
    for cell in broken:
        tiles[7][cell] = (128 + 100 * noise).clip(0, 255)
    scores = rank(described(tiles))
    assert set(scores[7].cells) == set(broken)
    assert max(scores, key=lambda seed: scores[seed].weakest) == 7
    assert list(scores)[-1] == 7


def test_a_tile_that_repeats_itself_is_the_least_diverse(tiles: dict[int, Pixels]) -> None:
    tiles[4][50:] = tiles[4][:50]
    scores = rank(described(tiles))
    assert min(scores, key=lambda seed: scores[seed].diversity) == 4
    assert scores[4].diversity == pytest.approx(0.0, abs=1e-6)


def test_a_tile_in_other_colours_is_the_farthest_from_real_pictures(tiles: dict[int, Pixels]) -> None:
    usual = usual_of(describe_lightly(flowers(1000, 600)))
    tiles[2] = tiles[2][..., ::-1] // 2
    scores = rank(described(tiles), usual)
    distances = {seed: score.distance for seed, score in scores.items()}
    assert max(distances, key=lambda seed: distances[seed] or 0.0) == 2
    assert list(scores)[-1] == 2


def test_without_real_pictures_no_distance_is_told(tiles: dict[int, Pixels]) -> None:
    assert {score.distance for score in rank(described(tiles)).values()} == {None}


def test_the_order_of_the_seeds_changes_no_score(tiles: dict[int, Pixels]) -> None:
    some = described(tiles)
    there, back = rank(some), rank(dict(reversed(some.items())))
    assert list(there) == list(back)
    for seed, score in there.items():
        assert score.total == pytest.approx(back[seed].total)
        assert score.cells == back[seed].cells


def test_the_best_comes_first_and_totals_are_relative(tiles: dict[int, Pixels]) -> None:
    totals = [score.total for score in rank(described(tiles)).values()]
    assert totals == sorted(totals, reverse=True)
    assert np.mean(totals) == pytest.approx(0.0, abs=1e-9)


def test_one_seed_none_and_equal_ones_are_ranked_without_failing(tiles: dict[int, Pixels]) -> None:
    assert rank({}) == {}
    alone = rank(described({5: tiles[5]}))
    assert (alone[5].total, len(alone[5].cells)) == (0.0, WEAKEST)
    grey = {seed: np.full((100, SIDE, SIDE, 3), 128, np.uint8) for seed in range(3)}
    assert {score.total for score in rank(described(grey)).values()} == {0.0}


def test_the_histogram_counts_every_seed(tiles: dict[int, Pixels]) -> None:
    found = histogram(rank(described(tiles)))
    assert sum(found["counts"]) == len(tiles)
    assert len(found["edges"]) == len(found["counts"]) + 1


def test_pictures_are_described_one_by_one_at_every_side() -> None:
    cells = flowers(3, 20)
    np.testing.assert_allclose(describe_lightly(cells)[7:9], describe_lightly(cells[7:9]), atol=1e-6)
    for side in (8, 64):
        assert describe_lightly(np.zeros((2, side, side, 3), np.uint8)).shape == describe_lightly(cells[:2]).shape
