from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

import app
from studio.race.store.race_folder import RaceOptions, create

PROJECT = Path(__file__).parents[1]
CODE = """
import app
assert "demo" not in vars(app)
from app import demo
assert type(demo).__name__ == "Page"
assert app.demo is demo
try:
    app.other
except AttributeError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--checkpoints", "nowhere"], "nowhere does not exist; --checkpoints names a folder of checkpoints."),
        (["--checkpoints", "file"], "file is a file; --checkpoints names a folder of checkpoints."),
        (["--checkpoints", ".", "--data", "nowhere"], "nowhere does not exist; --data names a folder of pictures"),
    ],
)
def test_a_place_that_is_not_there_is_told_before_the_page_is_built(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["app.py", *words])
    monkeypatch.setattr(app, "build", lambda *_, **__: pytest.fail("the page was built"))
    assert app.main() == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {said}")
    assert error.count("\n") == 1


def test_a_port_that_is_taken_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(sys, "argv", ["app.py", "--checkpoints", str(tmp_path), "--port", str(port)])
        assert app.main() == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert str(port) in error


def test_importing_app_builds_no_page_and_demo_is_built_once() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "module 'app' has no attribute 'other'\n"), done.stderr


def test_demo_is_another_one_once_the_settings_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_checkpoint: Callable[..., Path]
) -> None:
    monkeypatch.setattr(app, "_opened", None)
    for name in ("first", "second"):
        make_checkpoint(tmp_path / name / f"of_the_{name}")
    monkeypatch.setenv("GAN_RACE_CHECKPOINTS", str(tmp_path / "first"))
    first = app.demo
    address = first.launch(prevent_thread_lock=True, quiet=True)[1]
    assert app.demo is first
    monkeypatch.setenv("GAN_RACE_CHECKPOINTS", str(tmp_path / "second"))
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "state"))
    second = app.demo
    assert second is not first
    with pytest.raises(httpx.TransportError):
        httpx.get(address)
    assert second._studio is not None
    assert [entry.name for entry in second._studio.catalog.entries()] == ["of_the_second"]
    assert second._studio.added.folder.parent == tmp_path / "state"
    second.discard()


def test_demo_has_the_race_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_checkpoint: Callable[..., Path]
) -> None:
    monkeypatch.setattr(app, "_opened", None)
    make_checkpoint(tmp_path / "checkpoints" / "one")
    create(tmp_path / "race", RaceOptions("Flowers"))
    monkeypatch.setenv("GAN_RACE_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("GAN_RACE_RACE", str(tmp_path / "race"))
    page = app.demo
    assert page._studio is not None
    assert page._studio.race is not None
    assert page._studio.race.status()["title"] == "Flowers"
    assert app._parser().parse_args([]).race == tmp_path / "race"
    page.discard()
    monkeypatch.setattr(app, "_opened", None)
    monkeypatch.setenv("GAN_RACE_RACE", str(tmp_path))
    with pytest.raises(ValueError, match="There is no race in"):
        _ = app.demo
