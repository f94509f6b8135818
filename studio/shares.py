"""Whose things make room where a total is full: of the address with most, there of the session with most.

One address gets many sessions, so that a session's share alone would let it have all. No address is refused because it
has much, as a whole course may stand behind one; it gives way to others until each has as much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from studio.clients import Client

T = TypeVar("T")


class Holder(NamedTuple):
    """Whom something counts for, by what the server knows: a session, otherwise an address; and the address."""

    address: str
    source: str


NOBODY = Holder("", "")


def holder_of(client: Client) -> Holder:
    """Return whom it counts for what a client asks."""
    return Holder(client.address, client.source)


def giving_way(items: Sequence[T], holders: Callable[[T], Collection[Holder]], newcomer: Holder) -> list[T]:
    """Return the items, in their order, one of which makes room for one more of a newcomer.

    None of an address does unless it has more than the newcomer's would have then; within that one, none of a source
    unless the same is true of it. What several hold counts for each of them and makes room only for their own.
    """
    for part in range(len(Holder._fields)):
        named = [(item, {holder[part] for holder in holders(item)}) for item in items]
        of_each = Counter(name for _, names in named for name in names)
        most = max(of_each, key=of_each.__getitem__, default=newcomer[part])
        if of_each[most] > of_each[newcomer[part]] + 1:
            theirs = [item for item, names in named if names == {most}]
            return _of_sources_with_most(theirs, holders)
        items = [item for item, names in named if newcomer[part] in names]
    return []


def _of_sources_with_most(items: Sequence[T], holders: Callable[[T], Collection[Holder]]) -> list[T]:
    named = [(item, frozenset(holder.source for holder in holders(item))) for item in items]
    of_each = Counter(names for _, names in named)
    most = max(of_each.values(), default=0)
    return [item for item, names in named if of_each[names] == most]


def greediest(amounts: Mapping[Holder, float]) -> Holder:
    """Return who holds most within the address that holds most; of equals the first."""
    addresses = _sums((holder.address, amount) for holder, amount in amounts.items())
    address = max(addresses, key=addresses.__getitem__)
    theirs = [holder for holder in amounts if holder.address == address]
    return max(theirs, key=amounts.__getitem__)


def _sums(amounts: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, amount in amounts:
        found[name] = found.get(name, 0.0) + amount
    return found
