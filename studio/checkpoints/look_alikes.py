"""Names that a reader can take for one another: letters and signs of the same look, or one number more.

What two names have in common is a skeleton, as in Unicode Technical Standard 39 (Unicode Security Mechanisms), of which
the table here has the part that matters: signs that look like Latin letters and digits. Letters that it lacks are read
by their names ("Latin small letter B with hook"), or match any letter where a name mixes scripts to look like another.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection

import regex

SIGNS = {  # Latin letter -> small letters, or signs, of the same look once compatible forms are folded
    "a": "аαɑᴀᎪ@卂",
    "b": "ьƅʙвβᏴ乃",
    "c": "сᴄᏟ匚",
    "d": "ԁđɗᴅᎠ刀",
    "e": "еҽєɛεᴇᎬ乇",
    "f": "ғƒꜰꞙẝϝ千",
    "g": "ɡɢցԍƍ",
    "h": "һհнʜᎻ卄",
    "j": "јϳʝᴊᎫ",
    "k": "кκᴋҝқĸᏦ",
    "l": "1i|!ӏıіɩιłɪאןلاⲓɫᴌʟɭⵏꙇᎥㄥ丨工",
    "m": "мᴍμᎷ爪",
    "n": "пոռηиɴŋπ几",
    "o": "0оοσօøөωᴏס०௦๐໐ഠဝ○ⲟꬽㄖ口ロ",
    "p": "рρᴘƥᏢ卩",
    "q": "ԛգզ",
    "r": "гᴦʀꭇᎱᎡ尺",
    "s": "ѕꜱƽʂᏚ$丂",
    "t": "тτᴛŧᎢㄒ丅",
    "u": "υսцᴜʋꭎㄩ",
    "v": "ѵνᴠ∨Ꮩ",
    "w": "ѡԝաɯᴡᎳш山",
    "x": "хχ×ᕁ乂",
    "y": "уүγʏყꭚ丫",
    "z": "ᴢʐƶᏃ乙",
}
CAPITALS = str.maketrans("ΥΗΝΖ", "yhnz")  # whose small letters look like others
LETTERS = {ord(sign): letter for letter, signs in SIGNS.items() for sign in signs}
PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))  # that look like one letter
NUMBER = regex.compile(r"(?<=\p{L}\p{M}*)\p{N}+[^\p{L}\p{N}]*$")  # directly behind a letter
IGNORED = regex.compile(r"\p{Default_Ignorable_Code_Point}")  # of no look, though Hangul's fillers count as letters
NAMED = re.compile(r"(?:.* )?(?:LATIN|REGIONAL INDICATOR)(?: .*)? LETTER (?:.* )?([A-Z])(?: WITH .*)?")  # a letter's
LATIN = regex.compile(r"\p{Latin}")
EAST_ASIAN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Bopomofo}ー]")  # with which Latin is mixed
CAPITAL_LIKE = regex.compile(  # scripts that look like Latin capitals throughout
    r"[\p{Lisu}\p{Cherokee}\p{Canadian_Aboriginal}\p{Coptic}\p{Gothic}\p{Old_Italic}\p{Deseret}\p{Osage}\p{Runic}"
    r"\p{Tifinagh}\p{Vai}\p{Carian}\p{Lycian}\p{Lydian}\p{Elbasan}\p{Warang_Citi}]"
)
ANY = "\0"  # in a skeleton, what looks like a letter that is not known


def skeleton(name: str) -> str:
    """Return what two names have in common that a reader takes for the same."""
    visible = IGNORED.sub("", name)
    small = unicodedata.normalize("NFKC", visible).translate(CAPITALS).casefold()
    is_latin = LATIN.search(small) is not None
    found = "".join(_seen(one, is_latin) for one in unicodedata.normalize("NFKD", small))
    for pair, letter in PAIRS:
        found = found.replace(pair, letter)
    return found or name


def passes_for(name: str, others: Collection[str]) -> bool:
    """Tell whether a reader may take a name for one of these, or for one of them with a number that was added to it."""
    visible = IGNORED.sub("", name)
    skeletons = {skeleton(visible), skeleton(NUMBER.sub("", visible))}
    return any(_agree(one, skeleton(other)) for other in others for one in skeletons)


def _agree(found: str, known: str) -> bool:
    return len(found) == len(known) and all(one in (ANY, other) for one, other in zip(found, known, strict=True))


def _seen(one: str, is_latin: bool) -> str:
    """Return the letter that a sign is taken for, ANY for one that is not known, nothing for what is no letter."""
    plain = _plain(one)
    if not plain or plain.isascii() or EAST_ASIAN.match(plain):
        return plain
    return ANY if is_latin or CAPITAL_LIKE.match(plain) else plain


@functools.cache
def _plain(one: str) -> str:
    """Return a sign as the Latin letter or digit of its look, where the table or its name tells."""
    if ord(one) in LETTERS:
        return LETTERS[ord(one)]
    if one.isascii():
        return one if one.isalnum() else ""
    if one.isdecimal():
        digit = str(unicodedata.decimal(one))
        return LETTERS.get(ord(digit), digit)
    named = NAMED.fullmatch(unicodedata.name(one, ""))
    if named:
        return named[1].lower()
    return one if one.isalnum() else ""
