"""The course's sample program as a plain PyTorch loop: the speed that ours is compared with."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

BATCH = 25
Z_DIM = 32
RESOLUTION = 128
WIDTH = 32


class PlainLoop:
    """Its networks, loss, optimizers and step: float32, the default memory format, and fakes drawn for each player."""

    def __init__(self, device: torch.device, resolution: int = RESOLUTION, width: int = WIDTH) -> None:
        self.device, self.resolution = device, resolution
        widths = [width * min(2**step, 16) for step in range((resolution // 4).bit_length())]  # from fine to coarse
        self.g = generator(widths[::-1]).to(device)
        self.d = discriminator(widths).to(device)
        self.g_optimizer = torch.optim.Adam(self.g.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.d_optimizer = torch.optim.Adam(self.d.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def step(self, images: Tensor) -> tuple[Tensor, Tensor]:  # uint8 [N, 3, R, R] -> the losses of D and G
        """Train D and then G, once each, on one batch."""
        real = images.to(self.device).float() / 255 * 2 - 1
        d_loss = self._against(self.d(self._draw(len(real)).detach()), 0.0) + self._against(self.d(real), 1.0)
        self.d_optimizer.zero_grad()
        d_loss.backward()  # type: ignore[no-untyped-call]
        self.d_optimizer.step()
        g_loss = self._against(self.d(self._draw(len(real))), 1.0)
        self.g_optimizer.zero_grad()
        g_loss.backward()  # type: ignore[no-untyped-call]
        self.g_optimizer.step()
        return d_loss.detach(), g_loss.detach()

    def _draw(self, count: int) -> Tensor:  # -> [N, 3, R, R]
        fakes: Tensor = self.g(torch.randn(count, Z_DIM, 1, 1, device=self.device))
        return fakes

    def _against(self, logits: Tensor, target: float) -> Tensor:
        return binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def generator(widths: list[int]) -> nn.Sequential:  # [N, 32, 1, 1] -> [N, 3, R, R] in [-1, 1]
    """Return G with these channels from 4 x 4 to the picture's side."""
    layers: list[nn.Module] = [nn.ConvTranspose2d(Z_DIM, widths[0], 4, 1, 0), nn.BatchNorm2d(widths[0]), nn.ReLU()]
    for before, after in pairwise(widths):
        layers += [nn.ConvTranspose2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], 3, 3, padding=1), nn.Tanh())


def discriminator(widths: list[int]) -> nn.Sequential:  # [N, 3, R, R] -> [N, 1, 1, 1]
    """Return D with these channels from the picture's side to 4 x 4."""
    layers: list[nn.Module] = [nn.Conv2d(3, widths[0], 3, padding=1), nn.LeakyReLU(0.1)]
    for before, after in pairwise(widths):
        layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.1)]
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4))
