"""What a program finds in a Space: its GPU on demand, its mounted bucket, and whether anything it writes stays.

Sources: "Spaces ZeroGPU" and "Storage Buckets" of the Hub's documentation; nothing here imports PyTorch at the top, as
the package `spaces` has to come before it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from training.core.pixels import Pixels

BUCKET = Path("/data")  # where the Hub proposes to mount a bucket
STATE = "GAN_RACE_STATE"
IN_BUCKET = "gan-race-studio"


def on_space() -> bool:
    """Tell whether this program runs in a Space."""
    return os.environ.get("SYSTEM") == "spaces"


def on_zero_gpu() -> bool:
    """Tell whether the Space gives a GPU for the duration of single calls."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def prepare() -> None:
    """Get a Space ready, before PyTorch is imported; do nothing elsewhere."""
    if on_space():
        keep_state(BUCKET)
    if on_zero_gpu():
        declare_gpu_function()


def keep_state(bucket: Path) -> None:
    """Keep favourites and added checkpoints in a mounted bucket, unless GAN_RACE_STATE names a folder."""
    if not os.environ.get(STATE) and bucket.is_mount() and os.access(bucket, os.W_OK):
        os.environ[STATE] = str(bucket / IN_BUCKET)


def state_lasts() -> bool:
    """Tell whether the state outlives a restart: in a Space only what lies in a mounted volume does."""
    from studio.favourites import state_folder

    return not on_space() or is_mounted(state_folder())


def is_mounted(folder: Path) -> bool:
    """Tell whether a folder, which need not be there yet, lies in a volume of its own and not in that of the root."""
    path = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would ask a drive that is away
    return any(parent.is_mount() for parent in [path, *path.parents][:-1])


def declare_gpu_function() -> None:
    """Declare a function for ZeroGPU, which ends a Space that has none. Raises ImportError without `spaces`."""
    import spaces

    spaces.GPU(draw_on_gpu)


def draw_on_gpu(folder: str, seed: int) -> Pixels:  # -> [10 R, 10 R, 3]
    """Draw a tile on the GPU, which is there during the call alone.

    The page calls it nowhere: each call waits for a GPU and costs a share of the visitor's daily minutes.
    """
    from training.core import checkpoint
    from training.core.tile import seed_tile

    return seed_tile(checkpoint.load(Path(folder)).generator.to("cuda"), seed)


def drawing_device() -> torch.device | None:
    """Return the CPU under ZeroGPU, where PyTorch shows a GPU that only declared functions have; elsewhere None."""
    import torch

    return torch.device("cpu") if on_zero_gpu() else None
