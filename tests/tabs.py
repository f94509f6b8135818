"""How a test asks a tab of the page, without the page."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from studio.ui.protocol import Answer
from studio.ui.services import Studio
from tests.loops import run_to_its_end

Functions = dict[str, Callable[[Any], Answer]]


def known_fields(function: Callable[[Any], Answer], data: Answer) -> Answer:
    """Return what of a request a function knows; it refuses any other field."""
    return {name: value for name, value in data.items() if name in function.request.model_fields}


def functions_of(tab: ModuleType, studio: Studio) -> Functions:
    """Build a tab and return the functions that its script can call, by name; coroutines are run to their end."""
    functions: Functions = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            tab,
            "component",
            lambda _, listed, *__, **___: functions.update({one.__name__: at_once(one) for one in listed}),
        )
        tab.build(studio)
    return functions


def at_once(function: Callable[[Any], Any]) -> Callable[[Any], Answer]:
    """Return a function that answers at once, also of a coroutine."""
    if not inspect.iscoroutinefunction(function):
        return function
    at_once = functools.wraps(function)(lambda data: run_to_its_end(function(data)))
    at_once.request, at_once.reply = function.request, function.reply
    return at_once
