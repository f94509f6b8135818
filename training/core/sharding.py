"""A batch whose rows several processes share: the draws, means and statistics of the whole batch in each of them.

Every process draws the random numbers of the whole batch, from one seed, and keeps those of its rows; whatever a step
takes over the batch is summed over the processes, in the forward pass and in the gradient, so that a step of several
processes is that of one with the same batch, but for the order of sums. Outside of `sharded`, and so in every run of
one process, each function does what its name says with the rows that it is given, and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, distributed
from torch.autograd import Function
from torch.nn import functional

LOST = (
    "Another process of this training has ended or cannot be reached. torchrun starts all of them again from the last "
    "checkpoint where it was given --max-restarts; otherwise the same command does."
)


class LostProcessError(RuntimeError):
    """Another process of the group has ended, so that nothing can be summed over the processes any more."""


@dataclass(frozen=True)
class Shard:
    """Which of a batch's `total` rows the process `rank` (0 .. world - 1) of `world` computes; each has one or more."""

    rank: int
    world: int
    total: int

    def __post_init__(self) -> None:
        if self.total < self.world:
            raise ValueError(
                f"The batch {self.total} is smaller than the number of processes, {self.world}: "
                f"start at most {self.total}, or set a larger batch."
            )

    @property
    def rows(self) -> slice:
        """Return the rows of this process."""
        start, stop = (self.total * rank // self.world for rank in (self.rank, self.rank + 1))
        return slice(start, stop)

    @property
    def counts(self) -> list[int]:
        """Return how many rows each process has."""
        ends = [self.total * rank // self.world for rank in range(self.world + 1)]
        return [stop - start for start, stop in pairwise(ends)]

    @property
    def count(self) -> int:
        """Return how many rows this process has."""
        return self.counts[self.rank]

    @property
    def share(self) -> float:
        """Return the part of the batch that this process has, in 0 .. 1."""
        return self.count / self.total

    def index(self, batches: int) -> Tensor:  # -> int64 [batches * count]
        """Return the places of this process's rows where so many whole batches stand one after the other."""
        rows = torch.arange(self.rows.start, self.rows.stop)
        return torch.cat([rows + batch * self.total for batch in range(batches)])


class _Active:
    """The shard of the step that this process is in."""

    shard: Shard | None = None


@contextmanager
def sharded(shard: Shard | None) -> Iterator[None]:
    """Let the functions below act over the whole batch, for as long as this lasts; None leaves them as they are."""
    before, _Active.shard = _Active.shard, shard
    try:
        yield
    finally:
        _Active.shard = before


def active_shard() -> Shard | None:
    """Return the shard of the step that this process is in, None outside of one and in a run of one process."""
    return _Active.shard


def drawn(draw: Callable[[int], Tensor], count: int, dim: int = 0) -> Tensor:
    """Return what `draw` gives for `count` rows, which are its dimension `dim`.

    In a sharded step it draws for the rows of all processes and these rows are kept. `count` may be those of two
    batches, reals and fakes, one after the other.
    """
    if (shard := active_shard()) is None:
        return draw(count)
    batches = count // shard.count
    whole = draw(batches * shard.total)
    return whole.index_select(dim, shard.index(batches).to(whole.device))


def drawn_like(draw: Callable[[Tensor], Tensor], like: Tensor) -> Tensor:
    """Return what `draw` gives for a tensor [N, ...] whose shape, type and order in memory alone matter to it."""
    if active_shard() is None:
        return draw(like)
    shape, strides = like.shape[1:], like.stride()[1:]
    outer = max((side * stride for side, stride in zip(shape, strides, strict=True)), default=1)
    return drawn(lambda count: draw(like.detach().new_empty_strided((count, *shape), (outer, *strides))), len(like))


def dropout(features: Tensor, share: float) -> Tensor:  # [N, ...] -> the same
    """Set a share of the features to 0 and scale the others up."""
    if active_shard() is None or not share:
        return functional.dropout(features, share)
    return features * drawn_like(lambda like: functional.dropout(torch.ones_like(like), share), features)


def gathered(rows: Tensor) -> Tensor:  # [n, ...] -> [N, ...]
    """Return the rows of all processes in the order of the batch; what goes back to each is the sum over them."""
    if (shard := active_shard()) is None:
        return rows
    before, after = shard.rows.start, shard.total - shard.rows.stop
    padded = torch.cat([rows.new_zeros(before, *rows.shape[1:]), rows, rows.new_zeros(after, *rows.shape[1:])])
    return summed(padded)


def gathered_of_processes(value: Tensor) -> Tensor:  # [...] -> [world, ...]
    """Return a tensor of each process, without gradients."""
    shard = active_shard()
    if shard is None:
        return value[None]
    everyone = value.new_zeros(shard.world, *value.shape)
    everyone[shard.rank] = value
    return _all_reduced(everyone)


def own_rows(whole: Tensor) -> Tensor:  # [N, ...] -> [n, ...]
    """Return the rows of this process."""
    return whole if (shard := active_shard()) is None else whole[shard.rows]


def batch_mean(rows: Tensor) -> Tensor:  # [n, ...] -> [...]
    """Return the mean over the batch; where it is summed over processes, it is so in float32."""
    if (shard := active_shard()) is None:
        return rows.mean(dim=0)
    return summed(at_least_float32(rows).sum(dim=0) / shard.total).to(rows.dtype)


def weighed(value: Tensor) -> Tensor:
    """Return this process's part of a mean over the batch, such that the sum over the processes is that mean."""
    return value if (shard := active_shard()) is None else value * shard.share


def at_least_float32(value: Tensor) -> Tensor:
    """Return numbers in float32 where they are in less."""
    return value.to(torch.promote_types(value.dtype, torch.float32))


def whole_count(rows: int) -> int:
    """Return how many rows the batch has of which this process has so many."""
    return rows if (shard := active_shard()) is None else shard.total


def summed(value: Tensor) -> Tensor:
    """Return the sum over the processes, whose gradient is the sum of theirs; the value itself where there is one.

    It can be differentiated as often as one likes. Raises LostProcessError.
    """
    if active_shard() is None:
        return value
    total: Tensor = _Sum.apply(at_least_float32(value) if value.is_floating_point() else value)
    return total.to(value.dtype)


def summed_together(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return the sums of several tensors over the processes as `summed` does, all in one message."""
    if active_shard() is None:
        return list(tensors)
    return _parted(summed(torch.cat([one.flatten() for one in tensors])), tensors)


def sum_in_place(tensors: Sequence[Tensor]) -> None:
    """Sum tensors of one type over the processes, all in one message. Raises LostProcessError."""
    if active_shard() is None or not tensors:
        return
    flat = _all_reduced(torch.cat([one.reshape(-1) for one in tensors]))
    for one, total in zip(tensors, _parted(flat, tensors), strict=True):
        one.copy_(total)


def _parted(flat: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    """Cut the numbers of several tensors, one after the other, into tensors of their shapes."""
    parts = torch.split(flat, [one.numel() for one in like])
    return [part.view(one.shape) for part, one in zip(parts, like, strict=True)]


class _Sum(Function):
    """A sum over all processes. Each of them goes on with a loss of its own, whose sum is what is minimised."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        return _all_reduced(value.clone(memory_format=torch.contiguous_format))

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return _Sum.apply(*gradients)


def _all_reduced(value: Tensor) -> Tensor:
    """Sum a contiguous tensor over the processes, in place."""
    try:
        distributed.all_reduce(value)
    except RuntimeError as error:
        raise LostProcessError(LOST) from error
    return value
