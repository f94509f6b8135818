"""Calls of the tools as gradio_client makes them: one request asks, and a stream that another one opens answers.

Gradio's own queue keeps what was asked, and each answer, until somebody reads it, which may be never. Here a call and
its answer are forgotten where nobody listens, and so many of them are open at once.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from studio.clients import PROGRAM, Client, serving
from studio.ui.api.tools import Tool, ToolError
from studio.ui.browser_files import is_let_in
from studio.ui.http_limits import client_of
from studio.ui.http_routes import MAX_BODY_BYTES, SMALL_BODY_BYTES

JOIN, DATA = "/gradio_api/queue/join", "/gradio_api/queue/data"  # where Gradio's own queue would be
UNREAD_SECONDS = 60.0  # in which the stream of a session must be opened
BEAT_SECONDS = 10.0  # after which a stream that has nothing to tell says that it is alive
MOST_CALLS = 128  # that are not answered, or whose answers are not read
MOST_BYTES = 256 * 2**20  # of them
ADDRESS_SHARE = 0.5  # of both that one address may have
MOST_LETTERS = 64  # of a session's name
NO_CALL = "There is no such call, or its answer is being sent already."
WITH_FILE = "verify_file"  # the one tool that is sent much
BUSY = "Too many calls are open; try again in a moment."
SHAPE = f"A call has a list `data` and a `session_hash` of 1 to {MOST_LETTERS} letters."


@dataclass(eq=False)
class _Call:
    """One call: whose it is, and how many bytes it keeps in memory, first of what is asked and then of the answer."""

    client: Client
    size: int
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    answer: bytes = b""
    task: asyncio.Task[None] | None = None

    def end(self) -> None:
        """Let go of the work, which nobody waits for any more."""
        self.client.leave()
        if self.task is not None and not self.task.get_loop().is_closed():
            self.task.cancel()


@dataclass(eq=False)
class _Session:
    """The calls that one client has open, and those that are answered; `reader` is the stream that tells of them.

    While that one `is_sending` an answer, which its client may take slowly, no other takes its place.
    """

    calls: set[_Call] = field(default_factory=set)
    answered: deque[_Call] = field(default_factory=deque)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    reader: object = None
    is_sending: bool = False


class Calls:
    """The open calls of a page's programs. Not safe among threads: all of them live in the loop of its server."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._sessions: dict[str, _Session] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def routes(self) -> list[BaseRoute]:
        """Return the routes by which a call is asked and answered."""
        asking = [Route(path, self._join, methods=["POST"]) for path in (JOIN, f"{JOIN}/")]
        return [*asking, *(Route(path, _Stream(self), methods=["GET"]) for path in (DATA, f"{DATA}/"))]

    async def _join(self, request: Request) -> Response:
        """Begin a call, of an endpoint that the guard has let in, and return its name."""
        if not await is_let_in(request):
            return PlainTextResponse("Log in first.", 401)
        body = await request.body()
        asked = json.loads(body)
        data, name = asked.get("data"), asked.get("session_hash")
        if not isinstance(data, list) or not isinstance(name, str) or not 0 < len(name) <= MOST_LETTERS:
            return PlainTextResponse(SHAPE, 400)
        self._begin()
        client = client_of(request.scope) or PROGRAM
        if self._is_full(client.address, len(body)):
            return PlainTextResponse(BUSY, 503)
        tool = self._tools[request.app.get_blocks().fns[asked["fn_index"]].api_name]
        call = _Call(Client(client.source, client.address), len(body))
        session = self._session(name)
        session.calls.add(call)
        call.task = asyncio.create_task(_answer(tool, data, session, call))
        return JSONResponse({"event_id": call.id})

    def _begin(self) -> None:
        """Forget what another loop had open, that of a server which was closed before the page was launched again."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop = loop
            self._sessions.clear()

    def _is_full(self, address: str, size: int) -> bool:
        """Tell whether an address, or all together, would have too many calls or bytes with one call more."""
        calls = [call for session in self._sessions.values() for call in session.calls]
        theirs = [call for call in calls if call.client.address == address]
        return any(
            len(some) >= share * MOST_CALLS or sum(call.size for call in some) + size > share * MOST_BYTES
            for some, share in ((calls, 1.0), (theirs, ADDRESS_SHARE))
        )

    def _session(self, name: str) -> _Session:
        """Return the session of a name; a new one is forgotten again unless somebody listens in time."""
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = _Session()
            asyncio.get_running_loop().call_later(UNREAD_SECONDS, self._forget_unread, name, session)
        return session

    def _forget_unread(self, name: str, session: _Session) -> None:
        if session.reader is None:
            self._forget(name, session)

    def _forget(self, name: str, session: _Session) -> None:
        """Let go of a session, and of all that it has open."""
        if self._sessions.get(name) is session:
            del self._sessions[name]
        for call in session.calls:
            call.end()
        session.calls.clear()
        session.answered.clear()

    async def tell(self, name: str, receive: Receive, send: Send) -> bool:
        """Tell of each call of a session that is answered, until none is left; False where nothing can be told.

        A session has one stream: a new one takes the place of one that waits, and is refused beside one that sends.
        """
        session = self._sessions.get(name)
        if session is None or session.is_sending:
            return False
        reader = session.reader = object()
        session.news.set()  # which ends the earlier one
        leaving = asyncio.ensure_future(_hung_up(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            while session.reader is reader and not leaving.done():
                if await _tell_one(session, send):
                    continue
                if not session.calls:
                    self._forget(name, session)  # first: a call that comes now has a session and a stream of its own
                    await send(_line({"msg": "close_stream", "event_id": None}, is_last=True))
                    return True
                if not await _either(session.news, leaving):
                    await send(_line({"msg": "heartbeat", "event_id": None}))
            await send({"type": "http.response.body", "body": b""})
        finally:
            leaving.cancel()
            if session.reader is reader:
                self._forget(name, session)
        return True


class _Stream:
    """The route of the stream of a session."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET; Starlette lets a HEAD in with it, which would take the answers away."""
        request = Request(scope, receive)
        refusal: Response | None = None
        if request.method != "GET":
            refusal = PlainTextResponse("", 405, {"Allow": "GET"})
        elif not await is_let_in(request):
            refusal = PlainTextResponse("Log in first.", 401)
        elif not await self._calls.tell(request.query_params.get("session_hash", ""), receive, send):
            gone = {"msg": "unexpected_error", "event_id": None, "message": NO_CALL, "success": False}
            line = _line({**gone, "session_not_found": True})["body"]
            refusal = Response(line, 404, media_type="text/event-stream")
        if refusal is not None:
            await refusal(scope, receive, send)


HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]


async def _answer(tool: Tool, data: list[Any], session: _Session, call: _Call) -> None:
    """Do what is asked, and put the answer where the session's stream finds it."""
    fields = list(tool.request.model_fields)
    longest = MAX_BODY_BYTES if tool.name == WITH_FILE else SMALL_BODY_BYTES
    output: dict[str, Any]
    try:
        if call.size > longest:
            raise ToolError(f"This call has {call.size} bytes; {tool.name} takes {longest} at most.")
        if len(data) > len(fields):
            raise ToolError(f"{len(data)} values are too many for {tool.name}; it takes {', '.join(fields)}.")
        with serving(call.client):
            output = {"data": [await tool.call(dict(zip(fields, data, strict=False)))], "is_generating": False}
    except ToolError as error:
        output = {"error": str(error), "title": "Error", "visible": True, "duration": 10}
    done = {"msg": "process_completed", "event_id": call.id, "output": output, "success": "error" not in output}
    call.answer = _line(done)["body"]
    call.size, call.task = len(call.answer), None
    session.answered.append(call)
    session.news.set()


async def _tell_one(session: _Session, send: Send) -> bool:
    """Send the next answer that there is, and forget it."""
    if not session.answered:
        session.news.clear()
        return False
    call = session.answered[0]
    session.is_sending = True
    try:
        await send({"type": "http.response.body", "body": call.answer, "more_body": True})
    finally:
        session.is_sending = False
    session.answered.popleft()
    session.calls.discard(call)
    return True


async def _either(news: asyncio.Event, leaving: asyncio.Future[None]) -> bool:
    """Wait until there is something to tell, or the client has left; False where neither comes for a while."""
    coming = asyncio.ensure_future(news.wait())
    try:
        both: set[asyncio.Future[Any]] = {coming, leaving}
        done, _ = await asyncio.wait(both, timeout=BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        coming.cancel()
    return bool(done)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _line(message: dict[str, Any], is_last: bool = False) -> dict[str, Any]:
    """Return one message of a stream of events."""
    return {
        "type": "http.response.body",
        "body": f"data: {json.dumps(message, default=str)}\n\n".encode(),
        "more_body": not is_last,
    }
