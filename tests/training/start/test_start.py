"""The whole way on a small recipe: from a folder of pictures to a run, twice, and the command that shows it."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from studio.checkpoints.catalog import Catalog
from training import __main__ as cli
from training.core import checkpoint, dataset, run_folder
from training.recipes.presets import RECIPES
from training.start import choice
from training.start.start import default_out

Maker = Callable[..., Path]
TINY = replace(RECIPES["dcgan"], resolution=16, g_width=2, d_width=2, z_dim=8, batch=4)


@pytest.fixture(autouse=True)
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(choice.RECIPES, choice.NAME, TINY)
    monkeypatch.setattr("training.evaluation.bench.TRIAL_SECONDS", 0.01)
    monkeypatch.chdir(tmp_path)


def start(*words: str) -> int:
    return cli.main(["start", *words, "--device", "cpu", "--precision", "float32"])


def test_pictures_become_a_run_the_same_command_goes_on_and_the_last_line_opens_the_studio(
    tmp_path: Path, make_pictures: Maker, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pictures(tmp_path / "my flowers")
    assert start("my flowers", "--minutes", "0.02") == 0
    said = capsys.readouterr()
    run = tmp_path / "runs" / "my flowers"
    newest = run_folder.newest(run)
    images = int(newest.name)
    about = checkpoint.describe(newest).about
    assert said.out.startswith("pictures: 12 in my flowers, 0 of them with a label\nmachine: 1 CPU threads ")
    assert "run: runs/my flowers, which is new\n" in said.out
    assert "to expect here: in 1 seconds " in said.out
    assert "12 pictures are few" in said.out
    assert f"the budget is used up: {images:,} images, saved in runs/my flowers; the same command goes on" in said.out
    assert "100%|" in said.err
    assert f"preview runs/my flowers/{newest.name}/preview.png" in said.err

    python, app, *options = shlex.split(said.out.splitlines()[-1].removeprefix("see it: "))
    assert python == sys.executable
    assert Path(app).is_file()
    parsed = __import__("app")._parser().parse_args(options)
    assert (parsed.checkpoints, parsed.data) == (Path("runs/my flowers"), Path("my flowers"))
    assert [entry.problem for entry in Catalog(parsed.checkpoints).entries()] == [None]

    monkeypatch.setattr(dataset, "_read_all", lambda *_: pytest.fail("it was packed again"))
    monkeypatch.setitem(choice.RECIPES, choice.NAME, replace(TINY, batch=2))  # a new run would be another now
    assert start("my flowers", "--minutes", "0.02") == 0
    said = capsys.readouterr()
    assert f"which goes on from {images:,} images" in said.out
    now = checkpoint.describe(run_folder.newest(run)).about
    assert now["images"] > images
    assert now["recipe"] == about["recipe"]


def test_a_run_of_another_recipe_goes_on_with_that(
    tmp_path: Path, make_pictures: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pictures(tmp_path / "pictures")
    sizes = ["resolution=16", "g_width=2", "d_width=2", "z_dim=8", "batch=4"]
    words = ["--data", "pictures", "--out", "mine", "--images", "8", "--device", "cpu", "--precision", "float32"]
    assert cli.main(["train", "lsgan", *words, "--set", *sizes]) == 0
    capsys.readouterr()
    assert start("pictures", "--out", "mine", "--minutes", "0.01") == 0
    assert re.search(r"recipe: best with loss=least_squares, .* images a second", capsys.readouterr().out)
    assert checkpoint.describe(run_folder.newest(tmp_path / "mine")).about["recipe"]["loss"] == "least_squares"


def test_what_fails_fails_before_anything_is_measured_or_packed(
    tmp_path: Path, make_pictures: Maker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("_read_all",):
        monkeypatch.setattr(dataset, name, lambda *_: pytest.fail("it was packed"))
    monkeypatch.setattr(choice, "choose", lambda *_: pytest.fail("it was measured"))
    make_pictures(tmp_path / "pictures")
    (tmp_path / "file").touch()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").touch()
    cases = {
        ("absent",): "absent does not exist; a folder of pictures",
        ("pictures", "--out", "file"): "file is a file; give the name of a folder.",
        ("pictures", "--out", "file/run"): "could not be written",
        ("pictures", "--out", "other"): "other holds thesis.txt, which this program does not write there",
    }
    for words, wanted in cases.items():
        assert start(*words) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        assert wanted in error


def test_another_seed_in_a_run_is_refused_with_the_reason(
    tmp_path: Path, make_pictures: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pictures(tmp_path / "pictures")
    assert start("pictures", "--minutes", "0.005") == 0
    assert start("pictures", "--minutes", "0.005", "--seed", "4") == 2
    assert "holds another run (seed 0 -> 4)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pictures", "run"), [("a/Oxford.Flowers", "Oxford.Flowers"), ("flowers.safetensors", "flowers")]
)
def test_a_run_is_called_like_its_pictures(pictures: str, run: str, tmp_path: Path) -> None:
    (tmp_path / "flowers.safetensors").touch()
    assert default_out(Path(pictures)) == Path("runs") / run
