"""What the tests of the studio share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vivid_checkpoints import write_vivid


@pytest.fixture(scope="session")
def make_vivid() -> Callable[..., Path]:
    """Return a function that writes the checkpoint of a small generator with contrast and returns its folder."""
    return write_vivid
