"""What the program and its recipes say in English, the page says in both languages."""

from __future__ import annotations

import re
from pathlib import Path

from studio.ui.texts import TEXTS
from training.recipes import RECIPES

PROJECT = Path(__file__).parents[2]
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
    checkpoint = (PROJECT / "training" / "checkpoint.py").read_text(encoding="utf-8")
    gallery = (PROJECT / "studio" / "gallery.py").read_text(encoding="utf-8")
    given = set(REASON.findall(checkpoint)) | set(REASON.findall(gallery[gallery.index("def why_of") :]))
    assert given >= {"no_config", "no_weights", "damaged", "pickle", "format", "misfit", "not_finite", "unreadable"}
    assert {f"problem_{why}" for why in given - {"other"}} <= TEXTS.keys()
