"""Write a checkpoint with everything around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from training.core import checkpoint
from training.core.checkpoint import CheckpointError
from training.core.generators import GeneratorConfig
from training.core.litter import is_litter
from training.core.pixels import Pixels
from training.core.tile import seed_tile
from training.runs.model_card import model_card

PREVIEW_SEED = 0
PREVIEW = "preview.png"  # of a run on a local disk: the exact tile, some 4 MB
SMALL_PREVIEW = "preview.jpg"  # on a drive, and of a published checkpoint, which anybody can draw exactly
SMALL_SIDE = 640
SMALL_QUALITY = 85  # with unreduced colours: petals and edges look as in the PNG of that size
CARD = "README.md"


def check_folder(folder: Path, ours: Callable[[str], bool]) -> None:
    """Refuse a place that holds what is not ours, before anything in it is touched."""
    if folder.exists() and not folder.is_dir():
        raise CheckpointError(f"{folder} is a file; give the name of a folder.")
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    strange = [name for name in names if not ours(name) and not is_litter(name)]
    if strange:
        raise CheckpointError(f"{folder} holds {min(strange)}, which this program does not write there; give another.")


def check_target(source: Path, target: Path, ours: Callable[[str], bool]) -> Path:
    """Return the folder of a checkpoint that is made of another, by a path that ends in its name.

    Raises CheckpointError where it is the other's, or holds what is not ours.
    """
    check_folder(target, ours)
    if source.resolve() == target.resolve():
        raise CheckpointError(f"{target} is the checkpoint that the new one is made of; give another folder.")
    return target if target.name not in ("", "..") else target.resolve()


def check_card(folder: Path, about: dict[str, Any]) -> None:
    """Raise CheckpointError where a passport, which may be anybody's, has values that no card can be written of."""
    try:
        model_card(folder.name, about, SMALL_PREVIEW)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        why = f"says of its training what no card can be written of ({type(error).__name__}: {error!s:.80})"
        raise CheckpointError(f"{folder} {why}; it can be drawn from, nothing else.") from error


def halved(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return weights in float16, as published and kept ones are."""
    return {name: value.half() if value.is_floating_point() else value for name, value in state.items()}


def write_checkpoint(
    folder: Path,
    name: str,
    config: GeneratorConfig,
    state: dict[str, torch.Tensor],
    about: dict[str, Any],
    preview: str,
) -> None:
    """Write config, weights, the preview of this name and the model card into an existing folder."""
    checkpoint.save(folder, config, state, about)
    save_preview(seed_tile(checkpoint.load(folder).generator, PREVIEW_SEED), folder / preview)
    (folder / CARD).write_text(model_card(name, about, preview), encoding="utf-8")


def preview_of(folder: Path) -> Path | None:
    """Return the file of a checkpoint's preview, whichever of the two it has; None where it has neither."""
    return next((folder / name for name in (PREVIEW, SMALL_PREVIEW) if (folder / name).is_file()), None)


def save_preview(tile: Pixels, path: Path) -> None:
    """Write a tile as an exact PNG, or as a small JPEG, as the name says."""
    picture = Image.fromarray(tile)
    if path.suffix == ".png":
        picture.save(path)
    else:
        picture.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
        picture.save(path, quality=SMALL_QUALITY, subsampling=0)  # `optimize` fails on noise, whose JPEG is too large
