"""The small picture that lies beside a checkpoint, for lists."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from training.core.picture_limits import open_picture

PREVIEWS = ("preview.jpg", "preview.png")  # published, and in a run
MAX_BYTES = 16 * 2**20
MAX_SIDE = 2560


def small_preview(folder: Path, side: int) -> bytes | None:
    """Return the preview of a checkpoint as a JPEG of `side` pixels, or None where there is none that can be read.

    A link that leads out of the folder is not followed.
    """
    for name in PREVIEWS:
        path = folder / name
        try:
            if path.resolve().is_relative_to(folder.resolve()) and path.stat().st_size <= MAX_BYTES:
                return _small(path, side)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            continue  # no picture, or a damaged one
    return None


def _small(path: Path, side: int) -> bytes | None:
    with open_picture(path, ("JPEG", "PNG"), MAX_SIDE * MAX_SIDE) as picture:
        if max(picture.size) > MAX_SIDE:
            return None
        picture.draft("RGB", (side, side))  # a JPEG is decoded at a fraction of its size
        small = picture.convert("RGB").resize((side, side), Image.Resampling.BOX)
    encoded = io.BytesIO()
    small.save(encoded, "JPEG", quality=85)
    return encoded.getvalue()
