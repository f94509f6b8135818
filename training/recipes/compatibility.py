"""Which tricks do not go together: CONTRADICTIONS are refused, DOUBTS are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from training.recipes.recipe import Recipe

GRADIENT_PENALTIES = {"gradient", "r1", "r2"}
SMOOTHING = {"real_smoothing", "fake_smoothing"}
ENTROPY = {"non_saturating", "saturating"}
PROJECTED = {"projected", "projected_patch"}  # whose paper has spectral and batch norm in the small heads
ATTENTIVE = {"resnet", "stylegan2"}  # discriminators that have self-attention
NO_ZERO = {"wasserstein", "began", "relativistic", "least_squares"}  # whose logits do not part reals and fakes at 0


class Rule(NamedTuple):
    """When a rule applies, and why."""

    applies: Callable[[Recipe], bool]
    reason: str


def contradictions(recipe: Recipe) -> Iterator[str]:
    """Return why a recipe cannot work, one sentence for each contradiction."""
    return (rule.reason for rule in CONTRADICTIONS if rule.applies(recipe))


def doubts(recipe: Recipe) -> Iterator[str]:
    """Return what is doubtful about a recipe, one sentence each."""
    return (rule.reason for rule in DOUBTS if rule.applies(recipe))


CONTRADICTIONS = [
    Rule(
        lambda r: r.d_norm == "batch" and bool(r.penalty_names & GRADIENT_PENALTIES),
        "A gradient penalty is per image, and d_norm 'batch' makes D's gradient depend on the whole batch: "
        "choose d_norm 'layer' or 'none'.",
    ),
    Rule(
        lambda r: r.loss not in ENTROPY and (bool(r.penalty_names & SMOOTHING) or r.flip_labels > 0),
        "Soft and flipped labels belong to a cross-entropy: choose the loss 'non_saturating', or leave them out.",
    ),
    Rule(
        lambda r: (
            r.loss == "wasserstein" and not (r.clip or r.penalty_names & GRADIENT_PENALTIES or r.d_wrap == "spectral")
        ),
        "The loss 'wasserstein' needs a bound on D's gradient: clip, the penalty 'gradient' or d_wrap 'spectral'.",
    ),
    Rule(
        lambda r: (r.loss == "began") != (r.discriminator == "autoencoder"),
        "The loss 'began' and the discriminator 'autoencoder' belong together.",
    ),
    Rule(
        lambda r: (
            r.discriminator == "autoencoder"
            and (r.d_statistic != "none" or r.condition != "none" or r.sliced or r.d_norm != "none" or r.d_dropout > 0)
        ),
        "The discriminator 'autoencoder' has no norm and no last layer: "
        "d_norm, d_statistic, d_dropout, condition and sliced do not go with it.",
    ),
    Rule(
        lambda r: r.discriminator in PROJECTED and r.condition == "classifier",
        "A projected discriminator has five heads and no classifier: choose the condition 'projection'.",
    ),
    Rule(
        lambda r: r.discriminator in PROJECTED and r.resolution < 64,
        "A projected discriminator needs a resolution of 64 or more.",
    ),
    Rule(
        lambda r: "reconstruction" in r.penalty_names and r.discriminator != "fastgan",
        "The penalty 'reconstruction' needs the discriminator 'fastgan', which has decoders.",
    ),
    Rule(
        lambda r: r.condition != "none" and not r.classes,
        "A condition needs classes: set classes to the number of labels in the data (102 for the flowers).",
    ),
    Rule(
        lambda r: r.ada_target > 0 and not r.augment,
        "ada_target steers augmentation, and augment is empty.",
    ),
    Rule(
        lambda r: r.ada_target > 0 and r.loss in NO_ZERO,
        "ADA's r_t counts reals above 0, which says nothing of the logits of the losses "
        + ", ".join(sorted(NO_ZERO))
        + ".",
    ),
    Rule(
        lambda r: r.adversarial == 0 and r.feature_matching == 0 and r.hybrid == 0,
        "G learns nothing where adversarial, feature_matching and hybrid are all 0.",
    ),
    Rule(
        lambda r: not r.separate_batches and r.d_statistic != "none",
        "A statistic over the batch would mix reals and fakes: leave separate_batches on.",
    ),
    Rule(
        lambda r: r.replay > 0 and r.classes > 0,
        "Old fakes are kept without their labels: replay and classes do not go together.",
    ),
    Rule(
        lambda r: r.unrolled > 0 and (r.d_optimizer != "adam" or r.d_wrap != "none" or r.sliced),
        "unrolled imitates Adam on plain weights: it needs d_optimizer 'adam', d_wrap 'none' and no sliced.",
    ),
    Rule(
        lambda r: r.unrolled > 0 and (r.clip > 0 or bool(r.penalty_names & GRADIENT_PENALTIES)),
        "unrolled looks ahead on D's game alone, without clip and gradient penalties: choose one of the two.",
    ),
    Rule(
        lambda r: r.attention > 0 and (r.discriminator not in ATTENTIVE or r.attention == r.resolution),
        "attention is for both networks: a discriminator 'resnet' or 'stylegan2', and a side below the picture's own.",
    ),
    Rule(
        lambda r: len(r.penalty_names) < len(r.penalties),
        "A penalty stands twice among the penalties: give each one weight.",
    ),
    Rule(
        lambda r: any(name in SMOOTHING and weight >= 0.5 for name, weight in r.penalties),
        "A soft label of 0.5 or more turns the label over: give real_smoothing and fake_smoothing a weight below 0.5.",
    ),
    Rule(
        lambda r: r.clip > 0 and r.d_wrap != "none",
        "clip would cut what d_wrap keeps instead of the weights themselves: choose one of the two.",
    ),
    Rule(
        lambda r: r.style_mixing > 0 and r.generator != "stylegan2",
        "style_mixing needs a generator with styles: 'stylegan2'.",
    ),
    Rule(
        lambda r: r.mapping_lr != 1.0 and r.generator != "stylegan2",
        "mapping_lr needs a generator with a mapping network: 'stylegan2'.",
    ),
    Rule(
        lambda r: r.d_timestep and (r.augment.count("diffusion") != 1 or r.discriminator == "autoencoder"),
        "d_timestep tells D the step of the noise: it needs 'diffusion' once in augment, and not the discriminator "
        "'autoencoder'.",
    ),
    Rule(
        lambda r: (
            r.lazy_step
            and (not r.penalty_names & GRADIENT_PENALTIES or r.penalty_every == 1 or r.d_optimizer != "adam")
        ),
        "lazy_step is for gradient penalties in some steps only: it needs one of 'gradient', 'r1' and 'r2', "
        "penalty_every above 1 and d_optimizer 'adam'.",
    ),
    Rule(
        lambda r: r.reconstruct_augmented and "reconstruction" not in r.penalty_names,
        "reconstruct_augmented needs the penalty 'reconstruction'.",
    ),
    Rule(
        lambda r: r.judge_reconstructions and (r.hybrid == 0 or r.loss == "began" or r.unrolled > 0),
        "judge_reconstructions needs an encoder, hybrid above 0, another loss than 'began', and no unrolled.",
    ),
]
DOUBTS = [
    Rule(
        lambda r: r.d_norm == "batch" and r.d_statistic == "minibatch_discrimination",
        "batch norm in D already couples the images of a batch; minibatch discrimination on top is seldom a gain",
    ),
    Rule(
        lambda r: r.d_norm == "batch" and r.d_wrap == "spectral" and r.discriminator not in PROJECTED,
        "batch norm's gain in D undoes the bound that spectral norm sets",
    ),
    Rule(
        lambda r: r.beta1 > 0.5 and ("spectral" in (r.g_wrap, r.d_wrap) or bool(r.penalty_names & GRADIENT_PENALTIES)),
        "spectral norm and gradient penalties want little momentum: beta1 0, or 0.5 with care",
    ),
    Rule(
        lambda r: r.d_lr > r.g_lr and r.d_steps > 1,
        "a higher d_lr and more d_steps both favour D",
    ),
    Rule(
        lambda r: r.loss == "wasserstein" and not (r.clip or r.penalty_names & GRADIENT_PENALTIES),
        "the Wasserstein loss with spectral norm alone works poorly: add the penalty 'gradient'",
    ),
    Rule(
        lambda r: r.classes > 0 and r.condition == "none",
        "G is given classes and D does not look at them, so that nothing makes G heed them",
    ),
    Rule(
        lambda r: r.discriminator == "fastgan" and "reconstruction" not in r.penalty_names,
        "the decoders of the discriminator 'fastgan' are only trained by the penalty 'reconstruction'",
    ),
    Rule(
        lambda r: "fake_smoothing" in r.penalty_names,
        "soft labels for fakes contradict one-sided smoothing: they hold fakes where they are",
    ),
    Rule(
        lambda r: "equalized" in (r.g_wrap, r.d_wrap) and r.init != "he",
        "the wrap 'equalized' was made for the init 'he'",
    ),
    Rule(
        lambda r: not r.separate_batches and r.d_norm == "batch",
        "batch norm over reals and fakes together lets D see the mixture: leave separate_batches on",
    ),
    Rule(
        lambda r: r.g_dropout > 0,
        "dropout in G is off when drawing, since a seed must give one tile, so that G is drawn as it was not trained",
    ),
    Rule(
        lambda r: r.sliced and r.loss not in {"hinge", "wasserstein"},
        "sliced trains the direction by the Wasserstein loss, which was made for the loss 'hinge'",
    ),
    Rule(
        lambda r: r.hybrid > 0 and r.adversarial == 0 and r.feature_matching == 0,
        "hybrid alone trains a VAE whose pictures of seeds nobody judges: leave adversarial on",
    ),
    Rule(
        lambda r: r.hybrid > 0 and (r.clip > 0 or r.d_wrap != "none"),
        "hybrid compares D's features, which clip and d_wrap bring to another scale: its weight must be found anew",
    ),
    Rule(
        lambda r: r.batch < 8 and ("batch" in (r.g_norm, r.d_norm) or r.d_statistic != "none"),
        "batch norm and statistics over the batch are noisy with fewer than 8 images a step",
    ),
]
