"""A reverse proxy that shows a studio below a path of its own, which it takes away."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

HOP_BY_HOP = {"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"}


def proxy(target: str, path: str) -> Starlette:
    """Return an app that passes what is below `path` on to `target`, under its own name, and knows nothing else."""

    async def pass_on(request: Request) -> Response:
        asked = f"{target.rstrip('/')}/{request.path_params['rest']}"
        async with httpx.AsyncClient(timeout=60) as client:
            headers = {name: value for name, value in request.headers.items() if name != "host"}
            answer = await client.request(
                request.method, asked, params=request.query_params, content=await request.body(), headers=headers
            )
        kept = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
        return Response(answer.content, answer.status_code, kept)

    async def bare(request: Request) -> Response:
        request.path_params["rest"] = ""
        return await pass_on(request)

    methods = ["GET", "HEAD", "POST"]
    return Starlette(
        routes=[Route(path, bare, methods=methods), Route(f"{path}/{{rest:path}}", pass_on, methods=methods)]
    )


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an app on this machine in a thread, and give its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
