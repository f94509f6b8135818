from __future__ import annotations

import logging
import re

import pytest

from studio.error_log import KEPT, Mishaps
from studio.rendering.renderer import BusyError
from studio.ui import protocol
from studio.ui.page import Page
from studio.ui.protocol import answers
from studio.ui.protocol_types import Done, Request
from tests.loops import run_to_its_end


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Mishaps:
    """Return the mishaps of the page, with none in them; the log is quiet."""
    caplog.set_level(logging.CRITICAL, logger="studio.ui.protocol")
    mishaps = Mishaps()
    monkeypatch.setattr(protocol, "MISHAPS", mishaps)
    monkeypatch.setattr("studio.ui.page.MISHAPS", mishaps)
    return mishaps


class Noted(Request):
    note: str = ""


@answers
def draw_tile(asked: Noted) -> Done:
    raise KeyError(f"/secret/place/{asked.note}")


def test_a_line_says_when_where_and_what_and_nothing_of_the_visitor() -> None:
    assert draw_tile({"note": "my secret"})["error"]["code"] == "error_internal"
    (line,) = Page.last_errors()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC · draw_tile · KeyError · studio\.ui\.protocol, line \d+", line
    )


def test_the_last_twenty_are_kept_newest_last(fresh: Mishaps) -> None:
    for number in range(KEPT + 5):
        fresh.note(f"request_{number}", ValueError("x"))
    lines = fresh.lines()
    assert len(lines) == 20
    assert [line.split(" · ")[1] for line in (lines[0], lines[-1])] == ["request_5", "request_24"]


def test_what_is_the_visitors_own_mistake_is_no_mishap() -> None:
    @answers
    async def wait(_: Noted) -> Done:
        raise BusyError

    assert run_to_its_end(wait({}))["error"]["code"] == "error_busy"
    assert Page.last_errors() == []


def test_an_error_that_was_never_raised_has_no_place(fresh: Mishaps) -> None:
    fresh.note("show", ValueError("x"))
    assert fresh.lines()[0].endswith("show · ValueError · ?, line 0")
