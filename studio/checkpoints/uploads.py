"""Files that come from a page in pieces: few at a time, slowly repeated, given up when nothing more comes."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio.clients import current_client

PIECE_BYTES = 6 * 2**20  # as base64 it fits into a request three times
MOST_BYTES = 64 * 2**20
MOST_OPEN = 8  # of all sources together: sessions, and addresses without one
MOST_OPEN_OF_ONE = 4  # of one source
STALE_SECONDS = 20.0  # from which on an upload without a new piece makes room for another
IDLE_SECONDS = 60.0
WHOLE_SECONDS = 900.0  # for the largest file
LEAST_SECONDS = 120.0  # for any file; a larger one has longer
MOST_A_MINUTE = 20  # of all sources together
MOST_A_MINUTE_OF_ONE = 10
MINUTE = 60.0


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
    source: str = ""
    received: int = 0

    @property
    def seconds(self) -> float:
        """Return how long it may take in all."""
        return max(LEAST_SECONDS, WHOLE_SECONDS * self.size / MOST_BYTES)


class Uploads:
    """Takes the pieces of files, each in its order, into a folder. Safe among threads."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._clock = folder, clock
        self._lock = threading.Lock()
        self._open: dict[str, Upload] = {}
        self._begun: deque[tuple[float, str]] = deque()

    def begin(self, size: int, config: bytes, name: str, owner: str = "") -> str:
        """Make room for a file of `size` bytes and return the word by which its pieces are known.

        Where too many come, one that stands still makes room, or the newest of a source that has more of them.
        Raises RefusedError where it is too large, or none makes room; OSError.
        """
        if not 0 < size <= MOST_BYTES:
            raise RefusedError("error_add_size", megabytes=f"{size / 2**20:.1f}", limit=MOST_BYTES // 2**20)
        source = current_client().source
        with self._lock:
            now = self._clock()
            self._give_up(now)
            self._make_room(source, now)
            self._count(source, now)
            token = secrets.token_hex(16)
            self._folder.mkdir(parents=True, exist_ok=True)
            upload = Upload(self._folder / token, size, config, name, now, now, owner, source)
            upload.path.write_bytes(b"")
            self._open[token] = upload
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

    def _make_room(self, source: str, now: float) -> None:
        own = [token for token, upload in self._open.items() if upload.source == source]
        if len(own) < MOST_OPEN_OF_ONE and len(self._open) < MOST_OPEN:
            return
        displaced = self._stale(own if len(own) >= MOST_OPEN_OF_ONE else list(self._open), now)
        if displaced is None and len(own) < MOST_OPEN_OF_ONE:
            displaced = self._newest_of_most(len(own))
        if displaced is None:
            raise RefusedError("error_add_busy", count=len(self._open))
        self._drop(displaced)

    def _stale(self, tokens: list[str], now: float) -> str | None:
        """Return the one of these that has stood still longest, and too long."""
        oldest = min(tokens, key=lambda token: self._open[token].heard)
        return oldest if now - self._open[oldest].heard > STALE_SECONDS else None

    def _newest_of_most(self, own: int) -> str | None:
        of_each = Counter(upload.source for upload in self._open.values())
        most = max(of_each, key=of_each.__getitem__)
        theirs = [token for token, upload in self._open.items() if upload.source == most]
        return theirs[-1] if len(theirs) > own + 1 else None

    def _count(self, source: str, now: float) -> None:
        while self._begun and self._begun[0][0] <= now - MINUTE:
            self._begun.popleft()
        own = sum(one == source for _, one in self._begun)
        if own >= MOST_A_MINUTE_OF_ONE or len(self._begun) >= MOST_A_MINUTE:
            raise RefusedError("error_add_rate", count=len(self._begun))
        self._begun.append((now, source))

    def _give_up(self, now: float) -> None:
        """Forget what stands still or takes too long, and the files that an earlier program has left."""
        for token, upload in list(self._open.items()):
            if now - upload.heard > IDLE_SECONDS or now - upload.began > upload.seconds:
                self._drop(token)
        with suppress(OSError):
            for path in self._folder.iterdir():
                if path.name not in self._open and time.time() - path.stat().st_mtime > WHOLE_SECONDS:
                    path.unlink()

    def _drop(self, token: str) -> None:
        upload = self._open.pop(token, None)
        if upload is not None:
            with suppress(OSError):
                upload.path.unlink(missing_ok=True)
