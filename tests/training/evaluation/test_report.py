from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from tests.clocks import Clock
from training.core import checkpoint, run_folder, training_log
from training.evaluation import benchmark, report, scores
from training.evaluation.benchmark import Plan
from training.evaluation.feature_extractors import Embedder, FeatureNetwork
from training.recipes.presets import RECIPES
from training.runs import loop

CPU = torch.device("cpu")
TINY = replace(RECIPES["dcgan"], resolution=16, g_width=2, d_width=2, z_dim=8, batch=4)


class Means(nn.Module):
    """A feature network that takes the mean of each quarter of a picture."""

    def forward(self, pixels: Tensor) -> Tensor:
        return nn.functional.adaptive_avg_pool2d(pixels.float() / 255, 2).flatten(1)


EMBEDDER = Embedder("means", FeatureNetwork("Means of quarters", "Means", 16, 1.0, Means), Means(), CPU)


def pictures(folder: Path, count: int = 30) -> Path:
    folder.mkdir()
    for index in range(count):
        values = np.linspace(0, 255 - 4 * index, 16 * 16 * 3).reshape(16, 16, 3).astype(np.uint8)
        Image.fromarray(np.roll(values, index, axis=1)).save(folder / f"{index:02d}.png")
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Return a benchmark of three recipes that has been finished; the last one diverged before its first save."""
    base = tmp_path_factory.mktemp("report")
    recipes = {"first": TINY, "second": replace(TINY, loss="hinge"), "third": replace(TINY, batch=2)}
    plan = Plan(recipes=recipes, data=pictures(base / "pictures"), out=base / "ladder", minutes=4, seed=0, device=CPU)
    train = loop.train

    def train_or_diverge(session: loop.Session, budget: loop.Budget, **options: Any) -> str:
        if session.out.name == "third":
            raise loop.DivergedError("The losses are not finite after 40 images")
        return train(session, budget, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_RACE_CACHE", str(base / "cache"))
        patch.setattr(loop, "train", train_or_diverge)
        benchmark.run(plan, Clock(2.0), quiet=True)
        report.write(plan, EMBEDDER, 20, quiet=True)
    return plan


@pytest.fixture
def plan(finished: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Return that benchmark, copied, so that a test may go on with it."""
    monkeypatch.setenv("GAN_RACE_CACHE", str(finished.out.with_name("cache")))
    shutil.copytree(finished.out, tmp_path / "ladder")
    return replace(finished, out=tmp_path / "ladder")


def write(plan: Plan, fakes: int = 20) -> str:
    return report.write(plan, EMBEDDER, fakes, quiet=True).read_text(encoding="utf-8")


def cells(text: str, name: str) -> list[str]:
    """Return the cells of the row of the table that begins with this name."""
    (row,) = re.findall(rf"^\| {re.escape(name)} \|.*\|$", text, flags=re.M)
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_every_recipe_has_a_row_with_all_its_numbers(plan: Plan) -> None:
    text = write(plan)
    folder = run_folder.newest(plan.run("first"))
    kept, about = scores.read_scores(folder), checkpoint.describe(folder).about
    assert kept is not None
    assert len(re.findall(r"^\|---", text, flags=re.M)) == 1
    row = dict(zip(report.HEADINGS, cells(text, "`first`"), strict=True))
    assert row["KID"] == f"{kept.kid:.4f} ± {kept.kid_spread:.4f}"
    assert row["FID"] == f"{kept.fid:.2f} ± {kept.fid_spread:.2f}"
    assert row["precision"] == f"{kept.precision:.2f}"
    assert row["recall"] == f"{kept.recall:.2f}"
    assert row["copies"] == f"{100 * kept.copies:.1f} %"
    assert kept.spectrum is not None
    assert row["bands"] == " ".join(f"{ratio:.2f}" for ratio in kept.spectrum.bands)
    assert (row["period 2"], row["period 4"]) == (f"{kept.period_2:.1f}", f"{kept.period_4:.1f}")
    assert row["images"] == f"{about['images']:,}"
    assert float(row["images/s"]) == pytest.approx(about["images"] / about["seconds"], abs=0.06)
    assert float(row["minutes"]) == pytest.approx(4.0, abs=0.3)
    assert row["parameters G / D"] == "0.0 M / 0.0 M"


def test_the_report_says_what_it_rests_on(plan: Plan) -> None:
    text = " ".join(write(plan).split())
    assert "3 recipes were trained one after the other, each for 4 minutes over all calls together, from seed 0" in text
    assert "20 fakes, the first of seed 0, with all 30 pictures of the data" in text
    assert "**Means of quarters**" in text
    assert "The last row compares 15 of the pictures with the others" in text
    for caveat in ("A metric is not the eye", "With few fakes it comes out too large", "KID is the better one here"):
        assert caveat in text


def test_the_report_says_by_which_clock_the_minutes_were_counted(plan: Plan) -> None:
    assert "for 4 minutes of processor time over all calls" in " ".join(write(replace(plan, clock="processor")).split())


def test_the_report_names_the_settings_that_were_changed(plan: Plan) -> None:
    recipes = {"dcgan": replace(RECIPES["dcgan"], g_width=16, augment=()), "ada": RECIPES["ada"]}
    text = write(replace(plan, recipes=recipes))
    assert "- `dcgan` with g_width = 16, augment = []." in text
    assert "`ada` with" not in text
    assert "augment = [].\n\nWhat the numbers say:\n\n- **KID**" in text


def test_the_pictures_of_the_data_have_a_row_of_their_own(plan: Plan) -> None:
    row = cells(write(plan), "*real pictures*")
    assert len(row) == len(report.HEADINGS)
    kid, spread = map(float, row[1].split(" ± "))
    assert abs(kid) < 4 * spread
    assert all(0.2 < float(ratio) < 5 for ratio in " ".join(row[6:9]).split())


def test_a_run_that_diverged_before_its_first_save_is_reported_as_such(plan: Plan) -> None:
    text = write(plan)
    assert cells(text, "`third` (diverged)")[1:12] == ["–"] * 11
    assert "- `third` diverged: The losses are not finite after 40 images" in text


def test_rows_are_in_the_order_of_kid_and_what_has_none_comes_last(plan: Plan) -> None:
    names = re.findall(r"^\| `(\w+)`", write(plan), flags=re.M)
    found = {name: scores.read_scores(run_folder.newest(plan.run(name))) for name in ("first", "second")}
    assert names == [*sorted(found, key=lambda name: found[name].kid), "third"]  # type: ignore[union-attr]


def test_a_recipe_that_looked_through_another_network_is_marked(plan: Plan) -> None:
    entry = report.Entry(
        name="projected",
        recipe=RECIPES["projected"],
        about=None,
        scores=None,
        diverged=None,
        rows=[],
        preview=None,
    )
    best = scores.reference(scores.Measured(EMBEDDER, scores.Rows(torch.rand(20, 4), torch.rand(20, 7)), "0"), 10)
    text = report.text(plan, [entry], best, 10)
    assert re.fullmatch(r"\d\.\d M / \d\.\d M", cells(text, "`projected` †")[-2])
    assert f"† looked through {RECIPES['projected'].pretrained} in training." in text
    assert "its numbers may flatter it" in " ".join(text.split())


def test_alarms_are_counted_over_the_rows_of_the_log(plan: Plan) -> None:
    log = plan.run("first") / training_log.METRICS
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    rows[0]["alarms"], rows[1]["alarms"] = ["collapse"], ["d_wins", "collapse"]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert cells(write(plan), "`first`")[-1] == f"collapse in 2 of {len(rows)}, d_wins in 1 of {len(rows)}"
    assert cells(write(plan), "`second`")[-1] == "none"


def test_the_pictures_beside_the_report_are_there_and_of_moderate_size(plan: Plan) -> None:
    text = write(plan)
    names = re.findall(r"\]\((\S+)\)", text)
    assert names == ["tiles.jpg", "curves.png"]
    for name in names:
        with Image.open(plan.out / name) as picture:
            assert 400 < picture.width < 1600
        assert (plan.out / name).stat().st_size < 1_000_000


def test_the_report_is_written_again_without_training_or_scoring(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    before = write(plan)
    monkeypatch.setattr(loop, "train", None)
    monkeypatch.setattr(scores, "look_at_fakes", None)
    assert benchmark.run(plan, Clock(2.0), quiet=True)
    assert write(plan) == before


def test_a_longer_benchmark_scores_the_new_checkpoints(plan: Plan) -> None:
    write(plan)
    before = scores.read_scores(run_folder.newest(plan.run("first")))
    benchmark.run(replace(plan, minutes=5), Clock(2.0), quiet=True)
    assert "each for 5 minutes" in write(replace(plan, minutes=5))
    after = scores.read_scores(run_folder.newest(plan.run("first")))
    assert before is not None
    assert after is not None
    assert after.weights_sha256 != before.weights_sha256


def test_a_benchmark_that_is_written_to_another_disk_first_gets_its_report(
    finished: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_RACE_CACHE", str(finished.out.with_name("cache")))
    plan = replace(finished, recipes={"first": TINY}, out=tmp_path / "ladder", local=tmp_path / "local")
    assert benchmark.run(plan, Clock(20.0), quiet=True)
    assert "`first`" in write(plan)
    with Image.open(plan.out / report.TILES) as tiles:
        assert tiles.width > 100
