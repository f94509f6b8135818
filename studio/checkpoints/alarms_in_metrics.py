"""Which alarms a training triggers, from the end of its metrics; the file is believed in nothing but its form."""

from __future__ import annotations

import json
import re
from pathlib import Path

from training.core.regular_file import open_within

METRICS = "metrics.jsonl"
TAIL_BYTES = 16384
MOST = 8
CODE = re.compile(r"[a-z][a-z0-9_]{0,30}")


def triggered_alarms(folder: Path) -> list[str]:
    """Return the codes of the alarms in the last whole row of a checkpoint's metrics; none where there is none."""
    try:
        with open_within(folder / METRICS) as file:
            file.seek(max(0, file.seek(0, 2) - TAIL_BYTES))
            lines = file.read(TAIL_BYTES).splitlines()
    except OSError:
        return []
    rows = filter(None, map(_row, reversed(lines)))
    codes = next(rows, {}).get("alarms")
    known = (
        [code for code in codes if isinstance(code, str) and CODE.fullmatch(code)] if isinstance(codes, list) else []
    )
    return known[:MOST]


def _row(line: bytes) -> dict[str, object]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):  # a row that is being written, or no row at all
        return {}
    return row if isinstance(row, dict) else {}
