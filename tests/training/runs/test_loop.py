from __future__ import annotations

import json
import math
import random
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.clocks import Clock
from training import publish
from training.core import checkpoint, run_folder, training_log
from training.core.checkpoint import CheckpointError
from training.core.dataset import Data, DataError, open_data
from training.core.pixels import to_cells
from training.core.precision import Compute
from training.core.tile import seed_tile
from training.evaluation import grids
from training.evaluation.scores import SCORES, Scores
from training.evaluation.spectrum import PERIOD_NAMES, compare, powers
from training.recipes.presets import RECIPES
from training.recipes.recipe import CORRECTIONS, Recipe
from training.runs import checkpoint_writer, kept_steps, loop, metrics_rows, passport, saver
from training.runs.alarms import ALARMS
from training.runs.loop import Budget, DivergedError, open_session
from training.runs.spare import bring_back
from training.runs.step_types import Measures
from training.runs.trainer import Trainer

CPU = torch.device("cpu")
TINY = replace(RECIPES["dcgan"], resolution=16, g_width=2, d_width=2, z_dim=8, batch=4)


@pytest.fixture
def images(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Data:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    return open_data(make_pictures(tmp_path / "pictures"), 16)


def run_for(
    out: Path, images: Data, budget: Budget, recipe: Recipe = TINY, seed: int = 0, clock: Clock | None = None
) -> loop.Session:
    session = open_session(recipe, seed, images, out, Compute(CPU), clock or Clock())
    loop.train(session, budget, quiet=True)
    return session


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_run_leaves_one_checkpoint_with_everything_around_it(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=200))
    assert [path.name for path in (tmp_path / "run").iterdir()] in (
        ["000000200", "metrics.jsonl"],
        ["metrics.jsonl", "000000200"],
    )
    folder = tmp_path / "run" / "000000200"
    weights = {"model.safetensors", "raw.safetensors"}
    wanted = weights | {"config.json", "metrics.jsonl", "preview.png", "README.md", "state.pt"}
    assert {path.name for path in folder.iterdir()} == wanted
    found = checkpoint.load(folder)
    about = found.about
    assert about["images"] == 200
    assert about.keys() == passport.PASSPORT
    assert about["recipe"] == TINY.to_dict()
    assert about["data"] == {"sha256": images.sha256, "images": 12}
    assert about["runtimes"][0].keys() == {"start", "end", "device", "precision"}
    assert {"python", "torch", "numpy"} <= about["versions"].keys()
    np.testing.assert_array_equal(np.asarray(Image.open(folder / "preview.png")), seed_tile(found.generator, 0))
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("---\n")
    assert [row["images"] for row in rows(folder / "metrics.jsonl")] == [80, 160]


def test_the_same_command_goes_on_and_equals_a_run_without_a_pause(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "whole", images, Budget(images=160))
    run_for(tmp_path / "halves", images, Budget(images=72))
    session = run_for(tmp_path / "halves", images, Budget(images=160))
    one = checkpoint.load(tmp_path / "whole" / "000000160")
    two = checkpoint.load(tmp_path / "halves" / "000000160")
    assert one.sha256 == two.sha256
    last = [checkpoint.load(found.folder, checkpoint.RAW_WEIGHTS).sha256 for found in (one, two)]
    assert last[0] == last[1] != one.sha256
    assert len(session.about["runtimes"]) == 2
    assert [step.name for step in run_folder.steps(tmp_path / "halves")] == ["000000160"]
    assert two.about["seconds"] > one.about["seconds"] / 2


@pytest.mark.parametrize(
    ("budget", "seconds"), [(Budget(minutes=1), 60), (Budget(hours_total=0.05), 180), (Budget(minutes=9, images=8), 9)]
)
def test_a_budget_ends_a_call(tmp_path: Path, images: Data, budget: Budget, seconds: float) -> None:
    session = run_for(tmp_path / "run", images, budget)
    assert session.about["seconds"] <= seconds + 20
    if budget.images is None:
        assert session.about["seconds"] >= seconds
    else:
        assert session.trainer.images == 8


def test_the_race_limit_counts_all_calls_together(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(minutes=2))
    session = run_for(tmp_path / "run", images, Budget(hours_total=2 / 60))
    assert session.trainer.images == checkpoint.describe(run_folder.newest(tmp_path / "run")).about["images"]
    assert session.seconds < 30


def test_checkpoints_are_written_every_few_minutes(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = []
    save = saver.save
    monkeypatch.setattr(saver, "save", lambda session, **how: times.append(session.seconds) or save(session, **how))
    run_for(tmp_path / "run", images, Budget(minutes=12), clock=Clock(4.0))
    assert 55 < times[0] < 75
    assert all(0 < after - before < 320 for before, after in pairwise(times))
    assert len(times) == 4


def test_losses_that_are_not_finite_stop_with_a_sentence_and_keep_the_last_good_checkpoint(
    tmp_path: Path, images: Data
) -> None:
    run_for(tmp_path / "run", images, Budget(images=40))
    good = checkpoint.load(tmp_path / "run" / "000000040").sha256
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock())
    with torch.no_grad():
        next(session.trainer.d.head.parameters()).fill_(float("nan"))
    with pytest.raises(
        DivergedError, match=r"losses .* not finite after 120 images.*last good checkpoint is .*000000040"
    ):
        loop.train(session, Budget(images=400), quiet=True)
    assert checkpoint.load(run_folder.newest(tmp_path / "run")).sha256 == good


def test_a_run_whose_optimizers_never_step_is_ended_with_a_sentence(tmp_path: Path, images: Data) -> None:
    half = Compute(CPU, torch.float16)
    session = open_session(TINY, 0, images, tmp_path / "run", half, Clock())
    session.trainer.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**126, backoff_factor=0.999)
    with pytest.raises(DivergedError, match="gradients of the last 40 steps are not finite after 160 images") as raised:
        loop.train(session, Budget(images=400), quiet=True)
    assert "Another --precision may do." in str(raised.value)
    assert [row["skipped"] for row in rows(tmp_path / "run" / "metrics.jsonl")] == [1.0]


def test_a_first_skipped_step_is_no_alarm(tmp_path: Path, images: Data) -> None:
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU, torch.float16), Clock())
    session.trainer.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**30)
    loop.train(session, Budget(images=240), quiet=True)
    told = rows(tmp_path / "run" / "metrics.jsonl")
    assert 0.0 < told[0]["skipped"] < 1.0
    assert told[-1]["skipped"] == 0.0
    assert all(row["alarms"] == [] for row in told)


def test_the_precision_is_in_the_passport_and_a_change_of_it_is_told(tmp_path: Path, images: Data) -> None:
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU, torch.bfloat16), Clock())
    loop.train(session, Budget(images=40), quiet=True)
    assert passport.precision_change(session.about) is None
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock())
    assert [runtime["precision"] for runtime in session.about["runtimes"]] == ["bfloat16", "float32"]
    assert str(passport.precision_change(session.about)).startswith(
        "the run was in bfloat16 before and goes on in float32"
    )
    loop.train(session, Budget(images=80), quiet=True)
    assert session.trainer.images == 80


def test_a_save_beside_the_training_holds_the_moment_at_which_it_was_asked_for(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock())
    stepped, write = Event(), saver.write
    monkeypatch.setattr(saver, "write", lambda taken: stepped.wait(60) and write(taken))
    session.trainer.step(*session.data.batch(0, 0, 4))
    weights, state = session.trainer.generator_state(), deepcopy(session.trainer.state())
    with saver.Saver(session) as beside:
        beside.thread = ThreadPoolExecutor(1)
        beside.save()
        session.trainer.step(*session.data.batch(0, 4, 4))
        stepped.set()
    found = checkpoint.load(tmp_path / "run" / "000000004").generator.state_dict()
    assert all(torch.equal(found[name], value) for name, value in weights.items())
    saved = checkpoint.load_state(tmp_path / "run" / "000000004")
    assert saved["images"] == 4
    assert all(torch.equal(saved["g"][name], value) for name, value in state["g"].items())


def test_a_save_beside_the_training_that_fails_is_a_warning(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock())

    def write(taken: saver.Snapshot) -> Path:
        raise OSError("no space left")

    monkeypatch.setattr(saver, "write", write)
    with saver.Saver(session) as beside:
        beside.thread = ThreadPoolExecutor(1)
        beside.save()
    assert capsys.readouterr().out == "warning: no space left. The training goes on and tries again.\n"


def test_weights_that_are_not_finite_are_never_saved(tmp_path: Path, images: Data) -> None:
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock())
    with torch.no_grad():
        next(session.trainer.average.parameters()).fill_(float("inf"))
    with pytest.raises(DivergedError, match="no checkpoint had been saved yet"):
        saver.save(session)
    assert run_folder.steps(tmp_path / "run") == []


def poisoned_g(trainer: Trainer) -> torch.Tensor:
    return next(trainer.g.parameters())


def poisoned_d(trainer: Trainer) -> torch.Tensor:
    return list(trainer.d.head.parameters())[-1]


def poisoned_average(trainer: Trainer) -> torch.Tensor:
    return list(trainer.average.parameters())[-1]


def moments(optimizer: torch.optim.Optimizer, name: str) -> torch.Tensor:
    found: torch.Tensor = list(optimizer.state.values())[-1][name]
    return found


@pytest.mark.parametrize(
    ("said", "poisoned", "value"),
    [
        ("weights of the generator are", poisoned_g, math.nan),
        ("weights of the generator are", poisoned_average, -math.inf),
        ("weights of the discriminator", poisoned_d, math.inf),
        ("generator's optimizer", lambda run: moments(run.g_optimizer, "exp_avg_sq"), math.inf),
        ("discriminator's optimizer", lambda run: moments(run.d_optimizer, "exp_avg"), math.nan),
        ("adaptive tricks", lambda run: run.adaptive.real_mean, math.nan),
    ],
)
def test_whatever_is_poisoned_is_not_saved_over_the_last_good_checkpoint(
    tmp_path: Path, images: Data, said: str, poisoned: Callable[[Trainer], torch.Tensor], value: float
) -> None:
    session = run_for(tmp_path / "run", images, Budget(images=8))
    session.trainer.step(*session.data.batch(0, 8, 4))
    with torch.no_grad():
        poisoned(session.trainer).fill_(value)
    with pytest.raises(
        DivergedError, match=f"{said}.* not finite after 12 images.*last good checkpoint is .*000000008"
    ):
        saver.save(session)
    assert [step.name for step in run_folder.steps(tmp_path / "run")] == ["000000008"]
    assert open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock()).trainer.images == 8


def test_a_loss_scale_without_end_is_not_saved(tmp_path: Path, images: Data) -> None:
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU, torch.float16), Clock())
    session.trainer.scaler = torch.amp.GradScaler("cpu", init_scale=math.inf)
    with pytest.raises(DivergedError, match="scale of the loss"):
        saver.save(session)


def test_metrics_after_the_checkpoint_are_dropped_when_a_killed_run_goes_on(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=160))
    with (tmp_path / "run" / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"images": 240, "d_loss": 1}\nno JSON\n{"images": 32')
    run_for(tmp_path / "run", images, Budget(images=320))
    assert [row["images"] for row in rows(tmp_path / "run" / "metrics.jsonl")] == [80, 160, 240, 320]
    assert "seconds" in rows(tmp_path / "run" / "metrics.jsonl")[2]


def test_metrics_of_a_run_that_was_killed_before_its_first_save_are_dropped(tmp_path: Path, images: Data) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "metrics.jsonl").write_text('{"images": 80, "d_loss": 1}\n', encoding="utf-8")
    run_for(tmp_path / "run", images, Budget(images=80))
    assert [row.keys() >= {"seconds"} for row in rows(tmp_path / "run" / "metrics.jsonl")] == [True]


def test_what_a_killed_save_left_is_removed_when_the_run_goes_on(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=4))
    for name in (".000000008.part", ".000000002.old.part"):
        (tmp_path / "run" / name).mkdir()
        (tmp_path / "run" / name / "state.pt").touch()
    run_for(tmp_path / "run", images, Budget(images=12))
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["000000012", "metrics.jsonl"]


@pytest.mark.parametrize("state", [b"", b"torn", {"images": 4}, {"images": 4, "seed": 0, "g": {"a": torch.zeros(1)}}])
def test_a_state_that_cannot_be_resumed_is_refused_and_left(tmp_path: Path, images: Data, state: object) -> None:
    run_for(tmp_path / "run", images, Budget(images=4))
    file = tmp_path / "run" / "000000004" / "state.pt"
    if isinstance(state, bytes):
        file.write_bytes(state)
    else:
        torch.save(state, file)
    before = file.read_bytes()
    with pytest.raises(CheckpointError, match=r"(is damaged|not of its recipe).* --out and --start-from .*000000004"):
        run_for(tmp_path / "run", images, Budget(images=8))
    assert file.read_bytes() == before


def test_a_poisoned_state_on_the_disk_is_refused_at_the_start(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=4))
    folder = tmp_path / "run" / "000000004"
    state = checkpoint.load_state(folder)
    next(value for value in state["d"].values() if value.is_floating_point()).fill_(math.nan)
    torch.save(state, folder / "state.pt")
    with pytest.raises(CheckpointError, match=r"values that are not finite\. .*--start-from .*000000004"):
        run_for(tmp_path / "run", images, Budget(images=8))


@pytest.mark.parametrize(
    ("budget", "left"),
    [
        (Budget(images=9), math.inf),
        (Budget(minutes=10), 599.0),
        (Budget(hours_total=1), 2599.0),
        (Budget(minutes=50, hours_total=1), 2599.0),
        (Budget(minutes=1, hours_total=1), 59.0),
    ],
)
def test_the_time_left_is_the_nearer_limits(tmp_path: Path, images: Data, budget: Budget, left: float) -> None:
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock())
    session.earlier_seconds = 1000.0
    assert session.seconds_left(budget) == left


def test_the_bar_shows_losses_and_time_left_without_a_line_a_step(
    tmp_path: Path, images: Data, capsys: pytest.CaptureFixture[str]
) -> None:
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock())
    loop.train(session, Budget(minutes=5))
    shown = capsys.readouterr().err
    assert re.search(r"images/s, D \d+\.\d{3}, G \d+\.\d{3}, \d+ min left", shown)
    assert session.trainer.images > 400
    assert shown.count("\r") < 10


def test_a_call_without_a_step_leaves_the_checkpoint_as_it_is(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=40))
    before = (tmp_path / "run" / "000000040").stat()
    run_for(tmp_path / "run", images, Budget(images=40))
    assert (tmp_path / "run" / "000000040").stat().st_ino == before.st_ino
    assert [step.name for step in run_folder.steps(tmp_path / "run")] == ["000000040"]


@pytest.mark.parametrize(
    ("change", "said"),
    [({"recipe": replace(TINY, batch=3)}, "batch 4 -> 3"), ({"seed": 1}, "seed 0 -> 1")],
)
def test_another_run_in_the_same_folder_is_refused(
    tmp_path: Path, images: Data, change: dict[str, Any], said: str
) -> None:
    run_for(tmp_path / "run", images, Budget(images=4))
    with pytest.raises(CheckpointError, match=said):
        run_for(tmp_path / "run", images, Budget(images=8), **change)


def test_other_pictures_are_refused_in_words(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=4))
    said = rf"on 12 pictures \(SHA-256 {images.sha256[:12]}\.{{3}}\), and the data are now 12 pictures \(SHA-256 000"
    with pytest.raises(CheckpointError, match=said) as raised:
        run_for(tmp_path / "run", replace(images, sha256="0" * 64), Budget(images=8))
    assert "{" not in str(raised.value)


LITTER = (
    *("desktop.ini", "Thumbs.db", ".DS_Store", "._000000004", "000000004 (1)", "metrics (2).jsonl", "Icon\r"),
    *("000000004 2", "000000004 - Copy", "000000004 のコピー", "000000004のコピー", "Kopie von 000000004", "steps 2"),
    *("~$report.docx", ".~lock.a.csv#", "@eaDir", "System Volume Information", "lost+found", "$RECYCLE.BIN"),
)


def test_what_systems_and_drives_leave_beside_a_run_locks_nobody_out(tmp_path: Path, images: Data) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name in (*LITTER, "Copy of metrics.jsonl"):
        (run / name).write_bytes(b"left")
    run_for(run, images, Budget(images=4))
    (run / "my notes.txt").write_bytes(b"left")
    run_for(run, images, Budget(images=8))
    found = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file() and path.name != "metrics.jsonl"}
    assert found == dict.fromkeys((*LITTER, "Copy of metrics.jsonl", "my notes.txt"), b"left")
    assert [step.name for step in run_folder.steps(run)] == ["000000008"]


def test_folders_of_systems_and_copies_of_checkpoints_are_neither_resumed_from_nor_removed(
    tmp_path: Path, images: Data
) -> None:
    run = tmp_path / "run"
    run_for(run, images, Budget(images=4))
    others = ("000000040 2", "000000900 (1)", "3", "٠٠٠٠٠٠٠٤٠", "0000000002", "@eaDir", "steps/000002048 - Copy")
    for name in others:
        shutil.copytree(run / "000000004", run / name)
    before = {name: sorted((run / name).iterdir()) for name in others}
    assert run_folder.newest(run).name == "000000004"
    run_for(run, images, Budget(images=8))
    assert run_folder.newest(run).name == "000000008"
    assert not (run / "000000004").exists()
    assert {name: sorted((run / name).iterdir()) for name in others} == before


def test_what_others_left_in_a_checkpoint_on_the_local_disk_is_not_copied_and_holds_nothing_up(
    tmp_path: Path, images: Data
) -> None:
    run_for(tmp_path / "run", images, Budget(images=4))
    shutil.copytree(tmp_path / "run" / "000000004", tmp_path / "spare" / "000000004")
    (tmp_path / "spare" / "000000004" / "@eaDir").mkdir()
    (tmp_path / "spare" / "000000004" / "desktop.ini").touch()
    assert bring_back(tmp_path / "spare", tmp_path / "back") == tmp_path / "back" / "000000004"
    names = [sorted(path.name for path in (tmp_path / run / "000000004").iterdir()) for run in ("run", "back")]
    assert names[0] == names[1]


@pytest.mark.parametrize("name", ["notes.txt", "model (1).safetensors", "Desktop", "thumbs.db.txt", "mysteps"])
def test_a_place_of_others_without_a_run_is_still_refused(tmp_path: Path, images: Data, name: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).touch()
    with pytest.raises(CheckpointError, match="which this program does not write there"):
        open_session(TINY, 0, images, tmp_path / "run", Compute(CPU))


def test_publishing_passes_over_what_systems_leave(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=4))
    publish.publish(tmp_path / "run", tmp_path / "out")
    for name in ("desktop.ini", "~$README.docx", "@eaDir"):
        (tmp_path / "out" / name).touch()
    publish.publish(tmp_path / "run", tmp_path / "out")
    assert (tmp_path / "out" / "config.json").is_file()


def test_a_place_that_is_no_run_is_refused_untouched(
    tmp_path: Path, images: Data, make_checkpoint: Callable[..., Path]
) -> None:
    published = make_checkpoint(tmp_path / "published")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for out, said in ((published, "config.json"), (tmp_path / "file", "is a file")):
        with pytest.raises(CheckpointError, match=said):
            open_session(TINY, 0, images, out, Compute(CPU))
    assert sorted(path.name for path in published.iterdir()) == ["config.json", "model.safetensors"]


def test_publishing_replaces_a_published_checkpoint_and_nothing_else(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=4))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for target, said in (("mine", "holds thesis.txt"), ("file", "is a file"), ("run", "holds 000000004")):
        with pytest.raises(CheckpointError, match=said):
            publish.publish(tmp_path / "run", tmp_path / target)
    with pytest.raises(CheckpointError, match=r"holds state\.pt"):
        publish.publish(tmp_path / "run", tmp_path / "run" / "000000004")
    assert (tmp_path / "mine" / "thesis.txt").read_text(encoding="utf-8") == "mine"
    assert checkpoint.load_state(run_folder.newest(tmp_path / "run"))["images"] == 4


def test_a_checkpoint_without_a_passport_is_not_published(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> None:
    with pytest.raises(CheckpointError, match="does not say how it was trained"):
        publish.publish(make_checkpoint(tmp_path / "one"), tmp_path / "two")
    assert not (tmp_path / "two").exists()


def test_publishing_takes_the_scores_of_these_weights_along_and_no_others(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=80))
    newest = run_folder.newest(tmp_path / "run")
    values: dict[str, Any] = dict.fromkeys(Scores.__dataclass_fields__, 0)
    values |= {"network": "SqueezeNet", "kid": 0.5, "data_sha256": "", "weights_sha256": checkpoint.load(newest).sha256}
    (newest / SCORES).write_text(json.dumps(values), encoding="utf-8")
    target = publish.publish(tmp_path / "run", tmp_path / "shipped")
    assert checkpoint.describe(target).about["metrics"] == values
    assert "| KID | 0.5000 ± 0.0000 |" in (target / "README.md").read_text(encoding="utf-8")
    (newest / SCORES).write_text(json.dumps({**values, "weights_sha256": "0" * 64}), encoding="utf-8")
    publish.publish(tmp_path / "run", target)
    assert checkpoint.describe(target).about["metrics"] == {}


def test_a_published_preview_is_small_and_one_of_a_run_is_exact(tmp_path: Path) -> None:
    rows = np.linspace(0, 255, 1280).astype(np.uint8)
    tile = np.stack(np.broadcast_arrays(rows[:, None], rows[None], rows[None, ::-1]), axis=2)
    checkpoint_writer.save_preview(tile, tmp_path / "preview.png")
    checkpoint_writer.save_preview(tile, tmp_path / "preview.jpg")
    with Image.open(tmp_path / "preview.png") as exact, Image.open(tmp_path / "preview.jpg") as small:
        np.testing.assert_array_equal(np.asarray(exact), tile)
        assert small.size == (640, 640)
        halved = tile.reshape(640, 2, 640, 2, 3).mean(axis=(1, 3))
        assert np.abs(np.asarray(small) - halved).mean() < 2


def test_a_preview_of_noise_can_be_written(tmp_path: Path) -> None:
    noise = np.frombuffer(random.Random(0).randbytes(640 * 640 * 3), dtype=np.uint8).reshape(640, 640, 3)
    checkpoint_writer.save_preview(noise, tmp_path / "preview.jpg")
    with Image.open(tmp_path / "preview.jpg") as small:
        assert np.abs(np.asarray(small).astype(int) - noise).mean() < 30


def test_a_checkpoint_published_with_an_exact_preview_can_be_replaced(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=4))
    target = publish.publish(tmp_path / "run", tmp_path / "shipped")
    (target / "preview.jpg").rename(target / "preview.png")
    publish.publish(tmp_path / "run", target)
    assert {path.name for path in target.glob("preview.*")} == {"preview.jpg"}


def test_a_published_checkpoint_is_half_the_size_and_its_preview_is_its_own_tile(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=80))
    target = publish.publish(tmp_path / "run", tmp_path / "shipped" / "tiny")
    publish.publish(tmp_path / "run", target)
    files = {path.name for path in target.iterdir()}
    assert files == {"config.json", "model.safetensors", "metrics.jsonl", "preview.jpg", "README.md"}
    assert [path.name for path in target.parent.iterdir()] == ["tiny"]
    found = checkpoint.load(target)
    with Image.open(target / "preview.jpg") as preview:
        assert np.abs(np.asarray(preview) - seed_tile(found.generator, 0).astype(float)).mean() < 8
    original = checkpoint.load(tmp_path / "run" / "000000080").generator.state_dict()
    for name, value in found.generator.state_dict().items():
        assert torch.equal(value, original[name].half().float() if value.is_floating_point() else original[name])
    assert "# tiny" in (target / "README.md").read_text(encoding="utf-8")


# the weights as last trained, beside their average


def test_without_an_average_there_is_one_kind_of_weights(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=8), replace(TINY, ema_images=0))
    folder = run_folder.newest(tmp_path / "run")
    assert not (folder / checkpoint.RAW_WEIGHTS).exists()
    assert checkpoint.describe(folder).averaged is False
    with pytest.raises(CheckpointError, match=r"has no raw\.safetensors"):
        publish.publish(tmp_path / "run", tmp_path / "shipped", raw=True)
    assert not (tmp_path / "shipped").exists()


def test_weights_as_last_trained_are_published_when_asked_for(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=80))
    newest = run_folder.newest(tmp_path / "run")
    target = publish.publish(tmp_path / "run", tmp_path / "shipped", raw=True)
    state = checkpoint.load(newest, checkpoint.RAW_WEIGHTS).generator.state_dict()
    found = checkpoint.load(target, checkpoint.RAW_WEIGHTS)
    assert (found.raw, found.averaged) == (True, True)
    for name, value in found.generator.state_dict().items():
        assert torch.equal(value, state[name].half().float() if value.is_floating_point() else state[name])
    publish.publish(tmp_path / "run", target)
    assert not (target / checkpoint.RAW_WEIGHTS).exists()


def test_weights_as_last_trained_that_are_not_finite_stop_the_run(tmp_path: Path, images: Data) -> None:
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock())
    session.trainer.images = 4
    with torch.no_grad():
        next(session.trainer.g.parameters()).fill_(math.nan)
    with pytest.raises(DivergedError, match="weights of the generator"):
        saver.save(session)
    assert run_folder.steps(tmp_path / "run") == []


# what a run keeps of its way


def kept(run: Path) -> list[str]:
    return [step.name for step in run_folder.kept_steps(run)]


@pytest.fixture
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs of a few images keep steps."""
    monkeypatch.setattr(kept_steps, "FIRST_KEPT_IMAGES", 16)


@pytest.mark.usefixtures("early")
def test_a_small_step_is_kept_whenever_the_images_have_doubled(tmp_path: Path, images: Data) -> None:
    run = tmp_path / "run"
    run_for(run, images, Budget(images=12))
    assert kept(run) == []
    session = run_for(run, images, Budget(images=132))
    assert kept(run) == ["000000016", "000000032", "000000064", "000000128"]
    step = run / "steps" / "000000128"
    assert {path.name for path in step.iterdir()} == {"config.json", "model.safetensors"}
    found = checkpoint.load(step)
    assert found.about["images"] == 128
    assert 0 < found.about["seconds"] < session.about["seconds"]
    whole = (run_folder.newest(run) / "model.safetensors").stat().st_size
    assert (step / "model.safetensors").stat().st_size < 0.7 * whole


@pytest.mark.usefixtures("early")
def test_a_kept_step_draws_what_the_run_drew_at_that_image(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "long", images, Budget(images=100))
    run_for(tmp_path / "short", images, Budget(images=64))
    step = checkpoint.load(tmp_path / "long" / "steps" / "000000064").generator.state_dict()
    whole = checkpoint.load(tmp_path / "short" / "000000064").generator.state_dict()
    for name, value in step.items():
        assert torch.equal(value, whole[name].half().float() if value.is_floating_point() else whole[name])


@pytest.mark.usefixtures("early")
def test_a_batch_that_is_no_power_of_two_keeps_the_first_image_after_each(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=70), replace(TINY, batch=7))
    assert kept(tmp_path / "run") == ["000000021", "000000035", "000000070"]


@pytest.mark.usefixtures("early")
def test_a_resume_needs_no_kept_step_and_drops_those_of_a_time_that_was_lost(tmp_path: Path, images: Data) -> None:
    run = tmp_path / "run"
    run_for(run, images, Budget(images=40))
    lost = run / "steps" / "000000064"
    lost.mkdir()
    for name in ("config.json", "model.safetensors"):
        (lost / name).write_bytes((run / "steps" / "000000032" / name).read_bytes())
    (run / "steps" / ".000000128.part").mkdir()
    session = open_session(TINY, 0, images, run, Compute(CPU), Clock())
    assert session.trainer.images == 40
    assert sorted(path.name for path in (run / "steps").iterdir()) == ["000000016", "000000032"]
    loop.train(session, Budget(images=72), quiet=True)
    run_for(tmp_path / "whole", images, Budget(images=72))
    assert kept(run) == kept(tmp_path / "whole") == ["000000016", "000000032", "000000064"]
    for place in ("steps/000000064", "000000072"):
        assert checkpoint.load(run / place).sha256 == checkpoint.load(tmp_path / "whole" / place).sha256


@pytest.mark.usefixtures("early")
def test_a_step_whose_weights_are_not_finite_is_not_kept(tmp_path: Path, images: Data) -> None:
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock())
    session.trainer.images = 16
    kept_steps.keep_step(session)
    assert kept(tmp_path / "run") == ["000000016"]
    session.trainer.images = 32
    with torch.no_grad():
        next(session.trainer.average.parameters()).fill_(1e6)  # finite, but not in float16
    kept_steps.keep_step(session)
    assert kept(tmp_path / "run") == ["000000016"]


def test_what_a_run_keeps_is_bounded(tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock())
    monkeypatch.setattr(checkpoint, "save", lambda folder, *_: written.append(folder.name))
    for seen in range(4, 300_000, 4):
        session.trainer.images = seen
        kept_steps.keep_step(session)
    assert written == [f".{2**power:09d}.part" for power in range(10, 19)]


def test_every_measure_is_in_a_row_of_the_metrics(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=80))
    (row,) = rows(tmp_path / "run" / "metrics.jsonl")
    assert list(row) == ["images", "seconds", *(name for name in Measures._fields if name != "skipped"), "alarms"]
    assert row["alarms"] == []


# grids over the pictures


def test_grids_are_measured_once_in_so_many_images_whatever_the_pauses(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "EVERY_IMAGES", 150)
    whole = run_for(tmp_path / "whole", images, Budget(images=480))
    for seen in (80, 240, 400, 480):
        halves = run_for(tmp_path / "halves", images, Budget(images=seen))
    names = ("images", *PERIOD_NAMES)
    one, other = (
        [[row.get(name) for name in names] for row in rows(one.out / "metrics.jsonl")] for one in (whole, halves)
    )
    assert one == other
    assert [row[0] for row in one] == [80, 160, 240, 320, 400, 480]
    assert one[0][1:] == [None, None]
    assert one[1][1:] == one[2][1:] != one[3][1:] == one[4][1:] != one[5][1:]
    found = [checkpoint.load(run_folder.newest(session.out)).sha256 for session in (whole, halves)]
    assert found[0] == found[1]


def test_what_is_measured_are_the_cells_of_the_preview_beside_the_pictures_of_the_data(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "EVERY_IMAGES", 80)
    run_for(tmp_path / "run", images, Budget(images=80))
    folder = run_folder.newest(tmp_path / "run")
    cells = torch.from_numpy(to_cells(np.asarray(Image.open(folder / "preview.png")), 16)).permute(0, 3, 1, 2)
    expected = compare(powers(images.images), powers(cells)).periods
    (row,) = rows(folder / "metrics.jsonl")
    assert {name: row[name] for name in expected} == pytest.approx(expected, rel=0.01)
    assert list(row)[-3:] == [*expected, "alarms"]


def test_measuring_grids_changes_nothing_of_the_training(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(TINY, ema_images=0)
    run_for(tmp_path / "without", images, Budget(images=240), recipe)
    monkeypatch.setattr(grids, "EVERY_IMAGES", 80)
    run_for(tmp_path / "with", images, Budget(images=240), recipe)
    found = [checkpoint.load(run_folder.newest(tmp_path / name)).sha256 for name in ("with", "without")]
    assert found[0] == found[1]
    assert all(PERIOD_NAMES[0] in row for row in rows(tmp_path / "with" / "metrics.jsonl"))


def test_a_generator_that_paints_no_colours_is_a_run_that_has_diverged(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "EVERY_IMAGES", 80)
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), Clock())
    with torch.no_grad():
        next(session.trainer.average.parameters()).fill_(math.nan)
    with pytest.raises(DivergedError, match="The pictures of the generator are not finite after 80 images"):
        loop.train(session, Budget(images=160), quiet=True)


def test_the_reference_is_spread_evenly_over_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = torch.randint(0, 256, (11, 3, 8, 8), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    assert torch.equal(grids.reference(pictures), powers(pictures))
    monkeypatch.setattr(grids, "REALS", 4)
    assert torch.equal(grids.reference(pictures), powers(pictures[::2]))


def test_an_alarm_is_logged_in_every_row_and_said_once(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[list[int]] = []

    def triggered_alarms(history: list[dict[str, Any]], loss: str) -> list[str]:
        seen.append([row["images"] for row in history])
        return ["collapse"] if history[-1]["images"] >= 160 else []

    monkeypatch.setattr(metrics_rows, "triggered_alarms", triggered_alarms)
    run_for(tmp_path / "run", images, Budget(images=160))
    run_for(tmp_path / "run", images, Budget(images=320))
    logged = [row["alarms"] for row in rows(tmp_path / "run" / "metrics.jsonl")]
    assert logged == [[], ["collapse"], ["collapse"], ["collapse"]]
    assert seen == [[80], [80, 160], [80, 160, 240], [80, 160, 240, 320]]  # a resumed run looks back, too
    said = capsys.readouterr()
    assert (said.out + said.err).count(f"alarm at 160 images: {ALARMS['collapse'].text}") == 1
    assert (said.out + said.err).count("alarm at") == 1


def test_a_recipe_with_classes_needs_a_label_for_every_picture(tmp_path: Path, images: Data) -> None:
    conditional = replace(TINY, classes=3, condition="projection")
    with pytest.raises(DataError, match="12 of 12 images have no label; the recipe asks for one of each"):
        run_for(tmp_path / "run", images, Budget(images=8), conditional)
    two = replace(images, labels=torch.arange(12) % 2)
    with pytest.raises(DataError, match="have 2 different labels; the recipe asks for 3"):
        run_for(tmp_path / "run", two, Budget(images=8), conditional)
    assert not (tmp_path / "run").exists()


def test_the_passport_lists_the_labels_behind_the_classes(tmp_path: Path, images: Data) -> None:
    labelled = replace(images, labels=torch.tensor([7, 3, 40] * 4))
    session = run_for(tmp_path / "run", labelled, Budget(images=8), replace(TINY, classes=3, condition="projection"))
    assert session.about["labels"] == [3, 7, 40]
    assert session.data.labels.tolist() == [1, 0, 2] * 4
    assert checkpoint.load(run_folder.newest(tmp_path / "run")).generator.classes == 3


def test_a_run_of_an_older_program_that_knew_fewer_switches_is_resumed(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=80))
    config = tmp_path / "run" / "000000080" / "config.json"
    written = json.loads(config.read_text(encoding="utf-8"))
    for later in ("g_output", "latent", "hybrid"):
        del written["about"]["recipe"][later]
    config.write_text(json.dumps(written), encoding="utf-8")
    assert run_for(tmp_path / "run", images, Budget(images=160)).trainer.images == 160
    with pytest.raises(CheckpointError, match=r"holds another run \(hybrid 0\.0 -> 0\.1\)"):
        open_session(replace(TINY, hybrid=0.1), 0, images, tmp_path / "run", Compute(CPU))


def test_a_run_of_before_its_recipe_was_brought_to_its_paper_goes_on_as_it_was(
    tmp_path: Path, images: Data, capsys: pytest.CaptureFixture[str]
) -> None:
    today = replace(TINY, hybrid=0.1, judge_reconstructions=True)
    before = replace(today, judge_reconstructions=False)
    run_for(tmp_path / "run", images, Budget(images=80), before)
    config = tmp_path / "run" / "000000080" / "config.json"
    written = json.loads(config.read_text(encoding="utf-8"))
    for later in CORRECTIONS:
        del written["about"]["recipe"][later]
    config.write_text(json.dumps(written), encoding="utf-8")
    capsys.readouterr()
    for seen in (160, 240):  # its passport stays that of the older program
        session = run_for(tmp_path / "run", images, Budget(images=seen), today)
        assert session.trainer.recipe == before
        assert not set(CORRECTIONS) & session.about["recipe"].keys()
        (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("warning")]
        assert "goes on as it was, without judge_reconstructions=true (false there)." in line
    run_for(tmp_path / "whole", images, Budget(images=240), before)
    found = [checkpoint.load(tmp_path / name / "000000240").sha256 for name in ("run", "whole")]
    assert found[0] == found[1]


def test_a_run_goes_on_with_another_recipe_where_it_is_asked_to(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=80))
    changed = replace(TINY, g_lr=1e-4, spectral=1.0, flip=False)
    with pytest.raises(CheckpointError, match=r"holds another run \(.*g_lr.*\); give another --out, or .*--change"):
        open_session(changed, 0, images, tmp_path / "run", Compute(CPU))
    session = open_session(changed, 0, images, tmp_path / "run", Compute(CPU), change=True)
    assert [group["lr"] for group in session.trainer.g_optimizer.param_groups] == [1e-4]
    assert session.trainer.g_optimizer.state
    loop.train(session, Budget(images=160), quiet=True)
    settings = ["spectral 0.0 -> 1.0", "flip True -> False", f"g_lr {TINY.g_lr} -> 0.0001"]
    assert session.about["changes"] == [{"images": 80, "settings": settings}]
    after = run_for(tmp_path / "run", images, Budget(images=240), changed)  # from now on it is this recipe's run
    assert after.about["changes"] == session.about["changes"]
    assert after.about["recipe"] == changed.to_dict()
    card = (tmp_path / "run" / "000000240" / "README.md").read_text(encoding="utf-8")
    assert "from image 80 on: spectral 0.0 -> 1.0, flip True -> False" in card


def test_two_halves_after_a_change_are_the_whole(tmp_path: Path, images: Data) -> None:
    found = []
    for name, stops in (("halves", (160, 240)), ("whole", (240,))):
        run_for(tmp_path / name, images, Budget(images=80))
        changed = replace(TINY, spectral=1.0)
        for number, stop in enumerate(stops):
            session = open_session(changed, 0, images, tmp_path / name, Compute(CPU), change=number == 0)
            loop.train(session, Budget(images=stop), quiet=True)
        found.append(checkpoint.load(tmp_path / name / "000000240").sha256)
    assert found[0] == found[1]


def test_no_change_makes_other_networks_other_pictures_or_another_seed_of_a_run(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=80))
    with pytest.raises(CheckpointError, match="holds a state that is not of its recipe"):
        open_session(replace(TINY, g_width=3), 0, images, tmp_path / "run", Compute(CPU), change=True)
    with pytest.raises(CheckpointError, match=r"holds another run \(seed 0 -> 1\); give another --out\."):
        open_session(TINY, 1, images, tmp_path / "run", Compute(CPU), change=True)


def test_a_change_of_nothing_is_none(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=80))
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(CPU), change=True)
    assert "changes" not in session.about


def test_a_hybrid_is_resumed_and_its_checkpoint_has_no_encoder(tmp_path: Path, images: Data) -> None:
    hybrid = replace(TINY, hybrid=0.1)
    halves, whole, plain = (tmp_path / name for name in ("halves", "whole", "plain"))
    run_for(halves, images, Budget(images=80), hybrid)
    found = run_for(halves, images, Budget(images=160), hybrid).trainer
    expected = run_for(whole, images, Budget(images=160), hybrid).trainer
    run_for(plain, images, Budget(images=160))
    encoders = [trainer.state()["encoder"] for trainer in (expected, found)]
    assert len(encoders[0]) > 5
    assert all(torch.equal(value, encoders[1][name]) for name, value in encoders[0].items())
    loaded = [checkpoint.load(folder / "000000160") for folder in (halves, whole, plain)]
    assert loaded[0].sha256 == loaded[1].sha256 != loaded[2].sha256
    assert loaded[0].config_sha256 == loaded[2].config_sha256
    assert list(loaded[0].generator.state_dict()) == list(loaded[2].generator.state_dict())


def test_damaged_metrics_of_a_resumed_run_are_passed_over(tmp_path: Path, images: Data) -> None:
    run_for(tmp_path / "run", images, Budget(images=80))
    for file in (tmp_path / "run").rglob("metrics.jsonl"):
        with file.open("ab") as opened:
            opened.write(b'no JSON\n[1]\n{"d_loss": "a"}\n\xff\xfe\n' + b"[" * 5000 + b"\n")
    run_for(tmp_path / "run", images, Budget(images=160))
    found = training_log.read_metrics(tmp_path / "run" / "metrics.jsonl")
    assert [row.get("images") for row in found] == [80, None, 160]


@pytest.mark.parametrize(("name", "value"), [("recipe", "dcgan"), ("images", None), ("runtimes", {}), ("data", 3)])
def test_a_passport_that_is_no_passport_is_one_sentence(tmp_path: Path, images: Data, name: str, value: object) -> None:
    run_for(tmp_path / "run", images, Budget(images=8))
    config = tmp_path / "run" / "000000008" / "config.json"
    written = json.loads(config.read_text(encoding="utf-8"))
    written["about"][name] = value
    config.write_text(json.dumps(written), encoding="utf-8")
    with pytest.raises(CheckpointError, match="does not say how it was trained"):
        run_for(tmp_path / "run", images, Budget(images=16))


@pytest.mark.parametrize("others", ["steps/2000/config.json", "steps/notes.txt", "steps/0000002000/config.json"])
def test_kept_steps_of_others_in_a_place_without_a_run_are_refused_and_stay(
    tmp_path: Path, images: Data, others: str
) -> None:
    file = tmp_path / "run" / others
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    with pytest.raises(CheckpointError, match=r"steps holds .*, which this program does not write there; give another"):
        run_for(tmp_path / "run", images, Budget(images=4))
    assert file.read_text() == "{}"


def test_a_run_that_was_killed_before_its_first_save_begins_anew_and_removes_what_is_its_own_only(
    tmp_path: Path, images: Data, make_checkpoint: Callable[..., Path]
) -> None:
    run = tmp_path / "run"
    make_checkpoint(run / "steps" / "000001024")
    for name in (".download.part", "steps/.download.part"):
        (run / name).write_text("mine")
    run_for(run, images, Budget(images=4))
    make_checkpoint(run / "steps" / "2000")
    run_for(run, images, Budget(images=8))
    found = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.parent in (run, run / "steps")}
    assert found == {"000000008", "metrics.jsonl", "steps", "steps/2000", ".download.part", "steps/.download.part"}
