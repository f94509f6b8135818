"""Everything below a folder, at any depth: its files, and what is none. Nothing is opened, no linked folder entered."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

BROKEN, SPECIAL, LINKED, CLOSED = "broken", "special", "linked", "closed"  # links, pipes, links to folders, no access


@dataclass(frozen=True)
class Listing:
    """The paths below a folder: regular files in the order of their names, and the rest, each with its kind."""

    files: list[Path] = field(default_factory=list)
    others: dict[Path, str] = field(default_factory=dict)


def listed(folder: Path) -> Listing:
    """List what is below `folder`. A link to a file counts as the file; a pipe, a socket or a device is none."""
    files: list[Path] = []
    others: dict[Path, str] = {}
    waiting = [Path()]
    while waiting:
        inner = waiting.pop()
        try:
            with os.scandir(folder / inner) as entries:
                found = list(entries)
        except OSError:
            others[inner] = CLOSED
            continue
        for entry in found:
            path, kind = inner / entry.name, _kind(entry)
            if kind == "folder":
                waiting.append(path)
            elif kind == "file":
                files.append(path)
            else:
                others[path] = kind
    return Listing(sorted(files), dict(sorted(others.items())))


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_dir():
            return LINKED if entry.is_symlink() else "folder"
        if entry.is_file():
            return "file"
        return BROKEN if entry.is_symlink() and not os.path.exists(entry.path) else SPECIAL  # noqa: PTH110
    except OSError:  # a link that leads to itself
        return BROKEN
