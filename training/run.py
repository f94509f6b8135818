"""A run: two networks, their optimizers and the count of images seen. Everything that a resume needs is here."""

from __future__ import annotations

from contextlib import AbstractContextManager
from copy import deepcopy
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from training import augment
from training.discriminators import build_discriminator
from training.generators import build_generator
from training.images import to_float
from training.inits import INITS
from training.losses import LOSSES
from training.norms import WRAPS, plain_state
from training.recipe import Recipe

SEED_STRIDE = 1_000_003  # a prime: two seeds reach the same stream of steps only after a million images
EMA_WARMUP = 0.1  # the half-life is at most this part of the images seen


class Losses(NamedTuple):
    """What D and G lost in one step, scalars on the run's device."""

    d: Tensor
    g: Tensor


class Run:
    """One run of a recipe, from its first weights on.

    The clock is `images`, the count of real images seen. Each step draws its random numbers from (seed, images), so
    that on the CPU two halves of a run equal the whole, bit by bit.
    """

    def __init__(self, recipe: Recipe, seed: int, device: torch.device) -> None:
        torch.manual_seed(seed)
        self.recipe, self.seed, self.device, self.images = recipe, seed, device, 0
        self.g = _prepare(build_generator(recipe.generator_config()), recipe.init, recipe.g_wrap, device)
        self.d = build_discriminator(recipe.discriminator_config()).to(device)
        _prepare(self.d.head, recipe.init, recipe.d_wrap, device)
        self.average = deepcopy(self.g) if recipe.ema_images else self.g
        betas = (recipe.beta1, recipe.beta2)
        self.g_optimizer = Adam(self.g.parameters(), recipe.g_lr, betas)
        self.d_optimizer = Adam(self.d.head.parameters(), recipe.d_lr, betas)
        self.precision = _precision(device)
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.precision == torch.float16)

    def step(self, real: Tensor) -> Losses:  # uint8 [N, 3, R, R]
        """Train D once, then G once, on one batch of reals and one batch of fakes.

        G draws once: both players see the same fakes under the same augmentation, and a frozen backbone looks once.
        """
        torch.manual_seed(self.seed * SEED_STRIDE + self.images)
        self.g.train()
        self.d.train()
        with self._autocast():
            fake = self.g(torch.randn(len(real), self.recipe.z_dim, device=self.device))
            seen_real = self._look(self._reals(real))
            seen_fake = self._look(fake)
        d_loss, real_logits = self._train_d(seen_real, seen_fake)
        g_loss = self._train_g(real_logits, seen_fake)
        self.scaler.update()
        self.images += len(real)
        self._average()
        return Losses(d_loss, g_loss)

    def generator_state(self) -> dict[str, Tensor]:
        """Return the weights to draw with: averaged, without wraps, float32 on the CPU."""
        state = plain_state(self.average.eval())
        return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in state.items()}

    def state(self) -> dict[str, Any]:
        """Return everything that a resume needs."""
        parts = {name: getattr(self, name).state_dict() for name in self._parts()}
        return {"images": self.images, "seed": self.seed, **parts}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned; the recipe must be the same."""
        for name in self._parts():
            if state[name]:  # a device that needs no scaler leaves its state empty
                getattr(self, name).load_state_dict(state[name])
        self.images, self.seed = state["images"], state["seed"]

    def _parts(self) -> list[str]:
        return ["g", "d", "average", "g_optimizer", "d_optimizer", "scaler"]

    def _reals(self, real: Tensor) -> Tensor:
        real = to_float(real.to(self.device, non_blocking=True))
        if not self.recipe.flip:
            return real
        mirrored = torch.rand(len(real), 1, 1, 1, device=self.device) < 0.5
        return torch.where(mirrored, real.flip(3), real)

    def _look(self, images: Tensor) -> Any:
        return self.d.backbone(augment.apply(self.recipe.augment, images))

    def _train_d(self, seen_real: Any, seen_fake: Any) -> tuple[Tensor, Tensor]:
        with self._autocast():
            real_logits = self.d.head(seen_real)
            fake_logits = self.d.head(_detach(seen_fake))
        loss = LOSSES[self.recipe.loss].d(real_logits.float(), fake_logits.float()).mean()
        self._descend(self.d_optimizer, loss)
        return loss.detach(), real_logits.detach()

    def _train_g(self, real_logits: Tensor, seen_fake: Any) -> Tensor:
        self.d.head.requires_grad_(False)
        with self._autocast():
            fake_logits = self.d.head(seen_fake)
        self.d.head.requires_grad_(True)
        loss = LOSSES[self.recipe.loss].g(real_logits.float(), fake_logits.float()).mean()
        self._descend(self.g_optimizer, loss)
        return loss.detach()

    def _descend(self, optimizer: Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(self.scaler.scale(loss))
        self.scaler.step(optimizer)

    @torch.no_grad()
    def _average(self) -> None:
        if self.average is self.g:
            return
        half_life = min(self.recipe.ema_images, EMA_WARMUP * self.images)
        keep = 0.5 ** (self.recipe.batch / half_life)
        for mean, weight in zip(self.average.parameters(), self.g.parameters(), strict=True):
            mean.lerp_(weight, 1.0 - keep)
        for kept, buffer in zip(self.average.buffers(), self.g.buffers(), strict=True):
            kept.copy_(buffer)

    def _autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, self.precision, enabled=self.precision is not None)


def _prepare(network: nn.Module, init: str, wrap: str, device: torch.device) -> nn.Module:
    INITS[init](network)
    network = network.to(device).to(memory_format=torch.channels_last)
    WRAPS[wrap](network)
    return network


def _detach(seen: Any) -> Any:
    return [one.detach() for one in seen] if isinstance(seen, list) else seen.detach()


def _precision(device: torch.device) -> torch.dtype | None:
    """Return the half precision that `device` is fast in: bfloat16 or float16 on a GPU, none on the CPU."""
    if device.type != "cuda":
        return None
    return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16
