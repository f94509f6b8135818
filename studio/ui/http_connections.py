"""The connections of a server that the page has launched: how long one may keep it waiting, and how many there are.

Uvicorn waits for a request without an end, and for a client that does not take its answer. Only what it has read as a
request comes to the guard in http_limits.py; what stands before that is bounded here, at the connection itself.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import uvicorn

from studio.ui.http_sessions import network_of

HEAD_SECONDS = 10.0  # from the first byte of a request, or the connection, to the end of its head
STALLED_SECONDS = 60.0  # in which a client takes nothing of its answer
MOST = 2048  # open at once, where the system allows a program twice as many files
ADDRESS_SHARE = 0.5  # of them that one address may have, unless it is this machine: a tunnel or proxy speaks for many


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
        answered, the new one is ended.
        """
        self._open[one] = None
        of_each = Counter(other.address for other in self._open)
        has_too_many = of_each[one.address] > ADDRESS_SHARE * self.most and not _is_this_machine(one.address)
        if has_too_many or len(self._open) > self.most:
            crowd = one.address if has_too_many else max(of_each, key=of_each.__getitem__)
            theirs = (other for other in self._open if other.address == crowd)
            displaced = next((other for other in theirs if other.is_idle), one)
            self.remove(displaced)  # which is told that it is lost only later
            displaced.end()

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

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._line = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.address = network_of(str(peer[0]) if isinstance(peer, tuple) and peer else "unknown")
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
        """Give a client its time to take anything of what waits for it, and then again."""
        left = self._line.get_write_buffer_size() if self._line else 0

        def look() -> None:
            if self._line is not None and self._line.get_write_buffer_size() < left:
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


def _is_this_machine(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:  # a network of IPv6, or no address
        return False
