"""What stands between a public link and the program: only what the page sends comes in, and only so much of it."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.clients import Client, serving
from studio.ui.http_arrivals import Arrival, Arrivals
from studio.ui.http_connections import most_connections
from studio.ui.http_hosts import host_of, is_known
from studio.ui.http_routes import API, EVENT, JOIN, JSON, NONCE, OWN, PAGE, Door, door_for, is_page, page_path
from studio.ui.http_sessions import Sessions

IDLE_SECONDS = 20.0
WHOLE_SECONDS = 600.0  # for the longest body at BYTES_A_SECOND
LEAST_SECONDS = 30.0  # for any body
BYTES_A_SECOND = 42_000
BODIES_BYTES = 512 * 2**20  # of all bodies that have come and are not answered yet
BODIES_SHARE = 0.5  # of them that one address may have, or one session from wherever it comes
COMING_SHARE = 0.5  # of all connections, on which bodies may be coming
MOST_VALUES = 100_000  # of JSON in one body: each costs some 100 bytes of memory, and time for which everybody waits
FRAMES = (  # that may show the page: notebooks of Colab, of VS Code and of this machine, and Hugging Face
    *("'self'", "https://colab.research.google.com", "https://*.googleusercontent.com", "https://*.colab.dev"),
    *("https://huggingface.co", "https://*.hf.space", "vscode-webview:", "vscode-file:"),
    *(f"{scheme}://{host}:*" for scheme in ("http", "https") for host in ("localhost", "127.0.0.1")),
)
POLICY = f"frame-ancestors {' '.join(FRAMES)}; object-src 'none'; base-uri 'self'"
# Gradio compiles the scripts of its HTML components, and the modules that come with the page are blobs.
SCRIPTS = "'self' 'unsafe-eval' blob:"
NONCE_BYTES = 16
NO_PAGE = """\
There is no page here. Where a reverse proxy shows the studio below a path, start it with GRADIO_ROOT_PATH=/that-path.
ここにページはありません。リバースプロキシのパスの下で表示する場合は、GRADIO_ROOT_PATH=/パス を指定して起動します。
"""
ORIGINS = (b"x-forwarded-host", b"x-gradio-server")  # from which Gradio takes the address of the page
CLIENT = "race.client"  # in the scope of a request
log = logging.getLogger(__name__)


def _nothing() -> tuple[()]:
    return ()


@dataclass(frozen=True)
class Rules:
    """What the guard of one app lets in beyond the page itself.

    `own` are routes that the program brought itself, `login` tells whether visitors log in; `hosts` returns further
    names of the page, `events` the numbers of the page's events, `endpoints` those of what programs may call, and
    `is_served` whether the page was launched or mounted, all as they are at the time of the request.
    """

    own: Sequence[BaseRoute] = ()
    login: bool = False
    hosts: Callable[[], Collection[str]] = _nothing
    events: Callable[[], Collection[int]] = _nothing
    endpoints: Callable[[], Collection[int]] = _nothing
    is_served: Callable[[], bool] = lambda: True


class Guard:
    """ASGI middleware, the outermost, that refuses what the page never sends, and notices who hangs up."""

    def __init__(
        self, app: ASGIApp, rules: Rules, idle_seconds: float = IDLE_SECONDS, whole_seconds: float = WHOLE_SECONDS
    ) -> None:
        self.app, self.rules = app, rules
        self.idle_seconds, self.whole_seconds = idle_seconds, whole_seconds
        self._sessions, self._bodies = Sessions(), _Bodies()
        self._arrivals = Arrivals(BYTES_A_SECOND, max(int(COMING_SHARE * most_connections()), 1))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a short refusal, or pass the request on once the whole of it has come."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # the page opens none
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            client = self._sessions.client(scope)
            nonce = secrets.token_urlsafe(NONCE_BYTES) if is_page(scope) else ""
            send = _marked(send, nonce)
            try:
                with self._bodies.of(client) as body, serving(client):
                    named = {**self._without_foreign_names(scope), CLIENT: client, NONCE: nonce}
                    await self._pass_on(named, receive, send, body)
            except _RefusedError as refusal:
                answer = PlainTextResponse(str(refusal), refusal.status, {"Connection": "close"})
                await answer(scope, receive, send)
            except _GoneError:
                pass  # nobody is there to be answered

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, body: _Body) -> None:
        door = self._door(scope)
        _check_body_kind(scope, door)
        await self._read(body, scope, receive, door.longest)
        if JSON in door.kinds or page_path(scope).startswith(API):
            _check_values(body.data)
        if door is EVENT:
            _check_event(bytes(body.data), self.rules.events())
        elif door is JOIN:
            _check_event(bytes(body.data), self.rules.endpoints())
        cookie = self._sessions.issue(scope) if door is PAGE else None
        answering = _Answering(send, body.client, cookie)
        try:
            async with _watched(receive, body.client) as later:
                await self.app(scope, _replayed(bytes(body.data), later), answering.send)
        except Exception as error:
            if answering.has_begun or scope["method"] != "POST" or door is OWN:
                raise
            # The page's own functions answer their errors: what comes here is a body that Gradio makes nothing of.
            log.warning("No such request: %s %.200r", type(error).__name__, str(error))
            log.debug("It came from here", exc_info=error)
            raise _RefusedError(400, "The page sends no such request.") from None

    def _without_foreign_names(self, scope: Scope) -> Scope:
        """Take away headers by which Gradio would write a foreign host into the page."""
        known = self.rules.hosts()
        headers = [one for one in scope["headers"] if one[0] not in ORIGINS or _is_known_origin(one[1], known)]
        return {**scope, "headers": headers}

    def _door(self, scope: Scope) -> Door:
        """Return what a request is let in by. Raises _RefusedError."""
        if not self.rules.is_served():
            raise _RefusedError(503, "Open the studio with demo.launch() or demo.mount(app, path).")
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or not is_known(hosts[0], self.rules.hosts()):
            raise _RefusedError(400, "The page does not answer under this name; GAN_RACE_HOSTS can add it.")
        door = door_for(scope["method"], page_path(scope), self.rules.login, bool(self.rules.endpoints()))
        if door is None and any(route.matches(scope)[0] is Match.FULL for route in self.rules.own):
            door = OWN
        if door is None:
            raise _RefusedError(404, NO_PAGE if _asks_for_a_page(scope) else "There is nothing here.")
        return door

    async def _read(self, body: _Body, scope: Scope, receive: Receive, longest: int) -> None:
        """Read the whole body. Raises _RefusedError where it is too long or does not come, and _GoneError."""
        declared = _declared_length(scope)
        if declared > longest:
            raise _too_long(longest)
        seconds = min(self.whole_seconds, LEAST_SECONDS + (declared or longest) / BYTES_A_SECOND)
        arrival = None
        try:
            async with asyncio.timeout(seconds) as until:
                with self._arrivals.of(body.client.address, until) as arrival:
                    await self._read_parts(body, receive, longest, arrival)
        except TimeoutError:
            raise _too_much() if arrival and arrival.was_ended else _too_late() from None

    async def _read_parts(self, body: _Body, receive: Receive, longest: int, arrival: Arrival) -> None:
        """Read part after part. Raises TimeoutError, _RefusedError and _GoneError."""
        while True:
            async with asyncio.timeout(self.idle_seconds):
                message = await receive()
            if message["type"] == "http.disconnect":
                raise _GoneError
            body.add(message.get("body", b""))
            arrival.received = len(body.data)
            if arrival.received > longest:
                raise _too_long(longest)
            if not message.get("more_body", False):
                return


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
        is_page = scope["type"] == "http" and page_path(scope) in ("", "/")
        await (self._zipped if is_page else self.app)(scope, receive, send)


class _RefusedError(Exception):
    """A request is not let in; it is answered with this status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class _GoneError(Exception):
    """Whoever sent the request has hung up."""


def client_of(scope: Scope) -> Client | None:
    """Return whose request it is, for what answers it later; None where no guard stands before it."""
    client: Client | None = scope.get(CLIENT)
    return client


def _check_event(body: bytes, known: Collection[int]) -> None:
    """Refuse an event that there is none of: Gradio would answer 500 and write a traceback for it."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    number = asked.get("fn_index") if isinstance(asked, dict) else None
    if type(number) is not int or number not in known:
        raise _RefusedError(400, "The page sends no such event.")


def _check_values(body: bytearray) -> None:
    """Refuse JSON of so many values that to parse it would keep everybody waiting.

    Each begins after one of the signs that are counted. Files in base64 have none of them; texts have few.
    """
    count = sum(body.count(sign) for sign in b"[{,")
    if count > MOST_VALUES:
        raise _RefusedError(413, f"This request has {count} brackets and commas; {MOST_VALUES} are allowed.")


def _too_much() -> _RefusedError:
    return _RefusedError(503, "Too much is being sent at once; try again in a moment.")


def _too_late() -> _RefusedError:
    return _RefusedError(408, "The rest of the request did not come in time.")


def _too_long(longest: int) -> _RefusedError:
    return _RefusedError(413, f"This request may have {longest} bytes.")


class _Bodies:
    """The bytes of all bodies that are in memory, and whose they are."""

    def __init__(self) -> None:
        self._of_each: Counter[tuple[str, str]] = Counter()
        self._bytes = 0

    def of(self, client: Client) -> _Body:
        """Return the body of a client's request, which counts for as long as it is entered."""
        return _Body(client, self)

    def take(self, client: Client, count: int) -> None:
        """Raise _RefusedError where a source, an address, or all together, would have too many bytes."""
        of_one = max(self._of_each[holder] for holder in _holders(client))
        if of_one + count > BODIES_SHARE * BODIES_BYTES or self._bytes + count > BODIES_BYTES:
            raise _too_much()
        self._bytes += count
        self._of_each.update(dict.fromkeys(_holders(client), count))

    def give_back(self, client: Client, count: int) -> None:
        """Let go of so many bytes of a client."""
        self._bytes -= count
        self._of_each.subtract(dict.fromkeys(_holders(client), count))
        self._of_each += Counter()  # which leaves out those that have none


def _holders(client: Client) -> list[tuple[str, str]]:
    return [("source", client.source), ("address", client.address)]


class _Body:
    """The body of one request, and whose it is."""

    def __init__(self, client: Client, bodies: _Bodies) -> None:
        self.client, self.data, self._bodies = client, bytearray(), bodies

    def __enter__(self) -> _Body:
        return self

    def __exit__(self, *_: object) -> None:
        self._bodies.give_back(self.client, len(self.data))

    def add(self, part: bytes) -> None:
        """Put a part behind those before it. Raises _RefusedError."""
        self._bodies.take(self.client, len(part))
        self.data += part


class _Answering:
    """Sends an answer on, with the cookie of a new session; once it has begun, its client cannot leave any more."""

    def __init__(self, send: Send, client: Client, cookie: str | None) -> None:
        self._send, self._client, self._cookie = send, client, cookie
        self.has_begun = False

    async def send(self, message: Message) -> None:
        """Send one message."""
        if not self.has_begun:
            self.has_begun = True
            self._client.finish()
            if self._cookie is not None:
                cookie = (b"set-cookie", self._cookie.encode())
                message = {**message, "headers": [*message.get("headers", []), cookie]}
        await self._send(message)


@asynccontextmanager
async def _watched(receive: Receive, client: Client) -> AsyncIterator[Receive]:
    """Note when a client hangs up before it is answered; give a `receive` for what comes after the body."""
    task = asyncio.ensure_future(_hung_up(receive, client))
    try:
        yield lambda: asyncio.shield(task)
    finally:
        client.finish()
        task.cancel()
        await asyncio.wait({task})


async def _hung_up(receive: Receive, client: Client) -> Message:
    while (message := await receive())["type"] != "http.disconnect":
        pass
    client.leave()
    return message


def _is_known_origin(value: bytes, more: Collection[str]) -> bool:
    host = host_of(value.decode("latin-1").partition(",")[0])
    return host is not None and is_known(f"[{host}]" if ":" in host else host, more)


def _asks_for_a_page(scope: Scope) -> bool:
    """Tell whether somebody has opened an address in a browser, who is told what may be wrong with it."""
    return scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")


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


def _marked(send: Send, nonce: str) -> Send:
    """Return a `send` that adds the headers of safety: to the page, which has a nonce, also whose scripts run in it.

    It takes away what Gradio lets foreign pages read. The page is read by itself alone, in whatever frame and behind
    whatever tunnel, so that no origin needs leave, and the answer is the same for all.
    """
    policy = f"{POLICY}; script-src {SCRIPTS} 'nonce-{nonce}'" if nonce else POLICY
    added = [(b"x-content-type-options", b"nosniff"), (b"content-security-policy", policy.encode())]

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [one for one in message.get("headers", []) if not one[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": [*kept, *added]}
        await send(message)

    return marked
