"""Who makes room: the address with most, in it the session with most, and nobody for the sake of equals."""

from __future__ import annotations

import pytest

from studio.clients import Client
from studio.shares import Holder, giving_way, greediest, holder_of

A1, A2, A3, B1, C1 = (Holder(address, source) for address, source in ("a1", "a2", "a3", "b1", "c1"))


def own(item: tuple[int, Holder]) -> set[Holder]:
    return {item[1]}


def places(held: list[Holder], newcomer: Holder) -> list[int]:
    return [place for place, _ in giving_way(list(enumerate(held)), own, newcomer)]


@pytest.mark.parametrize(
    ("held", "newcomer", "expected"),
    [
        ([A1, A2, A3, B1], C1, [0, 1, 2]),  # the address with most, though no session has more than another
        ([A1, A2, A2, A3], C1, [1, 2]),  # and in it the session with most
        ([A1, A2, A3, A2, B1], B1, [1, 3]),
        ([A1, A2, B1, B1], B1, []),  # which would have more than half then
        ([A1, A1, A1, B1, B1, B1], A2, [0, 1, 2]),  # within the address it is shared as well
        ([A1, A1, A2, A2], A2, []),
        ([A1, B1, C1], A2, []),
        ([], A1, []),
    ],
)
def test_whose_things_make_room(held: list[Holder], newcomer: Holder, expected: list[int]) -> None:
    assert places(held, newcomer) == expected


def test_what_two_addresses_hold_makes_no_room() -> None:
    held = [{A1, B1}, {A1}, {A2}]
    assert giving_way(held, lambda one: one, C1) == [{A1}, {A2}]
    assert giving_way([{A1, B1}, {A2, B1}], lambda one: one, C1) == []


def test_what_two_sessions_of_an_address_hold_makes_room() -> None:
    assert giving_way([{A1, A2}, {A1, A2}, {A3}], lambda one: one, B1) == [{A1, A2}, {A1, A2}]


def test_the_greediest_is_of_the_address_that_holds_most() -> None:
    assert greediest({B1: 5, A1: 2, A2: 4}) == A2
    assert greediest({B1: 5, A1: 5}) == B1


def test_a_holder_is_what_the_server_knows_of_a_client() -> None:
    assert holder_of(Client("session x", "192.0.2.1")) == Holder("192.0.2.1", "session x")
