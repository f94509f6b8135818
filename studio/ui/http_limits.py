"""What stands between a public link and the program: no uploads to disk, no endless bodies, no sniffing."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 24 * 2**20
CLOSED = "/gradio_api/upload"  # the page sends files in its requests and keeps none on the disk


class Guard:
    """ASGI middleware that refuses what the page never sends."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY_BYTES) -> None:
        self.app, self.limit = app, limit

    @classmethod
    def middleware(cls) -> Middleware:
        """Return it in the form that an app is given."""
        return Middleware(cls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 or 413, or pass the request on and count its bytes as they come."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"].rstrip("/").endswith(CLOSED):
            await PlainTextResponse("This page takes no uploads.", 403)(scope, receive, send)
        elif _declared_length(scope) > self.limit:
            await self._refuse(scope, receive, send)
        else:
            await self._pass_on(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(f"A request may have {self.limit} bytes.", 413)(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        received, started = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise _TooLargeError
            return message

        async def marked(message: Message) -> None:
            nonlocal started
            started = True
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-content-type-options", b"nosniff")]
            await send(message)

        try:
            await self.app(scope, counted, marked)
        except _TooLargeError:
            if not started:
                await self._refuse(scope, receive, send)


class Zipped:
    """ASGI middleware that compresses the page itself, most of which is text; pictures are sent as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self._zipped = app, GZipMiddleware(app, compresslevel=5)

    @classmethod
    def middleware(cls) -> Middleware:
        """Return it in the form that an app is given."""
        return Middleware(cls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request for the page on to be compressed, and any other as it is."""
        is_page = scope["type"] == "http" and scope["path"] in ("", "/")
        await (self._zipped if is_page else self.app)(scope, receive, send)


class _TooLargeError(Exception):
    """More bytes came than are allowed, whatever length had been declared."""


def _declared_length(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0
