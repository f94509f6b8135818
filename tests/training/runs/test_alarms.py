from __future__ import annotations

import math
from typing import Any

import pytest

from training.runs.alarms import ALARMS, WINDOW, triggered_alarms

CALM: dict[str, Any] = {
    "d_loss": 1.2,
    "g_loss": 0.9,
    "d_gradient": 3.0,
    "g_gradient": 2.0,
    "overfit": 0.5,
    "spread": 0.8,
}


def rows(count: int = WINDOW, **values: Any) -> list[dict[str, Any]]:
    return [{**CALM, **values} for _ in range(count)]


def test_a_calm_run_rings_nothing() -> None:
    for loss in ("non_saturating", "hinge", "wasserstein"):
        assert triggered_alarms(rows(), loss) == []
        assert triggered_alarms(rows(1), loss) == []


@pytest.mark.parametrize(
    ("name", "history"),
    [
        ("d_wins", rows(20) + rows(5, d_loss=0.01)),
        ("gradients", rows(24) + rows(1, g_gradient=101.0)),
        ("gradients", rows(24) + rows(1, d_gradient=500.0)),
        ("unsteady", [row for _ in range(5) for row in rows(4, d_loss=0.01) + rows(1, d_loss=9.0)]),
        ("g_fools", [{**CALM, "g_loss": 2.0 * 0.9**index} for index in range(WINDOW)]),
        ("memorises", rows(overfit=0.97)),
        ("collapse", rows(20) + rows(5, spread=0.05)),
        ("grid", rows(24) + rows(1, period_2=3.1, period_4=1.0)),
        ("grid", rows(24) + rows(1, period_2=1.0, period_4=35.0)),
    ],
)
def test_each_alarm_rings_for_its_sign_alone(name: str, history: list[dict[str, Any]]) -> None:
    assert triggered_alarms(history, "non_saturating") == [name]


@pytest.mark.parametrize(
    ("name", "history"),
    [
        ("d_wins", rows(21) + rows(4, d_loss=0.01)),
        ("gradients", rows(1, g_gradient=101.0) + rows(24)),
        ("g_fools", [{**CALM, "g_loss": 2.0 * 0.97**index} for index in range(WINDOW)]),
        ("collapse", rows(21) + rows(4, spread=0.05)),
        ("grid", rows(period_2=3.0, period_4=3.0)),
        ("grid", rows(24, period_2=9.0, period_4=9.0) + rows(1, period_2=1.0, period_4=1.0)),
    ],
)
def test_an_alarm_waits_until_it_is_sure(name: str, history: list[dict[str, Any]]) -> None:
    assert name not in triggered_alarms(history, "non_saturating")


def test_the_size_of_a_loss_says_nothing_where_it_is_no_cross_entropy() -> None:
    history = [{**CALM, "d_loss": -0.5, "g_loss": 2.0 * 0.8**index, "overfit": 1.0} for index in range(WINDOW)]
    assert triggered_alarms(history, "wasserstein") == []
    assert triggered_alarms(history, "hinge") == ["memorises"]


def test_every_alarm_has_a_sentence() -> None:
    assert all(alarm.text for alarm in ALARMS.values())


def test_a_measure_that_is_not_finite_or_missing_rings_where_large_ones_do() -> None:
    assert triggered_alarms(rows(24) + rows(1, d_gradient=None), "hinge") == ["gradients"]
    old = [{"d_loss": 1.2, "g_loss": 0.9} for _ in range(24)]
    assert triggered_alarms(old + rows(1), "non_saturating") == []
    assert triggered_alarms(rows(20) + rows(5, spread=None), "hinge") == []
    for odd in (None, "35", [35.0], math.nan):
        assert triggered_alarms(rows(period_2=odd, period_4=odd), "hinge") == []


@pytest.mark.parametrize("odd", [None, "a", [1], {}])
def test_damaged_rows_ring_no_alarm_that_looks_back_on_losses(odd: object) -> None:
    damaged = rows(1, d_loss=odd, g_loss=odd) + rows(24)
    assert triggered_alarms(damaged, "non_saturating") == []
