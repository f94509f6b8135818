"""What systems, drives and programs leave beside the files of others: it is passed over, and holds nobody up."""

from __future__ import annotations

import re
from collections.abc import Iterable

NAMES = {
    *("desktop.ini", "thumbs.db", "ehthumbs.db", "$recycle.bin", "system volume information"),  # Windows
    *(".ds_store", "icon\r", "__macosx", ".fseventsd", ".spotlight-v100", ".trashes", ".temporaryitems"),  # macOS
    *("lost+found", ".directory"),  # Linux
    *("@eadir", "#recycle", "#snapshot", ".@__thumb", ".tmp.drivedownload", ".tmp.driveupload"),  # drives
}
BEGINNINGS = ("._", "~$", ".~lock.", ".trash-", ".nfs")  # of what macOS, Office, LibreOffice and Linux write


def is_litter(name: str) -> bool:
    """Tell whether a file or a folder of this name is none that a person or this program has put there."""
    return name.casefold() in NAMES or name.casefold().startswith(BEGINNINGS)


def is_copy(name: str, ours: Iterable[str]) -> bool:
    """Tell whether a drive or a person has made a name of one of `ours`: `steps 2`, `Copy of steps`, `stepsのコピー`.

    `ours` are patterns without endings. One of them stands in the name, with other signs around it.
    """
    return any(re.search(rf"(?<![A-Za-z0-9_]){one}(?![A-Za-z0-9_])", name) and name != one for one in ours)
