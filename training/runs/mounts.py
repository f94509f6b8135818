"""Which paths are on a mounted drive that may be slow, hang or go away: Google Drive on Colab, NFS, SMB, the like."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")  # of Linux; elsewhere nobody can tell
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "glusterfs", "beegfs"}
LOCAL_FUSE = {"fuseblk", "fuse.fuse-overlayfs"}  # NTFS on a disk of this machine, the disk of a container
ESCAPED = re.compile(r"\\([0-7]{3})")  # a space in a path, for one


def drive_kind(path: Path) -> str | None:
    """Return the file system of the mounted drive that a path is on (`fuse`, `nfs4`); None where it is on a disk.

    A machine whose root is such a drive has no disk beside it, so that `/` counts as one.
    """
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    place, kind, longest = f"{os.path.realpath(path)}/", "", 1
    for line in lines:
        _, escaped, file_system, *_ = line.split(" ")
        point = f"{ESCAPED.sub(lambda code: chr(int(code[1], 8)), escaped).rstrip('/')}/"
        if place.startswith(point) and len(point) >= longest:
            kind, longest = file_system, len(point)
    return kind if longest > 1 and _is_drive(kind) else None


def mount_point(path: Path) -> Path:
    """Return the folder at which the file system of a path is mounted; the path itself need not exist yet."""
    whole = Path(os.path.realpath(path))
    return next((place for place in (whole, *whole.parents) if os.path.ismount(place)), Path(whole.anchor))


def is_mounted(point: Path, path: Path) -> bool:
    """Tell whether a path is still on what was mounted at `point`; after that it is on the disk below, or nowhere."""
    with suppress(OSError):
        path.stat()  # an automounter mounts again what is asked for
    return os.path.ismount(point)


def _is_drive(kind: str) -> bool:
    return kind in NETWORK or (kind.startswith("fuse") and kind not in LOCAL_FUSE)
