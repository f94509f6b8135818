"""What somebody may have meant by a word that is not one of those allowed."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LIKENESS = 0.6  # from 0, nothing alike, to 1, equal


def nearest(word: object, allowed: Iterable[str]) -> str | None:
    """Return the allowed word that is most like another one, whatever the letter case; None where none is near."""
    names = {name.casefold(): name for name in allowed}
    found = get_close_matches(str(word).casefold(), names, n=1, cutoff=LIKENESS)
    return names[found[0]] if found else None


def did_you_mean(word: object, allowed: Iterable[str]) -> str:
    """Return the end of a sentence that offers the nearest allowed word, or nothing where none is near."""
    found = nearest(word, allowed)
    return f"; did you mean {found!r}?" if found else ""


def sentence(text: str, word: object, allowed: Iterable[str]) -> str:
    """Return a text without its full stop as a sentence that ends with what may have been meant."""
    return text + (did_you_mean(word, allowed) or ".")
