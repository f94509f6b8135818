"""The power spectrum of the fakes brought to the reals', frequency by frequency."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.core.sharding import batch_mean, whole_count

REAL_HALF_LIFE, FAKE_HALF_LIFE = 20_000, 4_000  # images, of the running means of power
WARMUP = 0.5  # a half-life is at most this part of the images seen
FULL = 4_000  # images from which on the loss counts in full, when the running means are no longer chance
FLOOR = 1 / 36 / 127.5**2  # the power of rounding to levels, for pictures in [-1, 1]; what is below is not heard
MOST = 2.0  # how far a logarithm of a ratio counts
TO_OPPONENT = ((1 / 3, 1 / 3, 1 / 3), (0.5, -0.5, 0.0), (0.25, 0.25, -0.5))  # grey, red-green and yellow-blue


class SpectralRegularizer(nn.Module):
    """A loss of G that grows with the distance of log powers between fakes and reals, at each frequency.

    After the spectral regularization of Durall et al. (2020, arXiv:2003.01826, eq. 8), which compares the powers of a
    batch, averaged over directions. Here each frequency in two dimensions is compared, since a grid stands at single
    ones, and running means over some thousand pictures are, since the power of one batch is mostly chance. With d the
    logarithm of the ratio of these means, the loss of a batch of power p is the mean of d * p / mean(p) over
    frequencies and channels: its gradient is, on average, that of d ** 2 / 2. It fades in over the first pictures.
    """

    real: Tensor
    fake: Tensor
    images: Tensor
    window: Tensor
    opponent: Tensor

    def __init__(self, resolution: int) -> None:
        super().__init__()
        shape = len(TO_OPPONENT), resolution, resolution // 2 + 1
        for name in ("real", "fake"):
            self.register_buffer(name, torch.zeros(shape))
        self.register_buffer("images", torch.zeros((), dtype=torch.int64))
        hann = torch.hann_window(resolution)
        self.register_buffer("window", hann[:, None] * hann, persistent=False)
        self.register_buffer("opponent", torch.tensor(TO_OPPONENT), persistent=False)

    def power(self, images: Tensor) -> Tensor:  # float32 [N, 3, R, R] in [-1, 1] -> [3, R, R // 2 + 1]
        """Return the mean power of a batch in its opponent channels, as `training.evaluation.spectrum` measures it."""
        channels = torch.einsum("kc,nchw->nkhw", self.opponent, images)
        channels = (channels - channels.mean(dim=(2, 3), keepdim=True)) * self.window
        power: Tensor = batch_mean(torch.fft.rfft2(channels).abs().square()) / self.window.square().sum()
        return power

    def forward(self, real: Tensor, fake: Tensor) -> Tensor:  # [N, 3, R, R] in [-1, 1], twice -> scalar
        """Take a batch into the running means and return its loss."""
        power = self.power(fake.float())
        with torch.no_grad():
            self._update(self.power(real.float()), power.detach(), whole_count(len(real)))
            distance = ((self.fake + FLOOR) / (self.real + FLOOR)).log().clamp(-MOST, MOST)
        fade = (self.images / FULL).clamp(max=1.0)
        return fade * (distance * power / (self.fake + FLOOR)).mean()

    def _update(self, real: Tensor, fake: Tensor, count: int) -> None:
        self.images += count
        for mean, power, most in ((self.real, real, REAL_HALF_LIFE), (self.fake, fake, FAKE_HALF_LIFE)):
            half_life = (WARMUP * self.images).clamp(max=most)
            mean.lerp_(power, 1.0 - 0.5 ** (count / half_life))
