from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from training.core.pixels import Pixels, to_cells, to_float, to_tile, to_uint8

SIZES = st.integers(1, 6)


def image(*values: float) -> Tensor:
    """Return one image, a single row of pixels, all three channels alike."""
    return torch.tensor(values).expand(1, 3, 1, -1)


def levels(*values: float) -> list[int]:
    return to_uint8(image(*values))[0, 0, :, 0].tolist()


def numbered(count: int, size: int) -> Pixels:
    """Return cells in which no two values next to each other are alike, nor two cells."""
    values = np.arange(count * size * size * 3) * 7 % 251
    return values.astype(np.uint8).reshape(count, size, size, 3)


def test_each_of_the_256_levels_is_met_exactly() -> None:
    assert levels(*(level / 127.5 - 1.0 for level in range(256))) == list(range(256))


def test_a_value_is_rounded_to_the_nearest_level_and_a_half_goes_up() -> None:
    between = [(level + part) / 127.5 - 1.0 for level in (0, 99, 254) for part in (0.49, 0.51)]
    assert levels(*between) == [0, 1, 99, 100, 254, 255]
    assert levels(0.0) == [128]


def test_values_beyond_the_range_are_clamped() -> None:
    assert levels(-1.0, -1.004, -1.1, -300.0, 1.0, 1.004, 1.1, 300.0) == [0] * 4 + [255] * 4


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_not_finite_is_refused_with_a_sentence(bad: float) -> None:
    images = torch.zeros(2, 3, 4, 4)
    images[1, 2, 3, 0] = bad
    with pytest.raises(ValueError, match=r"^The generator returned values that are not finite: its training has"):
        to_uint8(images)


def test_channels_come_last_and_nothing_else_changes_place() -> None:
    numbers = torch.arange(2 * 3 * 4 * 4).reshape(2, 3, 4, 4)
    pixels = to_uint8(numbers / 127.5 - 1.0)
    assert (pixels.shape, pixels.dtype, pixels.flags.c_contiguous) == ((2, 4, 4, 3), np.uint8, True)
    for n, channel, row, column in ((0, 0, 0, 1), (0, 0, 1, 0), (0, 2, 3, 1), (1, 1, 2, 3)):
        assert pixels[n, row, column, channel] == numbers[n, channel, row, column]


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_images_of_another_precision_are_rounded_in_float32(dtype: torch.dtype) -> None:
    assert to_uint8(image(-1.0, 0.39990234375, 1.0).to(dtype))[0, 0, :, 0].tolist() == [0, 178, 255]


def test_pixels_become_floats_from_minus_one_to_one() -> None:
    floats = to_float(torch.tensor([0, 51, 255], dtype=torch.uint8))
    assert floats.dtype == torch.float32
    torch.testing.assert_close(floats, torch.tensor([-1.0, -0.6, 1.0]))


def test_pixels_survive_the_way_to_floats_and_back() -> None:
    pixels = torch.arange(768, dtype=torch.int64).remainder(256).to(torch.uint8).reshape(1, 3, 16, 16)
    np.testing.assert_array_equal(to_uint8(to_float(pixels)), pixels.permute(0, 2, 3, 1).numpy())


def test_cells_stand_row_by_row_without_gaps() -> None:
    cells = numbered(6, 2)
    tile = to_tile(cells, 3)
    assert tile.shape == (4, 6, 3)
    for k in range(6):
        top, left = k // 3 * 2, k % 3 * 2
        np.testing.assert_array_equal(tile[top : top + 2, left : left + 2], cells[k])


@given(rows=SIZES, columns=SIZES, size=SIZES)
def test_a_tile_is_cut_into_the_cells_it_was_made_of(rows: int, columns: int, size: int) -> None:
    cells = numbered(rows * columns, size)
    tile = to_tile(cells, columns)
    assert tile.shape == (rows * size, columns * size, 3)
    np.testing.assert_array_equal(to_cells(tile, size), cells)


@given(rows=SIZES, columns=SIZES, size=SIZES)
def test_any_picture_that_splits_is_put_together_again(rows: int, columns: int, size: int) -> None:
    tile = numbered(rows * columns, size).reshape(rows * size, columns * size, 3)
    np.testing.assert_array_equal(to_tile(to_cells(tile, size), columns), tile)


@pytest.mark.parametrize(("count", "columns"), [(11, 10), (9, 10), (7, 2)])
def test_cells_that_do_not_fill_their_rows_are_refused(count: int, columns: int) -> None:
    with pytest.raises(ValueError, match=f"^{count} cells do not fill rows of {columns}"):
        to_tile(numbered(count, 2), columns)


@pytest.mark.parametrize(("height", "width"), [(8, 6), (6, 8), (2, 4)])
def test_a_tile_that_does_not_split_is_refused(height: int, width: int) -> None:
    with pytest.raises(ValueError, match=f"^A tile of {width} x {height} pixels does not split into cells of 4 x 4"):
        to_cells(np.zeros((height, width, 3), np.uint8), 4)
