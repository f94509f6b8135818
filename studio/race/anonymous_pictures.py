"""The pictures of entries: drawn exactly and in one way, and shown without anything that leads to an entry."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from PIL import Image

from studio.race.near_duplicates import SAME_LEVELS, distance, repeated_cells, signature
from studio.race.store.entries import RaceEntry
from studio.race.store.race_folder import RaceFolder
from studio.rendering.image_encoding import JPEG_QUALITY
from training.core.atomic_write import remove, write_file, written_whole
from training.core.latents import SEED_LIMIT
from training.core.pixels import Pixels
from training.core.tile import seed_tile

SMALL = 640  # pixels of a side
KINDS = {  # what is shown under a tile code, and its type; "second" is the tile of the second seed
    "exact": "image/png",
    "tile": "image/jpeg",
    "small": "image/jpeg",
    "second": "image/jpeg",
    "second_small": "image/jpeg",
}


def draw_second_seed(entries: list[RaceEntry]) -> int:
    """Draw the seed of the second tiles, which nobody has entered with."""
    taken = {entry.seed for entry in entries}
    return next(seed for seed in iter(lambda: secrets.randbelow(SEED_LIMIT), None) if seed not in taken)


def draw_entry(folder: RaceFolder, entry: RaceEntry, second_seed: int) -> None:
    """Draw both tiles of an entry where they are not there yet, on the CPU in float32.

    Raises ValueError (a CheckpointError, or a generator whose output is not finite) and OSError.
    """
    folder.drawn("x").parent.mkdir(exist_ok=True)
    for second, seed in ((False, entry.seed), (True, second_seed)):
        path = folder.drawn(entry.entry_id, second=second)
        if not path.is_file():
            generator = folder.catalog.load(entry.checkpoint_sha256).generator
            write_file(path, _png(seed_tile(generator, seed, entry.psi)))


def forget_drawn(folder: RaceFolder, *, only_second: bool) -> None:
    """Remove the drawn tiles, or those of the second seed."""
    for path in folder.drawn("x").parent.glob("*-second.png" if only_second else "*.png"):
        path.unlink(missing_ok=True)


def repetition(folder: RaceFolder, entry: RaceEntry) -> tuple[int, bool]:
    """Compare the two drawn tiles of an entry: how many pictures occur in both, and whether the tiles are one."""
    tiles = [signature(_pixels(folder, entry, second)) for second in (False, True)]
    if tiles[0] is None or tiles[1] is None:
        return 0, False
    same_tile = distance(tiles[0], tiles[1]) <= SAME_LEVELS
    return repeated_cells(tiles[0], tiles[1]), same_tile


def _pixels(folder: RaceFolder, entry: RaceEntry, second: bool) -> Pixels:
    with Image.open(folder.drawn(entry.entry_id, second=second)) as image:
        return np.asarray(image.convert("RGB"))


def show_under_codes(folder: RaceFolder, tiles: Mapping[str, RaceEntry], salt: str) -> None:
    """Write the pictures of all entries anew under their tile codes, in the order of the codes. Raises OSError.

    The salt chooses how hard is compressed, so that the files have other hashes than the same tile has elsewhere.
    """
    with written_whole(folder.tile("x", "").parent) as part:
        for code in sorted(tiles):
            pixels = [_pixels(folder, tiles[code], second) for second in (False, True)]
            for kind, data in _encoded(pixels[0], pixels[1], int(salt[0], 16)):
                (part / f"{code}-{kind}").write_bytes(data)


def shown(folder: RaceFolder, tiles: Iterable[str]) -> dict[str, Pixels]:
    """Return the exact tile [H, W, 3] of each tile code. Raises OSError."""
    found = {}
    for code in tiles:
        with Image.open(folder.tile(code, "exact")) as image:
            found[code] = np.asarray(image.convert("RGB"))
    return found


def forget_shown(folder: RaceFolder) -> None:
    """Remove the pictures under tile codes."""
    remove(folder.tile("x", "").parent)


def _encoded(tile: Pixels, second: Pixels, variation: int) -> Iterator[tuple[str, bytes]]:
    yield "exact", _png(tile, level=2 + variation % 4)
    for name, pixels in (("tile", tile), ("second", second)):
        image = Image.fromarray(pixels)
        yield name, _jpeg(image, variation)
        image.thumbnail((SMALL, SMALL), Image.Resampling.BOX)
        yield ("small" if name == "tile" else "second_small"), _jpeg(image, variation)


def _png(pixels: Pixels, level: int = 1) -> bytes:
    """Encode a picture without loss and without any chunk beside its pixels."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=level)
    return buffer.getvalue()


def _jpeg(image: Image.Image, variation: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=min(JPEG_QUALITY + 1 + variation % 4, 95))
    return buffer.getvalue()
