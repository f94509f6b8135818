"""Races of small generators: entered, opened, with their codes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.race.store.entries import RaceEntry
from studio.race.store.race_folder import RaceOptions, create
from studio.race.tile_file import export_png
from tests.races import SIDE, Evening, declare, enter
from training.core import checkpoint


@pytest.fixture(scope="session")
def entrants(tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]) -> Path:
    """Return a folder of mails: six entrants with a checkpoint and the tile of their seed each."""
    mails = tmp_path_factory.mktemp("mails")
    for number, name in enumerate(("Anna", "Ben", "Chie", "Dai", "Eva", "Finn")):
        folder = declare(make_vivid(mails / name / "run", seed=number))
        tile = export_png(checkpoint.load(folder), 10 + number, seeds_looked_at=number + 1)
        (mails / name / "tile.png").write_bytes(tile)
    return mails


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
