from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from training.core.latents import NEARLY_PARALLEL, check_seed, labels, latents, lerp, slerp

LAST = 2**32 - 1
PINNED = [11, 42, 1, 62, 82, 33, 55, 46]
TIMES = st.floats(0.0, 1.0, width=32)


def rows(seed: int, count: int = 5, z_dim: int = 7) -> Tensor:
    return torch.randn(count, z_dim, generator=torch.Generator().manual_seed(seed))


def turned(degrees: float) -> tuple[Tensor, Tensor]:
    """Return two unit rows with that angle between them."""
    angle = torch.deg2rad(torch.tensor(degrees, dtype=torch.float64))
    return torch.tensor([[1.0, 0.0]]), torch.stack([angle.cos(), angle.sin()]).float()[None]


def test_the_first_numbers_of_a_seed_are_those_of_numpys_frozen_stream() -> None:
    drawn = latents(0, 1, 3)
    expected = torch.tensor([[1.764052345967664, 0.4001572083672233, 0.9787379841057392]], dtype=torch.float32)
    torch.testing.assert_close(drawn, expected, rtol=0, atol=0)
    assert drawn[0].tolist() != latents(1, 1, 3)[0].tolist()


def test_the_last_seed_has_its_own_numbers() -> None:
    expected = np.float32(0.6484086742306527)
    assert latents(LAST, 1, 1).item() == expected


@pytest.mark.parametrize(
    ("seed", "z_dim", "digest"),
    [
        (0, 8, "57697a2e9721d5b1523342491aeb684fbee97308fbe8aaf9bd513956e13ded97"),
        (7, 128, "e73d87e8c707b8aa10ecb76f7c73e3f2cd312cb006b878b4f866c2b1a44d3082"),
        (LAST, 256, "998b75dd740d4a329cb32616a6ef3f2b4b4d88387525bb870fea8e5d879cd8ed"),
    ],
)
def test_the_hundred_latents_of_a_tile_are_these_bytes(seed: int, z_dim: int, digest: str) -> None:
    numbers = latents(seed, 100, z_dim).numpy().astype("<f4")
    assert hashlib.sha256(numbers.tobytes()).hexdigest() == digest


def test_latents_are_float32_rows_on_the_cpu() -> None:
    drawn = latents(3, 4, 5)
    assert (drawn.shape, drawn.dtype, drawn.device.type) == ((4, 5), torch.float32, "cpu")


def test_latents_are_not_disturbed_by_torchs_seed_or_a_former_draw() -> None:
    torch.manual_seed(1)
    first = latents(7, 3, 4)
    torch.manual_seed(2)
    assert torch.equal(latents(7, 3, 4), first)


@given(seed=st.integers(0, LAST), fewer=st.integers(0, 12), more=st.integers(0, 12), z_dim=st.integers(1, 40))
def test_a_row_of_a_seed_is_the_same_however_many_are_drawn(seed: int, fewer: int, more: int, z_dim: int) -> None:
    assert torch.equal(latents(seed, fewer + more, z_dim)[:fewer], latents(seed, fewer, z_dim))


@pytest.mark.parametrize(
    "seed", [-1, 2**32, 10**30, 1.0, float("nan"), True, False, np.True_, np.float32(3), np.int64(-1), "3", "", None]
)
def test_a_seed_that_is_none_is_refused_with_a_sentence(seed: object) -> None:
    sentence = f"^The seed {re.escape(repr(seed))} is not a whole number from 0 to 4294967295\\.$"
    with pytest.raises(ValueError, match=sentence):
        check_seed(seed)
    with pytest.raises(ValueError, match=sentence):
        latents(seed, 1, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [0, LAST, np.int64(LAST), np.uint32(LAST), np.uint8(7)])
def test_whole_numbers_of_both_kinds_are_seeds(seed: int) -> None:
    assert type(check_seed(seed)) is int
    assert check_seed(seed) == seed
    assert torch.equal(latents(seed, 2, 3), latents(int(seed), 2, 3))


@pytest.mark.parametrize("mix", [lerp, slerp])
@pytest.mark.parametrize("other", ["independent", "identical", "nearly parallel", "opposite", "nothing"])
def test_a_way_begins_and_ends_exactly_at_its_ends(mix: Callable[[Tensor, Tensor, float], Tensor], other: str) -> None:
    start = rows(1)
    ends = {
        "independent": rows(2),
        "identical": start.clone(),
        "nearly parallel": start * 1.5 + 1e-4 * rows(2),
        "opposite": -start,
        "nothing": torch.zeros_like(start),
    }
    end = ends[other]
    for times in (int, float):
        assert torch.equal(mix(start, end, times(0)), start)
        assert torch.equal(mix(start, end, times(1)), end)
    for t in (1e-6, 0.25, 0.5, 1 - 1e-6):
        assert torch.isfinite(mix(start, end, t)).all()


@pytest.mark.parametrize("t", [0.0, 1.0])
def test_an_end_of_a_way_is_a_copy(t: float) -> None:
    start, end = rows(1), rows(2)
    slerp(start, end, t).zero_()
    assert torch.equal(start, rows(1))
    assert torch.equal(end, rows(2))


def test_the_straight_way_is_a_weighted_mean() -> None:
    mixed = lerp(torch.tensor([[0.0, 8.0]]), torch.tensor([[4.0, 0.0]]), 0.25)
    assert mixed.tolist() == [[1.0, 6.0]]


@pytest.mark.parametrize("degrees", [3.0, 60.0, 90.0, 120.0, 177.0])
@pytest.mark.parametrize("t", [0.25, 0.5, 0.8])
def test_the_great_circle_is_walked_at_an_even_pace(degrees: float, t: float) -> None:
    start, end = turned(degrees)
    torch.testing.assert_close(slerp(start, end, t), turned(t * degrees)[1], rtol=0, atol=2e-5)


def test_orthogonal_rows_keep_their_length_half_way() -> None:
    start, end = torch.eye(6)[:3], torch.eye(6)[3:]
    half_way = slerp(start, end, 0.5)
    torch.testing.assert_close(half_way.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(half_way, (start + end) / 2**0.5)
    assert (lerp(start, end, 0.5).norm(dim=1) < 0.71).all()


@pytest.mark.parametrize(("degrees", "straight"), [(1.5, True), (2.0, False), (178.0, False), (178.5, True)])
def test_only_rows_that_are_nearly_parallel_or_opposite_take_the_straight_line(degrees: float, straight: bool) -> None:
    start, end = (3.0 * row for row in turned(degrees))
    assert (abs(np.cos(np.deg2rad(degrees))) > NEARLY_PARALLEL) == straight
    assert torch.equal(slerp(start, end, 0.3), lerp(start, end, 0.3)) == straight


def test_opposite_rows_meet_at_nothing_and_identical_rows_stay() -> None:
    start = rows(1)
    assert torch.equal(slerp(start, -start, 0.5), torch.zeros_like(start))
    torch.testing.assert_close(slerp(start, start, 0.3), start)


@given(seed=st.integers(0, 1000), t=TIMES)
def test_each_row_turns_by_its_own_angle(seed: int, t: float) -> None:
    start, end = rows(seed), rows(seed + 1)
    end[1], end[2] = start[1], -start[2]
    alone = torch.cat([slerp(start[k : k + 1], end[k : k + 1], t) for k in range(len(start))])
    torch.testing.assert_close(slerp(start, end, t), alone, rtol=1e-5, atol=1e-6)


@given(seed=st.integers(0, 1000), t=st.integers(0, 64).map(lambda step: step / 64))
def test_a_way_is_the_same_walked_from_the_other_end(seed: int, t: float) -> None:
    start, end = rows(seed), rows(seed + 1)
    torch.testing.assert_close(slerp(start, end, t), slerp(end, start, 1.0 - t), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(lerp(start, end, t), lerp(end, start, 1.0 - t), rtol=1e-5, atol=1e-5)


def test_the_first_classes_of_a_seed_are_pinned() -> None:
    assert labels(0, 8, 102).tolist() == PINNED
    assert labels(0, 3, 102).dtype == torch.int64


@given(seed=st.integers(0, LAST), fewer=st.integers(0, 12), more=st.integers(0, 12), classes=st.integers(1, 1000))
def test_a_class_of_a_seed_is_the_same_however_many_are_drawn(seed: int, fewer: int, more: int, classes: int) -> None:
    drawn = labels(seed, fewer + more, classes)
    assert torch.equal(drawn[:fewer], labels(seed, fewer, classes))
    assert ((drawn >= 0) & (drawn < classes)).all()


def test_classes_are_equally_likely_and_hang_on_the_seed() -> None:
    counts = torch.bincount(labels(5, 50_000, 10), minlength=10)
    assert (counts - 5000).abs().max() < 350
    assert not torch.equal(labels(1, 100, 102), labels(2, 100, 102))
    with pytest.raises(ValueError, match="The seed -1 is not"):
        labels(-1, 1, 2)
