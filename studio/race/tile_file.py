"""The file of a tile: an exact PNG written, and a stranger's file read within hard limits."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from studio.checkpoints.catalog import SHORT
from studio.race.manifest import CHUNK, MALFORMED, manifest, parse_manifest
from studio.race.png_appearance import Appearance, examine
from training.core.checkpoint import Checkpoint, canonical_json
from training.core.latents import SEED_LIMIT, check_seed
from training.core.picture_limits import PictureCostError, open_picture
from training.core.pixels import NotFiniteError, Pixels
from training.core.png_chunks import SIGNATURE
from training.core.tile import seed_tile

MAX_FILE_BYTES = 32 * 2**20  # an uncompressed tile of the largest generator (256 pixels) has 19 MiB
MAX_SIDE = 2560  # of that tile
MAX_PIXELS = MAX_SIDE * MAX_SIDE
TOO_MANY_PIXELS = {"limit": MAX_SIDE}
READ = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # not all that Pillow knows: EPS, for one, would run Ghostscript
LOSSY = frozenset({"JPEG", "MPO"})


@dataclass(frozen=True)
class Reading:
    """What a file holds: pixels and manifest, each with the reason where it is missing (a key of SENTENCES).

    `appearance` says what a PNG has besides its pixels that changes how it looks.
    """

    pixels: Pixels | None = None
    manifest: dict[str, Any] | None = None
    kind: str = ""
    problem: str | None = None
    manifest_problem: str = "no_manifest"
    values: dict[str, Any] = field(default_factory=dict)
    appearance: Appearance = field(default_factory=Appearance)


def export_png(checkpoint: Checkpoint, seed: int, psi: float = 1.0, *, seeds_looked_at: int | None = None) -> bytes:
    """Draw the tile of a seed and return it as a PNG with its manifest; equal versions give equal bytes.

    `seeds_looked_at`, how many seeds were seen before this one was chosen, is only declared: nobody can check it.
    The generator must be on the CPU in float32, as `load` returns it. Raises ValueError for a seed outside
    0 .. 2**32 - 1, a psi outside 0 .. 1, a count outside 1 .. 2**32, and a generator whose output is not finite.
    """
    declared = {} if seeds_looked_at is None else {"seeds_looked_at": _checked_count(seeds_looked_at)}
    try:
        tile = seed_tile(checkpoint.generator, check_seed(seed), psi)
    except NotFiniteError as error:
        error.sha256 = checkpoint.sha256
        raise
    return tile_png(checkpoint, seed, tile, psi, declared)


def tile_png(
    checkpoint: Checkpoint, seed: int, tile: Pixels, psi: float = 1.0, declared: Mapping[str, int] | None = None
) -> bytes:
    """Return a tile that was drawn as the PNG that `export_png` would give."""
    text = PngImagePlugin.PngInfo()
    text.add_itxt(CHUNK, canonical_json(manifest(checkpoint, seed, tile, psi) | {**(declared or {})}))
    buffer = io.BytesIO()
    Image.fromarray(tile).save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def _checked_count(count: object) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= SEED_LIMIT:
        raise ValueError(f"The count of seeds looked at, {count!r:.40}, is not a whole number from 1 to {SEED_LIMIT}.")
    return count


def file_name(checkpoint_sha256: str, seed: int, psi: float = 1.0) -> str:
    """Return the name of an exported tile: the short hash, the seed and a psi that is not 1, nobody's name."""
    truncated = "" if psi == 1.0 else f"_psi{psi!r}"
    return f"race_{checkpoint_sha256[:SHORT]}_seed{check_seed(seed)}{truncated}.png"


def read_png(data: bytes) -> Reading:
    """Read a stranger's file within hard limits; what is wrong with it is part of the answer, never an exception.

    Other kinds of pictures are read too, so that they can be told what they are.
    """
    if len(data) > MAX_FILE_BYTES:
        return Reading(problem="file_too_large", values={"size": len(data), "limit": MAX_FILE_BYTES})
    kind = "PNG" if data.startswith(SIGNATURE) else ""
    try:
        with open_picture(data, READ, MAX_PIXELS) as image:
            kind = image.format or ""
            appearance = examine(data) if kind == "PNG" else Appearance()
            return _refusal(image) or replace(_read(image), appearance=appearance)
    except PictureCostError as error:
        values = TOO_MANY_PIXELS if error.code == "too_many_pixels" else error.values
        return Reading(kind=kind, problem=error.code, values=values)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Reading(problem="too_many_pixels", values=TOO_MANY_PIXELS)
    except Exception:  # decoders raise whatever they like at a hostile file, and its sender must get an answer
        return Reading(kind=kind, problem="damaged" if kind else "not_an_image", values={"kind": kind})


def _refusal(image: Image.Image) -> Reading | None:
    """Look at the header only: nothing is decoded for what is refused anyway."""
    kind = image.format or ""
    if getattr(image, "is_animated", False) and kind not in LOSSY:  # some cameras put two pictures into a JPEG
        return Reading(kind=kind, problem="animated")
    return None


def _read(image: Image.Image) -> Reading:
    image.load()  # text after the pixels is known only then
    kind = image.format or ""
    if image.has_transparency_data:
        image_with_alpha = image.convert("RGBA")
        if image_with_alpha.getchannel("A").getextrema()[0] != 255:
            return Reading(kind=kind, problem="transparent")
        pixels = np.asarray(image_with_alpha)[..., :3]
    else:
        pixels = np.asarray(image.convert("RGB"))
    text = getattr(image, "text", {}).get(CHUNK)
    found, problem = (None, "") if text is None else parse_manifest(text)
    values = {"field": MALFORMED.get(problem, problem), "problem": problem} if problem else {}
    return Reading(
        pixels,
        found,
        kind,
        manifest_problem="bad_manifest" if problem else "no_manifest",
        values=values,
    )
