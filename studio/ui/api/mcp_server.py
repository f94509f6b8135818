"""The tools for agents, by the Model Context Protocol over one HTTP route; the SDK speaks it, and keeps no sessions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import metadata
from importlib.util import find_spec
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from studio.ui.api.tools import Tool
from studio.ui.browser_files import is_let_in

PATH = "/gradio_api/mcp"  # where Gradio's own server would be, and clients look for it
PICTURES = {"png": "image/png", "jpeg": "image/jpeg"}  # fields of answers, and what they hold
NOTE = "This address is for agents: it speaks the Model Context Protocol, by POST.\n"
MOST_NESTED = 100  # lists and objects in a message: what is nested deeper, parsers and printers end at
MOST_PARTS = 1000  # commas in a message: no tool is told as much
NO_MESSAGE = "This is no message of an agent: JSON is, with at most {nested} lists and objects and {parts} commas.\n"
MISSING = "Agents need the package mcp: pip install 'mcp>=1.21,<2'."


def check_package() -> None:
    """Raise ValueError where the SDK is not installed."""
    if find_spec("mcp") is None:
        raise ValueError(MISSING)


def routes(tools: Sequence[Tool]) -> list[Route]:
    """Return the routes of the server. Raises ValueError where the SDK is not installed."""
    check_package()
    endpoint = _Endpoint(_server(tools))
    return [Route(path, endpoint, methods=["GET", "POST"]) for path in (PATH, f"{PATH}/")]


class _Endpoint:
    """Answers each request by itself."""

    def __init__(self, server: Any) -> None:
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one message of the protocol; a GET would open a stream, of which there is none."""
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        if scope["method"] != "POST":
            await PlainTextResponse(NOTE, 405, {"Allow": "POST"})(scope, receive, send)
            return
        request = Request(scope, receive)
        if not await is_let_in(request):
            await PlainTextResponse("Log in first.", 401)(scope, receive, send)
            return
        body = await request.body()
        if not _is_plain_json(body):
            answer = PlainTextResponse(NO_MESSAGE.format(nested=MOST_NESTED, parts=MOST_PARTS), 400)
            await answer(scope, receive, send)
            return
        manager = StreamableHTTPSessionManager(self._server, json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, _with_body(body, receive), send)


def _is_plain_json(body: bytes) -> bool:
    """Tell whether a body is JSON that the SDK reads and answers without an error of its own.

    Base64 and names have no brackets, so that these are counted before anything is parsed.
    """
    if body.count(b"[") + body.count(b"{") > MOST_NESTED or body.count(b",") > MOST_PARTS:
        return False
    try:
        value = json.loads(body, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()  # half a letter could not be sent back
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON.")


def _with_body(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read once more, and then whatever comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def _server(tools: Sequence[Tool]) -> Any:
    from mcp import types
    from mcp.server.lowlevel import Server

    server: Any = Server("GAN Race Studio", version=metadata.version("gan-race-studio"))
    by_name = {tool.name: tool for tool in tools}
    reads = types.ToolAnnotations(readOnlyHint=True, destructiveHint=False, idempotentHint=True, openWorldHint=False)

    @server.list_tools()  # type: ignore[untyped-decorator]
    async def listed() -> list[types.Tool]:
        return [
            types.Tool(
                name=tool.name,
                description=tool.summary,
                inputSchema=tool.request.model_json_schema(),
                annotations=reads,
            )
            for tool in tools
        ]

    @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]  # the tool checks it, in a sentence
    async def called(name: str, arguments: dict[str, Any]) -> list[types.TextContent | types.ImageContent]:
        if name not in by_name:
            raise ValueError(f"There is no tool {name!r:.80}; these are: {', '.join(by_name)}.")
        pictures: list[types.ImageContent] = []
        facts = _without_pictures(await by_name[name].call(arguments), pictures)
        text = types.TextContent(type="text", text=json.dumps(facts, indent=2, ensure_ascii=False))
        return [text, *pictures]

    return server


def _without_pictures(value: Any, pictures: list[Any]) -> Any:
    """Return an answer without its pictures, which are put behind one another."""
    from mcp import types

    if isinstance(value, list):
        return [_without_pictures(one, pictures) for one in value]
    if not isinstance(value, dict):
        return value
    for field, kind in PICTURES.items():
        if field in value:
            pictures.append(types.ImageContent(type="image", data=value[field], mimeType=kind))
    return {name: _without_pictures(one, pictures) for name, one in value.items() if name not in PICTURES}
