from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.pace import slowness
from training.core import atomic_write, checkpoint, run_folder
from training.core.checkpoint import CONFIG, STATE, WEIGHTS, CheckpointError
from training.core.generators import GENERATORS, GeneratorConfig, build_generator
from training.core.tile import seed_tile

Make = Callable[..., Path]
PROJECT = Path(__file__).parents[3]


def change(folder: Path, **fields: Any) -> None:
    """Change fields of a config on the disk; None removes one."""
    values = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    for name, value in fields.items():
        record = values if name in ("format", "about") else values["generator"]
        record[name] = value
    (folder / CONFIG).write_text(json.dumps(values), encoding="utf-8")


@pytest.mark.parametrize("network", GENERATORS)
def test_what_is_saved_is_loaded_and_draws_the_same_tile(tmp_path: Path, make_checkpoint: Make, network: str) -> None:
    found = checkpoint.load(make_checkpoint(tmp_path / "one", network=network))
    again = tmp_path / "again"
    again.mkdir()
    checkpoint.save(again, found.config, found.generator.state_dict(), found.about)
    second = checkpoint.load(again)
    for name, value in found.generator.state_dict().items():
        assert torch.equal(value, second.generator.state_dict()[name])
    assert (seed_tile(found.generator, 3) == seed_tile(second.generator, 3)).all()
    assert second.sha256 == found.sha256 == checkpoint.file_sha256(again / WEIGHTS)
    assert second.config_sha256 == found.config_sha256
    assert second.about == found.about


def test_weights_in_float16_are_drawn_in_float32(tmp_path: Path, make_checkpoint: Make) -> None:
    found = checkpoint.load(make_checkpoint(tmp_path / "one"))
    state = found.generator.state_dict()
    half = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    (tmp_path / "half").mkdir()
    checkpoint.save(tmp_path / "half", found.config, half, {})
    loaded = checkpoint.load(tmp_path / "half").generator.state_dict()
    for name, value in half.items():
        assert torch.equal(loaded[name], value.float() if value.is_floating_point() else value)
        assert loaded[name].dtype == state[name].dtype


def test_a_loaded_generator_is_in_eval_mode_and_asks_for_no_gradient(tmp_path: Path, make_checkpoint: Make) -> None:
    generator = checkpoint.load(make_checkpoint(tmp_path / "one")).generator
    assert not generator.training
    assert not any(weight.requires_grad for weight in generator.parameters())


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"format": 2}, "format 2"),
        ({"format": None}, "format None"),
        ({"width": 100_000}, "width 100000"),
        ({"z_dim": "8"}, "z_dim '8'"),
        ({"z_dim": 8.0}, "z_dim 8.0"),
        ({"width": True}, "width True"),
        ({"resolution": 17}, "resolution 17"),
        ({"network": "../evil"}, "generator '../evil'"),
        ({"surprise": 1}, "surprise"),
        ({"about": 3}, "about"),
        ({"network": "course"}, "disagree about the weights"),
        ({"z_dim": 9}, "in the shape"),
    ],
)
def test_a_config_that_is_not_ours_is_refused_with_its_reason(
    tmp_path: Path, make_checkpoint: Make, fields: dict[str, Any], reason: str
) -> None:
    folder = make_checkpoint(tmp_path / "one")
    change(folder, **fields)
    with pytest.raises(CheckpointError) as refused:
        checkpoint.load(folder)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b"[1]", "has the format None"),
        (b" " * 1_000_001, "is larger than 1000000 bytes."),
    ],
)
def test_a_config_that_is_no_record_is_one_sentence(
    tmp_path: Path, make_checkpoint: Make, text: bytes, reason: str
) -> None:
    folder = make_checkpoint(tmp_path / "one")
    (folder / CONFIG).write_bytes(text)
    with pytest.raises(CheckpointError) as refused:
        checkpoint.describe(folder)
    assert str(refused.value).startswith(f"{folder / CONFIG} {reason}")
    assert str(refused.value).count(CONFIG) == 1


def test_a_refusal_does_not_repeat_a_page_of_the_config(tmp_path: Path, make_checkpoint: Make) -> None:
    folder = make_checkpoint(tmp_path / "one")
    for fields in ({"network": "x" * 100_000}, {"y" * 100_000: 1}):
        change(folder, **fields)
        with pytest.raises(CheckpointError) as refused:
            checkpoint.describe(folder)
        assert len(str(refused.value)) < 1000


@pytest.mark.perf
def test_no_config_can_ask_for_more_memory_than_its_weights(tmp_path: Path, make_checkpoint: Make) -> None:
    folder = make_checkpoint(tmp_path / "one", network="dcgan")
    change(folder, width=128, z_dim=1024)
    start = time.monotonic()
    with pytest.raises(CheckpointError, match="in the shape"):
        checkpoint.load(folder)
    assert time.monotonic() - start < 1.0 * slowness()


def test_a_pickle_is_not_run(tmp_path: Path, make_checkpoint: Make) -> None:
    folder = make_checkpoint(tmp_path / "one")
    evil = f"cos\nsystem\n(S'touch {tmp_path / 'run'}'\ntR.".encode()
    (folder / WEIGHTS).write_bytes(evil)
    (folder / STATE).write_bytes(evil)
    with pytest.raises(CheckpointError, match="damaged or no safetensors"):
        checkpoint.load(folder)
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.load_state(folder)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("kept", [0, 4, 100, 2000])
def test_truncated_weights_are_refused(tmp_path: Path, make_checkpoint: Make, kept: int) -> None:
    path = make_checkpoint(tmp_path / "one") / WEIGHTS
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.load(path.parent)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, make_checkpoint: Make, value: float) -> None:
    folder = make_checkpoint(tmp_path / "one")
    state = load_file(folder / WEIGHTS)
    state["to_rgb.bias"][1] = value
    save_file(state, folder / WEIGHTS)
    with pytest.raises(CheckpointError, match="not finite"):
        checkpoint.load(folder)


def test_weights_of_another_type_are_refused(tmp_path: Path, make_checkpoint: Make) -> None:
    folder = make_checkpoint(tmp_path / "one")
    state = load_file(folder / WEIGHTS)
    save_file({**state, "to_rgb.bias": state["to_rgb.bias"].to(torch.int32)}, folder / WEIGHTS)
    with pytest.raises(CheckpointError, match=r"int32.*float16 or torch\.float32"):
        checkpoint.load(folder)


def test_a_file_that_is_missing_is_named(tmp_path: Path, make_checkpoint: Make) -> None:
    folder = make_checkpoint(tmp_path / "one")
    with pytest.raises(CheckpointError, match=STATE):
        checkpoint.load_state(folder)
    (folder / WEIGHTS).unlink()
    with pytest.raises(CheckpointError, match=WEIGHTS):
        checkpoint.load(folder)
    with pytest.raises(CheckpointError, match=checkpoint.RAW_WEIGHTS):
        checkpoint.load(folder, checkpoint.RAW_WEIGHTS)
    (folder / CONFIG).unlink()
    with pytest.raises(CheckpointError, match=CONFIG):
        checkpoint.load(folder)


def test_the_newest_checkpoint_of_a_run_is_the_one_with_most_images(tmp_path: Path, make_checkpoint: Make) -> None:
    for name in ("000000900", "000001000", ".000002000.part", "notes"):
        make_checkpoint(tmp_path / name)
    (tmp_path / "000003000").mkdir()
    assert [step.name for step in run_folder.steps(tmp_path)] == ["000000900", "000001000"]
    assert run_folder.newest(tmp_path).name == "000001000"
    assert run_folder.newest(tmp_path / "notes").name == "notes"
    with pytest.raises(CheckpointError, match="no checkpoint and no run"):
        run_folder.newest(tmp_path / "000003000")


class DiskError(OSError):
    """Stands for a machine that dies."""


OPERATIONS = [(Path, "mkdir"), (Path, "rename"), (os, "fsync"), (shutil, "rmtree")]


@pytest.mark.parametrize("replaced", [False, True])
def test_a_save_that_dies_at_any_operation_leaves_an_old_or_a_new_checkpoint_whole(
    tmp_path: Path, make_checkpoint: Make, monkeypatch: pytest.MonkeyPatch, replaced: bool
) -> None:
    old = checkpoint.load(make_checkpoint(tmp_path / "run" / "000000001", seed=1))
    new = checkpoint.load(make_checkpoint(tmp_path / "elsewhere", seed=2))
    target = tmp_path / "run" / ("000000001" if replaced else "000000002")
    survived = set()
    for fatal in range(30):
        count = iter(range(1000))

        def dying(original: Callable[..., Any], count: Any = count, fatal: int = fatal) -> Callable[..., Any]:
            def operation(*arguments: Any, **options: Any) -> Any:
                if next(count) == fatal:
                    raise DiskError
                return original(*arguments, **options)

            return operation

        with monkeypatch.context() as patch:
            for owner, name in OPERATIONS:
                patch.setattr(owner, name, dying(getattr(owner, name)))
            try:
                with atomic_write.written_whole(target) as part:
                    checkpoint.save(part, new.config, new.generator.state_dict(), {})
            except DiskError:
                pass
        found = [checkpoint.load(step).sha256 for step in run_folder.steps(tmp_path / "run")]
        with suppress(CheckpointError):  # a replaced one is there until the new one is, and then emptied
            found.append(checkpoint.load(tmp_path / "run" / ".000000001.old.part").sha256)
        assert old.sha256 in found or new.sha256 in found
        survived.add(new.sha256 in found)
        shutil.rmtree(tmp_path / "run")
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "000000001").mkdir()
        checkpoint.save(tmp_path / "run" / "000000001", old.config, old.generator.state_dict(), {})
    assert survived == {False, True}


@pytest.mark.parametrize("how", ["discarded", "replaced", "unfinished", "failed"])
def test_a_file_is_emptied_before_it_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """The trash of a drive keeps what is removed for weeks."""
    sizes: dict[str, int] = {}
    rmtree = shutil.rmtree

    def trashed(folder: Path, **options: Any) -> None:
        sizes.update({file.name: file.stat().st_size for file in folder.rglob("*") if file.is_file()})
        rmtree(folder, **options)

    old = tmp_path / (".000000007.part" if how == "unfinished" else "000000007")
    if how != "failed":
        (old / "deep").mkdir(parents=True)
        (old / "state.pt").write_bytes(b"x" * 500)
        (old / "deep" / "more").write_bytes(b"x" * 50)
    monkeypatch.setattr(shutil, "rmtree", trashed)
    if how == "discarded":
        atomic_write.discard(old)
    elif how == "replaced":
        with atomic_write.written_whole(old) as part:
            (part / "new").write_bytes(b"y")
        assert (old / "new").read_bytes() == b"y"
    elif how == "unfinished":
        atomic_write.discard_unfinished(tmp_path)
    else:
        with pytest.raises(ValueError, match="x"):
            fail_half_way(old)
    assert sizes == ({"half": 0} if how == "failed" else {"state.pt": 0, "more": 0})
    assert [path.name for path in tmp_path.iterdir()] == ([old.name] if how == "replaced" else [])


def fail_half_way(folder: Path) -> None:
    with atomic_write.written_whole(folder) as part:
        (part / "half").write_bytes(b"half of it")
        raise ValueError("x")


def test_what_also_stands_elsewhere_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    for name in ("linked", "pointed"):
        (tmp_path / name).write_bytes(b"mine")
    os.link(tmp_path / "linked", tmp_path / "run" / "linked")
    (tmp_path / "run" / "pointed").symlink_to(tmp_path / "pointed")
    (tmp_path / "run" / "folder").symlink_to(tmp_path)
    atomic_write.discard(tmp_path / "run")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["linked", "pointed"]
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"mine"}


SAVER = """
import os, signal, sys, time, torch
from pathlib import Path
from training.core import atomic_write, checkpoint, run_folder
from training.core.generators import GeneratorConfig, build_generator

def save_for_ever(out):
    for images in range(1, 1_000_000):
        with atomic_write.written_whole(out / f"{images:09d}") as part:
            checkpoint.save(part, config, state, {"images": images})
            checkpoint.save_state(part, {"images": images, "weights": state})
        for outdated in run_folder.steps(out)[:-1]:
            atomic_write.discard(outdated)

torch.set_num_threads(1)
config = GeneratorConfig(network="fastgan", z_dim=8, resolution=16, width=4)
state = build_generator(config).state_dict()
for kill in range(int(sys.argv[2])):
    out = Path(sys.argv[1]) / str(kill)
    child = os.fork()
    if child == 0:
        save_for_ever(out)
    while not run_folder.steps(out):
        time.sleep(0.001)
    time.sleep(0.0013 * kill)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""
KILLS = 24


@pytest.mark.slow
def test_a_kill_in_the_middle_of_a_save_always_leaves_a_loadable_checkpoint(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SAVER, str(tmp_path), str(KILLS)]
    subprocess.run(command, cwd=PROJECT, check=True, timeout=120)
    unfinished = 0
    for kill in range(KILLS):
        newest = run_folder.newest(tmp_path / str(kill))
        images = checkpoint.load(newest).about["images"]
        assert checkpoint.load_state(newest)["images"] == images == int(newest.name)
        unfinished += any(tmp_path.joinpath(str(kill)).glob(f".*{atomic_write.UNFINISHED}"))
    assert unfinished > KILLS // 4  # the kills did hit saves


def test_canonical_json_has_one_form() -> None:
    assert checkpoint.canonical_json({"b": [1, 2], "a": "花"}) == '{"a":"花","b":[1,2]}'
    with pytest.raises(ValueError, match="JSON"):
        checkpoint.canonical_json({"a": float("nan")})


def test_the_config_hash_does_not_depend_on_what_is_told_about_the_training(
    tmp_path: Path, make_checkpoint: Make
) -> None:
    folder = make_checkpoint(tmp_path / "one")
    before = checkpoint.describe(folder).config_sha256
    change(folder, about={"images": 5})
    assert checkpoint.describe(folder).config_sha256 == before
    other = GeneratorConfig(network="fastgan", z_dim=8, resolution=16, width=5)
    checkpoint.save(folder, other, build_generator(other).state_dict(), {})
    assert checkpoint.describe(folder).config_sha256 != before


@pytest.mark.parametrize(
    ("recipe", "averaged"),
    [
        ({"ema_images": 500}, True),
        ({"ema_images": 0}, False),
        ({}, None),
        ({"ema_images": "many"}, None),
        ("dcgan", None),
    ],
)
def test_the_passport_tells_whether_weights_are_an_average(
    recipe: object, averaged: bool | None, tmp_path: Path, make_checkpoint: Make
) -> None:
    folder = make_checkpoint(tmp_path / "one")
    values = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    values["about"]["recipe"] = recipe
    (folder / CONFIG).write_text(json.dumps(values), encoding="utf-8")
    assert checkpoint.describe(folder).averaged is averaged
