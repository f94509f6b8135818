"""The 102 flowers by name, and the classes that a tab tells: those that the seed draws for the generator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch
from torchvision.datasets import Flowers102

from studio.ui.compare import tab as compare
from studio.ui.explore import tab as explore
from studio.ui.morph import tab as morph
from studio.ui.protocol import Answer
from studio.ui.services import Studio
from studio.ui.texts.i18n import TEXTS
from tests.tabs import known_fields
from training.core.latents import labels

Ask = Callable[..., Answer]
FLOWERS = [TEXTS[f"flower_{number}"] for number in range(102)]  # (English, Japanese), in the order of the data set


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]) -> Studio:
    """Return a studio on three checkpoints: one of 102 classes, one of three, one of none."""
    root = tmp_path_factory.mktemp("checkpoints")
    make_vivid(root / "all", seed=1, network="dcgan", classes=102)
    make_vivid(root / "few", seed=2, network="dcgan", classes=3)
    make_vivid(root / "none", seed=3)
    return Studio(root, torch.device("cpu"))


@pytest.fixture(scope="module")
def ask(studio: Studio) -> Ask:
    with gr.Blocks():
        parts = {
            name: module.build(studio)
            for name, module in (("explore", explore), ("compare", compare), ("morph", morph))
        }
    functions = {one.__name__: one for part in parts.values() for one in part.server_fns}

    def ask(name: str, **data: Any) -> Answer:
        answer: Answer = functions[name](known_fields(functions[name], {"visitor": "v", **data}))
        return answer

    return ask


def test_every_flower_has_a_name_of_its_own_in_both_languages() -> None:
    assert [key for key in TEXTS if key.startswith("flower_")] == [f"flower_{number}" for number in range(102)]
    for names in zip(*FLOWERS, strict=True):
        assert len(set(names)) == 102
    assert [english for english, _ in FLOWERS if not english.isascii()] == []
    assert [japanese for _, japanese in FLOWERS if any(letter.isascii() for letter in japanese)] == []
    assert TEXTS["flower_53"] == ("sunflower", "ヒマワリ")


def test_the_names_are_those_of_the_data_set_in_its_order() -> None:
    known = getattr(Flowers102, "classes", None)
    if known is None:
        pytest.skip("this torchvision has no names")
    assert [english for english, _ in FLOWERS] == [name.rstrip("?") for name in known]


@pytest.mark.parametrize(("name", "count"), [("all", 102), ("few", 3), ("none", 0)])
def test_each_tab_tells_the_classes_that_the_seed_draws(studio: Studio, ask: Ask, name: str, count: int) -> None:
    sha256 = next(str(entry.sha256) for entry in studio.catalog.entries() if entry.name == name)
    expected = labels(7, 100, count).tolist() if count else []
    shown = ask("show", sha256=sha256, seed=7)
    cell = ask("compare_cells", checkpoints=[sha256], seed=7, cell=4)["cells"][0]
    walk = {"kind": "walk", "seeds": [7, 8], "position": 0, "closed": False, "way": "slerp"}
    request = {"sha256": sha256, "psi": 1, "method": "sefa", "amounts": [0] * 8, "mix_seed": None, "mix_from": 0}
    pure = ask("morph_tile", where=walk, **request)
    for told in (shown, cell, pure):
        assert (told["classes"], told["class_count"]) == (expected, count)
    between = ask("morph_tile", where={**walk, "position": 0.5}, **request)
    assert (between["classes"], between["class_count"]) == (None, None)
