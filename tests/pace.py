"""How fast this machine is now, so that a limit in seconds means the same on a slow or busy one."""

from __future__ import annotations

import hashlib
import time

QUIET = 0.11  # seconds that the work below takes on a quiet machine with two cores of 2023
BLOCK = bytes(1 << 20)


def slowness() -> float:
    """How many times as long as on a quiet machine of reference a piece of work takes at this moment, at least 1."""
    start = time.monotonic()
    for _ in range(40):
        hashlib.sha256(BLOCK).digest()
        sorted(range(20_000), key=lambda number: -number)
    return max(1.0, (time.monotonic() - start) / QUIET)
