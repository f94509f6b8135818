from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.checkpoints.catalog import Catalog, Entry
from studio.checkpoints.saved_time import saved_time
from studio.ui.services import Studio
from tests.conftest import write_checkpoint
from training.core.checkpoint import CONFIG, WEIGHTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = write_checkpoint(tmp_path / "root" / "one")
    os.utime(path / WEIGHTS, (1000.0, 1000.0))
    return path


def with_metadata(folder: Path, **metadata: Any) -> Entry:
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    config["about"].update(metadata)
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    (entry,) = Catalog(folder.parent).entries()
    return entry


@pytest.mark.parametrize(
    ("runtimes", "seconds"),
    [
        ([{"end": "1970-01-02T00:00:00+00:00"}, {"end": "1970-01-01T00:00:09+00:00"}], 86400.0),
        ([{"end": "1970-01-01T09:00:00+09:00"}], 0.0),
        ([{"end": "1970-01-01T00:00:09"}], 9.0),
        ([{"end": "yesterday"}, {"end": None}, "x"], 1000.0),
        ("x", 1000.0),
        (None, 1000.0),
    ],
)
def test_the_metadata_tells_the_time_and_else_the_file_does(folder: Path, runtimes: Any, seconds: float) -> None:
    assert saved_time(with_metadata(folder, runtimes=runtimes)) == seconds


def test_a_checkpoint_that_went_meanwhile_has_no_time(folder: Path) -> None:
    entry = with_metadata(folder)
    (folder / WEIGHTS).unlink()
    assert saved_time(entry) == 0.0


def test_the_list_has_the_scores_of_each_network(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "state"))
    records = [{"network": "A", "kid": 0.5, "fakes": 1000}, {"network": "B", "kid": 2, "fakes": 10}, {"fid": 3.0}]
    with_metadata(folder, metrics=records)
    (listed,) = Studio(folder.parent, torch.device("cpu")).list().checkpoints
    assert [(one.kid, one.network and one.network.text, one.few) for one in listed.distances] == [
        (0.5, "A", False),
        (2.0, "B", True),
    ]
    assert listed.saved == 1000.0
