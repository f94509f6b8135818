"""Text that cannot be encoded, or turns the direction of what follows, harms nobody who only looks at a list."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio import favourites
from studio.favourite import owner_of
from studio.favourites import state_folder
from tests.served import Served
from training.core import checkpoint
from training.core.run_folder import KEPT_STEPS

ANNE, BEN = "a" * 32, "b" * 32
NOT_UTF_8 = os.fsdecode(b"caf\xe9")
TURNED = "gpj.\u202eelit"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]) -> Path:
    root = tmp_path_factory.mktemp("root") / os.fsdecode(b"r\xffot")
    for seed, name in enumerate((NOT_UTF_8, TURNED, "plain")):
        make_vivid(root / name, seed=seed)
    run = root / os.fsdecode(b"r\xfcn")
    make_vivid(run / KEPT_STEPS / "000001024", seed=5)
    make_vivid(run / "000003000", seed=6)
    broken = make_vivid(root / os.fsdecode(b"d\xe9faut"), seed=7)
    (broken / checkpoint.WEIGHTS).write_bytes(b"no")
    return root


@pytest.fixture(scope="module")
def served(root: Path) -> Iterator[Served]:
    opened = Served(root)
    yield opened
    opened.page.close(verbose=False)


def share(served: Served, secret: str, **row: object) -> list[dict[str, object]]:
    rows = [{"sha256": "1" * 64, "seed": 3, "psi": 1, "added": 1, **row}] if row else []
    request = {"secret": secret, "address": "http://here", "favourites": rows}
    answer = served.ask("race-favourites", "share", request, secret)
    shared: list[dict[str, object]] = answer["shared"]
    return shared


def test_the_page_of_folders_that_are_not_utf_8_is_served_and_lists_them(served: Served) -> None:
    with urllib.request.urlopen(f"{served.address}/", timeout=100) as page:
        assert (page.status, b"ganRace" in page.read()) == (200, True)
    listed = served.ask("race-checkpoints", "list_checkpoints", {"steps": True}, "s")["list"]
    names = {one["name"] for one in listed["checkpoints"]}
    assert names == {r"caf\xe9", "gpj.elit", "plain", r"r\xfcn"}
    assert [len(one["steps"]) for one in listed["checkpoints"] if one["name"] == r"r\xfcn"] == [1]
    (problem,) = listed["problems"]
    assert problem["name"] == r"d\xe9faut"
    reason = {"code": "problem_damaged", "values": {"file": rf"r\xffot/d\xe9faut/{checkpoint.WEIGHTS}"}}
    assert problem["reason"] == reason


def test_a_checkpoint_in_such_a_folder_is_drawn_and_exported(served: Served, root: Path) -> None:
    sha256 = checkpoint.load(root / NOT_UTF_8).sha256
    asked = {"sha256": sha256, "seed": 3, "psi": 1, "visitor": "v"}
    assert served.ask("race-explore", "show", asked, "s")["name"] == r"caf\xe9"
    png = served.ask("race-export", "export_tile", asked, "s")["png"]
    verdict = served.ask("race-verify", "verify_tile", {"file": png}, "s")["verdict"]
    assert verdict["outcome"] == "pass_exact"
    facts = served.ask("race-compare", "compare_facts", {"checkpoints": [sha256]}, "s")
    assert len(facts["curves"]) == 1


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        ("\ud800", ""),
        ("half \ud83d", "half"),
        (TURNED, "gpj.elit"),
        ("line\nbreak\x07", "line break"),
        ("\U0001f468\u200d\U0001f469 good", "\U0001f468\u200d\U0001f469 good"),
    ],
)
def test_a_note_of_one_visitor_is_cleaned_for_all(served: Served, note: str, shown: str) -> None:
    for shared in (share(served, ANNE, note=note, name=note), share(served, BEN)):
        assert [(one["note"], one["name"]) for one in shared] == [(shown, shown)]
    assert share(served, ANNE) == []


def test_a_file_that_an_older_program_has_left_with_half_a_character_is_read_again(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path))
    row = {"sha256": "1" * 64, "seed": 3, "psi": 1.0, "note": "\ud800 mine", "name": "x", "added": 1.0}
    content = {"format": 1, "favourites": [{**row, "owners": [owner_of(ANNE)]}], "places": {}}
    (state_folder() / favourites.EARLIER_FILE).write_text(json.dumps(content), encoding="utf-8")
    opened = Served(root)
    try:
        assert [(one["note"], one["stars"]) for one in share(opened, BEN)] == [("mine", 1)]
    finally:
        opened.page.close(verbose=False)
    assert [path.name for path in tmp_path.iterdir() if "damaged" in path.name] == []
