"""VAE and GAN in one: an encoder that is trained with G and tells from which latents a real picture could have come."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from training.core.sharding import drawn_like
from training.discriminators.dcgan import MOST, halvings


class Encoder(nn.Module):  # [N, 3, R, R] -> two times [N, z_dim]
    """Describe each picture by a normal distribution of latents: its mean and the logarithm of its variance.

    Larsen et al. 2016 (arXiv:1512.09300), in the manner of DCGAN: halvings with batch norm down to 4 x 4, then one
    linear layer. `width` is the channels at half the picture's side.
    """

    def __init__(self, z_dim: int, resolution: int, width: int) -> None:
        super().__init__()
        widths = [3] + [width * min(2**step, MOST) for step in range(halvings(resolution))]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(widths[-1] * 16, 2 * z_dim))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.body(images).float().chunk(2, dim=1)
        return mean, log_variance


def sample(mean: Tensor, log_variance: Tensor) -> Tensor:  # [N, z_dim], [N, z_dim] -> [N, z_dim]
    """Draw one latent from each distribution, so that its gradient goes back to both (arXiv:1312.6114, section 2.4)."""
    return mean + torch.exp(0.5 * log_variance) * drawn_like(torch.randn_like, mean)


def prior_loss(mean: Tensor, log_variance: Tensor) -> Tensor:  # [N, z_dim], [N, z_dim] -> [N]
    """Return KL(N(mean, variance) || N(0, I)) (arXiv:1512.09300, eq. 4; in closed form arXiv:1312.6114, appendix B)."""
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1.0).sum(dim=1)


def reconstruction_loss(real: Tensor, reconstructed: Tensor) -> Tensor:  # D's features [N, F], [N, F] -> [N]
    """Return -log N(real | reconstructed, I) without its constant (arXiv:1512.09300, eq. 6 and 7)."""
    return 0.5 * (real - reconstructed).square().sum(dim=1)
