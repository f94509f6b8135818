"""Races of small generators: entered, opened, with their codes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.race.store.entries import RaceEntry
from studio.race.store.race_folder import RaceOptions, create
from tests.races import SIDE, Evening, enter, write_mails


@pytest.fixture(scope="session")
def entrants(tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]) -> Path:
    """Return a folder of mails: six entrants with a checkpoint and the tile of their seed each."""
    return write_mails(tmp_path_factory.mktemp("mails"), ("Anna", "Ben", "Chie", "Dai", "Eva", "Finn"), make_vivid)


@pytest.fixture
def evening(tmp_path: Path) -> Evening:
    """Return a race that has just begun."""
    path = tmp_path / "race"
    return Evening(path, create(path, RaceOptions("Flowers", SIDE)))


@pytest.fixture(scope="session")
def entered_once(tmp_path_factory: pytest.TempPathFactory, entrants: Path) -> Evening:
    """Return a race with six entries, still open for others; tests work on copies of it."""
    path = tmp_path_factory.mktemp("entered") / "race"
    evening = Evening(path, create(path, RaceOptions("Flowers", SIDE)))
    results = enter(evening, entrants)
    assert [type(one) for one in results.values()] == [RaceEntry] * 6
    return evening


@pytest.fixture
def entered(entered_once: Evening, tmp_path: Path) -> Evening:
    """Return a race with six entries, still open for others."""
    shutil.copytree(entered_once.path, tmp_path / "race")
    return Evening(tmp_path / "race", entered_once.secret)


@pytest.fixture(scope="session")
def opened_once(tmp_path_factory: pytest.TempPathFactory, entered_once: Evening) -> Evening:
    """Return a race with six tiles and ten codes whose vote is open; tests work on copies of it."""
    path = tmp_path_factory.mktemp("opened") / "race"
    shutil.copytree(entered_once.path, path)
    evening = Evening(path, entered_once.secret)
    evening.open(10)
    return evening


@pytest.fixture
def opened(opened_once: Evening, tmp_path: Path) -> Evening:
    """Return a race with six tiles and ten codes whose vote is open."""
    shutil.copytree(opened_once.path, tmp_path / "opened")
    return Evening(tmp_path / "opened", opened_once.secret, list(opened_once.codes))
