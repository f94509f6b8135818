"""Something that is told beside a verdict, and how numbers of cells are written in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any


@dataclass(frozen=True)
class Remark:
    """A key of the verdict's REMARKS or WARNINGS, and the values that fill that text."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


def in_ranges(cells: Sequence[int]) -> str:
    """Write rising numbers of cells for a reader: "3, 7 to 12"; two that follow each other are no range."""
    runs = [[cell for _, cell in run] for _, run in groupby(enumerate(cells), key=lambda one: one[1] - one[0])]
    written = [[f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run) for run in runs]
    return ", ".join(part for parts in written for part in parts)
