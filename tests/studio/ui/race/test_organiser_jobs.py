"""What the organiser starts on the page: one thing at once, and the sheet is always that of the codes that are good."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from studio.race import code_sheet
from studio.race.messages import RaceError
from studio.race.one_time_codes import hashed
from studio.race.store import ballot_box
from studio.ui.protocol import RequestError
from studio.ui.race.messages import OrganiseRequest
from studio.ui.race.organiser_jobs import OrganiserJobs
from tests.race_pages import codes_of
from tests.races import Evening


@pytest.fixture
def evening(entered_once: Evening, tmp_path: Path) -> Evening:
    """Return a race whose vote is open for ten, with one vote in."""
    path = tmp_path / "evening"
    shutil.copytree(entered_once.path, path)
    opened = Evening(path, entered_once.secret)
    opened.open(10)
    opened.vote(opened.codes[9].code)
    return opened


def asked(action: str, **values: Any) -> OrganiseRequest:
    return OrganiseRequest.model_validate({"organiser_secret": "s", "action": action, **values})


def are_good(evening: Evening, sheet: str | None) -> bool:
    """Tell whether all codes of a sheet are codes of the race."""
    folder = evening.organiser.folder
    salt = folder.state().code_salt
    hashes = [hashed(code.replace("-", ""), salt) for code in codes_of(sheet or "")]
    return bool(hashes) and folder.database.read(
        lambda connection: all(ballot_box.is_code(connection, one) for one in hashes)
    )


def test_new_codes_that_a_ballot_overtakes_leave_the_former_sheet(
    evening: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = OrganiserJobs(lambda: None)
    jobs.start(evening.organiser, asked("codes", voters=10))
    former = jobs.sheet
    assert are_good(evening, former)
    to_html, left = code_sheet.to_html, [code.replace("-", "") for code in codes_of(former or "")]

    def overtaken(*values: Any) -> str:
        evening.vote(left.pop())
        return to_html(*values)

    monkeypatch.setattr(code_sheet, "to_html", overtaken)
    with pytest.raises(RaceError) as caught:
        jobs.start(evening.organiser, asked("codes", voters=10))
    assert caught.value.code == "codes_overtaken"
    assert (jobs.sheet, are_good(evening, jobs.sheet)) == (former, True)
    monkeypatch.undo()
    jobs.start(evening.organiser, asked("codes", voters=10))
    assert jobs.sheet != former
    assert are_good(evening, jobs.sheet)


def test_two_things_are_never_done_at_once(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, begun, go_on = OrganiserJobs(lambda: None), threading.Event(), threading.Event()
    to_html = code_sheet.to_html

    def slow(*values: Any) -> str:
        begun.set()
        go_on.wait(20)
        return to_html(*values)

    monkeypatch.setattr(code_sheet, "to_html", slow)
    first = threading.Thread(target=jobs.start, args=(evening.organiser, asked("codes", voters=10)))
    first.start()
    assert begun.wait(20)
    for action in ("codes", "pause"):
        with pytest.raises(RequestError) as caught:
            jobs.start(evening.organiser, asked(action, voters=9))
        assert caught.value.code == "race_organiser_busy"
    go_on.set()
    first.join(20)
    assert are_good(evening, jobs.sheet)
    jobs.start(evening.organiser, asked("pause"))
    with pytest.raises(RaceError):
        jobs.start(evening.organiser, asked("final"))
    jobs.start(evening.organiser, asked("resume"))
