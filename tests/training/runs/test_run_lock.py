from __future__ import annotations

import errno
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
import torch

from studio.checkpoints.catalog import Catalog
from training import __main__ as cli
from training.core import checkpoint, run_folder
from training.evaluation import benchmark
from training.recipes.presets import RECIPES
from training.runs import run_lock
from training.runs.run_lock import LEASE, LOCK, TakenError

PROJECT = Path(__file__).parents[3]
HOLD = """
import sys, time
from pathlib import Path
from training.runs.run_lock import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
TINY = replace(RECIPES["dcgan"], resolution=16, g_width=2, d_width=2, z_dim=8, batch=4)
SMALL = ["resolution=16", "g_width=2", "d_width=2", "z_dim=8", "batch=4"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))


@contextmanager
def other_process(*command: str, until: str) -> Iterator[subprocess.Popen[str]]:
    """Run another Python until it says something; it is killed in the end."""
    arguments = [sys.executable, *command]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(arguments, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            while until not in process.stdout.readline():
                assert process.poll() is None
            yield process
        finally:
            process.kill()


def holder(folder: Path) -> AbstractContextManager[subprocess.Popen[str]]:
    return other_process("-c", HOLD, str(folder), until="held")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def train(data: Path, out: Path, images: int) -> list[str]:
    return ["train", "dcgan", "--data", str(data), "--out", str(out), "--images", str(images), "--set", *SMALL]


@pytest.mark.slow
def test_a_second_trainer_is_refused_in_one_sentence_and_changes_nothing_and_a_killed_one_locks_nobody_out(
    tmp_path: Path, make_pictures: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    data, run = make_pictures(tmp_path / "pictures"), tmp_path / "runs" / "mine"
    assert cli.main(train(data, run, 40)) == 0
    assert LOCK not in content(run)
    with other_process("-m", "training", *train(data, run, 10**9), until="from image 40") as process:
        process.send_signal(signal.SIGSTOP)
        before = content(run)
        capsys.readouterr()
        assert cli.main(train(data, run, 80)) == 2
        said = capsys.readouterr()
        named = f"{run} is being trained by process {process.pid} on {platform.node()}"
        assert said.err == f"error: {named}; end that one first, or give another --out.\n"
        assert content(run) == before
        assert [entry.name for entry in Catalog(tmp_path / "runs").entries()] == ["mine"]
        assert cli.main(["publish", str(run), str(tmp_path / "published")]) == 0
        process.kill()
        process.wait()
        assert (run / LOCK).exists()
    reached = checkpoint.load(run_folder.newest(run)).about["images"]
    assert cli.main(train(data, run, reached + 40)) == 0
    assert run_folder.newest(run).name == f"{reached + 40:09d}"
    assert not (run / LOCK).exists()


def test_a_benchmark_does_not_train_a_run_that_another_process_trains(
    tmp_path: Path, make_pictures: Callable[..., Path]
) -> None:
    data = make_pictures(tmp_path / "pictures")
    recipes = {"first": TINY, "second": TINY}
    plan = benchmark.Plan(
        recipes=recipes, data=data, out=tmp_path / "ladder", seed=0, device=torch.device("cpu"), images=8
    )
    with holder(plan.run("second")) as process, pytest.raises(TakenError, match=f"second is .* {process.pid} on"):
        benchmark.run(plan, quiet=True)
    assert not plan.run("first").exists()
    assert benchmark.run(plan, quiet=True)
    assert [path.name for path in sorted(plan.run("first").iterdir())] == ["000000008", "metrics.jsonl"]


def test_the_lock_is_for_one_folder_and_ends_with_what_it_was_taken_for(tmp_path: Path) -> None:
    with run_lock.alone(tmp_path / "one"), run_lock.alone(tmp_path / "two"):
        with pytest.raises(TakenError, match=f"process {os.getpid()} on"), run_lock.alone(tmp_path / "one"):
            raise AssertionError
        (tmp_path / "two" / "metrics.jsonl").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["two"]
    assert [path.name for path in (tmp_path / "two").iterdir()] == ["metrics.jsonl"]
    with run_lock.alone(tmp_path / "two"):
        pass


def test_whoever_waits_while_a_holder_leaves_takes_a_lock_of_his_own(tmp_path: Path) -> None:
    def held_a_while(started: Event) -> None:
        with run_lock.alone(tmp_path):
            started.set()
            time.sleep(0.2)

    with ThreadPoolExecutor(1) as threads:
        started = Event()
        leaving = threads.submit(held_a_while, started)
        started.wait(60)
        with run_lock.alone(tmp_path):
            leaving.result()
            with pytest.raises(TakenError, match=f"process {os.getpid()} on"), run_lock.alone(tmp_path):
                raise AssertionError
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_an_older_program_trains_is_refused_with_its_name(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    handle = os.open(tmp_path / LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    os.write(handle, b"process 17 on elsewhere")
    with pytest.raises(TakenError, match="is being trained by process 17 on elsewhere; end"), run_lock.alone(tmp_path):
        raise AssertionError
    os.close(handle)
    with run_lock.alone(tmp_path):
        pass


@pytest.fixture(params=[errno.ENOTSUP, errno.ENOSYS, errno.ENOLCK, errno.EIO])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the file system have no locks, and leases end soon."""
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(run_lock, "LEASE_SECONDS", 1.0)


@pytest.mark.usefixtures("no_locks")
def test_where_there_are_no_locks_a_lease_keeps_others_out_as_long_as_its_holder_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with run_lock.alone(tmp_path / "run"):
        assert not (tmp_path / "run" / LOCK).exists()
        with pytest.raises(TakenError, match=f"process {os.getpid()} on"), run_lock.alone(tmp_path / "run"):
            raise AssertionError
        said = capsys.readouterr().out
        assert f"warning: {tmp_path / 'run'} is locked by process {os.getpid()} on" in said
        assert "waits up to 2 seconds" in said
    assert not (tmp_path / "run").exists()
    with run_lock.alone(tmp_path / "run"):
        pass
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("no_locks")
@pytest.mark.parametrize("gone", ["pid", "host"])
def test_a_lease_of_a_process_that_has_ended_locks_nobody_out(tmp_path: Path, gone: str) -> None:
    with run_lock.alone(tmp_path):
        lease = (tmp_path / LEASE).read_text(encoding="utf-8")
    values = dict(line.split("=", 1) for line in lease.splitlines() if "=" in line)
    other = {"pid": "999999999", "host": "a-runtime-that-has-ended"}[gone]
    (tmp_path / LEASE).write_text(lease.replace(f"{gone}={values[gone]}", f"{gone}={other}"), encoding="utf-8")
    with run_lock.alone(tmp_path):
        assert f"pid={os.getpid()}\n" in (tmp_path / LEASE).read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_nothing_can_be_written_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with run_lock.alone(tmp_path / "file"):
        pass

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(run_lock.FileLock, "acquire", refuse)
    monkeypatch.setattr(run_lock.SoftFileLease, "acquire", refuse)
    with run_lock.alone(tmp_path / "new"), run_lock.alone(tmp_path / "new"):
        pass
    assert not (tmp_path / "new").exists()
