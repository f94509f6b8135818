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


@pytest.fixture
def entered(evening: Evening, entrants: Path) -> Evening:
    """Return a race with six entries, still open for others."""
    results = enter(evening, entrants)
    assert [type(one) for one in results.values()] == [RaceEntry] * 6
    return evening


@pytest.fixture(scope="session")
def opened_once(tmp_path_factory: pytest.TempPathFactory, entrants: Path) -> Evening:
    """Return a race with six tiles and ten codes whose vote is open; tests work on copies of it."""
    path = tmp_path_factory.mktemp("opened") / "race"
    evening = Evening(path, create(path, RaceOptions("Flowers", SIDE)))
    enter(evening, entrants)
    evening.open(10)
    return evening


@pytest.fixture
def opened(opened_once: Evening, tmp_path: Path) -> Evening:
    """Return a race with six tiles and ten codes whose vote is open."""
    shutil.copytree(opened_once.path, tmp_path / "opened")
    return Evening(tmp_path / "opened", opened_once.secret, list(opened_once.codes))
