"""Files of folders that others have filled: only regular ones are opened, and nobody waits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from training.core.regular_file import open_regular, open_within


def test_a_file_is_read_also_through_a_link_within_its_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    for opened in (open_regular, open_within):
        for name in ("file", "link"):
            with opened(tmp_path / name) as file:
                assert file.read() == b"content"


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "absent"])
def test_what_is_no_file_is_an_error_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "it"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    with pytest.raises(OSError, match=r"(?i)no regular file|no such file|is a directory"):
        open_regular(path)


def test_a_link_out_of_the_folder_is_followed_by_one_alone(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"content")
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "link").symlink_to(tmp_path / "outside")
    with open_regular(tmp_path / "inside" / "link") as file:
        assert file.read() == b"content"
    with pytest.raises(PermissionError, match="link out of its folder"):
        open_within(tmp_path / "inside" / "link")
