"""Try all attacks, or those whose area or name has one of the given words, and print one table."""

from __future__ import annotations

import sys

from tests.attacks import every_attack
from tests.attacks.attack_list import Attack, outcome
from tests.attacks.running_studio import open_studio


def main(words: list[str]) -> int:
    """Print the table; return 0 where everything held, otherwise 1."""
    chosen = [
        one for one in every_attack.ATTACKS if not words or any(word in f"{one.area} {one.name}" for word in words)
    ]
    with open_studio() as studio:
        rows = [(one, _tried(one, outcome(one, studio))) for one in chosen]
    failed = sum(found != "held" for _, found in rows)
    print(f"{len(rows) - failed} of {len(rows)} held")
    return int(failed > 0)


def _tried(one: Attack, found: str) -> str:
    print(f"{one.area:14} | {one.name:62} | {one.expected:52} | {found}", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
