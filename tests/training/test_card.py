from __future__ import annotations

import pytest

from training.card import duration, model_card
from training.recipes import RECIPES

ABOUT = {
    "recipe": RECIPES["projected"].to_dict(),
    "pretrained": RECIPES["projected"].pretrained,
    "images": 36_000,
    "seconds": 5400.0,
    "runtimes": [{"device": "Tesla T4"}, {"device": "2 CPU threads"}, {"device": "Tesla T4"}],
    "data": {"images": 6000, "sha256": "0" * 64},
}


def test_a_card_begins_with_the_block_that_the_hub_reads_and_says_what_the_checkpoint_got() -> None:
    card = model_card("mine", ABOUT, "preview.jpg")
    block, text = card.removeprefix("---\n").split("---\n", 1)
    assert "license: mit" in block.splitlines()
    assert "library_name: gan-race-studio" in block.splitlines()
    joined = " ".join(text.split())
    assert "# mine" in joined
    assert "36,000 images (6.0 passes over 6,000 pictures) in 1 hour 30 minutes" in joined
    assert "on 2 CPU threads and Tesla T4, in 3 runtimes" in joined
    assert "![The tile of seed 0](preview.jpg)" in text
    assert "| augment | color, translation, cutout |" in text


def test_a_card_declares_a_pretrained_network_or_that_there_was_none() -> None:
    assert "looked through EfficientNet-Lite0" in model_card("mine", ABOUT, "preview.jpg")
    assert "No network trained on other data was used." in model_card(
        "mine", {**ABOUT, "pretrained": None}, "preview.jpg"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 minutes"), (60, "1 minute"), (3540, "59 minutes"), (3600, "1 hour 0 minutes"), (7260, "2 hours 1 minute")],
)
def test_durations_are_written_in_hours_and_minutes(seconds: float, text: str) -> None:
    assert duration(seconds) == text
