"""Attacks by many at once, and by those who leave."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from studio.ui.http_connections import HEAD_SECONDS, most_connections
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
