from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from training import __main__ as cli
from training.core import checkpoint, run_folder
from training.core.imagenet_features import NAME as IMAGENET_NETWORK
from training.core.imagenet_features import MissingPackageError
from training.recipes.overrides import recorded
from training.recipes.presets import RECIPES

PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))


def test_every_recipe_is_listed_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["recipes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(RECIPES)
    assert all(recipe.summary in line for recipe, line in zip(RECIPES.values(), lines, strict=True))


@pytest.mark.parametrize(("gpu", "amx", "said"), [(False, False, 9), (False, True, 13), (True, False, None)])
def test_a_training_without_a_gpu_says_so_and_what_makes_sense(
    gpu: bool, amx: bool, said: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(cli, "has_amx", lambda: amx)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    cli._say_what_a_cpu_can(torch.device("cpu"))
    printed = capsys.readouterr().out
    assert ("NO GPU" in printed) == (said is not None)
    if said:
        assert f"1 CPU threads {'with' if amx else 'without'} AMX" in printed
        assert f"the recipe best some {said} images a second" in printed
        assert f"16,000 images, {16_000 / said / 60:.0f} minutes" in printed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["score", "/nope", "--data", "/nope"], "/nope does not exist"),
        (["score", "--data", "/nope"], "the following arguments are required: "),
        (["bench", "dcgun"], "The recipe 'dcgun' is not one of"),
        (["bench", "--device", "x"], "there is no device 'x' here"),
        (["recipes", "--jsn"], "there is no option --jsn; did you mean '--json'?"),
    ],
)
def test_the_error_of_a_command_that_can_print_json_is_json_where_that_is_asked_for(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for more in ([], ["--json"]):
        try:
            code = cli.main([*words, *more])
        except SystemExit as left:
            code = int(str(left.code))
        assert code == 2
        out, error = capsys.readouterr()
        assert said in error
        if more:
            (told,) = json.loads(out).items()
            assert told[0] == "error"
            assert said in told[1]
        else:
            assert out == ""


def test_packing_says_what_it_left_out(
    tmp_path: Path, make_pictures: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_pictures(tmp_path / "pictures")
    (folder / "empty.jpg").touch()
    assert cli.main(["pack", str(folder), "--out", str(tmp_path / "out.safetensors")]) == 0
    assert cli.main(["pack", str(folder), "--out", str(tmp_path / "out.safetensors")]) == 0
    first, labels, left_out, second, *_ = capsys.readouterr().out.splitlines()
    assert labels == "labels for 0 of 12 pictures"
    assert first.startswith("12 images written to")
    assert left_out == "left out: empty.jpg: an empty file"
    assert second.startswith("12 images found in")


def test_a_file_of_others_is_refused_before_anything_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis").write_text("mine")
    monkeypatch.setattr(cli.data, "download", lambda _: pytest.fail("it was downloaded"))
    assert cli.main(["pack", str(tmp_path), "--download", "--out", str(tmp_path / "thesis")]) == 2
    assert "thesis is there already and was not written by `pack`" in capsys.readouterr().err


def test_packing_says_what_the_labels_are_of(
    tmp_path: Path, make_pictures: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_pictures(tmp_path / "pictures" / "inner", count=4).parent
    lines = "".join(f"absent_{number}.png,1\n" for number in range(7))
    (folder / "inner" / "labels.csv").write_text(f"file,label\npicture_001.png,3\n{lines}", encoding="utf-8")
    for _ in range(2):
        assert cli.main(["pack", str(folder), "--out", str(tmp_path / "out.safetensors")]) == 0
        said = capsys.readouterr().out.splitlines()
        assert said[1:3] == ["labels for 1 of 4 pictures", "no picture for inner/labels.csv, line 3: absent_0.png"]
        assert said[-1] == "no picture for 2 more lines"
        assert len(said) == 8


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pack", "empty", "--out", "x"], "empty holds no image that can be used (it is empty)."),
        (["pack", "absent", "--out", "x"], "absent does not exist; a folder of pictures or a file that"),
        (["pack", "file", "--out", "x"], "file is not a folder."),
        (["train", "dcgun", "--data", "empty", "--out", "x"], "The recipe 'dcgun' is not one of"),
        (["train", "dcgan", "--data", "absent", "--out", "x"], "absent does not exist; a folder of pictures or a file"),
        (["train", "dcgan", "--data", "file", "--out", "x"], "file is no file that `python -m training pack` wrote"),
        (["train", "dcgan", "--data", "x.zip", "--out", "x"], "x.zip is an archive; unpack it and give its folder."),
        (["ladder", "dcgan", "--data", "absent", "--out", "x", "--images-each", "9"], "absent does not exist"),
        (["publish", "absent", "x"], "absent does not exist, and no checkpoint in checkpoints is called so."),
        (["publish", "empty", "x"], "empty is no checkpoint and no run"),
    ],
)
def test_each_error_is_one_sentence_and_exit_two(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for name in ("file", "x.zip"):
        (tmp_path / name).write_text("x")
    assert cli.main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {said}")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--minutes", "0", "'0' is not a number above 0"],
        ["--minutes", "nan", "'nan' is not a number above 0"],
        ["--hours-total", "some", "'some' is not a number above 0"],
        ["--images", "0", "'0' is not a whole number above 0"],
        ["--images", "1.5", "'1.5' is not a whole number above 0"],
        ["--seed", "-1", "The seed -1 is not a whole number from 0 to 4294967295"],
        ["--seed", "lucky", "The seed 'lucky' is not a whole number from 0 to 4294967295"],
        ["--device", "abacus", "there is no device 'abacus' here"],
        ["--device", "meta", "there is no device 'meta' here"],
    ],
)
def test_impossible_options_are_usage_errors_with_a_sentence(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["train", "dcgan", "--data", "x", "--out", "y", *options[:2]])
    assert stopped.value.code == 2
    assert options[2] in capsys.readouterr().err


def test_a_key_that_interrupts_the_packing_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.data, "pack", interrupted)
    assert cli.main(["pack", "x", "--out", "y"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_missing_package_is_one_sentence_with_its_remedy(
    tmp_path: Path,
    make_pictures: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    folder = make_pictures(tmp_path / "pictures")
    assert cli.main(["train", "projected", "--data", str(folder), "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert "the package 'timm' is not installed: run pip install timm, or choose a recipe without it." in said
    assert issubclass(MissingPackageError, RuntimeError)


@pytest.mark.parametrize("command", [["train", "projected"], ["ladder", "dcgan", "projected", "--images-each", "9"]])
def test_what_a_recipe_needs_is_checked_before_the_packing(
    command: list[str], tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    monkeypatch.setattr(cli.data, "open_data", lambda *_: pytest.fail("it was packed"))
    folder = make_pictures(tmp_path / "pictures")
    assert cli.main([*command, "--data", str(folder), "--out", str(tmp_path / "run")]) == 2
    assert not (tmp_path / "run").exists()


def test_labels_that_a_recipe_needs_are_checked_before_the_packing(
    tmp_path: Path,
    make_pictures: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli.data, "open_data", lambda *_: pytest.fail("it was packed"))
    folder = make_pictures(tmp_path / "pictures")
    assert cli.main(["train", "conditional", "--data", str(folder), "--out", str(tmp_path / "run")]) == 2
    assert "error: 12 of 12 images have no label; the recipe asks for one of each." in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_all_files_of_a_published_checkpoint_have_the_mode_that_any_new_file_has(
    tmp_path: Path, make_pictures: Callable[..., Path]
) -> None:
    folder = make_pictures(tmp_path / "pictures")
    run, published = tmp_path / "run", tmp_path / "published"
    sizes = ["resolution=16", "g_width=2", "d_width=2", "z_dim=8", "batch=4"]
    words = ["--data", str(folder), "--out", str(run), "--images", "80", "--device", "cpu"]
    assert cli.main(["train", "dcgan", *words, "--precision", "float32", "--set", *sizes]) == 0
    (run_folder.newest(run) / "metrics.jsonl").chmod(0o600)
    assert cli.main(["publish", str(run), str(published), "--raw"]) == 0
    (tmp_path / "new").touch()
    usual = stat.S_IMODE((tmp_path / "new").stat().st_mode)
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in published.iterdir()} == dict.fromkeys(
        ["README.md", "config.json", "metrics.jsonl", "model.safetensors", "preview.jpg", "raw.safetensors"], usual
    )


def test_a_checkpoint_is_published_by_its_name_in_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "checkpoints").symlink_to(PROJECT / "checkpoints")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["publish", "dcgan", "published"]) == 0
    assert checkpoint.describe(tmp_path / "published").about["recipe"]["generator"] == "dcgan"
    assert cli.main(["publish", "dcgun", "published"]) == 2
    assert "checkpoints is called so; did you mean dcgan?" in capsys.readouterr().err


def test_recipes_as_json_have_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["recipes", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one.pop("name") for one in found] == list(RECIPES)
    assert [recorded(one) for one in found] == list(RECIPES.values())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_leaves_with_exit_zero(
    tmp_path: Path, make_pictures: Callable[..., Path], number: signal.Signals
) -> None:
    folder = make_pictures(tmp_path / "pictures")
    command = [
        sys.executable,
        "-m",
        "training",
        "train",
        "dcgan",
        "--data",
        str(folder),
        "--out",
        str(tmp_path / "run"),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "from image" not in process.stdout.readline():
            assert process.poll() is None
        time.sleep(3)
        process.send_signal(number)
        said = process.stdout.read()
        assert process.wait(60) == 0
    assert f"stopped by {number.name}" in said
    newest = run_folder.newest(tmp_path / "run")
    assert checkpoint.load_state(newest)["images"] == checkpoint.load(newest).about["images"] > 0


def test_the_benchmark_takes_names_before_and_after_its_options_and_a_set_of_its_own_without_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plans: list[cli.benchmark.Plan] = []
    asked: list[object] = []
    embedder = SimpleNamespace(network=SimpleNamespace(name="Means", family="Means"))
    monkeypatch.setattr(cli, "open_embedder", lambda *options: asked.append(options) or embedder)
    monkeypatch.setattr(cli, "_check_inputs", lambda *_: None)
    monkeypatch.setattr(cli.benchmark, "run", lambda plan: plans.append(plan) or plan.seed == 0)
    monkeypatch.setattr(cli.report, "write", lambda *options: asked.append(options) or "report.md")
    options = ["--data", "x", "--out", "runs", "--minutes-each", "30"]
    assert cli.main(["ladder", "dcgan", *options]) == 0
    assert cli.main(["ladder", *options, "course_sample", "dcgan"]) == 0
    assert capsys.readouterr().out == 2 * "scores will be taken with Means\nwritten: report.md\n"
    assert (
        cli.main(
            ["ladder", *options, "--seed", "3", "--fakes", "50", "--network", "squeezenet", "--clock", "processor"]
        )
        == 0
    )
    assert "written" not in (said := capsys.readouterr().out)
    assert said.endswith("stopped: the same command goes on in runs\n")
    assert asked == [
        *(("auto", plans[0].device), (plans[0], embedder, 1000)),
        *(("auto", plans[1].device), (plans[1], embedder, 1000)),
        ("squeezenet", plans[2].device),
    ]
    assert [list(plan.recipes) for plan in plans] == [
        ["dcgan"],
        ["course_sample", "dcgan"],
        list(cli.benchmark.DEFAULT),
    ]
    assert [plan.clock for plan in plans] == ["wall", "wall", "processor"]
    assert [(plan.minutes, plan.data, plan.out, plan.seed) for plan in plans][2] == (30, Path("x"), Path("runs"), 3)


def test_a_network_of_the_family_that_a_recipe_looks_through_is_refused_before_anything_is_trained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    embedder = SimpleNamespace(network=SimpleNamespace(name="EfficientNet-B0", family="EfficientNet"))
    monkeypatch.setattr(cli, "open_embedder", lambda *_: embedder)
    monkeypatch.setattr(cli, "_check_inputs", lambda *_: None)
    monkeypatch.setattr(cli.benchmark, "run", lambda _: pytest.fail("it was trained"))
    options = ["--data", "absent", "--out", "x", "--minutes-each", "1"]
    assert cli.main(["ladder", "dcgan", "projected", *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: EfficientNet-B0 cannot be the only judge where D looked through {IMAGENET_NETWORK}")


def test_two_recipes_of_the_same_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dcgan.toml").write_text('base = "dcgan"\nbatch = 8\n', encoding="utf-8")
    options = ["--data", "absent", "--out", "x", "--minutes-each", "1"]
    assert cli.main(["ladder", "dcgan", str(tmp_path / "dcgan.toml"), *options]) == 2
    assert "would have the same name; rename a file." in capsys.readouterr().err


def test_a_misspelt_recipe_ends_the_benchmark_before_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--data", "absent", "--out", "x", "--minutes-each", "1"]
    assert cli.main(["ladder", "dcgan", "dcgun", *options]) == 2
    assert "The recipe 'dcgun' is not one of" in capsys.readouterr().err


@pytest.mark.parametrize("fakes", ["3", "0", "many"])
def test_too_few_fakes_are_refused_before_anything_is_trained(fakes: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--data", "x", "--out", "y", "--minutes-each", "1", "--fakes", fakes]
    with pytest.raises(SystemExit) as stopped:
        cli.main(["ladder", *options])
    assert stopped.value.code == 2
    assert f"{fakes!r} is not a whole number" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        *(f"{name} x --data x --out hf://me/flowers" for name in ("train", "equalize")),
        *("ladder dcgan --data x --out hf://me/flowers --images-each 4", "convert x.pt --out hf://me/flowers"),
        *("start x --out hf://me/flowers", "train dcgan --data x --out x --local hf://me/flowers"),
        *("pack x --out hf://me/flowers", "publish hf://me/flowers x"),
    ],
)
def test_an_address_where_a_path_is_wanted_is_refused(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(command.split())
    said = "'hf://me/flowers' is an address of the Hub; a path of this machine is allowed"
    assert said in capsys.readouterr().err
