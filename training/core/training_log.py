"""The log of a training: one line of JSON for some steps."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

METRICS = "metrics.jsonl"


def read_metrics(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a file of metrics; a line that is damaged, or no record, is passed over."""
    rows = []
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []:
        with suppress(ValueError, RecursionError):
            rows.append(json.loads(line))
    return [row for row in rows if isinstance(row, dict)]
