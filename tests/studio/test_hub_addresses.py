"""What the owner names by an address of the Hub, on the command line and at launch."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import app
from studio import __main__ as cli
from studio.checkpoints.catalog import Catalog
from tests.hub_server import Hub
from training.core import dataset, hub

REPO = "owner/flowers"
ADDRESS = f"hf://{REPO}"
PICTURES = "hf://owner/pictures"


@pytest.fixture
def folder(hub_server: Hub, tmp_path: Path, make_vivid: Callable[..., Path]) -> Path:
    """Return the folder of a checkpoint that is on the Hub, too."""
    folder = make_vivid(tmp_path / "written")
    hub_server.model(REPO, {path.name: path.read_bytes() for path in folder.iterdir()})
    return folder


@pytest.fixture
def tile(folder: Path, tmp_path: Path) -> Path:
    """Return the tile of seed 3, exported from the address."""
    path = tmp_path / "tile.png"
    assert cli.main(["export", ADDRESS, "--seed", "3", "--out", str(path)]) == 0
    return path


def test_the_tile_of_an_address_is_that_of_its_files(folder: Path, tile: Path, tmp_path: Path) -> None:
    local = tmp_path / "local.png"
    assert cli.main(["export", str(folder), "--seed", "3", "--out", str(local)]) == 0
    assert tile.read_bytes() == local.read_bytes()


@pytest.mark.parametrize("named", [["--checkpoints", ADDRESS], ["--checkpoint", ADDRESS]])
def test_a_tile_is_verified_against_an_address(
    hub_server: Hub, tile: Path, tmp_path: Path, named: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none").mkdir()
    capsys.readouterr()
    assert cli.main(["verify", str(tile), "--checkpoints", str(tmp_path / "none"), *named, "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["outcome"] == "pass_exact"  # the address is told elsewhere
    assert f"{ADDRESS} is at the commit {hub_server.repos['model', REPO].head}" in printed.err


def test_a_pinned_revision_stays_what_it_was(hub_server: Hub, tile: Path, folder: Path, tmp_path: Path) -> None:
    repo = hub_server.repos["model", REPO]
    old = repo.head
    repo.commit({"README.md": b"all is gone"})
    shutil.rmtree(tmp_path / "cache")
    assert cli.main(["verify", str(tile), "--checkpoints", f"{ADDRESS}@{old}"]) == 0


@pytest.mark.parametrize("command", [["export", ADDRESS, "--seed", "1"], ["verify", "x.png", "--checkpoints", ADDRESS]])
def test_an_address_that_is_not_there_is_one_sentence(
    hub_server: Hub,
    tmp_path: Path,
    command: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.png").write_bytes(b"")
    out = ["--out", "tile.png"] if command[0] == "export" else []
    assert cli.main([*command, *out]) == cli.NOT_CHECKED
    error = capsys.readouterr().err
    assert error.startswith(f"error: There is no model {ADDRESS}, or it is private")
    assert error.count("\n") == 1


@pytest.fixture
def packed(hub_server: Hub, tmp_path: Path, make_pictures: Callable[..., Path]) -> bytes:
    """Return the packed file of pictures that are on the Hub, too."""
    file = dataset.pack(make_pictures(tmp_path / "pictures", side=128), tmp_path / "pictures.safetensors").file
    hub_server.dataset("owner/pictures", {"pictures.safetensors": file.read_bytes()})
    return file.read_bytes()


def test_a_tile_is_held_against_the_pictures_of_an_address(
    hub_server: Hub, tile: Path, packed: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify", str(tile), "--checkpoints", ADDRESS, "--data", PICTURES]) == 0
    printed = capsys.readouterr()
    assert "nearly training pictures: 0" in printed.out
    assert f"{PICTURES} is at the commit {hub_server.repos['dataset', 'owner/pictures'].head}" in printed.err


class Launched:
    """Stand where the page would be built, and learn over which folder."""

    def __init__(self, root: Path, data: Path | None = None, **_: object) -> None:
        self.root, self.data = root, data
        LAUNCHED.append(self)

    def launch(self, **_: Any) -> None:
        """Open nothing."""


LAUNCHED: list[Launched] = []


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Launched]:
    LAUNCHED.clear()
    monkeypatch.setattr(app, "build", Launched)
    return LAUNCHED


def test_the_studio_opens_on_an_address_and_shows_the_commit(
    hub_server: Hub, folder: Path, launched: list[Launched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py", "--checkpoints", ADDRESS])
    app.main()
    (page,) = launched
    (entry,) = Catalog(page.root).entries()
    assert entry.problem is None
    assert entry.name == f"flowers@{hub_server.repos['model', REPO].head[: hub.SHORT]}"


def test_the_studio_of_a_notebook_opens_on_the_address_in_the_environment(
    folder: Path, launched: list[Launched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "_opened", None)
    monkeypatch.setenv("GAN_RACE_CHECKPOINTS", ADDRESS)
    page = app.demo
    assert [entry.problem for entry in Catalog(page.root).entries()] == [None]


def test_the_studio_says_in_one_sentence_why_an_address_cannot_be_opened(
    hub_server: Hub, launched: list[Launched], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py", "--checkpoints", ADDRESS])
    assert app.main() == app.FAILED
    assert f"error: There is no model {ADDRESS}, or it is private" in capsys.readouterr().err
    assert not launched


def test_the_studio_holds_drawn_pictures_against_those_of_an_address(
    packed: bytes, tmp_path: Path, launched: list[Launched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py", "--checkpoints", str(tmp_path), "--data", PICTURES])
    assert app.main() == 0
    monkeypatch.setattr(app, "_opened", None)
    monkeypatch.setenv("GAN_RACE_CHECKPOINTS", str(tmp_path))
    monkeypatch.setenv("GAN_RACE_DATA", PICTURES)
    assert app.demo
    monkeypatch.setattr(sys, "argv", ["app.py", "--checkpoints", str(tmp_path)])
    assert app.main() == 0
    assert [page.data.read_bytes() == packed for page in launched if page.data] == [True] * 3


def test_the_studio_says_in_one_sentence_why_pictures_of_an_address_cannot_be_had(
    hub_server: Hub,
    tmp_path: Path,
    launched: list[Launched],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py", "--checkpoints", str(tmp_path), "--data", PICTURES])
    assert app.main() == app.FAILED
    error = capsys.readouterr().err
    assert error.startswith(f"error: There is no dataset {PICTURES}, or it is private")
    assert error.count("\n") == 1
    assert not launched
