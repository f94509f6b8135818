"""Previews in bfloat16, in which this CPU passes for fast: they are marked, and never stand for an exact tile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio.rendering import previews as precision
from studio.rendering import renderer as render
from studio.rendering.fast_generator import close_enough
from studio.rendering.picture import Picture
from studio.rendering.renderer import Priority, Renderer, RenderRequest, SupersededError
from training.core import checkpoint
from training.core.checkpoint import Checkpoint
from training.core.pixels import NotFiniteError, Pixels
from training.core.tile import draw, seed_tile

CPU = torch.device("cpu")
HALF = torch.bfloat16


@pytest.fixture
def found(tmp_path: Path, make_vivid: Callable[..., Path]) -> Checkpoint:
    return checkpoint.load(make_vivid(tmp_path / "one"))


@pytest.fixture
def renderer(found: Checkpoint, previews: None) -> Renderer:
    return Renderer(lambda _: found, CPU)


def ask(
    renderer: Renderer,
    found: Checkpoint,
    seed: int,
    *,
    preview: bool = True,
    priority: Priority = Priority.INTERACTIVE,
    lane: str = "explore",
) -> Future[Picture]:
    request = RenderRequest(found.sha256, seed, preview=preview)
    return renderer.order([request], "me", priority=priority, lane=lane)[0]


class Batches:
    """Draws the batches of tiles only once they are let through, and notes their precisions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, renderer: Renderer, found: Checkpoint) -> None:
        renderer.tile(found.sha256, 1000, "warm")  # before which the generator is tried
        self.drawn: list[torch.dtype] = []
        self._renderer, self._draw, self._allowed = renderer, render.draw, threading.Semaphore(0)
        monkeypatch.setattr(render, "draw", self)

    def __call__(self, *arguments: Any, precision: torch.dtype) -> Pixels:
        assert self._allowed.acquire(timeout=20)
        self.drawn.append(precision)
        return self._draw(*arguments, precision=precision)

    def draw_rows(self, request: RenderRequest, count: int) -> None:
        """Let the rows of a tile be drawn from its first on."""
        self._allowed.release(count)
        deadline = time.monotonic() + 20
        while (rows := self._renderer.rows(request)) is None or 10 * len(rows) < count * rows.shape[1]:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def break_off(self) -> None:
        """Let the batch go on that waits to be drawn, and step aside."""
        self._allowed.release()

    def go_on(self) -> None:
        self._allowed.release(1000)


@pytest.mark.parametrize(("has_amx", "expected"), [(True, HALF), (False, None)])
def test_previews_are_for_cpus_with_amx(
    monkeypatch: pytest.MonkeyPatch, has_amx: bool, expected: torch.dtype | None
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: has_amx, raising=False)
    assert precision.preview_precision(CPU) == expected
    assert precision.preview_precision(torch.device("cuda")) is None


def test_a_torch_that_knows_nothing_of_amx_draws_no_previews(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported", raising=False)
    assert precision.preview_precision(CPU) is None


def test_where_previews_are_no_sooner_a_request_for_one_gets_the_exact_tile(
    found: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "preview_precision", lambda _: None)
    renderer = Renderer(lambda _: found, CPU)
    picture = ask(renderer, found, 5).result(20)
    assert picture is renderer.tile(found.sha256, 5, "me")
    assert (picture.is_preview, picture.precision) == (False, "float32")
    assert (renderer.renders, renderer.previews, renderer.has_previews) == (1, 0, False)


def test_a_preview_is_near_the_tile_marked_and_never_taken_for_it(renderer: Renderer, found: Checkpoint) -> None:
    preview = ask(renderer, found, 5).result(20)
    assert (preview.is_preview, preview.precision) == (True, "bfloat16")
    exact = renderer.tile(found.sha256, 5, "me")
    assert (exact.is_preview, exact.precision, exact.z_hash) == (False, "float32", preview.z_hash)
    assert close_enough(exact.pixels, seed_tile(found.generator, 5))
    assert precision.is_near(preview.pixels, exact.pixels)
    assert not np.array_equal(preview.pixels, exact.pixels)
    assert (renderer.renders, renderer.previews) == (1, 1)


@pytest.mark.parametrize("priority", [Priority.INTERACTIVE, Priority.SHEET])
def test_a_preview_is_kept_until_the_exact_tile_is_there(
    renderer: Renderer, found: Checkpoint, priority: Priority
) -> None:
    preview = ask(renderer, found, 5, priority=priority).result(20)
    assert ask(renderer, found, 5).result(20) is preview
    exact = renderer.tile(found.sha256, 5, "me")
    assert ask(renderer, found, 5).result(20) is exact
    assert len(renderer._looked_at) + len(renderer._sheets) == 1
    assert (renderer.renders, renderer.previews) == (1, 1)


@pytest.mark.parametrize(("rows", "expected"), [(4, True), (5, False)])
def test_a_tile_that_is_half_drawn_comes_no_later_than_its_preview(
    renderer: Renderer, found: Checkpoint, monkeypatch: pytest.MonkeyPatch, rows: int, expected: bool
) -> None:
    batches = Batches(monkeypatch, renderer, found)
    exact = ask(renderer, found, 7, preview=False, priority=Priority.PREFETCH, lane="ahead")
    batches.draw_rows(RenderRequest(found.sha256, 7), rows)
    first = ask(renderer, found, 7)
    batches.go_on()
    assert first.result(20).is_preview is expected
    assert not exact.result(20).is_preview
    assert batches.drawn.count(HALF) == (10 if expected else 0)
    assert batches.drawn.count(torch.float32) in (10, 11)  # one may have been broken off


def test_a_preview_is_drawn_before_the_tile_that_was_begun_and_the_rows_of_each_are_its_own(
    renderer: Renderer, found: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches, request = Batches(monkeypatch, renderer, found), RenderRequest(found.sha256, 7)
    exact = ask(renderer, found, 7, preview=False, priority=Priority.COMPARE, lane="exact")
    batches.draw_rows(request, 2)
    preview = ask(renderer, found, 7)
    batches.break_off()
    batches.draw_rows(request._replace(preview=True), 1)
    rows = [renderer.rows(one) for one in (request, request._replace(preview=True))]
    batches.go_on()
    for found_rows, picture in zip(rows, (exact.result(20), preview.result(20)), strict=True):
        assert found_rows is not None
        np.testing.assert_array_equal(found_rows, picture.pixels[: len(found_rows)])


def no_near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "MAX_LEVELS", 0)


def no_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, precision: torch.dtype = torch.float32) -> Pixels:
        if precision == HALF:
            raise NotFiniteError
        return draw(*arguments)

    for module in (precision, render):
        monkeypatch.setattr(module, "draw", refuse)


def no_finite_later(monkeypatch: pytest.MonkeyPatch) -> None:
    no_finite(monkeypatch)
    monkeypatch.setattr(precision, "draw", draw)  # the few pictures on which it is tried show nothing


@pytest.mark.parametrize("defect", [no_near, no_finite, no_finite_later])
def test_a_generator_that_is_far_off_in_bfloat16_is_drawn_exactly_and_once(
    renderer: Renderer, found: Checkpoint, monkeypatch: pytest.MonkeyPatch, defect: Callable[..., None]
) -> None:
    defect(monkeypatch)
    first, second = ask(renderer, found, 5), ask(renderer, found, 5, preview=False, lane="exact")
    assert first.result(20) is second.result(20)
    assert not first.result().is_preview
    assert (renderer.renders, renderer.previews) == (1, 0)


def test_what_fails_in_the_exact_tile_is_told_to_those_who_wait_for_a_preview(
    renderer: Renderer, found: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer.tile(found.sha256, 1000, "warm")

    def refuse(*_: Any, **__: Any) -> Pixels:
        raise NotFiniteError

    monkeypatch.setattr(render, "draw", refuse)
    error = ask(renderer, found, 5).exception(20)
    assert isinstance(error, NotFiniteError)
    assert error.sha256 == found.sha256


def test_a_preview_that_cannot_be_and_nobody_wants_any_more_is_given_up(
    renderer: Renderer, found: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = Batches(monkeypatch, renderer, found)

    def call_off_and_fail(*_: Any, **__: Any) -> Pixels:
        renderer.call_off("me", "explore")
        raise NotFiniteError

    monkeypatch.setattr(batches, "_draw", call_off_and_fail)
    preview = ask(renderer, found, 5)
    batches.go_on()
    with pytest.raises(SupersededError):
        preview.result(20)
    assert batches.drawn == [HALF]


def test_calling_off_all_but_one_tile_keeps_its_preview_too(
    renderer: Renderer, found: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = Batches(monkeypatch, renderer, found)
    drawn, waiting = (ask(renderer, found, seed, priority=Priority.SHEET, lane=f"seeds-{seed}") for seed in (1, 2))
    for seed in (1, 2):
        renderer.call_off("me", f"seeds-{seed}", keep=RenderRequest(found.sha256, seed))
    batches.go_on()
    assert drawn.result(20).is_preview
    assert waiting.result(20).is_preview


def test_a_sketch_tells_whether_it_is_a_preview(renderer: Renderer, found: Checkpoint) -> None:
    def finite_in_float32(_: object, used: torch.dtype) -> torch.dtype:
        if used == HALF:
            raise NotFiniteError
        return used

    place: dict[str, Any] = {"priority": Priority.INTERACTIVE, "lane": "strip"}
    assert renderer.sketch(found.sha256, lambda _, used: used, "me", **place) == (HALF, True)
    assert renderer.sketch(found.sha256, finite_in_float32, "me", **place) == (torch.float32, False)


def test_small_differences_are_near_and_larger_ones_or_more_are_not() -> None:
    exact = np.full((100, 100, 3), 100, np.uint8)
    for value, count, near in ((132, 1, True), (133, 1, False), (102, 30_000, True), (103, 30_000, False)):
        shown = exact.copy()
        shown.reshape(-1)[:count] = value
        assert precision.is_near(shown, exact) is near
