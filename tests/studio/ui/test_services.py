from __future__ import annotations

import asyncio
import inspect
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from studio.rendering.renderer import BusyError, SupersededError
from studio.ui.protocol import Answer, RequestError, answers
from studio.ui.protocol_types import Done, Request
from studio.ui.services import Studio
from tests.loops import run_to_its_end
from training.core import checkpoint
from training.core.checkpoint import CheckpointError
from training.core.pixels import NotFiniteError

ROOT = Path(__file__).parents[3]
CPU = torch.device("cpu")


class Question(Request):
    fail: bool = False


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (RequestError("error_seed", value="x"), {"error": {"code": "error_seed", "values": {"value": "x"}}}),
        (SupersededError(), {"superseded": True}),
        (BusyError(), {"error": {"code": "error_busy", "values": {}}}),
        (NotFiniteError(), {"error": {"code": "error_not_finite", "values": {}}}),
        (torch.cuda.OutOfMemoryError(), {"error": {"code": "error_memory", "values": {}}}),
        (
            CheckpointError("Cut."),
            {"error": {"code": "error_checkpoint", "values": {"reason": {"code": "problem_other", "values": {}}}}},
        ),
        (
            CheckpointError("x is cut.", "damaged", file="x"),
            {
                "error": {
                    "code": "error_checkpoint",
                    "values": {"reason": {"code": "problem_damaged", "values": {"file": "x"}}},
                }
            },
        ),
        (KeyError("secret"), {"error": {"code": "error_internal", "values": {}}}),
    ],
)
def test_whatever_goes_wrong_is_an_answer(error: Exception, answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    @answers
    def fail(_: Question) -> Done:
        raise error

    with caplog.at_level(logging.CRITICAL, logger="studio.ui.protocol"):
        assert fail({}) == answer


def test_what_goes_wrong_while_waiting_is_an_answer_too() -> None:
    @answers
    async def wait(asked: Question) -> Done:
        await asyncio.sleep(0)
        if asked.fail:
            raise SupersededError
        return Done()

    assert inspect.iscoroutinefunction(wait)
    assert run_to_its_end(wait({"fail": True})) == {"superseded": True}
    assert run_to_its_end(wait("no request")) == {}
    assert run_to_its_end(wait({"fail": 1}))["error"]["code"] == "error_request"


def test_an_answer_that_is_not_of_its_model_is_an_internal_error(caplog: pytest.LogCaptureFixture) -> None:
    @answers
    def confuse(_: Question) -> Done:
        return Done(**{"unexpected": 1})

    with caplog.at_level(logging.CRITICAL, logger="studio.ui.protocol"):
        assert confuse({})["error"]["code"] == "error_internal"


def test_the_untrained_stand_in_gives_way_to_the_first_checkpoint(
    tmp_path: Path, make_checkpoint: Callable[..., Path]
) -> None:
    studio = Studio(tmp_path / "runs", CPU)
    before = studio.list()
    assert before.untrained == "runs"
    assert [one.name for one in before.checkpoints] == ["untrained"]
    make_checkpoint(tmp_path / "runs" / "first")
    after = studio.list()
    assert after.untrained is None
    assert [one.name for one in after.checkpoints] == ["first"]


def test_the_untrained_generator_is_always_the_same(tmp_path: Path) -> None:
    first, second = (Studio(tmp_path, CPU).list().default for _ in range(2))
    assert first == second


def test_nothing_is_left_behind_on_the_disk(tmp_path: Path) -> None:
    code = "import torch; from pathlib import Path; from studio.ui.services import Studio\n"
    code += "studio = Studio(Path('absent'), torch.device('cpu')); assert studio.catalog.root.is_dir()"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=True, timeout=60)
    assert list(tmp_path.glob("gan-race-*")) == []


def test_a_passport_of_any_shape_is_listed_without_failing(
    tmp_path: Path, make_checkpoint: Callable[..., Path]
) -> None:
    folder = make_checkpoint(tmp_path / "odd")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["about"] = {"recipe": "text", "runtimes": 3, "images": [], "seconds": None, "pretrained": {}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    listed = Studio(tmp_path, CPU).list().checkpoints
    assert [one.name for one in listed] == ["odd"]


def test_a_checkpoint_lists_its_other_weights_beside_it_or_why_not(
    tmp_path: Path, make_checkpoint: Callable[..., Path]
) -> None:
    other = make_checkpoint(tmp_path / "other", seed=1) / checkpoint.WEIGHTS
    folder = make_checkpoint(tmp_path / "runs" / "one")
    shutil.copy(other, folder / checkpoint.RAW_WEIGHTS)
    studio = Studio(tmp_path / "runs", CPU)
    (listed,) = studio.list().checkpoints
    raw = checkpoint.file_sha256(other)
    assert (listed.raw, listed.raw_name, listed.weights) == (raw, "one · raw", "averaged")
    assert studio.find(raw).sha256 == raw
    (folder / checkpoint.RAW_WEIGHTS).write_bytes(b"")
    answer = studio.list()
    assert [one.raw for one in answer.checkpoints] == [None]
    assert [one.name for one in answer.problems] == ["one · raw"]
    reason = answer.problems[0].reason
    assert (reason.code, reason.values) == ("problem_damaged", {"file": f"runs/one/{checkpoint.RAW_WEIGHTS}"})
    with pytest.raises(CheckpointError, match="is damaged"):
        studio.find(raw)
