"""A run: two networks, their optimizers and the count of images seen. Everything that a resume needs is here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy
from torch.nn.utils import parametrize
from torch.optim import Optimizer

from training.core.generators import GeneratorNetwork, build_generator
from training.core.latents import labels as draw_labels
from training.core.latents import latents
from training.core.normalization import WRAPS, plain_state
from training.core.pixels import to_float
from training.discriminators import Judgement, build_discriminator
from training.recipes.recipe import Recipe
from training.runs.step_types import Batch, Judged, Measures
from training.tricks import augmentation
from training.tricks.adaptive import Control
from training.tricks.generator_noise import disturb
from training.tricks.initialization import INITS
from training.tricks.losses import LOSSES
from training.tricks.optimizers import OPTIMIZERS, clip
from training.tricks.regularizers import PENALTIES, View
from training.tricks.replay_buffer import Replay
from training.tricks.unrolled import look_ahead
from training.tricks.vae_encoder import Encoder, likeness_loss, prior_loss, sample

SEED_STRIDE = 1_000_003  # a prime: two seeds reach the same stream of steps only after a million images
STATISTICS_SEED, STATISTICS_BATCH = 0, 64  # of the latents that an average's batch norms are measured with
FROZEN = "backbone.features."  # the weights of a network that is never trained, among those of D
EMA_WARMUP = 0.1  # the half-life is at most this part of the images seen
Judge = Callable[..., Judgement]


class Run:
    """One run of a recipe, from its first weights on.

    The clock is `images`, the count of real images seen. Each step draws its random numbers from (seed, images), so
    that on the CPU two halves of a run equal the whole, bit by bit.
    """

    def __init__(self, recipe: Recipe, seed: int, device: torch.device, precision: torch.dtype = torch.float32) -> None:
        torch.manual_seed(seed)
        self.recipe, self.seed, self.device, self.images = recipe, seed, device, 0
        self.precision = precision
        self.loss = LOSSES[recipe.loss]
        self.g = build_generator(recipe.generator_config())
        _prepare(self.g, recipe.init, recipe.g_wrap, device)
        disturb(self.g.stages(), recipe.g_dropout, recipe.g_noise)
        self.d = build_discriminator(recipe.discriminator_config()).to(device)
        self.d.backbone.to(memory_format=torch.channels_last)
        _prepare(self.d.head, recipe.init, recipe.d_wrap, device)
        self.average = deepcopy(self.g) if recipe.ema_images else self.g
        self.encoder = _encoder(recipe, device)
        betas = (recipe.beta1, recipe.beta2)
        with_g = [*self.g.parameters(), *self.encoder.parameters()]
        self.g_optimizer = OPTIMIZERS[recipe.g_optimizer](with_g, recipe.g_lr, *betas)
        self.d_optimizer = OPTIMIZERS[recipe.d_optimizer](self.d.head.parameters(), recipe.d_lr, *betas)
        diversity = recipe.diversity if recipe.loss == "began" else 0.0
        self.control = Control(target=recipe.ada_target, ramp_images=recipe.ada_images, diversity=diversity).to(device)
        self.replay = Replay(recipe.replay, recipe.resolution).to(device) if recipe.replay else nn.Module()
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.precision == torch.float16)

    def step(self, real: Tensor, labels: Tensor | None = None) -> Measures:  # uint8 [N, 3, R, R], int64 [N]
        """Train D once, and G once every `d_steps` steps, on one batch of reals and one batch of fakes.

        G draws once: both players see the same fakes under the same augmentation, and a frozen backbone looks once.
        """
        torch.manual_seed(self.seed * SEED_STRIDE + self.images)
        self.g.train()
        self.d.train()
        labels = labels.to(self.device) if self.recipe.classes and labels is not None else None
        g_trains = (self.images // len(real)) % self.recipe.d_steps == self.recipe.d_steps - 1
        with parametrize.cached():  # a spectral norm is taken once for all that D judges with the same weights
            reals = self._batch(self._reals(real), labels)
            with torch.set_grad_enabled(g_trains), self._autocast():
                drawn = self._fakes(len(real), labels)
            fakes = self._batch(drawn.float(), labels)  # augmented in float32, as the reals are
            d_loss, d_gradient, judged = self._train_d(reals, self._shown(fakes))
        skipped = ~torch.isfinite(d_gradient)
        if g_trains:
            with parametrize.cached():
                g_loss, g_gradient = self._train_g(reals, fakes, judged)
            skipped |= ~torch.isfinite(g_gradient)
            self.control.g_loss, self.control.g_gradient = g_loss, self._taken(g_gradient)
        self.scaler.update()
        self.control.update(judged.real, judged.fake)
        self.images += len(real)
        self._average()
        spread = _spread(drawn) / _spread(reals.images)
        return self._measures(d_loss, self._taken(d_gradient), judged, spread, skipped.float())

    def generator_state(self) -> dict[str, Tensor]:
        """Return the weights to draw with: averaged, without wraps, float32 on the CPU."""
        count = self.recipe.average_statistics
        if not count or self.average is self.g:
            return _drawn_state(self.average)
        return _drawn_state(with_own_statistics(self.average, count))

    def raw_state(self) -> dict[str, Tensor] | None:
        """Return the weights as last trained, in the same form; None where no average is kept beside them."""
        return None if self.average is self.g else _drawn_state(self.g)

    def state(self) -> dict[str, Any]:
        """Return everything that a resume needs."""
        parts = {name: getattr(self, name).state_dict() for name in self._parts()}
        return {"images": self.images, "seed": self.seed, **parts, "d": _without_frozen(parts["d"])}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned; the recipe must be the same."""
        known = {name: value for name, value in self.d.state_dict().items() if name.startswith(FROZEN)}
        state = {**state, "d": {**known, **_without_frozen(state["d"])}}
        for name in self._parts():
            if state[name]:  # a precision that needs no scaler leaves its state empty
                getattr(self, name).load_state_dict(state[name])
        self.images, self.seed = state["images"], state["seed"]

    def _parts(self) -> list[str]:
        parts = ["g", "d", "average", "g_optimizer", "d_optimizer", "scaler", "control", "replay"]
        return [*parts, "encoder"] if self.recipe.hybrid else parts

    def _reals(self, real: Tensor) -> Tensor:
        real = to_float(real.to(self.device, non_blocking=True)).contiguous(memory_format=torch.channels_last)
        if not self.recipe.flip:
            return real
        mirrored = torch.rand(len(real), 1, 1, 1, device=self.device) < 0.5
        return torch.where(mirrored, real.flip(3), real)

    def _fakes(self, count: int, labels: Tensor | None) -> Tensor:
        w = self.g.map(torch.randn(count, self.recipe.z_dim, device=self.device), labels)
        if self.recipe.style_mixing:
            w = _mix_styles(self.g, w, labels, self.recipe.style_mixing)
        return self.g.synthesize(w)

    def _batch(self, images: Tensor, labels: Tensor | None) -> Batch:
        with self._autocast():
            return Batch(images, self._look(images), labels)

    def _shown(self, fakes: Batch) -> Batch:
        """Return the fakes as D is trained on them: cut off from G, and some of them old where there is a replay."""
        if isinstance(self.replay, Replay):
            with torch.no_grad():
                return self._batch(self.replay.mix(fakes.images), fakes.labels)
        return Batch(fakes.images.detach(), _detach(fakes.seen), fakes.labels)

    def _look(self, images: Tensor) -> Any:
        recipe = self.recipe
        if recipe.d_noise:
            images = images + self._fading(recipe.d_noise, recipe.d_noise_images) * torch.randn_like(images)
        strength = self.control.strength if recipe.ada_target else None
        images = augmentation.apply(recipe.augment, images, strength)
        if recipe.d_blur:
            images = augmentation.blur(images, self._fading(recipe.d_blur, recipe.d_blur_images))
        return self.d.backbone(images.contiguous(memory_format=torch.channels_last))

    def _fading(self, value: float, images: int) -> float:
        """Return what is left of a value that fades evenly over the first `images`."""
        return value * max(0.0, 1.0 - self.images / images)

    def _train_d(self, reals: Batch, fakes: Batch) -> tuple[Tensor, Tensor, Judged]:
        with self._autocast():
            judged = self._judge(self.d.head, reals, fakes)
        loss = self._d_game(judged)
        for name, weight in self.recipe.penalties:
            loss = loss + weight * self._penalty(name, reals, fakes, judged)
        gradient = self._descend(self.d_optimizer, self.d.head, loss)
        if self.recipe.clip:
            clip(self.d.head.parameters(), self.recipe.clip)
        return loss.detach(), gradient, judged.detach()

    def _judge(self, head: Judge, reals: Batch, fakes: Batch) -> Judged:
        if self.recipe.separate_batches:
            return Judged(head(reals.seen, reals.labels), head(fakes.seen, fakes.labels), reals.labels)
        both: Judgement = head(_join(reals.seen, fakes.seen), _join(reals.labels, fakes.labels))
        count = len(reals.images)
        return Judged(both.each(lambda part: part[:count]), both.each(lambda part: part[count:]), reals.labels)

    def _d_game(self, judged: Judged) -> Tensor:
        """Return D's loss in its game: logits, the direction of a sliced last layer, classes."""
        real, fake = judged.real, judged.fake * self.control.balance
        if self.recipe.flip_labels:
            flipped = torch.rand(len(real), 1, device=real.device) < self.recipe.flip_labels
            real, fake = torch.where(flipped, fake, real), torch.where(flipped, real, fake)
        reals, fakes, labels = judged
        loss = reals.mean(self.loss.d(real, fake))
        if reals.sliced is not None and fakes.sliced is not None:
            loss = loss + LOSSES["wasserstein"].d(reals.sliced.float(), fakes.sliced.float()).mean()
        for one in (reals, fakes):
            if one.classes is not None and labels is not None:
                loss = loss + self.recipe.class_weight * cross_entropy(one.classes.float(), labels)
        return loss

    def _penalty(self, name: str, reals: Batch, fakes: Batch, judged: Judged) -> Tensor:
        """Return a penalty's mean over the batch; a lazy one acts in some steps only, and then the more."""
        penalty, every = PENALTIES[name], self.recipe.penalty_every if PENALTIES[name].lazy else 1
        if (self.images // len(reals.images)) % every:
            return torch.zeros((), device=self.device)
        view = View(
            d=lambda images: self.d.head(self._look(images), reals.labels).logits.float().sum(dim=1),
            real=reals.images,
            fake=fakes.images.float(),
            real_logits=judged.real,
            fake_logits=judged.fake,
            real_mean=self.control.real_mean,
            fake_mean=self.control.fake_mean,
            reconstruct=getattr(self.d.head, "reconstruction", None),
        )
        return every * penalty.function(view).mean()

    def _train_g(self, reals: Batch, fakes: Batch, judged: Judged) -> tuple[Tensor, Tensor]:
        head: Judge = self.d.head
        if self.recipe.unrolled:
            head = self._later_head(reals, fakes)
        self.d.head.requires_grad_(False)
        with self._autocast():
            fake = head(fakes.seen, fakes.labels)
            real = self._judge_again(head, reals, judged)
        loss = self._g_game(real, fake, fakes.labels)
        if self.recipe.hybrid:
            loss = loss + self.recipe.hybrid * self._hybrid_loss(reals)
        self.d.head.requires_grad_(True)
        return loss.detach(), self._descend(self.g_optimizer, self.g, loss)

    def _g_game(self, real: Judgement, fake: Judgement, labels: Tensor | None) -> Tensor:
        """Return G's loss in its game: logits, the means of D's features, classes."""
        loss = self.recipe.adversarial * fake.mean(self.loss.g(real.logits.float(), fake.logits.float()))
        if self.recipe.feature_matching:
            distance = (real.features.float().mean(dim=0) - fake.features.float().mean(dim=0)).abs().mean()
            loss = loss + self.recipe.feature_matching * distance
        if fake.classes is not None and labels is not None:
            loss = loss + self.recipe.class_weight * cross_entropy(fake.classes.float(), labels)
        return loss

    def _hybrid_loss(self, reals: Batch) -> Tensor:
        """Return a VAE's loss: how unlike the reals G paints them again, and how unlike the prior their latents are.

        D compares without augmentation, which would be another for each of a pair. What G keeps for drawing, such as
        batch norm's running means, is left as the latents of the prior made it.
        """
        with self._autocast():
            mean, log_variance = self.encoder(reals.images)
            kept = {name: buffer.clone() for name, buffer in self.g.named_buffers()}
            painted = functional_call(self.g, kept, (sample(mean, log_variance), reals.labels))
            with torch.no_grad():
                wanted = self._features(reals.images, reals.labels)
            likeness = likeness_loss(wanted, self._features(painted.float(), reals.labels))
        return (prior_loss(mean, log_variance) + likeness).mean()

    def _features(self, images: Tensor, labels: Tensor | None) -> Tensor:
        judged: Judgement = self.d.head(self.d.backbone(images), labels)
        return judged.features.float()

    def _later_head(self, reals: Batch, fakes: Batch) -> Judge:
        def loss(head: Judge) -> Tensor:  # in float32: its second derivatives would vanish in float16
            return self._d_game(self._judge(head, reals, fakes))

        return look_ahead(self.d.head, self.d_optimizer, loss, self.recipe.unrolled)

    def _judge_again(self, head: Judge, reals: Batch, judged: Judged) -> Judgement:
        """Return what D says of the reals now, where G's loss looks at that; otherwise what it said before its step."""
        if not self.loss.paired and not self.recipe.feature_matching:
            return judged.reals
        with torch.no_grad():
            return head(reals.seen, reals.labels)

    def _descend(self, optimizer: Optimizer, network: nn.Module, loss: Tensor) -> Tensor:
        """Take one step and return the length of its gradient."""
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(self.scaler.scale(loss))
        self.scaler.unscale_(optimizer)
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        length: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        self.scaler.step(optimizer)
        return length

    def _taken(self, gradient: Tensor) -> Tensor:
        """Return a gradient's length, or 0 where the scaler has skipped the step because of it."""
        return torch.nan_to_num(gradient, 0.0, 0.0, 0.0) if self.scaler.is_enabled() else gradient

    @torch.no_grad()
    def _average(self) -> None:
        if self.average is self.g:
            return
        half_life = min(self.recipe.ema_images, EMA_WARMUP * self.images)
        keep = 0.5 ** (self.recipe.batch / half_life)
        torch._foreach_lerp_(list(self.average.parameters()), list(self.g.parameters()), 1.0 - keep)
        buffers = list(self.g.buffers())
        if buffers:
            torch._foreach_copy_(list(self.average.buffers()), buffers)

    def _measures(
        self, d_loss: Tensor, d_gradient: Tensor, judged: Judged, spread: Tensor, skipped: Tensor
    ) -> Measures:
        control = self.control
        means = judged.real.mean(), judged.fake.mean()
        steered = control.overfit.clone(), control.strength.clone(), control.balance.clone()
        return Measures(d_loss, control.g_loss, *means, d_gradient, control.g_gradient, *steered, spread, skipped)

    def _autocast(self) -> AbstractContextManager[Any]:
        half = self.precision != torch.float32
        return torch.autocast(self.device.type, self.precision if half else None, enabled=half)


def _prepare(network: nn.Module, init: str, wrap: str, device: torch.device) -> None:
    INITS[init](network)
    network.to(device).to(memory_format=torch.channels_last)
    WRAPS[wrap](network)


def _encoder(recipe: Recipe, device: torch.device) -> nn.Module:
    """Return the encoder of a hybrid; it draws no random numbers where there is none."""
    if not recipe.hybrid:
        return nn.Module()
    encoder = Encoder(recipe.z_dim, recipe.resolution, recipe.g_width)
    _prepare(encoder, recipe.init, "none", device)
    return encoder


def _drawn_state(network: GeneratorNetwork) -> dict[str, Tensor]:
    state = plain_state(network.eval())
    return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in state.items()}


def _mix_styles(g: GeneratorNetwork, w: Tensor, labels: Tensor | None, share: float) -> Tensor:
    """Give a share of the fakes a second style from a random place on (StyleGAN, arXiv:1812.04948, section 3.1)."""
    other = g.map(torch.randn(len(w), g.z_dim, device=w.device), labels)
    start = torch.randint(1, g.styles, (len(w), 1, 1), device=w.device)
    mixed = (torch.arange(g.styles, device=w.device)[None, :, None] >= start) & (
        torch.rand(len(w), 1, 1, device=w.device) < share
    )
    return torch.where(mixed, other, w)


@torch.no_grad()
def _spread(images: Tensor) -> Tensor:
    """Return how much the images of a batch differ: the standard deviation over the batch, a mean over the pixels."""
    images = images.float()
    variance = images.square().mean(dim=0) - images.mean(dim=0).square()  # a fifth of the time of Tensor.std
    return variance.clamp(min=0.0).sqrt().mean()


def _join(first: Any, second: Any) -> Any:
    if isinstance(first, list):
        return [torch.cat(pair) for pair in zip(first, second, strict=True)]
    return None if first is None else torch.cat([first, second])


def _detach(seen: Any) -> Any:
    return [one.detach() for one in seen] if isinstance(seen, list) else seen.detach()


@torch.no_grad()
def with_own_statistics(network: GeneratorNetwork, count: int) -> GeneratorNetwork:
    """Return a copy whose batch norms have the statistics of its own features for the first `count` latents of a seed.

    An average of weights draws features of another mean and variance than the weights that it is the average of. The
    same is done for averages of weights in general (Izmailov et al. 2018, arXiv:1803.05407, section 3.2).
    """
    copy = deepcopy(network).eval()
    device = next(copy.parameters()).device
    for norm in (layer for layer in copy.modules() if isinstance(layer, nn.BatchNorm2d)):
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
        norm.train()
    z = latents(STATISTICS_SEED, count, copy.z_dim).to(device)
    labels = draw_labels(STATISTICS_SEED, count, copy.classes).to(device) if copy.classes else None
    for start in range(0, count, STATISTICS_BATCH):
        rows = slice(start, start + STATISTICS_BATCH)
        copy(z[rows], None if labels is None else labels[rows])
    return copy


def _without_frozen(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Leave out the frozen network, which every machine has from elsewhere."""
    return {name: value for name, value in state.items() if not name.startswith(FROZEN)}
