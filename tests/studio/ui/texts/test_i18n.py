"""What the program and its recipes say in English, the page says in both languages."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.exploration import training_features
from studio.race.png_appearance import COLOURS_NAMED, EFFECTS
from studio.race.seed_comparison import WARNINGS
from studio.race.verdict import REMARKS, SENTENCES
from studio.ui.about.glossary import GLOSSARY
from studio.ui.texts import i18n
from studio.ui.texts.i18n import RACE_TEXTS, TEXTS, joined, read_texts
from training.core import imagenet_features
from training.core.checkpoint import CheckpointError, load
from training.evaluation import feature_extractors
from training.recipes.presets import RECIPES

PROJECT = Path(__file__).parents[4]
SPEAKERS = (
    *("training/core/checkpoint.py", "training/core/run_folder.py", "training/core/dataset.py"),
    "training/core/labels.py",
    *("studio/checkpoints/catalog.py", "studio/exploration/training_features.py"),
    *("studio/exploration/nearest_training.py", "studio/exploration/video.py", "studio/ui/morph/tab.py"),
)
CODED = {"CheckpointError", "DataError", "LabelsError", "VideoError"}
UNPACKED = {"json": {"line", "column"}, "choice": {"name", "value", "allowed"}, "no_weights": {"folder", "file"}}
TOLD = read_texts(i18n.UI / "texts" / "server_messages.toml")


def test_every_recipe_has_its_own_words_in_both_languages() -> None:
    written = {key.removeprefix("recipe_"): texts for key, texts in TEXTS.items() if key.startswith("recipe_")}
    assert {name: english for name, (english, _) in written.items()} == {
        name: recipe.summary for name, recipe in RECIPES.items()
    }
    assert len({japanese for _, japanese in written.values()}) == len(RECIPES)
    for name, (_, japanese) in written.items():
        assert re.search(r"[\u3040-\u30ff]", japanese), name


def raised(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Yield the code of each error with a code that a file raises, and the names of the values that come with it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or len(node.args) < 2:
            continue
        if node.func.id in CODED and isinstance(node.args[1], ast.Constant):
            yield node.args[1].value, {one.arg for one in node.keywords if one.arg}


def test_every_code_of_a_reason_has_its_sentence_on_the_page_and_what_that_holds_comes_with_it() -> None:
    given = [(code, values) for name in SPEAKERS for code, values in raised(PROJECT / name)]
    assert {code for code, _ in given} >= {"no_run", "weights_shape", "format", "no_data", "label", "no_ffmpeg", "link"}
    for code, values in given:
        for text in TEXTS[f"problem_{code}"]:
            assert set(re.findall(r"\{(\w+)\}", text)) <= values | UNPACKED.get(code, set()), code


def test_what_the_program_raises_is_what_the_page_says_in_english(
    tmp_path: Path, make_checkpoint: Callable[..., Path]
) -> None:
    folder = make_checkpoint(tmp_path / "one")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    edits = {
        "format": {"format": 9},
        "about": {"about": []},
        "choice": {"generator": {**config["generator"], "network": "other"}},
        "generator": {"generator": {}},
        "weights_shape": {"generator": {**config["generator"], "width": 8}},
    }
    for code, edit in edits.items():
        (folder / "config.json").write_text(json.dumps({**config, **edit}), encoding="utf-8")
        with pytest.raises(CheckpointError) as caught:
            load(folder)
        english, japanese = TEXTS[f"problem_{code}"]
        assert caught.value.why == code
        assert english.format(**caught.value.values) == str(caught.value)
        assert "{" not in japanese.format(**caught.value.values).replace("{}", "")


def test_every_network_is_known_by_its_name() -> None:
    names = {english for key, (english, _) in TOLD.items() if key.startswith("network_")}
    assert {network.name for network in feature_extractors.NETWORKS.values()} | {imagenet_features.NAME} <= names
    sides = {"width": training_features.COARSE, "height": training_features.COARSE}
    pixels = TOLD["network_pixels"][0].format(**sides)
    assert training_features.open_feature_extractor().name in (
        pixels,
        TOLD["network_efficientnet_pixels"][0].format(**sides),
    )
    assert TOLD["network_efficientnet_pixels"][0].format(**sides) == f"{imagenet_features.NAME}; and {pixels}"


def test_both_languages_name_the_same_values_of_what_the_program_says() -> None:
    for key, (english, japanese) in TOLD.items():
        assert re.search(r"[\u3040-\u30ff]", japanese), key
        assert set(re.findall(r"\{\w+\}", japanese)) <= set(re.findall(r"\{\w+\}", english)), key


def test_a_thing_has_one_name_in_japanese_everywhere() -> None:
    others = {"切り詰め": "トランケーション", "手法": "技法", "学習枚数": "学習画像数", "複製": "コピー", "：": ": "}
    words = [*(japanese for _, japanese in (TEXTS | RACE_TEXTS).values())]
    words += [words[1] for trick in GLOSSARY for words in (trick.name, trick.does, trick.look)]
    for other, name in others.items():
        assert [text for text in words if other in text] == [], f"{name}, not {other}"
        assert any(name in text for text in words)
    assert [text for text in words if re.search(r"(?<![a-z{])psi(?![a-z])", text)] == []


def test_the_english_words_of_a_verdict_are_those_of_the_verification() -> None:
    told = {f"reason_{key}": english for key, english in SENTENCES.items()}
    told |= {f"remark_{key}": english for key, english in REMARKS.items()}
    told |= {f"warning_{key}": english for key, english in WARNINGS.items()}
    told |= {f"colour_{key}": english for key, english in COLOURS_NAMED.items()}
    told |= {f"chunk_{key}": english for key, english in EFFECTS.items()}
    of_the_page = {"reason_cells_differ"}  # which lists the cells itself
    assert {key: TEXTS[key][0] for key in told.keys() - of_the_page} == {
        key: english for key, english in told.items() if key not in of_the_page
    }
    prefixes = ("reason_", "remark_", "colour_", "chunk_")
    rest = {key for key in TEXTS if key.startswith(prefixes)} - told.keys()
    assert rest == {"reason_false_claims"}


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", text))


def test_the_japanese_text_names_no_value_that_the_english_one_does_not_get() -> None:
    for key, (english, japanese) in (TEXTS | RACE_TEXTS).items():
        if not key.startswith("problem_"):  # whose English is the program's own sentence
            assert placeholders(japanese) <= placeholders(english), key


def test_every_file_of_texts_is_read() -> None:
    found = {path for path in i18n.UI.rglob("*.toml") if path.name != "glossary.toml"}
    assert found == {*i18n.FILES, i18n.RACE}
    assert read_texts(i18n.RACE).items() <= RACE_TEXTS.items()
    assert not RACE_TEXTS.keys() & TEXTS.keys()
    assert sum(len(read_texts(path)) for path in i18n.FILES) == len(TEXTS)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('a = "x"', r"texts.toml: a is to be \{ en = text, ja = text \}, not 'x'."),
        ('a = { en = "x" }', r"texts.toml: a is to be"),
        ('a = { en = "x", ja = "y", fr = "z" }', r"texts.toml: a is to be"),
        ("a = { en = 1, ja = 2 }", r"texts.toml: a is to be"),
    ],
)
def test_a_text_without_a_language_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "texts.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=problem):
        read_texts(tmp_path / "texts.toml")


def test_a_key_of_two_files_is_refused(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.toml", "b.toml")]
    for file in files:
        file.write_text('key = { en = "x", ja = "y" }', encoding="utf-8")
    with pytest.raises(ValueError, match=r"b.toml names key again"):
        joined(files)
