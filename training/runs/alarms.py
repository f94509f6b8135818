"""Signs of a failing run, from the rows of its metrics: ALARMS. They tell; they steer nothing."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from training.evaluation.spectrum import PERIOD_NAMES

Rows = Sequence[dict[str, Any]]
WINDOW = 25  # rows that an alarm looks back on
GRID = 3.0  # times the power of the reals; 100 reals of other draws reach 1.6
NO_ZERO = {"wasserstein", "began", "relativistic", "least_squares"}  # whose logits do not part at 0
ENTROPY = {"non_saturating", "saturating"}  # losses whose size says something: cross-entropies


class Alarm(NamedTuple):
    """A sign, and the sentence that explains it."""

    is_triggered: Callable[[Rows, str], bool]
    text: str


def value(row: dict[str, Any], name: str) -> float:
    """Return a measure of a row; one that was not finite, or not measured, counts as infinite."""
    found = row.get(name)
    return float(found) if isinstance(found, int | float) else math.inf


def d_wins(rows: Rows, loss: str) -> bool:
    """Tell whether D's cross-entropy has been near 0 for some time."""
    return loss in ENTROPY and len(rows) >= 5 and all(value(row, "d_loss") < 0.02 for row in rows[-5:])


def gradients(rows: Rows, loss: str) -> bool:
    """Tell whether a gradient is longer than 100."""
    return any(value(rows[-1], name) > 100.0 for name in ("d_gradient", "g_gradient"))


def unsteady(rows: Rows, loss: str) -> bool:
    """Tell whether D's cross-entropy varies more than it amounts to."""
    losses = [value(row, "d_loss") for row in rows]
    if not all(map(math.isfinite, losses)):
        return False
    return loss in ENTROPY and len(rows) == WINDOW and statistics.stdev(losses) > statistics.fmean(losses)


def g_fools(rows: Rows, loss: str) -> bool:
    """Tell whether G's cross-entropy has fallen all the time, to less than a quarter."""
    if loss != "non_saturating" or len(rows) < WINDOW:
        return False
    if not all(math.isfinite(value(row, "g_loss")) for row in rows):
        return False
    means = [statistics.fmean(value(row, "g_loss") for row in rows[start : start + 5]) for start in range(0, WINDOW, 5)]
    return sorted(means, reverse=True) == means and means[-1] < 0.25 * means[0]


def memorises(rows: Rows, loss: str) -> bool:
    """Tell whether D calls nearly every real real, which ADA's r_t measures."""
    return loss not in NO_ZERO and value(rows[-1], "overfit") > 0.95


def collapse(rows: Rows, loss: str) -> bool:
    """Tell whether the fakes of a batch hardly differ."""
    return len(rows) >= 5 and all(value(row, "spread") < 0.1 for row in rows[-5:])


def grid(rows: Rows, loss: str) -> bool:
    """Tell whether a grid of 2 or 4 pixels is far stronger in the fakes than in the reals, where that was measured."""
    found = [rows[-1].get(name) for name in PERIOD_NAMES]
    return any(isinstance(ratio, int | float) and ratio > GRID for ratio in found)


def triggered_alarms(rows: Rows, loss: str) -> list[str]:
    """Name the alarms that the last `WINDOW` rows of a run with this loss set off."""
    rows = rows[-WINDOW:]
    return [name for name, alarm in ALARMS.items() if alarm.is_triggered(rows, loss)]


ALARMS = {
    "d_wins": Alarm(d_wins, "D's loss is near 0: it tells the fakes apart for good, and G learns nothing more"),
    "gradients": Alarm(gradients, "a gradient is longer than 100: the steps are out of control"),
    "unsteady": Alarm(unsteady, "D's loss varies more than it amounts to: the two do not settle"),
    "g_fools": Alarm(g_fools, "G's loss falls all the time: it fools D with garbage"),
    "memorises": Alarm(memorises, "D knows nearly every real (r_t above 0.95): augment more, or ADA"),
    "collapse": Alarm(collapse, "the fakes of a batch hardly differ: G has collapsed to a few pictures"),
    "grid": Alarm(
        grid, "a grid of 2 or 4 pixels is over three times as strong as in the reals: `training equalize` takes it out"
    ),
}
