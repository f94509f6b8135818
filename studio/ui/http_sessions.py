"""What the server itself knows of who sends a request: a session that it issued, otherwise an address.

A visitor's name, Gradio's session and every header are the client's own words. The address is that of the connection;
behind a proxy on this machine, such as the tunnel of a public link, it is the last one in X-Forwarded-For, which the
proxy has written itself: Uvicorn takes it from there for connections from 127.0.0.1 alone.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.types import Scope

from studio.clients import Client

COOKIE = "race_session"
BURST = 60.0  # sessions that one address gets at once
A_SECOND = 1.0  # and from then on
ADDRESSES_KEPT = 4096
NETWORK_BITS = 64  # of an address of IPv6: one subscriber has all that begin alike


class Sessions:
    """Issues sessions as cookies that nobody else can make, so many to an address, and knows them again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._secret, self._clock = secrets.token_bytes(32), clock
        self._left: dict[str, tuple[float, float]] = {}  # address -> sessions that it may still get, and as of when

    def client(self, scope: Scope) -> Client:
        """Return the client of a request."""
        session, address = self._session(scope), address_of(scope)
        return Client(f"session {session}" if session else f"address {address}", address)

    def issue(self, scope: Scope) -> str | None:
        """Return the Set-Cookie header of a new session; None where there is one, or the address has had too many."""
        if self._session(scope) or not self._take(address_of(scope)):
            return None
        session = secrets.token_hex(16)
        return f"{COOKIE}={session}.{self._sign(session)}; Path=/; HttpOnly; SameSite=Lax"

    def _session(self, scope: Scope) -> str | None:
        session, _, signature = _cookie(scope).partition(".")
        return session if hmac.compare_digest(signature.encode(), self._sign(session).encode()) else None

    def _sign(self, session: str) -> str:
        return hmac.new(self._secret, session.encode(), hashlib.sha256).hexdigest()[:32]

    def _take(self, address: str) -> bool:
        now = self._clock()
        left, then = self._left.pop(address, (BURST, now))
        left = min(BURST, left + (now - then) * A_SECOND)
        self._left[address] = max(left - 1.0, 0.0) if left >= 1.0 else left, now
        while len(self._left) > ADDRESSES_KEPT:
            del self._left[next(iter(self._left))]
        return left >= 1.0


def address_of(scope: Scope) -> str:
    """Return the address of a request's connection; of one of IPv6 the network."""
    host = scope.get("client") or ("unknown", 0)
    return network_of(str(host[0]))


def network_of(host: str) -> str:
    """Return an address as connections are counted by it: of IPv6 the network, of IPv4 within IPv6 what it is."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:64]
    if address.version == 6:
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        if not address.is_loopback:
            return str(ipaddress.ip_network((address, NETWORK_BITS), strict=False))
    return str(address)


def _cookie(scope: Scope) -> str:
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
    try:
        found = SimpleCookie("; ".join(lines)).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
