"""What makes a picture dear is counted before it is decoded, and no ordinary picture is refused."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from training.core import picture_limits
from training.core.picture_limits import PictureCostError, check_cost, open_picture
from training.core.png_chunks import PngError, walk

ALL = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")


def saved(kind: str, size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def png(*extra: tuple[bytes, bytes]) -> bytes:
    """Put chunks in front of the pixels of a PNG."""
    data = saved("PNG")
    parts = [struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in extra]
    return data[:33] + b"".join(parts) + data[33:]


def with_scans(more: int) -> bytes:
    """Repeat the last scan of a progressive JPEG."""
    data = saved("JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    return data[:start] + data[start:-2] * more + data[-2:]


def opened(data: bytes | Path, limit: int = 10_000, **options: Any) -> tuple[int, int]:
    with open_picture(data, ALL, limit, **options) as image:
        image.load()
        return image.size


def code_of(data: bytes) -> str:
    with pytest.raises(PictureCostError) as error:
        opened(data)
    assert str(error.value).endswith(".")
    return error.value.code


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "quality": 100, "subsampling": 0, "icc_profile": b"\xff\xda" * 9000}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
)
def test_an_ordinary_picture_is_opened_as_bytes_and_by_its_path(
    kind: str, options: dict[str, Any], tmp_path: Path
) -> None:
    data = saved(kind, **options)
    (tmp_path / "picture").write_bytes(data)
    assert opened(data) == opened(tmp_path / "picture") == (40, 30)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("scans", [40, 900])
def test_a_jpeg_of_many_scans_is_refused(scans: int) -> None:
    assert code_of(with_scans(scans)) == "too_many_scans"


def test_scans_are_counted_as_a_decoder_finds_them() -> None:
    assert opened(with_scans(10)) == (40, 30)
    decoy = b"\xff\xda" * 500
    data = saved("JPEG")
    assert opened(data[:2] + b"\xff\xe5" + struct.pack(">H", 1002) + decoy + data[2:]) == (40, 30)
    assert opened(data + decoy) == (40, 30)  # a telephone puts a film behind a photograph
    padded = with_scans(40).replace(b"\xff\xda", b"\xff\xff\xff\xda")
    assert code_of(padded) == "too_many_scans"


@pytest.mark.parametrize("marker", [0x02, 0x3F, 0xBF, 0xD3])
@pytest.mark.parametrize("length", [2, 4096, 0xFFFF])
def test_scans_behind_a_marker_that_has_no_length_are_counted(marker: int, length: int) -> None:
    many = with_scans(40)
    first = many.index(b"\xff\xda")
    second = many.index(b"\xff\xda", first + 2)
    skipped = bytes((0xFF, marker)) + length.to_bytes(2, "big")
    restarting = many[:first] + b"\xff\xdd\x00\x04\x00\x01" + many[first:second] + skipped + many[second:]
    assert code_of(restarting) == "too_many_scans"


def test_the_markers_of_a_photograph_without_an_end_are_searched_once() -> None:
    check_cost(b"\xff\xd8" + b"\xff" * 3_000_000 + b"\0")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff\xd8" + b"\xff\xfe\0\2" * 5000 + saved("JPEG")[2:], "too_many_segments"),
        (png(*[(b"tIME", b"1234567")] * 65), "too_many_segments"),
        (png(*[(b"IDAT", b"")] * 17_000), "too_many_segments"),
        (png((b"tEXt", b"a\0" + b"b" * 600_000), (b"zTXt", b"a\0\0" + b"b" * 600_000)), "too_much_text"),
        (b"BM" + bytes(28) + b"\1" + bytes(300_000), "run_length_too_large"),
        (b"BM" + bytes(28) + b"\2" + bytes(300_000), "run_length_too_large"),
        (struct.pack("<2sHIHHHII", b"II", 42, 8, 1, 273, 4, 2_000_000, 8), "too_many_segments"),
        (struct.pack(">2sHIHHHII", b"MM", 42, 8, 1, 324, 3, 70_000, 8), "too_many_segments"),
        (struct.pack("<2sHHHQQHHQQ", b"II", 43, 8, 0, 16, 1, 273, 16, 70_000, 0), "too_many_segments"),
    ],
)
def test_whatever_is_in_too_many_parts_is_refused(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_a_picture_of_more_pixels_than_asked_for_is_not_decoded(tmp_path: Path) -> None:
    data = saved("PNG", (101, 100))
    with pytest.raises(PictureCostError, match=r"^The picture has more than 10000 pixels"):
        opened(data)
    assert opened(data, 10_100) == (101, 100)


def test_a_file_is_not_read_when_it_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_limits, "MAX_FILE_BYTES", 99)
    (tmp_path / "picture").write_bytes(bytes(100))
    with pytest.raises(PictureCostError, match=r"^The file has 100 bytes; at most 99 are read\.$"):
        opened(tmp_path / "picture")


def test_seconds_are_the_last_resort() -> None:
    with pytest.raises(PictureCostError, match=r"^The picture takes more than 0 seconds to read"):
        opened(saved("GIF"), seconds=0)


def test_what_cannot_be_identified_is_called_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"odd")
    with pytest.raises(OSError, match="odd'"):
        opened(tmp_path / "odd")


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"BM", b"II", b"MM\0\x2a", b"\x89PNG\r\n\x1a\n\0"])
def test_a_beginning_alone_costs_nothing(data: bytes) -> None:
    check_cost(data)


# the chunks of a PNG


def test_the_chunks_of_a_png_are_walked_up_to_its_end() -> None:
    data = png((b"tEXt", b"a\0b")) + b"more"
    found = list(walk(data))
    assert [chunk.name for chunk in found] == ["IHDR", "tEXt", "IDAT", "IEND"]
    assert bytes(found[1].body) == b"a\0b"
    assert found[-1].end == len(data) - 4


@pytest.mark.parametrize("place", [10, 13, 20, 31, 36, 60])
def test_a_byte_that_is_changed_stops_the_walk(place: int) -> None:
    data = np.frombuffer(saved("PNG"), np.uint8).copy()
    data[place] ^= 0x80
    with pytest.raises(PngError):
        list(walk(data.tobytes()))


@pytest.mark.parametrize("kept", [0, 7, 8, 19, 40, -12, -1])
def test_a_png_that_is_cut_has_no_end(kept: int) -> None:
    with pytest.raises(PngError):
        list(walk(saved("PNG")[:kept]))
