"""The connections of a server that the page has launched: how long one may keep it waiting, and how many there are.

Uvicorn waits for a request without an end, and for a client that does not take its answer. Only what it has read as a
request comes to the guard in http_limits.py; what stands before that is bounded here, at the connection itself.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import uvicorn

from studio.ui.http_arrivals import is_this_machine
from studio.ui.http_sessions import address_of, network_of

HEAD_SECONDS = 10.0  # from the first byte of a request, or the connection, to the end of its head
STALLED_SECONDS = 60.0  # in which a client takes too little of its answer
LEAST_BYTES_A_SECOND = 8_000  # of an answer, or all that waits of it
UNREAD_BYTES = 256 * 2**20  # of all answers that have not been taken yet
UNSENT_BYTES = 2**17  # of an answer that the system holds: how much more than that is taken would not be seen
MOST = 2048  # open at once, where the system allows a program twice as many files
ADDRESS_SHARE = 0.5  # of them that one address may have, unless it is this machine: a tunnel or proxy speaks for many
SENDER_SHARE = 0.25  # that one visitor of a tunnel keeps where all of them are being answered and another comes


def bound(server: uvicorn.Server) -> None:
    """Let a server make each new connection one that is bounded."""
    config, connections = server.config, Connections(most_connections())
    config.http_protocol_class = bounded(config.http_protocol_class, connections)


def bounded(protocol: type[asyncio.Protocol], connections: Connections) -> type[asyncio.Protocol]:
    """Return one of Uvicorn's protocols with the bounds of this file."""
    made = type(protocol.__name__, (BoundedConnection, protocol), {"all_of_server": connections})
    return cast("type[asyncio.Protocol]", made)


def most_connections() -> int:
    """Return how many connections may be open: half of the files that the system allows, up to MOST."""
    try:
        import resource
    except ImportError:  # on Windows, which has no such limit
        return MOST
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if allowed == resource.RLIM_INFINITY else min(MOST, max(allowed // 2, 1))


class Connections:
    """The open connections of one server. Not safe among threads: all of them live in its loop."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._open: dict[BoundedConnection, None] = {}  # the oldest first

    def __len__(self) -> int:
        """Count those that are open."""
        return len(self._open)

    def add(self, one: BoundedConnection) -> None:
        """Count one more; where there are too many, the one that has waited longest for a request makes room.

        It is one of the address that has too many itself, otherwise of that which has most. Where all of them are being
        answered, the oldest of a sender that has SENDER_SHARE of all makes room, otherwise the new one is ended.
        """
        self._open[one] = None
        of_each = Counter(other.address for other in self._open)
        has_too_many = of_each[one.address] > ADDRESS_SHARE * self.most and not is_this_machine(one.address)
        if has_too_many or len(self._open) > self.most:
            crowd = one.address if has_too_many else _most(of_each)
            theirs = (other for other in self._open if other.address == crowd and other is not one)
            idle = next((other for other in theirs if other.is_idle), None)
            self._end(idle or (None if has_too_many else self._of_largest_sender()) or one)

    def check_unread(self) -> None:
        """End the connection with most that is unread, of the sender with most, until all together are few enough."""
        while sum((unread := {one: one.unread_bytes for one in self._open}).values()) > UNREAD_BYTES:
            of_each: Counter[str] = Counter()
            for one, count in unread.items():
                of_each[one.sender] += count
            crowd = _most(of_each)
            self._end(max((one for one in unread if one.sender == crowd), key=unread.__getitem__))

    def _of_largest_sender(self) -> BoundedConnection | None:
        of_each = Counter(one.sender for one in self._open)
        largest = _most(of_each)
        if of_each[largest] <= SENDER_SHARE * self.most or is_this_machine(largest):
            return None
        return next(one for one in self._open if one.sender == largest)

    def _end(self, one: BoundedConnection) -> None:
        self.remove(one)  # which is told that it is lost only later
        one.end()

    def remove(self, one: BoundedConnection) -> None:
        """Count one less."""
        self._open.pop(one, None)


class BoundedConnection(asyncio.Protocol):
    """A connection of Uvicorn's that is ended where no request comes, or its answer is not taken."""

    all_of_server: Connections
    address = ""
    _line: asyncio.Transport | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head, self._taking = _Timer(), _Timer()

    @property
    def is_idle(self) -> bool:
        """Tell whether no request has come yet, or the last one is answered."""
        cycle = getattr(self, "cycle", None)
        return cycle is None or bool(cycle.response_complete)

    @property
    def sender(self) -> str:
        """The address of who sent the last request, which behind a tunnel is another than that of the connection."""
        scope = getattr(getattr(self, "cycle", None), "scope", None)
        return address_of(scope) if scope else self.address

    @property
    def unread_bytes(self) -> int:
        """How much of an answer waits to be taken."""
        return self._line.get_write_buffer_size() if self._line is not None else 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._line = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.address = network_of(str(peer[0]) if isinstance(peer, tuple) and peer else "unknown")
        _hold_little_unsent(transport.get_extra_info("socket"))
        self._head.start(HEAD_SECONDS, self.end)
        self.all_of_server.add(self)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that is not whole has its time from its first byte, whatever comes in it."""
        super().data_received(data)
        if not self.is_idle:
            self._head.stop()
        elif not self._head.runs:
            self._head.start(HEAD_SECONDS, self.end)

    def pause_writing(self) -> None:
        """Begin to wait for the client to take what is sent."""
        super().pause_writing()
        self._wait_for_client()
        self.all_of_server.check_unread()

    def resume_writing(self) -> None:
        """Go on sending."""
        self._taking.stop()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no more."""
        self._head.stop()
        self._taking.stop()
        self.all_of_server.remove(self)
        super().connection_lost(exc)

    def _wait_for_client(self) -> None:
        """Give a client its time to take enough of what waits for it, and then again."""
        enough = max(self.unread_bytes - int(LEAST_BYTES_A_SECOND * STALLED_SECONDS), 0)

        def look() -> None:
            if self.unread_bytes <= enough:
                self._wait_for_client()
            else:
                self.end()

        self._taking.start(STALLED_SECONDS, look)

    def end(self) -> None:
        """End the connection at once, with whatever has not been taken."""
        if self._line is not None:
            self._line.abort()


class _Timer:
    """Calls a function after so many seconds, unless it is stopped or started anew before."""

    def __init__(self) -> None:
        self._handle: asyncio.TimerHandle | None = None

    @property
    def runs(self) -> bool:
        return self._handle is not None

    def start(self, seconds: float, action: Callable[[], None]) -> None:
        self.stop()
        self._handle = asyncio.get_running_loop().call_later(seconds, action)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


def _hold_little_unsent(line: socket.socket | None) -> None:
    """Let a system that can (Linux, macOS) take no more of an answer than is sent soon.

    Otherwise megabytes of it lie there, and what is seen of a slow client comes in jumps that are minutes apart.
    """
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if line is not None and option is not None:
        with suppress(OSError):  # of another kind of connection
            line.setsockopt(socket.IPPROTO_TCP, option, UNSENT_BYTES)


def _most(of_each: Counter[str]) -> str:
    return max(of_each, key=of_each.__getitem__)
