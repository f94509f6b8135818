"""Attacks by many at once, and by those who leave."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from studio.ui.http_arrivals import OF_ADDRESS
from studio.ui.http_connections import HEAD_SECONDS, UNREAD_BYTES, UNSENT_BYTES, most_connections
from studio.ui.http_sessions import A_SECOND, BURST
from tests.attacks.attack_list import attack
from tests.attacks.message_attacks import secret
from tests.attacks.running_studio import PATIENCE_SECONDS, SERVER, RunningStudio


@attack("crowds", "sessions by the hundred for one address", "sixty at once, then one a second")
def many_sessions(studio: RunningStudio) -> None:
    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: httpx.get(f"{studio.address}/", timeout=PATIENCE_SECONDS), range(130))
        issued = sum("race_session" in one.cookies for one in answers)
    assert issued <= BURST + A_SECOND * (time.monotonic() - start) + 1, issued
    time.sleep(3)  # the next attacks need sessions, too


@attack("crowds", "uploads that are begun and left, by one visitor", "refused; another visitor may add", slow=True)
def open_uploads(studio: RunningStudio) -> None:
    begin = {"size": 1000, "config": "{}", "name": "x", "secret": secret()}
    with studio.visitor() as client, studio.visitor() as other:
        codes = [studio.code("checkpoints.add_begin", client, **begin) for _ in range(12)]
        assert set(codes[-3:]) <= {"error_add_busy", "error_add_rate"}
        if client.cookies != other.cookies:
            assert studio.code("checkpoints.add_begin", other, **begin) in (None, "error_add_rate")


@attack(
    "crowds", "two hundred tiles at once under made-up names", "answered or error_busy; others are served", slow=True
)
def flood(studio: RunningStudio) -> None:
    with studio.visitor() as client, ThreadPoolExecutor(40) as pool:

        def ask(number: int) -> str | None:
            data = studio.tile(seed=10**6 + number, visitor=f"made up {number}")
            return studio.code("explore.show", client, **data)

        waiting = [pool.submit(ask, number) for number in range(200)]
        studio.assert_unharmed()
        codes = {one.result() for one in waiting}
    assert codes <= {None, "error_busy"}, codes


@attack("crowds", "a hundred exports whose clients hang up", "given up; others are served", slow=True)
def abandoned(studio: RunningStudio) -> None:
    for number in range(100):
        data = {"sha256": studio.sha256, "seed": 2 * 10**6 + number, "psi": 1.0, "visitor": f"gone {number}"}
        body = json.dumps(studio.body("export", "export_tile", data)).encode()
        head = f"POST {SERVER} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", studio.port)) as connection:
            connection.sendall(head.encode() + body)
    assert studio.exported(9)
    studio.assert_unharmed()


@attack("crowds", "heads of requests that are sent half, by the thousand", "closed soon; others are served", slow=True)
def half_heads(studio: RunningStudio) -> None:
    count = 2 * most_connections()
    connections: list[socket.socket] = []
    try:
        with contextlib.suppress(OSError):  # this program may open no more, either
            for _ in range(count):
                connections.append(socket.create_connection(("127.0.0.1", studio.port)))
                connections[-1].sendall(b"GET / HTTP/1.1\r\nHost: loc")
        studio.assert_unharmed()
        time.sleep(HEAD_SECONDS + 2)
        for one in connections:
            one.settimeout(5)
            with contextlib.suppress(ConnectionError):
                assert one.recv(1) == b"", "a connection is still open"
    finally:
        for one in connections:
            one.close()


@attack("crowds", "bodies of hundreds of megabytes at once", "503 or refused; others are served", slow=True)
def many_bodies(studio: RunningStudio) -> None:
    head = f"POST {SERVER} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {23 * 2**20}\r\n\r\n"
    connections = [socket.create_connection(("127.0.0.1", studio.port)) for _ in range(20)]
    try:
        for one in connections:
            one.settimeout(20)
            one.sendall(head.encode())
            with contextlib.suppress(ConnectionError, TimeoutError):
                one.sendall(b"x" * (20 * 2**20))
        studio.assert_unharmed()
    finally:
        for one in connections:
            one.close()


@attack(
    "crowds", "bodies of one sender behind a tunnel, a byte at a time", "503 for most; others are served", slow=True
)
def slow_bodies(studio: RunningStudio) -> None:
    head = f"POST {SERVER} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.7\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 20000000\r\n\r\n{"
    connections: list[socket.socket] = []
    try:
        for _ in range(most_connections()):
            connections.append(socket.create_connection(("127.0.0.1", studio.port)))
            with contextlib.suppress(ConnectionError):
                connections[-1].sendall(head.encode())
        time.sleep(2)
        for address in ("198.51.100.9", "203.0.113.7"):
            answer = httpx.get(f"{studio.address}/race/alive", headers={"X-Forwarded-For": address}, timeout=20)
            assert answer.is_success, address
        studio.assert_unharmed()
        open_still = sum(not _has_ended(one) for one in connections)
        assert open_still <= OF_ADDRESS, open_still
    finally:
        for one in connections:
            one.close()


def _has_ended(connection: socket.socket) -> bool:
    """Tell whether the server has answered, or closed, a connection."""
    connection.setblocking(False)
    try:
        connection.recv(1)
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    return True


@attack("crowds", "hundreds of answers that nobody takes", "a bounded part is kept; others are served", slow=True)
def unread_answers(studio: RunningStudio) -> None:
    size = len(httpx.get(f"{studio.address}/", headers={"accept-encoding": "identity"}).content)
    asked = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.7\r\nAccept-Encoding: identity\r\n\r\n"
    readers: list[socket.socket] = []
    try:
        for _ in range(min(2 * UNREAD_BYTES // size, most_connections() - 20)):
            readers.append(socket.socket())
            readers[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            readers[-1].connect(("127.0.0.1", studio.port))
            readers[-1].sendall(asked)
        studio.assert_unharmed()
        kept = sum(_is_open(one) for one in readers)
        assert kept * (size - 2 * UNSENT_BYTES) <= UNREAD_BYTES, kept  # the rest of each lies in the system
    finally:
        for one in readers:
            one.close()


def _is_open(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"G")
    except ConnectionError:
        return False
    return True
