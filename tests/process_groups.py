"""Functions that several processes run together over gloo, as torchrun would start them, for what each returns."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import distributed, multiprocessing


def in_processes(world: int, function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """Return what `function(rank, world, *arguments)` returns in each process; both have to be picklable."""
    with tempfile.TemporaryDirectory() as folder:
        work = (world, folder, function, arguments)
        multiprocessing.set_forkserver_preload([__name__, function.__module__])  # imported once for all processes
        multiprocessing.start_processes(_run, work, nprocs=world, start_method="forkserver")
        return [pickle.loads((Path(folder) / str(rank)).read_bytes()) for rank in range(world)]


def _run(rank: int, world: int, folder: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    place = f"file://{folder}/meeting"
    distributed.init_process_group("gloo", init_method=place, rank=rank, world_size=world, timeout=timedelta(minutes=2))
    try:
        (Path(folder) / str(rank)).write_bytes(pickle.dumps(function(rank, world, *arguments)))
    finally:
        distributed.destroy_process_group()
