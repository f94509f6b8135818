"""Work of which only one piece may be done at a time: whoever came first goes first, visitors in turn."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from studio.rendering.scheduler import BusyError

T = TypeVar("T")
WAITING = 64  # pieces that may wait before a new one is refused


class _Piece(NamedTuple):
    work: Callable[[], Any]
    future: Future[Any]

    def do(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self.work())
        except Exception as error:  # whoever waits must learn of it, and the thread must go on
            self.future.set_exception(error)


class Turns:
    """Does one piece of work after the other; a thread of its own lives while there is any. Safe among threads."""

    def __init__(self, most: int = WAITING) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._lines: dict[str, deque[_Piece]] = {}  # of each visitor, whose turn is next first; also of the one served

    def __len__(self) -> int:
        """Count the pieces that wait."""
        with self._lock:
            return self._count()

    async def take(self, visitor: str, work: Callable[[], T]) -> T:
        """Return what the work returns, or raise what it raises; while it waits for its turn, no thread does.

        Raises BusyError where too many wait already.
        """
        result: T = await asyncio.wrap_future(self._join(visitor, work))
        return result

    def _join(self, visitor: str, work: Callable[[], Any]) -> Future[Any]:
        piece = _Piece(work, Future())
        with self._lock:
            if self._count() >= self._most:
                raise BusyError(f"{self._most} pieces of work are waiting already; try again in a moment.")
            is_idle = not self._lines
            self._lines.setdefault(visitor, deque()).append(piece)
        if is_idle:
            threading.Thread(target=self._serve, args=(visitor,), name="turns", daemon=True).start()
        return piece.future

    def _count(self) -> int:
        return sum(map(len, self._lines.values()))

    def _serve(self, first: str) -> None:
        visitor: str | None = first
        while visitor is not None:
            with self._lock:
                piece = self._lines[visitor].popleft()
            piece.do()
            visitor = self._pass_turn(visitor)

    def _pass_turn(self, served: str) -> str | None:
        """Put a visitor behind those who came in the meantime, and return whose turn it is, if anybody waits."""
        with self._lock:
            line = self._lines.pop(served)
            if line:
                self._lines[served] = line
            return next(iter(self._lines), None)
