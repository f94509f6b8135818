"""A knockout between whole tiles: few decisions lead from many seeds to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

DECISIONS = 15
MOST_SEEDS = 240
LEAST_SHOWN = 2


@dataclass(frozen=True)
class Stage:
    """Where a knockout stands: the seeds to decide between, all that are still in, and at most how many decisions.

    At the end one seed is in, nothing is shown and no decision is left.
    """

    shown: tuple[int, ...]
    alive: tuple[int, ...]
    decided: int
    remaining: int


def knockout(seeds: Sequence[int], decisions: Sequence[Sequence[int]]) -> Stage:
    """Replay decisions, each of which lists the shown seeds that stay in; without the last one it is undone.

    As few seeds as possible are shown at once, two at the least, but so many that the 15th decision is the last
    whatever was decided before: where r decisions are left for m seeds, keeping one of 1 + ceil((m - 1) / r) each time
    suffices. The last decision must keep exactly one. Raises ValueError for fewer than two seeds or more than 240, a
    seed given twice, and a decision that keeps a seed that is not shown, or leaves none in.
    """
    if not LEAST_SHOWN <= len(seeds) <= MOST_SEEDS or len(set(seeds)) != len(seeds):
        raise ValueError(f"A knockout is between {LEAST_SHOWN} to {MOST_SEEDS} different seeds, not {len(seeds)}.")
    alive = tuple(seeds)
    for decided, stay in enumerate(decisions):
        alive = _decide(alive, decided, tuple(stay))
    return _stage(alive, len(decisions))


def _stage(alive: tuple[int, ...], decided: int) -> Stage:
    left = DECISIONS - decided
    if len(alive) == 1:
        return Stage((), alive, decided, 0)
    shown = max(LEAST_SHOWN, 1 + ceil((len(alive) - 1) / left))
    return Stage(alive[:shown], alive, decided, min(left, len(alive) - 1))


def _decide(alive: tuple[int, ...], decided: int, stay: tuple[int, ...]) -> tuple[int, ...]:
    """Return who is in afterwards; those who stay go to the back, so that all are seen before anyone again."""
    stage = _stage(alive, decided)
    if not stage.shown:
        raise ValueError(f"Decision {decided + 1} comes after seed {alive[0]} has won.")
    if not set(stay) <= set(stage.shown) or len(set(stay)) != len(stay):
        raise ValueError(f"Decision {decided + 1} keeps {stay!r:.80}, not only seeds that were shown: {stage.shown}.")
    after = alive[len(stage.shown) :] + stay
    last = decided + 1 == DECISIONS
    if not after or (last and len(after) > 1):
        wanted = "exactly one" if last else "at least one"
        raise ValueError(f"Decision {decided + 1} leaves {len(after)} seeds; {wanted} must stay.")
    return after
