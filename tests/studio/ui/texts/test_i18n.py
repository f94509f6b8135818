"""What the program and its recipes say in English, the page says in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from studio.exploration import training_features
from studio.ui.about.texts import GLOSSARY
from studio.ui.texts.i18n import TEXTS
from studio.ui.texts.server_messages import TOLD
from training.core import imagenet_features
from training.evaluation import feature_extractors
from training.recipes.presets import RECIPES

PROJECT = Path(__file__).parents[4]
SPEAKERS = (
    *("training/core/checkpoint.py", "training/core/run_folder.py", "training/core/dataset.py"),
    "training/core/labels.py",
    *("studio/checkpoints/catalog.py", "studio/exploration/training_features.py"),
    *("studio/exploration/nearest_training.py", "studio/exploration/video.py", "studio/ui/morph/tab.py"),
)
REASON = re.compile(r"""(?:CheckpointError\(.*?, "|return "|why = "|else ")(\w+)"(?:\)|$| )""", re.M)


def test_every_recipe_has_its_own_words_in_both_languages() -> None:
    written = {key.removeprefix("recipe_"): texts for key, texts in TEXTS.items() if key.startswith("recipe_")}
    assert {name: english for name, (english, _) in written.items()} == {
        name: recipe.summary for name, recipe in RECIPES.items()
    }
    assert len({japanese for _, japanese in written.values()}) == len(RECIPES)
    for name, (_, japanese) in written.items():
        assert re.search(r"[\u3040-\u30ff]", japanese), name


def test_every_word_for_a_reason_has_its_sentence_on_the_page() -> None:
    checkpoint = (PROJECT / "training" / "core" / "checkpoint.py").read_text(encoding="utf-8")
    gallery = (PROJECT / "studio" / "checkpoints" / "catalog.py").read_text(encoding="utf-8")
    given = set(REASON.findall(checkpoint)) | set(REASON.findall(gallery[gallery.index("def why_of") :]))
    assert given >= {"no_config", "no_weights", "damaged", "pickle", "format", "misfit", "not_finite", "unreadable"}
    assert {f"problem_{why}" for why in given - {"other"}} <= TEXTS.keys()


def literals(path: Path) -> Iterator[str]:
    """Yield the strings of a file, with {} for each value that is put in."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_sentence_that_the_page_knows_by_its_words_is_one_that_the_program_says() -> None:
    said = {text for name in SPEAKERS for text in literals(PROJECT / name)}
    put_together = {"told_choice", "told_json"}  # from two sentences
    known = {key: english for key, (english, _) in TOLD.items() if key.startswith("told_") and key not in put_together}
    assert len(known) > 15
    for key, english in known.items():
        assert re.sub(r"\{\w+\}", "{}", english) in said, key


def test_every_network_is_known_by_its_name() -> None:
    names = {english for key, (english, _) in TOLD.items() if key.startswith("network_")}
    assert {network.name for network in feature_extractors.NETWORKS.values()} | {imagenet_features.NAME} <= names
    sides = {"width": training_features.COARSE, "height": training_features.COARSE}
    pixels = TOLD["network_pixels"][0].format(**sides)
    assert training_features.open_eye().name in (pixels, TOLD["network_eye"][0].format(**sides))
    assert TOLD["network_eye"][0].format(**sides) == f"{imagenet_features.NAME}; and {pixels}"


def test_both_languages_name_the_same_values_of_what_the_program_says() -> None:
    for key, (english, japanese) in TOLD.items():
        assert re.search(r"[\u3040-\u30ff]", japanese), key
        assert set(re.findall(r"\{\w+\}", japanese)) <= set(re.findall(r"\{\w+\}", english)), key


def test_a_thing_has_one_name_in_japanese_everywhere() -> None:
    others = {"切り詰め": "トランケーション", "手法": "技法", "学習枚数": "学習画像数", "複製": "コピー", "：": ": "}
    words = [*(japanese for _, japanese in TEXTS.values())]
    words += [words[1] for trick in GLOSSARY for words in (trick.name, trick.does, trick.look)]
    for other, name in others.items():
        assert [text for text in words if other in text] == [], f"{name}, not {other}"
        assert any(name in text for text in words)
    assert [text for text in words if re.search(r"(?<![a-z{])psi(?![a-z])", text)] == []
