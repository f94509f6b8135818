"""The route by which the weights of a checkpoint come: their bytes as they are, in pieces of some megabytes.

They come in pieces and not in one request because the servers of public links, and other proxies, limit the body of a
request and hold it back until it is whole: gradio.live has answered 413 to a file of less than 3 MB (issue 10741 of
gradio-app/gradio, 2025). To a proxy that answers 413 the page sends smaller pieces. The guard of the page bounds the
bytes of a piece and how long it may stand still; `studio.checkpoints.uploads` bounds the bytes of the file, how long it
may take, and how many come at once.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from studio.ui.browser_files import is_let_in
from studio.ui.checkpoints.panel import piece_taker
from studio.ui.services import Studio

MOST_DIGITS = 15
FRESH = {"Cache-Control": "no-store"}


def upload_routes(studio: Studio) -> list[BaseRoute]:
    """Return the route; it answers as a function of the page does: with data, or with an error."""
    take = piece_taker(studio)

    async def take_piece(request: Request) -> Response:
        if not await is_let_in(request):
            return Response("Log in first.", 401, FRESH)
        upload, offset = request.path_params["upload"], request.path_params["offset"]
        asked = {"upload": upload, "offset": _count(offset), "piece": await request.body()}
        return JSONResponse(await run_in_threadpool(take, asked), headers=FRESH)

    return [Route("/race/uploads/{upload}/{offset}", take_piece, methods=["POST"])]


def _count(text: str) -> int | str:
    """Return a number in digits, or the text itself, which the request's model refuses."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= MOST_DIGITS else text
