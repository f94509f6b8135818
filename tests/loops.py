"""How a test runs a coroutine."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run_to_its_end(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop of its own, also where this thread has one, as browser tests leave it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
