"""Files that come from a page in pieces: few at a time, slowly repeated, given up when nothing more comes."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio.clients import current_client
from studio.shares import NOBODY, Holder, giving_way, holder_of

PIECE_BYTES = 4 * 2**20
MOST_BYTES = 64 * 2**20
MOST_OPEN = 8  # of all sources together: sessions, and addresses without one
MOST_OPEN_OF_ONE = 4  # of one source
STALE_SECONDS = 20.0  # from which on an upload without a new piece makes room for another
IDLE_SECONDS = 60.0
WHOLE_SECONDS = 900.0  # for the largest file
LEAST_SECONDS = 120.0  # for any file; a larger one has longer
MOST_A_MINUTE = 40  # of all sources together
MOST_A_MINUTE_OF_ADDRESS = 20
MOST_A_MINUTE_OF_ONE = 10
MINUTE = 60.0
SWEEP_SECONDS = 15.0  # after which those that were left are looked for, as long as any is open


class RefusedError(ValueError):
    """What was sent is not taken; `code` names a text of the page and `values` fill it."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass
class Upload:
    """A file that is coming: its place on the disk, its bytes when it is whole, what was said of it, and by whom."""

    path: Path
    size: int
    config: bytes
    name: str
    began: float
    heard: float
    owner: str = ""
    holder: Holder = NOBODY
    received: int = 0

    @property
    def seconds(self) -> float:
        """Return how long it may take in all."""
        return max(LEAST_SECONDS, WHOLE_SECONDS * self.size / MOST_BYTES)


class Uploads:
    """Takes the pieces of files, each in its order, into a folder. Safe among threads.

    An upload of which nothing more comes leaves nothing: its file goes within IDLE_SECONDS and SWEEP_SECONDS.
    """

    def __init__(
        self, folder: Path, clock: Callable[[], float] = time.monotonic, sweep_seconds: float = SWEEP_SECONDS
    ) -> None:
        self._folder, self._clock, self._sweep_seconds = folder, clock, sweep_seconds
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._open: dict[str, Upload] = {}
        self._begun: deque[tuple[float, Holder]] = deque()
        self._remove_left()

    def begin(self, size: int, config: bytes, name: str, owner: str = "") -> str:
        """Make room for a file of `size` bytes and return the word by which its pieces are known.

        Where too many come, one that stands still makes room, or the newest of an address or a source that has more.
        Raises RefusedError where it is too large, or none makes room; OSError.
        """
        if not 0 < size <= MOST_BYTES:
            raise RefusedError("error_add_size", megabytes=f"{size / 2**20:.1f}", limit=MOST_BYTES // 2**20)
        holder = holder_of(current_client())
        with self._lock:
            now = self._clock()
            self._give_up(now)
            self._check_rate(holder, now)  # first: whoever is refused displaces nobody
            self._make_room(holder, now)
            self._begun.append((now, holder))
            token = secrets.token_hex(16)
            self._folder.mkdir(parents=True, exist_ok=True)
            upload = Upload(self._folder / token, size, config, name, now, now, owner, holder)
            upload.path.write_bytes(b"")
            self._open[token] = upload
            self._sweep_later()
        return token

    def append(self, token: str, offset: int, piece: bytes) -> Upload | None:
        """Put a piece behind those before it; with the last one return the file, which is the caller's from then on.

        Raises RefusedError for a piece that is not the next one, or of an upload that is not open; OSError.
        """
        with self._lock:
            self._give_up(self._clock())
            upload = self._open.get(token)
            if upload is None:
                raise RefusedError("error_add_lost")
            if offset != upload.received or not piece or offset + len(piece) > upload.size:
                self._drop(token)
                raise RefusedError("error_add_lost")
            try:
                with upload.path.open("ab") as file:
                    file.write(piece)
            except OSError:
                self._drop(token)
                raise
            upload.received += len(piece)
            upload.heard = self._clock()
            return self._open.pop(token) if upload.received == upload.size else None

    def give_up(self, token: str) -> None:
        """Forget an upload and its file, if it is open."""
        with self._lock:
            self._drop(token)

    def close(self) -> None:
        """Forget all that has not come whole."""
        with self._lock:
            for token in list(self._open):
                self._drop(token)
            if self._timer is not None:
                self._timer.cancel()

    def _sweep_later(self) -> None:
        if self._timer is None and self._open:
            self._timer = threading.Timer(self._sweep_seconds, self._sweep)
            self._timer.daemon = True
            self._timer.start()

    def _sweep(self) -> None:
        with self._lock:
            self._timer = None
            self._give_up(self._clock())
            self._sweep_later()

    def _make_room(self, holder: Holder, now: float) -> None:
        own = [token for token, upload in self._open.items() if upload.holder.source == holder.source]
        if len(own) < MOST_OPEN_OF_ONE and len(self._open) < MOST_OPEN:
            return
        displaced = self._stale(own if len(own) >= MOST_OPEN_OF_ONE else list(self._open), now)
        if displaced is None and len(own) < MOST_OPEN_OF_ONE:
            theirs = giving_way(list(self._open), lambda token: {self._open[token].holder}, holder)
            displaced = theirs[-1] if theirs else None
        if displaced is None:
            raise RefusedError("error_add_busy", count=len(self._open))
        self._drop(displaced)

    def _stale(self, tokens: list[str], now: float) -> str | None:
        """Return the one of these that has stood still longest, and too long."""
        oldest = min(tokens, key=lambda token: self._open[token].heard)
        return oldest if now - self._open[oldest].heard > STALE_SECONDS else None

    def _check_rate(self, holder: Holder, now: float) -> None:
        while self._begun and self._begun[0][0] <= now - MINUTE:
            self._begun.popleft()
        own = sum(one.source == holder.source for _, one in self._begun)
        near = sum(one.address == holder.address for _, one in self._begun)
        if own >= MOST_A_MINUTE_OF_ONE or near >= MOST_A_MINUTE_OF_ADDRESS or len(self._begun) >= MOST_A_MINUTE:
            raise RefusedError("error_add_rate", count=len(self._begun))

    def _give_up(self, now: float) -> None:
        """Forget what stands still or takes too long, and files that nobody sends any more."""
        for token, upload in list(self._open.items()):
            if now - upload.heard > IDLE_SECONDS or now - upload.began > upload.seconds:
                self._drop(token)
        self._remove_left()

    def _remove_left(self) -> None:
        """Remove the files that an earlier program has left."""
        with suppress(OSError):
            for path in self._folder.iterdir():
                if path.name not in self._open and time.time() - path.stat().st_mtime > WHOLE_SECONDS:
                    path.unlink()

    def _drop(self, token: str) -> None:
        upload = self._open.pop(token, None)
        if upload is not None:
            with suppress(OSError):
                upload.path.unlink(missing_ok=True)
