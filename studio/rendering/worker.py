"""A thread that does one piece of work after the other, in a scheduler's order: official drawing, files, films."""

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

T = TypeVar("T")


@dataclass(eq=False, kw_only=True)
class Piece(Job):
    """Work that is done in one step."""

    work: Callable[[], Any]
    future: Future[Any] = field(default_factory=Future)

    def do(self) -> None:
        """Give the future the result of the work, or its error; nothing is done where nobody waits any more."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self.work())
        except Exception as error:  # whoever waits must learn of it, and the thread must go on
            self.future.set_exception(error)

    def give_up(self, error: Exception) -> None:
        """End it before it was begun, unless whoever waits has cancelled it."""
        if self.future.set_running_or_notify_cancel():
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

    def __len__(self) -> int:
        """Count the pieces that wait."""
        with self._lock:
            return len(self._scheduler)

    async def take(self, visitor: str, work: Callable[[], T]) -> T:
        """Return what the work returns, or raise what it raises; while it waits for its turn, no thread does.

        Raises BusyError where too many wait already, and SupersededError where the client has left.
        """
        result: T = await asyncio.wrap_future(self.submit(visitor, work))
        return result

    def submit(self, visitor: str, work: Callable[[], T]) -> Future[T]:
        """Do a piece of work for the client whose request is answered. Raises BusyError."""
        client = current_client()
        piece, claim = Piece(work=work), Claim(Visitor(client.source, visitor), self._name)
        with self._lock:
            displaced = self._scheduler.make_room(claim.visitor, self._priority)
            self._scheduler.claim(piece, claim, self._priority, client)
            self._scheduler.add(piece)
            is_idle, self._is_working = not self._is_working, True
        for one in displaced:
            one.give_up(self._scheduler.busy())
        client.on_leaving(lambda: self._leave(claim, client))
        if is_idle:
            threading.Thread(target=self._serve, name=self._name, daemon=True).start()
        return piece.future

    def close(self) -> None:
        """Give up what waits; the thread ends with the piece of work that it is at."""
        with self._lock:
            dropped = self._scheduler.drain()
        for piece in dropped:
            piece.give_up(SupersededError("The studio was closed."))

    def _leave(self, claim: Claim, client: Client) -> None:
        with self._lock:
            dropped = self._scheduler.leave(claim, client)
        for piece in dropped:
            piece.give_up(SupersededError("Whoever asked for this has left."))

    def _serve(self) -> None:
        while (piece := self._next()) is not None:
            began = time.perf_counter()
            piece.do()
            with self._lock:
                self._scheduler.charge(piece, time.perf_counter() - began)
                self._scheduler.finish(piece)

    def _next(self) -> Piece | None:
        with self._lock:
            self._is_working = len(self._scheduler) > 0
            return self._scheduler.pick() if self._is_working else None
