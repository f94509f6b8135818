"""Drawing has a precision of its own. oneDNN's shortcuts change pixels only on CPUs with AMX: so what is tested of them
is the settings that hold while a generator computes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from training.core import precision
from training.core.latents import latents
from training.core.precision import Compute, chosen, drawing_in, fastest
from training.core.tile import draw

CPU = torch.device("cpu")
ONEDNN = torch.backends.mkldnn
IS_NEW = hasattr(ONEDNN, "conv")  # since torch 2.9 convolutions have a setting of their own
new_torch = pytest.mark.skipif(not IS_NEW, reason="This torch computes float32 convolutions in float32 only.")


def settings() -> list[str]:
    """Return what float32 convolutions and products are computed in, and whether an autocast holds."""
    products = ONEDNN.matmul.fp32_precision if IS_NEW else torch.get_float32_matmul_precision()
    return [ONEDNN.conv.fp32_precision if IS_NEW else "", products, str(torch.is_autocast_enabled("cpu"))]


def set_one(name: str) -> Callable[[], None]:
    return lambda: setattr(getattr(ONEDNN, name), "fp32_precision", "bf16")


def set_all() -> None:
    torch.backends.fp32_precision = "bf16"


def set_legacy() -> None:
    torch.set_float32_matmul_precision("medium")


CARELESS = [
    pytest.param(set_one("conv"), marks=new_torch, id="convolutions"),
    pytest.param(set_one("matmul"), marks=new_torch, id="products"),
    pytest.param(set_all, marks=new_torch, id="everything"),
    pytest.param(set_legacy, id="legacy"),
]


@pytest.fixture(autouse=True)
def settings_of_the_process() -> Iterator[None]:
    yield
    torch.set_float32_matmul_precision("highest")
    if IS_NEW:
        torch.backends.fp32_precision = ONEDNN.conv.fp32_precision = ONEDNN.matmul.fp32_precision = "none"


class Probe(nn.Module):
    """Notes the settings under which it is asked for pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.z_dim, self.resolution, self.classes = 3, 2, 0
        self.weight = nn.Parameter(torch.eye(3) / 3)
        self.found: list[str] = []

    def forward(self, z: Tensor, labels: Tensor | None = None, psi: float = 1.0) -> Tensor:
        self.found = settings()
        return (z @ self.weight)[:, :, None, None].expand(-1, -1, 2, 2)


@pytest.mark.parametrize("careless", CARELESS)
def test_pictures_are_drawn_in_float32_whatever_the_process_computes_in(careless: Callable[[], None]) -> None:
    careless()
    before, probe = settings(), Probe()
    with torch.autocast("cpu", torch.bfloat16):
        draw(probe, latents(0, 3, 3))
    assert probe.found == (["ieee", "ieee", "False"] if IS_NEW else ["", "highest", "False"])
    assert settings() == before


@new_torch
def test_a_setting_that_followed_a_wider_one_goes_on_to_follow_it() -> None:
    set_all()
    with drawing_in(CPU):
        pass
    torch.backends.fp32_precision = "ieee"
    assert settings()[:2] == ["ieee", "ieee"]


def test_an_autocast_around_changes_no_pixel() -> None:
    torch.manual_seed(0)
    z, probe = latents(0, 10, 3), Probe()
    exact = draw(probe, z)
    with torch.autocast("cpu", torch.bfloat16):
        assert np.array_equal(draw(probe, z), exact)
    assert not np.array_equal(draw(probe, z, precision=torch.bfloat16), exact)
    assert probe.found[-1] == "True"
    assert np.array_equal(draw(probe, z), exact)


def test_the_settings_come_back_after_an_error() -> None:
    set_legacy()
    before = settings()
    with pytest.raises(RuntimeError, match="in the middle"), drawing_in(CPU):
        raise RuntimeError("in the middle")
    assert settings() == before


def test_of_two_threads_the_last_one_to_end_restores_the_settings() -> None:
    set_legacy()
    before = settings()
    first, second, end = threading.Event(), threading.Event(), threading.Event()
    inside: list[list[str]] = []

    def other() -> None:
        first.wait()
        with drawing_in(CPU):
            second.set()
            end.wait()
            inside.append(settings())

    thread = threading.Thread(target=other)
    thread.start()
    with drawing_in(CPU):
        first.set()
        second.wait()
        pinned = settings()
    assert settings() == pinned != before
    end.set()
    thread.join()
    assert inside == [pinned]
    assert settings() == before


@pytest.mark.parametrize(("amx", "wanted"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_cpu_computes_in_bfloat16_where_it_has_amx(
    amx: bool, wanted: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)
    assert fastest(CPU) == chosen("auto", CPU) == wanted
    assert chosen("float32", CPU) == torch.float32


def test_a_torch_that_does_not_know_of_amx_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported", raising=False)
    assert fastest(CPU) == torch.float32


@pytest.mark.parametrize(("capability", "wanted"), [((7, 5), torch.float16), ((8, 0), torch.bfloat16)])
def test_a_gpu_computes_in_the_half_precision_that_it_has(
    capability: tuple[int, int], wanted: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert fastest(torch.device("cuda")) == wanted


@pytest.mark.parametrize("name", ["half", "", "float16"])
def test_another_precision_is_refused_with_those_that_are_allowed(name: str) -> None:
    with pytest.raises(ValueError, match=rf"'{name}' is not one of: auto, float32, bfloat16\."):
        chosen(name, CPU)


def test_a_precision_has_the_name_by_which_it_is_chosen() -> None:
    for name, precision_ in precision.PRECISIONS.items():
        assert Compute(CPU, precision_).precision_name == name
