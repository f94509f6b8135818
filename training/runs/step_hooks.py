"""Tricks that only some recipes have: each hooks into named places of the training step. HOOKS is their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy
from torch.nn.utils import parametrize

from training.core.sharding import batch_mean, drawn, drawn_like, gathered, own_rows, weighed
from training.recipes.recipe import Recipe
from training.runs.step_types import Augmented, Batch, Head, Outputs
from training.tricks import augmentation
from training.tricks.initialization import INITS
from training.tricks.losses import LOSSES
from training.tricks.optimizers import clip
from training.tricks.replay_buffer import ReplayBuffer
from training.tricks.spectral_regularization import SpectralRegularizer
from training.tricks.style_mixing import mix_styles
from training.tricks.unrolled import unrolled_head
from training.tricks.vae_encoder import Encoder, prior_loss, reconstruction_loss, sample

if TYPE_CHECKING:
    from training.runs.trainer import Trainer


class StepHook:
    """The places of a step, in the order in which it comes by them. What a hook does not override changes nothing.

    `compares_reals` tells that G's loss looks at what D returns for reals after D's own step.
    """

    compares_reals = False

    def __init__(self, trainer: Trainer) -> None:
        self.trainer, self.recipe = trainer, trainer.recipe

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        """Tell whether a recipe has the trick."""
        raise NotImplementedError

    def saved_parts(self) -> dict[str, nn.Module]:
        """Return what a resume needs, by its name in the state."""
        return {}

    def trained_with_g(self) -> list[nn.Parameter]:
        """Return weights that are trained by G's loss and G's optimizer."""
        return []

    def before_augmentation(self, images: Tensor) -> Tensor:
        """Change pictures [N, 3, R, R], reals or fakes, before they are augmented for D."""
        return images

    def after_augmentation(self, augmented: Augmented) -> Augmented:
        """Change pictures after that."""
        return augmented

    def styles(self, w: Tensor, labels: Tensor | None) -> Tensor:
        """Change what G's synthesis is given, [N, w_dim] or [N, styles, w_dim]."""
        return w

    def after_generation(self, reals: Batch, generated: Tensor) -> None:
        """Act once G has drawn the fakes [N, 3, R, R], in G's precision and with gradients where G is trained."""

    def fakes_for_d(self, fakes: Batch) -> Batch:
        """Change the fakes that D is trained on; they are cut off from G."""
        return fakes

    def logits(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:  # [N, K], [N, K]
        """Change the logits that D's loss is taken of."""
        return real, fake

    def d_loss(self, loss: Tensor, head: Head, outputs: Outputs) -> Tensor:
        """Add to D's loss."""
        return loss

    def after_d_step(self, reals: Batch, fakes: Batch, outputs: Outputs) -> None:
        """Act on D once it has taken its step; `outputs` is what it said before."""

    def head_for_g(self, head: Head, reals: Batch, fakes: Batch) -> Head:
        """Change the head that G plays against."""
        return head

    def g_loss(self, loss: Tensor, head: Head, reals: Batch, outputs: Outputs) -> Tensor:
        """Add to G's loss against this head."""
        return loss


class InstanceNoise(StepHook):
    """Noise on all pictures that D sees, fading (How to train a GAN, item 13)."""

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.d_noise > 0

    def before_augmentation(self, images: Tensor) -> Tensor:
        sigma = self.trainer.fading(self.recipe.d_noise, self.recipe.d_noise_images)
        return images + sigma * drawn_like(torch.randn_like, images)


class DiffusionTimestep(StepHook):
    """The noise of a diffusion on all pictures that D sees, and its step told to D (arXiv:2206.02262)."""

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.d_timestep

    def after_augmentation(self, augmented: Augmented) -> Augmented:
        strength = self.trainer.adaptive.strength  # 1 where nothing steers it
        steps = augmentation.diffusion_steps(len(augmented.images), strength)
        return Augmented(augmentation.diffused(augmented.images, steps), steps)


class Blur(StepHook):
    """A blur of all pictures that D sees, fading (StyleGAN-XL, arXiv:2202.00273)."""

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.d_blur > 0

    def after_augmentation(self, augmented: Augmented) -> Augmented:
        sigma = self.trainer.fading(self.recipe.d_blur, self.recipe.d_blur_images)
        return augmented._replace(images=augmentation.blur(augmented.images, sigma))


class StyleMixing(StepHook):
    """A second style in a share of the fakes (StyleGAN, arXiv:1812.04948, section 3.1)."""

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.style_mixing > 0

    def styles(self, w: Tensor, labels: Tensor | None) -> Tensor:
        return mix_styles(self.trainer.g, w, labels, self.recipe.style_mixing)


class Replay(StepHook):
    """Fakes of earlier steps among those that D is trained on (arXiv:1612.07828, section 2.3)."""

    def __init__(self, trainer: Trainer) -> None:
        super().__init__(trainer)
        self.buffer = ReplayBuffer(self.recipe.replay, self.recipe.resolution).to(trainer.device)

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.replay > 0

    def saved_parts(self) -> dict[str, nn.Module]:
        return {"replay": self.buffer}

    @torch.no_grad()
    def fakes_for_d(self, fakes: Batch) -> Batch:
        return self.trainer.batch(own_rows(self.buffer.mix(gathered(fakes.images))), fakes.labels)


class FakeBalance(StepHook):
    """The weight k of the fakes in D's loss (BEGAN, arXiv:1703.10717, section 3.4)."""

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.loss == "began"

    def logits(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        return real, fake * self.trainer.adaptive.balance


class LabelFlips(StepHook):
    """Reals and fakes exchanged in a share of the pairs (How to train a GAN, item 6)."""

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.flip_labels > 0

    def logits(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        flipped = drawn(lambda n: torch.rand(n, 1, device=real.device), len(real)) < self.recipe.flip_labels
        return torch.where(flipped, fake, real), torch.where(flipped, real, fake)


class WeightClipping(StepHook):
    """A bound on each of D's weights (WGAN, arXiv:1701.07875)."""

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.clip > 0

    def after_d_step(self, reals: Batch, fakes: Batch, outputs: Outputs) -> None:
        clip(self.trainer.d.head.parameters(), self.recipe.clip)


class LazyRegularization(StepHook):
    """Dear penalties in a step of their own (StyleGAN2, arXiv:1912.04958, appendix B)."""

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.lazy_step

    def after_d_step(self, reals: Batch, fakes: Batch, outputs: Outputs) -> None:
        trainer = self.trainer
        if trainer.steps % self.recipe.penalty_every:
            return
        trainer.scaler.update()  # ends D's own step
        with parametrize.cached():
            terms = [
                weight * trainer.penalty(name, reals, fakes, outputs) for name, weight in self.recipe.lazy_penalties
            ]
            trainer.descend(trainer.d_optimizer, trainer.d.head, torch.stack(terms).sum())


class Unrolled(StepHook):
    """G plays against D as it would be some steps later (arXiv:1611.02163)."""

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.unrolled > 0

    def head_for_g(self, head: Head, reals: Batch, fakes: Batch) -> Head:
        """Look ahead in float32: second derivatives would vanish in float16."""
        trainer, reals, fakes = self.trainer, reals.float(), fakes.float()

        def loss(later: Head) -> Tensor:
            return weighed(trainer.d_loss(later, trainer.outputs(later, reals, fakes)))

        return unrolled_head(trainer.d.head, trainer.d_optimizer, loss, self.recipe.unrolled)


class SlicedDirection(StepHook):
    """The direction of D's last layer, trained by the Wasserstein loss (SAN, arXiv:2301.12811, section 4)."""

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.sliced

    def d_loss(self, loss: Tensor, head: Head, outputs: Outputs) -> Tensor:
        reals, fakes = outputs.reals.sliced, outputs.fakes.sliced
        if reals is None or fakes is None:
            return loss
        return loss + LOSSES["wasserstein"].d(reals.float(), fakes.float()).mean()


class FeatureMatching(StepHook):
    """The means of D's features over reals and over fakes brought together (arXiv:1606.03498, section 3.1)."""

    compares_reals = True

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.feature_matching > 0

    def g_loss(self, loss: Tensor, head: Head, reals: Batch, outputs: Outputs) -> Tensor:
        real, fake = (batch_mean(one.features.float()) for one in (outputs.reals, outputs.fakes))
        return loss + self.recipe.feature_matching * (real - fake).abs().mean()


class ClassLoss(StepHook):
    """The cross-entropy of the classes that D's classifier finds (AC-GAN, arXiv:1610.09585)."""

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.condition == "classifier"

    def d_loss(self, loss: Tensor, head: Head, outputs: Outputs) -> Tensor:
        for scores in (outputs.reals.classes, outputs.fakes.classes):
            loss = self._added(loss, scores, outputs.labels)
        return loss

    def g_loss(self, loss: Tensor, head: Head, reals: Batch, outputs: Outputs) -> Tensor:
        return self._added(loss, outputs.fakes.classes, outputs.labels)

    def _added(self, loss: Tensor, scores: Tensor | None, labels: Tensor | None) -> Tensor:
        if scores is None or labels is None:
            return loss
        return loss + self.recipe.class_weight * cross_entropy(scores.float(), labels)


class VaeEncoder(StepHook):
    """An encoder that is trained with G to reconstruct the reals (VAE/GAN, arXiv:1512.09300)."""

    def __init__(self, trainer: Trainer) -> None:
        super().__init__(trainer)
        self.encoder = Encoder(self.recipe.z_dim, self.recipe.resolution, self.recipe.g_width)
        INITS[self.recipe.init](self.encoder)
        self.encoder.to(trainer.device).to(memory_format=torch.channels_last)

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.hybrid > 0

    def saved_parts(self) -> dict[str, nn.Module]:
        return {"encoder": self.encoder}

    def trained_with_g(self) -> list[nn.Parameter]:
        return list(self.encoder.parameters())

    def g_loss(self, loss: Tensor, head: Head, reals: Batch, outputs: Outputs) -> Tensor:
        with self.trainer.autocast():
            mean, log_variance = self.encoder(reals.images)
            reconstructed = self._reconstructed(sample(mean, log_variance), reals.labels)
            distance = self._feature_distance(reals, reconstructed)
        return loss + self.recipe.hybrid * (prior_loss(mean, log_variance) + distance).mean()

    def reconstructed_of_held_latents(self, reals: Batch) -> Tensor:  # -> [N, 3, R, R]
        """Draw reconstructions of the reals from which nothing goes back to the encoder."""
        with torch.no_grad():
            mean, log_variance = self.encoder(reals.images)
        return self._reconstructed(sample(mean, log_variance), reals.labels)

    def _reconstructed(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """Draw pictures; G's buffers, such as batch norm's running means, stay as latents of the prior made them."""
        g = self.trainer.g
        buffers = {name: buffer.clone() for name, buffer in g.named_buffers()}
        images: Tensor = functional_call(g, buffers, (z, labels))
        return images.float()

    def _feature_distance(self, reals: Batch, reconstructed: Tensor) -> Tensor:  # -> [N]
        """Compare in D's features, without augmentation, which would be another for each of a pair."""
        with torch.no_grad():
            wanted = self._features(reals.images, reals.labels)
        return reconstruction_loss(wanted, self._features(reconstructed, reals.labels))

    def _features(self, images: Tensor, labels: Tensor | None) -> Tensor:
        d = self.trainer.d
        output = d.head(d.backbone(images), labels)
        features: Tensor = output.features
        return features.float()


class JudgedReconstructions(StepHook):
    """The reals' reconstructions among the fakes of D and of G (VAE/GAN, arXiv:1512.09300, eq. 5 and algorithm 1).

    The encoder has no part in that: its latents are held. D's loss counts the reals once, so that they are held in the
    term of the reconstructions.
    """

    reconstructions: Batch

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.judge_reconstructions

    def after_generation(self, reals: Batch, generated: Tensor) -> None:
        encoder = next(hook for hook in self.trainer.hooks if isinstance(hook, VaeEncoder))
        images = encoder.reconstructed_of_held_latents(reals)
        self.reconstructions = self.trainer.batch(images, reals.labels)

    def d_loss(self, loss: Tensor, head: Head, outputs: Outputs) -> Tensor:
        with self.trainer.autocast():
            fake = head(*self.reconstructions.detach().inputs).logits
        return loss + outputs.reals.mean(self.trainer.loss.d(outputs.real.detach(), fake.float()))

    def g_loss(self, loss: Tensor, head: Head, reals: Batch, outputs: Outputs) -> Tensor:
        with self.trainer.autocast():
            fake = head(*self.reconstructions.inputs)
        game = fake.mean(self.trainer.loss.g(outputs.real, fake.logits.float()))
        return loss + self.recipe.adversarial * game


class SpectralRegularization(StepHook):
    """The fakes' power spectrum brought to the reals' (after Durall et al. 2020, arXiv:2003.01826)."""

    generated: Tensor

    def __init__(self, trainer: Trainer) -> None:
        super().__init__(trainer)
        self.regularizer = SpectralRegularizer(self.recipe.resolution).to(trainer.device)

    @staticmethod
    def is_used(recipe: Recipe) -> bool:
        return recipe.spectral > 0

    def saved_parts(self) -> dict[str, nn.Module]:
        return {"spectral": self.regularizer}

    def after_generation(self, reals: Batch, generated: Tensor) -> None:
        self.generated = generated

    def g_loss(self, loss: Tensor, head: Head, reals: Batch, outputs: Outputs) -> Tensor:
        distance: Tensor = self.regularizer(reals.images, self.generated)
        return loss + self.recipe.spectral * distance


HOOKS: tuple[type[StepHook], ...] = (
    InstanceNoise,
    DiffusionTimestep,
    Blur,
    StyleMixing,
    Replay,
    FakeBalance,
    LabelFlips,
    SlicedDirection,
    LazyRegularization,
    WeightClipping,
    Unrolled,
    FeatureMatching,
    ClassLoss,
    SpectralRegularization,
    VaeEncoder,
    JudgedReconstructions,
)


def step_hooks(trainer: Trainer) -> list[StepHook]:
    """Return the hooks of a trainer's recipe, in the order in which they act at each place."""
    return [hook(trainer) for hook in HOOKS if hook.is_used(trainer.recipe)]
