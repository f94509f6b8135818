"""Where the graphics card is full, the memory of other generators is freed and the drawing tried once more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch

from studio.rendering.drawing import Drawing
from studio.rendering.fast_generator import close_enough
from studio.rendering.renderer import Priority, Renderer, RenderRequest
from studio.ui.compare import tab as compare
from studio.ui.explore import tab as explore
from studio.ui.services import Studio
from training.core import checkpoint
from training.core.checkpoint import Checkpoint
from training.core.tile import seed_tile

CPU = torch.device("cpu")


class Full:
    """Lets a generator find the graphics card full so many times before it draws."""

    def __init__(self, times: float) -> None:
        self.left, self.count = times, 0

    def __call__(self, *_: object) -> None:
        if self.left > 0:
            self.left -= 1
            self.count += 1
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    def __deepcopy__(self, memo: object) -> Full:
        return self


@pytest.fixture
def shelf(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> dict[str, Checkpoint]:
    found = [checkpoint.load(make_checkpoint(tmp_path / name, seed=seed)) for seed, name in enumerate("abc")]
    return {one.sha256: one for one in found}


def fill(found: Checkpoint, times: float) -> Full:
    full = Full(times)
    found.generator.register_forward_pre_hook(full)
    return full


def test_a_full_card_once_frees_the_others_and_the_tile_comes_and_says_so(shelf: dict[str, Checkpoint]) -> None:
    renderer = Renderer(shelf.__getitem__, CPU)
    a, b, c = shelf
    for sha256 in (a, b):
        assert not renderer.tile(sha256, 1, "me").relieved
    full = fill(shelf[c], 1)
    picture = renderer.tile(c, 1, "me")
    assert (full.count, picture.relieved) == (1, True)
    assert close_enough(picture.pixels, seed_tile(shelf[c].generator, 1))
    assert [renderer._copies.get(sha256) is not None for sha256 in shelf] == [False, False, True]
    assert not renderer.tile(c, 1, "me").relieved
    assert not renderer.tile(c, 2, "me").relieved
    np.testing.assert_array_equal(renderer.tile(a, 1, "me").pixels, renderer.tile(a, 1, "you").pixels)


def test_a_card_that_stays_full_is_an_error_after_one_more_try_and_the_next_tile_is_drawn(
    shelf: dict[str, Checkpoint],
) -> None:
    renderer = Renderer(shelf.__getitem__, CPU)
    a, b, _ = shelf
    full = fill(shelf[a], np.inf)
    with pytest.raises(torch.cuda.OutOfMemoryError):
        renderer.tile(a, 1, "me")
    assert full.count == 2
    assert not renderer.tile(b, 1, "me").relieved
    full.left = 1
    assert renderer.tile(a, 1, "me").relieved


def test_other_work_is_tried_once_more_too(shelf: dict[str, Checkpoint]) -> None:
    renderer = Renderer(shelf.__getitem__, CPU)
    a = next(iter(shelf))
    once, always = Full(1), Full(np.inf)

    def draw(full: Full) -> int:
        return renderer.work(a, lambda _: full() or 7, "me", priority=Priority.COMPARE, lane="morph")  # type: ignore[func-returns-value]

    assert (draw(once), once.count) == (7, 1)
    with pytest.raises(torch.cuda.OutOfMemoryError):
        draw(always)
    assert always.count == 2


def test_a_job_that_waits_in_the_middle_of_its_work_lets_go_of_what_it_holds() -> None:
    held: list[str] = []

    def steps() -> Any:
        held.append("generator")
        try:
            yield
        finally:
            held.clear()
        return len(held)

    job = Drawing(begin=steps, sha256="a", request=RenderRequest("a", 1))
    next(job.steps)
    assert held == ["generator"]
    job.restart()
    assert held == []
    next(job.steps)
    assert held == ["generator"]


def test_the_page_is_told_once_and_gets_a_plain_sentence_where_it_did_not_help(
    tmp_path: Path, shelf: dict[str, Checkpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = Studio(tmp_path, CPU)
    a, b, _ = shelf
    monkeypatch.setattr(studio.renderer, "_load", shelf.__getitem__)
    with gr.Blocks():
        show = {one.__name__: one for one in explore.build(studio).server_fns}["show"]
        tiles = {one.__name__: one for one in compare.build(studio).server_fns}["compare_tiles"]
    request = {"sha256": a, "seed": 9, "visitor": "me"}
    full = fill(shelf[a], 1)
    renderer = Renderer(shelf.__getitem__, CPU)
    monkeypatch.setattr(studio, "renderer", renderer)
    assert [show(request)["relieved"], show(request)["relieved"]] == [True, False]
    full.left = 1
    answer = tiles({"checkpoints": [a, b], "seed": 10, "visitor": "me"})["tiles"]
    assert [one["relieved"] for one in answer] == [True, False]
    full.left = np.inf
    assert show({**request, "seed": 11}) == {"error": {"code": "error_memory", "values": {}}}
