from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from training import data, neighbours
from training.embeddings import Embedder, FeatureNetwork
from training.neighbours import Photographs, open_photographs

SIDE = 16


class Quarters(nn.Module):
    """A feature network that takes the mean of each sixteenth of a picture."""

    def forward(self, pixels: Tensor) -> Tensor:
        return nn.functional.adaptive_avg_pool2d(pixels.float(), 4).flatten(1)


@pytest.fixture
def photographs(
    tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> tuple[Photographs, Path]:
    network = FeatureNetwork("Quarters", SIDE, 1.0, Quarters)
    embedder = Embedder("quarters", network, Quarters(), torch.device("cpu"))
    monkeypatch.setattr(neighbours, "open_embedder", lambda *_: embedder)
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    folder = make_pictures(tmp_path / "pictures")
    return open_photographs(folder, SIDE), folder


def test_a_copy_finds_its_original_first_and_lies_nearer_than_is_ordinary(
    photographs: tuple[Photographs, Path],
) -> None:
    found, _ = photographs
    originals = found.images.permute(0, 2, 3, 1).numpy()
    nearly = np.clip(originals[[7, 2]].astype(int) + 1, 0, 255).astype(np.uint8)
    first, second = found.nearest(nearly, 3)
    for neighbour, place in ((first[0], 7), (second[0], 2)):
        assert neighbour.place == place
        assert neighbour.share == 0.0
        np.testing.assert_array_equal(neighbour.pixels, originals[place])
    assert [one.distance for one in first] == sorted(one.distance for one in first)
    assert len(first) == 3


def test_a_new_picture_is_as_far_as_any(photographs: tuple[Photographs, Path]) -> None:
    found, _ = photographs
    new = np.full((1, SIDE, SIDE, 3), 255, dtype=np.uint8)
    ((neighbour,),) = found.nearest(new, 1)
    assert neighbour.share == 1.0


def test_no_more_are_found_than_there_are_and_the_network_is_named(photographs: tuple[Photographs, Path]) -> None:
    found, _ = photographs
    assert [len(row) for row in found.nearest(np.zeros((2, SIDE, SIDE, 3), np.uint8), 99)] == [12, 12]
    assert found.network == "Quarters"


def test_what_the_network_sees_is_kept(photographs: tuple[Photographs, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    found, folder = photographs
    monkeypatch.setattr(Quarters, "forward", None)
    assert torch.equal(open_photographs(folder, SIDE).measured.features, found.measured.features)


def test_pictures_of_another_size_and_single_ones_are_refused(
    photographs: tuple[Photographs, Path], tmp_path: Path, make_pictures: Callable[..., Path]
) -> None:
    packed = data.pack(make_pictures(tmp_path / "large"), tmp_path / "large.safetensors", 32).file
    with pytest.raises(data.DataError, match="holds images of 32 pixels"):
        open_photographs(packed, SIDE)
    with pytest.raises(data.DataError, match="holds one picture; two are needed"):
        open_photographs(make_pictures(tmp_path / "single", count=1), SIDE)
