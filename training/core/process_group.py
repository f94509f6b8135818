"""The processes that torchrun has started for one training: the first of them decides and writes, the others follow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import distributed

from training.core.sharding import LOST, LostProcessError, Shard

Result = TypeVar("Result")
WAIT = timedelta(minutes=30)  # for another process, which may be packing pictures or saving
CPU = torch.device("cpu")


class LeaderFailedError(RuntimeError):
    """The first process has ended with an error, which it has told; there is nothing to add."""


@dataclass(frozen=True)
class ProcessGroup:
    """The process that is running, `rank` 0 .. world - 1 of `world` that train together; the default is one alone."""

    rank: int = 0
    world: int = 1

    @property
    def leads(self) -> bool:
        """Tell whether this is the process that decides and writes."""
        return self.rank == 0

    def shard(self, total: int) -> Shard | None:
        """Return the rows of a batch that this process computes, None for one alone. Raises ValueError."""
        return Shard(self.rank, self.world, total) if self.world > 1 else None

    def highest(self, number: int) -> int:
        """Return the highest of the numbers that the processes give; all of them have to. Raises LostProcessError."""
        if self.world == 1:
            return number
        told = torch.tensor(number)
        with _losses_told():
            distributed.all_reduce(told, distributed.ReduceOp.MAX)
        return int(told)

    def from_leader(self, make: Callable[[], Result]) -> Result:
        """Return in every process what the first one makes, while the others wait.

        What it raises is raised in the first one; in the others it is LeaderFailedError.
        """
        if self.world == 1:
            return make()
        if not self.leads:
            received: Result = self._received()
            return received
        try:
            made = make()
        except BaseException:
            self._sent([False, None])
            raise
        self._sent([True, made])
        return made

    def _received(self) -> Any:
        succeeded, made = self._sent([False, None])
        if not succeeded:
            raise LeaderFailedError
        return made

    @staticmethod
    def _sent(values: list[Any]) -> list[Any]:
        with _losses_told():
            distributed.broadcast_object_list(values, 0, device=CPU)
        return values


ALONE = ProcessGroup()


def launched_processes() -> int:
    """Return how many processes torchrun has started of this command, 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1")) if distributed.is_available() and _is_launched() else 1


def own_device(device: torch.device) -> torch.device:
    """Return the device of this process: with torchrun the GPU of its number on this machine. Raises ValueError."""
    if device.type != "cuda" or launched_processes() == 1:
        return device
    number, gpus = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if number >= gpus:
        raise ValueError(
            f"torchrun has started {os.environ['LOCAL_WORLD_SIZE']} processes on a machine of {gpus} GPUs: "
            f"give it --nproc-per-node {gpus}, or the training --device cpu."
        )
    torch.cuda.set_device(number)
    return torch.device("cuda", number)


@contextmanager
def process_group(device: torch.device) -> Iterator[ProcessGroup]:
    """Join the processes that torchrun has started, over gloo and, on GPUs, NCCL. Raises LostProcessError."""
    if launched_processes() == 1:
        yield ALONE
        return
    with _losses_told():
        distributed.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo", timeout=WAIT)
    try:
        yield ProcessGroup(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()


def _is_launched() -> bool:
    return distributed.is_torchelastic_launched()


@contextmanager
def _losses_told() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise LostProcessError(LOST) from error
