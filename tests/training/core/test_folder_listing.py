from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from training.core.folder_listing import BROKEN, CLOSED, LINKED, SPECIAL, listed


def test_files_of_any_depth_are_listed_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b/c/deep", "b.txt", "b/x", "a"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "linked").symlink_to(tmp_path / "a")
    (tmp_path / "empty").mkdir()
    found = listed(tmp_path)
    assert found.files == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert Path("linked") in found.files
    assert found.others == {}


def test_what_is_no_file_is_listed_with_its_kind_and_neither_opened_nor_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    for place in (folder, elsewhere):
        place.mkdir()
    (elsewhere / "a.jpg").touch()
    os.mkfifo(folder / "pipe.jpg")
    (folder / "to_pipe.jpg").symlink_to(folder / "pipe.jpg")
    (folder / "missing.jpg").symlink_to(folder / "absent")
    (folder / "itself.jpg").symlink_to(folder / "itself.jpg")
    (folder / "more").symlink_to(elsewhere)
    (folder / "around").symlink_to(folder)
    monkeypatch.chdir(folder)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.png")
        found = listed(folder)
    assert found.files == []
    assert {path.name: kind for path, kind in found.others.items()} == {
        **dict.fromkeys(("pipe.jpg", "to_pipe.jpg", "socket.png"), SPECIAL),
        **dict.fromkeys(("missing.jpg", "itself.jpg"), BROKEN),
        **dict.fromkeys(("more", "around"), LINKED),
    }


def test_a_folder_that_cannot_be_opened_is_listed_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("closed", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").touch()
    scan = os.scandir

    def refuse(place: Path) -> object:
        if Path(place).name == "closed":
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr(os, "scandir", refuse)
    found = listed(tmp_path)
    assert (found.files, found.others) == ([Path("open/a")], {Path("closed"): CLOSED})
