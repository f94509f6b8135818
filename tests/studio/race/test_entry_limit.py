"""How many entries one browser and one address may send, and what is left for others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from studio.race.entry_limit import MOST_OF_ADDRESS, MOST_OF_SESSION, EntryLimit, Sender
from studio.race.messages import RaceError
from studio.race.phases import MOST_ENTRIES

HOME = "192.0.2.1"


def taken(limit: EntryLimit, sender: Sender | None, name: str) -> bool:
    try:
        with limit.counted(sender, name):
            return True
    except RaceError:
        return False


def test_one_browser_sends_so_many_names_and_replaces_them_as_often_as_it_likes() -> None:
    limit, one = EntryLimit(), Sender("session 1", HOME)
    names = [f"Name {number}" for number in range(MOST_OF_SESSION)]
    assert all(taken(limit, one, name) for name in names)
    assert not taken(limit, one, "another")
    assert not taken(limit, Sender("session 1", "198.51.100.7"), "another")  # it has moved to another network
    assert all(taken(limit, one, name.upper()) for name in names for _ in range(3))
    assert taken(limit, Sender("session 2", HOME), "another")


def test_many_sessions_of_one_address_leave_a_share_for_others() -> None:
    limit = EntryLimit()
    found = [taken(limit, Sender(f"session {number}", HOME), f"Name {number}") for number in range(MOST_ENTRIES)]
    assert sum(found) == MOST_OF_ADDRESS < MOST_ENTRIES
    assert taken(limit, Sender("session x", "198.51.100.7"), "Somebody")
    assert taken(limit, None, "of a mail")  # the organiser is not counted


def test_what_is_refused_is_not_counted() -> None:
    limit, one = EntryLimit(), Sender("session 1", HOME)
    for number in range(3 * MOST_OF_SESSION):
        with pytest.raises(ZeroDivisionError), limit.counted(one, f"Name {number}"):
            raise ZeroDivisionError
    assert taken(limit, one, "good")
    with pytest.raises(ZeroDivisionError), limit.counted(one, "good"):  # a change that is refused
        raise ZeroDivisionError
    more = [taken(limit, one, f"Name {number}") for number in range(MOST_OF_SESSION)]
    assert more == [True] * (MOST_OF_SESSION - 1) + [False]


def test_many_at_once_do_not_slip_by() -> None:
    limit, one = EntryLimit(), Sender("session 1", HOME)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda number: taken(limit, one, f"Name {number}"), range(64)))
    assert sum(found) == MOST_OF_SESSION
