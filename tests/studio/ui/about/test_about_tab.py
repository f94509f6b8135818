"""What the About tab answers, and whether its glossary is complete and right."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import gradio as gr
import pytest
import torch

from studio.ui.about import tab as about
from studio.ui.about.glossary import GLOSSARY, Trick
from studio.ui.protocol import Answer
from studio.ui.services import Studio
from studio.ui.texts.i18n import TEXTS
from training.recipes.overrides import configured
from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe

PROJECT = Path(__file__).parents[4]
PLAIN = {field.name: field.default for field in fields(Recipe)}


def ask(root: Path, name: str) -> Answer:
    with gr.Blocks():
        part = about.build(Studio(root, torch.device("cpu")))
    (function,) = [function for function in part.server_fns if function.__name__ == name]
    answer: Answer = function({})
    json.dumps(answer, allow_nan=False)
    return answer


def test_the_shipped_checkpoints_stand_in_one_table_by_kid() -> None:
    answer = ask(PROJECT / "checkpoints", "about_scores")
    (board,) = answer["boards"]
    assert board["network"]["code"] == "network_squeezenet"
    kids = [row["kid"] for row in board["rows"]]
    assert len(kids) > 8
    assert kids == sorted(kids)
    assert set(answer["unscored"]).isdisjoint(row["name"] for row in board["rows"])


def test_a_damaged_checkpoint_has_no_row(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> None:
    make_checkpoint(tmp_path / "whole")
    (make_checkpoint(tmp_path / "cut") / "model.safetensors").write_bytes(b"no")
    assert ask(tmp_path, "about_scores") == {"boards": [], "unscored": ["whole"]}


def test_the_program_says_its_versions_and_no_path(tmp_path: Path) -> None:
    answer = ask(tmp_path, "about_program")
    versions = answer["versions"]
    assert versions["torch"] == torch.__version__
    assert versions["gradio"] == gr.__version__
    assert versions["device"] == "CPU"
    assert not [value for value in versions.values() if value and "/" in value]
    assert [trick["key"] for trick in answer["tricks"]] == [trick.key for trick in GLOSSARY]
    assert answer["tricks"][0]["words"]["ja"]["does"] == GLOSSARY[0].does[1]


def test_every_recipe_is_explained_and_every_named_recipe_is_one() -> None:
    named = {recipe for trick in GLOSSARY for recipe in trick.recipes}
    assert named == set(RECIPES)


@pytest.mark.parametrize("trick", GLOSSARY, ids=lambda trick: trick.key)
def test_an_entry_is_whole_short_and_in_both_languages(trick: Trick) -> None:
    assert f"about_group_{trick.group}" in TEXTS
    assert all(trick.name)
    for english, japanese in (trick.does, trick.look):
        assert len(english) <= 230
        assert len(japanese) <= 120
        assert re.search("[ぁ-ん]", japanese)
        assert english.endswith((".", "?"))
        assert japanese.endswith("。")
    assert re.fullmatch(r"(\d{4}\.\d{4,5})?", trick.paper)


def test_no_entry_stands_twice() -> None:
    for field in ("key", "name", "does", "look"):
        values = [getattr(trick, field) for trick in GLOSSARY]
        assert len(set(values)) == len(values), field


SET = [trick for trick in GLOSSARY if trick.setting]


@pytest.mark.parametrize(("trick", "name"), [(trick, name) for trick in SET for name in trick.recipes], ids=str)
def test_the_recipe_has_the_trick_and_takes_its_setting(trick: Trick, name: str) -> None:
    configured(RECIPES[name], trick.setting.split())  # which raises ValueError for what it does not understand
    recipe = RECIPES[name].to_dict()
    for setting in trick.setting.split():
        field, value = setting.split("=")
        if field == "penalties":
            assert set(re.findall("[a-z]\\w*", value)) <= RECIPES[name].penalty_names
        elif field == "augment":
            assert set(value.split(",")) <= set(recipe[field])
        elif isinstance(recipe[field], str):
            assert recipe[field] == value
        else:
            assert recipe[field] != PLAIN[field], field
