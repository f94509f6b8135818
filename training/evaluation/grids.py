"""How far a grid stands out of the pictures of a run while it goes on."""

from __future__ import annotations

import torch
from torch import Tensor

from training.core.generators import GeneratorConfig, build_generator
from training.core.latents import latents
from training.core.tile import CELLS, draw, seed_labels
from training.core.without_memory import without_memory
from training.evaluation.spectrum import compare, powers

EVERY_IMAGES = 10_000  # drawing the cells once takes less than a hundredth of the training in between
REALS = 1000  # about so many of the data's pictures are the reference
SEED = 0  # the cells are those of the preview


def reference(images: Tensor) -> Tensor:  # uint8 [N, 3, R, R] -> [1,000 to 1,999 at most, 7]
    """Return the power of reals, evenly spaced over the data."""
    return powers(images[:: max(1, len(images) // REALS)])


def standing_out(
    config: GeneratorConfig, state: dict[str, Tensor], real: Tensor, device: torch.device
) -> dict[str, float]:
    """Return the power at the periods of 2 and 4 pixels, fakes over reals [N, 7], in the 100 cells of a generator.

    `state` are the weights that are drawn with. The network is built without memory first, which draws no random
    number. Raises NotFiniteError where the generator returns values that are no colours.
    """
    with without_memory():
        generator = build_generator(config)
    generator.load_state_dict({name: value.to(device) for name, value in state.items()}, assign=True)
    cells = draw(generator, latents(SEED, CELLS, generator.z_dim), seed_labels(generator, SEED))
    return compare(real, powers(torch.from_numpy(cells).permute(0, 3, 1, 2).to(device))).periods
