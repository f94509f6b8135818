"""What in a PNG makes it look other than its 8-bit RGB values, which are all that a comparison of pixels sees."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from training.core.png_chunks import Chunk, PngError, walk

HEADER = ">IIBBBBB"
HARMLESS = frozenset({"IHDR", "IDAT", "IEND", "tEXt", "zTXt", "iTXt", "tIME"})
ANIMATION = frozenset({"acTL", "fcTL", "fdAT"})
RGB = "rgb"
COLOURS = {0: "grey", 2: RGB, 3: "palette", 4: "grey_alpha", 6: "rgba"}
COLOURS_NAMED = {
    "grey": "grey",
    RGB: "RGB",
    "palette": "palette",
    "grey_alpha": "grey with alpha",
    "rgba": "RGB with alpha",
}
LISTED = 5  # chunks that a sentence names
UNKNOWN = "unknown"

# What a chunk that is not among the harmless ones does; the page has each of them in its languages.
EFFECTS = {
    "PLTE": "a palette",
    "bKGD": "a background colour",
    "cHRM": "other primary colours",
    "cICP": "a colour space of video",
    "cLLI": "the brightness of a screen",
    "eXIf": "a camera's data, which may turn the picture",
    "gAMA": "another brightness",
    "hIST": "how often colours occur",
    "iCCP": "a colour profile",
    "mDCV": "the colours of a screen",
    "oFFs": "an offset on the page",
    "pCAL": "another meaning of the values",
    "pHYs": "pixels that are not square",
    "sBIT": "fewer bits that count",
    "sCAL": "a size of the pixels",
    "sPLT": "a palette to choose from",
    "sRGB": "a colour space of no known kind",
    "sTER": "two pictures for two eyes",
    "tRNS": "transparent colours",
    UNKNOWN: "nothing that is known here",
}


@dataclass(frozen=True)
class Appearance:
    """How a PNG would be shown: `problem` is why it is no exact tile (a key of the verdict's SENTENCES), or None.

    `values` fill that sentence; `trailing_bytes` follow the end of the picture.
    """

    problem: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    trailing_bytes: int = 0


def examine(data: bytes) -> Appearance:
    """Say what of a PNG changes how it looks, without decoding it. Raises PngError where it is damaged.

    Only chunks that are known to be harmless are passed over, so that one that is invented tomorrow is told as well.
    """
    chunks = list(walk(data))
    bits, colour = _checked_header(chunks)
    trailing = len(data) - chunks[-1].end
    odd = list(dict.fromkeys(chunk.name for chunk in chunks if not _harmless(chunk)))
    if ANIMATION & set(odd):
        return Appearance("animated", {}, trailing)
    if bits != 8 or colour != RGB:  # nor with an alpha channel, be it opaque everywhere
        return Appearance("not_rgb", {"bits": bits, "colour": colour, "pixels": COLOURS_NAMED[colour]}, trailing)
    if odd:
        values = {"names": odd[:LISTED], "more": len(odd[LISTED:]), "chunks": _named(odd)}
        return Appearance("looks_different", values, trailing)
    return Appearance(trailing_bytes=trailing)


def _checked_header(chunks: list[Chunk]) -> tuple[int, str]:
    """Return the bits of a value and the kind of colour, or refuse what Pillow reads and a browser does not."""
    names = [chunk.name for chunk in chunks]
    if names[0] != "IHDR" or names.count("IHDR") != 1 or len(chunks[0].body) != struct.calcsize(HEADER):
        raise PngError("It does not begin with one header of 13 bytes.")
    _, _, bits, colour, *methods = struct.unpack(HEADER, chunks[0].body)
    if colour not in COLOURS or methods not in ([0, 0, 0], [0, 0, 1]):  # the last: interlaced, which looks the same
        raise PngError(f"Its header asks for colour type {colour} and methods {methods}, which no PNG has.")
    pixels = [index for index, name in enumerate(names) if name == "IDAT"]
    if not pixels or pixels[-1] - pixels[0] != len(pixels) - 1:
        raise PngError("Its pixels are missing, or other chunks stand among them.")
    return bits, COLOURS[colour]


def _harmless(chunk: Chunk) -> bool:
    if chunk.name == "pHYs":  # equal pixels per unit both ways
        return len(chunk.body) == 9 and chunk.body[:4] == chunk.body[4:8]
    if chunk.name == "sRGB":  # which a picture without it is taken for; one of four ways to fit a smaller range
        return len(chunk.body) == 1 and chunk.body[0] < 4
    return chunk.name in HARMLESS


def _named(names: list[str]) -> str:
    named = [f"{name} ({EFFECTS.get(name, EFFECTS[UNKNOWN])})" for name in names[:LISTED]]
    return ", ".join([*named, "..."] if len(names) > LISTED else named)
