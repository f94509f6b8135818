"""Errors of a race as the page is told them: the code of a text, and values that can be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_args

from studio.race.messages import RaceError
from studio.race.service import RaceService
from studio.ui.protocol import RequestError, problem_phrase
from studio.ui.protocol_types import Phrase, Problem
from studio.ui.race.messages import Action
from studio.ui.services import Studio
from training.core.atomic_write import WriteError
from training.core.checkpoint import CheckpointError

PREFIX = "race_error_"  # of the page's texts of `studio.race.messages.MESSAGES`
NO_RACE = "race_none"
NUMBERS = (int, float)


def race_of(studio: Studio) -> RaceService:
    """Return the race that is held here. Raises RequestError where there is none."""
    if studio.race is None:
        raise RequestError(NO_RACE)
    return studio.race


@contextmanager
def race_errors() -> Iterator[None]:
    """Turn what a race refuses, and a folder that cannot be reached, into RequestError."""
    try:
        yield
    except RaceError as error:
        raise request_error(error) from error
    except OSError as error:
        raise request_error(away(error)) from error


def away(error: OSError) -> RaceError:
    """Return what is told where a file of the race cannot be read or written."""
    return RaceError("store_full" if isinstance(error, WriteError) and error.full else "store_away")


def request_error(error: RaceError) -> RequestError:
    """Return the error as the page's functions raise it."""
    problem = problem_of(error)
    return RequestError(problem.code, **problem.values)


def problem_of(error: RaceError) -> Problem:
    """Return the error as words of the page; sentences within it are words of the page themselves."""
    values: dict[str, Any] = sendable(error.values)
    code = error.code
    if isinstance(error.__cause__, CheckpointError):
        code, values = "entry_checkpoint", {"why": problem_phrase(error.__cause__)}
    elif code == "entry_checkpoint" and "problem" in error.values:
        reason = sendable(error.values.get("problem_values", {}))
        values = {"why": Phrase(code=f"problem_{error.values['problem']}", values=reason)}
    elif code == "entry_not_verified":
        values = {"sentence": verdict_phrase(error.values)}
    elif code == "phase":
        values |= _phases(str(error.values["phase"]), str(error.values["action"]))
    return Problem(code=PREFIX + code, values=values)


def _phases(stage: str, action: str) -> dict[str, Phrase | str]:
    """Return the page's words for where the race stands, for an action, and for where that is possible."""
    allowed = Phrase(code=f"race_allowed_{action}", values={})
    asked = Phrase(code=f"race_do_{action}", values={}) if action in get_args(Action) else action
    return {"phase": Phrase(code=f"race_phase_{stage}", values={}), "action": asked, "allowed": allowed}


def verdict_phrase(values: Mapping[str, Any]) -> Phrase:
    """Return why a tile did not verify, as Verify says it."""
    return Phrase(code=f"reason_{values.get('reason')}", values=sendable(values.get("details", {})))


def sendable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain values as numbers and texts; what is neither is left out."""
    return {name: sent for name, value in values.items() if (sent := _sent(value)) is not None}


def _sent(value: Any) -> int | float | str | None:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool) or value is None or isinstance(value, Mapping):
        return None
    return value if isinstance(value, NUMBERS) else str(value)
