"""FastGAN's self-supervised discriminator, in a light form."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, interpolate

from training.core.generators.layers import GLU
from training.core.normalization import NORMS
from training.discriminators.base import Discriminator, DiscriminatorConfig, DiscriminatorOutput, Head
from training.discriminators.dcgan import halvings

MOST = 8  # widths that a layer has at most
SMALL = 32  # side of the decoders' pictures


def fastgan(config: DiscriminatorConfig) -> Discriminator:
    """A discriminator that must also reconstruct the reals from its own maps (Liu et al. 2021, arXiv:2101.04775).

    The penalty `reconstruction` asks for that; the mean absolute error stands in for the paper's perceptual one, which
    needs a network trained on other pictures.
    """
    return Discriminator(nn.Identity(), SelfSupervisedHead(config))


class SelfSupervisedHead(nn.Module):  # [N, 3, R, R], labels [N], timesteps [N] -> DiscriminatorOutput
    """Halvings of two paths down to 4 x 4, a head on the last maps, and two decoders on maps before them."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        count = halvings(config.resolution)
        widths = [3] + [config.width * min(2**step, MOST) for step in range(count)]
        downs = [_Down(before, after, config.norm) for before, after in pairwise(widths)]
        self.downs = nn.Sequential(*downs)
        self.judge = Head(self.downs, widths[-1], 4, config)
        self.whole = _decoder(widths[-1], config.width)
        self.part = _decoder(widths[-2], config.width)

    def forward(
        self, seen: Tensor, labels: Tensor | None = None, timesteps: Tensor | None = None
    ) -> DiscriminatorOutput:
        output: DiscriminatorOutput = self.judge(seen, labels, timesteps)
        return output

    def reconstruction(self, images: Tensor) -> Tensor:  # [N, 3, R, R] -> [N]
        """Return how far each picture and a random quarter of it are from what the decoders make of its maps."""
        maps = self.downs[:-1](images)
        rows, columns = (int(torch.randint(2, ())) for _ in range(2))
        reconstructed = self.part(_quarter(maps, rows, columns))
        error = _distance(reconstructed, _quarter(images, rows, columns))
        both: Tensor = error + _distance(self.whole(self.downs[-1](maps)), images)
        return both


class _Down(nn.Module):  # [N, before, S, S] -> [N, after, S / 2, S / 2]
    """A strided convolution and a convolution beside a mean over 2 x 2 and one of 1 x 1; their mean."""

    def __init__(self, before: int, after: int, norm: str) -> None:
        super().__init__()
        self.main = nn.Sequential(
            *(nn.Conv2d(before, after, 4, 2, 1), NORMS[norm](after), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(after, after, 3, padding=1), NORMS[norm](after), nn.LeakyReLU(0.2)),
        )
        self.direct = nn.Sequential(nn.Conv2d(before, after, 1), NORMS[norm](after), nn.LeakyReLU(0.2))

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.main(x) + self.direct(avg_pool2d(x, 2))
        return added / 2.0


def _decoder(channels: int, width: int) -> nn.Sequential:
    """Turn maps of 4 x 4 into a picture of `SMALL` x `SMALL` pixels."""
    layers: list[nn.Module] = []
    for before in (channels, 2 * width, 2 * width):
        layers += [nn.Upsample(scale_factor=2.0, mode="nearest"), nn.Conv2d(before, 4 * width, 3, padding=1)]
        layers += [nn.BatchNorm2d(4 * width), GLU()]
    return nn.Sequential(*layers, nn.Conv2d(2 * width, 3, 3, padding=1), nn.Tanh())


def _quarter(maps: Tensor, row: int, column: int) -> Tensor:
    height, width = maps.shape[2] // 2, maps.shape[3] // 2
    return maps[:, :, row * height : (row + 1) * height, column * width : (column + 1) * width]


def _distance(reconstructed: Tensor, images: Tensor) -> Tensor:
    wanted = adaptive_avg_pool2d(images, SMALL) if images.shape[2] > SMALL else interpolate(images, SMALL, mode="area")
    return (reconstructed - wanted).abs().mean(dim=(1, 2, 3))
