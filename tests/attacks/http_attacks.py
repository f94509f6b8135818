"""Attacks by requests that the page never sends."""

from __future__ import annotations

import gzip
import json
import socket
import time

import httpx

from studio.checkpoints.uploads import PIECE_BYTES
from tests.attacks.attack_list import attack
from tests.attacks.running_studio import OF_BYTES, SERVER, RunningStudio, status

JSON = {"content-type": "application/json"}
EVIL = "https://evil.example"


@attack("http", "Gradio's other routes", "404, at once")
def other_routes(studio: RunningStudio) -> None:
    start = time.monotonic()
    for path in ("process_recording", "upload", "queue/join", "run/tab_labels", "stream/a/b/1", "reset", "cancel"):
        answer = httpx.post(f"{studio.address}/gradio_api/{path}", json={})
        assert answer.status_code == 404, path
    for path in (
        "deep_link?session_hash=x",
        "dev/reload",
        "info",
        "queue/data?session_hash=x",
        "heartbeat/x",
        "mcp/sse",
    ):
        assert httpx.get(f"{studio.address}/gradio_api/{path}").status_code == 404, path
    assert time.monotonic() - start < 10


@attack("http", "files of the machine by Gradio's file routes", "404")
def file_routes(studio: RunningStudio) -> None:
    for path in (
        "file=/etc/passwd",
        "file/etc/passwd",
        "file=app.py",
        "proxy=http://127.0.0.1/",
        "custom_component/a/b/c",
    ):
        assert httpx.get(f"{studio.address}/gradio_api/{path}").status_code == 404, path


@attack("http", "path traversal below assets, static and the scripts", "no file of the machine")
def traversal(studio: RunningStudio) -> None:
    ups = ("../" * 12, "..%2f" * 12, "%2e%2e/" * 12, "..%5c" * 12, "....//" * 12, "%252e%252e/" * 12, "/", "%00/")
    for start in ("/assets/", "/static/", "/race/ui/0123456789abcdef/", "/"):
        for up in ups:
            for file in ("etc/passwd", "proc/self/environ"):
                answer = studio.request(f"GET {start}{up}{file} HTTP/1.1")
                assert b"root:x" not in answer, f"{start}{up}"
                assert b"GAN_RACE_STATE" not in answer, f"{start}{up}"
                assert status(answer) in (400, 403, 404), f"{start}{up}: {answer[:60]!r}"


@attack("http", "a foreign name for this machine (DNS rebinding)", "400")
def rebinding(studio: RunningStudio) -> None:
    for host in (
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "2130706433",
        "gradio.live.evil.example",
    ):
        assert status(studio.request("GET / HTTP/1.1", host=f"Host: {host}")) == 400, host


@attack("http", "no host, two hosts, a host with letters of control", "400")
def odd_hosts(studio: RunningStudio) -> None:
    for host in ("", "Host: localhost\r\nHost: evil.example", "Host: localhost\x01", "Host: ", "Host: a b"):
        assert status(studio.request("GET / HTTP/1.1", host=host)) == 400, host
    assert status(studio.request("GET / HTTP/1.0", host="")) == 400


@attack("http", "a forged X-Forwarded-Host or X-Gradio-Server", "the page names no foreign host")
def forwarded_host(studio: RunningStudio) -> None:
    for name in ("x-forwarded-host", "x-gradio-server"):
        for path in ("/", "/config"):
            answer = httpx.get(
                f"{studio.address}{path}", headers={name: "http://evil.example", "accept-encoding": "identity"}
            )
            assert "evil.example" not in answer.text, f"{name} {path}"
            answer = httpx.get(f"{studio.address}{path}", headers={name: "evil.example"})
            assert "evil.example" not in answer.text, f"{name} {path}"
            assert answer.status_code == 200


@attack("http", "a foreign origin that wants to read (CORS)", "no Access-Control header")
def cors(studio: RunningStudio) -> None:
    for origin in (EVIL, "null", "http://localhost:1", f"http://127.0.0.1:{studio.port}.evil.example"):
        for host in ("localhost", "x.gradio.live"):
            preflight = {"origin": origin, "host": host, "access-control-request-method": "POST"}
            answers = [
                httpx.get(f"{studio.address}/config", headers={"origin": origin, "host": host}),
                httpx.options(f"{studio.address}{SERVER}", headers=preflight),
            ]
            assert not [name for one in answers for name in one.headers if name.startswith("access-control")]
            assert answers[1].status_code == 404


@attack("http", "a foreign form that asks a function (CSRF)", "415 or 403")
def foreign_form(studio: RunningStudio) -> None:
    body = json.dumps(studio.body("header", "link_code", {"link": "https://x.gradio.live/"}))
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = httpx.post(f"{studio.address}{SERVER}", content=body, headers={"content-type": kind})
        assert answer.status_code == 415, kind
    for site in ("cross-site", "same-site"):
        answer = httpx.post(f"{studio.address}{SERVER}", content=body, headers={**JSON, "sec-fetch-site": site})
        assert answer.status_code == 403


@attack("http", "the page in a foreign frame, sniffed types", "frame-ancestors and nosniff on every answer")
def frames(studio: RunningStudio) -> None:
    for path in ("/", "/config", "/nothing", "/race/alive", "/theme.css"):
        headers = httpx.get(f"{studio.address}{path}").headers
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'self'" in policy
        assert "evil" not in policy
        assert " * " not in policy
        assert headers["x-content-type-options"] == "nosniff"


@attack("http", "other methods, and overridden ones", "404 or 405, nothing done")
def methods(studio: RunningStudio) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT", "PROPFIND", "GET\x0b"):
        assert status(studio.request(f"{method} / HTTP/1.1")) in (400, 404, 405), method
    answer = httpx.get(f"{studio.address}{SERVER}", headers={"x-http-method-override": "POST"})
    assert answer.status_code == 404


@attack("http", "a WebSocket", "refused")
def websocket(studio: RunningStudio) -> None:
    upgrade = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
    for path in ("/", "/queue/join", "/gradio_api/queue/join"):
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", *upgrade, "Connection: Upgrade", "", ""]
        assert status(studio.raw("\r\n".join(lines).encode(), 3)) != 101, path


@attack("http", "a body that declares gigabytes", "413 at once")
def declared(studio: RunningStudio) -> None:
    for length in (2**31, 10**12, 10**30):
        answer = studio.request(
            f"POST {SERVER} HTTP/1.1", "Content-Type: application/json", f"Content-Length: {length}"
        )
        assert status(answer) in (400, 413), length


@attack("http", "a body in chunks without an end", "413 at the limit")
def chunks(studio: RunningStudio) -> None:
    part = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    head = "POST /gradio_api/run/predict HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: chunked"
    assert status(studio.request(*head, body=part * 2)) == 413


@attack("http", "lengths that contradict each other (request smuggling)", "one answer at most, 400 or none")
def smuggling(studio: RunningStudio) -> None:
    inner = b"GET /race/alive HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for lengths in (
        ("Content-Length: 5", "Content-Length: 0"),
        ("Content-Length: -1",),
        ("Transfer-Encoding: chunked, identity",),
    ):
        answer = studio.request(f"POST {SERVER} HTTP/1.1", "Content-Type: application/json", *lengths, body=inner)
        assert answer.count(b"HTTP/1.1 ") <= 1, lengths
        assert b"alive" not in answer, lengths


@attack("http", "headers of a megabyte, and thousands of them", "refused, nothing kept")
def large_headers(studio: RunningStudio) -> None:
    assert status(studio.request("GET / HTTP/1.1", f"X: {'a' * 2**20}")) in (0, 400, 431)
    assert status(studio.request("GET / HTTP/1.1", *[f"X{number}: a" for number in range(20_000)])) in (0, 400, 431)
    assert status(studio.request(f"GET /{'a' * 2**20} HTTP/1.1")) in (0, 400, 414, 431)


@attack("http", "line breaks in paths and queries (header injection)", "no header of the attacker's")
def injected_headers(studio: RunningStudio) -> None:
    for path in ("/%0d%0aSet-Cookie:%20evil=1", "/?lang=%0d%0aSet-Cookie:%20evil=1", "/race/ui/x%0d%0aEvil:1/y"):
        answer = httpx.get(f"{studio.address}{path}")
        assert "evil" not in str(answer.headers).lower().replace("evil.example", ""), path


@attack("http", "a script in the address of the page (reflected XSS)", "not in the page")
def reflected(studio: RunningStudio) -> None:
    for query in ("?seed=<script>alert(1)</script>", "?tab='-alert(1)-'", '?lang="><img src=x onerror=alert(1)>'):
        assert "alert(1)" not in httpx.get(f"{studio.address}/{query}").text, query


@attack("http", "a forged session cookie", "it is not taken, and a true one issued")
def forged_session(studio: RunningStudio) -> None:
    for value in ("deadbeef.00000000000000000000000000000000", ".", "a.b.c", "x" * 4000, '"; Path=/', "\xff.\xff"):
        answer = httpx.get(f"{studio.address}/", headers={"cookie": f"race_session={value}".encode("latin-1")})
        assert answer.cookies.get("race_session", "") not in ("", value), value


@attack("http", "login and logout where nobody logs in", "404")
def login(studio: RunningStudio) -> None:
    assert httpx.post(f"{studio.address}/login", data={"username": "a", "password": "b"}).status_code == 404
    for path in ("logout", "login_check", "token", "openapi.json", "docs", "redoc", "monitoring", "monitoring/x"):
        assert httpx.get(f"{studio.address}/{path}").status_code == 404, path


@attack("http", "JSON that is deep, endless, doubled or none", "400 in a line")
def bad_json(studio: RunningStudio) -> None:
    deep = b"[" * 60_000
    bodies = (
        deep,
        b'{"a":' * 10_000,
        b"{",
        b"",
        b"\xff\xfe\x00",
        b'{"data": NaN}',
        b"1" * 60_000,
        b'{"data":1,"data":2}',
    )
    for body in bodies:
        for path in (SERVER, "/gradio_api/run/predict"):
            answer = httpx.post(f"{studio.address}{path}", content=body, headers=JSON)
            assert 400 <= answer.status_code < 500, body[:20]
            assert len(answer.text) < 200, body[:20]


@attack("http", "JSON of millions of values in one body", "413 at once; nobody waits while it is parsed")
def many_values(studio: RunningStudio) -> None:
    start = b'{"component_id":1,"fn_name":"x","session_hash":"s","data":['
    for value in (b"[]", b"{}", b"0", b'{"a":[0]}'):
        body = start + (value + b",") * (20 * 2**20 // (len(value) + 1)) + b"0]}"
        begun = time.monotonic()
        answer = httpx.post(f"{studio.address}{SERVER}", content=body, headers=JSON, timeout=60)
        assert answer.status_code == 413, value
        assert "brackets and commas" in answer.text
        assert time.monotonic() - begun < 10, value


@attack("http", "a compressed body that is a bomb", "400, not unpacked")
def compressed(studio: RunningStudio) -> None:
    bomb = gzip.compress(bytes(50 * 2**20))
    for encoding in ("gzip", "deflate", "br", "zstd"):
        headers = {**JSON, "content-encoding": encoding}
        assert httpx.post(f"{studio.address}{SERVER}", content=bomb, headers=headers).status_code == 400


@attack("http", "bytes that are no HTTP", "the connection ends")
def no_http(studio: RunningStudio) -> None:
    for content in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00" * 1000,
        b"GET\r\n\r\n",
    ):
        assert status(studio.raw(content, 3)) in (0, 400), content[:10]


@attack("http", "events that the page does not have", "400")
def foreign_events(studio: RunningStudio) -> None:
    for number in (-1, 10**6, "0", 0.5, None, True, [0], 10**400):
        body = json.dumps({"fn_index": number, "data": [], "session_hash": "s"})
        answer = httpx.post(f"{studio.address}/gradio_api/run/predict", content=body, headers=JSON)
        assert answer.status_code == 400, number


@attack("http", "an event of the page with foreign data", "no error of the program's")
def odd_events(studio: RunningStudio) -> None:
    config = httpx.get(f"{studio.address}/config").json()
    for event in config["dependencies"]:
        for data in ([], [None], ["x" * 10_000], [{"a": 1}] * 50, {"a": 1}, [10**400], None):
            body = json.dumps(
                {"fn_index": event["id"], "data": data, "session_hash": "s", "event_data": {"tab": ["x"]}}
            )
            answer = httpx.post(f"{studio.address}/gradio_api/run/predict", content=body, headers=JSON)
            assert answer.status_code < 500, f"{event['id']} {data!r:.30}"


@attack("http", "sixty connections with half a head (slow loris)", "honest visitors are served", slow=True)
def slow_heads(studio: RunningStudio) -> None:
    connections = [socket.create_connection(("127.0.0.1", studio.port)) for _ in range(60)]
    try:
        for one in connections:
            one.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        studio.assert_unharmed()
    finally:
        for one in connections:
            one.close()


@attack("http", "a body of which the rest never comes", "408 within half a minute", slow=True)
def half_body(studio: RunningStudio) -> None:
    head = (
        f"POST {SERVER} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"
    )
    assert status(studio.raw(head.encode(), 40)) == 408


@attack("http", "a foreign page that sends a piece of a checkpoint (CSRF), and one that is too long", "415, 403 or 413")
def foreign_pieces(studio: RunningStudio) -> None:
    address = f"{studio.address}/race/uploads/{'0' * 32}/0"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        assert httpx.post(address, content=b"x", headers={"content-type": kind}).status_code == 415, kind
    foreign = {**OF_BYTES, "sec-fetch-site": "cross-site"}
    assert httpx.post(address, content=b"x", headers=foreign).status_code == 403
    assert httpx.post(address, content=bytes(PIECE_BYTES + 1), headers=OF_BYTES).status_code == 413
    assert httpx.get(address).status_code == 404
    assert httpx.post(address, content=b"x", headers=OF_BYTES).json()["error"]["code"] == "error_add_weights"
