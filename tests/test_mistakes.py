"""The script that makes mistakes can make each of them, and tells which are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mistakes import MISTAKES, PROJECT, Mistake, _not_needed, changed, fails, made, main

RIGHT = "def half(number):\n    return number / 2\n"
TEST = "import half\n\n\ndef test_half():\n    assert half.half({}) == {}\n"


def test_there_are_enough_mistakes_and_no_two_are_the_same() -> None:
    assert len(set(MISTAKES)) == len(MISTAKES) > 40
    assert len({mistake.file for mistake in MISTAKES}) > 15


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.file}-{mistake.wrong}")
def test_a_mistake_can_be_made_and_is_still_a_program(mistake: Mistake) -> None:
    source = (PROJECT / mistake.file).read_text(encoding="utf-8")
    wrong = changed(mistake, source)
    assert wrong != source
    compile(wrong, mistake.file, "exec")
    assert (PROJECT / "tests" / mistake.test).is_file()


def test_a_line_that_is_no_longer_there_is_told() -> None:
    with pytest.raises(ValueError, match=r"half\.py has no 'gone'; bring tests/mistakes\.py up to date\."):
        changed(Mistake("half.py", "gone", "", ""), RIGHT)


def test_a_copy_has_every_folder_of_sources() -> None:
    assert "checkpoints" in _not_needed(str(PROJECT), ["checkpoints", "studio", ".git"])
    for folder in ("studio", "training", "tests/studio"):
        names = [path.name for path in (PROJECT / folder).iterdir()]
        assert _not_needed(str(PROJECT / folder), names) == set()


@pytest.mark.slow
@pytest.mark.parametrize(("given", "expected", "noticed"), [(6, 3, True), (0, 0, False)])
def test_a_mistake_is_made_noticed_or_not_and_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: int, expected: int, noticed: bool
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "half.py").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_half.py").write_text(TEST.format(given, expected), encoding="utf-8")
    assert not fails(tmp_path, "test_half.py")
    with made(tmp_path, Mistake("half.py", "/ 2", "/ 4", "test_half.py")):
        assert fails(tmp_path, "test_half.py") == noticed
    assert (tmp_path / "half.py").read_text(encoding="utf-8") == RIGHT


def test_a_word_that_fits_no_mistake_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no such mistake"]) == 1
    assert capsys.readouterr().out == "0 of 0 mistakes caught\n"
