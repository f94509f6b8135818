"""Texts of others in tables that spreadsheets open."""

from __future__ import annotations

import unicodedata

FORMULA = ("=", "+", "-", "@")  # how a text begins that a spreadsheet would compute


def safe_cell(value: object) -> object:
    """Return a value as a cell may hold it; before a text that would be computed stands an apostrophe.

    Spreadsheets pass over spaces, tabs and line breaks before a formula, and take fullwidth signs for the others.
    """
    return f"'{value}" if isinstance(value, str) and _is_formula(value) else value


def _is_formula(text: str) -> bool:
    return text.startswith(("\t", "\r")) or unicodedata.normalize("NFKC", text).lstrip().startswith(FORMULA)
