"""The pictures of a report: the curves of every recipe, and their tiles side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

COLUMNS = 3
PAPER, INK, FAINT = "#ffffff", "#202020", "#d8d8d8"
D_COLOUR, G_COLOUR = "#c2571a", "#1f6fb2"  # told apart without seeing red or green
TEXT, SMALL_TEXT, CAPTION = 15, 12, 26
PANEL = (460, 240)
INSIDE = (46, 34, 448, 212)  # of the axes in a panel: left, top, right, bottom
TILE = 460
FINER = 3  # lines are drawn this much larger, then reduced


@dataclass(frozen=True)
class Axes:
    """From images and losses to the places of a panel."""

    images: float
    low: float
    high: float

    def place(self, image: float, loss: float) -> tuple[float, float]:
        left, top, right, bottom = INSIDE
        share = (min(max(loss, self.low), self.high) - self.low) / (self.high - self.low)
        return left + (right - left) * image / self.images, bottom - (bottom - top) * share


def curves(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> Image.Image:
    """Draw the losses of each run over the images seen, one panel each: losses of two games share no axis."""
    return _grid({name: _panel(rows) for name, rows in runs.items()}, PANEL)


def tiles(pictures: Mapping[str, Image.Image]) -> Image.Image:
    """Put the tiles of the same seed side by side, each reduced to 460 pixels, under the names of their recipes."""
    reduced = {name: picture.resize((TILE, TILE), Image.Resampling.LANCZOS) for name, picture in pictures.items()}
    return _grid(reduced, (TILE, TILE))


def _grid(panels: Mapping[str, Image.Image], size: tuple[int, int]) -> Image.Image:
    """Lay panels of one size out in rows, each under its name."""
    columns = min(COLUMNS, max(len(panels), 1))
    width, height, gap = size[0], size[1] + CAPTION, 12
    rows = math.ceil(len(panels) / columns)
    sheet = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + gap) + gap), PAPER)
    pen = ImageDraw.Draw(sheet)
    for index, (name, panel) in enumerate(panels.items()):
        left, top = gap + index % columns * (width + gap), gap + index // columns * (height + gap)
        pen.text((left, top + 2), name, INK, ImageFont.load_default(TEXT))
        sheet.paste(panel, (left, top + CAPTION))
    return sheet


def _panel(rows: Sequence[Mapping[str, Any]]) -> Image.Image:
    images, *lines = ([row[name] for row in rows] for name in ("images", "d_loss", "g_loss"))
    axes = _axes(images, [*lines[0], *lines[1]])
    panel = Image.new("RGB", (PANEL[0] * FINER, PANEL[1] * FINER), PAPER)
    pen = ImageDraw.Draw(panel)
    for loss in (axes.low, axes.high):
        pen.line(_finer([axes.place(0, loss), axes.place(axes.images, loss)]), FAINT, FINER)
    for losses, colour in zip(lines, (D_COLOUR, G_COLOUR), strict=True):
        points = [axes.place(*point) for point in _thinned(images, losses)]
        if len(points) > 1:
            pen.line(_finer(points), colour, 2 * FINER, joint="curve")
    panel = panel.resize(PANEL, Image.Resampling.LANCZOS)
    _label(ImageDraw.Draw(panel), axes, len(rows))
    return panel


def _axes(images: Sequence[float], losses: Sequence[float]) -> Axes:
    """Choose axes that show all but the most extreme hundredths of the losses."""
    if not losses:
        return Axes(1.0, 0.0, 1.0)
    low, high = (float(value) for value in np.quantile(np.asarray(losses, dtype=np.float64), (0.01, 0.99)))
    low, high = min(low, 0.0), max(high, 0.0)
    return Axes(float(images[-1]), low, high if high > low else low + 1.0)


def _thinned(images: Sequence[float], losses: Sequence[float]) -> list[tuple[float, float]]:
    """Return at most one point for every two pixels, the mean of those that fall there."""
    count = max(1, math.ceil(len(losses) / ((INSIDE[2] - INSIDE[0]) / 2)))
    parts = [slice(start, start + count) for start in range(0, len(losses), count)]
    return [(float(np.mean(images[part])), float(np.mean(losses[part]))) for part in parts]


def _label(pen: ImageDraw.ImageDraw, axes: Axes, rows: int) -> None:
    left, top, right, bottom = INSIDE
    font = ImageFont.load_default(SMALL_TEXT)
    pen.text((left - 6, top), f"{axes.high:.3g}", INK, font, anchor="rm")
    pen.text((left - 6, bottom), f"{axes.low:.3g}", INK, font, anchor="rm")
    pen.text((left, bottom + 8), "0", INK, font, anchor="lt")
    pen.text((right, bottom + 8), f"{axes.images:,.0f} images" if rows else "no row", INK, font, anchor="rt")
    pen.text((left, 14), "loss of D", D_COLOUR, font, anchor="lm")
    pen.text((left + 70, 14), "loss of G", G_COLOUR, font, anchor="lm")


def _finer(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(x * FINER, y * FINER) for x, y in points]
