"""The trainer: two networks, their optimizers and the count of images seen. One step is the algorithm."""

from __future__ import annotations

from contextlib import AbstractContextManager
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.optim import Optimizer

from training.core.generators import build_generator
from training.core.normalization import WRAPS, load_plain_state
from training.core.pixels import to_float
from training.core.sharding import (
    Shard,
    batch_mean,
    drawn,
    gathered,
    sharded,
    sum_in_place,
    summed,
    weighed,
    whole_count,
)
from training.discriminators import DiscriminatorOutput, build_discriminator
from training.recipes.recipe import Recipe
from training.runs.generator_average import published_state, update_average, with_own_statistics
from training.runs.step_hooks import StepHook, step_hooks
from training.runs.step_types import Augmented, Batch, Head, Measures, Outputs, Update
from training.runs.synchronized_batch_norm import synchronize_batch_norms
from training.tricks import augmentation
from training.tricks.adaptive import AdaptiveState
from training.tricks.generator_noise import add_generator_noise
from training.tricks.initialization import INITS
from training.tricks.losses import LOSSES
from training.tricks.optimizers import OPTIMIZERS, Parameters, lazily
from training.tricks.regularizers import PENALTIES, View

SEED_STRIDE = 1_000_003  # a prime: two seeds reach the same stream of steps only after a million images
FROZEN = "backbone.features."  # the weights of a network that is never trained, among those of D
D_ALONE = 4_000  # images after start_from that only D learns from
WAITS = "g_rests_until"  # in a state
EMA_WARMUP = 0.1  # the half-life is at most this part of the images seen


class Trainer:
    """A recipe in training, from its first weights on.

    The clock is `images`, the count of real images seen. Each step draws its random numbers from (seed, images), so
    that on the CPU two halves of a run equal the whole, bit by bit.
    """

    def __init__(
        self,
        recipe: Recipe,
        seed: int,
        device: torch.device,
        precision: torch.dtype = torch.float32,
        shard: Shard | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.recipe, self.seed, self.device, self.images = recipe, seed, device, 0
        self.precision, self.shard = precision, shard
        self.g_waits_until = 0  # the image from which on G is trained
        self.loss = LOSSES[recipe.loss]
        self.g = build_generator(recipe.generator_config())
        _prepare(self.g, recipe.init, recipe.g_wrap, device)
        add_generator_noise(self.g.stages(), recipe.g_dropout, recipe.g_noise)
        self.d = build_discriminator(recipe.discriminator_config()).to(device)
        self.d.backbone.to(memory_format=torch.channels_last)
        _prepare(self.d.head, recipe.init, recipe.d_wrap, device)
        self.average = deepcopy(self.g) if recipe.ema_images else self.g
        diversity = recipe.diversity if recipe.loss == "began" else 0.0
        adaptive = AdaptiveState(target=recipe.ada_target, ramp_images=recipe.ada_images, diversity=diversity)
        self.adaptive = adaptive.to(device)
        self.hooks: list[StepHook] = step_hooks(self)
        self.compares_reals = self.loss.paired or any(hook.compares_reals for hook in self.hooks)
        self.g_optimizer, self.d_optimizer = self._optimizers()
        self.scaler = torch.amp.GradScaler(device.type, enabled=precision == torch.float16)
        if shard is not None:
            self._synchronize()

    def step(self, real: Tensor, labels: Tensor | None = None) -> Measures:  # uint8 [N, 3, R, R], int64 [N]
        """Take one step on a batch of reals, or on the rows of it that this process has of several."""
        with sharded(self.shard):
            return self.whole_step(real, labels)

    def whole_step(self, real: Tensor, labels: Tensor | None = None) -> Measures:  # uint8 [N, 3, R, R], int64 [N]
        """Train D once, and G once every `d_steps` steps, on one batch of reals and one batch of fakes.

        G draws once: both players see the same fakes under the same augmentation, and a frozen backbone looks once.
        """
        torch.manual_seed(self.seed * SEED_STRIDE + self.images)
        self.g.train()
        self.d.train()
        labels = labels.to(self.device) if self.recipe.classes and labels is not None else None
        trains_g = self.steps % self.recipe.d_steps == self.recipe.d_steps - 1 and self.images >= self.g_waits_until
        with parametrize.cached():  # a spectral norm is taken once for all that D judges with the same weights
            reals = self.batch(self.reals(real), labels)
            with torch.set_grad_enabled(trains_g), self.autocast():
                generated = self.generate(reals)
            fakes = self.batch(generated.float(), labels)  # augmented in float32, as the reals are
            shown = self.fakes_for_d(fakes)
            d_update, outputs = self.train_d(reals, shown)
        for hook in self.hooks:
            hook.after_d_step(reals, shown, outputs)
        skipped = ~torch.isfinite(d_update.gradient)
        if trains_g:
            with parametrize.cached():
                g_update = self.train_g(reals, fakes, outputs)
            skipped |= ~torch.isfinite(g_update.gradient)
            self.adaptive.g_loss, self.adaptive.g_gradient = g_update.loss, self._taken(g_update.gradient)
        self.scaler.update()
        told = gathered(outputs.real), gathered(outputs.fake)
        self.adaptive.update(*told)
        self.images += whole_count(len(real))
        self.update_average()
        spread = _spread(generated) / _spread(reals.images)
        return self._measures(d_update, told, spread, skipped.float())

    def reals(self, real: Tensor) -> Tensor:  # uint8 [N, 3, R, R] -> [N, 3, R, R] in [-1, 1]
        """Return real pictures on the device, half of them mirrored where the recipe says so."""
        real = to_float(real.to(self.device, non_blocking=True)).contiguous(memory_format=torch.channels_last)
        if not self.recipe.flip:
            return real
        mirrored = drawn(lambda n: torch.rand(n, 1, 1, 1, device=self.device), len(real)) < 0.5
        return torch.where(mirrored, real.flip(3), real)

    def generate(self, reals: Batch) -> Tensor:  # -> [N, 3, R, R]
        """Draw fakes of new latents, as many as there are reals and of the same classes."""
        z = drawn(lambda n: torch.randn(n, self.recipe.z_dim, device=self.device), len(reals.images))
        w = self.g.map(z, reals.labels)
        for hook in self.hooks:
            w = hook.styles(w, reals.labels)
        generated = self.g.synthesize(w)
        for hook in self.hooks:
            hook.after_generation(reals, generated)
        return generated

    def batch(self, images: Tensor, labels: Tensor | None) -> Batch:
        """Return pictures [N, 3, R, R] in [-1, 1] with what D's backbone sees of them, augmented."""
        with self.autocast():
            return self._viewed(images, labels)

    def fakes_for_d(self, fakes: Batch) -> Batch:
        """Return the fakes that D is trained on, cut off from G."""
        fakes = fakes.detach()
        for hook in self.hooks:
            fakes = hook.fakes_for_d(fakes)
        return fakes

    def train_d(self, reals: Batch, fakes: Batch) -> tuple[Update, Outputs]:
        """Take D's step; return also what D said before it."""
        with self.autocast():
            outputs = self.outputs(self.d.head, reals, fakes)
        loss = self.d_loss(self.d.head, outputs)
        for name, weight in self.recipe.step_penalties:
            loss = loss + weight * self.penalty(name, reals, fakes, outputs)
        gradient = self.descend(self.d_optimizer, self.d.head, loss)
        return Update(self._over_batch(loss), gradient), outputs.detach()

    def outputs(self, head: Head, reals: Batch, fakes: Batch) -> Outputs:
        """Return what a head of D says of reals and fakes."""
        if self.recipe.separate_batches:
            return Outputs(head(*reals.inputs), head(*fakes.inputs), reals.labels)
        both, count = head(*map(_join, reals.inputs, fakes.inputs)), len(reals.images)
        return Outputs(both.each(lambda part: part[:count]), both.each(lambda part: part[count:]), reals.labels)

    def d_loss(self, head: Head, outputs: Outputs) -> Tensor:
        """Return the loss of a head of D without its penalties."""
        real, fake = outputs.real, outputs.fake
        for hook in self.hooks:
            real, fake = hook.logits(real, fake)
        loss = outputs.reals.mean(self.loss.d(real, fake))
        for hook in self.hooks:
            loss = hook.d_loss(loss, head, outputs)
        return loss

    def penalty(self, name: str, reals: Batch, fakes: Batch, outputs: Outputs) -> Tensor:
        """Return a penalty's mean over the batch; a lazy one acts in some steps only, and then the more."""
        penalty, every = PENALTIES[name], self.recipe.penalty_every if PENALTIES[name].lazy else 1
        if self.steps % every:
            return torch.zeros((), device=self.device)
        view = View(
            d=lambda images: self.d.head(*self._viewed(images, reals.labels).inputs).logits.float().sum(dim=1),
            real=reals.images,
            fake=fakes.images.float(),
            real_logits=outputs.real,
            fake_logits=outputs.fake,
            real_mean=self.adaptive.real_mean,
            fake_mean=self.adaptive.fake_mean,
            to_reconstruct=reals.seen if self.recipe.reconstruct_augmented else reals.images,
            reconstruct=getattr(self.d.head, "reconstruction", None),
        )
        return every * penalty.function(view).mean()

    def train_g(self, reals: Batch, fakes: Batch, outputs: Outputs) -> Update:
        """Take G's step against D after its own; `outputs` is what D said before that."""
        head: Head = self.d.head
        for hook in self.hooks:
            head = hook.head_for_g(head, reals, fakes)
        self.d.head.requires_grad_(False)
        with self.autocast():
            fake = head(*fakes.inputs)
            real = self._reals_again(head, reals) if self.compares_reals else outputs.reals
        loss = self.g_loss(head, reals, Outputs(real, fake, fakes.labels))
        self.d.head.requires_grad_(True)
        return Update(self._over_batch(loss), self.descend(self.g_optimizer, self.g, loss))

    def g_loss(self, head: Head, reals: Batch, outputs: Outputs) -> Tensor:
        """Return G's loss against a head of D."""
        game = outputs.fakes.mean(self.loss.g(outputs.real, outputs.fake))
        loss = self.recipe.adversarial * game
        for hook in self.hooks:
            loss = hook.g_loss(loss, head, reals, outputs)
        return loss

    def descend(self, optimizer: Optimizer, network: nn.Module, loss: Tensor) -> Tensor:
        """Take one step, down the gradient over the whole batch, and return the length of it."""
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(self.scaler.scale(weighed(loss)))
        sum_in_place(_gradients(optimizer))
        self.scaler.unscale_(optimizer)
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        length: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        self.scaler.step(optimizer)
        return length

    def update_average(self) -> None:
        """Take the newest weights into the average."""
        if self.average is not self.g:
            half_life = min(self.recipe.ema_images, EMA_WARMUP * self.images)
            update_average(self.average, self.g, keep=0.5 ** (self.recipe.batch / half_life))

    @property
    def steps(self) -> int:
        """Return how many steps have been taken."""
        return self.images // self.recipe.batch

    def fading(self, value: float, images: int) -> float:
        """Return what is left of a value that fades evenly over the first `images`."""
        return value * max(0.0, 1.0 - self.images / images)

    def autocast(self) -> AbstractContextManager[Any]:
        """Compute in the trainer's precision."""
        half = self.precision != torch.float32
        return torch.autocast(self.device.type, self.precision if half else None, enabled=half)

    def generator_state(self) -> dict[str, Tensor]:
        """Return the weights to draw with: averaged, without wraps, float32 on the CPU."""
        count = self.recipe.average_statistics
        if not count or self.average is self.g:
            return published_state(self.average)
        return published_state(with_own_statistics(self.average, count))

    def raw_state(self) -> dict[str, Tensor] | None:
        """Return the weights as last trained, in the same form; None where no average is kept beside them."""
        return None if self.average is self.g else published_state(self.g)

    def start_from(self, weights: dict[str, Tensor], images: int) -> None:
        """Begin with the weights of a generator that has seen `images` and has lost its discriminator.

        D begins anew, and G waits until it has seen something. Raises ValueError for the weights of another network.
        """
        for network in {id(network): network for network in (self.g, self.average)}.values():
            load_plain_state(network, weights)
        self.images, self.g_waits_until = images, images + D_ALONE

    def state(self) -> dict[str, Any]:
        """Return everything that a resume needs."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        clock = {"images": self.images, "seed": self.seed}
        waits = {WAITS: self.g_waits_until} if self.g_waits_until else {}
        return {**clock, **waits, **parts, "d": _without_frozen(parts["d"])}

    def load_state(self, state: dict[str, Any], *, changed: bool = False) -> None:
        """Go on from what `state` returned; the recipe must be the same.

        With `changed` it may be another one of the same networks and optimizers: what a trick that came later keeps
        from step to step begins anew.
        """
        known = {name: value for name, value in self.d.state_dict().items() if name.startswith(FROZEN)}
        state = {**state, "d": {**known, **_without_frozen(state["d"])}}
        for name, part in self._parts().items():
            if changed and name not in state:
                continue
            if state[name]:  # a precision that needs no scaler leaves its state empty
                _load(part, state[name])
        self.images, self.seed = state["images"], state["seed"]
        self.g_waits_until = state.get(WAITS, 0)

    def _parts(self) -> dict[str, Any]:
        """Return what is saved, by its name in a state; the names are those of the first version."""
        parts: dict[str, Any] = {"g": self.g, "d": self.d, "average": self.average}
        parts |= {"g_optimizer": self.g_optimizer, "d_optimizer": self.d_optimizer}
        parts |= {"scaler": self.scaler, "control": self.adaptive, "replay": nn.Module()}
        for hook in self.hooks:
            parts |= hook.saved_parts()
        return parts

    def _optimizers(self) -> tuple[Optimizer, Optimizer]:
        recipe, betas = self.recipe, (self.recipe.beta1, self.recipe.beta2)
        lr, *d_betas = lazily(recipe.penalty_every, recipe.d_lr, *betas) if recipe.lazy_step else (recipe.d_lr, *betas)
        g_optimizer = OPTIMIZERS[recipe.g_optimizer](self._g_parameters(), recipe.g_lr, *betas)
        return g_optimizer, OPTIMIZERS[recipe.d_optimizer](self.d.head.parameters(), lr, *d_betas)

    def _g_parameters(self) -> Parameters:
        """Return what G's optimizer trains; the mapping network is a group of its own where its rate is another."""
        weights = [*self.g.parameters(), *(weight for hook in self.hooks for weight in hook.trained_with_g())]
        if self.recipe.mapping_lr == 1.0:
            return weights
        mapping = {id(weight): weight for weight in self.g.mapping_parameters()}
        others: dict[str, Any] = {"params": [weight for weight in weights if id(weight) not in mapping]}
        slow: dict[str, Any] = {"params": list(mapping.values()), "lr": self.recipe.mapping_lr * self.recipe.g_lr}
        return [others, slow]

    def _viewed(self, images: Tensor, labels: Tensor | None) -> Batch:
        """Augment pictures for D and let its backbone see them, in the precision that is on."""
        augmented = self._augmented(images)
        seen = self.d.backbone(augmented.images.contiguous(memory_format=torch.channels_last))
        return Batch(images, seen, labels, augmented.timesteps)

    def _augmented(self, images: Tensor) -> Augmented:
        for hook in self.hooks:
            images = hook.before_augmentation(images)
        strength = self.adaptive.strength if self.recipe.ada_target else None
        augmented = Augmented(augmentation.apply(self.recipe.plain_augment, images, strength))
        for hook in self.hooks:
            augmented = hook.after_augmentation(augmented)
        return augmented

    @torch.no_grad()
    def _reals_again(self, head: Head, reals: Batch) -> DiscriminatorOutput:
        """Return what D says of the reals after its step."""
        return head(*reals.inputs)

    def _taken(self, gradient: Tensor) -> Tensor:
        """Return a gradient's length, or 0 where the scaler has skipped the step because of it."""
        return torch.nan_to_num(gradient, 0.0, 0.0, 0.0) if self.scaler.is_enabled() else gradient

    @staticmethod
    def _over_batch(loss: Tensor) -> Tensor:
        """Return a loss as that of the whole batch."""
        return summed(weighed(loss.detach()))

    def _synchronize(self) -> None:
        """Let batch norm act over all processes; an average draws in eval mode, and in one process only."""
        trained = [self.d.head, *(part for hook in self.hooks for part in hook.saved_parts().values())]
        for network in (self.g, *trained):
            synchronize_batch_norms(network)

    def _measures(self, d_update: Update, logits: tuple[Tensor, Tensor], spread: Tensor, skipped: Tensor) -> Measures:
        adaptive = self.adaptive
        steered = adaptive.overfit.clone(), adaptive.strength.clone(), adaptive.balance.clone()
        return Measures(
            *(d_update.loss, adaptive.g_loss, logits[0].mean(), logits[1].mean()),
            *(self._taken(d_update.gradient), adaptive.g_gradient, *steered, spread, skipped),
        )


def _prepare(network: nn.Module, init: str, wrap: str, device: torch.device) -> None:
    INITS[init](network)
    network.to(device).to(memory_format=torch.channels_last)
    WRAPS[wrap](network)


@torch.no_grad()
def _spread(images: Tensor) -> Tensor:
    """Return how much the images of a batch differ: the standard deviation over the batch, a mean over the pixels."""
    images = images.float()
    variance = batch_mean(images.square()) - batch_mean(images).square()  # a fifth of the time of Tensor.std
    return variance.clamp(min=0.0).sqrt().mean()


def _load(part: Any, state: dict[str, Any]) -> None:
    """Load a part's state; the rates of an optimizer stay the recipe's."""
    rates = [{k: v for k, v in group.items() if k != "params"} for group in getattr(part, "param_groups", ())]
    part.load_state_dict(state)
    for group, rate in zip(getattr(part, "param_groups", ()), rates, strict=True):
        group.update(rate)


def _gradients(optimizer: Optimizer) -> list[Tensor]:
    weights = (weight for group in optimizer.param_groups for weight in group["params"])
    return [weight.grad for weight in weights if weight.grad is not None]


def _join(first: Any, second: Any) -> Any:
    if isinstance(first, list):
        return [torch.cat(pair) for pair in zip(first, second, strict=True)]
    return None if first is None else torch.cat([first, second])


def _without_frozen(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Leave out the frozen network, which every machine has from elsewhere."""
    return {name: value for name, value in state.items() if not name.startswith(FROZEN)}
