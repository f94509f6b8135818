"""The sheet of codes on the disk: it takes an earlier sheet's place once its codes are good, and no other file's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio.__main__ import main
from studio.race import code_sheet, code_sheet_file
from studio.race.code_sheet_file import check_place, placed_sheet
from studio.race.organiser import IssuedCode
from tests.races import Evening
from tests.studio.race.test_race_commands import codes_on, race, vote

SHEET = code_sheet.to_html("A race", [IssuedCode("0123456789", None)], None)


@pytest.fixture
def voting(opened: Evening) -> Evening:
    """Return a race whose vote is open, with a sheet of ten codes at the default place."""
    assert race("codes", opened.path, "--voters", 10) == 0
    return opened


def sheet_of(evening: Evening) -> Path:
    return evening.path.with_name(f"{evening.path.name}-codes.html")


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_ballot_in_between_leaves_the_earlier_sheet_whose_codes_are_good(
    voting: Evening, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet, to_html = sheet_of(voting), code_sheet.to_html
    before, names = sheet.read_bytes(), names_in(sheet.parent)
    codes = codes_on(sheet)

    def overtaken(*values: Any) -> str:
        vote(voting.path, codes[:1])
        return to_html(*values)

    monkeypatch.setattr(code_sheet, "to_html", overtaken)
    assert race("codes", voting.path, "--voters", 10) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert (sheet.read_bytes(), names_in(sheet.parent)) == (before, names)
    vote(voting.path, codes[1:2])
    monkeypatch.undo()
    assert race("codes", voting.path, "--voters", 10) == 0
    assert len(set(codes_on(sheet)) - set(codes)) == 8
    vote(voting.path, codes_on(sheet)[:1])


@pytest.mark.parametrize("content", [b"", b"<!doctype html>\n<p>mine</p>", b"\xff\xfe", b"x" * 10_000])
def test_a_file_that_is_no_sheet_is_never_overwritten(
    voting: Evening, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    mine = tmp_path / "mine.html"
    mine.write_bytes(content)
    codes = codes_on(sheet_of(voting))
    assert race("codes", voting.path, "--voters", 10, "--sheet", mine) == 2
    assert capsys.readouterr().err == (
        f"error: {mine} is no sheet of codes and is not overwritten; --sheet names another file.\n"
    )
    assert mine.read_bytes() == content
    vote(voting.path, codes[:1])


def test_a_link_to_a_sheet_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "sheet.html").write_text(SHEET, encoding="utf-8")
    (tmp_path / "link.html").symlink_to(tmp_path / "sheet.html")
    check_place(tmp_path / "sheet.html")
    with pytest.raises(FileExistsError, match=r"link\.html is no sheet"):
        check_place(tmp_path / "link.html")


def test_a_sheet_of_an_earlier_version_may_be_replaced(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.html"
    sheet.write_text(SHEET.replace(code_sheet.MARK, ""), encoding="utf-8")
    with placed_sheet(sheet) as write:
        write(SHEET)
    assert sheet.read_text(encoding="utf-8") == SHEET


def test_where_a_foreign_file_comes_last_the_good_codes_stay_beside_it_and_are_named(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.html"

    def overtaken() -> None:
        with placed_sheet(sheet) as write:
            write(SHEET)
            sheet.write_text("somebody's", encoding="utf-8")

    with pytest.raises(OSError, match=r"The new codes are good, and in .*\.sheet\.html\.\d+\.new"):
        overtaken()
    assert sheet.read_text(encoding="utf-8") == "somebody's"
    (kept,) = tmp_path.glob(f".*{code_sheet_file.NEW}")
    assert kept.read_text(encoding="utf-8") == SHEET


def test_the_honour_system_writes_none_and_asks_for_no_place(entered: Evening) -> None:
    mine = sheet_of(entered)
    mine.write_text("mine", encoding="utf-8")
    assert main(["race", "open", str(entered.path), "--honour"]) == 0
    assert mine.read_text(encoding="utf-8") == "mine"
