"""Sessions that the server issues: known again, made by nobody else, and not without end."""

from __future__ import annotations

from typing import Any

import pytest

from studio.ui.http_sessions import BURST, COOKIE, Sessions, address_of


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def scope(address: str | None = "192.0.2.1", cookie: str = "", name: bytes = b"cookie") -> dict[str, Any]:
    return {
        "type": "http",
        "client": (address, 1234) if address else None,
        "headers": [(name, cookie.encode())] if cookie else [],
    }


def issued(sessions: Sessions, address: str = "192.0.2.1") -> str:
    """Return what a browser sends back of the cookie that it gets."""
    header = sessions.issue(scope(address))
    assert header is not None
    assert "HttpOnly" in header
    return header.partition(";")[0]


def test_a_session_is_known_again_from_any_address_and_among_other_cookies() -> None:
    sessions = Sessions()
    cookie, other = issued(sessions), issued(sessions)
    source = sessions.client(scope(cookie=cookie)).source
    assert source.startswith("session ")
    assert sessions.client(scope("198.51.100.9", f"theme=dark; {cookie}; x=1")).source == source
    assert sessions.client(scope(cookie=other)).source != source
    assert sessions.issue(scope(cookie=cookie)) is None


@pytest.mark.parametrize("change", ["x", "", "0"])
def test_a_session_that_the_server_did_not_issue_is_none(change: str) -> None:
    sessions = Sessions()
    good = issued(sessions)
    forged = good[:-1] + change if good[-1] != change else good[:-1] + "1"
    sources = {sessions.client(scope(cookie=one)).source for one in (forged, f"{COOKIE}=a.b", f"{COOKIE}=ü", "\x00=;;")}
    assert sources == {"address 192.0.2.1"}
    assert Sessions().client(scope(cookie=good)).source == "address 192.0.2.1"


def test_an_address_gets_so_many_sessions_and_others_get_theirs() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    for _ in range(int(BURST)):
        issued(sessions)
    assert sessions.issue(scope()) is None
    issued(sessions, "198.51.100.9")
    clock.now = 1.5
    issued(sessions)
    assert sessions.issue(scope()) is None


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::1", "::1"),
        ("testclient", "testclient"),
        (None, "unknown"),
    ],
)
def test_an_address_is_that_of_the_connection(host: str | None, address: str) -> None:
    assert address_of(scope(host)) == address
