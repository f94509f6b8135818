"""How a test asks a tab of the page, without the page."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from studio.ui.state import Answer, Studio

Functions = dict[str, Callable[[Any], Answer]]


def functions_of(tab: ModuleType, studio: Studio) -> Functions:
    """Build a tab and return the functions that its script can call, by name."""
    functions: Functions = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            tab, "part", lambda _, listed, *__, **___: functions.update({one.__name__: one for one in listed})
        )
        tab.build(studio)
    return functions
