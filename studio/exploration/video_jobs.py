"""Films that are being made: a few at a time, each with its progress and a way to stop it."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

from studio.clients import Client, current_client, serving
from studio.exploration.video import VideoError, write
from studio.rendering.scheduler import BusyError, Priority
from studio.rendering.worker import Worker
from studio.shares import NOBODY, Holder, giving_way, holder_of
from training.core.pixels import Pixels

log = logging.getLogger(__name__)
MOST = 8  # films that are being made or wait to be fetched
FORGOTTEN_SECONDS = 60.0  # nobody has asked for a film for so long: its page has gone
FETCHED_SECONDS = 300.0  # in which a finished film is to be fetched, however often somebody asks for it


class StoppedError(RuntimeError):
    """The film was stopped; what has been drawn of it is given up."""


class UnknownFilmError(LookupError):
    """There is no film of this name."""


@dataclass
class Film:
    """One film: how far it is, and its bytes or what went wrong once it has ended."""

    kind: str
    total: int
    visitor: str
    asked: float
    holder: Holder = NOBODY
    done: int = 0
    finished: float | None = None
    making: Future[None] | None = None
    data: bytes | None = None
    error: Exception | None = None
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self.data is not None or self.error is not None


class Films:
    """All films of a studio; one is encoded at a time, visitors in turn, and each visitor has one at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._films: dict[str, Film] = {}
        self._clock = clock
        self._lock = threading.Lock()
        self._worker = Worker("film", Priority.VIDEO)

    def start(self, kind: str, frames: Iterable[Pixels], total: int, rate: int, visitor: str) -> str:
        """Begin a film of `total` frames and return its name; the visitor's earlier film is stopped.

        Raises BusyError where too many are under way, unless another address or source has more of them than this one
        would have: then its newest film is stopped.
        """
        holder = holder_of(current_client())
        film = Film(kind, total, visitor, self._clock(), holder)
        with self._lock:
            self._forget((holder.source, visitor))
            self._make_room(holder)
            film.making = self._worker.submit(visitor, partial(self._make, film, frames, rate))
            name = secrets.token_hex(16)
            self._films[name] = film
        return name

    def _make_room(self, holder: Holder) -> None:
        if len(self._films) < MOST:
            return
        theirs = giving_way(list(self._films), lambda name: {self._films[name].holder}, holder)
        if not theirs:
            raise BusyError(f"{MOST} films are being made already; try again in a moment.")
        self._end(theirs[-1])

    def look(self, name: str) -> Film:
        """Return a film by its name. Raises UnknownFilmError."""
        with self._lock:
            if name not in self._films:
                raise UnknownFilmError("There is no such film; it was stopped or has been forgotten.")
            film = self._films[name]
            film.asked = self._clock()
            self._forget()
            return film

    def stop(self, name: str) -> None:
        """Stop a film and forget it; nothing happens where there is none of this name."""
        with self._lock:
            if name in self._films:
                self._end(name)

    def close(self) -> None:
        """Stop all films and forget them."""
        with self._lock:
            for name in list(self._films):
                self._end(name)

    def _end(self, name: str) -> None:
        film = self._films.pop(name)
        film.stopped.set()
        if film.making is not None and film.making.cancel():  # it was not begun
            film.error = StoppedError("The film was stopped.")

    def _forget(self, owner: tuple[str, str] | None = None) -> None:
        """Stop the films of this owner, and those that nobody has asked for or fetched for long."""
        for name, film in list(self._films.items()):
            if (film.holder.source, film.visitor) == owner or self._is_left(film):
                self._end(name)

    def _is_left(self, film: Film) -> bool:
        now = self._clock()
        is_old = film.finished is not None and film.finished < now - FETCHED_SECONDS
        return is_old or film.asked < now - FORGOTTEN_SECONDS

    def _make(self, film: Film, frames: Iterable[Pixels], rate: int) -> None:
        try:
            client = Client(film.holder.source, film.holder.address, can_leave=False)
            with serving(client):  # whose frames are drawn for as long as the film is wanted
                film.data = write(film.kind, self._counted(film, frames), rate)
        except (StoppedError, VideoError) as error:
            film.error = error
        except Exception as error:  # whoever asks for it must learn of it
            log.exception("A film failed")
            film.error = error
        film.finished = self._clock()

    def _counted(self, film: Film, frames: Iterable[Pixels]) -> Iterator[Pixels]:
        self._check(film)
        for frame in frames:
            yield frame
            film.done += 1
            self._check(film)

    def _check(self, film: Film) -> None:
        if film.stopped.is_set() or self._is_left(film):
            raise StoppedError("The film was stopped.")
