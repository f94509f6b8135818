"""The user's home, and the folder in it for what can be made again, but takes its time."""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import platform
import shutil
import tempfile
from functools import cache
from pathlib import Path

log = logging.getLogger(__name__)
TEMPORARY = "gan-race-"  # with which the name of each temporary folder begins


def temporary_prefix(kind: str) -> str:
    """Return how a temporary folder's name begins: with its kind, one word, and the machine and process it is of.

    By these a later program knows that it was left.
    """
    return f"{TEMPORARY}{kind}-{machine()}-{os.getpid()}-"


def machine() -> str:
    """Return a short word for this machine: containers that share a disk have processes of equal numbers."""
    return hashlib.sha256(platform.node().encode(errors="replace")).hexdigest()[:8]


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
    folder = Path(tempfile.mkdtemp(prefix=temporary_prefix("home")))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    log.warning(
        "This user has no home folder: favourites, added checkpoints and caches end with the program; "
        "GAN_RACE_STATE and GAN_RACE_CACHE name folders that stay."
    )
    return folder


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
    folder = Path(tempfile.mkdtemp(prefix=temporary_prefix("cache")))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    log.warning("The cache cannot be written, so nothing in it outlives this program: %s", reason)
    return folder
