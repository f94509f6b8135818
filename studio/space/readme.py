"""The README of a Space: the metadata that the Hub reads, and what a visitor of its files wants to know.

Source: "Spaces Configuration Reference" of the Hub's documentation. A wrong key or value there is answered with
"configuration error" and nothing more, so that each is checked here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

APP_FILE = "app.py"
TITLE = "GAN Race Studio"
DESCRIPTION = "Draw seeds of a GAN, choose a tile, verify it"  # at most 60 characters
MOST_TITLE = 80
TAGS = ("gan", "image-generation", "gan-race-studio")
PYTHON = "3.12"
ZERO_GPU_PYTHON = "3.12.12"  # of the two that ZeroGPU has the one above 3.10
HARDWARE, ZERO_GPU_HARDWARE = "cpu-basic", "zero-a10g"
TEXT = """\
# {title}

GAN Race Studio with {count}: draw whole-seed tiles, compare them, export one that anybody can verify.

- Written by `python -m studio space`; `requirements.txt` has what it needs.
- {hardware}
- Favourites and added checkpoints stay where a bucket is mounted at `/data`, or where `GAN_RACE_STATE` names a mounted
  folder; otherwise they end with a restart. `GAN_RACE_ADDING=off` lets nobody add a checkpoint.
"""
ON_CPU = "It draws on the CPU."
ON_ZERO_GPU = "It runs on ZeroGPU hardware and draws on its CPU, so that it takes nothing of your daily GPU time."
HOME = "https://huggingface.co/spaces"


@dataclass(frozen=True)
class SpaceSettings:
    """What the owner of a Space says of it; `repo` is owner/name, where it is known."""

    title: str = TITLE
    zero_gpu: bool = False
    repo: str | None = None
    models: Sequence[str] = field(default=())  # owner/name of each checkpoint that came from the Hub


def front_matter(settings: SpaceSettings, thumbnail: str | None) -> dict[str, Any]:
    """Return the metadata of a Space; `thumbnail` is the path of a picture in it, which needs `repo` for an address."""
    facts: dict[str, Any] = {
        "title": settings.title,
        "sdk": "gradio",
        "sdk_version": metadata.version("gradio"),
        "python_version": ZERO_GPU_PYTHON if settings.zero_gpu else PYTHON,
        "app_file": APP_FILE,
        "suggested_hardware": ZERO_GPU_HARDWARE if settings.zero_gpu else HARDWARE,
        "short_description": DESCRIPTION,
        "license": "mit",
        "models": list(settings.models),
        "tags": list(TAGS),
    }
    if settings.repo and thumbnail:
        facts["thumbnail"] = f"{HOME}/{settings.repo}/resolve/main/{thumbnail}"
    return {name: value for name, value in facts.items() if value}


def space_readme(settings: SpaceSettings, names: Sequence[str], thumbnail: str | None) -> str:
    """Return the README of a Space with these checkpoints."""
    listed = f"{len(names)} checkpoint{'s' * (len(names) != 1)} ({', '.join(names)})"
    hardware = ON_ZERO_GPU if settings.zero_gpu else ON_CPU
    text = TEXT.format(title=settings.title, count=listed, hardware=hardware)
    return f"---\n{_yaml(front_matter(settings, thumbnail))}---\n\n{text}"


def _yaml(facts: dict[str, Any]) -> str:
    """Return a mapping as YAML: its texts and lists as JSON, of which YAML 1.2 takes every one."""
    return "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in facts.items())
