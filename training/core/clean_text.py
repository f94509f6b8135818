"""Text from outside as it may be stored, echoed and listed: on one line, encodable, bounded."""

from __future__ import annotations

import os
import unicodedata

import regex

WORKING_FACTOR = 8  # of a text that is too long, so much is looked at: what is removed may leave room for the rest
CONTROLS = regex.compile(r"\p{Cc}")  # line ends and tabs among them: each becomes a space
# Lone surrogates, which no encoding can hold; noncharacters; format characters, such as U+202E, which turn the
# direction of what follows; and Hangul's fillers, which are letters that nobody sees. Joiners are part of emoji and of
# words, tags (U+E0020 to U+E007F) of flags alone.
REMOVED = regex.compile(
    r"\p{Cs}|\p{Noncharacter_Code_Point}|[\p{Cf}--[\u200c\u200d\U000E0020-\U000E007F]]"
    r"|[\u115f\u1160\u3164\uffa0]"
    r"|(?<!\U0001F3F4[\U000E0020-\U000E007F]*)[\U000E0020-\U000E007F]",
    regex.V1,
)
JOINERS = "\u200c\u200d"  # at an end they would join with what stands beside the text
CLUSTER = regex.compile(r"\X")


def clean_text(text: str, longest: int) -> str:
    """Return a text on one line in NFC, of at most `longest` code points, that every encoding of Unicode can hold.

    Control, direction and other invisible characters are removed; a text that is too long ends before the grapheme
    cluster (UAX 29: a letter with its marks, an emoji with its parts) that would be cut.
    """
    if text.isascii() and text.isprintable():  # as most are: nothing to remove, and every character a sign of its own
        return " ".join(text.split())[:longest].rstrip()
    visible = REMOVED.sub("", CONTROLS.sub(" ", text[: WORKING_FACTOR * longest]))
    line = unicodedata.normalize("NFC", " ".join(visible.split()))
    return _cut(line.strip(JOINERS + " "), longest).strip(JOINERS + " ")


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    end = 0
    for cluster in CLUSTER.finditer(text):
        if cluster.end() > longest:
            break
        end = cluster.end()
    return text[:end]


def encodable(name: str) -> str:
    r"""Return the name of a file so that UTF-8 can hold it: bytes that are not UTF-8 become escapes such as `\xe9`."""
    if name.isascii():
        return name
    try:
        data = os.fsencode(name)
    except UnicodeEncodeError:  # half of a surrogate pair that no system's names have
        data = name.encode("utf-8", "backslashreplace")
    return data.decode("utf-8", "backslashreplace")
