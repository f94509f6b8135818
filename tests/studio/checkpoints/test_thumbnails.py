from __future__ import annotations

import base64
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from studio.checkpoints.thumbnails import MAX_SIDE, small_preview
from studio.ui.checkpoints import panel as checkpoints
from studio.ui.services import Studio
from training.core.checkpoint import RAW_WEIGHTS, WEIGHTS


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


def test_it_is_never_shown_for_the_weights_as_last_trained(
    tmp_path: Path, make_checkpoint: Callable[..., Path]
) -> None:
    folder, red = make_checkpoint(tmp_path / "root" / "one"), (250, 0, 0)
    shutil.copy(make_checkpoint(tmp_path / "other", seed=1) / WEIGHTS, folder / RAW_WEIGHTS)
    write(folder / "preview.jpg", 640, red)
    studio = Studio(tmp_path / "root", torch.device("cpu"))
    with gr.Blocks():
        ask = {one.__name__: one for one in checkpoints.build(studio).server_fns}["preview"]
    (entry,) = studio.catalog.entries()
    answers = [ask({"sha256": sha256, "visitor": "me"})["jpeg"] for sha256 in (entry.sha256, entry.raw)]
    average, raw = (np.asarray(Image.open(io.BytesIO(base64.b64decode(one)))).astype(int) for one in answers)
    assert np.abs(average - red).max() < 6
    assert np.abs(raw - red).mean() > 20
