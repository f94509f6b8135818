from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, expect

from studio.rendering import renderer
from tests.browser.conftest import wait_for_tile
from training.core.latents import latents

Open = Callable[..., Page]
SEED = 777


def go_to(page: Page, seed: int) -> None:
    page.locator(".explore .seed").fill(str(seed))
    page.locator(".explore .seed").press("Enter")


@pytest.mark.own_studio
@pytest.mark.parametrize("times", [1, 9])
def test_a_full_graphics_card_is_said_once_where_freeing_helped_and_keeps_the_tile_where_not(
    address: str, open_page: Open, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    page = open_page(address)
    left, real = [None] * times, renderer.draw

    def draw(generator: Any, z: torch.Tensor, *more: Any, **options: Any) -> Any:
        if left and torch.equal(z[:1], latents(SEED, 1, z.shape[1])):
            left.pop()
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return real(generator, z, *more, **options)

    monkeypatch.setattr(renderer, "draw", draw)
    status = page.locator(".explore .status")
    go_to(page, SEED)
    if times == 1:
        wait_for_tile(page, seed=SEED)
        expect(status).to_contain_text("freed the memory of other checkpoints and tried again")
        go_to(page, 5)
        wait_for_tile(page, seed=5)
        expect(status).to_be_hidden()
        go_to(page, SEED)
        wait_for_tile(page, seed=SEED)
        expect(status).to_be_hidden()
    else:
        expect(status).to_contain_text("has no memory left for this")
        expect(page.locator(".caption")).to_contain_text("seed 0")
