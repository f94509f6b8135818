from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from training import __main__ as cli
from training.core import run_folder
from training.core.imagenet_features import MissingPackageError
from training.recipes.presets import RECIPES
from training.runs import external_logs
from training.runs.external_logs import ExternalLogs, TrackioWriter, grouped
from training.runs.spare import spare_folder
from training.runs.step_types import Measures
from training.start import choice

SMALL = ("--set", "resolution=16", "g_width=2", "d_width=2", "z_dim=8", "batch=4", "--device", "cpu")
ABOUT: dict[str, Any] = {
    "recipe": {"loss": "hinge"},
    "runtimes": [{"start": "2026-01-02T03:04:05+00:00"}, {"start": "2026-02-03T04:05:06+00:00"}],
    "metrics": {"kid": 0.5, "network": "SqueezeNet"},
}
ROW = {"images": 80, "seconds": 1.5, "d_loss": 0.5, "g_loss": None, "period_2": 3.0, "alarms": ["grid"]}


class Kept:
    """A log that keeps what it is given, and fails, or waits, where it is told to."""

    def __init__(self, out: Path, images: int, about: Mapping[str, Any], local: Path | None = None) -> None:
        self.given: list[Any] = [dict(about["recipe"])]
        self.fails, self.free, self.closed = False, Event(), False
        self.free.set()

    def numbers(self, images: int, values: Mapping[str, float]) -> None:
        self.free.wait(30)
        if self.fails:
            raise OSError("the disk\nis full")
        self.given.append((images, dict(values)))

    def picture(self, images: int, picture: Image.Image) -> None:
        self.given.append((images, picture.size))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    one = Kept(Path(), 0, ABOUT)
    monkeypatch.setitem(external_logs.WRITERS, "tensorboard", lambda *_: one)
    return one


@pytest.fixture
def pictures(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    return make_pictures(tmp_path / "pictures")


def train(pictures: Path, *more: str) -> int:
    out = str(pictures.parent / "run")
    return cli.main(["train", "dcgan", "--data", str(pictures), "--out", out, *SMALL, *more])


def test_every_measure_has_a_group_and_what_is_no_number_is_left_out() -> None:
    found = grouped({"images": 8, "alarms": [], "g_loss": None, **dict.fromkeys(Measures._fields, 1.0)})
    assert found["losses/d_loss"] == found["logits/real"] == found["gradients/g_gradient"] == 1.0
    assert len(found) == len(Measures._fields)
    assert grouped(ROW) == {"training/seconds": 1.5, "losses/d_loss": 0.5, "spectrum/period_2": 3.0}


def test_rows_scores_and_previews_are_given_in_their_order(kept: Kept, tmp_path: Path) -> None:
    saved = tmp_path / "000000080"
    saved.mkdir()
    Image.new("RGB", (30, 20)).save(saved / "preview.jpg")
    logs = ExternalLogs(["tensorboard", "tensorboard"], tmp_path, 0, ABOUT)
    logs.row(ROW)
    for one in (None, saved, saved, tmp_path / "000000160"):
        logs.preview(one)  # the last is gone already
    logs.close()
    assert kept.given == [{"loss": "hinge"}, (0, {"scores/kid": 0.5}), (80, grouped(ROW)), (80, (30, 20))]
    assert kept.closed


def test_a_log_that_fails_is_told_once_and_the_training_goes_on(
    kept: Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept.fails = True
    logs = ExternalLogs(["tensorboard"], tmp_path, 0, ABOUT)
    for _ in range(3):
        logs.row(ROW)
    logs.close()
    said = capsys.readouterr().out
    assert said == (
        "warning: The log 'tensorboard' failed (OSError: the disk is full); the training goes on without it.\n"
    )
    assert len(kept.given) == 1


def test_a_log_that_hangs_holds_up_neither_the_steps_nor_the_end(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(external_logs, "LAST_SECONDS", 0.1)
    kept.free.clear()
    logs = ExternalLogs(["tensorboard"], tmp_path, 0, ABOUT)
    for _ in range(1000):
        logs.row(ROW)
    logs.close()
    assert "has not ended within 0 seconds" in capsys.readouterr().out
    kept.free.set()


def test_a_missing_package_is_told_before_the_packing(
    pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(module: str) -> Any:
        raise ImportError(module)

    monkeypatch.setattr(external_logs.importlib, "import_module", absent)
    with pytest.raises(MissingPackageError):
        external_logs.check_packages(["trackio"])
    assert train(pictures, "--images", "80", "--log", "tensorboard") == 2
    assert "run pip install tensorboard, or leave the log out" in capsys.readouterr().err
    assert not (pictures.parent / "run").exists()


def test_tensorboard_reads_what_a_run_has_written(pictures: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    out = pictures.parent / "run"
    for images in ("160", "240"):  # the second call goes on in the same folder
        assert train(pictures, "--images", images, "--log", "tensorboard") == 0
    events = EventAccumulator(str(out / "tensorboard"))
    events.Reload()
    assert [one.step for one in events.Scalars("losses/d_loss")] == [80, 160, 240]
    assert {"logits/real", "gradients/d_gradient", "training/spread"} <= set(events.Tags()["scalars"])
    assert [one.step for one in events.Images("preview")] == [160, 240]
    assert run_folder.newest(out).name == "000000240"


def scalars(folder: Path) -> list[int]:
    """Return the images at which TensorBoard has a value of D's loss."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return [one.step for one in events.Scalars("losses/d_loss")]


def test_a_run_on_a_drive_has_its_event_files_on_the_local_disk_and_a_new_machine_has_its_earlier_rows(
    pictures: Path, tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    out = pictures.parent / "run"
    for machine, images in (("first", "160"), ("first", "240"), ("second", "320")):
        options = ("--images", images, "--log", "tensorboard", "--local", str(tmp_path / machine))
        assert train(pictures, *options) == 0
    first, second = (spare_folder(tmp_path / machine, out) / "tensorboard" for machine in ("first", "second"))
    assert scalars(first) == [80, 160, 240]
    assert scalars(second) == [80, 160, 240, 320]
    assert not (out / "tensorboard").exists()


def test_a_log_that_is_asked_for_later_begins_with_the_first_row(pictures: Path) -> None:
    pytest.importorskip("tensorboard")
    assert train(pictures, "--images", "160") == 0
    assert train(pictures, "--images", "240", "--log", "tensorboard") == 0
    assert scalars(pictures.parent / "run" / "tensorboard") == [80, 160, 240]


def test_each_run_of_a_ladder_has_its_log(pictures: Path, tmp_path: Path, kept: Kept) -> None:
    command = ["ladder", "dcgan", "lsgan", "--data", str(pictures), "--out", str(tmp_path / "ladder"), *SMALL]
    assert cli.main([*command, "--images-each", "80", "--fakes", "4", "--log", "tensorboard"]) == 0
    rows = [given[0] for given in kept.given if isinstance(given, tuple) and isinstance(given[1], dict)]
    assert rows == [80, 80]
    assert [given for given in kept.given if isinstance(given, tuple) and not isinstance(given[1], dict)]
    assert kept.closed


def test_start_has_a_log_too(
    pictures: Path, tmp_path: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = replace(RECIPES["dcgan"], resolution=16, g_width=2, d_width=2, z_dim=8, batch=4)
    monkeypatch.setitem(choice.RECIPES, choice.NAME, tiny)
    monkeypatch.setattr("training.evaluation.bench.TRIAL_SECONDS", 0.01)
    out = ["--out", str(tmp_path / "run"), "--minutes", "0.01", "--device", "cpu"]
    assert cli.main(["start", str(pictures), *out, "--log", "tensorboard"]) == 0
    assert kept.given[-1] == (int(run_folder.newest(tmp_path / "run").name), (160, 160))  # the last preview
    assert kept.closed


def test_runs_in_folders_of_one_name_are_two_to_trackio_and_a_run_that_goes_on_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[dict[str, Any]] = []
    package = SimpleNamespace(init=lambda **given: begun.append(given))
    monkeypatch.setattr(external_logs, "_package", lambda *_: package)
    once, again = ({**ABOUT, "runtimes": ABOUT["runtimes"][:count]} for count in (1, 2))
    other = {**ABOUT, "runtimes": ABOUT["runtimes"][1:]}
    for folder, about in (("a", once), ("a", again), ("b", other)):
        TrackioWriter(tmp_path / folder / "dcgan", 0, about)
    names = [given["name"] for given in begun]
    assert names[0] == names[1] == "dcgan 2026-01-02T03:04:05+00:00"
    assert names[2] == "dcgan 2026-02-03T04:05:06+00:00"
    assert begun[0]["config"] == ABOUT["recipe"]


TRACKIO = """
import json, sys
from pathlib import Path
from training.runs.external_logs import ExternalLogs
logs = ExternalLogs(["trackio"], Path(sys.argv[1]), 0, json.loads(sys.argv[2]))
for images in (80, 160):
    logs.row({"images": images, "d_loss": 0.5})
logs.preview(Path(sys.argv[1]) / "000000080")
logs.close()
"""


def test_trackio_keeps_what_a_run_has_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("trackio")
    saved = tmp_path / "run" / "000000080"
    saved.mkdir(parents=True)
    Image.new("RGB", (30, 20)).save(saved / "preview.png")
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))  # which it reads when it is imported
    command = [sys.executable, "-c", TRACKIO, str(saved.parent), json.dumps(ABOUT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "failed" not in done.stdout + done.stderr
    (file,) = (tmp_path / "trackio").glob("*.db")
    with sqlite3.connect(file) as base:
        rows = base.execute("select step, metrics from metrics order by id").fetchall()
    assert [step for step, _ in rows] == [80, 160, 80]
    assert "losses/d_loss" in str(rows[0][1])
    assert "preview" in str(rows[2][1])
