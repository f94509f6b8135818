"""Films that are being made: a few at a time, each with its progress and a way to stop it."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from studio.exploration.video import VideoError, write
from studio.rendering.renderer import BusyError
from training.core.pixels import Pixels

log = logging.getLogger(__name__)
MOST = 8  # films that are being made or wait to be fetched
FORGOTTEN_SECONDS = 60.0  # nobody has asked for a film for so long: its page has gone


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
    done: int = 0
    data: bytes | None = None
    error: Exception | None = None
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self.data is not None or self.error is not None


class Films:
    """All films of a studio; one is encoded at a time, and each visitor has one at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._films: dict[str, Film] = {}
        self._clock = clock
        self._lock = threading.Lock()
        self._turn = threading.Semaphore(1)

    def start(self, kind: str, frames: Iterable[Pixels], total: int, rate: int, visitor: str) -> str:
        """Begin a film of `total` frames and return its name; the visitor's earlier film is stopped.

        Raises BusyError where too many are under way.
        """
        film = Film(kind, total, visitor, self._clock())
        with self._lock:
            self._forget(visitor)
            if len(self._films) >= MOST:
                raise BusyError(f"{MOST} films are being made already; try again in a moment.")
            name = secrets.token_hex(16)
            self._films[name] = film
        threading.Thread(target=self._make, args=(film, frames, rate), name="film", daemon=True).start()
        return name

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
            film = self._films.pop(name, None)
            if film is not None:
                film.stopped.set()

    def _forget(self, visitor: str | None = None) -> None:
        """Stop the films of this visitor, and those that nobody has asked for any more."""
        oldest = self._clock() - FORGOTTEN_SECONDS
        for name, film in list(self._films.items()):
            if film.visitor == visitor or film.asked < oldest:
                self._films.pop(name).stopped.set()

    def _make(self, film: Film, frames: Iterable[Pixels], rate: int) -> None:
        try:
            with self._turn:
                film.data = write(film.kind, self._counted(film, frames), rate)
        except (StoppedError, VideoError) as error:
            film.error = error
        except Exception as error:  # whoever asks for it must learn of it
            log.exception("A film failed")
            film.error = error

    def _counted(self, film: Film, frames: Iterable[Pixels]) -> Iterator[Pixels]:
        self._check(film)
        for frame in frames:
            yield frame
            film.done += 1
            self._check(film)

    def _check(self, film: Film) -> None:
        if film.stopped.is_set() or film.asked < self._clock() - FORGOTTEN_SECONDS:
            raise StoppedError("The film was stopped.")
