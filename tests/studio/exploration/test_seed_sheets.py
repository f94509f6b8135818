from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from studio.exploration.seed_ranking import describe_lightly
from studio.exploration.seed_sheets import SIDES, Look, Network, Sheets
from studio.rendering.renderer import Priority, Renderer, RenderRequest, SupersededError
from tests.loops import run_to_its_end
from training.core import checkpoint
from training.core.checkpoint import Checkpoint
from training.core.pixels import to_cells

CPU = torch.device("cpu")


@pytest.fixture
def found(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> Checkpoint:
    return checkpoint.load(make_checkpoint(tmp_path / "one"))


@pytest.fixture
def renderer(found: Checkpoint) -> Renderer:
    return Renderer(lambda _: found, CPU)


def look(sheets: Sheets, request: RenderRequest, visitor: str = "me", lane: str = "seeds") -> Look:
    return run_to_its_end(sheets.look(request, SIDES[0], visitor, priority=Priority.SHEET, lane=lane))


def test_a_look_is_a_small_picture_of_the_tile_and_its_description(found: Checkpoint, renderer: Renderer) -> None:
    seen = look(Sheets(renderer), RenderRequest(found.sha256, 5))
    picture = renderer.tile(found.sha256, 5, "me")
    shown = np.asarray(Image.open(io.BytesIO(seen.thumbnail)))
    assert shown.shape == (160, 160, 3)  # a tile that is smaller than a thumbnail stays as it is
    np.testing.assert_allclose(seen.described, describe_lightly(to_cells(picture.pixels, 16)), atol=1e-5)


def test_what_was_looked_at_is_not_drawn_again_and_can_be_ranked(found: Checkpoint, renderer: Renderer) -> None:
    sheets = Sheets(renderer)
    requests = [RenderRequest(found.sha256, seed) for seed in range(4)]
    looks = [look(sheets, request) for request in requests[:3]]
    assert [look(sheets, request, "you") for request in requests[:3]] == looks
    assert renderer.renders == 3
    assert list(sheets.described(requests)) == [0, 1, 2]
    assert sheets.described([RenderRequest(found.sha256, 1, 0.5)]) == {}


def test_looks_stay_within_their_bytes(found: Checkpoint, renderer: Renderer) -> None:
    size = look(Sheets(renderer), RenderRequest(found.sha256, 0)).size
    sheets = Sheets(renderer, int(size * 3.5))
    requests = [RenderRequest(found.sha256, seed) for seed in range(8)]
    for request in requests:
        look(sheets, request)
    assert 2 <= len(sheets.described(requests)) <= 4


def test_thirty_visitors_wait_for_sheets_without_a_thread_each(found: Checkpoint, renderer: Renderer) -> None:
    sheets = Sheets(renderer)

    async def visit(number: int) -> list[Look]:
        requests = [RenderRequest(found.sha256, 100 * number + place) for place in range(2)]
        return [
            await sheets.look(request, SIDES[0], f"visitor {number}", priority=Priority.SHEET, lane=f"seeds-{place}")
            for place, request in enumerate(requests)
        ]

    async def all_of_them() -> list[list[Look]]:
        return await asyncio.gather(*map(visit, range(30)))

    every = run_to_its_end(all_of_them())
    for number in (0, 13, 29):
        for place, seen in enumerate(every[number]):
            assert seen.thumbnail == renderer.tile(found.sha256, 100 * number + place, "check").thumbnail(SIDES[0])


def test_a_newer_range_gives_up_the_older_one(found: Checkpoint, renderer: Renderer) -> None:
    sheets = Sheets(renderer)

    async def change_the_range() -> list[object]:
        first = asyncio.create_task(
            sheets.look(RenderRequest(found.sha256, 0), SIDES[0], "other", priority=Priority.SHEET, lane="seeds-0")
        )
        tasks = [
            asyncio.create_task(
                sheets.look(RenderRequest(found.sha256, seed), SIDES[0], "me", priority=Priority.SHEET, lane="seeds-0")
            )
            for seed in range(1, 5)
        ]
        return await asyncio.gather(first, *tasks, return_exceptions=True)

    _, *older, newest = run_to_its_end(change_the_range())
    assert isinstance(newest, Look)
    assert sum(isinstance(one, SupersededError) for one in older) >= 2


def test_a_network_looks_once_at_a_tile_some_cells_at_a_time(found: Checkpoint, renderer: Renderer) -> None:
    sizes: list[int] = []

    def see(cells: torch.Tensor) -> torch.Tensor:
        assert cells.dtype == torch.uint8
        sizes.append(len(cells))
        return cells.float().mean(dim=(2, 3))

    sheets, network = Sheets(renderer), Network("means", see, None)
    requests = [RenderRequest(found.sha256, seed) for seed in range(3)]
    for request in (requests[0], requests[2], requests[0]):
        sheets.see(request, network, "me")
    assert sizes == [10] * 20
    seen = sheets.seen(requests, network)
    assert list(seen) == [0, 2]
    cells = to_cells(renderer.tile(found.sha256, 2, "me").pixels, 16)
    np.testing.assert_allclose(seen[2], cells.mean(axis=(1, 2)), atol=0.2)
    assert sheets.seen(requests, Network("another", see, None)) == {}
