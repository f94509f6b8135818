from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from training.evaluation import metrics


def normal(count: int, features: int = 8, seed: int = 0, shift: float = 0.0) -> Tensor:
    return torch.randn(count, features, generator=torch.Generator().manual_seed(seed)) + shift


def test_the_discrepancy_is_the_one_worked_out_by_hand() -> None:
    """One feature, so k(x, y) = (xy + 1)^3: k(0, y) = 1, k(1, 1) = 8, k(1, 2) = 27, k(2, 2) = 125."""
    one = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    other = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
    # within one: k(0, 1) = 1; within other: k(1, 2) = 27; between: (1 + 1 + 8 + 27) / 4
    assert metrics.discrepancy(one, other) == pytest.approx(1.0 + 27.0 - 2.0 * 37.0 / 4.0)


def test_the_kernel_divides_by_the_count_of_features() -> None:
    """Two features: k(x, y) = ((x . y) / 2 + 1)^3, so k((2, 0), (1, 1)) = 8 and k(0, y) = 1."""
    one = torch.tensor([[2.0, 0.0], [0.0, 0.0]], dtype=torch.float64)
    other = torch.tensor([[1.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    assert metrics.discrepancy(one, other) == pytest.approx(1.0 + 1.0 - 2.0 * (8.0 + 1.0 + 1.0 + 1.0) / 4.0)


def test_kid_is_nought_on_average_for_one_distribution_however_few_the_rows() -> None:
    found = [metrics.kid(normal(40, seed=seed), normal(24, seed=1000 + seed)).value for seed in range(30)]
    mean = sum(found) / len(found)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in found) / (len(found) - 1) / len(found))
    assert abs(mean) < 3 * deviation
    assert min(found) < 0 < max(found)  # a biased one is never below 0
    assert metrics.kid(normal(40), normal(24, seed=1, shift=1.0)).value > 10 * deviation


def test_kid_tells_its_spread_over_subsets_which_is_smaller_for_more_rows() -> None:
    few = metrics.kid(normal(50), normal(50, seed=1, shift=0.5))
    many = metrics.kid(normal(800), normal(800, seed=1, shift=0.5))
    assert many.value == pytest.approx(few.value, abs=4 * few.spread)
    assert 0 < many.spread < few.spread / 2


def test_fid_of_two_gaussians_is_the_formula() -> None:
    """Diagonal covariances commute: |m - n|^2 + sum (a - b)^2 over the standard deviations a and b."""
    mean, other = torch.tensor([1.0, 2.0]).double(), torch.tensor([4.0, 6.0]).double()
    root = metrics.matrix_root(torch.diag(torch.tensor([4.0, 9.0]).double()))
    torch.testing.assert_close(root, torch.diag(torch.tensor([2.0, 3.0]).double()))
    found = metrics.frechet(mean, root, other, torch.diag(torch.tensor([1.0, 25.0]).double()))
    assert found == pytest.approx((9.0 + 16.0) + (1.0 + 4.0))


def test_fid_of_covariances_that_do_not_commute_is_the_trace_of_the_root_of_their_product() -> None:
    one, other = (torch.cov(normal(30, 4, seed).double().T) for seed in (0, 1))
    eigenvalues = torch.linalg.eigvals(one @ other)
    expected = one.trace() + other.trace() - 2.0 * eigenvalues.real.sqrt().sum()
    nought = torch.zeros(4, dtype=torch.float64)
    assert metrics.frechet(nought, metrics.matrix_root(one), nought, other) == pytest.approx(expected.item())


def test_fid_of_a_shift_and_of_the_same_rows() -> None:
    rows = normal(500)
    assert metrics.fid(rows, rows).value == pytest.approx(0.0, abs=1e-9)
    assert metrics.fid(rows, rows + 3.0).value == pytest.approx(8 * 9.0)


def test_the_spread_of_fid_is_that_of_drawing_the_fakes_again() -> None:
    real = normal(2000)
    values = torch.tensor([metrics.fid(real, normal(200, seed=seed)).value for seed in range(1, 25)])
    spreads = torch.tensor([metrics.fid(real, normal(200, seed=seed)).spread for seed in range(1, 25)])
    assert 0.5 < spreads.mean() / values.std() < 2.0


def test_fid_is_the_larger_the_fewer_the_fakes_are_and_kid_is_not() -> None:
    real = normal(2000, 32)
    assert metrics.fid(real, normal(60, 32, seed=1)).value > 3 * metrics.fid(real, normal(1000, 32, seed=1)).value
    few, many = metrics.kid(real, normal(60, 32, seed=1)), metrics.kid(real, normal(1000, 32, seed=1))
    assert abs(few.value - many.value) < 2 * few.spread


def test_precision_and_recall_of_constructed_sets() -> None:
    line = torch.arange(20.0)[:, None]
    assert metrics.precision_recall(line, line + 0.5) == (1.0, 1.0)
    assert metrics.precision_recall(line, line + 100.0) == (0.0, 0.0)
    one_end = torch.linspace(0.0, 1.0, 20)[:, None]  # all near the first reals, and so near one another
    assert metrics.precision_recall(line, one_end) == (1.0, 2 / 20)
    every_second_far = torch.where(torch.arange(20)[:, None] % 2 == 0, line, line + 1000.0)
    assert metrics.precision_recall(line, every_second_far)[0] == 0.5


def test_a_ball_reaches_to_the_third_neighbour() -> None:
    """Around 0 lie 1, 2 and 4, so its ball ends at 4; around 4 lie 2, 1 and 0; 4 + 4 is the farthest point inside."""
    real = torch.tensor([[0.0], [1.0], [2.0], [4.0]])
    inside, outside = torch.tensor([[-4.0], [8.0], [0.0], [1.0]]), torch.tensor([[-4.1], [8.1], [-9.0], [20.0]])
    assert metrics.precision_recall(real, inside)[0] == 1.0
    assert metrics.precision_recall(real, outside)[0] == 0.0


def test_the_larger_set_is_cut_to_the_smaller() -> None:
    precision, recall = metrics.precision_recall(normal(900, 2), normal(300, 2, seed=1))
    assert 0.75 < precision <= 1.0
    assert abs(precision - recall) < 0.15


def test_the_nearest_rows_come_first_with_their_distances_and_places() -> None:
    rows = torch.tensor([[0.0, 0.0], [3.0, 4.0], [1.0, 0.0]])
    found = metrics.nearest(torch.tensor([[0.0, 0.0], [3.0, 3.0]]), rows, 2)
    assert found.places.tolist() == [[0, 2], [1, 2]]
    torch.testing.assert_close(found.distances[0], torch.tensor([0.0, 1.0]))
    assert found.distances[1, 0].item() == 1.0


@pytest.mark.parametrize("count", [0, 4])
def test_more_neighbours_than_rows_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"The count {count} is not from 1 to 3"):
        metrics.nearest(normal(1), normal(3), count)


def test_each_query_finds_the_same_alone_and_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    queries, rows = normal(25), normal(60, seed=1)
    together = metrics.nearest(queries, rows, 3)
    monkeypatch.setattr(metrics, "ROWS", 7)
    for found in (metrics.nearest(queries, rows, 3), metrics.nearest(queries[4:5], rows, 3)):
        assert torch.equal(found.places[0 if len(found.places) == 1 else 4], together.places[4])
        assert torch.equal(found.distances[0 if len(found.places) == 1 else 4], together.distances[4])


def test_ordinary_distances_leave_out_the_row_itself_but_not_its_double() -> None:
    rows = torch.tensor([[0.0], [1.0], [3.0], [3.0], [7.0]])
    assert metrics.ordinary_distances(rows).tolist() == [0.0, 0.0, 1.0, 1.0, 4.0]
    shares = metrics.nearer_share(torch.tensor([0.5, 1.0, 9.0]), metrics.ordinary_distances(rows))
    torch.testing.assert_close(shares, torch.tensor([0.4, 0.8, 1.0]))


def test_copies_are_counted_and_new_pictures_are_not() -> None:
    real = normal(400)
    assert metrics.copies(real, real[:100] + 1e-4) == 1.0
    assert metrics.copies(real, normal(400, seed=1)) < 0.05
    mixed = torch.cat([real[:50] + 1e-4, normal(50, seed=1, shift=5.0)])
    assert metrics.copies(real, mixed) == 0.5


@pytest.mark.parametrize("measure", [metrics.kid, metrics.fid, metrics.precision_recall, metrics.copies])
def test_the_same_seed_gives_the_same_numbers(measure: object) -> None:
    assert callable(measure)
    real, fake = normal(60), normal(50, seed=1, shift=0.3)
    assert measure(real, fake, 5) == measure(real.clone(), fake.clone(), 5)


def test_another_seed_draws_other_subsets() -> None:
    real, fake = normal(60), normal(50, seed=1, shift=0.3)
    assert metrics.kid(real, fake, 5) != metrics.kid(real, fake, 6)
    assert metrics.fid(real, fake, 5).spread != metrics.fid(real, fake, 6).spread
    assert metrics.fid(real, fake, 5).value == metrics.fid(real, fake, 6).value


@pytest.mark.parametrize("measure", [metrics.kid, metrics.fid, metrics.precision_recall])
def test_too_few_rows_are_refused(measure: object) -> None:
    assert callable(measure)
    with pytest.raises(ValueError, match="9 reals and 3 fakes are too few to compare; 4 of each are needed"):
        measure(normal(9), normal(3))
