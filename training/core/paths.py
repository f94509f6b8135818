"""The folder for what can be made again, but takes its time."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Return where packed folders, features and hashes are kept: GAN_RACE_CACHE, or a folder in the user's cache."""
    return Path(os.environ.get("GAN_RACE_CACHE") or Path.home() / ".cache" / "gan-race-studio")


def writable_cache_folder() -> Path:
    """Return the cache folder or, where it cannot be written, a temporary one that goes with this process."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        return _temporary_folder(str(error))


@cache
def _temporary_folder(reason: str) -> Path:
    """Make a folder in the place of the cache; one for each reason, which is told once."""
    folder = Path(tempfile.mkdtemp(prefix="gan-race-cache-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    log.warning("The cache cannot be written, so nothing in it outlives this program: %s", reason)
    return folder
