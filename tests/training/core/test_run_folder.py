from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from training.core import run_folder
from training.core.checkpoint import CheckpointError

Maker = Callable[..., Path]


@pytest.fixture
def place(tmp_path: Path, make_checkpoint: Maker, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_checkpoint(tmp_path / "checkpoints" / "lilies")
    make_checkpoint(tmp_path / "checkpoints" / "roses" / "000000100")
    make_checkpoint(tmp_path / "runs" / "mine" / "000000200")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("named", "folder"),
    [
        ("lilies", "checkpoints/lilies"),
        ("roses", "checkpoints/roses/000000100"),
        ("roses@100", "checkpoints/roses/000000100"),
        ("runs/mine", "runs/mine/000000200"),
        ("checkpoints/lilies", "checkpoints/lilies"),
    ],
)
def test_a_name_in_checkpoints_stands_for_its_path(place: Path, named: str, folder: str) -> None:
    assert run_folder.named(Path(named)) == Path(folder)


def test_what_is_in_the_working_directory_comes_before_what_is_called_so_in_checkpoints(
    place: Path, make_checkpoint: Maker
) -> None:
    make_checkpoint(place / "lilies")
    assert run_folder.named(Path("lilies")) == Path("lilies")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("lilys", "lilys does not exist, and no checkpoint in checkpoints is called so; did you mean lilies?"),
        ("runs/mien", "runs/mien does not exist, .* did you mean runs/mine?"),
        ("zzz", r"zzz does not exist, and no checkpoint in checkpoints is called so\.$"),
        ("lilys@100", "lilys does not exist"),
        ("runs", "runs is no checkpoint and no run that has saved one"),
    ],
)
def test_what_does_not_exist_is_told_with_what_may_have_been_meant(place: Path, named: str, said: str) -> None:
    with pytest.raises(CheckpointError, match=said):
        run_folder.named(Path(named))
