"""The sheet of codes as a file: it takes its place once its codes are good, and never that of another file.

Until then it lies beside its place. A kill between the two leaves it there, whole, with the codes that are good; what
fails before leaves the earlier sheet, whose codes are good still, as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.race.code_sheet import is_sheet
from training.core.atomic_write import write_file

BEGINNING_BYTES = 4096  # by which a sheet is known
NEW = ".new"


@contextmanager
def placed_sheet(sheet: Path) -> Iterator[Callable[[str], None]]:
    """Give a function that writes the content of a sheet, and move it to `sheet` once what is done with it is done.

    Raises FileExistsError where something else than a sheet of this program is at `sheet`, and OSError. Whatever fails
    before the end leaves an earlier sheet as it is, and nothing new.
    """
    waiting = sheet.with_name(f".{sheet.name}.{os.getpid()}{NEW}")

    def write(content: str) -> None:
        check_place(sheet)
        write_file(waiting, content.encode())

    try:
        yield write
    except BaseException:
        waiting.unlink(missing_ok=True)
        raise
    if waiting.exists():
        _place(waiting, sheet)


def check_place(sheet: Path) -> None:
    """Raise FileExistsError where a file is that this program has not written as a sheet, and OSError."""
    if (sheet.exists() or sheet.is_symlink()) and not _is_own(sheet):
        raise FileExistsError(f"{sheet} is no sheet of codes and is not overwritten; --sheet names another file.")


def _is_own(sheet: Path) -> bool:
    if sheet.is_symlink() or not sheet.is_file():
        return False
    with sheet.open("rb") as file:
        return is_sheet(file.read(BEGINNING_BYTES).decode(errors="replace"))


def _place(waiting: Path, sheet: Path) -> None:
    try:
        check_place(sheet)
        waiting.replace(sheet)
    except OSError as error:
        raise OSError(f"The new codes are good, and in {waiting}: {sheet} could not be written.") from error
