from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tests.process_groups import in_processes
from training import __main__ as cli
from training.core import checkpoint, run_folder
from training.core.process_group import LeaderFailedError, ProcessGroup
from training.runs import followers, passport
from training.runs.stop_signals import ended_by, signal_name, stop_signals

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone")
SMALL = ("--set", "resolution=16", "g_width=2", "d_width=2", "z_dim=8", "batch=4", "--device", "cpu")
PROJECT = Path(__file__).parents[3]


@pytest.fixture
def pictures(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]))
    return make_pictures(tmp_path / "pictures")


def train(pictures: Path, *more: str) -> tuple[str, ...]:
    out = str(pictures.parent / "run")
    return ("-m", "training", "train", "dcgan", "--data", str(pictures), "--out", out, *SMALL, *more)


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[str]]:
    """Start a program whose words come together; it is gone at the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def ran(*command: str) -> tuple[int, str]:
    with started(*command) as process:
        said, _ = process.communicate(timeout=240)
        return process.returncode, said


def about(out: Path) -> dict[str, Any]:
    return checkpoint.describe(run_folder.newest(out)).about


def test_torchrun_trains_in_two_processes_and_one_goes_on(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = pictures.parent / "run"
    code, said = ran(*TORCHRUN, *train(pictures, "--images", "80"))
    assert code == 0, said
    assert said.count("the budget is used up: 80 images") == 1  # one process speaks
    assert said.count("dcgan: DCGAN") == 1
    (runtime,) = about(out)["runtimes"]
    assert runtime["processes"] == 2
    assert runtime["device"] == "1 CPU threads in each of 2 processes"
    assert {path.name for path in out.iterdir()} == {"000000080", "metrics.jsonl"}
    assert [json.loads(line)["images"] for line in (out / "metrics.jsonl").read_text().splitlines()] == [80]
    assert cli.main(list(train(pictures, "--images", "160")[2:])) == 0
    assert "was in 2 processes before and goes on in 1 process, equal to rounding" in capsys.readouterr().out
    assert about(out)["images"] == 160
    assert [one.get("processes", 1) for one in about(out)["runtimes"]] == [2, 1]


def test_what_cannot_begin_is_told_once_by_the_first_process(pictures: Path) -> None:
    code, said = ran(*TORCHRUN, *train(pictures, "--images", "80", "--set", "batch=1"))
    assert code != 0
    sentence = "error in process 0: The batch 1 is smaller than the number of processes, 2: start at most 1, or"
    assert said.count("error in process") == 1
    assert sentence in said


def test_a_command_that_is_not_shared_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "TORCHELASTIC_RUN_ID": "1"}.items():
        monkeypatch.setenv(name, value)
    assert cli.main(["recipes"]) == 2
    assert capsys.readouterr().err.startswith("error in process 1: Only `python -m training train` can be shared")


@pytest.mark.slow
def test_a_signal_to_torchrun_saves_and_leaves(pictures: Path) -> None:
    out = pictures.parent / "run"
    with started(*TORCHRUN, *train(pictures)) as process:
        _wait_until(lambda: (out / "metrics.jsonl").exists() and (out / "metrics.jsonl").stat().st_size > 0)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=120)
    assert "stopped by SIGTERM" in said
    assert about(out)["images"] > 0
    assert "error in process" not in said


@pytest.mark.slow
def test_a_lost_process_is_started_again_from_the_last_checkpoint(pictures: Path) -> None:
    out = pictures.parent / "run"
    assert ran(*TORCHRUN, *train(pictures, "--images", "80"))[0] == 0
    with started(*TORCHRUN, "--max-restarts", "1", *train(pictures, "--images", "240")) as process:
        log = out / "metrics.jsonl"
        _wait_until(lambda: log.exists() and log.read_text().count("\n") > 1)  # beyond what the first call logged
        os.kill(_follower_of(process.pid), signal.SIGKILL)
        said, _ = process.communicate(timeout=240)
    assert process.returncode == 0, said
    assert said.count("from image 80 ") == 2
    assert "error in process 0: Another process of this training has ended" in said
    assert about(out)["images"] == 240
    assert [json.loads(line)["images"] for line in log.read_text().splitlines()] == list(range(80, 241, 80))


def _wait_until(holds: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.2)


def _follower_of(torchrun: int) -> int:
    """Return the process of rank 1 that torchrun has started."""
    children = Path(f"/proc/{torchrun}/task/{torchrun}/children").read_text().split()
    environments = {int(pid): Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") for pid in children}
    (found,) = (pid for pid, environment in environments.items() if b"RANK=1" in environment)
    return found


def opened_in_vain(rank: int, world: int) -> list[str]:
    """Return what each process raises where the first one cannot begin, and then where it cannot go on."""
    group, raised = ProcessGroup(rank, world), []

    def fail() -> Any:
        raise ValueError("the pictures are away")

    try:
        group.from_leader(fail)
    except (ValueError, LeaderFailedError) as error:
        raised.append(f"{type(error).__name__}: {error}")
    try:
        if group.leads:
            with followers.failures_told(group):
                fail()
        else:
            raised.append(str(group.highest(0)))
    except ValueError as error:
        raised.append(str(error))
    return raised


def test_the_others_leave_where_the_first_process_cannot_go_on() -> None:
    first, second = in_processes(2, opened_in_vain)
    assert first == ["ValueError: the pictures are away", "the pictures are away"]
    assert second == ["LeaderFailedError: ", str(followers.FAILED)]


def test_the_others_are_told_the_state_in_copies_on_the_cpu() -> None:
    state: dict[str, Any] = {
        "generator": {"weight": torch.ones(2, requires_grad=True)},
        "steps": [torch.tensor(3), 4],
        "name": "x",
    }
    run = SimpleNamespace(recipe=None, seed=1, precision=torch.float32, state=lambda: state)
    session: Any = SimpleNamespace(trainer=run, data=SimpleNamespace(sha256="ab"))
    told: list[Any] = []
    group: Any = SimpleNamespace(world=2, from_leader=lambda start: told.append(start()))
    assert followers.opened_for_all(group, lambda: session) is session
    weight, sent = state["generator"]["weight"], told[0].state["generator"]["weight"]
    assert sent.device.type == "cpu"
    assert torch.equal(sent, weight)
    assert sent.data_ptr() != weight.data_ptr()
    assert not sent.requires_grad
    assert told[0].state["steps"] == [torch.tensor(3), 4]


@pytest.mark.parametrize(("counts", "said"), [([1, 1], None), ([1, 3], "in 1 process before and goes on in 3 proc")])
def test_another_number_of_processes_is_told(counts: list[int], said: str | None) -> None:
    runtimes = [{} if count == 1 else {"processes": count} for count in counts]
    found = passport.processes_change({"runtimes": runtimes})
    assert found is None if said is None else re.search(said, str(found))


def test_a_repeated_signal_is_passed_over_by_processes_that_share_a_training() -> None:
    with stop_signals(patient=True) as stopped:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopped[0] == "SIGTERM"
    assert signal_name(ended_by(stopped)) == "SIGTERM"
    assert ended_by([]) == 0
    assert signal_name(0) is None
