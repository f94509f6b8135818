"""The bodies of requests that are still coming: how many of one address and in all, and which makes room for another.

Each is read for as long as its declared length allows, so that a body of which next to nothing comes would hold its
connection for minutes. Where there are too many, the one that is furthest behind the pace is ended.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

OF_ADDRESS = 64  # of one address: a class behind one sends one large body each, and small ones come at once
OF_ALL = 1024


class Arrival:
    """One body that is coming: from where, how much of it has come, and until when the rest may."""

    def __init__(self, address: str, until: asyncio.Timeout, pace: float) -> None:
        self.address, self.received, self.was_ended = address, 0, False
        self._until, self._pace, self._since = until, pace, asyncio.get_running_loop().time()

    def behind(self, now: float) -> float:
        """Return how many seconds earlier this much would have come at the pace, which is in bytes a second."""
        return now - self._since - self.received / self._pace

    def end(self) -> None:
        """Let the time of the rest be over."""
        self.was_ended = True
        self._until.reschedule(asyncio.get_running_loop().time())


class Arrivals:
    """All bodies of an app that are coming. Not safe among threads: all of them live in its loop."""

    def __init__(self, pace: float, most: int = OF_ALL) -> None:
        self._pace, self._most = pace, most
        self._coming: dict[Arrival, None] = {}

    @contextmanager
    def of(self, address: str, until: asyncio.Timeout) -> Iterator[Arrival]:
        """Count one more for as long as this lasts; where there are too many, another one is ended before."""
        arrival = Arrival(address, until, self._pace)
        self._make_room(address)
        self._coming[arrival] = None
        try:
            yield arrival
        finally:
            self._coming.pop(arrival, None)

    def _make_room(self, address: str) -> None:
        """End the slowest of an address that has its share, otherwise, in all, of the address with most."""
        of_each = Counter(one.address for one in self._coming)
        if of_each[address] >= OF_ADDRESS and not is_this_machine(address):
            crowd = address
        elif len(self._coming) >= self._most:
            crowd = max(of_each, key=of_each.__getitem__)
        else:
            return
        now = asyncio.get_running_loop().time()
        slowest = max((one for one in self._coming if one.address == crowd), key=lambda one: one.behind(now))
        del self._coming[slowest]  # which ends only after this
        slowest.end()


def is_this_machine(address: str) -> bool:
    """Tell whether an address is of this machine, where a tunnel or a proxy speaks for many."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:  # a network of IPv6, or no address
        return False
