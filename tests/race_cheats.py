"""Entries that cheat: tiles that say what is not so, and generators that do not depend on their latents."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from safetensors.torch import load_file, save_file

from training.core import checkpoint
from training.core.pixels import Pixels

FIRST_LAYER = "start.0.weight"  # [z_dim + the class's embedding, ...]


def with_manifest(pixels: np.ndarray, manifest: dict[str, Any]) -> bytes:
    text, buffer = PngInfo(), io.BytesIO()
    text.add_itxt("gan_race", json.dumps(manifest))
    Image.fromarray(pixels).save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def weights_changed(run: Path, change: Callable[[str, torch.Tensor], torch.Tensor]) -> Path:
    weights = load_file(run / "model.safetensors")
    save_file({name: change(name, value) for name, value in weights.items()}, run / "model.safetensors")
    return run


def ignoring_its_latents(run: Path) -> Path:
    """Let the generator of a run draw the same pictures of every seed."""
    return weights_changed(run, lambda name, value: torch.zeros_like(value) if name == FIRST_LAYER else value)


def knowing_classes_only(run: Path) -> Path:
    """Let the generator of a run take its pictures from a table that the seed only indexes."""
    z_dim = checkpoint.describe(run).config.z_dim

    def of_class_only(name: str, value: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.zeros_like(value[:z_dim]), value[z_dim:]]) if name == FIRST_LAYER else value

    return weights_changed(run, of_class_only)


def read_tile(data: bytes) -> tuple[Pixels, dict[str, Any]]:
    """Return the pixels [R, R, 3] of an exported tile, which can be changed, and its manifest."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return np.array(image), json.loads(image.text["gan_race"])
