"""The user's home, and the folder in it for what can be made again, but takes its time."""

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
    named = os.environ.get("GAN_RACE_CACHE")
    return Path(named) if named else home_folder() / ".cache" / "gan-race-studio"


def home_folder() -> Path:
    """Return the user's home; where the system names none, as in containers, a temporary folder."""
    try:
        return Path.home()
    except RuntimeError:
        return _temporary_home()


@cache
def _temporary_home() -> Path:
    """Make a folder that only this user can read and that ends with the program."""
    folder = Path(tempfile.mkdtemp(prefix="gan-race-home-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    log.warning(
        "This user has no home folder: favourites, added checkpoints and caches end with the program; "
        "GAN_RACE_STATE and GAN_RACE_CACHE name folders that stay."
    )
    return folder
