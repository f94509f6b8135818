"""The tools as named endpoints, for gradio_client: `client.predict("best", 7, api_name="/draw_tile")`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import gradio as gr

from studio.clients import serving
from studio.ui.api.tools import Tool, ToolError
from studio.ui.http_limits import client_of


def build(tools: Sequence[Tool]) -> None:
    """Add the endpoints to the page that is being built; they have no place on it, and no queue among themselves."""
    by_name = {tool.name: tool for tool in tools}

    async def draw_tile(checkpoint: str, seed: int, request: gr.Request, psi: float = 1.0) -> dict[str, Any]:
        asked = {"checkpoint": checkpoint, "seed": seed, "psi": psi}
        return await _called(by_name["draw_tile"], asked, request)

    async def verify_file(file: str, request: gr.Request) -> dict[str, Any]:
        return await _called(by_name["verify_file"], {"file": file}, request)

    async def compare_checkpoints(
        checkpoints: list[str], seed: int, request: gr.Request, psi: float = 1.0
    ) -> dict[str, Any]:
        asked = {"checkpoints": checkpoints, "seed": seed, "psi": psi}
        return await _called(by_name["compare_checkpoints"], asked, request)

    for function in (draw_tile, verify_file, compare_checkpoints):
        name = function.__name__
        gr.api(  # type: ignore[attr-defined]
            function, api_name=name, api_description=by_name[name].summary, concurrency_limit=None
        )


async def _called(tool: Tool, asked: Mapping[str, Any], request: gr.Request) -> dict[str, Any]:
    """Call a tool for the client that the guard knows, as Gradio's queue calls it outside of the request."""
    client = client_of(request.request.scope) if request.request else None
    with serving(client) if client else nullcontext():
        try:
            return await tool.call(asked)
        except ToolError as error:
            raise gr.Error(str(error), print_exception=False) from None
