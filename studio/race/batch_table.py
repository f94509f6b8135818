"""The check of many tiles as text, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections import Counter
from collections.abc import Sequence

from studio.race.batch_verification import EQUAL, NEAR, CheckedFile, short
from studio.race.spreadsheet import safe_cell
from studio.race.verdict import Outcome

HEADINGS: dict[Outcome, str] = {
    "pass_exact": "PASS (exact)",
    "pass_tolerance": "PASS (within tolerance)",
    "fail": "FAIL",
    "could_not_check": "COULD NOT CHECK",
}
COLUMNS = (
    *("verdict", "file", "checkpoint", "seed", "psi", "seeds seen", "hours", "pretrained", "duplicates", "warnings"),
)
CSV_COLUMNS = (
    *("file", "outcome", "reason", "checkpoint", "checkpoint_name", "seed", "psi", "seeds_looked_at"),
    *("training_hours", "pretrained", "duplicates", "origin", "other_seeds", "other_seeds_score"),
    *("repeated_pictures", "training_copies", "warnings"),
)
CELL_LETTERS = 60
ABSENT = "-"


CSV_START = ",".join(CSV_COLUMNS[:3])


def to_text(files: Sequence[CheckedFile]) -> str:
    """Return a line for each file, the reasons of those that did not pass, the duplicates, and the counts."""
    rows = [COLUMNS, *map(_row, files)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(_padded, row, widths)).rstrip() for row in rows]
    reasons = [f"{one.file}: {one.verdict.sentence}" for one in files if not one.verdict.passed]
    duplicates = [f"{one.file} is {_duplicates(one)}." for one in files if one.duplicates]
    warnings = [f"WARNING, {one.file}: {text}" for one in files for text in one.verdict.warning_sentences]
    return "\n".join([*lines, *reasons, *duplicates, *warnings, _counts(files)])


def _width(text: str) -> int:
    """Return the columns of a terminal that a text takes: wide letters, as of Japanese names, take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _row(one: CheckedFile) -> tuple[str, ...]:
    verdict, hours = one.verdict, one.declared.hours
    cells = (
        HEADINGS[verdict.outcome],
        one.file,
        _checkpoint(one),
        verdict.seed,
        None if verdict.psi is None else f"{verdict.psi:g}",
        one.seeds_looked_at,
        None if hours is None else f"{hours:.1f}",
        one.declared.pretrained,
        len(one.duplicates) or None,
        len(verdict.warnings) or None,
    )
    return tuple(ABSENT if cell in (None, "") else _shortened(str(cell)) for cell in cells)


def _checkpoint(one: CheckedFile) -> str:
    return " ".join(part for part in (short(one.verdict.checkpoint), one.name) if part)


def _duplicates(one: CheckedFile) -> str:
    told = {EQUAL: "the same tile as", NEAR: "nearly equal to"}
    files = {kind: [other.file for other in one.duplicates if other.kind == kind] for kind in told}
    return ", and ".join(f"{told[kind]} {', '.join(named)}" for kind, named in files.items() if named)


def _shortened(text: str) -> str:
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= CELL_LETTERS else f"…{text[1 - CELL_LETTERS :]}"


def _counts(files: Sequence[CheckedFile]) -> str:
    outcomes = Counter(one.verdict.outcome for one in files)
    told = ", ".join(f"{outcomes[outcome]} {heading}" for outcome, heading in HEADINGS.items() if outcomes[outcome])
    return f"{len(files)} file{'' if len(files) == 1 else 's'}: {told}"


def to_csv(files: Sequence[CheckedFile]) -> str:
    """Return a CSV with a header line; no text in it is computed by a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    writer.writerows([safe_cell(cell) for cell in _csv_row(one)] for one in files)
    return buffer.getvalue()


def _csv_row(one: CheckedFile) -> tuple[object, ...]:
    verdict, declared, compared = one.verdict, one.declared, one.verdict.comparison
    numbers = (
        (", ".join(map(str, compared.seeds)), f"{compared.score:.2f}", compared.repeated, _count(compared.copies))
        if compared
        else (None,) * 4
    )
    return (
        *(one.file, verdict.outcome, verdict.sentence, verdict.checkpoint, one.name, verdict.seed, verdict.psi),
        *(one.seeds_looked_at, declared.hours, declared.pretrained, _duplicates(one)),
        *(verdict.origin, *numbers, " ".join(verdict.warning_sentences)),
    )


def _count(copies: Sequence[object] | None) -> int | None:
    return None if copies is None else len(copies)


def to_json(files: Sequence[CheckedFile]) -> str:
    """Return {"files": [...], "counts": {...}} with each file's whole verdict."""
    counts = Counter(one.verdict.outcome for one in files)
    return json.dumps({"files": [one.to_dict() for one in files], "counts": counts}, indent=2)
