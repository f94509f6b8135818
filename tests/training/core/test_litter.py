from __future__ import annotations

import pytest

from training.core.litter import is_copy, is_litter
from training.core.run_folder import is_copy_of_step, is_step


@pytest.mark.parametrize(
    "name",
    [
        *("desktop.ini", "Thumbs.db", "Icon\r", ".DS_Store", "._000000040", "~$x", "~$report.docx", "@eaDir"),
        *("System Volume Information", "$RECYCLE.BIN", "lost+found", ".Trash-1000", "#recycle", ".nfs0000001"),
    ],
)
def test_what_a_system_or_a_drive_has_left_is_known(name: str) -> None:
    assert is_litter(name)


@pytest.mark.parametrize(
    "name", ["Desktop", "desktop.ini.txt", "Icon", "notes~$", "lost", ".git", "000000040", "config.json", "a", ""]
)
def test_what_a_person_has_made_is_no_litter(name: str) -> None:
    assert not is_litter(name)


@pytest.mark.parametrize(
    "name",
    [
        *("000000040 2", "000000040 - Copy", "000000040 のコピー", "000000040のコピー", "000000040 (1)"),
        *("Copy of 000000040", "Kopie von 000000040", "000000040.bak"),
    ],
)
def test_a_copy_of_a_step_is_told_from_a_step(name: str) -> None:
    assert is_copy_of_step(name)
    assert not is_step(name)
    assert is_copy(name.replace("000000040", "steps"), ["steps"])
    assert not is_copy(name.replace("000000040", "mysteps"), ["steps"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [("000000040", True), ("1234567890", True), ("40", True), ("٠٠٠٠٠٠٠٤٠", False), ("²", False), ("", False)],
)
def test_a_step_has_a_name_of_plain_digits(name: str, expected: bool) -> None:
    assert is_step(name) is expected
    assert not is_copy_of_step(name)
