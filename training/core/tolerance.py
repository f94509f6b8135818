"""By how much a tile that was drawn again may differ."""

from __future__ import annotations

# Tiles of every generator at 128 pixels, drawn with other threads, batch sizes, memory formats and instruction sets
# (SSE4.1, AVX2, AVX-512), without oneDNN, and in float64, differ by 1 level, in 0.018 % of a tile's values and 0.043 %
# of a cell's at the most. The limits leave ten times as much: a sharply trained generator makes more of a last bit.
MAX_LEVELS = 2
MAX_CELL_SHARE = 0.005
MAX_TILE_SHARE = 0.002
