"""Names that a reader can take for one another: letters and signs of the same look, or one number more.

What two names have in common is a skeleton, as in Unicode Technical Standard 39 (Unicode Security Mechanisms), of which
the table here has the part that matters: signs that look like Latin letters and digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

SIGNS = {  # Latin letter -> small letters, or signs, of the same look once compatible forms are folded
    "a": "аαɑᴀᎪ",
    "b": "ьƅʙвβᏴ",
    "c": "сᴄᏟ",
    "d": "ԁđɗᴅᎠ",
    "e": "еҽєɛεᴇᎬ",
    "f": "ғƒꜰꞙẝϝ",
    "g": "ɡɢցԍƍ",
    "h": "һհнʜᎻ",
    "j": "јϳʝᴊᎫ",
    "k": "кκᴋҝқĸᏦ",
    "l": "1i|!ӏıіɩιłɪאןلاⲓɫᴌʟɭⵏꙇᎥ",
    "m": "мᴍμᎷ",
    "n": "пոռηиɴŋπ",
    "o": "0оοσօøөωᴏס०௦๐໐ഠဝ○ⲟꬽ",
    "p": "рρᴘƥᏢ",
    "q": "ԛգզ",
    "r": "гᴦʀꭇᎱᎡ",
    "s": "ѕꜱƽʂᏚ",
    "t": "тτᴛŧᎢ",
    "u": "υսцᴜʋꭎ",
    "v": "ѵνᴠ∨Ꮩ",
    "w": "ѡԝաɯᴡᎳш",
    "x": "хχ×ᕁ",
    "y": "уүγʏყꭚ",
    "z": "ᴢʐƶᏃ",
}
CAPITALS = str.maketrans("ΥΗΝΖ", "yhnz")  # whose small letters look like others
LETTERS = {ord(sign): letter for letter, signs in SIGNS.items() for sign in signs}
PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))  # that look like one letter
NUMBER = re.compile(r"(?<=[^\W\d_])\d+$")  # directly behind a letter


def skeleton(name: str) -> str:
    """Return what two names have in common that a reader takes for the same."""
    small = unicodedata.normalize("NFKC", name).translate(CAPITALS).casefold()
    decomposed = unicodedata.normalize("NFKD", small)
    letters = "".join(one for one in decomposed if one.isalnum() or ord(one) in LETTERS)
    found = letters.translate(LETTERS)
    for pair, letter in PAIRS:
        found = found.replace(pair, letter)
    return found or name


def passes_for(name: str, others: Collection[str]) -> bool:
    """Tell whether a reader may take a name for one of these, or for one of them with a number that was added to it."""
    normal = unicodedata.normalize("NFKC", name).strip()
    skeletons = {skeleton(normal), skeleton(NUMBER.sub("", normal))}
    return any(skeleton(other) in skeletons for other in others)
