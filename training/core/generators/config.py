"""The record from which a generator can be built again before its weights are loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from training.core.normalization import NORMS

RESOLUTIONS = (8, 16, 32, 64, 128, 256)
Z_DIMS = range(1, 1025)
WIDTHS = range(1, 129)
CLASSES = range(1001)
MOST_CHANNELS = range(1, 1025)
ACTIVATIONS = ("relu", "leaky_relu", "elu")
UPSAMPLES = ("transposed", "nearest", "sub_pixel")
OUTPUTS = ("tanh", "linear")
LATENTS = ("normal", "uniform", "sphere")
DOUBLINGS = ("sub_pixel", "sub_pixel_narrow", "nearest")
EXCITATIONS = ("context", "frequency")
EQUALIZERS = (0, *range(3, 32, 2))
SWITCHES = {  # which of the switches below a network has; the others must stay at their defaults
    "course": ("norm", "activation", "upsample", "output", "latent", "equalizer"),
    "dcgan": ("norm", "activation", "upsample", "output", "latent", "equalizer"),
    "fastgan": ("output", "equalizer"),
    "fastgan_nearest": ("output", "equalizer"),
    "lightweight_gan": ("output", "latent", "equalizer", "most", "doubling", "excitation", "linear_attention"),
    "resnet": ("norm", "activation", "attention", "output", "latent", "equalizer"),
    "stylegan2": (),
}
SCALES_LATENTS = (
    "fastgan",
    "fastgan_nearest",
    "stylegan2",
)  # networks that bring each latent to the length sqrt(z_dim) by themselves
ALWAYS_WRITTEN = ("network", "z_dim", "resolution", "width")


class ChoiceError(ValueError):
    """A field has a value that is not one of those allowed; both are named."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        self.name, self.value, self.allowed = name, f"{value!r:.80}", allowed
        super().__init__(f"The {name} {self.value} is not one of: {allowed}.")


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """Enough to build a generator again before its weights are loaded.

    `network` is a row of GENERATORS, `z_dim` the length of a latent (1 .. 1024), `resolution` the side of an image in
    pixels (8, 16, .. 256), `width` the channels of the widest picture layer (1 .. 128), `classes` the number of classes
    it can be asked for (0: none). `norm`, `activation` and `upsample` name the layers of a block, and `attention` is
    the side of the feature maps that attend to themselves (0: none). `output` ends in a tanh or leaves the picture as
    the last layer gives it; `latent` is the prior that a seed's normal numbers are turned into; `equalizer` is the side
    in pixels of a filter behind it all (0: none; odd, 3 .. 31, less than twice the picture's). The last four are
    lightweight_gan's: the channels that a layer has at most (1 .. 1024), how a side is doubled, what excites a map, and
    the sides at which linear attention stands, in ascending order, each below the picture's. Anything else raises
    ValueError, so that a config from an unknown hand cannot ask for terabytes.
    """

    network: str
    z_dim: int = 128
    resolution: int = 128
    width: int = 32
    norm: str = "batch"
    activation: str = "relu"
    upsample: str = "transposed"
    attention: int = 0
    classes: int = 0
    output: str = "tanh"
    latent: str = "normal"
    equalizer: int = 0
    most: int = 512
    doubling: str = "sub_pixel"
    excitation: str = "context"
    linear_attention: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _check("generator", self.network, tuple(SWITCHES))
        _check("z_dim", self.z_dim, Z_DIMS)
        _check("resolution", self.resolution, RESOLUTIONS)
        _check("width", self.width, WIDTHS)
        _check("g_norm", self.norm, tuple(NORMS))
        _check("g_activation", self.activation, ACTIVATIONS)
        _check("upsample", self.upsample, UPSAMPLES)
        _check("attention", self.attention, (0, *(side for side in RESOLUTIONS if side <= self.resolution)))
        _check("classes", self.classes, CLASSES)
        _check("g_output", self.output, OUTPUTS)
        _check("latent", self.latent, LATENTS)
        _check("equalizer", self.equalizer, tuple(side for side in EQUALIZERS if side < 2 * self.resolution))
        _check("most", self.most, MOST_CHANNELS)
        _check("doubling", self.doubling, DOUBLINGS)
        _check("excitation", self.excitation, EXCITATIONS)
        self._check_linear_attention()
        self._check_switches()

    def _check_linear_attention(self) -> None:
        allowed = (4, *(side for side in RESOLUTIONS if side < self.resolution))
        found = self.linear_attention
        if not isinstance(found, tuple):
            raise ChoiceError("linear_attention", found, "a list of sides")
        for side in found:
            _check("linear_attention", side, allowed)
        if list(found) != sorted(set(found)):
            raise ChoiceError("linear_attention", list(found), "each side once, in ascending order")

    @property
    def largest_attention(self) -> int:
        """Return the side of the largest map that attends to itself, of either kind; 0 where none does."""
        return max(self.attention, *self.linear_attention, 0)

    def _check_switches(self) -> None:
        if self.latent != "normal" and self.network in SCALES_LATENTS:
            raise ValueError(
                f"The generator {self.network!r} scales every latent to the length sqrt(z_dim) by itself, "
                f"so the latent {self.latent!r} does not go with it; leave it at 'normal'."
            )
        for name in self._changed():
            if name not in (*ALWAYS_WRITTEN, "classes", *SWITCHES[self.network]):
                raise ValueError(f"The generator {self.network!r} has no {name} to choose; leave it at its default.")
        if self.network == "resnet" and self.classes and self.norm != "batch":
            raise ValueError(
                f"Classes enter a residual generator by its batch norms, so they do not go with g_norm {self.norm!r}."
            )

    def _changed(self) -> list[str]:
        return [field.name for field in fields(self) if getattr(self, field.name) != field.default]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain JSON values; a switch at its default is left out."""
        names = (*ALWAYS_WRITTEN, *self._changed())
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return {name: value for name, value in values.items() if name in names}

    @classmethod
    def from_dict(cls, values: object) -> GeneratorConfig:
        """Build a config from JSON values; unknown, missing and ill-typed fields raise ValueError."""
        names = [field.name for field in fields(cls)]
        if not isinstance(values, dict) or not set(ALWAYS_WRITTEN) <= set(values) <= set(names):
            found = sorted(values) if isinstance(values, dict) else values
            raise ValueError(
                f"A generator config has the fields {sorted(ALWAYS_WRITTEN)} and may have "
                f"{sorted(set(names) - set(ALWAYS_WRITTEN))}, not {found!r:.200}."
            )
        attention = values.get("linear_attention")
        return cls(**(values | {"linear_attention": tuple(attention)} if isinstance(attention, list) else values))


def _check(name: str, value: object, allowed: range | tuple[object, ...]) -> None:
    if isinstance(value, int | str) and not isinstance(value, bool) and value in allowed:
        return
    raise ChoiceError(name, value, _listed(allowed))


def _listed(allowed: range | Iterable[object]) -> str:
    return f"{allowed[0]} to {allowed[-1]}" if isinstance(allowed, range) else ", ".join(map(str, allowed))


def channels_at(side: int, config: GeneratorConfig, most: int = 16) -> int:
    """Return how many channels a layer has at `side` pixels: doubled at each halving, up to `most` widths."""
    return min(config.resolution // side, most) * config.width


def sides(config: GeneratorConfig) -> list[int]:
    """List the sides of the feature maps from 4 x 4 to the picture."""
    return [4 * 2**step for step in range((config.resolution // 4).bit_length())]
