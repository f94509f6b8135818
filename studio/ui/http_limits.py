"""What stands between a public link and the program: only what the page sends comes in, and only so much of it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.ui.http_hosts import is_known
from studio.ui.http_routes import EVENT, OWN, Door, door_for

IDLE_SECONDS = 20.0
WHOLE_SECONDS = 600.0  # for the longest body at 40 kB/s
FRAMES = (  # that may show the page: notebooks of Colab, of VS Code and of this machine, and Hugging Face
    *("'self'", "https://colab.research.google.com", "https://*.googleusercontent.com", "https://*.colab.dev"),
    *("https://huggingface.co", "https://*.hf.space", "vscode-webview:", "vscode-file:"),
    *(f"{scheme}://{host}:*" for scheme in ("http", "https") for host in ("localhost", "127.0.0.1")),
)
# No script-src: the page of Gradio is full of scripts that stand in it, and compiles those of its HTML components.
POLICY = f"frame-ancestors {' '.join(FRAMES)}; object-src 'none'; base-uri 'self'"
HEADERS = [(b"x-content-type-options", b"nosniff"), (b"content-security-policy", POLICY.encode())]
log = logging.getLogger(__name__)


def _nothing() -> tuple[()]:
    return ()


@dataclass(frozen=True)
class Rules:
    """What the guard of one app lets in beyond the page itself.

    `own` are routes that the program brought itself, `login` tells whether visitors log in; `hosts` returns further
    names of the page and `events` the numbers of the page's events, both as they are at the time of the request.
    """

    own: Sequence[BaseRoute] = ()
    login: bool = False
    hosts: Callable[[], Collection[str]] = _nothing
    events: Callable[[], Collection[int]] = _nothing


class Guard:
    """ASGI middleware, the outermost, that refuses what the page never sends."""

    def __init__(
        self, app: ASGIApp, rules: Rules, idle_seconds: float = IDLE_SECONDS, whole_seconds: float = WHOLE_SECONDS
    ) -> None:
        self.app, self.rules = app, rules
        self.idle_seconds, self.whole_seconds = idle_seconds, whole_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a short refusal, or pass the request on once the whole of it has come."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # the page opens none
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            try:
                await self._pass_on(scope, receive, _marked(send))
            except _RefusedError as refusal:
                answer = PlainTextResponse(str(refusal), refusal.status, {"Connection": "close"})
                await answer(scope, receive, _marked(send))
            except _GoneError:
                pass  # nobody is there to be answered

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._door(scope)
        _check_body_kind(scope, door)
        body = await self._body(scope, receive, door.longest)
        if door is EVENT:
            self._check_event(body)
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, _replayed(body, receive), noted)
        except Exception as error:
            if started or scope["method"] != "POST" or door is OWN:
                raise
            # The page's own functions answer their errors: what comes here is a body that Gradio makes nothing of.
            log.warning("No such request: %s %.200r", type(error).__name__, str(error))
            log.debug("It came from here", exc_info=error)
            raise _RefusedError(400, "The page sends no such request.") from None

    def _door(self, scope: Scope) -> Door:
        """Return what a request is let in by. Raises _RefusedError."""
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or not is_known(hosts[0], self.rules.hosts()):
            raise _RefusedError(400, "The page does not answer under this name; GAN_RACE_HOSTS can add it.")
        door = door_for(scope["method"], _path(scope), self.rules.login)
        if door is None and any(route.matches(scope)[0] is Match.FULL for route in self.rules.own):
            door = OWN
        if door is None:
            raise _RefusedError(404, "There is nothing here.")
        return door

    async def _body(self, scope: Scope, receive: Receive, longest: int) -> bytes:
        """Return the whole body. Raises _RefusedError where it is too long or does not come, and _GoneError."""
        too_long = _RefusedError(413, f"This request may have {longest} bytes.")
        if _declared_length(scope) > longest:
            raise too_long
        body, more = bytearray(), True
        try:
            async with asyncio.timeout(self.whole_seconds):
                while more:
                    async with asyncio.timeout(self.idle_seconds):
                        message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _GoneError
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > longest:
                        raise too_long
        except TimeoutError:
            raise _RefusedError(408, "The rest of the request did not come in time.") from None
        return bytes(body)

    def _check_event(self, body: bytes) -> None:
        """Refuse an event that the page does not have: Gradio would answer 500 and write a traceback for it."""
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            asked = None
        number = asked.get("fn_index") if isinstance(asked, dict) else None
        if type(number) is not int or number not in self.rules.events():
            raise _RefusedError(400, "The page sends no such event.")


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


class _RefusedError(Exception):
    """A request is not let in; it is answered with this status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class _GoneError(Exception):
    """Whoever sent the request has hung up."""


def _path(scope: Scope) -> str:
    """Return the path below the one at which a reverse proxy shows the page."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def _check_body_kind(scope: Scope, door: Door) -> None:
    """Refuse what a foreign page can have sent: browsers ask first before they send JSON there, and get no leave."""
    if scope["method"] != "POST" or not door.kinds:
        return
    headers = Headers(scope=scope)
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise _RefusedError(403, "Only the page itself may ask this.")
    if headers.get("content-type", "").partition(";")[0].strip().lower() not in door.kinds:
        raise _RefusedError(415, f"This request is to be {' or '.join(door.kinds)}.")


def _declared_length(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body as one message, and then whatever comes."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _marked(send: Send) -> Send:
    """Return a `send` that adds the headers of safety.

    It takes away what Gradio lets foreign pages read. The page is read by itself alone, in whatever frame and behind
    whatever tunnel, so that no origin needs leave, and the answer is the same for all.
    """

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [one for one in message.get("headers", []) if not one[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": [*kept, *HEADERS]}
        await send(message)

    return marked
