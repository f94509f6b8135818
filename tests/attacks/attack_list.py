"""The list of attacks: each is a function that fails where the program does not hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tests.attacks.running_studio import RunningStudio

Check: TypeAlias = "Callable[[RunningStudio], None]"


@dataclass(frozen=True)
class Attack:
    """One attack: where it comes from, what it is, what is expected, and the function that tries it.

    One that takes more than some seconds is `slow`.
    """

    area: str
    name: str
    expected: str
    check: Check
    slow: bool = False


ATTACKS: list[Attack] = []


def attack(area: str, name: str, expected: str, *, slow: bool = False) -> Callable[[Check], Check]:
    """Put a function onto the list."""

    def put(check: Check) -> Check:
        ATTACKS.append(Attack(area, name, expected, check, slow))
        return check

    return put


def outcome(found: Attack, studio: RunningStudio) -> str:
    """Try an attack and return `held`, or `failed` with the reason; afterwards the studio must be as before."""
    try:
        studio.note_log()
        found.check(studio)
        studio.assert_unharmed()
    except Exception as error:
        return f"failed: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return "held"
