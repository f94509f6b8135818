"""The chunks of a PNG, walked without decoding anything (PNG specification, third edition, W3C 2025, section 5)."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
FRAME = 12  # bytes of a chunk besides its body: length, name and checksum


class PngError(ValueError):
    """The chunks are not those of a whole PNG; the message says what is wrong."""


class Chunk(NamedTuple):
    """One chunk: its name, its body, and the byte of the file at which the next one begins."""

    name: str
    body: memoryview
    end: int


def walk(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a PNG up to IEND, each with its length and its checksum proved right. Raises PngError."""
    if not data.startswith(SIGNATURE):
        raise PngError("It does not begin like a PNG.")
    position, name = len(SIGNATURE), ""
    while name != "IEND":
        chunk = _chunk(memoryview(data), position)
        position, name = chunk.end, chunk.name
        yield chunk


def _chunk(data: memoryview, position: int) -> Chunk:
    end = position + FRAME
    if end > len(data):
        raise PngError(f"It ends at byte {len(data)}, before IEND.")
    length, name = struct.unpack_from(">I4s", data, position)
    end += length
    if end > len(data) or not re.fullmatch(b"[A-Za-z]{4}", name):
        raise PngError(f"The chunk at byte {position} has an impossible length or name.")
    if zlib.crc32(data[position + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
        raise PngError(f"The checksum of the chunk at byte {position} is wrong.")
    return Chunk(name.decode(), data[position + 8 : end - 4], end)
