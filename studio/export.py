"""A tile as a PNG that says how to draw it again, and the check of anybody's tile against its checkpoint and seed."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import re
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import PIL
import torch
from PIL import Image, PngImagePlugin

from studio.claims import KIND, differences
from studio.gallery import RAW, SHORT, Gallery, UnknownCheckpointError
from studio.verdict import Outcome, Verdict
from training.checkpoint import Checkpoint, CheckpointError, canonical_json
from training.images import NotFiniteError, Pixels, to_cells
from training.latents import SEED_LIMIT, SOURCE, check_seed
from training.sheet import CELLS, COLUMNS, RENDERER, check_psi, seed_labels, seed_sheet

CHUNK = "gan_race"
FORMAT = 1
ORDER = "row by row"

MAX_FILE_BYTES = 32 * 2**20  # an uncompressed tile of the largest generator (256 pixels) has 19 MiB
MAX_SIDE = 2560  # of that tile
MAX_PIXELS = MAX_SIDE * MAX_SIDE
TOO_MANY_PIXELS = {"limit": MAX_SIDE}
MAX_MANIFEST_CHARACTERS = 65_536  # ours have 8 thousand
READ = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # not all that Pillow knows: EPS, for one, would run Ghostscript
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
LISTED = 5  # cells that a sentence names; a verdict has them all
LOSSY = frozenset({"JPEG", "MPO"})

# Tiles of every generator at 128 pixels, drawn with other threads, batch sizes, memory formats and instruction sets
# (SSE4.1, AVX2, AVX-512), without oneDNN, and in float64, differ by 1 level, in 0.018 % of a tile's values and 0.043 %
# of a cell's at the most. The limits leave ten times as much: a sharply trained generator makes more of a last bit.
MAX_LEVELS = 2
MAX_CELL_SHARE = 0.005
MAX_TILE_SHARE = 0.002


@dataclass(frozen=True)
class Reading:
    """What a file holds: pixels and manifest, each with the reason where it is missing (a key of SENTENCES)."""

    pixels: Pixels | None = None
    manifest: dict[str, Any] | None = None
    kind: str = ""
    problem: str | None = None
    manifest_problem: str = "no_manifest"
    values: dict[str, Any] = field(default_factory=dict)


def manifest(checkpoint: Checkpoint, seed: int, tile: Pixels, psi: float = 1.0) -> dict[str, Any]:
    """Return what an exported tile [10 R, 10 R, 3] says of itself: how to draw it, and hashes of its raw RGB values.

    `psi` is the one truncation of all cells; `classes` are those of the cells, drawn from the seed, or null where the
    generator knows none.
    """
    side = checkpoint.config.resolution
    classes = seed_labels(checkpoint.generator, seed)
    return {
        "format": FORMAT,
        "z_source": SOURCE,
        "seed": check_seed(seed),
        "shape": [CELLS, checkpoint.config.z_dim],
        "psi": check_psi(psi),
        "classes": None if classes is None else classes.tolist(),
        "order": ORDER,
        "rows": CELLS // COLUMNS,
        "columns": COLUMNS,
        "cell_size": side,
        "checkpoint_sha256": checkpoint.sha256,
        **({KIND: RAW} if checkpoint.raw else {}),
        "config_sha256": checkpoint.config_sha256,
        "renderer": RENDERER,
        "versions": _versions(),
        "pixels_sha256": _sha256(tile),
        "cells_sha256": [_sha256(cell) for cell in to_cells(tile, side)],
    }


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "pillow": PIL.__version__,
    }


def _sha256(pixels: Pixels) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def export_png(checkpoint: Checkpoint, seed: int, psi: float = 1.0, *, seeds_looked_at: int | None = None) -> bytes:
    """Draw the tile of a seed and return it as a PNG with its manifest; equal versions give equal bytes.

    `seeds_looked_at`, how many seeds were seen before this one was chosen, is only declared: nobody can check it.
    The generator must be on the CPU in float32, as `load` returns it. Raises ValueError for a seed outside
    0 .. 2**32 - 1, a psi outside 0 .. 1, a count outside 1 .. 2**32, and a generator whose output is not finite.
    """
    declared = {} if seeds_looked_at is None else {"seeds_looked_at": _checked_count(seeds_looked_at)}
    try:
        tile = seed_sheet(checkpoint.generator, check_seed(seed), psi)
    except NotFiniteError as error:
        error.sha256 = checkpoint.sha256
        raise
    text = PngImagePlugin.PngInfo()
    text.add_itxt(CHUNK, canonical_json(manifest(checkpoint, seed, tile, psi) | declared))
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
    kind = "PNG" if data.startswith(PNG_SIGNATURE) else ""
    try:
        with Image.open(io.BytesIO(data), formats=READ) as image:
            kind = image.format or ""
            return _refusal(image) or _read(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Reading(problem="too_many_pixels", values=TOO_MANY_PIXELS)
    except Exception:  # decoders raise whatever they like at a hostile file, and its sender must get an answer
        return Reading(kind=kind, problem="damaged" if kind else "not_an_image", values={"kind": kind})


def _refusal(image: Image.Image) -> Reading | None:
    """Look at the header only: nothing is decoded before its size is known to be harmless."""
    kind = image.format or ""
    if image.width * image.height > MAX_PIXELS:
        return Reading(kind=kind, problem="too_many_pixels", values=TOO_MANY_PIXELS)
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
    found, problem = (None, "") if text is None else _parse(text)
    values = {"field": problem} if problem else {}
    return Reading(pixels, found, kind, manifest_problem="bad_manifest" if problem else "no_manifest", values=values)


def _parse(text: str) -> tuple[dict[str, Any] | None, str]:
    """Return the manifest and "", or None and what is wrong with it. Only fields that lead the check must be right."""
    if len(text) > MAX_MANIFEST_CHARACTERS:
        return None, f"longer than {MAX_MANIFEST_CHARACTERS} characters"
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None, "no JSON"
    if not isinstance(found, dict):
        return None, "no JSON object"
    if found.get("format") != FORMAT or isinstance(found["format"], bool):
        return None, "format"
    try:
        check_seed(found.get("seed"))
    except ValueError:
        return None, "seed"
    try:
        check_psi(found.get("psi", 1.0))
    except ValueError:
        return None, "psi"
    sha256 = found.get("checkpoint_sha256")
    if not isinstance(sha256, str) or not re.fullmatch("[0-9a-f]{64}", sha256):
        return None, "checkpoint_sha256"
    return found, ""


def verify(
    data: bytes, gallery: Gallery, *, seed: int | None = None, checkpoint: str | None = None, psi: float | None = None
) -> Verdict:
    """Draw the tile again that a file claims to be, and compare the pixels.

    The manifest only says which checkpoint, seed and psi to draw; `seed`, `checkpoint` (a SHA-256 or its first 8 digits
    or more) and `psi` override it. Never raises for a bad file, seed or checkpoint: the verdict says what is wrong.
    """
    reading = read_png(data)
    if reading.problem:
        moved = reading.problem in ("transparent", "animated")
        return Verdict("fail" if moved else "could_not_check", reading.problem, reading.values)
    claimed = reading.manifest or {}
    seed = claimed.get("seed") if seed is None else seed
    checkpoint = claimed.get("checkpoint_sha256") if checkpoint is None else checkpoint
    if seed is None or checkpoint is None:
        return _without_claim(reading)
    try:
        psi = check_psi(claimed.get("psi", 1.0) if psi is None else psi)
    except ValueError:
        return Verdict("could_not_check", "bad_psi", {"value": ascii(psi)[:40]})
    try:
        return _verify(reading, gallery, check_seed(seed), checkpoint, psi)
    except UnknownCheckpointError:
        known = checkpoint if re.fullmatch("[0-9a-f]{8,64}", checkpoint) else None
        wanted = known or ascii(checkpoint)[:66]
        return Verdict("could_not_check", "unknown_checkpoint", {"sha256": wanted}, seed, known, psi=psi)
    except CheckpointError as error:
        values = {"short": checkpoint[:SHORT], "reason": str(error), "why": error.why}
        return Verdict("could_not_check", "unusable_checkpoint", values, seed, psi=psi)
    except ValueError:
        return Verdict("could_not_check", "bad_seed", {"value": ascii(seed)[:40]})


def _without_claim(reading: Reading) -> Verdict:
    if reading.kind in LOSSY:
        return Verdict("fail", "lossy_file", {"kind": reading.kind})
    return Verdict("could_not_check", reading.manifest_problem, reading.values)


def _verify(reading: Reading, gallery: Gallery, seed: int, sha256: str, psi: float) -> Verdict:
    checkpoint = gallery.load(sha256)
    try:
        expected = seed_sheet(checkpoint.generator, seed, psi)
    except ValueError as error:
        raise CheckpointError(str(error), "diverged") from error
    entry = gallery.find(checkpoint.sha256)
    weights = entry.weights if entry else None
    return replace(_compare(reading, expected, checkpoint, seed, psi), psi=psi, weights=weights)


def _named(checkpoint: Checkpoint) -> str:
    """Return what a sentence calls a checkpoint, or its weights as last trained."""
    return checkpoint.sha256[:SHORT] + (f" ({RAW})" if checkpoint.raw else "")


def _compare(reading: Reading, expected: Pixels, checkpoint: Checkpoint, seed: int, psi: float) -> Verdict:
    found = reading.pixels
    if found is None or found.shape != expected.shape:
        return _wrong_size(found, expected, checkpoint, seed)
    levels = np.abs(found.astype(np.int16) - expected)
    cells = _beyond_tolerance(levels, checkpoint.config.resolution)
    largest, share = int(levels.max()), float((levels > 0).mean())
    values = {
        "seed": seed if psi == 1.0 else f"{seed} (psi {psi:g})",
        "short": _named(checkpoint),
        "kind": reading.kind,
        "count": len(cells),
        "listed": _listed(cells),
    }
    values |= {"largest": largest, "percent": f"{100 * share:.4f}", "mean": f"{levels.mean():.1f}"}
    outcome, reason = _outcome(reading.kind, largest, len(cells))
    told = differences(reading.manifest, manifest(checkpoint, seed, found, psi))
    return Verdict(outcome, reason, values, seed, checkpoint.sha256, cells, largest, share, told)


def _wrong_size(found: Pixels | None, expected: Pixels, checkpoint: Checkpoint, seed: int) -> Verdict:
    height, width = found.shape[:2] if found is not None else (0, 0)
    values = {"width": width, "height": height, "short": _named(checkpoint)}
    values |= {"wanted_width": expected.shape[1], "wanted_height": expected.shape[0]}
    return Verdict("fail", "wrong_size", values, seed, checkpoint.sha256)


def _beyond_tolerance(levels: np.ndarray[Any, Any], side: int) -> tuple[int, ...]:  # [10 R, 10 R, 3]
    """Return the cells that differ by too much, or all that differ where there are too many small differences."""
    cells = to_cells(levels, side).reshape(CELLS, -1)
    shares = (cells > 0).mean(axis=1)
    limit = MAX_CELL_SHARE if shares.mean() <= MAX_TILE_SHARE else MAX_TILE_SHARE
    return tuple(np.flatnonzero((cells.max(axis=1) > MAX_LEVELS) | (shares > limit)).tolist())


def _outcome(kind: str, largest: int, differing: int) -> tuple[Outcome, str]:
    if not largest:
        return "pass_exact", "exact"
    if not differing:
        return "pass_tolerance", "within_tolerance"
    if kind in LOSSY:
        return "fail", "saved_with_loss"
    return "fail", "all_cells_differ" if differing == CELLS else "cells_differ"


def _listed(cells: tuple[int, ...]) -> str:
    """Name the first cells for a reader, by number and place."""
    named = [f"{cell} (row {cell // COLUMNS + 1}, column {cell % COLUMNS + 1})" for cell in cells[:LISTED]]
    return ", ".join([*named, "..."] if len(cells) > LISTED else named)
