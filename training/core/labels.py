"""Labels of pictures: a table `labels.csv` in, below or beside their folder, or a folder for each class."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from training.core.coded_error import CodedError

LABELS = "labels.csv"
MAX_LABEL = 65_535
SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing"}  # folders that are no classes


class LabelsError(CodedError, ValueError):
    """A table of labels is damaged; the message says where, in one sentence."""


@dataclass(frozen=True)
class Row:
    """A line of a table: where it stands, the name of a picture as it is written there, and the label."""

    table: Path
    line: int
    name: str
    label: int


@dataclass(frozen=True)
class Found:
    """The labels of the pictures by their names below the folder, and the lines that are of no picture."""

    labels: dict[str, int]
    unmatched: list[str]


def find_labels(folder: Path, names: Sequence[str]) -> Found:
    """Find the label of each picture, from tables, or, where there is none, from folders named by their class.

    `names` are the paths of the pictures below `folder`, with slashes. Raises LabelsError.
    """
    tables = _tables(folder)
    if not tables:
        return Found(_classes(names), [])
    labels: dict[str, int] = {}
    unmatched: list[str] = []
    for table in tables:
        matched = _match(_read(table), list(_places(folder, table.parent, names)))
        labels |= matched.labels
        unmatched += matched.unmatched
    return Found(labels, unmatched)


def _tables(folder: Path) -> list[Path]:
    """Return the table of the folder itself, or all below it (a zip often adds a folder), or else one beside it."""
    if own := _in_folder(folder):
        return own
    below = [path for path in sorted(folder.rglob("*")) if path.name.lower() == LABELS and path.is_file()]
    return [path for path in below if not _is_hidden(path.relative_to(folder))] or _in_folder(folder.parent)


def _in_folder(folder: Path) -> list[Path]:
    try:
        return [path for path in sorted(folder.iterdir()) if path.name.lower() == LABELS and path.is_file()][:1]
    except OSError:  # the folder beside which pictures lie need not be open to everybody
        return []


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


def _read(path: Path) -> list[Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")  # spreadsheets begin a file with a byte order mark
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
        if not {"file", "label"} <= set(rows.fieldnames):
            message = f"{path} begins with {rows.fieldnames}; its first line must be: file,label."
            raise LabelsError(message, "labels_head", path=path, found=rows.fieldnames)
        return [Row(path, rows.line_num, row["file"] or "", _label(row["label"], path, rows.line_num)) for row in rows]
    except (UnicodeDecodeError, csv.Error) as error:
        message = f"{path} is no table in UTF-8: {error}."
        raise LabelsError(message, "labels_table", path=path, words=error) from error


def _label(text: str | None, path: Path, line: int) -> int:
    if text is None or not text.strip().isdecimal() or int(text) > MAX_LABEL:
        message = f"{path}, line {line}: the label {text!r} is not a whole number from 0 to {MAX_LABEL}."
        raise LabelsError(message, "label", path=path, line=line, label=repr(text), most=MAX_LABEL)
    return int(text)


def _places(folder: Path, table: Path, names: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Give each picture that a table may speak of with what the table may call it, the most exact first."""
    for name in names:
        path = folder / name
        if path.is_relative_to(table):
            paths = [path.relative_to(table).as_posix(), name, path.name]
            yield name, [*paths, *(str(PurePosixPath(one).with_suffix("")) for one in paths)]


def _match(rows: list[Row], places: list[tuple[str, list[str]]]) -> Found:
    """Match lines with pictures: as they are written, or else whatever their case, slashes and accents are made of."""
    exact = {row.name: row for row in rows}
    alike: dict[str, Row | None] = {}
    for one in exact.values():
        known = alike.setdefault(_plain(one.name), one)
        if known is None or known.label != one.label:
            alike[_plain(one.name)] = None  # names that differ in their case only: neither is meant
    chosen: dict[str, Row] = {}
    for name, called in places:
        found = [exact.get(text) for text in called] + [alike.get(_plain(text)) for text in called]
        if row := next(filter(None, found), None):
            chosen[name] = row
    used = {_plain(row.name) for row in chosen.values()}
    unmatched = [f"{row.table.name}, line {row.line}: {row.name}" for row in rows if _plain(row.name) not in used]
    return Found({name: row.label for name, row in chosen.items()}, unmatched)


def _plain(name: str) -> str:
    """Return a name without what differs between systems: letter case, slashes, `./`, how accents are composed."""
    parts = unicodedata.normalize("NFC", name).strip().replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".")).casefold()


def _classes(names: Sequence[str]) -> dict[str, int]:
    """Return labels from folders: where all pictures lie in two folders or more, each of them is a class.

    Folders that hold all of them are passed over, and so are those of a split (train, val, test). Numbers stay what
    they are; other names are numbered in their order.
    """
    folders = {name: list(PurePosixPath(name).parts[:-1]) for name in names}
    while folders and all(folders.values()):
        first = {parts[0] for parts in folders.values()}
        if len(first) > 1 and not {name.lower() for name in first} <= SPLITS:
            numbers = _numbered(first)
            return {name: numbers[parts[0]] for name, parts in folders.items()}
        folders = {name: parts[1:] for name, parts in folders.items()}
    return {}


def _numbered(names: set[str]) -> dict[str, int]:
    if all(name.isascii() and name.isdecimal() and int(name) <= MAX_LABEL for name in names):
        return {name: int(name) for name in names}
    return {name: number for number, name in enumerate(sorted(names)[: MAX_LABEL + 1])}
