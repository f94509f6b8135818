"""The log of a training: one line of JSON for some steps."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

METRICS = "metrics.jsonl"


class MetricsLog:
    """A file of metrics that is written line by line, and kept in memory as well: a disk may be away for a while.

    Lines that could not be written come with the next that can, each of them once. `content` is in the file already.
    """

    def __init__(self, file: Path, content: bytes = b"") -> None:
        self.file, self.content = file, bytearray(content)
        self._written = len(content)  # bytes of the content that are known to be in the file

    def add(self, row: dict[str, Any]) -> None:
        """Take a row to the end, in memory only."""
        self.content += (json.dumps(row) + "\n").encode()

    @property
    def missing(self) -> int:
        """Return how many bytes the file lacks."""
        return len(self.content) - self._written

    def write(self) -> None:
        """Bring the file up to date; a line of which only a part was written is written again. Raises OSError."""
        content = bytes(self.content)  # another thread may take a row meanwhile
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            start = min(file.seek(0, 2), self._written)
            file.seek(start)
            file.truncate()
            file.write(content[start:])
        self._written = len(content)


def read_metrics(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a file of metrics; a line that is damaged, or no record, is passed over."""
    return parse_metrics(file.read_bytes()) if file.is_file() else []


def parse_metrics(content: bytes) -> list[dict[str, Any]]:
    """Return the rows of metrics as `read_metrics` does."""
    rows = []
    for line in content.decode(errors="replace").splitlines():
        with suppress(ValueError, RecursionError):
            rows.append(json.loads(line))
    return [row for row in rows if isinstance(row, dict)]
