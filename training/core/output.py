"""What a command prints, whatever the names of files in it."""

from __future__ import annotations

import io
import json
import sys
import unicodedata


def printable(text: str) -> str:
    """Return a text of any number of lines that a terminal shows as it is: what steers it is escaped.

    Names of files may hold such characters: controls, and those that turn the direction of what follows.
    """
    return "\n".join("".join(map(_shown, line)) for line in text.split("\n"))


def _shown(letter: str) -> str:
    steers = letter != "\t" and unicodedata.category(letter) in ("Cc", "Cf") and letter not in "\u200c\u200d"
    return letter.encode("unicode_escape").decode() if steers else letter


def print_error(said: str, sentence: str, *, as_json: bool = False) -> None:
    """Print a sentence on stderr after the word that says what it is, and for a program as JSON on stdout, too."""
    print(printable(f"{said}: {sentence}"), file=sys.stderr)
    if as_json:
        print(json.dumps({"error": sentence}))


def print_any_name() -> None:
    """Let what is printed hold names of files that the terminal's encoding has no letters for: they are escaped."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a notebook's own streams take any text
        sys.stdout.reconfigure(errors="backslashreplace")
