from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from studio.error_log import LOGGER, MOST, ErrorLog
from studio.rendering.renderer import BusyError
from studio.ui.page import Page
from studio.ui.protocol import answers
from studio.ui.protocol_types import Done, Request
from tests.loops import run_to_its_end

log = logging.getLogger("studio.ui.something")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[ErrorLog]:
    """Return the error log of the page, with no error in it."""
    errors = ErrorLog()
    errors.attach()
    monkeypatch.setattr("studio.ui.page.ERRORS", errors)
    yield errors
    logging.getLogger(LOGGER).removeHandler(errors)


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


def test_nothing_that_is_logged_beside_an_error_gets_into_its_line(fresh: ErrorLog) -> None:
    try:
        raise OSError(2, "No such file", "/models/of_anne.safetensors")
    except OSError:
        log.exception("The file %s of %s", "/models/of_anne.safetensors", "hf_token", stack_info=True)
    log.error("The token hf_secret is in /models")
    facts = [line.split(" · ")[2:] for line in fresh.lines()]
    assert [(kind, place.split(",")[0]) for kind, place in facts] == [
        ("FileNotFoundError", __name__),
        ("ERROR", "studio.ui.something"),
    ]
    assert not re.search("models|hf_|safetensors", "".join(fresh.lines()))


def test_the_last_twenty_are_kept_newest_last(fresh: ErrorLog) -> None:
    for number in range(MOST + 5):
        log.error("It failed", exc_info=ValueError("x"), extra={"request": f"request_{number}"})
    lines = fresh.lines()
    assert len(lines) == 20
    assert [line.split(" · ")[1] for line in (lines[0], lines[-1])] == ["request_5", "request_24"]


def test_attaching_it_again_keeps_no_error_twice(fresh: ErrorLog) -> None:
    fresh.attach()
    log.error("It failed")
    assert len(fresh.lines()) == 1


def test_what_is_the_visitors_own_mistake_is_no_error_of_the_program() -> None:
    @answers
    async def wait(_: Noted) -> Done:
        raise BusyError

    assert run_to_its_end(wait({}))["error"]["code"] == "error_busy"
    log.warning("Somebody asks for too much", exc_info=ValueError("x"))
    assert Page.last_errors() == []


def test_an_error_that_was_never_raised_has_no_place(fresh: ErrorLog) -> None:
    log.error("It failed", exc_info=ValueError("x"), extra={"request": "show"})
    assert fresh.lines()[0].endswith("show · ValueError · ?, line 0")


@pytest.mark.parametrize(("setting", "times"), [("", 1), ("logging.basicConfig(format='mine: %(message)s')", 1)])
def test_the_terminal_has_the_words_once_as_it_has_without_this_log(setting: str, times: int) -> None:
    code = (
        "import logging; from studio.error_log import ERRORS; ERRORS.attach();"
        f"{setting or None};"
        "logging.getLogger('studio.a').error('the words'); logging.getLogger('studio.a').info('quiet')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.count("the words") == times
    assert "quiet" not in done.stderr
    assert ("mine:" in done.stderr) == bool(setting)
