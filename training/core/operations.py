"""How much computing a picture of a generator takes, known from its config: nothing is drawn and no memory taken."""

from __future__ import annotations

import functools
from collections.abc import Callable
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from training.core.generators import GeneratorConfig, build_generator
from training.core.tile import CELLS
from training.core.without_memory import without_memory


@functools.lru_cache(maxsize=256)
def tile_operations(config: GeneratorConfig) -> int:
    """Return the floating-point operations of a tile: two for each multiply-add of a convolution or product.

    The network is called once without memory, so that its own code says which layers there are and on what shapes.
    What else it computes, such as norms and activations, is a small share and not counted.
    """
    with without_memory(), torch.inference_mode(), _Counter() as counter:
        generator = build_generator(config).eval()
        counter.operations = 0  # of the first weights
        labels = torch.zeros(1, dtype=torch.int64) if config.classes else None
        generator(torch.empty(1, config.z_dim), labels, 0.5)  # a psi below 1 computes what a psi of 1 may leave out
    return CELLS * int(counter.operations)


@functools.lru_cache(maxsize=256)
def operations_bound(config: GeneratorConfig) -> int:
    """Return operations that a tile cannot exceed, known from the number of weights alone, and sooner.

    No weight is used at more places than a picture has pixels; where places look at each other, they are counted.
    """
    if config.largest_attention:
        return tile_operations(config)
    with without_memory():
        weights = sum(one.numel() for one in build_generator(config).parameters())
    return 2 * CELLS * config.resolution**2 * weights


def exceeds(config: GeneratorConfig, most: int) -> bool:
    """Tell whether a tile takes more operations than `most`."""
    return operations_bound(config) > most and tile_operations(config) > most


class _Counter(TorchFunctionMode):
    """Counts the operations of what is called while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: int = 0

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        products = COUNTED.get(function)
        if products is not None:
            self.operations += 2 * products(args[0], args[1], result)
        return result


def _convolution(_: Tensor, weight: Tensor, result: Tensor) -> int:  # [N, C, H, W], [out, in / groups, k, k]
    return result.numel() * prod(weight.shape[1:])


def _transposed(x: Tensor, weight: Tensor, _: Tensor) -> int:  # [N, C, H, W], [in, out / groups, k, k]
    return x.numel() * prod(weight.shape[1:])


def _product(x: Tensor, _: Tensor, result: Tensor) -> int:  # [.., N, K], [.., K, M] or [M, K] -> [.., N, M]
    return result.numel() * x.shape[-1]


COUNTED: dict[Any, Callable[[Tensor, Tensor, Tensor], int]] = {
    F.conv2d: _convolution,
    F.conv_transpose2d: _transposed,
    F.linear: _product,
    torch.bmm: _product,
    torch.matmul: _product,
    Tensor.matmul: _product,
    Tensor.__matmul__: _product,
    Tensor.bmm: _product,
}
