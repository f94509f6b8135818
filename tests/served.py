"""A studio that is open on this machine, asked as its page asks."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import torch

from studio.ui import page


class Served:
    """A studio that is open, and the functions of its page."""

    def __init__(self, root: Path, **options: Any) -> None:
        self.page = page.build(root, torch.device("cpu"))
        self.address = self.page.launch(prevent_thread_lock=True, quiet=True, **options)[1].rstrip("/")
        config = json.loads(self._open("/config").read())
        self._parts = {one["props"].get("elem_id"): one["id"] for one in config["components"]}

    def ask(self, part: str, function: str, data: dict[str, Any], session: str) -> dict[str, Any]:
        body = {"data": data, "component_id": self._parts[part], "fn_name": function, "session_hash": session}
        answer: dict[str, Any] = json.loads(
            self._open("/gradio_api/component_server", json.dumps(body).encode()).read()
        )
        return answer

    def _open(self, path: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(self.address + path, body, {"Content-Type": "application/json"})
        return urllib.request.urlopen(request, timeout=100)
