"""A run is a value: one record of every switch. Another recipe is derived from one with `dataclasses.replace`."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import MISSING, asdict, dataclass, fields, replace
from functools import cache
from typing import Any, get_type_hints

from training.core.generators import GENERATORS, GeneratorConfig
from training.core.generators.config import ACTIVATIONS, LATENTS, OUTPUTS, UPSAMPLES
from training.core.imagenet_features import NAME as IMAGENET_NETWORK
from training.core.normalization import NORMS, WRAPS
from training.core.suggestions import sentence
from training.discriminators import CONDITIONS, DISCRIMINATORS, STATISTICS, DiscriminatorConfig
from training.recipes.compatibility import PROJECTED, contradictions, doubts
from training.tricks.augmentation import AUGMENTS
from training.tricks.initialization import INITS
from training.tricks.losses import LOSSES
from training.tricks.optimizers import OPTIMIZERS
from training.tricks.regularizers import PENALTIES

Penalties = tuple[tuple[str, float], ...]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A complete run; a misspelt or contradictory trick raises ValueError when the recipe is made.

    Networks: `generator`, `discriminator` and their widths; `latent`, the prior of z, and `g_output`, how G ends;
    `g_norm`, `g_activation`, `upsample`, `attention` (side of the maps that attend, 0: none); `classes` that the
    pictures have (0: not asked) and the `condition` by which D sees them; `d_norm`, `d_statistic`, `d_dropout`,
    `sliced` (SAN), `d_timestep`, which tells D the step of the augmentation `diffusion`; `g_wrap`, `d_wrap`, `init`.

    Game: `loss`; `flip_labels`, the share of pairs whose labels are exchanged; `penalties` with their weights, the dear
    ones only every `penalty_every` steps, with `lazy_step` in a step of Adam of their own; `reconstruct_augmented`, to
    reconstruct reals as D sees them; `clip` for D's weights (0: none); `adversarial` and `feature_matching`, the
    weights of G's two losses, and `hybrid` of a VAE's beside them, which adds an encoder (0: none), with
    `judge_reconstructions` by D as fakes; `class_weight` of a classifier; `diversity`, BEGAN's gamma; `unrolled` steps
    of D that G looks ahead; `d_steps` of D for one of G; `replay`, the share of D's fakes that are old;
    `separate_batches` for reals and fakes; `style_mixing`, the share of fakes with two styles; `spectral`, the weight
    in G's loss of how far the power spectrum of fakes is from the reals'.

    Pictures: `augment` in D's eyes; `ada_target` for r_t (0: always all) and `ada_images` from no to all augmentation;
    `d_noise` on D's pictures, fading within `d_noise_images`; `d_blur`, in pixels, of all that D sees, fading within
    `d_blur_images`; `g_dropout` and `g_noise` inside G; `flip` mirrors reals.

    Steps: `batch` images a step; optimizers, learning rates and betas; `mapping_lr`, the factor of the learning rate of
    G's mapping network; `ema_images` is the half-life, in images, of the
    average of G's weights that is drawn and saved; 0 draws the weights as they are. `average_statistics` is the number
    of latents from which batch norm's statistics are taken anew with the averaged weights; 0 keeps those of the last
    weights.
    """

    summary: str
    generator: str
    discriminator: str
    z_dim: int = 128
    resolution: int = 128
    g_width: int = 32
    d_width: int = 32
    g_norm: str = "batch"
    g_activation: str = "relu"
    upsample: str = "transposed"
    attention: int = 0
    g_output: str = "tanh"
    latent: str = "normal"
    classes: int = 0
    condition: str = "none"
    d_norm: str = "none"
    d_statistic: str = "none"
    d_dropout: float = 0.0
    sliced: bool = False
    d_timestep: bool = False
    g_wrap: str = "none"
    d_wrap: str = "none"
    init: str = "torch"
    loss: str = "non_saturating"
    flip_labels: float = 0.0
    penalties: Penalties = ()
    penalty_every: int = 1
    lazy_step: bool = False
    reconstruct_augmented: bool = False
    clip: float = 0.0
    adversarial: float = 1.0
    feature_matching: float = 0.0
    hybrid: float = 0.0
    judge_reconstructions: bool = False
    class_weight: float = 1.0
    diversity: float = 0.5
    unrolled: int = 0
    d_steps: int = 1
    replay: float = 0.0
    separate_batches: bool = True
    style_mixing: float = 0.0
    spectral: float = 0.0
    augment: tuple[str, ...] = ()
    ada_target: float = 0.0
    ada_images: int = 20_000
    d_noise: float = 0.0
    d_noise_images: int = 100_000
    d_blur: float = 0.0
    d_blur_images: int = 200_000
    g_dropout: float = 0.0
    g_noise: float = 0.0
    flip: bool = True
    batch: int = 25
    g_optimizer: str = "adam"
    d_optimizer: str = "adam"
    g_lr: float = 2e-4
    d_lr: float = 2e-4
    mapping_lr: float = 1.0
    beta1: float = 0.5
    beta2: float = 0.999
    ema_images: int = 0
    average_statistics: int = 0

    def __post_init__(self) -> None:
        for field, kind in types().items():
            check_type(field, getattr(self, field), kind)
        for field, allowed in NAMES.items():
            check_name(field, getattr(self, field), allowed)
        for name in self.augment:
            check_name("augment", name, AUGMENTS)
        for name, weight in self.penalties:
            check_name("penalty", name, PENALTIES)
            check_range(f"weight of {name}", weight, 1e-12, 1e6)
        for field, (low, high) in RANGES.items():
            check_range(field, getattr(self, field), low, high)
        self.generator_config()
        for reason in contradictions(self):
            raise ValueError(reason)

    @property
    def doubts(self) -> list[str]:
        """Return what is doubtful about this recipe, one sentence each."""
        return list(doubts(self))

    @property
    def penalty_names(self) -> set[str]:
        """Return the names of the penalties, without their weights."""
        return {name for name, _ in self.penalties}

    @property
    def plain_augment(self) -> tuple[str, ...]:
        """Return the augmentations of whose choices D is not told."""
        return tuple(name for name in self.augment if not (self.d_timestep and name == "diffusion"))

    @property
    def step_penalties(self) -> Penalties:
        """Return the penalties in D's own step."""
        return tuple(pair for pair in self.penalties if pair not in self.lazy_penalties)

    @property
    def lazy_penalties(self) -> Penalties:
        """Return the penalties that have a step of their own."""
        return tuple(pair for pair in self.penalties if self.lazy_step and PENALTIES[pair[0]].lazy)

    @property
    def pretrained(self) -> str | None:
        """Name the network trained on other data that this recipe looks through, if there is one."""
        return IMAGENET_NETWORK if self.discriminator in PROJECTED else None

    def generator_config(self) -> GeneratorConfig:
        """Return what the generator is built from."""
        return GeneratorConfig(
            network=self.generator,
            z_dim=self.z_dim,
            resolution=self.resolution,
            width=self.g_width,
            norm=self.g_norm,
            activation=self.g_activation,
            upsample=self.upsample,
            attention=self.attention,
            classes=self.classes,
            output=self.g_output,
            latent=self.latent,
        )

    def discriminator_config(self) -> DiscriminatorConfig:
        """Return what the discriminator is built from."""
        return DiscriminatorConfig(
            network=self.discriminator,
            resolution=self.resolution,
            width=self.d_width,
            norm=self.d_norm,
            statistic=self.d_statistic,
            attention=self.attention,
            classes=self.classes,
            condition=self.condition,
            sliced=self.sliced,
            dropout=self.d_dropout,
            timestep=self.d_timestep,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return values

    def differences(self, other: dict[str, Any]) -> list[str]:
        """Name the fields that decide the training in which a recorded recipe differs from this one."""
        return self.as_begun(other).changes(other)

    def changes(self, other: dict[str, Any]) -> list[str]:
        """Name the same fields, those too that an older program, which recorded the recipe, did not know."""
        mine = self.to_dict()
        theirs = {**DEFAULTS, **other}  # an older program did not write the fields that came later
        names = [field.name for field in fields(self) if field.name not in FREE]
        return [f"{name} {theirs.get(name)!r} -> {mine[name]!r}" for name in names if theirs.get(name) != mine[name]]

    def as_begun(self, recorded: dict[str, Any]) -> Recipe:
        """Return this recipe as an older program knew it, which wrote `recorded` without the CORRECTIONS of later."""
        return replace(self, **{name: DEFAULTS[name] for name in CORRECTIONS if name not in recorded})

    def corrections_since(self, recorded: dict[str, Any]) -> list[str]:
        """Name the CORRECTIONS that this recipe has and an older program, which wrote `recorded`, did not know."""
        before = self.as_begun(recorded)
        values = ((name, getattr(self, name), getattr(before, name)) for name in CORRECTIONS)
        return [f"{name}={_setting(new)} ({_setting(old)} there)" for name, new, old in values if new != old]


@cache
def types() -> dict[str, Any]:
    """Return the type of each field of a recipe."""
    hints = get_type_hints(Recipe)
    return {field.name: hints[field.name] for field in fields(Recipe)}


def check_type(field: str, value: Any, kind: Any) -> None:
    """Raise ValueError unless a value has a field's type: a plain one, words, or penalties with their weights."""
    if kind is bool or kind is str:
        fits = type(value) is kind
    elif kind is int or kind is float:
        fits = isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    else:
        inner = str if kind == tuple[str, ...] else tuple
        fits = isinstance(value, tuple) and all(isinstance(one, inner) for one in value)
        fits = fits and (inner is str or all(len(one) == 2 for one in value))
    if not fits:
        raise ValueError(f"The {field} {value!r:.80} is not {wanted(kind)}.")


def wanted(kind: Any) -> str:
    """Say what a type is, for a sentence."""
    return WANTED.get(kind, "a list such as r1:10,lecam:0.01")


def check_name(field: str, name: object, allowed: Collection[str]) -> None:
    """Raise ValueError unless a name is among those allowed."""
    if not isinstance(name, str) or name not in allowed:
        raise ValueError(sentence(f"The {field} {name!r} is not one of: {', '.join(allowed)}", name, allowed))


def check_range(field: str, value: object, low: float, high: float) -> None:
    """Raise ValueError unless a value is a number within the bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"The {field} {value!r} is not from {low:g} to {high:g}.")


def _setting(value: object) -> str:
    """Write a value as `--set` takes it."""
    return str(value).lower() if isinstance(value, bool) else f"{value}"


# Fields by which named recipes were brought to their papers; their defaults are what older programs did.
CORRECTIONS = ("d_timestep", "mapping_lr", "lazy_step", "reconstruct_augmented", "judge_reconstructions", "spectral")
FREE = {"summary", "average_statistics"}  # fields that no step of a training depends on
WANTED: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    tuple[str, ...]: "a list of words",
}
DEFAULTS: dict[str, Any] = {
    field.name: json.loads(json.dumps(field.default)) for field in fields(Recipe) if field.default is not MISSING
}
NAMES: dict[str, Collection[str]] = {
    "generator": GENERATORS,
    "g_norm": NORMS,
    "g_activation": ACTIVATIONS,
    "upsample": UPSAMPLES,
    "g_output": OUTPUTS,
    "latent": LATENTS,
    "discriminator": DISCRIMINATORS,
    "condition": CONDITIONS,
    "d_norm": NORMS,
    "d_statistic": STATISTICS,
    "g_wrap": WRAPS,
    "d_wrap": WRAPS,
    "init": INITS,
    "loss": LOSSES,
    "g_optimizer": OPTIMIZERS,
    "d_optimizer": OPTIMIZERS,
}
RANGES: dict[str, tuple[float, float]] = {
    "batch": (1, 1024),
    "d_width": (1, 512),
    "d_dropout": (0.0, 0.9),
    "flip_labels": (0.0, 0.5),
    "penalty_every": (1, 64),
    "clip": (0.0, 10.0),
    "adversarial": (0.0, 1000.0),
    "feature_matching": (0.0, 1000.0),
    "hybrid": (0.0, 1000.0),
    "class_weight": (0.0, 1000.0),
    "diversity": (0.01, 1.0),
    "unrolled": (0, 10),
    "d_steps": (1, 20),
    "replay": (0.0, 0.9),
    "style_mixing": (0.0, 1.0),
    "spectral": (0.0, 1000.0),
    "ada_target": (0.0, 0.99),
    "ada_images": (1000, 100_000_000),
    "d_noise": (0.0, 2.0),
    "d_noise_images": (1, 100_000_000),
    "d_blur": (0.0, 8.0),
    "d_blur_images": (1, 100_000_000),
    "g_dropout": (0.0, 0.9),
    "g_noise": (0.0, 2.0),
    "g_lr": (1e-8, 1.0),
    "d_lr": (1e-8, 1.0),
    "mapping_lr": (1e-4, 1.0),
    "beta1": (0.0, 0.9999),
    "beta2": (0.0, 0.99999),
    "ema_images": (0, 100_000_000),
    "average_statistics": (0, 100_000),
}
