"""Who sent the request that is being answered: what the server itself knows of them, and whether they have left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(eq=False)
class Client:
    """The sender of one request, or this program itself. Safe among threads.

    `source` is what quotas count: a session that this server issued, otherwise an address. `address` is that of the
    connection in any case: one address may have many sessions. Nothing in them is the client's own word.
    """

    source: str = ""
    address: str = ""
    can_leave: bool = True  # which ends with the answer; the program itself never leaves
    has_left: bool = False
    _callbacks: list[Callable[[], object]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on_leaving(self, callback: Callable[[], object]) -> None:
        """Call a function once the client hangs up before the answer; at once where that has happened."""
        with self._lock:
            if self.can_leave:
                self._callbacks.append(callback)
            if not self.has_left:
                return
        callback()

    def leave(self) -> None:
        """Note that nobody waits for the answer any more."""
        with self._lock:
            self.has_left = self.has_left or self.can_leave
            self.can_leave, callbacks, self._callbacks = False, self._callbacks, []
        for callback in callbacks:
            callback()

    def finish(self) -> None:
        """Note that the request is answered: what it ordered beyond its answer stays."""
        with self._lock:
            self.can_leave, self._callbacks = False, []


PROGRAM = Client(can_leave=False)
_current: ContextVar[Client] = ContextVar("client", default=PROGRAM)


def current_client() -> Client:
    """Return the client whose request this thread or task answers; the program itself where there is none."""
    return _current.get()


@contextmanager
def serving(client: Client) -> Iterator[None]:
    """Answer a request of this client for as long as this lasts."""
    token = _current.set(client)
    try:
        yield
    finally:
        _current.reset(token)
