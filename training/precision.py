"""In which number format a training computes: float32, or the half precision in which a machine is fast."""

from __future__ import annotations

from dataclasses import dataclass

import torch

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Compute:
    """Where a training computes, and in which precision its networks do; weights are float32 in each."""

    device: torch.device
    precision: torch.dtype = torch.float32

    @property
    def precision_name(self) -> str:
        """Return what a passport calls the precision."""
        return str(self.precision).removeprefix("torch.")


def has_amx() -> bool:
    """Tell whether the CPU multiplies matrices of bfloat16 in hardware (Intel's AMX)."""
    supported = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(supported and supported())


def fastest(device: torch.device) -> torch.dtype:
    """Return the precision that `device` is fastest in.

    That is bfloat16 or float16 on a GPU, bfloat16 on a CPU with AMX (convolutions take a seventh of the time), and
    float32 on any other.
    """
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16
    return torch.bfloat16 if device.type == "cpu" and has_amx() else torch.float32


def prepare(device: torch.device) -> None:
    """Let a GPU choose its fastest convolutions and use TF32 where float32 is multiplied."""
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = True
        torch.set_float32_matmul_precision("high")


def chosen(name: str, device: torch.device) -> torch.dtype:
    """Return the precision of a name, or the fastest one for "auto".

    Raises ValueError for another name, and for float16 on a CPU, whose gradients would vanish there.
    """
    if name == "auto":
        return fastest(device)
    if name not in PRECISIONS or (name == "float16" and device.type != "cuda"):
        allowed = [one for one in ("auto", *PRECISIONS) if one != "float16" or device.type == "cuda"]
        raise ValueError(f"The precision {name!r} is not one of: {', '.join(allowed)}.")
    return PRECISIONS[name]
