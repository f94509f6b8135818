"""Copies of training pictures are found with noise, blur and mirrored; other pictures are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from studio.exploration.training_features import open_pictures
from studio.race.training_copies import MAX_DISTANCE, TrainingCopies, TrainingCopy
from training.core.pixels import Pixels


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of twelve pictures of coloured patches, of which none is like another."""
    folder = tmp_path_factory.mktemp("photos")
    colours = torch.randint(0, 256, (12, 8, 8, 3), generator=torch.Generator().manual_seed(3), dtype=torch.uint8)
    for number, one in enumerate(colours.numpy()):
        Image.fromarray(one).resize((128, 128), Image.Resampling.BICUBIC).save(folder / f"{number:02d}.png")
    return folder


@pytest.fixture(scope="module")
def copies(photos: Path) -> TrainingCopies:
    return TrainingCopies(open_pictures(photos))


def picture(photos: Path, number: int) -> Image.Image:
    return Image.open(photos / f"{number:02d}.png").convert("RGB")


def noisy(image: Image.Image) -> Image.Image:
    noise = torch.randn(128, 128, 3, generator=torch.Generator().manual_seed(0)).numpy() * 15
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as it is": lambda image: image,
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    "noisy": noisy,
    "brighter": lambda image: image.point(lambda value: round(value * 0.85) + 30),
    "smaller": lambda image: image.resize((64, 64), Image.Resampling.BOX),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_with_its_picture(change: str, photos: Path, copies: TrainingCopies) -> None:
    cells = np.stack([np.asarray(CHANGES[change](picture(photos, number))) for number in (5, 2)])
    found = copies.find(cells)
    assert [(one.cell, one.picture) for one in found] == [(0, 5), (1, 2)]
    assert all(one.distance <= MAX_DISTANCE for one in found)


def flat(level: int) -> Pixels:
    return np.full((128, 128, 3), level, np.uint8)


def test_what_is_no_copy_is_not_found_nor_are_pictures_of_one_colour(photos: Path, copies: TrainingCopies) -> None:
    upright = np.asarray(picture(photos, 1))
    turned = np.rot90(upright)
    negative = 255 - upright
    halves = np.asarray(Image.blend(picture(photos, 1), picture(photos, 2), 0.5))
    assert copies.find(np.stack([turned, negative, halves, flat(0), flat(128)])) == []


def test_only_the_cells_that_are_copies_are_told(photos: Path, copies: TrainingCopies) -> None:
    cells = np.stack([flat(90), np.asarray(picture(photos, 7)), flat(3)])
    assert copies.find(cells) == [TrainingCopy(1, 7, 0.0)]


def test_reading_tells_how_far_it_is(photos: Path) -> None:
    told: list[tuple[int, int]] = []
    TrainingCopies(open_pictures(photos), lambda done, total: told.append((done, total)))
    assert told == [(12, 12)]
