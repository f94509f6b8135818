from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.exploration.seed_ranking import describe_lightly, rank, usual_of
from studio.exploration.weak_cells import Weakest
from studio.rendering.renderer import Renderer, RenderRequest
from training.core import checkpoint
from training.core.checkpoint import Checkpoint
from training.core.pixels import to_cells
from training.core.tile import seed_tile


@pytest.fixture
def found(tmp_path: Path, make_vivid: Callable[..., Path]) -> Checkpoint:
    return checkpoint.load(make_vivid(tmp_path / "one"))


@pytest.fixture
def renderer(found: Checkpoint) -> Renderer:
    return Renderer(lambda _: found, torch.device("cpu"))


def test_the_weakest_differ_most_from_three_tiles_that_are_always_the_same(
    found: Checkpoint, renderer: Renderer
) -> None:
    described = {seed: describe_lightly(to_cells(seed_tile(found.generator, seed), 16)) for seed in (0, 1, 2, 9)}
    usual = usual_of(np.concatenate([described[seed] for seed in (0, 1, 2)]))
    expected = rank({9: described[9]}, usual)[9]
    weak = Weakest(renderer).of(RenderRequest(found.sha256, 9), "me")
    assert len(set(weak.cells) & set(expected.cells)) >= 4  # what is looked at may differ by a level from the official
    assert weak.diversity == pytest.approx(expected.diversity, rel=0.02)
    reference = rank({seed: described[seed] for seed in (0, 1, 2)}, usual)
    assert weak.usual == pytest.approx(np.mean([score.diversity for score in reference.values()]), rel=0.02)


def test_what_is_usual_is_drawn_once_and_truncation_is_seen_as_less_diverse(
    found: Checkpoint, renderer: Renderer
) -> None:
    weakest = Weakest(renderer)
    whole = weakest.of(RenderRequest(found.sha256, 9), "me")
    assert renderer.renders == 4
    truncated = weakest.of(RenderRequest(found.sha256, 9, 0.3), "you")
    assert renderer.renders == 5
    assert truncated.diversity < 0.8 * whole.diversity
    assert truncated.usual == whole.usual
    assert weakest.of(RenderRequest(found.sha256, 9), "me") == whole
