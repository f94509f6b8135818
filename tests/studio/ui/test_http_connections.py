"""Connections that keep a server waiting: heads that never end, answers that nobody takes, and far too many of them."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import torch
import uvicorn
from starlette.types import Receive, Scope, Send

from studio.ui import http_connections
from studio.ui.http_connections import BoundedConnection, Connections, bound, most_connections
from studio.ui.page import build

WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nHost: loc"
LARGE = 32 * 2**20  # more than the buffers of a connection hold


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer slowly below /slow, with much below /large, otherwise with a word."""
    if scope["path"] == "/slow":
        await asyncio.sleep(2.0)
    body = bytes(LARGE) if scope["path"] == "/large" else b"here"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def served() -> Iterator[int]:
    """Serve `answer` with bounded connections, and give its port."""
    server = uvicorn.Server(uvicorn.Config(answer, port=0, log_level="error", lifespan="off"))
    server.config.load()
    bound(server)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(20)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connections, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(http_connections, "STALLED_SECONDS", 0.5)


def connect(port: int, content: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(content)
    return connection


def ended(connection: socket.socket, seconds: float = 10.0) -> bool:
    """Tell whether the server ends a connection within so many seconds; what it sends before is read."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        connection.settimeout(max(deadline - time.monotonic(), 0.01))
        try:
            if not connection.recv(2**20):
                return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False
    return False


def answered(connection: socket.socket) -> bool:
    with suppress(ConnectionError):
        return connection.recv(2**16).startswith(b"HTTP/1.1 200")
    return False


@pytest.mark.parametrize("begin", [b"", b"G", HALF, WHOLE[:-1]])
def test_a_head_that_does_not_end_ends_the_connection(begin: bytes) -> None:
    with served() as port, connect(port, begin) as connection:
        assert ended(connection, 4.0)


def test_a_head_that_comes_letter_by_letter_has_no_more_time() -> None:
    with served() as port, connect(port, HALF) as connection:
        start = time.monotonic()
        with suppress(ConnectionError):
            while time.monotonic() < start + 8.0:
                connection.sendall(b"a")
                time.sleep(0.1)
        assert time.monotonic() < start + 4.0


def test_a_second_request_has_its_time_too_and_no_more() -> None:
    with served() as port, connect(port, WHOLE) as connection:
        assert answered(connection)
        connection.sendall(HALF)
        assert ended(connection, 4.0)


def test_a_request_that_takes_long_to_answer_is_answered() -> None:
    with served() as port, connect(port, WHOLE.replace(b"/ ", b"/slow ", 1)) as connection:
        assert answered(connection)


def test_a_client_that_does_not_take_its_answer_is_given_up() -> None:
    with served() as port, connect(port, WHOLE.replace(b"/ ", b"/large ", 1)) as connection:
        time.sleep(2.0)  # and takes nothing
        read = 0
        with suppress(ConnectionError):
            while part := connection.recv(2**20):
                read += len(part)
        assert read < LARGE


def test_a_client_that_takes_its_answer_slowly_gets_all_of_it() -> None:
    with served() as port, connect(port, WHOLE.replace(b"/ ", b"/large ", 1)) as connection:
        start, read = time.monotonic(), 0
        while read < LARGE:
            part = connection.recv(2**18)
            assert part
            read += len(part)
            time.sleep(0.01)
        assert time.monotonic() > start + 2 * http_connections.STALLED_SECONDS


def test_answers_that_nobody_takes_have_a_limit_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connections, "STALLED_SECONDS", 60.0)
    monkeypatch.setattr(http_connections, "UNREAD_BYTES", 2.5 * LARGE)
    with served() as port:
        asked = WHOLE.replace(b"/ ", b"/large ", 1)
        readers = [connect(port, asked) for _ in range(6)]
        try:
            time.sleep(1.0)
            whole = [read_all(one) == LARGE for one in readers]
            assert 1 <= sum(whole) <= 3
            with connect(port, WHOLE) as honest:
                assert answered(honest)
        finally:
            for one in readers:
                one.close()


def read_all(connection: socket.socket) -> int:
    """Return how many bytes of the answer's body come."""
    found = bytearray()
    with suppress(ConnectionError, TimeoutError):
        while not found.endswith(b"\0" * 16) or len(found) < LARGE:
            part = connection.recv(2**20)
            if not part:
                break
            found += part
    return len(found.partition(b"\r\n\r\n")[2])


def test_more_connections_than_there_may_be_let_the_oldest_idle_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connections, "HEAD_SECONDS", 60.0)
    monkeypatch.setattr(http_connections, "MOST", 20)
    with served() as port:
        crowd = [connect(port, HALF) for _ in range(60)]
        try:
            for _ in range(5):
                with connect(port, WHOLE) as honest:
                    assert answered(honest)
            assert all(ended(one, 2.0) for one in crowd[:40])
            assert not ended(crowd[-1], 0.2)
        finally:
            for one in crowd:
                one.close()


class Line(asyncio.Transport):
    """A connection that knows where it comes from and whether it was ended."""

    def __init__(self, address: str, unread: int = 0) -> None:
        super().__init__({"peername": (address, 1)})
        self.ended, self.unread = False, unread

    def abort(self) -> None:
        self.ended = True

    def get_write_buffer_size(self) -> int:
        return self.unread


class Cycle:
    response_complete = False

    def __init__(self, sender: str) -> None:
        self.scope = {"client": (sender, 1)}


def opened(connections: Connections, address: str, busy: bool = False, sender: str = "", unread: int = 0) -> Line:
    class Connection(BoundedConnection):
        all_of_server = connections
        cycle = Cycle(sender or address) if busy else None

    line = Line(address, unread)
    Connection().connection_made(line)
    return line


def in_a_loop(check: Callable[[Connections], None]) -> None:
    async def checked() -> None:
        check(Connections(10))

    with ThreadPoolExecutor(1) as thread:  # another one may have a loop already, where a browser has been driven
        thread.submit(asyncio.run, checked()).result()


def test_an_address_has_half_of_the_connections_and_loses_its_own_oldest() -> None:
    def check(connections: Connections) -> None:
        other = opened(connections, "198.51.100.9")
        crowd = [opened(connections, "192.0.2.1") for _ in range(8)]
        assert [one.ended for one in crowd] == [True] * 3 + [False] * 5
        assert not other.ended
        assert len(connections) == 6

    in_a_loop(check)


def test_where_all_of_an_address_are_being_answered_its_new_one_is_ended() -> None:
    def check(connections: Connections) -> None:
        crowd = [opened(connections, "192.0.2.1", busy=True) for _ in range(7)]
        assert [one.ended for one in crowd] == [False] * 5 + [True] * 2
        assert not opened(connections, "198.51.100.9").ended

    in_a_loop(check)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_what_comes_through_this_machine_may_have_all(address: str) -> None:
    def check(connections: Connections) -> None:
        visitors = [opened(connections, address, busy=True) for _ in range(10)]
        assert not any(one.ended for one in visitors)
        assert opened(connections, address).ended

    in_a_loop(check)


def test_where_there_are_too_many_the_address_with_most_makes_room() -> None:
    def check(connections: Connections) -> None:
        others = [opened(connections, f"198.51.100.{number}") for number in range(6)]
        crowd = [opened(connections, "2001:db8:1:2::1"), *(opened(connections, "2001:db8:1:2::2") for _ in range(3))]
        newcomer = opened(connections, "203.0.113.7")
        assert [one.ended for one in crowd] == [True, False, False, False]
        assert not any(one.ended for one in [*others, newcomer])

    in_a_loop(check)


def test_where_all_are_being_answered_the_largest_sender_behind_a_tunnel_makes_room() -> None:
    def check(connections: Connections) -> None:
        others = [opened(connections, "127.0.0.1", busy=True, sender=f"198.51.100.{last}") for last in range(5)]
        crowd = [opened(connections, "127.0.0.1", busy=True, sender="203.0.113.7") for _ in range(5)]
        newcomers = [opened(connections, "127.0.0.1") for _ in range(2)]
        assert [one.ended for one in crowd] == [True, False, False, False, False]  # the first newcomer waits, the
        assert newcomers[0].ended  # next one takes its place: nothing had come of it yet
        assert not any(one.ended for one in [*others, newcomers[1]])

    in_a_loop(check)


def test_the_most_unread_answer_of_the_sender_with_most_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connections, "UNREAD_BYTES", 100)

    def check(connections: Connections) -> None:
        other = opened(connections, "127.0.0.1", busy=True, sender="198.51.100.9", unread=40)
        crowd = [opened(connections, "127.0.0.1", True, "203.0.113.7", unread) for unread in (10, 30, 25)]
        connections.check_unread()
        assert [one.ended for one in crowd] == [False, True, False]
        assert not other.ended

    in_a_loop(check)


@pytest.mark.parametrize(("taken", "is_ended"), [(1, True), (4000, True), (5000, False)])
def test_of_an_answer_so_much_is_to_be_taken_in_a_time(
    taken: int, is_ended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connections, "HEAD_SECONDS", 60.0)
    monkeypatch.setattr(http_connections, "LEAST_BYTES_A_SECOND", 10_000)

    async def waited() -> bool:
        line = Line("192.0.2.1", unread=10**6)

        class Connection(BoundedConnection):
            all_of_server = Connections(10)

        one = Connection()
        one.connection_made(line)
        one.pause_writing()
        line.unread -= taken
        await asyncio.sleep(0.55)
        one.resume_writing()
        return line.ended

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, waited()).result() == is_ended


@pytest.mark.parametrize("allowed", [1024, 256, 10**6])
def test_half_of_the_files_that_the_system_allows_are_for_connections(
    allowed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (allowed, allowed))
    assert most_connections() == min(allowed // 2, http_connections.MOST)


def test_a_page_that_is_launched_has_bounded_connections(tmp_path: Path) -> None:
    page = build(tmp_path, torch.device("cpu"))
    page.launch(prevent_thread_lock=True, quiet=True)
    try:
        with connect(page.server_port, HALF) as half, connect(page.server_port, WHOLE) as whole:
            assert answered(whole)
            assert ended(half, 5.0)
    finally:
        page.discard()
