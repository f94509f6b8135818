"""Work that may take any time, beside the training: one thread does what is due, and nothing piles up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Condition, Thread

COPIES, ROWS, STEPS = "copies", "rows", "steps"  # of checkpoints, of the metrics, small ones: what a drive gets


class Background:
    """One thread that does kinds of work, each a function that does all that is due of it, in the order of `works`.

    What is asked for again before its turn is done once. The thread ends with the program, whatever it waits for.
    """

    def __init__(self, works: Mapping[str, Callable[[], None]]) -> None:
        self._works = works
        self._due: set[str] = set()
        self._doing: str | None = None
        self._error: BaseException | None = None
        self._closed = False
        self._changed = Condition()
        self._thread = Thread(target=self._work, name="background", daemon=True)
        self._thread.start()

    def ask(self, kind: str) -> None:
        """Have a kind of work done as soon as the thread comes to it."""
        with self._changed:
            self._due.add(kind)
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until everything is done, for so long at most, and tell whether it is; raise what a work has raised."""
        with self._changed:
            done = self._changed.wait_for(lambda: not self._due and self._doing is None, seconds)
            error, self._error = self._error, None
        if error is not None:
            raise error
        return done

    def close(self) -> None:
        """Begin nothing more; what is being done goes on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _work(self) -> None:
        while (kind := self._next()) is not None:
            try:
                self._works[kind]()
            except BaseException as error:
                self._error = self._error or error
            with self._changed:
                self._doing = None
                self._changed.notify_all()

    def _next(self) -> str | None:
        with self._changed:
            self._changed.wait_for(lambda: self._due or self._closed)
            if self._closed:
                return None
            self._doing = next(kind for kind in self._works if kind in self._due)
            self._due.discard(self._doing)
            return self._doing
