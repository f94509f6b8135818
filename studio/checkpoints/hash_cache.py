"""The hashes of files of weights that were examined before, kept from one start of the program to the next.

They only make a list of checkpoints sooner. Whoever draws one loads it strictly, and compares its hash with the list's.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable
from pathlib import Path

from training.core.atomic_write import written_file
from training.core.checkpoint import CONFIG

FILE = "examined.json"
FORMAT = 1
MOST = 2000  # files that are kept; each takes some 250 bytes
MOST_BYTES = 4_000_000
log = logging.getLogger(__name__)


class HashCache:
    """Remembers hashes by path, sizes and times, in a file where it has one. Safe among threads."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._hashes = self._read()
        self._changed = False
        self._lock = threading.Lock()

    def sha256(self, path: Path, look: Callable[[Path], str]) -> str:
        """Return what `look` returns for a file of weights, remembered while neither it nor its config has changed.

        What it raises is not remembered: the next version of the program, or the next try, may do better.
        """
        try:
            key = f"{look.__name__} {path} {_facts(path)} {_facts(path.with_name(CONFIG))}"
        except OSError:
            return look(path)  # which says what is missing
        found = self._hashes.get(key)
        if found is None:
            found = look(path)
            with self._lock:
                self._hashes[key] = found
                self._changed = True
        return found

    def forget(self, sha256: str) -> None:
        """Give up a hash that has proved wrong."""
        with self._lock:
            self._hashes = {key: value for key, value in self._hashes.items() if value != sha256}
            self._changed = True
        self.keep()

    def keep(self) -> None:
        """Write what is new, as one step; another program's newest hashes may be lost, which only costs time."""
        with self._lock:
            if self._file is None or not self._changed:
                return
            self._changed = False
            newest = dict(list(self._hashes.items())[-MOST:])
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with written_file(self._file) as part:
                    part.write_text(json.dumps({"format": FORMAT, "sha256": newest}), encoding="utf-8")
            except OSError as error:
                log.warning("The hashes of the checkpoints cannot be kept: %s", error)

    def _read(self) -> dict[str, str]:
        """Return what the file holds; nothing of one that is absent, damaged or foreign."""
        try:
            if self._file is None or self._file.stat().st_size > MOST_BYTES:
                return {}
            content = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        found = content.get("sha256") if isinstance(content, dict) and content.get("format") == FORMAT else None
        hashes = found.items() if isinstance(found, dict) else ()
        return {key: value for key, value in hashes if isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value)}


def _facts(path: Path) -> str:
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns}"
