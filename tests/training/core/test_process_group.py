from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import distributed

from training.core import process_group
from training.core.process_group import ALONE, launched_processes, own_device


def test_without_torchrun_a_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")  # a variable that others set, too
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    assert launched_processes() == 1
    with process_group.process_group(torch.device("cpu")) as group:
        assert group is ALONE
    assert ALONE.leads
    assert ALONE.shard(16) is None
    assert ALONE.highest(3) == 3
    assert ALONE.from_leader(lambda: "made") == "made"


def test_more_processes_than_gpus_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "WORLD_SIZE": "3",
        "TORCHELASTIC_RUN_ID": "1",
        "LOCAL_RANK": "2",
        "LOCAL_WORLD_SIZE": "3",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(ValueError, match=r"has started 3 processes on a machine of 2 GPUs: give it --nproc-per-node 2"):
        own_device(torch.device("cuda"))
    assert own_device(torch.device("cpu")) == torch.device("cpu")


def test_processes_meet_although_those_of_an_earlier_start_have_left_their_names() -> None:
    store = distributed.HashStore()
    for name in ("met/1", "met/2"):
        store.set(name, "gone")
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(process_group._met, store, 0, 3)
        time.sleep(0.3)  # in which the first one answers those that have gone
        assert not first.done()
        others = [pool.submit(process_group._met, store, rank, 3) for rank in (1, 2)]
        names = {one.result(timeout=30) for one in (first, *others)}
        again = {
            one.result(timeout=30) for one in [pool.submit(process_group._met, store, rank, 3) for rank in range(3)]
        }
    assert len(names) == len(again) == 1
    assert names != again
