"""Every attack of the list is held off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.attack_list import Attack, attack, outcome
from tests.attacks.every_attack import ATTACKS
from tests.attacks.running_studio import RunningStudio, open_studio


@pytest.fixture(scope="module")
def studio() -> Iterator[RunningStudio]:
    with open_studio() as found:
        yield found


@pytest.mark.parametrize(
    "one",
    [pytest.param(one, id=one.name.replace(" ", "_"), marks=[pytest.mark.slow] * one.slow) for one in ATTACKS],
)
def test_it_holds(one: Attack, studio: RunningStudio) -> None:
    assert outcome(one, studio) == "held"


def test_the_list_is_long_and_its_names_differ() -> None:
    assert len(ATTACKS) >= 50
    assert len({one.name for one in ATTACKS}) == len(ATTACKS)


def test_an_attack_that_succeeds_is_told(studio: RunningStudio) -> None:
    def harmless(running: RunningStudio) -> None:
        assert running.request("GET /race/alive HTTP/1.1") == b""

    def noisy(running: RunningStudio) -> None:
        running.log_file.write_bytes(running.log_file.read_bytes() + b"Traceback\n")

    before = len(ATTACKS)
    for check, reason in ((harmless, "AssertionError"), (noisy, "a traceback")):
        attack("test", "made up", "it fails")(check)
        assert reason in outcome(ATTACKS.pop(), studio)
    assert len(ATTACKS) == before
