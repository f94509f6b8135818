"""How a test asks a tab of the page, without the page."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from studio.ui.protocol import Answer
from studio.ui.services import Studio
from tests.loops import run_to_its_end

Functions = dict[str, Callable[[Any], Answer]]


def functions_of(tab: ModuleType, studio: Studio) -> Functions:
    """Build a tab and return the functions that its script can call, by name; coroutines are run to their end."""
    functions: Functions = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            tab,
            "component",
            lambda _, listed, *__, **___: functions.update({one.__name__: _at_once(one) for one in listed}),
        )
        tab.build(studio)
    return functions


def _at_once(function: Callable[[Any], Any]) -> Callable[[Any], Answer]:
    return (lambda data: run_to_its_end(function(data))) if inspect.iscoroutinefunction(function) else function
