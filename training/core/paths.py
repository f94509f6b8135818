"""The folder for what can be made again, but takes its time."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return where packed folders, features and hashes are kept: GAN_RACE_CACHE, or a folder in the user's cache."""
    return Path(os.environ.get("GAN_RACE_CACHE") or Path.home() / ".cache" / "gan-race-studio")
