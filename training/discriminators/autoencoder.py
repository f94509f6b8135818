"""BEGAN's discriminator: it judges an image by how well it can reconstruct it."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from training.discriminators.base import Discriminator, DiscriminatorConfig, DiscriminatorOutput

CODE = 64  # numbers by which the autoencoder describes an image
SMALLEST = 8


def autoencoder(config: DiscriminatorConfig) -> Discriminator:
    """An autoencoder whose logit is minus its error (BEGAN, Berthelot et al. 2017, arXiv:1703.10717, eq. 1)."""
    return Discriminator(nn.Identity(), AutoencoderHead(config))


class AutoencoderHead(nn.Module):  # [N, 3, R, R] -> DiscriminatorOutput
    """ELU convolutions down to 8 x 8, a code of 64 numbers, and the same way up again."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        count = (config.resolution // SMALLEST).bit_length() - 1
        widths = [config.width * (step + 1) for step in range(count + 1)]
        inner = widths[-1] * SMALLEST**2
        down: list[nn.Module] = [nn.Conv2d(3, widths[0], 3, padding=1), nn.ELU()]
        for before, after in pairwise(widths):
            down += [nn.Conv2d(before, after, 4, 2, 1), nn.ELU()]
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(inner, CODE))
        up: list[nn.Module] = [nn.Linear(CODE, inner), nn.Unflatten(1, (widths[-1], SMALLEST, SMALLEST))]
        for before, after in pairwise(reversed(widths)):
            up += [nn.Conv2d(before, after, 3, padding=1), nn.ELU(), nn.Upsample(scale_factor=2.0, mode="nearest")]
        self.decoder = nn.Sequential(*up, nn.Conv2d(widths[0], 3, 3, padding=1))

    def forward(self, seen: Tensor, labels: Tensor | None = None) -> DiscriminatorOutput:
        code = self.encoder(seen)
        error = (seen.float() - self.decoder(code).float()).abs().mean(dim=(1, 2, 3))
        return DiscriminatorOutput(-error[:, None], code)
