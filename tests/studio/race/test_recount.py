"""The script that comes with the export counts as the program does, and notices what was changed."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.race import recount
from studio.race.published import publish
from tests.elections import random_race

SCRIPT = Path(recount.__file__)


def is_complete(seed: int) -> bool:
    """Tell whether a race has a final with a result, and points for a tile that is not in it."""
    outcome = random_race(seed).outcome()
    if len(outcome.rounds) < 2 or not outcome.rounds[1].has_quorum:
        return False
    after = outcome.standings[len(outcome.rounds[1].standings) :]
    return bool(after) and after[0].points > 0


WITH_FINAL = next(seed for seed in range(1000) if is_complete(seed))


def run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script where nothing is installed and nothing of ours can be found."""
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(SCRIPT), str(path), *arguments]
    return subprocess.run(command, cwd=path.parent, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_script_is_short_and_imports_the_standard_library_only() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 100
    tree = ast.walk(ast.parse(source))
    names = [
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in tree
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert {str(name).split(".")[0] for name in names} <= set(sys.stdlib_module_names)


def test_it_agrees_in_a_process_of_its_own(tmp_path: Path) -> None:
    for seed in range(40):
        race = random_race(seed)
        path = tmp_path / f"race{seed}.json"
        path.write_text(publish(race), encoding="utf-8")
        done = run(path)
        assert (done.returncode, done.stderr) == (0, ""), (seed, done.stdout)
        expected = [f"{one.place} {one.tile} {race.mapping[one.tile]['name']}" for one in race.outcome().standings]
        assert done.stdout.splitlines() == [*expected, "Everything agrees with the file."]


def test_it_agrees_in_five_hundred_random_races() -> None:
    for seed in range(1000, 1500):
        race = random_race(seed)
        values = json.loads(publish(race))
        order, differences = recount.recount(values)
        assert differences == []
        expected = [(one.tile, one.place, str(one.score), one.decided_by) for one in race.outcome().standings]
        assert [tuple(one.values()) for one in order] == expected


def swap_result(values: dict[str, Any]) -> None:
    values["result"][0], values["result"][1] = values["result"][1], values["result"][0]


def drop_ballots(values: dict[str, Any]) -> None:
    del values["rounds"][1]["ballots"][2:]


def rename(values: dict[str, Any]) -> None:
    values["mapping"][values["result"][0]["tile"]]["name"] = "somebody else"


def repeat_ballot(values: dict[str, Any]) -> None:
    values["rounds"][0]["ballots"].append(values["rounds"][0]["ballots"][0])


def repeat_tile(values: dict[str, Any]) -> None:
    ranks = values["rounds"][0]["ballots"][0]["ranks"]
    ranks[:] = [ranks[0], ranks[0]]


def add_finalist(values: dict[str, Any]) -> None:
    outside = set(values["rounds"][0]["tiles"]) - set(values["rounds"][1]["tiles"])
    values["rounds"][1]["tiles"].append(sorted(outside)[0])


def other_salt(values: dict[str, Any]) -> None:
    values["salt"] += "x"


def other_kind(values: dict[str, Any]) -> None:
    values["rounds"].append(values["rounds"][1])


def other_electors(values: dict[str, Any]) -> None:
    values["electors"][values["result"][len(values["rounds"][1]["tiles"])]["tile"]] = 1000


CHANGES = [
    (swap_result, "The result differs."),
    (drop_ballots, "The result differs."),
    (rename, "The commitment differs."),
    (other_salt, "The commitment differs."),
    (repeat_ballot, "A receipt is on two ballots."),
    (repeat_tile, "is not allowed."),
    (add_finalist, "The finalists are not the best four of the first round."),
    (other_kind, "The rounds are not those of the mapping's tiles."),
    (other_electors, "The result differs."),
]


def changed(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    values = json.loads(publish(random_race(WITH_FINAL)))
    change(values)
    return dict(values)


@pytest.mark.parametrize(("change", "sentence"), CHANGES)
def test_what_was_changed_is_noticed(change: Callable[[dict[str, Any]], None], sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "race.json"
    path.write_text(json.dumps(changed(change)), encoding="utf-8")
    done = run(path)
    assert (done.returncode, done.stderr) == (1, "")
    assert sentence in done.stdout


def test_a_voter_finds_the_own_ballot(tmp_path: Path) -> None:
    race = random_race(WITH_FINAL)
    ballot = race.rounds[0].ballots[0]
    path = tmp_path / "race.json"
    path.write_text(publish(race), encoding="utf-8")
    found = run(path, ballot.receipt)
    assert found.returncode == 0
    assert f"{ballot.receipt}: {list(ballot.ranks)}" in found.stdout
    missing = run(path, "0000")
    assert missing.returncode == 1
    assert "0000: no ballot has this receipt" in missing.stdout


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "\xff", '{"format": "gan-race/1"}', '{"format": "gan-race/1", "rounds": 3}', "[" * 100_000],
)
def test_what_is_no_published_race_is_told_without_a_traceback(text: str, tmp_path: Path) -> None:
    path = tmp_path / "race.json"
    path.write_text(text, encoding="latin-1")
    done = run(path)
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("The published race cannot be read: ")


def test_a_missing_file_and_no_file_are_told(tmp_path: Path) -> None:
    assert run(tmp_path / "none.json").returncode == 2
    done = subprocess.run([sys.executable, "-I", "-S", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")


def test_a_name_that_the_terminal_cannot_show_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "race.json"
    path.write_text(publish(random_race(WITH_FINAL)), encoding="utf-8")
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(path)]
    done = subprocess.run(command, capture_output=True, check=False, env={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"})
    assert done.returncode == 0
