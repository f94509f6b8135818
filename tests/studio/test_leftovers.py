"""What a killed program has left is gone after the next start; what may still be written stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from studio import leftovers
from studio.leftovers import OLD_SECONDS, SETTLED_SECONDS, remove_leftovers
from studio.race.store.race_folder import RaceOptions, create
from studio.ui.services import Studio
from training.core.paths import machine, temporary_prefix


@pytest.fixture(scope="module")
def dead() -> int:
    """Return the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(60)
    return process.pid


def made(path: Path, age: float = 0.0) -> Path:
    """Write a file of such an age."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"half")
    os.utime(path, (time.time() - age,) * 2)
    return path


def made_folder(path: Path, age: float, newest: float) -> Path:
    """Write a folder of such an age with a file of another."""
    made(path / "model.safetensors", newest)
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_unfinished_files_go_once_they_are_old_or_their_process_is_gone(tmp_path: Path, dead: int) -> None:
    old, soon = OLD_SECONDS + 60, SETTLED_SECONDS + 60
    gone = [
        made(tmp_path / ".favourites.json.part", old),
        made(tmp_path / f".race.db.{os.getpid()}-7.part", old),
        made(tmp_path / f".race.db.{dead}-7.part", soon),
        made(tmp_path / "tiles" / f".A1.png.{dead}-7.part", soon),
        made_folder(tmp_path / "added" / f".{64 * 'a'}.part", old, old),
        made_folder(tmp_path / "added" / f".{64 * 'b'}.old.part", old, old),
    ]
    kept = [
        made(tmp_path / ".favourites.sqlite", old),
        made(tmp_path / "film.part", old),  # nothing of ours begins without a point
        made(tmp_path / ".race.part", soon),
        made(tmp_path / f".race.db.{os.getpid()}-8.part", soon),
        made(tmp_path / f".race.db.{dead}-8.part", 0),  # of another machine, perhaps
        made_folder(tmp_path / "added" / f".{64 * 'c'}.part", old, 0),
        made_folder(tmp_path / "added" / (64 * "d"), old, old),
    ]
    remove_leftovers([tmp_path, tmp_path / "absent"])
    assert [path for path in gone if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []


def test_temporary_folders_of_processes_that_are_gone_go(
    tmp_path: Path, dead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    gone = made(tmp_path / f"gan-race-film-{machine()}-{dead}-x_1" / "film.mp4").parent
    kept = [
        made(tmp_path / f"{temporary_prefix('film')}x" / "film.mp4").parent,
        made(tmp_path / f"gan-race-film-00000000-{dead}-x" / "film.mp4").parent,  # of another machine
        made(tmp_path / f"other-film-{machine()}-{dead}-x" / "film.mp4").parent,
        made(tmp_path / "gan-race-notes" / "mine.txt").parent,
    ]
    remove_leftovers([])
    assert not gone.exists()
    assert all(path.exists() for path in kept)


@pytest.mark.parametrize(("error", "lives"), [(ProcessLookupError, False), (PermissionError, True)])
def test_a_process_of_another_user_lives(
    error: type[OSError], lives: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(process: int, number: int) -> None:
        assert number == 0
        raise error

    monkeypatch.setattr(os, "kill", refuse)
    path = made(tmp_path / ".x.12345-1.part", SETTLED_SECONDS + 60)
    remove_leftovers([tmp_path])
    assert path.exists() == lives


def test_on_windows_no_process_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers.sys, "platform", "win32")
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("it would be ended"))
    assert leftovers._lives(1)


def test_a_studio_begins_with_what_a_killed_one_has_left_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_checkpoint: Callable[..., Path]
) -> None:
    state, cache, race = tmp_path / "state", tmp_path / "cache", tmp_path / "race"
    monkeypatch.setenv("GAN_RACE_STATE", str(state))
    monkeypatch.setenv("GAN_RACE_CACHE", str(cache))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    make_checkpoint(tmp_path / "checkpoints" / "one")
    create(race, RaceOptions())
    code = (
        "import pathlib, sys, tempfile, time\n"
        "from training.core.atomic_write import written_file, written_whole\n"
        "from training.core.paths import temporary_prefix\n"
        "state, cache, race = map(pathlib.Path, sys.argv[1:])\n"
        "(state / 'added').mkdir(parents=True); cache.mkdir(); (race / 'tiles').mkdir()\n"
        "with written_whole(state / 'added' / 'x') as a, written_file(cache / 'y') as b, "
        "written_file(race / 'tiles' / 'z') as c, tempfile.TemporaryDirectory(prefix=temporary_prefix('film')):\n"
        "    b.touch(); c.touch(); print('writing', flush=True); time.sleep(600)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(state), str(cache), str(race)], stdout=subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    with process.stdout as lines:
        assert lines.readline() == b"writing\n"
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    left = [*state.rglob("*.part"), *cache.rglob("*.part"), *race.rglob("*.part"), *tmp_path.glob("gan-race-film-*")]
    assert len(left) == 4
    for path in left:
        os.utime(path, (time.time() - OLD_SECONDS - 60,) * 2)
    studio = Studio(tmp_path / "checkpoints", torch.device("cpu"), race=race)
    studio.close()
    assert [path for path in left if path.exists()] == []
