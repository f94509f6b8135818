"""What a written file may be read by, and whether a folder can be written into. Failing disks: test_failing_disk.py."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from training.core import atomic_write, checkpoint
from training.core.atomic_write import WriteError


@pytest.fixture(params=[0o022, 0o077])
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_weights_get_the_mode_that_any_new_file_gets(tmp_path: Path, mask: int) -> None:
    file = tmp_path / "model.safetensors"
    checkpoint.save_weights(file, {"a": torch.zeros(3)})
    assert mode(file) == 0o666 & ~mask
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_is_gone_is_left_alone(tmp_path: Path) -> None:
    atomic_write.give_usual_mode(tmp_path / "absent")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [".", "new", "new/and/deeper"])
def test_a_folder_that_can_be_written_is_left_as_it_was(place: str, tmp_path: Path) -> None:
    atomic_write.check_writable(tmp_path / place)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_named(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WriteError, match=rf"{place} could not be written: "):
        atomic_write.check_writable(tmp_path / place)
    assert (tmp_path / "file").read_text() == "mine"
