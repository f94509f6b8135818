from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.process_groups import in_processes
from training.core import sharding
from training.core.process_group import ProcessGroup
from training.core.sharding import Shard
from training.discriminators.batch_statistics import MinibatchDiscrimination, MinibatchStddev
from training.runs.synchronized_batch_norm import SynchronizedBatchNorm2d, synchronize_batch_norms

WORLD, TOTAL = 2, 7  # so that the processes have 3 and 4 rows
Network = Callable[[Tensor], Tensor]


def test_every_row_is_of_one_process_and_each_has_one() -> None:
    for total in range(3, 12):
        shards = [Shard(rank, 3, total) for rank in range(3)]
        assert [row for one in shards for row in range(total)[one.rows]] == list(range(total))
        assert [len(range(total)[one.rows]) for one in shards] == shards[0].counts
        assert min(shards[0].counts) >= total // 3
        assert sum(one.share for one in shards) == pytest.approx(1.0)
    with pytest.raises(ValueError, match=r"The batch 2 is smaller than the number of processes, 3"):
        Shard(0, 3, 2)


def test_one_process_draws_and_computes_what_it_did() -> None:
    rows = torch.arange(12.0).view(4, 3)
    torch.manual_seed(0)
    found = sharding.drawn(lambda count: torch.rand(count, 2), 4)
    torch.manual_seed(0)
    assert torch.equal(found, torch.rand(4, 2))
    for function in (sharding.gathered, sharding.own_rows, sharding.summed, sharding.weighed):
        assert function(rows) is rows
    assert torch.equal(sharding.batch_mean(rows), rows.mean(dim=0))
    assert sharding.whole_count(4) == 4


def networks() -> dict[str, nn.Module]:
    """Return networks of which every output depends on the whole batch."""
    torch.manual_seed(3)
    norm, bare = nn.Sequential(nn.Conv2d(4, 5, 1), nn.BatchNorm2d(5)), nn.Sequential(nn.BatchNorm2d(4, affine=False))
    with torch.no_grad():
        norm[1].weight.normal_()
        norm[1].bias.normal_()
    found: dict[str, nn.Module] = {"norm": norm, "norm without gain": bare}
    found |= {"stddev": MinibatchStddev(), "discrimination": MinibatchDiscrimination(4, 2, kernels=6)}
    return {name: one.double().to(memory_format=torch.channels_last) for name, one in found.items()}


def whole_batch() -> tuple[Tensor, Tensor]:
    """Return features [7, 4, 2, 2] with a large mean, and a weight for each output."""
    random = torch.Generator().manual_seed(1)
    features = torch.randn(TOTAL, 4, 2, 2, generator=random, dtype=torch.float64)
    weights = torch.randn(TOTAL, 16, 2, 2, generator=random, dtype=torch.float64)
    return features + torch.tensor([0.0, 3.0, -50.0, 1.0])[:, None, None], weights


def passed(network: nn.Module, rows: slice) -> dict[str, Tensor]:
    """Return outputs, gradients, and gradients of a squared gradient, as a gradient penalty has them."""
    features, weights = (one[rows] for one in whole_batch())
    features.requires_grad_()
    outputs = network(features)
    score = (outputs * weights[:, : outputs.shape[1]]).sin().sum()
    (slope,) = torch.autograd.grad(score, features, create_graph=True)
    trained = [features, *network.parameters()]
    second = torch.autograd.grad((slope.square().sum() + score), trained)
    first = torch.autograd.grad((network(features) * weights[:, : outputs.shape[1]]).sin().sum(), trained)
    found = {"outputs": outputs, "slope": slope, "second": second[0], "first": first[0]}
    found |= {f"second {n}": sharding.summed(one) for n, one in enumerate(second[1:])}
    found |= {f"first {n}": sharding.summed(one) for n, one in enumerate(first[1:])}
    found |= {name: value.float() for name, value in network.named_buffers()}
    return {name: value.detach() for name, value in found.items()}


def in_one_process(rank: int, world: int) -> dict[str, Any]:
    """Return what a process of several finds of each function, to be put together."""
    shard = ProcessGroup(rank, world).shard(TOTAL)
    assert shard is not None
    found: dict[str, Any] = {}
    with sharding.sharded(shard):
        for name, network in networks().items():
            synchronize_batch_norms(network)
            found[name] = passed(network, shard.rows)
        features, _ = whole_batch()
        own = features[shard.rows].requires_grad_()
        everyone = sharding.gathered(own)
        (back,) = torch.autograd.grad((everyone * (rank + 1)).sum(), own)
        found["gathered"] = everyone.detach(), back
        found["mean"] = sharding.batch_mean(own).detach()
        found["own"] = torch.equal(sharding.own_rows(everyone), own)
        torch.manual_seed(7)
        found["drawn"] = sharding.drawn(lambda count: torch.rand(2, count), shard.count, dim=1)
        found["drawn twice"] = sharding.drawn(lambda count: torch.rand(count, 5), 2 * shard.count)
        like = own.detach().contiguous(memory_format=torch.channels_last)
        found["like"] = sharding.drawn_like(torch.randn_like, like)
        found["dropout"] = sharding.dropout(torch.ones_like(like), 0.5)
        found["in place"] = [torch.full((2,), float(rank)), torch.full((1, 3), 1.0)]
        sharding.sum_in_place(found["in place"])
        found["together"] = sharding.summed_together([torch.full((2,), float(rank)), torch.full((1, 3), 1.0)])
    group = ProcessGroup(rank, world)
    found["highest"] = group.highest(10 * rank)
    found["from leader"] = group.from_leader(lambda: f"made by {rank}")
    return found


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    return in_processes(WORLD, in_one_process)


def joined(found: list[dict[str, Any]], name: str, dim: int = 0) -> Tensor:
    return torch.cat([one[name] for one in found], dim=dim)


@pytest.mark.parametrize(
    ("name", "error"), [("norm", 1e-6), ("norm without gain", 1e-6), ("stddev", 2e-4), ("discrimination", 2e-4)]
)  # the statistics compute in float32
def test_a_layer_over_the_batch_is_the_same_in_several_processes(
    found: list[dict[str, Any]], name: str, error: float
) -> None:
    whole = passed(networks()[name], slice(None))
    parts = [one[name] for one in found]
    assert whole.keys() == parts[0].keys()
    for part, value in whole.items():
        is_of_rows = part in ("outputs", "slope", "second", "first")
        together = joined(parts, part) if is_of_rows else parts[1][part]
        torch.testing.assert_close(together, value, rtol=10 * error, atol=error)


def test_draws_are_those_of_one_process(found: list[dict[str, Any]]) -> None:
    torch.manual_seed(7)
    assert torch.equal(joined(found, "drawn", dim=1), torch.rand(2, TOTAL))
    twice = torch.rand(2 * TOTAL, 5)
    halves = [one["drawn twice"].chunk(2) for one in found]
    assert torch.equal(torch.cat([half for first in (0, 1) for half in (pair[first] for pair in halves)]), twice)
    like = whole_batch()[0].contiguous(memory_format=torch.channels_last)
    assert torch.equal(joined(found, "like"), torch.randn_like(like))
    assert torch.equal(joined(found, "dropout"), torch.nn.functional.dropout(torch.ones_like(like), 0.5))


def test_rows_are_gathered_in_their_order_and_their_gradients_are_summed(found: list[dict[str, Any]]) -> None:
    features, _ = whole_batch()
    for one in found:
        everyone, back = one["gathered"]
        assert torch.equal(everyone, features)
        assert torch.equal(back, torch.full_like(back, 1 + 2))
        assert one["own"]
        torch.testing.assert_close(one["mean"], features.mean(dim=0))


def test_sums_are_over_all_processes(found: list[dict[str, Any]]) -> None:
    for one in found:
        for sums in (one["in place"], one["together"]):
            assert torch.equal(sums[0], torch.full((2,), 0.0 + 1.0))
            assert torch.equal(sums[1], torch.full((1, 3), 2.0))


def test_processes_agree_on_the_highest_number_and_get_what_the_first_one_makes(found: list[dict[str, Any]]) -> None:
    assert [one["highest"] for one in found] == [10, 10]
    assert [one["from leader"] for one in found] == ["made by 0"] * 2


def test_batch_norms_keep_their_weights_and_names() -> None:
    network = networks()["norm"]
    before, weight = network.state_dict(), network[1].weight
    synchronize_batch_norms(network)
    assert isinstance(network[1], SynchronizedBatchNorm2d)
    assert network[1].weight is weight
    assert list(network.state_dict()) == list(before)
    rows = torch.randn(4, 4, 2, 2, dtype=torch.float64)
    assert torch.equal(network(rows), networks()["norm"](rows))  # outside of a sharded step it is as it was
