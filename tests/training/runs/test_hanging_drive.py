"""A drive on which every access waits, for a while or for ever: the training goes on, and nothing is lost."""

from __future__ import annotations

import builtins
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, current_thread, main_thread
from threading import enumerate as threads
from typing import Any

import pytest
import torch

from tests.clocks import Clock
from training.core import checkpoint, run_folder
from training.core.atomic_write import WriteError
from training.core.dataset import Data, open_data
from training.core.precision import Compute
from training.recipes.presets import RECIPES
from training.runs import drive as drive_module
from training.runs import kept_steps, loop, mounts, run_lock, saver
from training.runs.divergence import DivergedError
from training.runs.loop import Budget, Session, open_session
from training.runs.mounts import drive_kind
from training.runs.spare import bring_back, opened_spare
from training.runs.trainer import Trainer

CPU = torch.device("cpu")
TINY = replace(RECIPES["dcgan"], resolution=16, g_width=2, d_width=2, z_dim=8, batch=4)
SYSTEM = ("stat", "lstat", "mkdir", "open", "scandir", "listdir", "rename", "replace", "unlink", "rmdir", "truncate")


@pytest.fixture
def images(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Data:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(kept_steps, "FIRST_KEPT_IMAGES", 16)
    return open_data(make_pictures(tmp_path / "pictures"), 16)


class HangingDrive:
    """A folder of which every access waits while it hangs; the thread that trains must not come near it then."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.works, self.waiting = str(root), Event(), Event()
        self.works.set()
        for name in SYSTEM:
            monkeypatch.setattr(os, name, self._guarded(getattr(os, name)))
        for module in (builtins, io):
            monkeypatch.setattr(module, "open", self._guarded(io.open if module is io else builtins.open))

    def _guarded(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any, **options: Any) -> Any:
            place = arguments[0] if arguments else None
            if isinstance(place, str | os.PathLike) and os.fspath(place).startswith(self.root):
                self._wait(original.__name__, place)
            return original(*arguments, **options)

        return operation

    def _wait(self, name: str, place: Any) -> None:
        if self.works.is_set():
            return
        if current_thread() is main_thread():
            pytest.fail(f"the training waits for {name} of {place}")
        self.waiting.set()
        self.works.wait(120)


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HangingDrive]:
    found = HangingDrive(tmp_path / "drive", monkeypatch)
    yield found
    found.works.set()


def opened(tmp_path: Path, images: Data) -> Session:
    session = open_session(TINY, 0, images, tmp_path / "drive" / "run", Compute(CPU), Clock(3.0))
    session.spare = tmp_path / "local"
    return session


def hangs(drive: HangingDrive, session: Session, start: int, end: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the drive hang while the images seen are within start .. end - 1."""
    step = loop.take_step

    def watched(trainer: Trainer, data: Data) -> Any:
        if trainer.images >= start:
            (drive.works.clear if trainer.images < end else drive.works.set)()
        return step(trainer, data)

    monkeypatch.setattr(loop, "take_step", watched)


def logged(file: Path) -> list[int]:
    return [json.loads(line)["images"] for line in file.read_text(encoding="utf-8").splitlines()]


def weights_of(run: Path) -> list[str]:
    newest = run_folder.newest(run)
    return [checkpoint.load(newest, name).sha256 for name in (checkpoint.WEIGHTS, checkpoint.RAW_WEIGHTS)]


def calm(tmp_path: Path, images: Data, count: int) -> list[str]:
    """Return the weights of the same run on a disk that is always there."""
    loop.train(
        open_session(TINY, 0, images, tmp_path / "calm", Compute(CPU), Clock()), Budget(images=count), quiet=True
    )
    return weights_of(tmp_path / "calm")


def test_no_step_waits_for_a_drive_that_hangs_and_all_is_there_once_it_works(
    tmp_path: Path, images: Data, drive: HangingDrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(tmp_path, images)
    hangs(drive, session, 100, 520, monkeypatch)
    copied: list[str] = []
    copy = drive_module.copy_checkpoint
    monkeypatch.setattr(
        drive_module, "copy_checkpoint", lambda *what, **how: copied.append(what[1].name) or copy(*what, **how)
    )
    loop.train(session, Budget(images=560), quiet=True)
    assert drive.waiting.is_set()
    run = tmp_path / "drive" / "run"
    assert sorted(path.name for path in run.iterdir()) == ["000000560", "metrics.jsonl", "steps"]
    assert (run / "000000560" / checkpoint.STATE).is_file()
    wanted = list(range(80, 561, 80))
    assert logged(run / "metrics.jsonl") == logged(run / "000000560" / "metrics.jsonl") == wanted
    assert [int(step.name) for step in run_folder.kept_steps(run)] == [16, 32, 64, 128, 256, 512]
    assert run_folder.steps(tmp_path / "local") == []
    assert session.saved == run / "000000560"
    assert copied == sorted(copied)
    assert weights_of(run) == calm(tmp_path, images, 560)


def test_a_run_on_a_mounted_drive_gets_a_folder_on_the_disk_by_itself_and_no_step_waits(
    tmp_path: Path,
    images: Data,
    drive: HangingDrive,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mounted(tmp_path / "drive", "fuse", tmp_path / "mounts", monkeypatch)
    session = opened(tmp_path, images)
    session.spare = opened_spare(None, session.out)
    assert f"run is on a mounted drive (fuse): written to {tmp_path}/cache/runs first" in capsys.readouterr().out
    hangs(drive, session, 100, 220, monkeypatch)
    loop.train(session, Budget(images=240), quiet=True)
    assert drive.waiting.is_set()
    assert logged(session.out / "metrics.jsonl") == [80, 160, 240]
    assert weights_of(session.out) == calm(tmp_path, images, 240)


@pytest.mark.parametrize(
    ("kind", "place", "found"),
    [
        *(("fuse", "drive/run", "fuse"), ("nfs4", "drive", "nfs4"), ("cifs", "drive/my run/new", "cifs")),
        *(("fuse.sshfs", "drive/run", "fuse.sshfs"), ("ext4", "drive/run", None), ("fuseblk", "drive/run", None)),
        *(("fuse", "drives/run", None), ("fuse", "run", None)),
    ],
)
def test_a_mounted_drive_is_told_from_a_disk(
    kind: str, place: str, found: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(tmp_path / "a b" / "drive", kind, tmp_path / "mounts", monkeypatch)
    assert drive_kind(tmp_path / "a b" / place) == found


def test_where_the_cache_is_on_a_drive_too_or_nothing_tells_a_run_gets_no_folder_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    mounted(tmp_path, "nfs4", tmp_path / "mounts", monkeypatch)
    assert opened_spare(None, tmp_path / "run") is None
    monkeypatch.setattr(mounts, "MOUNTS", tmp_path / "none")
    assert drive_kind(tmp_path / "run") is None


def mounted(point: Path, kind: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system say that a folder is a drive, its root an NFS of its own."""
    escaped = str(point).replace(" ", "\\040")
    file.write_text(f"server:/ / nfs4 rw 0 0\nproc /proc proc rw 0 0\nx {escaped} {kind} rw 0 0\n")
    monkeypatch.setattr(mounts, "MOUNTS", file)


def test_of_the_checkpoints_that_wait_for_a_drive_it_gets_the_newest_and_the_local_disk_keeps_two(
    tmp_path: Path, images: Data, drive: HangingDrive
) -> None:
    session = opened(tmp_path, images)
    kept = []
    with saver.written_aside(session), saver.Saver(session) as beside:
        drive.works.clear()
        for seen in (4, 8, 12, 16):
            session.trainer.step(*session.data.batch(0, session.trainer.images, 4))
            beside.save()
            assert session.saved == tmp_path / "local" / f"{seen:09d}"
            if seen == 4:
                assert drive.waiting.wait(60)
            kept.append([int(step.name) for step in run_folder.steps(tmp_path / "local")])
        assert kept == [[4], [4, 8], [4, 12], [4, 16]]
        drive.works.set()
        assert session.background is not None
        assert session.background.wait(60)
    assert [step.name for step in run_folder.steps(session.out)] == ["000000016"]
    assert (session.out / "000000016" / checkpoint.STATE).is_file()  # that of 4 was due and came too late
    assert session.saved == session.out / "000000016"


def test_a_drive_that_hangs_to_the_end_is_one_sentence_and_the_same_command_goes_on_bit_by_bit(
    tmp_path: Path,
    images: Data,
    drive: HangingDrive,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(saver, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(saver, "END_SECONDS", 0.2)
    session = opened(tmp_path, images)
    hangs(drive, session, 100, 10_000, monkeypatch)
    local = tmp_path / "local"
    said = rf"run has not taken all within 0 seconds; the last good checkpoint is {local}/000000240, where"
    with pytest.raises(WriteError, match=said):
        loop.train(session, Budget(images=240), quiet=True)
    assert "waiting for" in capsys.readouterr().out
    shutil.copytree(local, tmp_path / "left")  # as the end of the program leaves it
    monkeypatch.undo()
    monkeypatch.setattr(kept_steps, "FIRST_KEPT_IMAGES", 16)
    drive.works.set()
    for thread in threads():
        if thread.name == "background":
            thread.join(60)
    run = tmp_path / "drive" / "run"
    bring_back(tmp_path / "left", run)
    assert run_folder.newest(run).name == "000000240"
    loop.train(opened(tmp_path, images), Budget(images=320), quiet=True)
    assert logged(run / "metrics.jsonl") == [80, 160, 240, 320]
    assert weights_of(run) == calm(tmp_path, images, 320)


def test_a_run_that_diverges_while_the_drive_hangs_says_both(
    tmp_path: Path,
    images: Data,
    drive: HangingDrive,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(saver, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(saver, "END_SECONDS", 0.1)
    session = opened(tmp_path, images)

    def diverge() -> None:
        drive.works.clear()
        saver.save(session)
        raise DivergedError

    with pytest.raises(DivergedError), saver.written_aside(session):
        diverge()
    local = tmp_path / "local" / "000000000"
    assert f"run has not taken all within 0 seconds; the last good checkpoint is {local}." in capsys.readouterr().out


def test_leaving_a_folder_on_a_drive_that_hangs_ends_all_the_same(
    tmp_path: Path, drive: HangingDrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "LEAVE_SECONDS", 0.1)
    with run_lock.alone(tmp_path / "drive" / "run"):
        drive.works.clear()
    drive.works.set()
    with run_lock.alone(tmp_path / "drive" / "run"):
        pass


def test_a_drive_that_is_unmounted_gets_nothing_on_the_disk_below_it_and_all_once_it_is_back(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point, away = tmp_path / "drive", tmp_path / "away"
    is_mount, mounted_now = os.path.ismount, [True]
    monkeypatch.setattr(os.path, "ismount", lambda path: mounted_now[0] if Path(path) == point else is_mount(path))
    point.mkdir()
    session = opened(tmp_path, images)
    step = loop.take_step

    def unmounting(trainer: Trainer, data: Data) -> Any:
        if trainer.images == 100:
            assert session.background is not None
            assert session.background.wait(60)
            point.rename(away)
            point.mkdir()  # the mount point, an empty folder of the disk below
            mounted_now[0] = False
        return step(trainer, data)

    monkeypatch.setattr(loop, "take_step", unmounting)
    local = tmp_path / "local" / "000000240"
    with pytest.raises(WriteError, match=rf"run cannot be written; the last good checkpoint is {local}, where"):
        loop.train(session, Budget(images=240), quiet=True)
    assert f"the drive is away: nothing is mounted at {point} any more" in capsys.readouterr().out
    assert list(point.iterdir()) == []
    assert (local / checkpoint.STATE).is_file()
    monkeypatch.undo()
    point.rmdir()
    away.rename(point)
    monkeypatch.setattr(kept_steps, "FIRST_KEPT_IMAGES", 16)
    bring_back(tmp_path / "local", session.out)
    loop.train(opened(tmp_path, images), Budget(images=320), quiet=True)
    assert logged(session.out / "metrics.jsonl") == [80, 160, 240, 320]
    assert weights_of(session.out) == calm(tmp_path, images, 320)


def test_a_mount_point_is_found_also_of_what_is_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) in {tmp_path, Path("/")})
    assert mounts.mount_point(tmp_path / "My Drive" / "run") == tmp_path
    assert mounts.is_mounted(tmp_path, tmp_path / "run")
    assert mounts.mount_point(Path("/elsewhere/run")) == Path("/")


@pytest.mark.parametrize("named", [True, False])
def test_a_run_whose_drive_is_away_as_a_call_begins_is_not_brought_to_the_disk_below(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    point = tmp_path / "drive"
    is_mount, mounted_now = os.path.ismount, [True]
    monkeypatch.setattr(os.path, "ismount", lambda path: mounted_now[0] if Path(path) == point else is_mount(path))
    mounted(point, "fuse", tmp_path / "mounts", monkeypatch)
    local = tmp_path / "local" if named else None
    session = opened(tmp_path, images)
    session.spare = opened_spare(local, session.out)
    assert session.spare is not None
    left = saver.write(taken) if (taken := saver.snapshot(session)) else None  # that the drive has not taken
    assert left == session.spare / "000000000"
    mounted_now[0] = False
    monkeypatch.setattr(mounts, "MOUNTS", tmp_path / "none")
    shutil.rmtree(session.out)
    with pytest.raises(
        WriteError, match=rf"nothing is mounted at {point}, and the last good checkpoint is {left}; mount"
    ):
        opened_spare(local, session.out)
    assert not session.out.exists()
    mounted_now[0] = True
    assert opened_spare(tmp_path / "local" if named else tmp_path / "cache" / "runs", session.out) == session.spare
    assert [step.name for step in run_folder.steps(session.out)] == ["000000000"]
