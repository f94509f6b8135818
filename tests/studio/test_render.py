from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from studio import render
from studio.render import BusyError, Renderer, SupersededError
from training import checkpoint
from training.checkpoint import Checkpoint, CheckpointError
from training.images import to_cells
from training.sheet import seed_sheet

CPU = torch.device("cpu")


@pytest.fixture
def found(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> Checkpoint:
    return checkpoint.load(make_checkpoint(tmp_path / "one"))


class Gate:
    """Loads a checkpoint, but only once the gate is opened; so a test decides how long a drawing takes."""

    def __init__(self, found: Checkpoint) -> None:
        self.found, self.open, self.entered = found, threading.Event(), threading.Event()

    def __call__(self, sha256: str) -> Checkpoint:
        self.entered.set()
        assert self.open.wait(20)
        return self.found


def test_a_tile_is_exactly_what_its_seed_gives_and_its_jpeg_looks_like_it(found: Checkpoint) -> None:
    picture = Renderer(lambda _: found, CPU).tile(found.sha256, 5, "me")
    np.testing.assert_array_equal(picture.pixels, seed_sheet(found.generator, 5))
    np.testing.assert_array_equal(picture.cell(37), to_cells(picture.pixels, 16)[37])
    shown = np.asarray(Image.open(io.BytesIO(picture.jpeg))).astype(int)
    assert np.abs(shown - picture.pixels).mean() < np.abs(shown - seed_sheet(found.generator, 6)).mean() / 2
    assert (picture.sha256, picture.seed, picture.device) == (found.sha256, 5, "CPU")


def test_a_tile_that_was_drawn_is_not_drawn_again(found: Checkpoint) -> None:
    renderer = Renderer(lambda _: found, CPU)
    first = renderer.tile(found.sha256, 5, "me")
    assert renderer.tile(found.sha256, 5, "you") is first
    assert renderer.renders == 1


def test_what_is_kept_stays_within_its_bytes(found: Checkpoint) -> None:
    size = Renderer(lambda _: found, CPU).tile(found.sha256, 0, "me").size
    renderer = Renderer(lambda _: found, CPU, cache_bytes=int(size * 2.5))
    for seed in (0, 1, 2):
        renderer.tile(found.sha256, seed, "me")
    renderer.tile(found.sha256, 2, "me")
    renderer.tile(found.sha256, 1, "me")
    assert renderer.renders == 3
    renderer.tile(found.sha256, 0, "me")
    assert renderer.renders == 4


def test_the_newest_wish_of_a_visitor_wins_and_others_keep_theirs(found: Checkpoint) -> None:
    gate = Gate(found)
    renderer = Renderer(gate, CPU)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(renderer.tile, found.sha256, 1, "me")
        assert gate.entered.wait(20)
        stale = [pool.submit(renderer.tile, found.sha256, seed, "me") for seed in (2,)]
        while not renderer._jobs:
            pass
        other = pool.submit(renderer.tile, found.sha256, 2, "you")
        while len(renderer._jobs[0].visitors) < 2:
            pass
        newest = pool.submit(renderer.tile, found.sha256, 3, "me")
        while len(renderer._jobs) < 2:
            pass
        last = pool.submit(renderer.tile, found.sha256, 4, "me")
        with pytest.raises(SupersededError):
            newest.result(20)
        gate.open.set()
        assert [future.result(20).seed for future in (first, *stale, other, last)] == [1, 2, 2, 4]
    assert renderer.renders == 3


def test_too_many_waiting_wishes_are_refused(found: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "WAITING", 1)
    gate = Gate(found)
    renderer = Renderer(gate, CPU)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(renderer.tile, found.sha256, 1, "a")
        assert gate.entered.wait(20)
        second = pool.submit(renderer.tile, found.sha256, 2, "b")
        while not renderer._jobs:
            pass
        with pytest.raises(BusyError, match="waiting"):
            renderer.tile(found.sha256, 3, "c")
        gate.open.set()
        assert (first.result(20).seed, second.result(20).seed) == (1, 2)


def test_a_failure_reaches_whoever_waits_and_the_next_tile_is_drawn(found: Checkpoint) -> None:
    def load(sha256: str) -> Checkpoint:
        if sha256 == "bad":
            raise CheckpointError("No such checkpoint.")
        return found

    renderer = Renderer(load, CPU)
    with pytest.raises(CheckpointError, match="No such"):
        renderer.tile("bad", 1, "me")
    assert renderer.tile(found.sha256, 1, "me").seed == 1


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, True, "3", None])
def test_a_bad_seed_is_refused_before_it_waits(found: Checkpoint, seed: object) -> None:
    renderer = Renderer(lambda _: found, CPU)
    with pytest.raises(ValueError, match="whole number from 0 to 4294967295"):
        renderer.tile(found.sha256, seed, "me")  # type: ignore[arg-type]
    assert renderer.renders == 0


def test_many_visitors_at_once_each_get_their_own_tile(found: Checkpoint) -> None:
    renderer = Renderer(lambda _: found, CPU)
    with ThreadPoolExecutor(30) as pool:
        pictures = list(pool.map(lambda seed: renderer.tile(found.sha256, seed, f"visitor {seed}"), range(30)))
    for seed, picture in enumerate(pictures):
        assert picture.seed == seed
        np.testing.assert_array_equal(picture.pixels, seed_sheet(found.generator, seed))
