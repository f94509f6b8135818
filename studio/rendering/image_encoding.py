"""Pixels as JPEG, PNG and thumbnails."""

from __future__ import annotations

import io

from PIL import Image

from training.core.pixels import Pixels

JPEG_QUALITY = 85


def to_jpeg(pixels: Pixels) -> bytes:  # [H, W, 3]
    """Encode a picture for looking at it: some 10 ms, where a PNG takes hundreds."""
    return _encode(Image.fromarray(pixels), "JPEG", quality=JPEG_QUALITY)


def to_png(pixels: Pixels) -> bytes:  # [H, W, 3]
    """Encode a picture without loss and without metadata."""
    return _encode(Image.fromarray(pixels), "PNG")


def to_thumbnail(pixels: Pixels, width: int) -> bytes:  # [H, W, 3]
    """Encode a tile, or its upper rows, as a JPEG of this width, or of its own where that is smaller."""
    return _encode(_shrink(Image.fromarray(pixels), width), "JPEG", quality=JPEG_QUALITY)


def _shrink(image: Image.Image, width: int) -> Image.Image:
    """Return a picture in this width, or as it is where it has less."""
    if width >= image.width:
        return image
    if image.width % width == 0:
        return image.reduce(image.width // width)  # the same means, several times as fast
    return image.resize((width, max(round(image.height * width / image.width), 1)), Image.Resampling.BOX)


def _encode(image: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
