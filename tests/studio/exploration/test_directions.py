from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from torch import nn

from studio.exploration import directions
from studio.exploration.directions import (
    DirectionsCache,
    find_directions,
    first_layers,
    pca,
    principal_components,
    sefa,
)
from training.core.generators import GENERATORS, GeneratorConfig, GeneratorNetwork, build_generator
from training.core.latents import latents


@pytest.fixture(autouse=True)
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directions, "SAMPLES", 300)


def build(network: str, classes: int = 0) -> GeneratorNetwork:
    torch.manual_seed(0)
    generator = build_generator(GeneratorConfig(network=network, z_dim=12, resolution=16, width=4, classes=classes))
    with torch.no_grad():
        for norm in [module for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]:
            norm.momentum = None  # the statistics of the one batch that follows, whole
        labels = torch.arange(64) % classes if classes else None
        generator.train()(latents(0, 64, 12), labels)
    return generator.eval()


def alike(found: torch.Tensor, expected: np.ndarray) -> np.ndarray:
    """Return the cosine of each pair of rows, whatever their sign."""
    rows = found.double().numpy()
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(expected, axis=1)
    return np.abs((rows * expected).sum(axis=1)) / lengths


@pytest.mark.parametrize("network", ["course", "dcgan"])
def test_sefa_is_the_eigenvectors_of_the_first_layers_products(network: str) -> None:
    generator = build(network)
    weights = generator.blocks[0][0].weight.detach().double().numpy().reshape(12, -1).T  # [16 C, z_dim]
    values, vectors = np.linalg.eigh(weights.T @ weights)
    assert (np.diff(values) > 1e-6).all()
    np.testing.assert_allclose(alike(sefa(generator, 8), vectors.T[::-1][:8]), 1.0, atol=1e-6)


def test_sefa_of_a_style_generator_takes_all_its_styles_together() -> None:
    generator = build("stylegan2")
    weights = [layer.style.weight for block in generator.blocks for layer in block.convolutions]
    weights += [layer.style.weight for layer in generator.to_rgb]
    together = torch.cat(weights).detach().double().numpy()
    vectors = np.linalg.eigh(together.T @ together)[1].T[::-1]
    assert len(first_layers(generator)) == len(weights)
    np.testing.assert_allclose(alike(sefa(generator, 4), vectors[:4]), 1.0, atol=1e-6)


def test_the_first_direction_moves_the_first_layer_more_than_any_other_direction() -> None:
    generator = build("dcgan")
    (layer,) = first_layers(generator)
    first = sefa(generator, 1)[0]
    others = torch.nn.functional.normalize(latents(3, 200, 12), dim=1)
    zero = layer(torch.zeros(1, 12, 1, 1))
    moved = (layer(torch.cat([first[None], others])[:, :, None, None]) - zero).flatten(1).norm(dim=1)
    assert moved.argmax() == 0


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("method", directions.METHODS)
@pytest.mark.parametrize("network", GENERATORS)
def test_every_generator_has_directions_that_change_its_pictures(network: str, method: str, classes: int) -> None:
    generator = build(network, classes)
    found = find_directions(generator, method)
    labels = torch.zeros(20, dtype=torch.int64) if classes else None
    with torch.no_grad():
        w = generator.map(latents(1, 20, 12), labels)
        pictures = generator.synthesize(w)
        changed = [generator.synthesize(w + 2.0 * vector) - pictures for vector in found.vectors]
    assert found.vectors.shape == (8, generator.w_dim)
    assert all(change.abs().mean() > 1e-3 for change in changed)


@pytest.mark.parametrize("network", GENERATORS)
def test_a_direction_is_as_long_as_the_spread_of_w_along_it(network: str) -> None:
    generator = build(network)
    found = find_directions(generator, "sefa").vectors
    with torch.no_grad():
        w = generator.map(latents(99, 4000, 12))
    w = w[:, 0] if generator.styles else w
    lengths = found.norm(dim=1)
    torch.testing.assert_close((w @ (found / lengths[:, None]).T).std(dim=0), lengths, rtol=0.15, atol=0.0)


@pytest.mark.parametrize("network", ["dcgan", "resnet", "fastgan", "course"])
def test_directions_leave_the_class_alone(network: str) -> None:
    for method in directions.METHODS:
        vectors = find_directions(build(network, classes=3), method).vectors
        assert (vectors[:, 12:] == 0).all()
        assert vectors.shape[1] > 12


def test_principal_components_are_those_of_the_svd() -> None:
    for rows in (latents(0, 50, 12), latents(0, 12, 50)):
        rows = rows * torch.linspace(1.0, 3.0, rows.shape[1])
        centred = (rows - rows.mean(dim=0)).double().numpy()
        expected = np.linalg.svd(centred, full_matrices=False)[2][:6]
        found = principal_components(rows, 6)
        np.testing.assert_allclose(alike(found, expected), 1.0, atol=1e-5)
        torch.testing.assert_close(found @ found.T, torch.eye(6), atol=1e-5, rtol=0.0)


def test_pca_of_a_style_generator_is_that_of_its_styles() -> None:
    generator = build("stylegan2")
    with torch.no_grad():
        w = generator.map(latents(directions.SAMPLES_SEED, directions.SAMPLES, 12))[:, 0]
    centred = (w - w.mean(dim=0)).double().numpy()
    np.testing.assert_allclose(alike(pca(generator, 4), np.linalg.svd(centred)[2][:4]), 1.0, atol=1e-4)


def test_pca_finds_the_latent_that_the_activations_follow() -> None:
    """Where one latent moves the first block ten times as much as the others, that is the first direction."""
    generator = build("dcgan")
    with torch.no_grad():
        generator.blocks[0][0].weight[5] *= 10.0
    found = pca(generator, 2)
    assert found[0].abs().argmax() == 5
    assert found[0, 5] > 0.9


def test_looking_into_a_generator_leaves_nothing_behind() -> None:
    generator = build("fastgan")
    before = generator(latents(0, 4, 12))
    for method in directions.METHODS:
        find_directions(generator, method)
    assert all(not module._forward_pre_hooks for module in generator.modules())
    assert torch.equal(generator(latents(0, 4, 12)), before)


def test_directions_are_the_same_each_time_and_found_once() -> None:
    calls = []

    def load() -> GeneratorNetwork:
        calls.append(threading.get_ident())
        return build("dcgan")

    cache = DirectionsCache()
    first = cache.get("a", "pca", load)
    assert cache.get("a", "pca", load) is first
    assert torch.equal(DirectionsCache().get("a", "pca", load).vectors, first.vectors)
    cache.get("b", "pca", load)
    cache.get("a", "sefa", load)
    assert len(calls) == 4


def test_the_cache_forgets_what_was_used_longest_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directions, "KEPT", 2)
    cache = DirectionsCache()

    def load() -> GeneratorNetwork:
        return build("course")

    first = cache.get("a", "sefa", load)
    second = cache.get("b", "sefa", load)
    assert cache.get("a", "sefa", load) is first
    cache.get("c", "sefa", load)
    assert cache.get("a", "sefa", load) is first
    assert cache.get("b", "sefa", load) is not second


def test_a_step_follows_each_direction_by_its_amount() -> None:
    vectors = torch.tensor([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
    found = directions.Directions(vectors)
    torch.testing.assert_close(found.shift((1.0, -2.0)), torch.tensor([2.0, -6.0, 0.0]))
    torch.testing.assert_close(found.shift((0.5,)), torch.tensor([1.0, 0.0, 0.0]))
