"""Where caches are kept, also for a user without a home."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.favourites import state_folder
from training.core import paths


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take the home away, as for a number of a user that the system has no name for."""

    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", none)
    monkeypatch.delenv("GAN_RACE_CACHE")
    monkeypatch.delenv("GAN_RACE_STATE")
    paths._temporary_home.cache_clear()
    yield
    paths._temporary_home.cache_clear()


def test_without_a_home_a_private_temporary_folder_serves_and_the_loss_is_announced_once(
    homeless: None, caplog: pytest.LogCaptureFixture
) -> None:
    folder = paths.home_folder()
    assert paths.cache_folder().is_relative_to(folder)
    assert state_folder().is_relative_to(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (said,) = caplog.messages
    assert "GAN_RACE_STATE and GAN_RACE_CACHE" in said


def test_where_both_folders_are_named_nobody_needs_a_home(
    homeless: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "state"))
    assert (paths.cache_folder(), state_folder()) == (tmp_path / "cache", tmp_path / "state")
    assert caplog.messages == []
