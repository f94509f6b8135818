from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.clocks import Clock
from training.core import checkpoint, run_folder
from training.core.checkpoint import CheckpointError
from training.core.precision import Compute
from training.evaluation import benchmark
from training.evaluation.benchmark import Plan
from training.recipes.presets import RECIPES
from training.runs import loop, saver
from training.runs.spare import spare_folder

CPU = torch.device("cpu")
TINY = replace(RECIPES["dcgan"], resolution=16, g_width=2, d_width=2, z_dim=8, batch=4)
RECIPES_OF_TWO = {"first": TINY, "second": replace(TINY, loss="hinge")}
SAID = "The losses (D nan, G 0.5) are not finite"


@pytest.fixture
def plan(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    pictures = make_pictures(tmp_path / "pictures")
    out = tmp_path / "ladder"
    return Plan(recipes=RECIPES_OF_TWO, data=pictures, out=out, minutes=2, seed=0, device=CPU)


def run(plan: Plan, **changes: Any) -> bool:
    return benchmark.run(replace(plan, **changes), Clock(4.0), quiet=True)


def images_seen(plan: Plan, name: str) -> int:
    return int(run_folder.newest(plan.run(name)).name)


def test_every_recipe_gets_the_same_time_in_a_run_of_its_own(plan: Plan) -> None:
    assert run(plan)
    for name, recipe in plan.recipes.items():
        about = checkpoint.load(run_folder.newest(plan.out / name)).about
        assert about["recipe"] == recipe.to_dict()
        assert 120 <= about["seconds"] < 140
        assert benchmark.left(plan, name) <= 0


def test_a_second_call_leaves_alone_what_had_its_time_and_a_longer_one_goes_on(
    plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    run(plan, recipes={"first": TINY})
    before = images_seen(plan, "first")
    run(plan)
    assert "0.0 minutes left" not in capsys.readouterr().out
    assert images_seen(plan, "first") == before
    run(plan)
    assert capsys.readouterr().out == "first, second have had their 2 minutes each\n"
    run(plan, minutes=3)
    about = checkpoint.load(run_folder.newest(plan.run("first"))).about
    assert about["images"] > before
    assert 180 <= about["seconds"] < 200
    assert len(about["runtimes"]) == 2


def test_two_calls_of_a_benchmark_give_what_an_unbroken_run_of_as_many_images_gives(plan: Plan) -> None:
    run(plan, minutes=1)
    run(plan)
    halves = checkpoint.load(run_folder.newest(plan.run("first")))
    session = loop.open_session(
        TINY, 0, benchmark.data.open_data(plan.data, 16), plan.out.with_name("whole"), Compute(CPU), Clock(4.0)
    )
    loop.train(session, loop.Budget(images=halves.about["images"]), quiet=True)
    assert checkpoint.load(run_folder.newest(session.out)).sha256 == halves.sha256


def test_a_run_that_diverges_is_recorded_and_does_not_stop_the_others(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train = loop.train

    def train_or_diverge(session: loop.Session, budget: loop.Budget, **options: Any) -> str:
        if session.out.name == "first":
            raise loop.DivergedError(SAID)
        return train(session, budget, **options)

    monkeypatch.setattr(loop, "train", train_or_diverge)
    assert run(plan)
    assert benchmark.diverged(plan, "first") == SAID
    assert benchmark.diverged(plan, "second") is None
    assert benchmark.diverged(replace(plan, seed=1), "first") is None
    other = {**plan.recipes, "first": replace(TINY, g_lr=1e-3)}
    assert benchmark.diverged(replace(plan, recipes=other), "first") is None
    assert images_seen(plan, "second") > 0
    assert f"first: {SAID}" in capsys.readouterr().out
    monkeypatch.setattr(loop, "train", train)
    run(plan)
    assert run_folder.steps(plan.run("first")) == []


def test_a_signal_ends_the_benchmark_and_the_same_call_goes_on(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(loop, "train", lambda session, budget, **_: saver.save(session) and "stopped by SIGTERM")
        assert not run(plan)
    assert [path.name for path in run_folder.steps(plan.run("first"))] == ["000000000"]
    assert run_folder.steps(plan.run("second")) == []
    assert run(plan)
    assert images_seen(plan, "first") > 0
    assert images_seen(plan, "second") > 0


def test_what_cannot_be_opened_is_said_before_anything_is_trained(plan: Plan) -> None:
    run(plan, recipes={"second": TINY})
    before = images_seen(plan, "second")
    with pytest.raises(CheckpointError, match=r"second: .* holds another run \(loss 'non_saturating' -> 'hinge'\)"):
        run(plan, minutes=3)
    assert run_folder.steps(plan.run("first")) == []
    assert images_seen(plan, "second") == before


def test_the_recipes_of_a_benchmark_without_names_exist_and_share_the_count_of_latents() -> None:
    assert len(benchmark.DEFAULT) >= 8
    assert {RECIPES[name].z_dim for name in benchmark.DEFAULT if name != "course_sample"} == {128}


def test_the_processors_clock_stands_still_while_nothing_is_computed() -> None:
    before = {name: clock() for name, clock in benchmark.CLOCKS.items()}
    time.sleep(0.2)
    passed = {name: clock() - before[name] for name, clock in benchmark.CLOCKS.items()}
    assert passed["wall"] >= 0.2
    assert passed["processor"] < 0.1


@pytest.mark.parametrize("name", benchmark.CLOCKS)
def test_a_benchmark_goes_by_the_clock_of_its_plan(plan: Plan, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "CLOCKS", dict.fromkeys(benchmark.CLOCKS) | {name: Clock(4.0)})
    assert benchmark.run(replace(plan, clock=name), quiet=True)
    assert -0.5 < benchmark.left(plan, "second") <= 0.0


@pytest.mark.parametrize(
    ("change", "said"),
    [({"recipes": {"first": replace(TINY, batch=2)}}, "batch 4 -> 2"), ({"seed": 1}, "seed 0 -> 1")],
)
def test_a_finished_run_of_something_else_is_not_taken_for_one_of_the_plan(
    plan: Plan, change: dict[str, Any], said: str
) -> None:
    plan = replace(plan, minutes=None, images=8, recipes={"first": TINY})
    run(plan)
    with pytest.raises(CheckpointError, match=rf"first: .* holds another run \({said}\); give another --out"):
        run(plan, **change)


def test_a_finished_run_of_an_older_program_with_fewer_settings_is_taken(plan: Plan) -> None:
    plan = replace(plan, minutes=None, images=8, recipes={"first": TINY})
    run(plan)
    config = run_folder.newest(plan.run("first")) / "config.json"
    values = json.loads(config.read_text(encoding="utf-8"))
    del values["about"]["recipe"]["sliced"]
    config.write_text(json.dumps(values), encoding="utf-8")
    assert run(plan)


def test_the_seed_reaches_the_run(plan: Plan) -> None:
    run(plan, recipes={"first": TINY}, seed=7)
    assert checkpoint.describe(run_folder.newest(plan.run("first"))).about["seed"] == 7


def test_every_recipe_sees_as_many_images_where_the_budget_is_one_of_images(
    plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    first = replace(plan, recipes={"first": TINY}, minutes=None, images=40)
    assert run(first)
    assert benchmark.left(replace(plan, minutes=None, images=100), "first") == 60
    assert run(plan, minutes=None, images=100)
    assert [images_seen(plan, name) for name in plan.recipes] == [100, 100]
    capsys.readouterr()
    assert run(plan, minutes=None, images=100)
    assert capsys.readouterr().out == "first, second have had their 100 images each\n"


def test_runs_on_a_drive_are_written_to_a_folder_each_on_another_disk_and_brought_back_from_it(
    plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calm = replace(plan, out=tmp_path / "calm", minutes=None, images=16)
    assert run(calm)
    plan = replace(plan, minutes=None, images=8, local=tmp_path / "local")
    assert run(plan)
    only_here = {name: spare_folder(tmp_path / "local", plan.run(name)) for name in plan.recipes}
    for name, folder in only_here.items():
        folder.mkdir(parents=True, exist_ok=True)
        run_folder.newest(plan.run(name)).replace(folder / "000000008")  # as where the drive went away before
    capsys.readouterr()
    assert run(replace(plan, images=16))
    said = capsys.readouterr().out
    for name, folder in only_here.items():
        assert said.count(f"had been saved in {folder} only and was copied") == 1
        assert run_folder.steps(folder) == []
        found, expected = (checkpoint.load(run_folder.newest(one.run(name))).sha256 for one in (plan, calm))
        assert found == expected


@pytest.mark.parametrize(("minutes", "images"), [(None, None), (3.0, 100)])
def test_a_benchmark_has_exactly_one_budget(plan: Plan, minutes: float | None, images: int | None) -> None:
    with pytest.raises(ValueError, match="exactly one of the two"):
        replace(plan, minutes=minutes, images=images)


def test_a_finished_run_on_other_pictures_is_refused(
    plan: Plan, tmp_path: Path, make_pictures: Callable[..., Path]
) -> None:
    assert run(plan)
    with pytest.raises(CheckpointError, match=r"first: .* holds another run \(other pictures\); give another --out"):
        run(plan, data=make_pictures(tmp_path / "others", count=8))


@pytest.mark.parametrize("name", ["features", "report.md", "a b", ""])
def test_a_name_that_would_be_in_the_way_is_refused(plan: Plan, name: str) -> None:
    with pytest.raises(ValueError, match="A recipe of a benchmark cannot be called"):
        replace(plan, recipes={name: TINY})


def test_a_run_without_a_passport_is_one_sentence(plan: Plan) -> None:
    assert run(plan)
    config = run_folder.newest(plan.run("first")) / "config.json"
    written = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps({**written, "about": {}}), encoding="utf-8")
    with pytest.raises(CheckpointError, match="does not say how it was trained"):
        run(plan)
