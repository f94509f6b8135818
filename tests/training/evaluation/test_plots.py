from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from training.evaluation import plots


def rows(d: list[float], g: list[float]) -> list[dict[str, float]]:
    return [
        {"images": 100.0 * (index + 1), "d_loss": d_loss, "g_loss": g_loss}
        for index, (d_loss, g_loss) in enumerate(zip(d, g, strict=True))
    ]


def where(picture: Image.Image, colour: str) -> list[tuple[int, int]]:
    """Return the pixels (x, y) inside the axes of the first panel that are nearly of a colour."""
    wanted = np.array([int(colour[index : index + 2], 16) for index in (1, 3, 5)])
    near = np.abs(np.asarray(picture.convert("RGB")).astype(int) - wanted).max(axis=2) < 40
    left, top, right, bottom = (12 + plots.INSIDE[0], 38 + plots.INSIDE[1], 12 + plots.INSIDE[2], 38 + plots.INSIDE[3])
    ys, xs = np.nonzero(near[top : bottom + 1, left : right + 1])
    return list(zip((xs + left).tolist(), (ys + top).tolist(), strict=True))


def test_a_falling_loss_falls_and_a_rising_one_rises_in_its_own_colour() -> None:
    count = 50
    picture = plots.curves({"one": rows(list(np.linspace(2, 0, count)), list(np.linspace(0, 2, count)))})
    for colour, falls in ((plots.D_COLOUR, True), (plots.G_COLOUR, False)):
        points = where(picture, colour)
        left = np.mean([y for x, y in points if x < 150])
        right = np.mean([y for x, y in points if x > 350])
        assert (left < right) == falls


def test_a_single_peak_does_not_flatten_the_rest() -> None:
    losses = [1.0] * 300
    axes = plots._axes([float(index) for index in range(300)], [*losses, 1e6])
    assert axes.high < 2
    assert axes.place(0, 1e6)[1] == plots.INSIDE[1]


@pytest.mark.parametrize("losses", [[], [0.5], [0.0, 0.0], [-3.0, -1.0]])
def test_any_log_can_be_drawn(losses: list[float]) -> None:
    assert plots.curves({"one": rows(losses, losses)}).width > plots.PANEL[0]


def test_points_are_thinned_to_what_can_be_seen() -> None:
    thinned = plots._thinned(list(range(10_000)), [float(index % 2) for index in range(10_000)])
    assert len(thinned) <= (plots.INSIDE[2] - plots.INSIDE[0]) / 2
    assert all(loss == pytest.approx(0.5, abs=0.1) for _, loss in thinned)


def test_tiles_stand_side_by_side_in_rows_of_three() -> None:
    colours = {"a": "red", "b": "green", "c": "blue", "d": "black"}
    sheet = plots.tiles({name: Image.new("RGB", (1280, 1280), colour) for name, colour in colours.items()})
    step = plots.TILE + 12
    assert sheet.width == 3 * step + 12
    for index, (x, y) in enumerate([(0, 0), (1, 0), (2, 0), (0, 1)]):
        at = (12 + x * step + plots.TILE // 2, 12 + y * (step + plots.CAPTION) + plots.CAPTION + plots.TILE // 2)
        assert sheet.getpixel(at) == Image.new("RGB", (1, 1), list(colours.values())[index]).getpixel((0, 0))


def test_without_anything_to_show_there_is_an_empty_sheet() -> None:
    assert plots.tiles({}).size[0] > 0
    assert plots.curves({}).size[1] > 0
