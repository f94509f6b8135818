"""What the page is answered on one of many files, and on the other seeds of a tile."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from studio.race.batch_verification import CheckedFile, Examined
from studio.race.declarations import NOTHING_DECLARED
from studio.race.near_duplicates import signature
from studio.race.tile_file import export_png
from studio.race.verdict import Verdict
from studio.ui.services import Studio
from studio.ui.texts.i18n import in_language
from studio.ui.verify import tab
from tests.conftest import write_pictures
from tests.tabs import functions_of
from training.core import checkpoint
from training.core.tile import seed_tile

Answer = dict[str, Any]
Ask = Callable[[str, Answer], Answer]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]) -> Path:
    root = tmp_path_factory.mktemp("root")
    make_vivid(root / "one")
    return root


@pytest.fixture
def ask(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    return asking(root, None, tmp_path, monkeypatch)


def asking(root: Path, data: Path | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "state"))
    verify = functions_of(tab, Studio(root, torch.device("cpu"), data))
    return lambda name, request: verify[name](request)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_a_file_is_answered_with_what_it_and_its_checkpoint_declare(root: Path, ask: Ask) -> None:
    found = checkpoint.load(root / "one")
    answer = ask("check_file", {"file": encoded(export_png(found, 7, seeds_looked_at=12)), "visitor": "v"})
    assert (answer["verdict"]["outcome"], answer["verdict"]["origin"]) == ("pass_exact", "folder")
    assert (answer["checkpoint_name"], answer["seeds_looked_at"]) == ("one", 12)
    assert Image.open(io.BytesIO(base64.b64decode(answer["thumbnail"]))).size == (160, 160)
    sent = np.frombuffer(base64.b64decode(answer["signature"]), np.uint8).reshape(100, 192)
    wanted = signature(seed_tile(found.generator, 7))
    assert wanted is not None
    assert np.abs(sent - wanted).max() <= 0.5


def test_a_pretrained_network_is_answered_with_the_words_of_the_page() -> None:
    verdict = Verdict("could_not_check", "not_an_image")
    known = next(text for code, text in in_language("en").items() if code == "network_efficientnet")
    for said, code in [(known, "network_efficientnet"), ("a net of my own", None)]:
        checked = CheckedFile("a.png", verdict, declared=replace(NOTHING_DECLARED, pretrained=said))
        reply = tab.to_check_reply(Examined(checked))
        assert reply.pretrained is not None
        assert (reply.pretrained.text, reply.pretrained.code) == (said, code)
    assert tab.to_check_reply(Examined(CheckedFile("a.png", verdict))).pretrained is None


def test_what_is_no_picture_is_answered_without_one(ask: Ask) -> None:
    answer = ask("check_file", {"file": encoded(b"no picture"), "visitor": "v"})
    assert answer["verdict"]["reason"] == "not_an_image"
    assert (answer["thumbnail"], answer["signature"], answer["checkpoint_name"]) == (None, None, None)


def test_the_other_seeds_of_a_checkpoint_stay_until_others_are_asked_for(root: Path, ask: Ask) -> None:
    sha256 = checkpoint.load(root / "one").sha256

    def seeds(**more: Any) -> list[int]:
        answer = ask("compare_seeds", {"sha256": sha256, "seed": 7, "visitor": "v", **more})
        assert (answer["warnings"], answer["repeated"], answer["copies"], answer["reading"]) == ([], 0, None, None)
        return [one["seed"] for one in answer["tiles"]]

    first = seeds()
    assert len(set(first)) == 2
    assert seeds() == seeds(seed=8) == first
    assert not set(seeds(anew=True)) & set(first)


def test_a_tile_is_drawn_once_for_its_verdict_and_its_comparison(
    root: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def counted(generator: Any, seed: int, psi: float = 1.0) -> Any:
        drawn.append(seed)
        return seed_tile(generator, seed, psi)

    for module in ("verification", "seed_comparison", "comparison_service"):
        monkeypatch.setattr(f"studio.race.{module}.seed_tile", counted)
    found = checkpoint.load(root / "one")
    data = {"file": encoded(export_png(found, 7))}
    ask("verify_tile", data)
    ask("compare_seeds", {"sha256": found.sha256, "seed": 7, "visitor": "v"})
    assert drawn.count(7) == 1
    assert len(drawn) == 3


def test_training_pictures_are_read_aside_and_then_compared(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = asking(root, write_pictures(tmp_path / "data"), tmp_path, monkeypatch)
    request = {"sha256": checkpoint.load(root / "one").sha256, "seed": 7, "visitor": "v"}
    assert ask("compare_seeds", request)["copies"] is None
    deadline = time.monotonic() + 30
    while (answer := ask("compare_seeds", request))["reading"] is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert answer["copies"] == []


def test_training_pictures_that_cannot_be_read_are_told_and_cost_nothing_else(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    ask = asking(root, tmp_path / "data", tmp_path, monkeypatch)
    request = {"sha256": checkpoint.load(root / "one").sha256, "seed": 7, "visitor": "v"}
    ask("compare_seeds", request)
    deadline = time.monotonic() + 30
    while (answer := ask("compare_seeds", request))["problem"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert answer["problem"]["code"].startswith("problem_")
    assert len(answer["tiles"]) == 2
    assert answer["reading"] is None
