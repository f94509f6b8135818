"""What a tab says of a tile that is drawn."""

from __future__ import annotations

from studio.checkpoints.catalog import Entry
from studio.ui.shared.messages import Classes
from training.core.latents import labels
from training.core.tile import CELLS

FIRST_SEED = 0


def drawn_classes(entry: Entry, seed: int) -> Classes:
    """Return the class of each cell, drawn from the same seed, and how many there are: 0 for a generator of none."""
    count = entry.description.config.classes if entry.description else 0
    return Classes(classes=labels(seed, CELLS, count).tolist() if count else [], class_count=count)
