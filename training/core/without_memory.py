"""Networks without memory: their names, shapes and types, and no values, which are not drawn either."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

IN_PLACE = {Tensor.normal_, Tensor.uniform_}
DRAWN = {torch.randn, torch.rand}


@contextmanager
def without_memory() -> Iterator[None]:
    """Let the networks that are built meanwhile take no memory.

    On the device "meta" PyTorch still decomposes every draw of initial values, for which it loads its compiler: some
    seconds of a start. Here nothing is drawn.
    """
    with torch.device("meta"), _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if function in IN_PLACE or getattr(function, "__module__", None) == nn.init.__name__:
            return args[0] if args else named["tensor"]
        return (torch.empty if function in DRAWN else function)(*args, **named)
