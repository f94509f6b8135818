from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.previews import MAX_SIDE, small_preview


def write(path: Path, side: int, colour: tuple[int, int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), colour).save(path)


@pytest.mark.parametrize("name", ["preview.jpg", "preview.png"])
def test_the_preview_of_a_published_checkpoint_and_of_a_run_is_made_small(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, 640, (200, 40, 90))
    data = small_preview(tmp_path, 128)
    assert data is not None
    picture = Image.open(io.BytesIO(data))
    assert (picture.format, picture.size) == ("JPEG", (128, 128))
    assert np.abs(np.asarray(picture)[64, 64].astype(int) - (200, 40, 90)).max() < 6


def test_without_a_preview_there_is_none(tmp_path: Path) -> None:
    assert small_preview(tmp_path, 128) is None
    assert small_preview(tmp_path / "absent", 128) is None


def test_a_damaged_or_enormous_picture_is_none(tmp_path: Path) -> None:
    (tmp_path / "preview.jpg").write_bytes(b"\xff\xd8\xff and no more")
    assert small_preview(tmp_path, 128) is None
    write(tmp_path / "preview.jpg", MAX_SIDE + 1, (0, 0, 0))
    assert small_preview(tmp_path, 128) is None


def test_a_link_to_a_picture_elsewhere_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "secret.png", 640, (9, 9, 9))
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "preview.png").symlink_to(tmp_path / "secret.png")
    assert small_preview(folder, 128) is None
