"""What opening a stranger's picture may cost: each of its dear parts is counted before anything is decoded."""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from training.core.png_chunks import SIGNATURE, PngError, walk
from training.core.regular_file import open_regular

MAX_FILE_BYTES = 2**30  # of a file that is opened by its path; bytes were counted by whoever received them
MAX_SCANS = 32  # of a JPEG; progressive encoders write about ten, and each costs a pass over all its pixels
MAX_SEGMENTS = 4096  # of a JPEG, each a step of Pillow's in Python
MAX_CHUNKS = 16_384  # of a PNG; an uncompressed tile of the largest generator in pieces of 8 KiB has 2,400
MAX_EXTRA_CHUNKS = 64  # of a PNG, besides its pixels; Pillow unpacks at most 1 MiB of each
MAX_TEXT_BYTES = 2**20  # of all text in a PNG, as the file holds it
MAX_RLE_BYTES = 2**18  # of a run-length coded BMP, which Pillow unpacks in Python
MAX_TIFF_VALUES = 65_536  # of one tag: an offset for each strip or tile, and Pillow makes a decoder for each
SECONDS = 5.0  # the last resort, for what none of the others foresaw
TEXT = ("tEXt", "zTXt", "iTXt")
MARKER = re.compile(rb"\xff[^\x00\xff]")  # in a JPEG; FF 00 is a value of the pixels, and FFs may stand in a row
# Markers without a segment: reserved ones, at which libjpeg gives up or, where it looks for a restart, goes on to the
# next marker whatever length follows; restarts; the start.
BARE = frozenset({*range(0x01, 0xC0), *range(0xD0, 0xD9)})
SCAN, END = 0xDA, 0xD9
RLE = (1, 2)
ONE_BYTE_TYPES = (1, 2, 6, 7)  # of a TIFF's tags: bytes and text, which cost no more than they are long

# What a picture can be too dear in; the page has each of them in its languages.
SENTENCES = {
    "too_many_scans": "The JPEG has more than {limit} scans, the most that are read.",
    "too_many_segments": "The {kind} is in more than {limit} parts, the most that are read.",
    "too_much_text": "The PNG holds more than {limit} bytes of text, the most that are read.",
    "run_length_too_large": "The BMP is run-length coded and has more than {limit} bytes, the most that are read.",
    "too_slow": "The picture takes more than {limit} seconds to read, the most that are given to one.",
}


OTHERS = {  # for which a verdict has words of its own
    "too_many_pixels": "The picture has more than {limit} pixels, the most that are read.",
    "file_too_large": "The file has {size} bytes; at most {limit} are read.",
}


class PictureCostError(ValueError):
    """A picture would cost too much to read: `code` is a key of SENTENCES or OTHERS, and `values` fill that text."""

    def __init__(self, code: str, **values: Any) -> None:
        self.code, self.values = code, values
        super().__init__((SENTENCES | OTHERS)[code].format(**values))


class _TimedFile(io.BytesIO):
    """A file in memory that raises PictureCostError once it is read later than `seconds` after it was opened.

    Decoders written in Python read a little at a time; those written in C are held by the counts.
    """

    def __init__(self, data: bytes, name: str, seconds: float) -> None:
        super().__init__(data)
        self._shown, self._seconds, self._deadline = name, seconds, time.monotonic() + seconds

    def read(self, size: int | None = -1, /) -> bytes:
        if time.monotonic() > self._deadline:
            raise PictureCostError("too_slow", limit=f"{self._seconds:g}")
        return super().read(size)

    def __repr__(self) -> str:  # what Pillow calls a file that it cannot identify
        return repr(self._shown)


@contextmanager
def open_picture(
    source: Path | bytes, formats: list[str] | tuple[str, ...], max_pixels: int, *, seconds: float = SECONDS
) -> Iterator[Image.Image]:
    """Open a picture, a file or its bytes, of one of Pillow's `formats` and of at most `max_pixels` pixels.

    Every picture that comes from outside is opened here. Raises PictureCostError where it would cost too much, and
    whatever Pillow raises where it is damaged.
    """
    data = source if isinstance(source, bytes) else _content(source)
    check_cost(data)
    name = "the picture" if isinstance(source, bytes) else str(source)
    with Image.open(_TimedFile(data, name, seconds), formats=formats) as image:
        if image.width * image.height > max_pixels:
            raise PictureCostError("too_many_pixels", limit=max_pixels)
        yield image


def _content(path: Path) -> bytes:
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_FILE_BYTES:
            raise PictureCostError("file_too_large", size=size, limit=MAX_FILE_BYTES)
        return file.read()


def check_cost(data: bytes) -> None:
    """Count what makes a JPEG, PNG, BMP or TIFF dear to decode, and raise PictureCostError where it is too much."""
    if data.startswith(b"\xff\xd8"):
        _check_jpeg(data)
    elif data.startswith(SIGNATURE):
        _check_png(data)
    elif data.startswith(b"BM"):
        if int.from_bytes(data[30:34], "little") in RLE and len(data) > MAX_RLE_BYTES:
            raise PictureCostError("run_length_too_large", limit=MAX_RLE_BYTES)
    elif data.startswith((b"II", b"MM")):
        _check_tiff(data, "little" if data.startswith(b"II") else "big")


def _check_jpeg(data: bytes) -> None:
    scans = 0
    for count, marker in enumerate(_markers(data), start=1):
        scans += marker == SCAN
        if scans > MAX_SCANS:
            raise PictureCostError("too_many_scans", limit=MAX_SCANS)
        if count > MAX_SEGMENTS:
            raise PictureCostError("too_many_segments", kind="JPEG", limit=MAX_SEGMENTS)


def _markers(data: bytes) -> Iterator[int]:
    """Yield the markers of a JPEG that begin a segment, as libjpeg finds them (ITU-T T.81, annex B)."""
    found = MARKER.search(data, 2)
    while found and data[found.end() - 1] != END:
        marker, position = data[found.end() - 1], found.end()
        if marker not in BARE:
            yield marker
            position += int.from_bytes(data[position : position + 2], "big")
        found = MARKER.search(data, position)


def _check_png(data: bytes) -> None:
    extra = text = 0
    try:
        for count, chunk in enumerate(walk(data), start=1):
            extra += chunk.name != "IDAT"
            text += len(chunk.body) if chunk.name in TEXT else 0
            if text > MAX_TEXT_BYTES:
                raise PictureCostError("too_much_text", limit=MAX_TEXT_BYTES)
            if count > MAX_CHUNKS or extra > MAX_EXTRA_CHUNKS:
                limit = MAX_EXTRA_CHUNKS if extra > MAX_EXTRA_CHUNKS else MAX_CHUNKS
                raise PictureCostError("too_many_segments", kind="PNG", limit=limit)
    except PngError:
        return  # Pillow stops at the same place


def _check_tiff(data: bytes, order: Any) -> None:
    """Look at the counts in the first directory of a TIFF or BigTIFF (TIFF 6.0, section 2)."""

    def number(position: int, size: int) -> int:
        return int.from_bytes(data[position : position + size], order)

    big = number(2, 2) == 43
    width, entry = (8, 20) if big else (4, 12)
    start = number(8, 8) if big else number(4, 4)
    first = start + (8 if big else 2)
    for position in range(first, min(first + entry * number(start, first - start), len(data)), entry):
        if number(position + 2, 2) not in ONE_BYTE_TYPES and number(position + 4, width) > MAX_TIFF_VALUES:
            raise PictureCostError("too_many_segments", kind="TIFF", limit=MAX_TIFF_VALUES)
