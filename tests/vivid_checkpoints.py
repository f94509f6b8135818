"""Checkpoints whose pictures differ as those of a trained one do: a check of nearly grey tiles would show nothing."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from training.core import checkpoint
from training.core.generators import GeneratorConfig, build_generator
from training.core.latents import labels, latents


def write_vivid(folder: Path, *, seed: int = 0, network: str = "fastgan", side: int = 16, classes: int = 0) -> Path:
    """Write the checkpoint of a small generator with contrast and return its folder."""
    torch.manual_seed(seed)
    config = GeneratorConfig(network=network, z_dim=8, resolution=side, width=4, classes=classes)
    generator = build_generator(config)
    _give_contrast(generator, latents(seed, 64, config.z_dim), labels(seed, 64, classes) if classes else None)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint.save(folder, config, generator.state_dict(), {"images": 1000 + seed})
    return folder


@torch.no_grad()
def _give_contrast(generator: nn.Module, z: torch.Tensor, kinds: torch.Tensor | None) -> None:
    for norm in [module for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]:
        norm.momentum = None  # the statistics of the one batch below, not a tenth of them
    generator.train()(z, kinds)
    logits = torch.atanh(generator.eval()(z, kinds).clamp(-0.99999, 0.99999))
    for layer in generator.to_rgb.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.weight.mul_(0.8 / logits.std())
