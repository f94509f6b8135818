"""A studio in a process of its own, and ways to ask it that no browser has."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from tests.conftest import write_checkpoint
from training.core import checkpoint

ROOT = Path(__file__).parents[2]
OF_BYTES = {"content-type": "application/octet-stream"}
SERVER = "/gradio_api/component_server/"
START_SECONDS = 280.0  # also on a machine that does other work
PATIENCE_SECONDS = 60.0
HONEST_SECONDS = 20.0  # within which an honest visitor is answered, also on a busy machine


class RunningStudio:
    """A studio that answers at `address`, over the checkpoint `sha256`; `folder` is for files of the attacks.

    `stack` ends with it: what several attacks share is opened once.
    """

    def __init__(self, address: str, folder: Path, sha256: str) -> None:
        self.address, self.folder, self.sha256 = address, folder, sha256
        self.log_file = folder / "log.txt"
        self._log_start = 0
        self.stack, self.shared = ExitStack(), dict[str, Any]()
        self.port = int(address.rsplit(":", 1)[1])
        config = httpx.get(f"{address}/config", timeout=PATIENCE_SECONDS).json()
        self.parts = {one["props"].get("elem_id"): one["id"] for one in config["components"]}

    def __enter__(self) -> RunningStudio:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    @contextmanager
    def visitor(self) -> Iterator[httpx.Client]:
        """Open a browser of its own, with a session."""
        with httpx.Client(base_url=self.address, timeout=PATIENCE_SECONDS) as client:
            client.get("/")
            yield client

    def body(self, part: str, function: str, data: Any, session: object = "s") -> dict[str, Any]:
        """Return a request as the page sends it."""
        number = self.parts[f"race-{part}"]
        return {"component_id": number, "fn_name": function, "session_hash": session, "data": data}

    def ask(self, name: str, client: httpx.Client | None = None, /, **data: Any) -> dict[str, Any]:
        """Ask a function, such as `explore.show`, and return its answer."""
        part, function = name.split(".")
        post = client.post if client else httpx.post
        address = SERVER if client else f"{self.address}{SERVER}"
        content = json.dumps(self.body(part, function, data))  # which writes what JSON itself does not know, too
        answer = post(address, content=content, headers={"content-type": "application/json"}, timeout=PATIENCE_SECONDS)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def code(self, name: str, client: httpx.Client | None = None, /, **data: Any) -> str | None:
        """Return the code of the error that a function answers, or None."""
        error = self.ask(name, client, **data).get("error")
        return str(error["code"]) if error else None

    def send_piece(self, upload: str, offset: int, piece: bytes, client: httpx.Client | None = None) -> str | None:
        """Send a piece of a checkpoint's weights; return the code of the error, the status of a refusal, or None."""
        address = f"{'' if client else self.address}/race/uploads/{quote(upload, safe='')}/{offset}"
        post = client.post if client else httpx.post
        answer = post(address, content=piece, headers=OF_BYTES, timeout=PATIENCE_SECONDS)
        if not answer.is_success:
            return str(answer.status_code)
        error = answer.json().get("error")
        return str(error["code"]) if error else None

    def tile(self, **changes: Any) -> dict[str, Any]:
        """Return a good request for a tile, with changes."""
        return {"sha256": self.sha256, "seed": 0, "psi": 1.0, "visitor": "v", **changes}

    def verify(self, data: bytes, **claims: Any) -> dict[str, Any]:
        """Let a file be checked, with what a visitor says of it, and return the verdict or the error."""
        answer = self.ask("verify.verify_tile", file=base64.b64encode(data).decode(), visitor="v", **claims)
        verdict: dict[str, Any] = answer.get("verdict", answer)
        return verdict

    def passes(self, data: bytes, **claims: Any) -> bool:
        """Tell whether a file passes as a tile."""
        return str(self.verify(data, **claims).get("outcome", "")).startswith("pass")

    def exported(self, seed: int = 0) -> bytes:
        """Return an honest tile's file."""
        return base64.b64decode(self.ask("export.export_tile", sha256=self.sha256, seed=seed, visitor="v")["png"])

    def raw(self, content: bytes, seconds: float = 10.0) -> bytes:
        """Send bytes and return all that comes until the connection ends, or for so many seconds."""
        found = bytearray()
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(content)
            with suppress(TimeoutError, ConnectionError):
                while part := connection.recv(65536):
                    found += part
        return bytes(found)

    def request(self, line: str, *headers: str, body: bytes = b"", host: str = "Host: localhost") -> bytes:
        """Send a request that no client would send, and return the answer."""
        lines = [line, *([host] if host else []), *headers, "Connection: close", "", ""]
        return self.raw("\r\n".join(lines).encode("latin-1") + body)

    def log(self) -> str:
        """Return what the program has written since the attack began."""
        return self.log_file.read_bytes()[self._log_start :].decode(errors="replace")

    def note_log(self) -> None:
        """Begin a new attack."""
        self._log_start = self.log_file.stat().st_size

    def assert_unharmed(self) -> None:
        """Fail where an honest visitor is not answered in time, or a traceback was written."""
        start = time.monotonic()
        with self.visitor() as client:
            assert "jpeg" in self.ask("explore.show", client, **self.tile(seed=int(start) % 1000))
        assert time.monotonic() - start < HONEST_SECONDS, "an honest visitor had to wait"
        assert "Traceback" not in self.log(), f"a traceback: {self.log()[-300:]}"


def status(answer: bytes) -> int:
    """Return the status of a raw answer, 0 where there is none."""
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0


@contextmanager
def open_studio() -> Iterator[RunningStudio]:
    """Write a small checkpoint and open the studio on it."""
    with tempfile.TemporaryDirectory(prefix="gan-race-attacks-") as name:
        folder = Path(name)
        sha256 = checkpoint.file_sha256(write_checkpoint(folder / "checkpoints" / "one") / checkpoint.WEIGHTS)
        (folder / "checkpoints" / "default").write_text("one", encoding="utf-8")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        process = start_program(["--checkpoints", f"{name}/checkpoints", "--port", str(port)], folder)
        try:
            wait_for(f"http://127.0.0.1:{port}", process)
            with RunningStudio(f"http://127.0.0.1:{port}", folder, sha256) as studio:
                yield studio
        finally:
            process.terminate()
            process.wait(30)


def start_program(options: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start `app.py` with what it keeps in a folder, where it adds to `log.txt`."""
    environment = {**os.environ, "GAN_RACE_STATE": f"{folder}/state", "GAN_RACE_CACHE": f"{folder}/cache"}
    environment |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with (folder / "log.txt").open("ab") as log:
        command = [sys.executable, "app.py", *options]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a program answers. Raises RuntimeError where it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            httpx.get(f"{address}/race/alive", timeout=10)
            return
        time.sleep(0.3)
    raise RuntimeError("The studio did not open.")
