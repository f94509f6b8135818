"""The commands of a race: from a folder of mails to an open vote, through the evening to its export."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studio.__main__ import main
from studio.race import published
from studio.race.one_time_codes import ALPHABET
from studio.race.service import RaceService
from tests.races import SIDE, Evening, key


def race(command: str, folder: Path, *more: object) -> int:
    return main(["race", command, str(folder), *map(str, more)])


def codes_on(sheet: Path) -> list[str]:
    return [code.replace("-", "") for code in re.findall(f"[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}", sheet.read_text())]


def vote(folder: Path, codes: list[str]) -> None:
    service = RaceService(folder)
    for code in codes:
        paper = service.paper(code, code)
        service.cast(code, code, paper.round, [one for one in paper.tiles if one != paper.own][: paper.most], key())


def test_two_commands_lead_from_mails_to_an_open_vote_and_more_to_the_result(
    entrants: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, sheet = tmp_path / "race", tmp_path / "race-codes.html"
    assert race("new", folder, "--entries", entrants, "--resolution", SIDE, "--title", "花") == 0
    out = capsys.readouterr().out
    assert "6 entered, 0 refused" in out
    assert re.search(
        r"entered: Ben: checkpoint \w{8}, seed 11, psi 1; seeds looked at: 2; trained 1.0 h; pretrained: ", out
    )
    assert race("open", folder, "--voters", 8, "--address", "https://x.gradio.live") == 0
    out = capsys.readouterr().out
    assert "The vote is open between 6 tiles. Commitment to publish now: " in out
    codes = codes_on(sheet)
    assert len(codes) == 8
    assert sheet.read_text().count("<svg") == 8
    assert all(code not in out for code in codes)
    vote(folder, codes[:7])
    assert race("status", folder) == 0
    assert "花: Vote (open)\n7 of 8 voters have voted in this round" in capsys.readouterr().out
    assert race("close", folder) == 0
    assert "Next: `race " in capsys.readouterr().out
    assert race("final", folder) == 0
    vote(folder, codes)
    assert race("export", folder, "--out", tmp_path / "out") == 2
    assert capsys.readouterr().err == "error: The result is shown after the reveal.\n"
    assert race("close", folder) == race("reveal", folder) == 0
    assert race("export", folder, "--out", tmp_path / "out", "--language", "ja") == 0
    read = published.read((tmp_path / "out" / "race.json").read_text(encoding="utf-8"))
    assert [len(one.ballots) for one in read.rounds] == [7, 8]
    command = [sys.executable, "-I", str(tmp_path / "out" / "recount.py"), str(tmp_path / "out" / "race.json")]
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == 0
    assert RaceService(folder).export().keys() >= {"race.json", "recount.py", "results.html"}


def test_the_same_commands_again_go_on(entrants: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "race"
    assert race("new", folder, "--resolution", SIDE) == 0
    assert race("new", folder, "--entries", entrants) == 0
    assert race("new", folder, "--entries", entrants) == 0
    assert "is a race already; it goes on." in capsys.readouterr().out
    assert race("open", folder, "--voters", 6) == 0
    codes = codes_on(tmp_path / "race-codes.html")
    assert race("open", folder, "--voters", 6) == 0
    assert "The vote was opened before" in capsys.readouterr().out
    assert codes_on(tmp_path / "race-codes.html") == codes
    vote(folder, codes[:1])
    assert race("codes", folder, "--voters", 7, "--sheet", tmp_path / "more.html") == 0
    assert len(codes_on(tmp_path / "more.html")) == 6
    assert race("pause", folder) == race("resume", folder) == 0
    assert capsys.readouterr().out.endswith("Vote (open), paused\nVote (open)\n")
    assert race("secret", folder) == 0
    assert race("new", folder, "--entries", entrants) == 2
    assert "error: Entries are closed." in capsys.readouterr().err


def test_who_is_refused_is_told_with_the_reason_and_exit_1(
    entrants: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mails = tmp_path / "mails"
    shutil.copytree(entrants / "Anna", mails / "Anna")
    (mails / "Zoe.png").write_bytes(b"no picture")
    assert race("new", tmp_path / "race", "--entries", mails, "--resolution", SIDE) == 1
    out = capsys.readouterr().out
    assert "refused: Zoe: The tile did not verify: The file is no picture that can be read; a PNG is wanted." in out
    assert "1 entered, 1 refused" in out
    assert race("exclude", tmp_path / "race", "Anna") == 0
    assert race("status", tmp_path / "race") == 0
    assert "excluded: Anna: The organiser has excluded it." in capsys.readouterr().out
    assert race("include", tmp_path / "race", "Anna") == 0
    assert race("status", tmp_path / "race") == 0
    assert "entered: Anna: " in capsys.readouterr().out


def test_the_honour_system_is_called_so(entered: Evening, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert race("open", entered.path, "--honour") == 0
    assert "on the honour system: nothing stops anybody from voting under several names" in capsys.readouterr().out
    vote(entered.path, ["Zoe"])
    assert race("status", entered.path) == 0
    assert "have voted: zoe" in capsys.readouterr().out
    assert not list(tmp_path.glob("*codes*"))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("status", "nowhere"), "There is no race in nowhere."),
        (("close", "."), "There is no race in ."),
        (("new", "full"), "full is no race and not empty; name a new folder or that of a race."),
        (("new", "race", "--entries", "nowhere"), "There is no folder nowhere."),
        (("open", "race"), "There are 0 entries; a vote needs at least 2."),
        (("open", "race", "--voters", "3"), "There are 0 entries; a vote needs at least 2."),
        (("open", "race", "--voters", "3", "--address", "x"), "The field address of the request is not http or https"),
        (("open", "race", "--voters", "3", "--sheet", "no/such/file"), "cannot be written: --sheet names a file"),
        (("final", "race"), 'The race is in the phase "Entries"; "final" is possible in: Vote (closed).'),
        (("reveal", "race"), '"reveal" is possible in: Vote (closed), Final (closed).'),
        (("reopen", "race"), '"reopen" is possible in: Check, Vote, Final (closed).'),
        (("exclude", "race", "Zoe"), "There is no entry Zoe; the entries are: none."),
        (("codes", "race", "--voters", "3"), '"codes" is possible in: Vote.'),
        (("export", "race", "--out", "out"), "The result is shown after the reveal."),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    arguments: tuple[str, ...],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    assert main(["race", "new", "race"]) == 0
    assert main(["race", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert reason in error


def test_alone_it_prints_its_help_and_the_app_knows_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["race"]) == 0
    assert "reveal" in capsys.readouterr().out
    import app

    monkeypatch.setattr(sys, "argv", ["app.py", "--race", str(tmp_path)])
    assert app.main() == 2
    assert capsys.readouterr().err == f"error: There is no race in {tmp_path}.\n"
