"""No text of others is computed by a spreadsheet."""

from __future__ import annotations

import pytest

from studio.race.spreadsheet import safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "\u3000=1", "\ttext", "＝1", "＠x", "－1", "﹢1"]
)
def test_before_a_formula_stands_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["a=1", "", "1+1", "tile.png", "é", 7, -1.5, None, True])
def test_everything_else_stays_as_it_is(value: object) -> None:
    assert safe_cell(value) is value
