"""Races that are held on a page, asked over HTTP as browsers do."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.race.store.race_folder import RaceOptions, create
from tests.race_pages import RacePageServer
from tests.races import SIDE, Evening, declare, enter, write_mails

NAMES = ("Quaxolina", "Zebedeus", "Wumpelgard", "Yolandrix", "Xerxabella", "Vortigernia")
FIRST_SEED = 3_123_456_701  # found by nobody by chance in an answer


@pytest.fixture(scope="session")
def race_mails(tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]) -> Path:
    """Return a folder of six mails whose names and seeds are like nothing else."""
    return write_mails(tmp_path_factory.mktemp("postbag"), NAMES, make_vivid, FIRST_SEED)


@pytest.fixture(scope="session")
def race_checkpoints(tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]) -> Path:
    """Return the checkpoints of the studio, which nobody of the mails has."""
    root = tmp_path_factory.mktemp("studio-checkpoints")
    declare(make_vivid(root / "alpha", seed=91))
    declare(make_vivid(root / "long", seed=92), seconds=13 * 3600.0)
    return root


@pytest.fixture(scope="session")
def entered_once(tmp_path_factory: pytest.TempPathFactory, race_mails: Path) -> Evening:
    path = tmp_path_factory.mktemp("entered") / "race"
    evening = Evening(path, create(path, RaceOptions("Flowers", SIDE)))
    enter(evening, race_mails)
    return evening


@pytest.fixture
def hold(
    entered_once: Evening, race_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], RacePageServer]]:
    """Return a function that holds a race of six entries, still open for others, on a page."""
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "state"))
    servers: list[RacePageServer] = []

    def start() -> RacePageServer:
        path = tmp_path / "evening"
        if not path.exists():
            shutil.copytree(entered_once.path, path)
        servers.append(RacePageServer(race_checkpoints, Evening(path, entered_once.secret)))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def server(hold: Callable[[], RacePageServer]) -> RacePageServer:
    return hold()
