"""A drive that goes away, fills up or becomes read-only while a training writes to it."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError

from tests.clocks import Clock
from training import __main__ as cli
from training.core import atomic_write, checkpoint, dataset, run_folder
from training.core.atomic_write import WriteError
from training.core.dataset import Data, open_data
from training.core.precision import Compute
from training.core.training_log import MetricsLog
from training.recipes.presets import RECIPES
from training.runs import kept_steps, loop, saver
from training.runs.loop import Budget, open_session
from training.runs.spare import bring_back, copy_checkpoint, opened_spare, spare_folder
from training.runs.trainer import Trainer

CPU = torch.device("cpu")
TINY = replace(RECIPES["dcgan"], resolution=16, g_width=2, d_width=2, z_dim=8, batch=4)
FAILURES = {
    "Transport endpoint is not connected": OSError(errno.ENOTCONN, "Transport endpoint is not connected"),
    "Read-only file system": OSError(errno.EROFS, "Read-only file system"),
    "Input/output error": OSError(errno.EIO, "Input/output error"),
    "the disk is full": OSError(errno.ENOSPC, "No space left on device"),
    "Quota|the disk is full": OSError(errno.EDQUOT, "Disk quota exceeded"),
}


@pytest.fixture
def images(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Data:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    return open_data(make_pictures(tmp_path / "pictures"), 16)


class Drive:
    """A folder to which nothing can be written while it is away."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.away = root, False
        self.error: Exception = OSError(errno.ENOTCONN, "Transport endpoint is not connected")
        for owner, name in ((Path, "mkdir"), (Path, "open"), (Path, "exists"), (Path, "iterdir")):
            monkeypatch.setattr(owner, name, self._guarded(getattr(owner, name)))

    def _guarded(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def operation(path: Path, *arguments: Any, **options: Any) -> Any:
            if self.away and path.is_relative_to(self.root):
                raise self.error
            return original(path, *arguments, **options)

        return operation


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drive:
    return Drive(tmp_path / "drive", monkeypatch)


def logged(file: Path) -> list[int]:
    return [json.loads(line)["images"] for line in file.read_text(encoding="utf-8").splitlines()]


def goes_away(drive: Drive, session: loop.Session, start: int, end: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the drive be away while the images seen are within start .. end - 1."""
    step = loop.take_step

    def watched(trainer: Trainer, data: Data) -> Any:
        found = step(trainer, data)
        drive.away = start <= trainer.images < end
        return found

    monkeypatch.setattr(loop, "take_step", watched)


LONG = replace(TINY, batch=8)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory, make_pictures: Callable[..., Path]) -> Path:
    """Return the last checkpoint of a run that nothing disturbs."""
    folder = tmp_path_factory.mktemp("calm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_RACE_CACHE", str(folder / "cache"))
        images = open_data(make_pictures(folder / "pictures"), 16)
        loop.train(open_session(LONG, 0, images, folder / "run", Compute(CPU), Clock()), Budget(images=640), quiet=True)
    return folder / "run" / "000000640"


@pytest.mark.parametrize("said", FAILURES)
def test_a_drive_that_is_away_for_a_while_ends_no_training_and_loses_nothing(
    images: Data,
    calm: Path,
    drive: Drive,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    said: str,
) -> None:
    drive.error = FAILURES[said]
    monkeypatch.setattr(kept_steps, "FIRST_KEPT_IMAGES", 16)
    session = open_session(LONG, 0, images, drive.root / "run", Compute(CPU), Clock(6.0))
    goes_away(drive, session, 120, 400, monkeypatch)
    loop.train(session, Budget(images=640), quiet=True)
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("warning")]
    assert all(any(part in line for part in said.split("|")) for line in told)
    assert any("metrics.jsonl could not be written" in line for line in told)
    assert any("images" not in line and "/0000" in line and "tries again" in line for line in told)
    assert len([line for line in told if "metrics.jsonl" in line]) == 1
    run_of = [path.name for path in (drive.root / "run").iterdir()]
    assert sorted(run_of) == ["000000640", "metrics.jsonl", "steps"]
    wanted = list(range(160, 641, 160))
    assert logged(drive.root / "run" / "metrics.jsonl") == wanted
    assert logged(drive.root / "run" / "000000640" / "metrics.jsonl") == wanted
    kept = [int(step.name) for step in run_folder.kept_steps(drive.root / "run")]
    assert kept == [16, 32, 64, 128, 256, 512]
    for weights in (checkpoint.WEIGHTS, checkpoint.RAW_WEIGHTS):
        found = checkpoint.load(drive.root / "run" / "000000640", weights)
        assert found.sha256 == checkpoint.load(calm, weights).sha256


def test_the_end_of_a_run_that_cannot_be_saved_says_where_the_last_good_checkpoint_is(
    images: Data, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.train(open_session(TINY, 0, images, drive.root / "run", Compute(CPU), Clock()), Budget(images=40), quiet=True)
    session = open_session(TINY, 0, images, drive.root / "run", Compute(CPU), Clock())
    goes_away(drive, session, 60, 1000, monkeypatch)
    with pytest.raises(
        WriteError, match=r"000000080 could not .*not connected; the last good checkpoint is .*/000000040"
    ):
        loop.train(session, Budget(images=80), quiet=True)
    drive.away = False
    assert [step.name for step in run_folder.steps(drive.root / "run")] == ["000000040"]


def test_a_local_folder_takes_what_the_drive_does_not_and_a_resume_brings_it_back(
    tmp_path: Path, images: Data, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = drive.root / "run"
    spare = spare_folder(tmp_path / "local", out)
    session = open_session(TINY, 0, images, out, Compute(CPU), Clock())
    session.spare = spare
    goes_away(drive, session, 60, 1000, monkeypatch)
    with pytest.raises(WriteError, match=rf"run cannot be written; the last good checkpoint is {spare}/000000100"):
        loop.train(session, Budget(images=100), quiet=True)
    drive.away = False
    assert run_folder.steps(out) == []
    assert bring_back(spare, out) == out / "000000100"
    assert run_folder.steps(spare) == []
    assert bring_back(spare, out) is None
    session = open_session(TINY, 0, images, out, Compute(CPU), Clock())
    assert session.trainer.images == 100
    assert logged(out / "metrics.jsonl") == [80]


def test_what_the_drive_takes_again_is_removed_from_the_local_folder(
    tmp_path: Path, images: Data, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session(TINY, 0, images, drive.root / "run", Compute(CPU), Clock())
    session.spare = tmp_path / "spare"
    drive.away = True
    saver.save(session)
    assert [step.name for step in run_folder.steps(session.spare)] == ["000000000"]
    drive.away = False
    loop.train(session, Budget(images=8), quiet=True)
    assert run_folder.steps(session.spare) == []
    assert [step.name for step in run_folder.steps(drive.root / "run")] == ["000000008"]


def test_an_older_checkpoint_of_the_local_folder_replaces_no_newer_one(
    tmp_path: Path, make_checkpoint: Callable[..., Path]
) -> None:
    for place in ("out/000000300", "spare/000000200"):
        make_checkpoint(tmp_path / place)
    assert bring_back(tmp_path / "spare", tmp_path / "out") is None
    assert [step.name for step in run_folder.steps(tmp_path / "out")] == ["000000300"]


def test_a_local_folder_has_a_place_for_each_run(tmp_path: Path) -> None:
    one, two = (spare_folder(tmp_path, Path(out)) for out in ("runs/a", "others/a"))
    assert one != two
    assert one.parent == two.parent == tmp_path


def test_the_command_goes_on_from_the_local_folder(
    tmp_path: Path, images: Data, make_pictures: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["resolution=16", "g_width=2", "d_width=2", "z_dim=8", "batch=4"]
    out, local = tmp_path / "run", tmp_path / "local"
    command = ["train", "dcgan", "--data", str(tmp_path / "pictures"), "--out", str(out), "--local", str(local)]
    command += ["--device", "cpu", "--precision", "float32", "--set", *small, "--images"]
    assert cli.main([*command, "8"]) == 0
    shutil.copytree(out / "000000008", spare_folder(local, out) / "000000008")
    shutil.rmtree(out / "000000008")
    capsys.readouterr()
    assert cli.main([*command, "12"]) == 0
    said = capsys.readouterr().out
    assert "only and was copied" in said
    assert "from image 8 on" in said


def test_what_fails_while_it_is_written_leaves_no_part(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), atomic_write.written_whole(tmp_path / "a") as part:
        part.write_bytes(b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_replaced_folder_is_back_where_its_successor_cannot_be_moved_into_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "old").touch()
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.name == ".a.part":
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="Input/output"), atomic_write.written_whole(tmp_path / "a"):
        pass
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["a", "a/old"]


def test_a_file_that_does_not_get_to_the_disk_is_no_finished_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"), atomic_write.written_whole(tmp_path / "a") as part:
        (part / "file").touch()
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(errno.EINVAL, "no such thing")))
    with atomic_write.written_whole(tmp_path / "b") as part:
        (part / "file").touch()
    assert (tmp_path / "b" / "file").is_file()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SafetensorError("Error while serializing: I/O error: Read-only file system (os error 30)"), "Read-only"),
        (SafetensorError("I/O error: No space left on device (os error 28)"), "disk is full; it needs 400 bytes"),
        (OSError("[enforce fail at inline_container.cc:858] . PytorchStreamWriter failed\nframe #0"), "is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "x could not be written: Permission denied."),
    ],
)
def test_each_failure_of_a_write_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    monkeypatch.setattr(atomic_write, "free_bytes", lambda _: 12)
    with pytest.raises(WriteError, match=said) as raised, atomic_write.explained(tmp_path / "x", 400):
        raise error
    assert "\n" not in str(raised.value)
    assert "frame" not in str(raised.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_state_on_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / checkpoint.STATE).symlink_to("/dev/full")
    with pytest.raises(WriteError, match=r"state.pt could not be written") as raised:
        checkpoint.save_state(tmp_path, {"weights": torch.zeros(3000)})
    assert "\n" not in str(raised.value)


def test_packing_to_a_place_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def save_file(*_: object) -> None:
        raise SafetensorError("I/O error: Read-only file system (os error 30)")

    monkeypatch.setattr(dataset, "save_file", save_file)
    assert cli.main(["pack", str(tmp_path / "pictures"), "--out", str(tmp_path / "out.safetensors")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {tmp_path / 'out.safetensors'} could not be written: ")
    assert said.count("\n") == 1


def test_a_line_of_which_a_part_was_written_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = MetricsLog(tmp_path / "log")
    log.add({"images": 1})
    log.write()

    class Torn(io.BytesIO):
        def write(self, data: Any) -> int:
            with open(tmp_path / "log", "ab") as file:  # noqa: PTH123
                file.write(data[:4])
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda *_: Torn(b"x" * 14))
        log.add({"images": 2})
        with pytest.raises(OSError, match="No space"):
            log.write()
    log.add({"images": 3})
    log.write()
    assert logged(tmp_path / "log") == [1, 2, 3]
    (tmp_path / "log").unlink()
    log.add({"images": 4})
    log.write()
    assert logged(tmp_path / "log") == [1, 2, 3, 4]


def seen(out: Path, images: Data, count: int, seed: int = 0, **changes: Any) -> Path:
    """Train a run to so many images, and return its checkpoint."""
    recipe = replace(TINY, **changes)
    loop.train(open_session(recipe, seed, images, out, Compute(CPU), Clock()), Budget(images=count), quiet=True)
    return out / f"{count:09d}"


@pytest.mark.parametrize("other", [{"seed": 1}, {"g_lr": 1e-3}, {"begun": "2020-01-01T00:00:00+00:00"}])
def test_what_another_run_left_on_the_local_disk_stays_there_and_is_told(
    tmp_path: Path, images: Data, capsys: pytest.CaptureFixture[str], other: dict[str, Any]
) -> None:
    out, local = tmp_path / "run", tmp_path / "local"
    spare = spare_folder(local, out)
    begun = other.pop("begun", None)
    left = seen(spare, images, 8, **other)
    mine = seen(out, images, 4)
    for step, start in ((left, begun or "2021"), (mine, "2021")):  # both began within one second
        config = json.loads((step / "config.json").read_text())
        config["about"]["runtimes"][0]["start"] = start
        (step / "config.json").write_text(json.dumps(config))
    assert bring_back(spare, out) is None
    found = opened_spare(local, out)
    assert found == spare.with_name(f"{spare.name}-2")
    assert f"{left} is of another run than {out} and stays where it is" in capsys.readouterr().out
    session = open_session(TINY, 0, images, out, Compute(CPU), Clock())
    session.spare = found
    loop.train(session, Budget(images=12), quiet=True)
    assert run_folder.steps(spare) == [left]
    assert [step.name for step in run_folder.steps(out)] == ["000000012"]
    copy_checkpoint(left, found / "000000008")
    config = json.loads((out / "000000012" / "config.json").read_text())
    (found / "000000008" / "config.json").write_text(json.dumps(config))
    assert opened_spare(local, out) == found  # of the same run again
    assert run_folder.steps(found) == []


def test_a_run_that_goes_on_under_a_changed_recipe_is_still_the_same_run(tmp_path: Path, images: Data) -> None:
    out, spare = tmp_path / "run", tmp_path / "spare"
    shutil.copytree(seen(out, images, 4), spare / "000000004")
    changed = replace(TINY, g_lr=1e-3)
    session = open_session(changed, 0, images, spare, Compute(CPU), Clock(), change=True)
    loop.train(session, Budget(images=8), quiet=True)
    assert bring_back(spare, out) == out / "000000008"


@pytest.mark.parametrize(("local", "out"), [("run/local", "run"), ("run", "run"), ("all", "all/run")])
def test_a_local_folder_in_the_run_or_round_it_is_refused(tmp_path: Path, local: str, out: str) -> None:
    with pytest.raises(ValueError, match="lie in one another; give one on another disk"):
        opened_spare(tmp_path / local, tmp_path / out)
    assert list(tmp_path.iterdir()) == []


def test_a_state_comes_back_from_the_local_disk_to_weights_that_are_there_and_others_files_stay(
    tmp_path: Path, images: Data
) -> None:
    left = seen(tmp_path / "spare", images, 8)
    copied = tmp_path / "run" / "000000008"
    copy_checkpoint(left, copied, without=(checkpoint.STATE,))
    (copied / "scores.json").write_text("{}")
    (copied / "mine").mkdir()
    (copied / "mine" / "notes.txt").write_text("x")
    assert bring_back(tmp_path / "spare", tmp_path / "run") == copied
    assert (copied / checkpoint.STATE).is_file()
    assert (copied / "scores.json").read_text() == "{}"
    assert (copied / "mine" / "notes.txt").read_text() == "x"
    (copied / checkpoint.STATE).unlink()
    seen_again = open_session(TINY, 0, images, tmp_path / "other", Compute(CPU), Clock())
    seen_again.out = tmp_path / "run"
    while seen_again.trainer.images < 8:
        seen_again.trainer.step(*images.batch(0, seen_again.trainer.images, 4))
    saver.save(seen_again)
    assert (copied / checkpoint.STATE).is_file()
    assert (copied / "scores.json").is_file()
