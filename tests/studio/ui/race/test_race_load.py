"""A course votes within a minute on a race of the shipped checkpoints: every ballot is in, and soon."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.race_load import CHECKPOINTS, real_race, vote_all

VOTERS = 40


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_forty_voters_within_a_minute_are_all_in_and_none_waits_long(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with real_race(tmp_path, CHECKPOINTS, VOTERS) as race:
        found = vote_all(race, 60.0)
    with capsys.disabled():
        print(f"\n{found.report()}")
    assert found.ballots == len(set(found.receipts)) == VOTERS
    assert found.tiles >= 4
    assert found.p95("ballot") < 3.0
    assert found.p95("paper") < 3.0
