"""The tools as named endpoints, for gradio_client: `client.predict("best", 7, api_name="/draw_tile")`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.ui.api.tools import Tool


def build(tools: Sequence[Tool]) -> None:
    """Add the endpoints to the page that is being built, which tell their names and values; calls.py answers them."""
    by_name = {tool.name: tool for tool in tools}
    for function in (draw_tile, verify_file, compare_checkpoints):
        name = function.__name__
        gr.api(function, api_name=name, api_description=by_name[name].summary)  # type: ignore[attr-defined]


def draw_tile(checkpoint: str, seed: int, psi: float = 1.0) -> dict[str, Any]:
    """Stand for the tool of this name."""
    raise NotImplementedError


def verify_file(file: str) -> dict[str, Any]:
    """Stand for the tool of this name."""
    raise NotImplementedError


def compare_checkpoints(checkpoints: list[str], seed: int, psi: float = 1.0) -> dict[str, Any]:
    """Stand for the tool of this name."""
    raise NotImplementedError
