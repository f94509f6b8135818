"""What a command prints of names that it did not choose."""

from __future__ import annotations

import pytest

from training.core.output import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two lines\nof ordinary text: é, 花, \U0001f468\u200d\U0001f469\tand a tab",) * 2,
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\u202egnp.exe", "a\\u202egnp.exe"),
        ("back\rover\x9b2J", "back\\rover\\x9b2J"),
    ],
)
def test_what_steers_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
