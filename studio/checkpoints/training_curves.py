"""The metrics that a run has logged, as curves: read without trust, thinned to what a screen can show."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

from training.core.regular_file import open_within
from training.core.run_folder import is_step, steps

METRICS = "metrics.jsonl"
MAX_BYTES = 32 * 2**20
MAX_LINE_BYTES = 20_000
MAX_QUANTITIES = 24
MAX_ALARMS = 100
MAX_NAME_LETTERS = 40
POINTS = 400
AXES = ("images", "seconds")
FRESH_SECONDS = 600.0  # a slow recipe on a CPU writes a line in some minutes


@dataclass(frozen=True)
class Alarm:
    """What the training warned of, and when it began to."""

    images: float
    seconds: float
    name: str


@dataclass(frozen=True)
class Curves:
    """Quantities over images and seconds; each point is the mean of the lines around it, None where none has it."""

    images: list[float]
    seconds: list[float]
    quantities: dict[str, list[float | None]]
    alarms: list[Alarm]


@dataclass(frozen=True)
class Log:
    """A file of metrics in its present version: in a checkpoint, or of its run, which may go on writing it."""

    folder: Path
    of_run: bool
    size: int
    mtime_ns: int

    @property
    def version(self) -> str:
        """Return a text that is another one as soon as the file has grown."""
        return f"{int(self.of_run)}-{self.size}-{self.mtime_ns}"

    @property
    def is_fresh(self) -> bool:
        """Tell whether the file has been written to within the last minutes."""
        return time.time() - self.mtime_ns / 1e9 < FRESH_SECONDS


def newest_log(checkpoint: Path, root: Path) -> Log | None:
    """Return the log of the run of which a folder is the newest checkpoint, or the one in the folder; None without any.

    A run writes every few steps, a checkpoint has the lines up to its own. Nothing outside of `root` is read.
    """
    run = checkpoint.parent
    is_newest = checkpoint != root and is_step(checkpoint.name) and steps(run)[-1:] == [checkpoint]
    own, of_run = _log(checkpoint, root), _log(run, root, of_run=True) if is_newest else None
    return of_run or own


def _log(folder: Path, root: Path, *, of_run: bool = False) -> Log | None:
    file = folder / METRICS
    try:
        if not file.is_file() or not file.resolve().is_relative_to(root):
            return None
        found = file.stat()
    except OSError:
        return None
    return Log(folder, of_run, found.st_size, found.st_mtime_ns)


def read_curves(folder: Path, points: int = POINTS) -> Curves:
    """Read the metrics beside a checkpoint; there may be none, and lines of any other shape are passed over."""
    rows: list[dict[str, float]] = []
    alarms: list[Alarm] = []
    triggered: list[str] = []
    for row in _rows(folder / METRICS):
        numbers = _numbers(row)
        if not numbers.keys() >= set(AXES):
            continue
        rows.append(numbers)
        before, triggered = triggered, _names(row.get("alarms"))
        alarms += [Alarm(numbers["images"], numbers["seconds"], name) for name in triggered if name not in before]
    names = list(dict.fromkeys(name for row in rows for name in row if name not in AXES))[:MAX_QUANTITIES]
    groups = _groups(rows, points)
    quantities = {name: [_mean(group, name) for group in groups] for name in names}
    return Curves(_axis(groups, "images"), _axis(groups, "seconds"), quantities, alarms[:MAX_ALARMS])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with open_within(path) as file:
            yield from filter(None, map(_parsed, _lines(file)))
    except OSError:
        return


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while (line := file.readline(MAX_LINE_BYTES)) and file.tell() <= MAX_BYTES:
        yield line


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _numbers(row: dict[str, Any]) -> dict[str, float]:
    """Return the finite numbers of a line, and those of a record in it: of its controllers, for example."""
    flat = dict(row)
    for value in row.values():
        if isinstance(value, dict):
            flat |= {str(name): inner for name, inner in value.items() if name not in row}
    return {str(name)[:MAX_NAME_LETTERS]: float(value) for name, value in flat.items() if is_finite(value)}


def is_finite(value: object) -> TypeGuard[int | float]:
    """Tell whether a value of a file is a number that can be shown."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300 if isinstance(value, int) else math.isfinite(value)


def _names(value: object) -> list[str]:
    """Return the names of alarms, however a line lists them."""
    if isinstance(value, dict):
        value = [name for name, raised in value.items() if raised]
    if isinstance(value, str):
        value = [value]
    return [str(name)[:MAX_NAME_LETTERS] for name in value] if isinstance(value, list) else []


def _groups(rows: list[dict[str, float]], points: int) -> list[list[dict[str, float]]]:
    size = max(1, math.ceil(len(rows) / points))
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _mean(group: list[dict[str, float]], name: str) -> float | None:
    values = [row[name] for row in group if name in row]
    return float(f"{math.fsum(values) / len(values):.6g}") if values else None


def _axis(groups: list[list[dict[str, float]]], name: str) -> list[float]:
    return [group[-1][name] for group in groups]
