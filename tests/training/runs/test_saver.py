"""Saves of a run whose folder is on a drive: what is copied there, how often, and what a resume goes on from."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tests.clocks import Clock
from training.core import atomic_write, checkpoint, run_folder
from training.core.checkpoint import STATE
from training.core.dataset import Data, open_data
from training.core.precision import Compute
from training.recipes.presets import RECIPES
from training.runs import drive, loop, saver, spare
from training.runs.loop import Budget, Session, open_session

CPU = torch.device("cpu")
TINY = replace(RECIPES["dcgan"], resolution=16, g_width=2, d_width=2, z_dim=8, batch=4)


@pytest.fixture
def images(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Data:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    return open_data(make_pictures(tmp_path / "pictures"), 16)


def opened(tmp_path: Path, images: Data) -> Session:
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock())
    session.spare = tmp_path / "local"
    return session


def trained(session: Session, images: int) -> None:
    while session.trainer.images < images:
        session.trainer.step(*session.data.batch(0, session.trainer.images, 4))


def states(run: Path) -> dict[int, bool]:
    """Tell of each checkpoint of a folder whether it has a state."""
    return {int(step.name): (step / STATE).is_file() for step in run_folder.steps(run)}


def test_a_drive_gets_the_weights_with_each_save_and_the_state_with_every_third(tmp_path: Path, images: Data) -> None:
    session = opened(tmp_path, images)
    found = []
    for seen in (4, 8, 12, 16, 20):
        trained(session, seen)
        assert saver.save(session) == session.out / f"{seen:09d}"
        found.append((states(session.out), states(tmp_path / "local")))
    assert found == [
        ({4: True}, {}),
        ({4: True, 8: False}, {8: True}),
        ({4: True, 12: False}, {12: True}),
        ({16: True}, {}),
        ({16: True, 20: False}, {20: True}),
    ]
    assert run_folder.newest(session.out).name == "000000020"
    assert checkpoint.load(session.out / "000000020").about["images"] == 20


def test_the_end_of_a_call_leaves_a_state_on_the_drive_also_of_weights_that_are_there(
    tmp_path: Path, images: Data
) -> None:
    session = opened(tmp_path, images)
    for seen in (4, 8):
        trained(session, seen)
        saver.save(session)
    saver.save_at_the_end(session)
    assert states(session.out) == {8: True}
    assert states(tmp_path / "local") == {}


def test_a_run_without_a_local_folder_has_the_state_with_each_save(tmp_path: Path, images: Data) -> None:
    session = opened(tmp_path, images)
    session.spare = None
    for seen in (4, 8):
        trained(session, seen)
        saver.save(session)
        assert states(session.out) == {seen: True}
    assert (session.out / "000000008" / "preview.png").is_file()


def test_the_preview_on_a_drive_is_small(tmp_path: Path, images: Data) -> None:
    session = opened(tmp_path, images)
    folder = saver.save(session)
    assert not (folder / "preview.png").exists()
    with Image.open(folder / "preview.jpg") as preview:
        assert preview.format == "JPEG"
        assert preview.size == (160, 160)
    assert "(preview.jpg)" in (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("local_is_left", [True, False])
def test_a_resume_goes_on_from_the_last_state_and_equals_a_run_without_a_pause(
    tmp_path: Path, images: Data, local_is_left: bool
) -> None:
    session = opened(tmp_path, images)
    for seen in (4, 8):
        trained(session, seen)
        saver.save(session)
    if not local_is_left:  # the disk of a runtime that has ended
        shutil.rmtree(tmp_path / "local")
    spare.bring_back(tmp_path / "local", session.out)
    session = opened(tmp_path, images)
    assert session.trainer.images == (8 if local_is_left else 4)
    loop.train(session, Budget(images=16), quiet=True)
    assert states(session.out) == {16: True}
    whole = open_session(TINY, 0, images, tmp_path / "whole", Compute(CPU), Clock())
    loop.train(whole, Budget(images=16), quiet=True)
    found = [checkpoint.load(run / "000000016", checkpoint.RAW_WEIGHTS).sha256 for run in (session.out, whole.out)]
    assert found[0] == found[1]


def test_weights_of_later_than_the_state_stay_until_the_next_save(tmp_path: Path, images: Data) -> None:
    session = opened(tmp_path, images)
    for seen in (4, 12):
        trained(session, seen)
        saver.save(session)
    session = opened(tmp_path, images)
    assert session.trainer.images == 4
    assert run_folder.newest(session.out).name == "000000012"
    trained(session, 8)
    saver.save(session)
    assert states(session.out) == {8: True}
    trained(session, 12)
    saver.save_at_the_end(session)
    assert states(session.out) == {12: True}


def test_a_local_disk_that_is_full_takes_nothing_from_the_drive(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = opened(tmp_path, images)
    mkdir = Path.mkdir

    def full(path: Path, *arguments: int, **options: bool) -> None:
        if path.is_relative_to(tmp_path / "local"):
            raise OSError(errno.ENOSPC, "No space left on device")
        mkdir(path, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", full)
    for seen in (4, 8):
        trained(session, seen)
        saver.save(session)
        assert states(session.out) == {seen: True}
    said = capsys.readouterr().out
    assert "local/000000004 could not be written: the disk is full" in said
    assert said.count("The checkpoint goes to") == 2


def rewrite(file: Path, error: Exception | None) -> None:
    """Write a file anew, with an error when half of it is there."""
    with atomic_write.written_file(file) as part:
        part.write_text("half")
        assert not file.exists() or file.read_text() == "old"
        if error is not None:
            raise error
        part.write_text("new")


@pytest.mark.parametrize("error", [RuntimeError("anything"), OSError(errno.ENOSPC, "No space left on device")])
def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, error: Exception) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(type(error)):
        rewrite(tmp_path / "file", error)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"file": "old"}
    rewrite(tmp_path / "file", None)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"file": "new"}


def test_two_threads_may_write_one_file(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as threads, atomic_write.written_file(tmp_path / "file") as part:
        part.write_text("last")
        threads.submit(rewrite, tmp_path / "file", None).result()
        assert (tmp_path / "file").read_text() == "new"
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"file": "last"}


def test_what_a_kill_left_of_a_file_is_removed_with_what_it_left_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / ".metrics.jsonl.12-34.part").write_text("half")
    (tmp_path / ".000000004.part").mkdir()
    (tmp_path / "metrics.jsonl").write_text("whole")
    atomic_write.discard_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_a_checkpoint_that_is_removed_from_the_local_disk_before_it_is_copied_is_written_once_more(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = drive.copy_checkpoint

    def removed(source: Path, *what: Any, **how: Any) -> None:
        shutil.rmtree(tmp_path / "local")
        copy(source, *what, **how)

    monkeypatch.setattr(drive, "copy_checkpoint", removed)
    session = opened(tmp_path, images)
    loop.train(session, Budget(images=20), quiet=True)
    assert states(session.out) == {20: True}
    assert session.saved == session.out / "000000020"
    said = capsys.readouterr().out
    assert f"warning: {session.out / '000000020'} could not be written: No such file or directory." in said
    assert f"The checkpoint is in {tmp_path / 'local'}" not in said
