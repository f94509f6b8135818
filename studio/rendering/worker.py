"""Does one piece of work after the other, in the order of a scheduler: official drawing, files, films."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from studio.clients import Client, current_client
from studio.rendering.scheduler import Claim, Job, Priority, Scheduler, SupersededError, Visitor
from training.core.tile import pausing

T = TypeVar("T")


MOST_BEGUN = 4  # pieces that wait in the middle of their work, each with a thread and what it holds


@dataclass(eq=False, kw_only=True)
class Piece(Job):
    """Work that is done in one step, or, with `between`, in a thread of its own that may step aside between batches.

    `between` is called there and tells whether it does; whoever lets it go on then calls `do` again.
    """

    work: Callable[[], Any]
    between: Callable[[Piece], bool] | None = None
    future: Future[Any] = field(default_factory=Future)
    _thread: threading.Thread | None = None
    _may_go_on: threading.Event = field(default_factory=threading.Event)
    _rests: threading.Event = field(default_factory=threading.Event)
    _given_up: Exception | None = None

    def do(self) -> bool:
        """Do the work, or go on with it, until it is done or steps aside; tell whether it is done."""
        if self.between is None:
            self._finish()
            return True
        self._rests.clear()
        self._may_go_on.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._do_in_steps, name="piece", daemon=True)
            try:
                self._thread.start()
            except (RuntimeError, MemoryError):  # the system gives no more threads: it is done in this one
                self._thread = None
                self._finish()
                return True
        self._rests.wait()
        return self.future.done()

    def _do_in_steps(self) -> None:
        try:
            with pausing(self._pause):
                self._finish()
        finally:
            self._rests.set()

    def _pause(self) -> None:
        if self.between is not None and self.between(self):
            self._rests.set()
            self._may_go_on.wait()
            if self._given_up is not None:
                raise self._given_up

    def _finish(self) -> None:
        """Give the future the result of the work, or its error; nothing is done where nobody waits any more."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self.work())
        except BaseException as error:  # whoever waits must learn of it, and the thread must go on
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """End it with an error, unless it has ended already.

        What no task of asyncio can raise becomes a RuntimeError: an exit would end the loop of the server.
        """
        if not self.future.done():
            can_be_raised = isinstance(error, Exception) and not isinstance(error, StopIteration)
            self.future.set_exception(error if can_be_raised else RuntimeError(repr(error)))

    def hold(self) -> None:
        """Let it wait, from the next time that it steps aside, for `do` or `give_up`."""
        self._may_go_on.clear()

    def give_up(self, error: Exception) -> None:
        """End it while it waits, unless whoever waits for it has cancelled it."""
        if self._thread is not None:
            self._given_up = error
            self._may_go_on.set()  # its thread ends with the error
        elif self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


class Worker:
    """Does pieces of work, visitors in turn; a thread of its own lives while there is any. Safe among threads.

    What nobody waits for any more is not begun. Too much work is refused as by the scheduler.
    """

    def __init__(self, name: str, priority: Priority = Priority.FIRST) -> None:
        self._name, self._priority = name, priority
        self._lock = threading.Lock()
        self._scheduler: Scheduler[Piece] = Scheduler()
        self._is_working = False
        self._current: Piece | None = None
        self._since = 0.0  # until when the current piece is charged

    def __len__(self) -> int:
        """Count the pieces that wait."""
        with self._lock:
            return len(self._scheduler)

    async def take(self, visitor: str, work: Callable[[], T], *, steps_aside: bool = False) -> T:
        """Return what the work returns, or raise what it raises; while it waits for its turn, no thread does.

        With `steps_aside`, work whose turn is over lets others come between two batches that it draws, and ends there
        once its client has left; it must hold no lock while it draws.
        Raises BusyError where too many wait already, and SupersededError where the client has left.
        """
        result: T = await asyncio.wrap_future(self.submit(visitor, work, steps_aside=steps_aside))
        return result

    def submit(self, visitor: str, work: Callable[[], T], *, steps_aside: bool = False) -> Future[T]:
        """Do a piece of work for the client whose request is answered. Raises BusyError."""
        client = current_client()
        piece = Piece(work=work, between=self._steps_aside if steps_aside else None)
        claim = Claim(Visitor(client.source, visitor), self._name)
        with self._lock:
            displaced = self._scheduler.make_room(claim.visitor, self._priority, address=client.address)
            self._scheduler.claim(piece, claim, self._priority, client)
            self._scheduler.add(piece)
            is_idle, self._is_working = not self._is_working, True
        for one in displaced:
            one.give_up(self._scheduler.busy())
        client.on_leaving(lambda: self._leave(claim, client))
        if is_idle:
            self._start()
        return piece.future

    def _start(self) -> None:
        """Begin to work. Where the system gives no more threads, all that waits ends with its error."""
        try:
            threading.Thread(target=self._serve, name=self._name, daemon=True).start()
        except (RuntimeError, MemoryError) as error:
            with self._lock:
                self._is_working = False
                dropped = self._scheduler.drain()
            for piece in dropped:
                piece.give_up(error)

    def close(self) -> None:
        """Give up what waits; the thread ends with the piece of work that it is at."""
        with self._lock:
            dropped = self._scheduler.drain()
        for piece in dropped:
            piece.give_up(SupersededError("The studio was closed."))

    def _leave(self, claim: Claim, client: Client) -> None:
        with self._lock:
            dropped = self._scheduler.leave(claim, client)
            if self._current is not None:
                self._current.leave(claim, client)
        for piece in dropped:
            piece.give_up(SupersededError("Whoever asked for this has left."))

    def _serve(self) -> None:
        while (piece := self._next()) is not None:
            try:
                is_done = piece.do()
            except BaseException as error:  # the next pieces must be done all the same
                piece.fail(error)
                is_done = True
            with self._lock:
                self._current = None
                if is_done:
                    self._charge(piece)
                    self._scheduler.finish(piece)

    def _next(self) -> Piece | None:
        with self._lock:
            self._is_working = len(self._scheduler) > 0
            self._since = time.perf_counter()
            self._current = self._scheduler.pick() if self._is_working else None
            return self._current

    def _charge(self, piece: Piece) -> None:
        now = time.perf_counter()
        self._scheduler.charge(piece, now - self._since)
        self._since = now

    def _steps_aside(self, piece: Piece) -> bool:
        """Put the current piece back where another comes before it. Raises SupersededError where nobody waits."""
        with self._lock:
            self._charge(piece)
            if not piece.stakes:
                raise SupersededError("Whoever asked for this has left.")
            begun = sum(other.future.running() for other in self._scheduler)
            if begun >= MOST_BEGUN or not self._scheduler.gives_way(piece):
                return False
            piece.hold()
            self._scheduler.put_back(piece)
            return True
