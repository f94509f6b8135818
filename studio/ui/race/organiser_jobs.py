"""What the organiser starts on the page: drawing goes on in a thread, and the sheet of codes waits to be saved."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from studio.race import code_sheet, one_time_codes
from studio.race.messages import RaceError
from studio.race.organiser import IssuedCode, Organiser, Overview
from studio.race.store.race_folder import Progress
from studio.race.store.race_state import FIRST_ROUND, Phase
from studio.ui.protocol import RequestError
from studio.ui.protocol_types import Problem
from studio.ui.race.messages import Action, Job, OrganiseRequest
from studio.ui.race.race_errors import away, problem_of

UNCLEAR = ("store_away", "store_full")  # after these nobody knows whether something was written
DRAWING: tuple[Action, ...] = ("close", "open")  # in SUBMIT and CHECK these draw tiles
Work = Callable[[Progress], object]
log = logging.getLogger(__name__)


class OrganiserJobs:
    """Does one thing after the other for the organiser of a race, and never two at once. Safe among threads.

    `changed` is called after whatever may have changed the race. The sheet of codes is kept in memory alone, until it
    is given up, newer codes take its place, or the program ends.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed, self._lock = changed, threading.Lock()
        self._is_acting = False
        self._job: Job | None = None
        self._sheet: str | None = None

    @property
    def job(self) -> Job | None:
        """Return what goes on, or what was done last."""
        with self._lock:
            return self._job

    @property
    def sheet(self) -> str | None:
        """Return the sheet of the codes that were drawn last, as HTML, or None."""
        with self._lock:
            return self._sheet

    def forget_sheet(self) -> None:
        """Give up the sheet: its codes are then kept nowhere."""
        with self._lock:
            self._sheet = None

    def start(self, organiser: Organiser, asked: OrganiseRequest) -> None:
        """Do what is asked, at once or, where tiles are drawn, in a thread. Raises RaceError, RequestError, OSError."""
        if asked.action in ("open", "codes") and asked.address:
            code_sheet.link_of(asked.address, "0" * one_time_codes.LENGTH)
        self._take_turn()
        try:
            phase = organiser.folder.state().phase
            if asked.action in DRAWING and phase in (Phase.SUBMIT, Phase.CHECK):
                self._begin(asked.action, lambda progress: self._do(organiser, asked, progress))
                return
            self._do(organiser, asked, lambda done, total: None)
        except BaseException:
            self._end_turn()
            raise
        self._end_turn()
        self._changed()

    def _take_turn(self) -> None:
        with self._lock:
            if self._is_acting:
                raise RequestError("race_organiser_busy")
            self._is_acting = True

    def _end_turn(self) -> None:
        with self._lock:
            self._is_acting = False

    def _begin(self, action: Action, work: Work) -> None:
        """Do it in a thread, which ends the turn."""
        thread = threading.Thread(target=self._run, args=(work,), name="race organiser", daemon=True)
        with self._lock:
            former, self._job = self._job, Job(action=action, done=0, total=0, is_running=True, error=None)
        try:
            thread.start()
        except RuntimeError:
            with self._lock:
                self._job = former
            raise

    def _run(self, work: Work) -> None:
        error: Problem | None = None
        try:
            work(self._progress)
        except RaceError as refused:
            error = problem_of(refused)
        except OSError as unreachable:
            error = problem_of(away(unreachable))
        except Exception as unexpected:
            log.error("What the organiser started failed", exc_info=unexpected, extra={"request": "organise"})
            error = Problem(code="error_internal", values={})
        with self._lock:
            self._is_acting = False
            if self._job is not None:
                self._job = self._job.model_copy(update={"is_running": False, "error": error})
        self._changed()

    def _progress(self, done: int, total: int) -> None:
        with self._lock:
            if self._job is not None:
                self._job = self._job.model_copy(update={"done": done, "total": total})

    def _do(self, organiser: Organiser, asked: OrganiseRequest, progress: Progress) -> None:
        match asked.action:
            case "close":
                organiser.close(progress)
            case "open":
                with self._former_sheet_if_refused():
                    self._open(organiser, asked, progress)
            case "codes":
                with self._former_sheet_if_refused():
                    organiser.replace_codes(asked.voters or 0, self._taker(organiser, asked.address))
            case "exclude":
                organiser.exclude(asked.name or "")
            case "include":
                organiser.include(asked.name or "")
            case _:
                _CHANGES[asked.action](organiser)

    @contextmanager
    def _former_sheet_if_refused(self) -> Iterator[None]:
        """Keep the sheet of the codes that are good: where new ones are refused, that is the former one.

        Where the folder went away, the new codes may be good: then their sheet stays.
        """
        former = self.sheet
        try:
            yield
        except RaceError as refused:
            if refused.code not in UNCLEAR:
                with self._lock:
                    self._sheet = former
            raise

    def _open(self, organiser: Organiser, asked: OrganiseRequest, progress: Progress) -> None:
        take_codes = self._taker(organiser, asked.address)
        organiser.open_vote(asked.voters or None, honour=asked.honour, take_codes=take_codes, progress=progress)

    def _taker(self, organiser: Organiser, address: str) -> Callable[[Sequence[IssuedCode]], None]:
        """Return what takes new codes: it makes their sheet before the codes are good for anything."""
        title = organiser.folder.state().title

        def take(codes: Sequence[IssuedCode]) -> None:
            sheet = code_sheet.to_html(title, codes, address or None)
            with self._lock:
                self._sheet = sheet

        return take


_CHANGES: dict[str, Callable[[Organiser], object]] = {
    "reopen": Organiser.reopen,
    "final": Organiser.open_final,
    "reveal": Organiser.reveal,
    "pause": Organiser.pause,
    "resume": Organiser.resume,
}


def allowed_actions(overview: Overview) -> list[Action]:
    """Return what the organiser can do where the race stands so; the refusals of `phases` stay the last word."""
    state = overview.state
    found: list[Action] = []
    match state.phase:
        case Phase.SUBMIT:
            found = ["open", "close", "exclude", "include"]
        case Phase.CHECK:
            found = ["open", "reopen", "exclude", "include"]
        case Phase.VOTE | Phase.FINAL if state.voting:
            is_first = state.phase == Phase.VOTE
            found = ["close", *(("reopen",) if is_first and not overview.ballots else ())]
        case Phase.VOTE:
            final: list[Action] = ["final"] if state.kind(FIRST_ROUND) == "podium" else []
            found = [*final, "reveal", "reopen"]
        case Phase.FINAL:
            found = ["reveal", "reopen"]
    if state.phase == Phase.VOTE and not state.honour:
        found.append("codes")
    return found if state.phase == Phase.REVEAL else [*found, "resume" if state.paused else "pause"]
