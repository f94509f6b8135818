"""Directions along which a generator's pictures change, found without any label: SeFa and PCA of activations.

A direction is followed in `w`, which is what the generator draws from: its latents where it has no mapping network.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.byte_lru import ByteLRU
from training.core import latents
from training.core.generators import GeneratorNetwork

COUNT = 8
SAMPLES = 1000  # latents from which spreads and principal components are taken
SAMPLES_SEED = 0
SIDE = 4  # activations are averaged down to so many pixels a side, which undoes an upsampling and bounds memory
KEPT = 64  # sets of directions, some kilobytes each
METHODS = ("sefa", "pca")
Layer: TypeAlias = nn.Linear | nn.Conv2d | nn.ConvTranspose2d


@dataclass(frozen=True)
class Directions:
    """Orthogonal or nearly orthogonal directions in w, each as long as the standard deviation of w along it."""

    vectors: Tensor  # [COUNT or fewer, w_dim]

    def shift(self, amounts: tuple[float, ...]) -> Tensor:  # -> [w_dim]
        """Return the step that follows each direction by its amount, in standard deviations."""
        return torch.tensor(amounts, dtype=torch.float32) @ self.vectors[: len(amounts)]


class DirectionsCache:
    """Directions by checkpoint and method, each found once and one at a time."""

    def __init__(self) -> None:
        self._found: ByteLRU[tuple[str, str], Directions] = ByteLRU(KEPT, lambda _: 1)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of what was found."""
        with self._lock:
            self._found.clear()

    def get(self, sha256: str, method: str, load: Callable[[], GeneratorNetwork]) -> Directions:
        """Return the directions of a checkpoint; `load` gives its generator where they are not known yet."""
        key = (sha256, method)
        with self._lock:
            found = self._found.get(key)
            if found is None:
                found = find_directions(load(), method)
                self._found.put(key, found)
            return found


def find_directions(generator: GeneratorNetwork, method: str) -> Directions:
    """Find the directions of a generator by a method of METHODS; the same ones each time, where it is on the CPU."""
    generator = deepcopy(generator)  # it is looked into while it draws, which must not reach who else draws with it
    vectors = sefa(generator) if method == "sefa" else pca(generator)
    w = _samples(generator)
    spread = (w[:, : vectors.shape[1]] @ vectors.T).std(dim=0)
    return Directions(F.pad(vectors * spread.unsqueeze(1), (0, w.shape[1] - vectors.shape[1])))


@torch.inference_mode()
def sefa(generator: GeneratorNetwork, count: int = COUNT) -> Tensor:  # -> [count, w_dim], unit rows
    """Return the directions that the first layers amplify most (Shen and Zhou 2021, arXiv:2007.06600, eq. 6).

    With A the weights of all layers that see w, put together, these are the eigenvectors of A^T A with the greatest
    eigenvalues.
    """
    weights = torch.cat([weight_matrix(layer) for layer in first_layers(generator)]).double()
    weights = weights[:, : _followed(generator)]
    return _fixed_sign(torch.linalg.eigh(weights.T @ weights).eigenvectors.T.flip(0)[:count].float())


@torch.inference_mode()
def pca(generator: GeneratorNetwork, count: int = COUNT) -> Tensor:  # -> [count, w_dim], unit rows
    """Return the directions in which activations vary most (Härkönen et al. 2020, arXiv:2004.02546).

    Where the generator has styles these are the principal components of w itself. Otherwise they are those of what
    reaches the second layer, led back to w by least squares (their eq. 3).
    """
    w = _samples(generator)
    if generator.styles:
        return _fixed_sign(principal_components(w, count))
    activations = _second_layer_input(generator, w)
    components = principal_components(activations, count)
    coordinates = (activations - activations.mean(dim=0)) @ components.T
    z = w[:, : _followed(generator)]
    regressed = torch.linalg.lstsq(coordinates.double(), (z - z.mean(dim=0)).double()).solution
    return _fixed_sign(F.normalize(regressed.float(), dim=1))


def principal_components(rows: Tensor, count: int) -> Tensor:  # [N, D] -> [count, D], orthonormal
    """Return the directions of greatest variance; through the N x N products where rows are longer than many."""
    centred = (rows - rows.mean(dim=0)).double()
    if centred.shape[1] <= centred.shape[0]:
        vectors: Tensor = torch.linalg.eigh(centred.T @ centred).eigenvectors.T
        return vectors.flip(0)[:count].to(rows.dtype)
    vectors = torch.linalg.eigh(centred @ centred.T).eigenvectors.T.flip(0)[:count]
    return F.normalize(vectors @ centred, dim=1).to(rows.dtype)


def weight_matrix(layer: Layer) -> Tensor:  # -> [outputs, inputs]
    """Return a layer's weights as the matrix that its input is multiplied by, on the CPU."""
    weight = layer.weight.detach().float().cpu()
    if isinstance(layer, nn.ConvTranspose2d):  # [inputs, outputs, K, K]
        return weight.flatten(1).T
    return weight.movedim(1, 0).flatten(1).T  # [outputs, inputs] or [outputs, inputs, K, K]


def _fixed_sign(vectors: Tensor) -> Tensor:
    """Turn each direction so that its largest component is positive: otherwise the sign would be the library's whim."""
    largest = vectors.abs().argmax(dim=1, keepdim=True)
    turned: Tensor = vectors * vectors.gather(1, largest).sign()
    return turned


def _followed(generator: GeneratorNetwork) -> int:
    """Return how much of w directions change: all of a style, but of an input with a class only the latent."""
    return generator.w_dim if generator.styles else generator.z_dim


@torch.inference_mode()
def _samples(generator: GeneratorNetwork) -> Tensor:  # -> [SAMPLES, w_dim]
    """Return w of many latents; where classes stand beside the latent, all are of the mean of the classes."""
    device = next(generator.parameters()).device
    z = latents.latents(SAMPLES_SEED, SAMPLES, generator.z_dim).to(device)
    labels = None
    if generator.classes:
        labels = latents.labels(SAMPLES_SEED, SAMPLES, generator.classes).to(device)
    w = generator.eval().map(z, labels)
    w = (w[:, 0] if generator.styles else w).float().cpu().clone()
    w[:, _followed(generator) :] = w[:, _followed(generator) :].mean(dim=0)
    return w


class _EnoughError(Exception):
    """The rest of the network need not run."""


@contextmanager
def _watched(generator: nn.Module, look: Callable[[Layer, Tensor], None]) -> Iterator[None]:
    """Call `look` with each layer that has weights and with what it is given, while the generator draws."""

    def hook(layer: nn.Module, inputs: tuple[Any, ...]) -> None:
        assert isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)  # noqa: S101 (for the type checker)
        look(layer, inputs[0])

    layers = [layer for layer in generator.modules() if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)]
    handles = [layer.register_forward_pre_hook(hook) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@torch.inference_mode()
def first_layers(generator: GeneratorNetwork) -> list[Layer]:
    """List the layers that are given w itself: found by looking at what each layer is given."""
    w = _samples(generator)[:4]
    found: dict[Layer, None] = {}

    def look(layer: Layer, given: Tensor) -> None:
        if given.numel() == w.numel() and torch.allclose(given.detach().float().cpu().reshape(w.shape), w, atol=1e-6):
            found[layer] = None

    with _watched(generator, look):
        generator.synthesize(_as_given(generator, w))
    return list(found)


@torch.inference_mode()
def _second_layer_input(generator: GeneratorNetwork, w: Tensor) -> Tensor:  # [N, w_dim] -> [N, D]
    """Return what reaches the first layer that is not given w: the activations of the first block."""
    first = first_layers(generator)
    found: list[Tensor] = []

    def look(layer: Layer, given: Tensor) -> None:
        if layer not in first and given.dim() == 4 and len(given) > 1:
            side = min(SIDE, given.shape[-1])
            found.append(F.adaptive_avg_pool2d(given.float(), side).flatten(1).cpu())
            raise _EnoughError

    for rows in torch.split(w, 50):
        with suppress(_EnoughError), _watched(generator, look):
            generator.synthesize(_as_given(generator, rows))
    return torch.cat(found)


def _as_given(generator: GeneratorNetwork, w: Tensor) -> Tensor:
    """Return w in the shape that `synthesize` takes, on the generator's device."""
    w = w.to(next(generator.parameters()).device)
    return w.unsqueeze(1).repeat(1, generator.styles, 1) if generator.styles else w
