"""Labels of pictures: a table `labels.csv` in, below or beside their folder, or a folder for each class."""

from __future__ import annotations

import csv
import io
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from training.core.coded_error import CodedError
from training.core.folder_listing import listed

LABELS = "labels.csv"
MAX_LABEL = 65_535
NAMED = 2  # folders that are named
NO_PICTURE, NO_LABEL, NOT_READ = "no picture for", "no label for", "labels not read:"
LOST = {NO_PICTURE: "lines", NO_LABEL: "pictures", NOT_READ: "tables"}  # what can be lost, and what that is called
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
    """The labels of the pictures by their names below the folder, and what was lost of them.

    Each loss is a key of LOST, with what was lost and why.
    """

    labels: dict[str, int]
    lost: list[tuple[str, str]]


def find_labels(folder: Path, names: Sequence[str]) -> Found:
    """Find the label of each picture, from tables, or, where there is none, from folders named by their class.

    `names` are the paths of the pictures below `folder`, with slashes. A picture of which two lines say different
    things has no label. Raises LabelsError.
    """
    tables, passed_over = _tables(folder)
    if not tables:
        return _classes(names)
    read = [(table, _read(table)) for table in tables]
    said: dict[str, list[Row]] = {}
    for table, rows in read:
        for name, meant in _matched(rows, _places(folder, table.parent, names)):
            said.setdefault(name, []).extend(meant)
    labels = {name: meant[0].label for name, meant in said.items() if len({row.label for row in meant}) == 1}
    used = {(row.table, _plain(row.name), row.label) for meant in said.values() for row in meant}
    unmatched = [row for _, rows in read for row in rows if (row.table, _plain(row.name), row.label) not in used]
    lost = [(NO_PICTURE, f"{_place(folder, row)}: {row.name}") for row in unmatched]
    lost += [(NO_LABEL, _contradiction(folder, name, said[name])) for name in names if name in said.keys() - labels]
    return Found(labels, lost + [(NOT_READ, f"{_shown(folder, table)}, {why}") for table, why in passed_over])


def _place(folder: Path, row: Row) -> str:
    return f"{_shown(folder, row.table)}, line {row.line}"


def _shown(folder: Path, table: Path) -> str:
    return Path(os.path.relpath(table, folder)).as_posix()


def _contradiction(folder: Path, name: str, rows: list[Row]) -> str:
    first = rows[0]
    other = next(row for row in rows if row.label != first.label)
    return f"{name}: {_place(folder, first)} says {first.label}, {_place(folder, other)} says {other.label}"


def _tables(folder: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return the tables to read, and those that are passed over, each with the reason.

    They are the table of the folder itself, or all below it (a zip often adds a folder), or else one beside it.
    """
    own, beside = _in_folder(folder), _in_folder(folder.parent)
    below = [folder / path for path in listed(folder).files if path.name.lower() == LABELS and not _is_hidden(path)]
    chosen = own[:1] or below or beside[:1]
    others = [table for table in dict.fromkeys([*own, *below, *beside]) if table not in chosen]
    return chosen, [(table, f"since there is {_shown(folder, chosen[0])}") for table in others]


def _in_folder(folder: Path) -> list[Path]:
    """Return the tables in a folder: at first the one that is written as it should be, whatever a system sorts."""
    try:
        found = [path for path in folder.iterdir() if path.name.lower() == LABELS and path.is_file()]
    except OSError:  # the folder beside which pictures lie need not be open to everybody
        return []
    return sorted(found, key=lambda path: (path.name != LABELS, path.name))


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


def _matched(rows: list[Row], places: Iterable[tuple[str, list[str]]]) -> Iterator[tuple[str, list[Row]]]:
    """Give each picture with the lines that mean it: as they are written, or else whatever differs between systems."""
    ways = [(key, _grouped(rows, key)) for key in (_tidy, _plain)]
    for name, called in places:
        found = (known.get(key(text)) for key, known in ways for text in called)
        if meant := next(filter(None, found), None):
            yield name, meant


def _grouped(rows: list[Row], key: Callable[[str], str]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row.name), []).append(row)
    return groups


def _tidy(name: str) -> str:
    """Return a path with slashes, without `./` and empty parts."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def _plain(name: str) -> str:
    """Return a path without what differs between systems, letter case and how accents are composed, too."""
    return _tidy(unicodedata.normalize("NFC", name).strip()).casefold()


def _classes(names: Sequence[str]) -> Found:
    """Return labels from folders: where most pictures lie in two folders or more, each of them is a class.

    Folders that hold all of them are passed over, and so are those of a split (train, val, test). Pictures beside the
    folders have no label. Numbers stay what they are; other names are numbered in their order.
    """
    strays: list[str] = []
    inner = {name: list(PurePosixPath(name).parts[:-1]) for name in names}
    while inner:
        strays += [name for name, parts in inner.items() if not parts]
        inner = {name: parts for name, parts in inner.items() if parts}
        first = {parts[0] for parts in inner.values()}
        if len(first) > 1 and not {name.lower() for name in first} <= SPLITS:
            return _labelled({name: parts[0] for name, parts in inner.items()}, first, strays)
        inner = {name: parts[1:] for name, parts in inner.items()}
    return Found({}, [])


def _labelled(inner: dict[str, str], classes: set[str], strays: list[str]) -> Found:
    """Return the labels of pictures by their folder, unless more pictures are strays, which lie in none."""
    if len(strays) >= len(inner):
        named = ", ".join(sorted(classes)[:NAMED])
        return Found({}, [(NOT_READ, f"folders such as {named}, since most pictures lie in none of them")])
    numbers = _numbered(classes)
    lost = [(NO_LABEL, f"{name}: it lies beside the folders of the classes") for name in sorted(strays)]
    return Found({name: numbers[folder] for name, folder in inner.items()}, lost)


def _numbered(names: set[str]) -> dict[str, int]:
    if len(names) > MAX_LABEL + 1:
        raise LabelsError(f"There are {len(names)} folders of classes; at most {MAX_LABEL + 1} are read.")
    if all(name.isascii() and name.isdecimal() and int(name) <= MAX_LABEL for name in names):
        numbers = {name: int(name) for name in names}
        if len(set(numbers.values())) == len(names):  # 1 and 01 are two classes
            return numbers
    return {name: number for number, name in enumerate(sorted(names))}
