from __future__ import annotations

import contextvars
import hashlib
import io
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from studio.clients import Client, serving
from studio.rendering import image_encoding, scheduler
from studio.rendering import renderer as render
from studio.rendering.fast_generator import close_enough
from studio.rendering.picture import Picture
from studio.rendering.renderer import BusyError, Priority, Renderer, RenderRequest, SupersededError
from training.core import checkpoint
from training.core.checkpoint import Checkpoint, CheckpointError
from training.core.generators import GeneratorConfig, GeneratorNetwork, build_generator
from training.core.latents import latents
from training.core.pixels import Pixels, to_cells
from training.core.tile import draw, seed_tile

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


class Done:
    """Notes in which order futures are done."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._futures: list[Future[Picture]] = []

    def watch(self, future: Future[Picture], name: str) -> None:
        self._futures.append(future)
        future.add_done_callback(lambda _: self._names.append(name))

    def names(self, count: int) -> list[str]:
        assert len(self._futures) == count
        for future in self._futures:
            future.result(20)
        wait_until(lambda: len(self._names) == count)
        return self._names


def warm(renderer: Renderer, found: Checkpoint) -> Renderer:
    """Draw a first tile, before which the generator is made ready."""
    renderer.tile(found.sha256, 1000, "warm")
    return renderer


class Batches:
    """Lets a test decide when each batch of a tile is drawn."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self._allowed = 0, threading.Semaphore(1)
        self._draw = render.draw
        monkeypatch.setattr(render, "draw", self)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.count += 1
        assert self._allowed.acquire(timeout=20)
        return self._draw(*arguments, **options)

    def wait_for(self, count: int) -> None:
        wait_until(lambda: self.count == count)

    def step(self) -> None:
        self._allowed.release()

    def go_on(self) -> None:
        self._allowed.release(1000)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def order(
    renderer: Renderer,
    found: Checkpoint,
    seed: int,
    visitor: str,
    *,
    priority: Priority = Priority.INTERACTIVE,
    lane: str = "explore",
) -> Future[Picture]:
    return renderer.order([RenderRequest(found.sha256, seed)], visitor, priority=priority, lane=lane)[0]


def order_all(renderer: Renderer, found: Checkpoint, seeds: list[int], *, visitor: str = "me") -> list[Future[Picture]]:
    requests = [RenderRequest(found.sha256, seed) for seed in seeds]
    return renderer.order(requests, visitor, priority=Priority.SHEET, lane="seeds")


def begun(found: Checkpoint) -> tuple[Gate, Done, Renderer]:
    """Return a renderer that draws a tile called "first" until its gate is opened, and what notes the others."""
    gate, done = Gate(found), Done()
    renderer = Renderer(gate, CPU)
    done.watch(order(renderer, found, 0, "first"), "first")
    assert gate.entered.wait(20)
    return gate, done, renderer


def test_a_tile_is_what_its_seed_gives_and_its_jpeg_looks_like_it(found: Checkpoint) -> None:
    picture = Renderer(lambda _: found, CPU).tile(found.sha256, 5, "me")
    assert close_enough(picture.pixels, seed_tile(found.generator, 5))
    np.testing.assert_array_equal(picture.cell(37), to_cells(picture.pixels, 16)[37])
    shown = np.asarray(Image.open(io.BytesIO(picture.jpeg))).astype(int)
    assert np.abs(shown - picture.pixels).mean() < np.abs(shown - seed_tile(found.generator, 6)).mean() / 2
    assert (picture.sha256, picture.seed, picture.device) == (found.sha256, 5, "CPU")


def test_a_tile_that_was_drawn_is_not_drawn_again(found: Checkpoint) -> None:
    renderer = Renderer(lambda _: found, CPU)
    first = renderer.tile(found.sha256, 5, "me")
    assert renderer.tile(found.sha256, 5, "you") is first
    assert renderer.renders == 1


def test_what_is_kept_stays_within_its_bytes(found: Checkpoint) -> None:
    size = Renderer(lambda _: found, CPU).tile(found.sha256, 0, "me").size
    renderer = Renderer(lambda _: found, CPU, cache_bytes=int(size * 2.5 * 4 / 3))
    for seed in (0, 1, 2):
        renderer.tile(found.sha256, seed, "me")
    renderer.tile(found.sha256, 2, "me")
    renderer.tile(found.sha256, 1, "me")
    assert renderer.renders == 3
    renderer.tile(found.sha256, 0, "me")
    assert renderer.renders == 4


def test_a_sheet_pushes_out_nothing_that_is_looked_at(found: Checkpoint) -> None:
    size = Renderer(lambda _: found, CPU).tile(found.sha256, 0, "me").size
    renderer = Renderer(lambda _: found, CPU, cache_bytes=size * 8)
    renderer.tile(found.sha256, 0, "me")
    renderer.tiles(
        [RenderRequest(found.sha256, seed) for seed in range(1, 9)], "me", priority=Priority.SHEET, lane="seeds"
    )
    assert len(renderer._sheets) <= 2
    assert renderer.renders == 9
    renderer.tile(found.sha256, 0, "me")
    renderer.tile(found.sha256, 8, "me")
    assert renderer.renders == 9


def test_the_newest_request_of_a_visitor_wins_and_others_keep_theirs(found: Checkpoint) -> None:
    gate = Gate(found)
    renderer = Renderer(gate, CPU)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(renderer.tile, found.sha256, 1, "me")
        assert gate.entered.wait(20)
        stale = order(renderer, found, 2, "me")
        other = order(renderer, found, 2, "you")
        newest = order(renderer, found, 3, "me")
        last = order(renderer, found, 4, "me")
        with pytest.raises(SupersededError):
            newest.result(20)
        gate.open.set()
        assert [future.result(20).seed for future in (first, stale, other, last)] == [1, 2, 2, 4]
    assert renderer.renders == 3


def test_lanes_of_one_visitor_do_not_give_up_one_another(found: Checkpoint) -> None:
    gate = Gate(found)
    renderer = Renderer(gate, CPU)
    futures = [order(renderer, found, seed, "me", lane=f"lane {seed}") for seed in range(4)]
    gate.open.set()
    assert [future.result(20).seed for future in futures] == [0, 1, 2, 3]


def test_several_tiles_at_once_do_not_give_up_one_another_and_give_up_the_older(found: Checkpoint) -> None:
    gate = Gate(found)
    renderer = Renderer(gate, CPU)
    first, dropped, kept = order_all(renderer, found, [1, 2, 3])
    assert gate.entered.wait(20)
    again, *rest = order_all(renderer, found, [3, 4, 5])
    with pytest.raises(SupersededError):
        dropped.result(20)
    gate.open.set()
    assert [future.result(20).seed for future in (first, kept, again, *rest)] == [1, 3, 3, 4, 5]
    assert renderer.renders == 4


def test_what_is_more_urgent_comes_first_whenever_it_came(found: Checkpoint) -> None:
    gate, done, renderer = begun(found)
    for priority in reversed(Priority):
        future = order(renderer, found, 1 + priority, f"visitor {priority}", priority=priority)
        done.watch(future, priority.name)
    gate.open.set()
    assert done.names(7) == ["first", *(priority.name for priority in Priority)]


def test_visitors_take_turns_however_much_one_of_them_requests(found: Checkpoint) -> None:
    gate, done = Gate(found), Done()
    renderer = Renderer(gate, CPU)
    for number, future in enumerate(order_all(renderer, found, list(range(100, 130)), visitor="greedy")):
        done.watch(future, f"greedy {number}")
    assert gate.entered.wait(20)
    for visitor, seed in (("a", 1), ("b", 2), ("c", 3)):
        done.watch(order(renderer, found, seed, visitor, priority=Priority.SHEET), visitor)
    gate.open.set()
    names = done.names(33)
    assert max(names.index(visitor) for visitor in "abc") <= 4
    assert [name for name in names if name.startswith("greedy")] == [f"greedy {number}" for number in range(30)]


def test_a_batch_that_is_being_drawn_is_broken_off_between_two_layers(found: Checkpoint) -> None:
    renderer = warm(Renderer(lambda _: found, CPU), found)
    generator = renderer._form(found).generator
    layers = [layer for layer in generator.modules() if not list(layer.children())]
    inside, go, begun = threading.Event(), threading.Event(), []
    layers[-1].register_forward_pre_hook(lambda *_: begun.append("last"))

    def wait_in_the_first_layer(*_: object) -> None:
        begun.append("first")
        inside.set()
        assert go.wait(20)

    layers[0].register_forward_hook(wait_in_the_first_layer)
    (sheet,) = renderer.order([RenderRequest(found.sha256, 7)], "a", priority=Priority.SHEET, lane="sheet")
    assert inside.wait(20)
    (urgent,) = renderer.order([RenderRequest(found.sha256, 8)], "b", priority=Priority.INTERACTIVE, lane="explore")
    urgent.add_done_callback(lambda _: begun.append("urgent"))
    go.set()
    assert close_enough(sheet.result(20).pixels, seed_tile(found.generator, 7))
    assert close_enough(urgent.result(20).pixels, seed_tile(found.generator, 8))
    begun.remove("urgent")
    assert begun == ["first"] + ["first", "last"] * 20


def request_another(renderer: Renderer, found: Checkpoint, batches: Batches) -> Picture:
    """Call off what is drawn ahead for a visitor who requests seed 8 meanwhile, and return its tile."""
    request = RenderRequest(found.sha256, 8)
    with ThreadPoolExecutor(1) as pool:
        renderer.call_off("me", "ahead", keep=request)
        now = pool.submit(renderer.tile, found.sha256, 8, "me")
        wait_until(lambda: request in renderer._jobs)
        batches.go_on()
        return now.result(20)


def test_what_was_drawn_ahead_ends_when_its_visitor_requests_something_else(
    found: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer = warm(Renderer(lambda _: found, CPU), found)
    batches = Batches(monkeypatch)
    (mine,) = renderer.order([RenderRequest(found.sha256, 7)], "me", priority=Priority.PREFETCH, lane="ahead")
    batches.wait_for(2)
    now = request_another(renderer, found, batches)
    assert close_enough(now.pixels, seed_tile(found.generator, 8))
    with pytest.raises(SupersededError):
        mine.result(20)
    assert renderer.tile(found.sha256, 7, "me").seed == 7


def test_what_nobody_wants_any_more_is_broken_off_at_its_next_layer(found: Checkpoint) -> None:
    renderer = warm(Renderer(lambda _: found, CPU), found)
    inside, go, ended = threading.Event(), threading.Event(), []
    layers = [module for module in renderer._form(found).generator.modules() if not list(module.children())]
    layers[-1].register_forward_hook(lambda *_: ended.append(True))

    def wait_in_the_first_layer(*_: object) -> None:
        inside.set()
        assert go.wait(20)

    layers[0].register_forward_hook(wait_in_the_first_layer)
    (sheet,) = renderer.order([RenderRequest(found.sha256, 7)], "me", priority=Priority.SHEET, lane="sheet")
    assert inside.wait(20)
    renderer.call_off("me", "sheet")
    go.set()
    with pytest.raises(SupersededError):
        sheet.result(20)
    assert not ended


def test_a_whole_lane_can_be_called_off(found: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = warm(Renderer(lambda _: found, CPU), found)
    batches = Batches(monkeypatch)
    requests = [RenderRequest(found.sha256, seed) for seed in (7, 8)]
    row = renderer.order(requests, "me", priority=Priority.SHEET, lane="matrix")
    (other,) = renderer.order([RenderRequest(found.sha256, 9)], "me", priority=Priority.SHEET, lane="sheet")
    batches.wait_for(2)
    renderer.call_off("me", "matrix")
    batches.go_on()
    assert other.result(20).seed == 9
    for tile in row:
        with pytest.raises(SupersededError):
            tile.result(20)


def test_what_somebody_else_waits_for_too_is_drawn_on(found: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = warm(Renderer(lambda _: found, CPU), found)
    batches = Batches(monkeypatch)
    request = RenderRequest(found.sha256, 7)
    (mine,) = renderer.order([request], "me", priority=Priority.PREFETCH, lane="ahead")
    renderer.order([request], "you", priority=Priority.PREFETCH, lane="ahead")
    batches.wait_for(2)
    assert request_another(renderer, found, batches).seed == 8
    assert mine.result(20).seed == 7


def test_a_tile_that_is_being_drawn_steps_aside_for_a_more_urgent_one(
    found: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer = warm(Renderer(lambda _: found, CPU), found)
    batches = Batches(monkeypatch)
    done = Done()
    sheet = order(renderer, found, 7, "me", priority=Priority.SHEET)
    done.watch(sheet, "sheet")
    batches.wait_for(2)
    urgent = order(renderer, found, 8, "you")
    done.watch(urgent, "urgent")
    batches.go_on()
    assert done.names(2) == ["urgent", "sheet"]
    assert close_enough(sheet.result().pixels, seed_tile(found.generator, 7))
    assert close_enough(urgent.result().pixels, seed_tile(found.generator, 8))
    assert batches.count <= 21  # nothing was drawn twice but the batch that was broken off


def test_finished_rows_can_be_seen_while_the_rest_is_drawn(found: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    renderer, request = warm(Renderer(lambda _: found, CPU), found), RenderRequest(found.sha256, 7)
    assert renderer.rows(request) is None
    batches = Batches(monkeypatch)
    tile = order(renderer, found, 7, "me")
    batches.wait_for(2)
    first = renderer.rows(request)
    assert first is not None
    batches.step()
    batches.step()
    batches.wait_for(4)
    three = renderer.rows(request)
    assert three is not None
    batches.go_on()
    exact = tile.result(20).pixels
    np.testing.assert_array_equal(first, exact[:16])
    np.testing.assert_array_equal(three, exact[:48])
    assert renderer.rows(request) is None


@pytest.mark.parametrize("end", ["given up", "failed"])
def test_nothing_is_kept_of_a_tile_that_is_not_finished(
    found: Checkpoint, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    renderer, request = warm(Renderer(lambda _: found, CPU), found), RenderRequest(found.sha256, 7)
    batches = Batches(monkeypatch)
    tile = order(renderer, found, 7, "me")
    batches.wait_for(2)
    if end == "given up":
        renderer.call_off("me", "explore")
    else:
        monkeypatch.setattr(render, "to_tile", None)
    batches.go_on()
    assert tile.exception(20) is not None
    assert renderer.rows(request) is None


def test_what_steps_aside_is_given_up_like_what_waits(found: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = warm(Renderer(lambda _: found, CPU), found)
    batches = Batches(monkeypatch)
    sheet = order(renderer, found, 7, "me", priority=Priority.SHEET)
    batches.wait_for(2)
    urgent = order(renderer, found, 8, "you")
    batches.step()
    batches.wait_for(3)
    newer = order(renderer, found, 9, "me", priority=Priority.SHEET)
    batches.go_on()
    with pytest.raises(SupersededError):
        sheet.result(20)
    assert (urgent.result(20).seed, newer.result(20).seed) == (8, 9)
    assert renderer.renders == 3


def test_a_tile_becomes_as_urgent_as_the_most_urgent_request_for_it(found: Checkpoint) -> None:
    gate, done, renderer = begun(found)
    done.watch(order(renderer, found, 1, "me", priority=Priority.COMPARE), "compare")
    done.watch(order(renderer, found, 2, "me", priority=Priority.SHEET, lane="seeds"), "sheet")
    done.watch(order(renderer, found, 2, "you"), "the same, now")
    gate.open.set()
    assert done.names(4)[-1] == "compare"
    assert renderer.renders == 3


def test_too_many_waiting_requests_are_refused_but_not_for_less_urgent_ones(
    found: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "WAITING", 2)
    gate = Gate(found)
    renderer = Renderer(gate, CPU)
    futures = [order(renderer, found, 1, "a")]
    assert gate.entered.wait(20)
    futures += [
        order(renderer, found, seed, visitor, priority=Priority.SHEET) for seed, visitor in ((2, "b"), (3, "c"))
    ]
    with pytest.raises(BusyError, match="2 pieces of work are waiting"):
        order(renderer, found, 4, "d", priority=Priority.SHEET)
    futures.append(order(renderer, found, 5, "e"))
    gate.open.set()
    assert [future.result(20).seed for future in futures] == [1, 2, 3, 5]


def test_an_address_with_many_sessions_leaves_room_for_tiles_of_another(
    found: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "WAITING", 4)
    gate = Gate(found)
    renderer = Renderer(gate, CPU)
    first = order(renderer, found, 1, "a")
    assert gate.entered.wait(20)
    flood = []
    for seed in range(2, 6):
        with serving(Client(f"session {seed}", "192.0.2.1")):
            flood.append(order(renderer, found, seed, "me"))
    with serving(Client("other", "198.51.100.9")):
        other = order(renderer, found, 6, "me")
    assert isinstance(flood[-1].exception(20), BusyError)
    gate.open.set()
    assert [future.result(20).seed for future in (first, *flood[:-1], other)] == [1, 2, 3, 4, 6]


def test_one_visitor_cannot_fill_the_line(found: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "WAITING_OF_VISITOR", 3)
    gate = Gate(found)
    renderer = Renderer(gate, CPU)
    with pytest.raises(BusyError):
        order_all(renderer, found, [1, 2, 3, 4])
    assert len(renderer._scheduler) == 0
    futures = [*order_all(renderer, found, [1, 2, 3]), order(renderer, found, 9, "you")]
    gate.open.set()
    assert [future.result(20).seed for future in futures] == [1, 2, 3, 9]


def test_work_gets_the_generator_and_its_failure_reaches_whoever_asked(found: Checkpoint) -> None:
    renderer = Renderer(lambda _: found, CPU)
    place = {"priority": Priority.VIDEO, "lane": "morph"}
    assert renderer.work(found.sha256, lambda generator: generator.z_dim, "me", **place) == 8
    with pytest.raises(ZeroDivisionError):
        renderer.work(found.sha256, lambda _: 1 // 0, "me", **place)
    assert renderer.work(found.sha256, lambda _: threading.current_thread().name, "me", **place) == "render"


def test_work_that_draws_is_broken_off_and_called_again(found: Checkpoint) -> None:
    renderer = warm(Renderer(lambda _: found, CPU), found)
    inside, go, calls = threading.Event(), threading.Event(), []

    def wait(*_: object) -> None:
        inside.set()
        assert go.wait(20)

    next(iter(renderer._form(found).generator.children())).register_forward_hook(wait)

    def function(generator: GeneratorNetwork) -> Pixels:
        calls.append(generator)
        return draw(generator, latents(7, 10, 8), None)

    with ThreadPoolExecutor(1) as pool:
        film = pool.submit(renderer.work, found.sha256, function, "me", priority=Priority.VIDEO, lane="film")
        assert inside.wait(20)
        urgent = order(renderer, found, 8, "you")
        go.set()
        assert urgent.result(20).seed == 8
        assert close_enough(film.result(20), to_cells(seed_tile(found.generator, 7), 16)[:10])
    assert len(calls) == 2


def test_newer_work_in_a_lane_takes_the_place_of_older_work_that_waits(found: Checkpoint) -> None:
    gate = Gate(found)
    renderer = Renderer(gate, CPU)
    place = {"priority": Priority.INTERACTIVE, "lane": "morph"}
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(renderer.work, found.sha256, lambda _: 1, "me", **place)
        assert gate.entered.wait(20)
        second = pool.submit(renderer.work, found.sha256, lambda _: 2, "me", **place)
        wait_until(lambda: len(renderer._scheduler) == 1)
        third = pool.submit(renderer.work, found.sha256, lambda _: 3, "me", **place)
        with pytest.raises(SupersededError):
            second.result(20)
        gate.open.set()
        assert (first.result(20), third.result(20)) == (1, 3)


def test_a_thumbnail_is_the_whole_tile_made_small(found: Checkpoint) -> None:
    picture = Renderer(lambda _: found, CPU).tile(found.sha256, 5, "me")
    small = np.asarray(Image.open(io.BytesIO(picture.thumbnail(40)))).astype(int)
    blocks = picture.pixels.reshape(40, 4, 40, 4, 3).mean(axis=(1, 3))
    assert small.shape == (40, 40, 3)
    small, blocks = small.mean(axis=2), blocks.mean(axis=2)  # JPEG keeps brightness better than colour
    assert np.abs(small - blocks).mean() < np.abs(small - blocks[::-1]).mean() / 3
    assert Image.open(io.BytesIO(picture.thumbnail(1000))).size == (160, 160)


@pytest.mark.parametrize(("width", "size"), [(40, (40, 12)), (60, (60, 18)), (1000, (160, 48))])
def test_upper_rows_are_made_small_like_the_whole_tile(found: Checkpoint, width: int, size: tuple[int, int]) -> None:
    picture = Renderer(lambda _: found, CPU).tile(found.sha256, 5, "me")
    rows = Image.open(io.BytesIO(image_encoding.to_thumbnail(picture.pixels[:48], width)))
    assert rows.size == size
    whole = np.asarray(Image.open(io.BytesIO(picture.thumbnail(width))))[: size[1]].astype(int)
    assert np.abs(np.asarray(rows).astype(int) - whole).mean() < 8


def test_a_picture_names_its_latents(found: Checkpoint) -> None:
    renderer = Renderer(lambda _: found, CPU)
    pictures = [renderer.tile(found.sha256, seed, "me") for seed in (5, 6)]
    hashes = [hashlib.sha256(latents(seed, 100, 8).numpy().tobytes()).hexdigest()[:12] for seed in (5, 6)]
    assert [picture.z_hash for picture in pictures] == hashes


def test_one_truncation_holds_for_the_whole_tile_and_is_part_of_the_request(
    tmp_path: Path, make_checkpoint: Callable[..., Path]
) -> None:
    found = checkpoint.load(make_checkpoint(tmp_path / "two"))
    renderer = Renderer(lambda _: found, CPU)
    half, whole = (renderer.tile(found.sha256, 5, "me", psi=psi) for psi in (0.5, 1.0))
    assert (half.psi, whole.psi, renderer.renders) == (0.5, 1.0, 2)
    assert half.z_hash == whole.z_hash
    assert close_enough(half.pixels, seed_tile(found.generator, 5, 0.5))
    assert not close_enough(half.pixels, whole.pixels)


def test_classes_come_from_the_seed(found: Checkpoint) -> None:
    torch.manual_seed(0)
    generator = build_generator(GeneratorConfig(network="dcgan", z_dim=8, resolution=16, width=4, classes=3)).eval()
    picture = Renderer(lambda _: replace(found, generator=generator), CPU).tile(found.sha256, 5, "me")
    assert close_enough(picture.pixels, seed_tile(generator, 5))


@pytest.mark.parametrize("psi", [float("nan"), float("inf"), -0.1, 1.1, "1", None, True])
def test_a_bad_psi_is_refused(found: Checkpoint, psi: object) -> None:
    with pytest.raises(ValueError, match="psi"):
        Renderer(lambda _: found, CPU).tile(found.sha256, 1, "me", psi=psi)  # type: ignore[arg-type]


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


@pytest.mark.slow
def test_thirty_visitors_at_once_each_get_their_own_tiles_within_the_bytes(
    tmp_path: Path, make_checkpoint: Callable[..., Path]
) -> None:
    every = [checkpoint.load(make_checkpoint(tmp_path / str(seed), seed=seed)) for seed in range(3)]
    by_hash = {one.sha256: one for one in every}
    size = 160 * 160 * 3
    renderer = Renderer(by_hash.__getitem__, CPU, cache_bytes=size * 16)
    requests = [(every[number % 3].sha256, 10 * number + step) for number in range(30) for step in range(3)]

    def visit(number: int) -> list[Picture]:
        visitor = f"visitor {number}"
        sheet = [RenderRequest(every[number % 3].sha256, 10 * number + step) for step in range(3)]
        futures = renderer.order(sheet, visitor, priority=Priority.SHEET, lane="seeds")
        shown = renderer.tile(every[number % 3].sha256, 10 * number, visitor)
        assert renderer.work(shown.sha256, lambda one: one.z_dim, visitor, priority=Priority.VIDEO, lane="morph") == 8
        pictures = [future.result(60) for future in futures]
        np.testing.assert_array_equal(pictures[0].pixels, shown.pixels)
        return pictures

    with ThreadPoolExecutor(30) as pool:
        pictures = [picture for some in pool.map(visit, range(30)) for picture in some]
    assert [(picture.sha256, picture.seed) for picture in pictures] == requests
    for picture in pictures[::4]:
        assert close_enough(picture.pixels, seed_tile(by_hash[picture.sha256].generator, picture.seed))
    assert renderer._looked_at.bytes + renderer._sheets.bytes <= size * 16
    assert (len(renderer._scheduler), len(renderer._jobs), len(renderer._scheduler._payers)) == (0, 0, 0)


def test_what_a_client_that_hung_up_waited_for_is_given_up_also_while_it_is_drawn(
    found: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer = warm(Renderer(lambda _: found, CPU), found)
    batches = Batches(monkeypatch)
    left, stays = Client("a"), Client("b")
    with serving(left):
        drawn, waits = order(renderer, found, 7, "me", lane="drawn"), order(renderer, found, 8, "me", lane="waits")
        shared = order(renderer, found, 9, "me", lane="shared")
    with serving(stays):
        order(renderer, found, 9, "you")
    batches.wait_for(2)
    left.leave()
    batches.go_on()
    for future in (drawn, waits):
        with pytest.raises(SupersededError):
            future.result(20)
    assert shared.result(20).seed == 9
    assert renderer.renders == 2
    assert batches.count <= 13


def test_a_tile_that_was_asked_for_again_before_its_first_client_was_seen_to_leave_is_drawn(found: Checkpoint) -> None:
    gate = Gate(found)
    renderer = Renderer(gate, CPU)
    left, again = Client("a"), Client("a")
    with serving(left):
        order(renderer, found, 7, "me")
    assert gate.entered.wait(20)
    with serving(again):
        tile = order(renderer, found, 7, "me")
    left.leave()
    gate.open.set()
    assert tile.result(20).seed == 7


def test_work_of_a_client_that_hung_up_is_not_begun(found: Checkpoint) -> None:
    gate = Gate(found)
    renderer, client = Renderer(gate, CPU), Client("a")
    place = {"priority": Priority.SHEET, "lane": "morph"}
    first = order(renderer, found, 1, "other")
    assert gate.entered.wait(20)
    with ThreadPoolExecutor(1) as pool, serving(client):
        work = pool.submit(contextvars.copy_context().run, renderer.work, found.sha256, lambda _: 1, "me", **place)
        wait_until(lambda: len(renderer._scheduler) == 1)
        client.leave()
        with pytest.raises(SupersededError):
            work.result(20)
    gate.open.set()
    assert first.result(20).seed == 1


def test_a_heavy_tile_gives_way_between_its_batches_to_another_visitor_of_the_same_urgency(
    found: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(scheduler.TURNS, Priority.INTERACTIVE, scheduler.Turn(100, 0.0))
    renderer = warm(Renderer(lambda _: found, CPU), found)
    batches, honest = Batches(monkeypatch), RenderRequest(found.sha256, 8)
    heavy = order(renderer, found, 7, "heavy")
    batches.wait_for(2)
    other = order(renderer, found, 8, "honest")
    for count in (3, 4):
        assert renderer.rows(honest) is None
        batches.step()
        batches.wait_for(count)
    assert renderer.rows(honest) is not None
    assert not heavy.done()
    batches.go_on()
    assert (heavy.result(20).seed, other.result(20).seed) == (7, 8)
