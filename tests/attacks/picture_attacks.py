"""Attacks by files that are said to be exported tiles."""

from __future__ import annotations

import base64
import io
import struct
import time
import zlib

import httpx
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.attacks.attack_list import attack
from tests.attacks.running_studio import RunningStudio

SIGNATURE = b"\x89PNG\r\n\x1a\n"
QUICK_SECONDS = 15.0


def chunk(kind: bytes, data: bytes, length: int | None = None) -> bytes:
    """Return a chunk of a PNG, which may lie about its length."""
    body = kind + data
    return struct.pack(">I", len(data) if length is None else length) + body + struct.pack(">I", zlib.crc32(body))


def header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def inserted(png: bytes, *chunks: bytes) -> bytes:
    """Put chunks behind the first one of a PNG."""
    return png[:33] + b"".join(chunks) + png[33:]


def assert_refused_quickly(studio: RunningStudio, *files: bytes) -> None:
    """Fail where a file passes, or costs long."""
    for data in files:
        start = time.monotonic()
        assert not studio.passes(data), data[:40]
        assert "error" in studio.ask("explore.open_tile", file=base64.b64encode(data).decode(), visitor="v"), data[:40]
        assert time.monotonic() - start < QUICK_SECONDS, data[:40]


def saved(kind: str, side: int = 160, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((side, side, 3), np.uint8)).save(buffer, kind, **options)
    return buffer.getvalue()


@attack("pictures", "a picture of ten thousand million pixels", "refused before it is decoded")
def pixel_bomb(studio: RunningStudio) -> None:
    idat = chunk(b"IDAT", zlib.compress(bytes(10**6)))
    assert_refused_quickly(
        studio,
        *(
            header(*size) + idat + chunk(b"IEND", b"")
            for size in ((100_000, 100_000), (2**31 - 1, 1), (1, 2**31 - 1), (0, 0))
        ),
    )


@attack("pictures", "the pixels of a small picture that unpack to gigabytes", "refused, bounded")
def data_bomb(studio: RunningStudio) -> None:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(1024)) + packer.flush()
    assert_refused_quickly(studio, header(160, 160) + chunk(b"IDAT", packed) + chunk(b"IEND", b""))


@attack("pictures", "chunks that lie about their length, order and sum", "refused")
def lying_chunks(studio: RunningStudio) -> None:
    honest = studio.exported()
    assert_refused_quickly(
        studio,
        header(160, 160) + chunk(b"IDAT", b"x", 2**32 - 1),
        header(160, 160) + chunk(b"IDAT", b"x", 2**31),
        SIGNATURE + chunk(b"IDAT", b"x") + chunk(b"IEND", b""),
        SIGNATURE,
        honest[:-40],
        honest[:29] + b"\x00\x00\x00\x00" + honest[33:],
    )


@attack("pictures", "texts of a PNG that unpack to gigabytes", "refused, bounded")
def text_bomb(studio: RunningStudio) -> None:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"a" * 2**20) for _ in range(512)) + packer.flush()
    bombs = (
        chunk(b"zTXt", b"gan-race\0\0" + packed),
        chunk(b"iTXt", b"gan-race\0\1\0\0\0" + packed),
        chunk(b"iCCP", b"x\0\0" + packed),
    )
    for bomb in bombs:
        start = time.monotonic()
        assert not studio.passes(inserted(header(160, 160) + chunk(b"IEND", b""), bomb))
        studio.verify(inserted(studio.exported(), bomb))
        assert time.monotonic() - start < 2 * QUICK_SECONDS


@attack("pictures", "a PNG of a hundred thousand chunks", "refused")
def many_chunks(studio: RunningStudio) -> None:
    assert_refused_quickly(
        studio, inserted(header(160, 160) + chunk(b"IEND", b""), *[chunk(b"tEXt", b"a\0b")] * 100_000)
    )


@attack("pictures", "a JPEG of a thousand scans", "refused before it is decoded")
def scans(studio: RunningStudio) -> None:
    jpeg = saved("JPEG", 2000, progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    assert_refused_quickly(studio, jpeg[:last] + jpeg[last:-2] * 1000 + b"\xff\xd9")


@attack("pictures", "animations, TIFFs and other formats as tiles", "no pass")
def other_formats(studio: RunningStudio) -> None:
    frames = [Image.fromarray(np.full((160, 160, 3), number, np.uint8)) for number in range(100)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    tiff = bytearray(saved("TIFF"))
    assert_refused_quickly(studio, buffer.getvalue(), bytes(tiff), saved("BMP"), saved("WEBP"), saved("ICO", 64))


@attack("pictures", "files that are no pictures, or two things at once", "refused")
def polyglots(studio: RunningStudio) -> None:
    html = b"<html><script>alert(1)</script>"
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>"
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(/etc/passwd) (r) file\n"
    assert_refused_quickly(studio, html, svg, postscript, b"", b"\x00" * 1000, b"PK\x03\x04" + html, b"GIF89a" + html)


@attack("pictures", "one value of an honest tile changed", "fail")
def changed_pixel(studio: RunningStudio) -> None:
    honest = studio.exported()
    assert studio.passes(honest)
    picture = Image.open(io.BytesIO(honest))
    text = dict(picture.text)
    pixels = np.asarray(picture).copy()
    pixels[3:13, 3:13] ^= 0x40
    buffer = io.BytesIO()
    info = PngInfo()
    for name, value in text.items():
        info.add_text(name, value)
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=info)
    assert not studio.passes(buffer.getvalue())


@attack("pictures", "a profile, a gamma, a rotation that changes what is seen", "no pass")
def appearance(studio: RunningStudio) -> None:
    honest = studio.exported()
    rotated = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    for extra in (
        chunk(b"gAMA", struct.pack(">I", 10)),
        chunk(b"iCCP", b"x\0\0" + zlib.compress(b"profile")),
        chunk(b"eXIf", rotated),
        chunk(b"tRNS", bytes(6)),
        chunk(b"evIl", b"x"),
    ):
        assert not studio.passes(inserted(honest, extra)), extra[4:8]


@attack("pictures", "an honest tile that claims another seed or checkpoint", "fail")
def other_claims(studio: RunningStudio) -> None:
    honest = studio.exported(3)
    for seed in (4, 0, 2**32 - 1):
        answer = studio.ask(
            "verify.verify_tile", file=base64.b64encode(honest).decode(), visitor="v", sha256=studio.sha256, seed=seed
        )
        assert not str(answer.get("outcome", "")).startswith("pass"), seed


@attack("pictures", "manifests with paths, scripts, depth and numbers without end", "no pass, no traceback")
def manifests(studio: RunningStudio) -> None:
    picture = header(160, 160) + chunk(b"IDAT", zlib.compress(bytes(160 * 481))) + chunk(b"IEND", b"")
    key = next(iter(Image.open(io.BytesIO(studio.exported())).text))
    texts = (
        "[" * 50_000,
        "{" * 50_000,
        "1" * 50_000,
        '{"seed": 1e999}',
        '{"seed": NaN}',
        '{"checkpoint_sha256": "../../etc/passwd", "seed": -1}',
        '{"file": "<script>alert(1)</script>\\u202e"}',
        "null",
        "",
    )
    for text in texts:
        data = inserted(picture, chunk(b"tEXt", key.encode() + b"\0" + text.encode("latin-1")))
        assert not studio.passes(data), text[:30]


@attack("pictures", "a file in base64 that is none, or of gigabytes", "error_request or 413")
def bad_base64(studio: RunningStudio) -> None:
    for text in ("====", "<>", "AAA", "\u202e", 5, None, ["AAAA"], "A" * (17 * 2**20 * 4 // 3)):
        assert "error" in studio.ask("verify.verify_tile", file=text, visitor="v")
    body = b'{"data": {"file": "' + b"A" * (25 * 2**20) + b'"}}'
    answer = httpx.post(
        f"{studio.address}/gradio_api/component_server/",
        content=body,
        headers={"content-type": "application/json"},
        timeout=60,
    )
    assert answer.status_code == 413
