"""No script of the page imports, by whatever way, itself: whatever a script needs is there before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

from studio.ui.browser_files import NAMES, browser_files


def cycle_among(imports: Mapping[str, list[str]]) -> list[str]:
    """Return scripts of which each is imported by the one after it, the first one again at the end; or none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def script_imports() -> dict[str, list[str]]:
    scripts = {name: file.plain.decode() for name, file in browser_files().items() if name.endswith(".js")}
    return {name: NAMES.findall(text) for name, text in scripts.items()}


def test_no_scripts_of_the_page_import_each_other_in_a_cycle() -> None:
    imports = script_imports()
    assert len(imports) > 100
    assert set().union(*imports.values()) <= set(imports)
    assert "shared/dom.js" in imports["explore/tab.js"]
    assert cycle_among(imports) == []


@pytest.mark.parametrize(
    ("imports", "members"),
    [
        ({"a.js": ["b.js"], "b.js": ["a.js"]}, {"a.js", "b.js"}),
        ({"a.js": ["b.js", "d.js"], "b.js": ["c.js"], "c.js": ["b.js"], "d.js": []}, {"b.js", "c.js"}),
        ({"a.js": ["a.js"]}, {"a.js"}),
        ({"a.js": ["b.js", "c.js"], "b.js": ["c.js"]}, set()),
    ],
    ids=["two", "below another", "itself", "none"],
)
def test_a_cycle_is_found(imports: dict[str, list[str]], members: set[str]) -> None:
    assert set(cycle_among(imports)) == members
