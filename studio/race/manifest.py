"""What an exported tile says of itself."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from typing import Any

import numpy as np
import PIL
import torch

from studio.checkpoints.catalog import RAW
from studio.race.manifest_diff import KIND
from training.core.checkpoint import Checkpoint
from training.core.latents import SOURCE, check_seed
from training.core.pixels import Pixels, to_cells
from training.core.tile import CELLS, COLUMNS, RENDERER, check_psi, seed_labels

CHUNK = "gan_race"
FORMAT = 1
ORDER = "row by row"
MAX_MANIFEST_CHARACTERS = 65_536  # ours have 8 thousand
MALFORMED = {  # what is wrong with a text that is no manifest at all, by its code; otherwise a field is
    "too_long": f"longer than {MAX_MANIFEST_CHARACTERS} characters",
    "no_json": "no JSON",
    "no_object": "no JSON object",
}


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


def parse_manifest(text: str) -> tuple[dict[str, Any] | None, str]:
    """Return the manifest and "", or None and a code of MALFORMED or the field that is wrong.

    Only fields that lead the check must be right.
    """
    if len(text) > MAX_MANIFEST_CHARACTERS:
        return None, "too_long"
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None, "no_json"
    if not isinstance(found, dict):
        return None, "no_object"
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
