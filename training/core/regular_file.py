"""Open files of folders that others may have filled: no pipe is waited for, no device read, no link followed out."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe is opened at once, and seen


def open_regular(path: Path) -> BufferedReader:
    """Open a file to read its bytes. Raises OSError, also for whatever is no regular file."""
    descriptor = os.open(path, FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "It is no regular file", str(path))
        return os.fdopen(descriptor, "rb")
    except OSError:
        os.close(descriptor)
        raise


def open_within(path: Path) -> BufferedReader:
    """Open as `open_regular` does, but no link out of the folder of the path. Raises OSError."""
    if not path.resolve().is_relative_to(path.parent.resolve()):
        raise OSError(errno.EPERM, "It is a link out of its folder", str(path))
    return open_regular(path)
