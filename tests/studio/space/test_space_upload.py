from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from studio import __main__ as cli
from tests.hub_server import READER, WRITER, Hub

REPO = "owner/studio"
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def push(
    hub_server: Hub, tmp_path: Path, make_checkpoint: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int]:
    """Return a function that writes a Space of a checkpoint of the Hub and uploads it."""
    monkeypatch.setenv("HF_TOKEN", WRITER)
    folder = make_checkpoint(tmp_path / "flowers")
    hub_server.model("owner/flowers", {path.name: path.read_bytes() for path in folder.iterdir()})
    (tmp_path / "plain").mkdir()

    def run(*words: str, checkpoint: str = "hf://owner/flowers") -> int:
        return cli.main(["space", str(tmp_path / "out"), "--checkpoints", checkpoint, "--push", REPO, *words])

    return run


def sent(server: Hub) -> dict[str, bytes]:
    repo = server.repos["space", REPO]
    return repo.commits[repo.head]


def test_a_space_is_made_and_uploaded_as_it_was_written(
    hub_server: Hub, push: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert push("--zero-gpu") == 0
    printed = capsys.readouterr()
    assert f"uploaded: {hub_server.url}/spaces/{REPO}\n" in printed.out
    assert WRITER not in printed.out + printed.err
    (asked,) = hub_server.created
    assert (asked["type"], asked["sdk"], asked["hardware"]) == ("space", "gradio", "zero-a10g")
    out = tmp_path / "out"
    written = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert sent(hub_server) == written
    assert hub_server.messages == ["Publish studio"]
    facts = yaml.safe_load(written["README.md"].decode().split("---\n")[1])
    assert facts["models"] == ["owner/flowers"]
    assert facts["suggested_hardware"] == "zero-a10g"


def test_a_second_upload_leaves_no_checkpoint_of_the_first(
    hub_server: Hub, push: Callable[..., int], tmp_path: Path, make_checkpoint: Callable[..., Path]
) -> None:
    assert push() == 0
    assert push(checkpoint=str(make_checkpoint(tmp_path / "other"))) == 0
    folders = {name.split("/")[1] for name in sent(hub_server) if name.endswith("model.safetensors")}
    assert folders == {"other"}


def test_another_space_is_not_overwritten(
    hub_server: Hub, push: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    hub_server.add("space", REPO, {"README.md": b"---\ntitle: x\n---\n", "app.py": b"pass"})
    assert push() == 2
    assert f"The Space {REPO} holds README.md and was not written by this command." in capsys.readouterr().err
    assert set(sent(hub_server)) == {".gitattributes", "README.md", "app.py"}


def test_a_public_space_is_not_taken_for_a_private_one(
    hub_server: Hub, push: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert push("--private") == 0
    assert hub_server.repos["space", REPO].private
    hub_server.repos["space", REPO].private = False
    assert push("--private") == 2
    assert f"{REPO} exists and is public" in capsys.readouterr().err


def test_what_the_hub_refuses_is_told_in_one_sentence(
    hub_server: Hub, push: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub_server.wants_payment = True
    assert push() == 2
    assert "wants a paid plan for the Space owner/studio; --zero-gpu asks" in capsys.readouterr().err
    monkeypatch.setenv("HF_TOKEN", READER)
    assert push() == 2
    assert "The token has no right to do this" in capsys.readouterr().err
    assert ("space", REPO) not in hub_server.repos
