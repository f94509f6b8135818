"""All attacks, in the order in which they are tried."""

from __future__ import annotations

from tests.attacks import (
    checkpoint_attacks,
    command_attacks,
    crowd_attacks,
    http_attacks,
    message_attacks,
    picture_attacks,
    race_attacks,
)
from tests.attacks.attack_list import ATTACKS

AREAS = (
    http_attacks,
    message_attacks,
    picture_attacks,
    checkpoint_attacks,
    command_attacks,
    crowd_attacks,
    race_attacks,
)
ORDER = [area.__name__ for area in AREAS]
ATTACKS.sort(key=lambda one: ORDER.index(one.check.__module__))
__all__ = ["ATTACKS"]
