"""Places in latent space: between seeds, along directions, with mixed styles; and which of them are a pure seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from studio.exploration.directions import Directions
from training.core import latents
from training.core.generators import GeneratorNetwork
from training.core.pixels import Pixels, to_tile, to_uint8
from training.core.precision import drawing_in
from training.core.tile import BATCH

Way: TypeAlias = Literal["slerp", "lerp", "pad"]
Parts: TypeAlias = tuple[tuple[int, float], ...]
MOST_SEEDS = 12  # of a walk
SIGMAS = 3.0  # how far a direction may be followed, in standard deviations


@dataclass(frozen=True)
class Place:
    """A point between seeds: each of them with its weight (above 0, together 1), and the way between them.

    One seed alone is a pure seed. `slerp` and `lerp` are between two, `pad` between up to four.
    """

    parts: Parts
    way: Way

    @property
    def pure(self) -> int | None:
        """Return the seed that this place is, or None for a place between seeds."""
        return self.parts[0][0] if len(self.parts) == 1 else None

    @property
    def nearest(self) -> int:
        """Return the seed that has the greatest weight, the first of equal ones."""
        return max(self.parts, key=lambda part: part[1])[0]

    def latents(self, count: int, z_dim: int) -> Tensor:  # -> [count, z_dim]
        """Return the latents of the first `count` cells; those of a pure seed are exactly its own."""
        rows = [latents.latents(seed, count, z_dim) for seed, _ in self.parts]
        if len(rows) == 1:
            return rows[0]
        if self.way == "pad":
            return mix(rows, [weight for _, weight in self.parts])
        between = latents.slerp if self.way == "slerp" else latents.lerp
        return between(rows[0], rows[1], self.parts[1][1])


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is done to a place on its way through the generator; as it stands, nothing.

    `psi` truncates, `amounts` follow directions (in standard deviations), and from the style input `mix_from` on the
    styles are those of the seed `mix_seed`.
    """

    psi: float = 1.0
    amounts: tuple[float, ...] = ()
    mix_seed: int | None = None
    mix_from: int = 0


def on_walk(seeds: Sequence[int], position: float, *, way: Way = "slerp", closed: bool = False) -> Place:
    """Return the place at `position` of a walk from seed to seed: 0 is the first, 1 the second, and so on.

    A closed walk goes on from the last seed to the first, which it reaches at `len(seeds)`.
    """
    start = min(int(position), len(seeds) - 1)
    t = position - start
    after = (start + 1) % len(seeds) if closed else min(start + 1, len(seeds) - 1)
    return Place(_parts([(seeds[start], 1.0 - t), (seeds[after], t)]), way)


def on_pad(seeds: Sequence[int], x: float, y: float) -> Place:
    """Return the place at (x, y), both 0 .. 1, between four seeds: top left, top right, bottom left, bottom right."""
    weights = [(1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y]
    return Place(_parts(list(zip(seeds, weights, strict=True))), "pad")


def _parts(pairs: list[tuple[int, float]]) -> Parts:
    """Leave out seeds without weight, and put those together that are the same."""
    total: dict[int, float] = {}
    for seed, weight in pairs:
        total[seed] = total.get(seed, 0.0) + weight
    return tuple((seed, weight) for seed, weight in total.items() if weight > 0.0)


def mix(rows: list[Tensor], weights: list[float]) -> Tensor:  # n of [N, z_dim] -> [N, z_dim]
    """Mix sets of latents by weights and give each row the weighted mean of the lengths.

    The plain mean of independent latents is shorter than any of them, and a generator shows it as a dull average.
    """
    straight = sum((row * weight for row, weight in zip(rows, weights, strict=True)), torch.zeros_like(rows[0]))
    lengths = torch.stack([row.norm(dim=1) * weight for row, weight in zip(rows, weights, strict=True)]).sum(dim=0)
    mixed: Tensor = straight * (lengths / straight.norm(dim=1).clamp_min(1e-12)).unsqueeze(1)
    return mixed


def frame_positions(seeds: int, frames: int, *, closed: bool) -> list[float]:
    """Return where on a walk each frame of a film is; the frame after the last of a closed one would be the first."""
    if closed:
        return [seeds * frame / frames for frame in range(frames)]
    return [(seeds - 1) * frame / max(frames - 1, 1) for frame in range(frames)]


def film(
    draw_cells: Callable[[Place, range], Pixels], places: Iterable[Place], cells: range, side: int
) -> Iterator[Pixels]:
    """Yield a square frame of `side` pixels for each place; `draw_cells` is asked for `BATCH` cells at a time."""
    columns = math.isqrt(len(cells))
    for place in places:
        parts = [cells[start : start + BATCH] for start in range(0, len(cells), BATCH)]
        tile = Image.fromarray(to_tile(np.concatenate([draw_cells(place, part) for part in parts]), columns))
        yield np.asarray(tile.resize((side, side), Image.Resampling.LANCZOS))


def departures(place: Place, changes: Changes) -> list[str]:
    """List what makes the picture other than that of a pure seed: `between`, `directions`, `mixing`.

    Truncation is not among them: one psi for the whole tile is part of how a pure seed may be drawn.
    """
    found = {
        "between": place.pure is None,
        "directions": any(changes.amounts),
        "mixing": changes.mix_seed is not None and changes.mix_seed != place.pure,
    }
    return [name for name, holds in found.items() if holds]


@torch.inference_mode()
def draw(
    generator: GeneratorNetwork,
    place: Place,
    changes: Changes,
    directions: Directions | None,
    cells: range,
    precision: torch.dtype = torch.float32,
) -> Pixels:  # -> [len(cells), R, R, 3]
    """Draw some cells of a place, in eval mode and in batches of `BATCH` as the tile of a seed is drawn.

    Where `cells` are whole batches of a tile, a pure seed without changes gives the cells of its tile, exactly; any
    precision but float32 gives a preview of them.
    """
    generator.eval()
    with drawing_in(next(generator.parameters()).device, precision):
        pictures = [to_uint8(generator.synthesize(w)) for w in _to_w(generator, place, changes, directions, cells)]
    return np.concatenate(pictures)


def _to_w(
    generator: GeneratorNetwork, place: Place, changes: Changes, directions: Directions | None, cells: range
) -> Iterator[Tensor]:
    """Yield what the generator draws from, batch by batch; classes change over from seed to seed as latents do."""
    mixed = _alone(changes.mix_seed) if changes.mix_seed is not None else None
    for start in range(cells.start, cells.stop, BATCH):
        rows = slice(start, min(start + BATCH, cells.stop))
        w = _map(generator, place, changes.psi, rows)
        if directions is not None and any(changes.amounts):
            w = w + directions.shift(changes.amounts).to(w.device)
        if mixed is not None and generator.styles:
            styles = _map(generator, mixed, changes.psi, rows)
            w = torch.cat([w[:, : changes.mix_from], styles[:, changes.mix_from :]], dim=1)
        yield w


def _alone(seed: int) -> Place:
    return Place(((seed, 1.0),), "pad")


def _map(generator: GeneratorNetwork, place: Place, psi: float, rows: slice) -> Tensor:
    """Return w of some cells of a place; on a straight way between seeds styles are mixed, where there are any.

    Styles need no correction of their length, and a straight line between them passes through likely ones (Karras et
    al. 2019, arXiv:1812.04948, section 4.1).
    """
    if generator.styles and place.way != "slerp" and place.pure is None:
        return _weighted([_map(generator, _alone(seed), psi, rows) for seed, _ in place.parts], place)
    z = place.latents(rows.stop, generator.z_dim)[rows].to(next(generator.parameters()).device)
    if not generator.classes:
        return generator.map(z, None, psi)
    labels = [latents.labels(seed, rows.stop, generator.classes)[rows].to(z.device) for seed, _ in place.parts]
    parts = [generator.map(z, one, psi) for one in labels]
    return parts[0] if len(parts) == 1 else _weighted(parts, place)


def _weighted(parts: list[Tensor], place: Place) -> Tensor:
    return torch.stack([w * weight for w, (_, weight) in zip(parts, place.parts, strict=True)]).sum(dim=0)
