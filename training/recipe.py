"""A run is a value: every recipe is one record, and another one is derived from it with `dataclasses.replace`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from training.augment import AUGMENTS
from training.discriminators import DISCRIMINATORS, DiscriminatorConfig
from training.features import NAME as IMAGENET_NETWORK
from training.generators import GeneratorConfig
from training.inits import INITS
from training.losses import LOSSES
from training.norms import NORMS, WRAPS


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A complete run; a misspelt or contradictory trick raises ValueError when the recipe is made.

    Learning rates and betas are Adam's. `batch` counts images a step. `ema_images` is the half-life, in images, of
    the average of G's weights that is drawn and saved; 0 draws the weights as they are. `flip` mirrors reals at random.
    """

    summary: str
    generator: str
    discriminator: str
    z_dim: int = 128
    resolution: int = 128
    g_width: int = 32
    d_width: int = 32
    d_norm: str = "none"
    g_wrap: str = "none"
    d_wrap: str = "none"
    init: str = "torch"
    loss: str = "non_saturating"
    augment: tuple[str, ...] = ()
    flip: bool = True
    batch: int = 25
    g_lr: float = 2e-4
    d_lr: float = 2e-4
    beta1: float = 0.5
    beta2: float = 0.999
    ema_images: int = 0

    def __post_init__(self) -> None:
        _check_name("discriminator", self.discriminator, DISCRIMINATORS)
        for field in ("g_wrap", "d_wrap"):
            _check_name(field, getattr(self, field), WRAPS)
        _check_name("d_norm", self.d_norm, NORMS)
        _check_name("init", self.init, INITS)
        _check_name("loss", self.loss, LOSSES)
        for name in self.augment:
            _check_name("augment", name, AUGMENTS)
        self._check_numbers()
        self.generator_config()

    def _check_numbers(self) -> None:
        _check_range("batch", self.batch, 1, 1024)
        _check_range("d_width", self.d_width, 1, 512)
        _check_range("g_lr", self.g_lr, 1e-8, 1.0)
        _check_range("d_lr", self.d_lr, 1e-8, 1.0)
        _check_range("beta1", self.beta1, 0.0, 0.9999)
        _check_range("beta2", self.beta2, 0.0, 0.99999)
        _check_range("ema_images", self.ema_images, 0, 100_000_000)
        if self.pretrained and self.resolution < 64:
            raise ValueError(f"A projected discriminator needs a resolution of 64 or more, not {self.resolution}.")

    @property
    def pretrained(self) -> str | None:
        """Name the network trained on other data that this recipe looks through, if there is one."""
        return IMAGENET_NETWORK if self.discriminator == "projected" else None

    def generator_config(self) -> GeneratorConfig:
        """Return what the generator is built from."""
        return GeneratorConfig(network=self.generator, z_dim=self.z_dim, resolution=self.resolution, width=self.g_width)

    def discriminator_config(self) -> DiscriminatorConfig:
        """Return what the discriminator is built from."""
        return DiscriminatorConfig(
            network=self.discriminator, resolution=self.resolution, width=self.d_width, norm=self.d_norm
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        return {**asdict(self), "augment": list(self.augment)}

    def differences(self, other: dict[str, Any]) -> list[str]:
        """Name the fields, other than the summary, in which a recorded recipe differs from this one."""
        mine = self.to_dict()
        names = [field.name for field in fields(self) if field.name != "summary"]
        return [f"{name} {other.get(name)!r} -> {mine[name]!r}" for name in names if other.get(name) != mine[name]]


def find_recipe(name: str) -> Recipe:
    """Return a recipe by its name, or raise ValueError with the names there are."""
    _check_name("recipe", name, RECIPES)
    return RECIPES[name]


def _check_name(field: str, name: object, allowed: Collection[str]) -> None:
    if name not in allowed:
        raise ValueError(f"The {field} {name!r} is not one of: {', '.join(allowed)}.")


def _check_range(field: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"The {field} {value!r} is not from {low:g} to {high:g}.")


COURSE_SAMPLE = Recipe(
    summary="the course's own program, its numbers exactly: the baseline to beat",
    generator="course",
    discriminator="course",
    z_dim=32,
    flip=False,
)
DCGAN = replace(
    COURSE_SAMPLE,
    summary="DCGAN: z 128, N(0, 0.02) init, batch norm in both networks; DiffAugment and a narrow D keep the balance",
    generator="dcgan",
    discriminator="dcgan",
    z_dim=128,
    d_norm="batch",
    init="dcgan",
    d_width=16,  # with 32 and without augmentation D tells the fakes apart for good after some 5,000 images
    augment=("color", "translation", "cutout"),
    flip=True,
    batch=32,
    ema_images=10_000,
)
PROJECTED = Recipe(
    summary="a light FastGAN generator against small discriminators on frozen ImageNet features, DiffAugment",
    generator="fastgan",
    discriminator="projected",
    g_width=16,
    d_width=64,
    d_norm="batch",
    g_wrap="spectral",
    d_wrap="spectral",
    loss="hinge",
    augment=("color", "translation", "cutout"),
    batch=16,
    beta1=0.0,
    beta2=0.99,
    ema_images=10_000,
)
RECIPES = {"course_sample": COURSE_SAMPLE, "dcgan": DCGAN, "projected": PROJECTED}
