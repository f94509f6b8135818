"""What a command prints, whatever the names of files in it."""

from __future__ import annotations

import io
import sys


def print_any_name() -> None:
    """Let what is printed hold names of files that the terminal's encoding has no letters for: they are escaped."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a notebook's own streams take any text
        sys.stdout.reconfigure(errors="backslashreplace")
