"""What gradio_client and agents may ask of a running studio, and that nothing else is open to them."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.clients import current_client
from studio.race.tile_file import export_png
from studio.race.verification import verify
from studio.ui import page
from studio.ui.api import mcp_server
from tests.conftest import write_checkpoint
from tests.loops import run_to_its_end
from training.core import checkpoint

NAMES = ["draw_tile", "verify_file", "compare_checkpoints"]
INSTALLED = pytest.mark.skipif(find_spec("mcp") is None, reason="the package mcp is not installed")
pytestmark = [pytest.mark.own_studio, INSTALLED]


class Opened:
    """A studio that programs may ask, with three checkpoints."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, options in {"first": {}, "second": {"seed": 1}, "wide": {"z_dim": 12}}.items():
            write_checkpoint(root / name, **options)
        self.page = page.build(root, torch.device("cpu"), mcp=True)
        self.address = self.page.launch(prevent_thread_lock=True, quiet=True)[1].rstrip("/")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_RACE_STATE", str(tmp_path_factory.mktemp("state")))
        studio = Opened(tmp_path_factory.mktemp("checkpoints"))
        yield studio
        studio.page.discard()


@pytest.fixture(scope="module")
def client(opened: Opened) -> Iterator[Client]:
    client = Client(opened.address, verbose=False, analytics_enabled=False)
    yield client
    client.close()


def agent(opened: Opened, ask: Callable[[Any], Awaitable[Any]]) -> Any:
    """Return what an agent gets that the SDK's own client connects."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def asked() -> Any:
        async with (
            streamable_http_client(f"{opened.address}{mcp_server.PATH}/") as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            return await ask(session)

    return run_to_its_end(asked())


def call(opened: Opened, name: str, **arguments: Any) -> Any:
    return agent(opened, lambda session: session.call_tool(name, arguments))


def test_there_are_three_endpoints_and_three_tools_and_all_only_read(opened: Opened, client: Client) -> None:
    told = client.view_api(return_format="dict", print_info=False)
    assert [name.strip("/") for name in told["named_endpoints"]] == NAMES
    assert told["unnamed_endpoints"] == {}
    listed = agent(opened, lambda session: session.list_tools()).tools
    assert [tool.name for tool in listed] == NAMES
    assert all(tool.annotations.readOnlyHint and not tool.annotations.openWorldHint for tool in listed)
    assert [sorted(tool.inputSchema["properties"]) for tool in listed] == [
        ["checkpoint", "psi", "seed"],
        ["file"],
        ["checkpoints", "psi", "seed"],
    ]


def test_a_tile_is_the_file_that_export_writes_by_either_way(opened: Opened, client: Client) -> None:
    found = checkpoint.load(opened.root / "second")
    drawn = client.predict("second", 7, 0.5, api_name="/draw_tile")
    png = base64.b64decode(drawn.pop("png"))
    assert png == export_png(found, 7, 0.5)
    assert drawn["sha256"] == hashlib.sha256(png).hexdigest()
    assert (drawn["checkpoint"], drawn["checkpoint_sha256"], drawn["seed"]) == ("second", found.sha256, 7)
    by_hash = client.predict(found.sha256[:8], 7, 0.5, api_name="/draw_tile")
    assert base64.b64decode(by_hash["png"]) == png
    text, picture = call(opened, "draw_tile", checkpoint="second", seed=7, psi=0.5).content
    assert (picture.mimeType, base64.b64decode(picture.data)) == ("image/png", png)
    assert found.sha256 in text.text


def test_a_file_gets_the_verdict_of_the_command_line(opened: Opened, client: Client) -> None:
    png = export_png(checkpoint.load(opened.root / "first"), 3, 1.0)
    picture = Image.open(io.BytesIO(png))
    changed = picture.copy()
    changed.paste((255, 0, 0), (0, 0, 16, 16))
    said = PngInfo()
    for key, value in picture.info.items():
        said.add_text(key, str(value))
    data = io.BytesIO()
    changed.save(data, "PNG", pnginfo=said)
    for file, passes in ((png, True), (data.getvalue(), False), (b"no picture", False)):
        encoded = base64.b64encode(file).decode()
        answer = client.predict(encoded, api_name="/verify_file")
        verdict = verify(file, opened.page._studio.catalog)
        assert answer["passed"] is verdict.passed is passes
        assert answer["verdict"]["sentence"] == verdict.sentence
        (text,) = call(opened, "verify_file", file=encoded).content
        assert verdict.sentence in text.text


def test_checkpoints_are_compared_on_one_seed_and_other_latents_are_told(opened: Opened, client: Client) -> None:
    same = client.predict(["second", "first"], 5, api_name="/compare_checkpoints")
    assert (same["same_latents"], same["sentence"]) == (True, "All tiles are of the same latents.")
    assert [tile["checkpoint"] for tile in same["tiles"]] == ["second", "first"]
    assert len({tile["latents"] for tile in same["tiles"]}) == 1
    other = client.predict(["first", "wide"], 5, api_name="/compare_checkpoints")
    assert other["same_latents"] is False
    assert "different latents (first: z 8, wide: z 12)" in other["sentence"]
    text, *pictures = call(opened, "compare_checkpoints", checkpoints=["first", "wide"], seed=5).content
    assert "different latents" in text.text
    assert [base64.b64decode(one.data)[:3] for one in pictures] == 2 * [b"\xff\xd8\xff"]


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("draw_tile", ("frist", 1), "'frist' is no checkpoint here; these are: first, second, wide."),
        ("draw_tile", ("../first", 1), "'../first' is no checkpoint here; these are: first, second, wide."),
        ("draw_tile", ("first", -1), "“-1” is no seed; whole numbers from 0 to 4294967295 are allowed."),
        ("draw_tile", ("first", True), "“True” is no seed; whole numbers from 0 to 4294967295 are allowed."),
        ("draw_tile", ("first", 1, 7), "7 is no truncation; numbers from 0 to 1 are allowed."),
        ("compare_checkpoints", (["first"], 1), "1 checkpoints cannot be compared; 2 to 6 are allowed."),
        ("compare_checkpoints", (["first"] * 7, 1), "7 checkpoints cannot be compared; 2 to 6 are allowed."),
        ("verify_file", ("?",), "file = ? is not allowed."),
    ],
)
def test_what_is_not_allowed_is_one_sentence(
    opened: Opened, client: Client, name: str, arguments: tuple[Any, ...], said: str
) -> None:
    with pytest.raises(AppError) as failed:
        client.predict(*arguments, api_name=f"/{name}")
    assert str(failed.value) == said
    names = {"draw_tile": ("checkpoint", "seed", "psi"), "verify_file": ("file",)}
    fields = names.get(name, ("checkpoints", "seed", "psi"))
    answer = call(opened, name, **dict(zip(fields, arguments, strict=False)))
    assert answer.isError
    assert answer.content[0].text == said


def test_a_damaged_checkpoint_is_told_without_a_path(opened: Opened, client: Client) -> None:
    root = opened.root
    write_checkpoint(root / "later", seed=9)
    png = export_png(checkpoint.load(root / "later"), 1, 1.0)
    weights = root / "later" / "model.safetensors"
    whole = weights.read_bytes()
    try:
        weights.write_bytes(whole[: len(whole) // 2])
        answer = client.predict(base64.b64encode(png).decode(), api_name="/verify_file")
        assert not answer["passed"]
        assert str(root) not in str(answer)
        with pytest.raises(AppError) as failed:
            client.predict("later", 2, api_name="/draw_tile")
        assert str(root) not in str(failed.value)
    finally:
        for file in (root / "later").iterdir():
            file.unlink()
        (root / "later").rmdir()


def test_many_calls_at_once_are_answered_or_told_to_try_again(opened: Opened) -> None:
    def asked(number: int) -> str:
        client = Client(opened.address, verbose=False, analytics_enabled=False)
        try:
            client.predict("first", 1000 + number, api_name="/draw_tile")
        except AppError as error:
            return str(error)
        finally:
            client.close()
        return "drawn"

    with ThreadPoolExecutor(24) as pool:
        answers = set(pool.map(asked, range(24)))
    assert answers <= {"drawn", "Many tiles are being drawn for others; try again in a moment."}
    assert "drawn" in answers
    assert len(opened.page._studio.official) == 0


def test_a_call_is_counted_for_whom_the_server_itself_knows_it_to_be(opened: Opened) -> None:
    seen: list[str] = []
    official = opened.page._studio.official
    submit = official.submit

    def noted(visitor: str, work: Callable[[], Any], **options: Any) -> Any:
        seen.append(current_client().source)
        return submit(visitor, work, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(official, "submit", noted)
        client = Client(opened.address, verbose=False, analytics_enabled=False)
        client.predict("first", 1, api_name="/draw_tile")
        client.close()
        call(opened, "draw_tile", checkpoint="first", seed=1)
    assert seen == 2 * ["address 127.0.0.1"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/mcp/sse"),
        ("POST", "/gradio_api/mcp/messages"),
        ("GET", "/gradio_api/mcp/schema"),
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("POST", "/gradio_api/call/draw_tile"),
        ("POST", "/gradio_api/api/draw_tile"),
        ("POST", "/gradio_api/run/draw_tile"),
        ("GET", "/gradio_api/heartbeat/x"),
        ("POST", "/gradio_api/reset"),
        ("POST", "/gradio_api/cancel"),
        ("GET", "/gradio_api/queue/status"),
    ],
)
def test_nothing_else_of_gradio_is_open_to_programs(opened: Opened, method: str, path: str) -> None:
    answer = httpx.request(method, opened.address + path, json={} if method == "POST" else None)
    assert answer.status_code == 404


def test_only_the_endpoints_can_join_the_queue_and_only_events_are_run_without_it(opened: Opened) -> None:
    public = {number for number, event in opened.page.fns.items() if event.api_visibility == "public"}
    assert len(public) == len(NAMES)
    for number in opened.page.fns:
        body = {"data": [], "fn_index": number, "session_hash": "a"}
        joined = httpx.post(f"{opened.address}/gradio_api/queue/join", json=body).status_code
        run = httpx.post(f"{opened.address}/gradio_api/run/predict", json=body).status_code
        assert (joined == 400) is (number not in public)
        assert run == 400 or number not in public


def test_streams_that_are_hung_up_on_leave_no_traceback_and_nothing_in_gradios_queue(
    opened: Opened, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    numbers = [number for number, event in opened.page.fns.items() if event.api_name == "draw_tile"]
    body = {"data": ["first", 4_000_000_000], "fn_index": numbers[0], "session_hash": "hung up"}
    for _ in range(3):
        assert httpx.post(f"{opened.address}/gradio_api/queue/join", json=body).status_code == 200
        with httpx.stream("GET", f"{opened.address}/gradio_api/queue/data?session_hash=hung up") as stream:
            assert stream.status_code == 200
    assert httpx.get(f"{opened.address}/gradio_api/queue/data?session_hash=none").status_code == 404
    queue = opened.page._queue
    assert not queue.event_ids_to_events
    assert not queue.pending_event_ids_session
    assert not [record for record in caplog.records if record.exc_info]
    assert "Traceback" not in "".join(capfd.readouterr())


def test_an_agents_address_opened_in_a_browser_says_what_it_is(opened: Opened) -> None:
    answer = httpx.get(opened.address + mcp_server.PATH)
    assert (answer.status_code, answer.text) == (405, mcp_server.NOTE)


def test_a_page_that_was_not_asked_to_is_shut_to_programs(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "one")
    built = page.build(tmp_path, torch.device("cpu"))
    address = built.launch(prevent_thread_lock=True, quiet=True)[1].rstrip("/")
    try:
        for method, path in (
            ("GET", "/gradio_api/info"),
            ("POST", "/gradio_api/queue/join"),
            ("GET", "/gradio_api/queue/data"),
            ("POST", "/gradio_api/mcp"),
            ("POST", "/gradio_api/mcp/"),
        ):
            answer = httpx.request(method, address + path, json={} if method == "POST" else None)
            assert answer.status_code == 404
    finally:
        built.discard()


def test_only_who_has_logged_in_is_an_agent_or_a_client(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "one")
    built = page.build(tmp_path, torch.device("cpu"), mcp=True)
    address = built.launch(prevent_thread_lock=True, quiet=True, auth=("anne", "secret"))[1].rstrip("/")
    headers = {"accept": "application/json, text/event-stream"}
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    try:
        with httpx.Client(base_url=address, headers=headers, timeout=60) as stranger:
            assert stranger.post(f"{mcp_server.PATH}/", json=listing).status_code == 401
            assert stranger.get("/gradio_api/queue/data?session_hash=s").status_code == 401
            assert stranger.post("/login", data={"username": "anne", "password": "secret"}).status_code == 200
            assert stranger.post(f"{mcp_server.PATH}/", json=listing).status_code == 200
    finally:
        built.discard()


def test_without_the_package_the_page_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_server, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"^Agents need the package mcp: pip install 'mcp>=1\.21,<2'\.$"):
        page.build(tmp_path, torch.device("cpu"), mcp=True)


def test_an_agent_that_asks_for_no_tool_is_told_which_there_are(opened: Opened) -> None:
    answer = call(opened, "delete_everything")
    assert answer.isError
    assert answer.content[0].text == "There is no tool 'delete_everything'; these are: " + ", ".join(NAMES) + "."


DEEP = b'{"a":' * 90 + b"1"
MANY = b"[1" + b",1" * 2000 + b"]"


@pytest.mark.parametrize(
    "body",
    [b"[" * 90_000, DEEP, b"[" + b"[]," * 150 + b"1]", MANY, b"\xff", b"", b"1" * 5000, b"[NaN]", b'["\\ud800"]'],
)
def test_an_agents_body_that_is_no_plain_json_is_refused_in_a_sentence(
    opened: Opened, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    answer = httpx.post(f"{opened.address}{mcp_server.PATH}/", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.text.startswith("This is no message of an agent")
    assert not [record for record in caplog.records if record.exc_info]
