from __future__ import annotations

import pytest
import torch

from training import precision
from training.precision import Compute, chosen, fastest

CPU = torch.device("cpu")


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
