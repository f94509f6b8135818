"""The same generator rewritten to draw faster on a CPU, for looking: what it draws stays within a tile's tolerance."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.core.generators import GeneratorNetwork
from training.core.pixels import Pixels
from training.core.tolerance import MAX_LEVELS, MAX_TILE_SHARE

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)  # exactly: a layer derived from them may compute something else


def quicker(generator: GeneratorNetwork) -> GeneratorNetwork:
    """Return a copy that folds batch norms into convolutions and doubles a side by one transposed convolution.

    Weights change in their last bits only. The copy is for drawing; its layers are not those of the checkpoint.
    """
    copy = deepcopy(generator)
    for chain in [module for module in copy.modules() if type(module) is nn.Sequential]:
        _fold(chain)
        _join(chain)
    copy.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    return copy


def close_enough(found: Pixels, exact: Pixels) -> bool:
    """Tell whether pictures differ by no more than a tile may."""
    levels = np.abs(found.astype(np.int16) - exact)
    return bool(levels.max() <= MAX_LEVELS and (levels > 0).mean() <= MAX_TILE_SHARE)


def _fold(chain: nn.Sequential) -> None:
    """Put the factors and offsets of each batch norm into the convolution before it."""
    for index in range(len(chain) - 1):
        layer, norm = chain[index], chain[index + 1]
        if type(layer) in CONVOLUTIONS and type(norm) is nn.BatchNorm2d and norm.track_running_stats:
            chain[index] = fuse_conv_bn_eval(layer, norm, transpose=isinstance(layer, nn.ConvTranspose2d))  # type: ignore[type-var]
            chain[index + 1] = nn.Identity()


def _join(chain: nn.Sequential) -> None:
    """Replace each doubling of the side before a 3 x 3 convolution: four products for a pixel instead of nine."""
    for index in range(len(chain) - 1):
        up, layer = chain[index], chain[index + 1]
        if _doubles(up) and type(layer) is nn.Conv2d and _is_plain(layer):
            chain[index], chain[index + 1] = nn.Identity(), _transposed(layer)


def _doubles(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Upsample) and layer.mode == "nearest" and layer.scale_factor in (2, (2, 2))


def _is_plain(layer: nn.Conv2d) -> bool:
    shape = (layer.kernel_size, layer.padding, layer.stride, layer.dilation)
    return shape == ((3, 3), (1, 1), (1, 1), (1, 1)) and layer.groups == 1 and layer.padding_mode == "zeros"


def _transposed(layer: nn.Conv2d) -> nn.ConvTranspose2d:
    """Return the transposed convolution that equals doubling the side and then this convolution.

    Each pixel of the small side is a block of 2 x 2 on the large one, so its kernel is the sum of four shifted ones.
    """
    joined = nn.ConvTranspose2d(layer.in_channels, layer.out_channels, 4, 2, 1, bias=layer.bias is not None)
    joined.weight = nn.Parameter(_sum_of_shifted(layer.weight).float(), requires_grad=False)
    if layer.bias is not None:
        joined.bias = nn.Parameter(layer.bias.detach().clone(), requires_grad=False)
    return joined


def _sum_of_shifted(weight: Tensor) -> Tensor:  # [out, in, 3, 3] -> [in, out, 4, 4]
    turned = weight.detach().double().flip(2, 3).transpose(0, 1)
    total = turned.new_zeros(*turned.shape[:2], 4, 4)
    for down in (0, 1):
        for right in (0, 1):
            total[:, :, down : down + 3, right : right + 3] += turned
    return total
