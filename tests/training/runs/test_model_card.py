from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from training.recipes.presets import RECIPES
from training.runs.hub_metadata import papers
from training.runs.model_card import duration, model_card

SHIPPED = sorted(path.parent for path in (Path(__file__).parents[3] / "checkpoints").glob("*/config.json"))
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


def test_a_card_tells_the_scores_of_a_benchmark_with_what_they_rest_on_and_none_where_there_are_none() -> None:
    scores = {
        **{"kid": 0.01234, "kid_spread": 0.00056, "fid": 98.76, "fid_spread": 1.234, "precision": 0.5, "recall": 0.25},
        **{"copies": 0.011, "fakes": 1000, "reals": 6000, "seed": 0, "network": "SqueezeNet 1.1"},
    }
    card = model_card("mine", {**ABOUT, "metrics": scores}, "preview.jpg")
    for row in ("KID | 0.0123 ± 0.0006", "FID | 98.76 ± 1.23", "precision | 0.50", "recall | 0.25", "copies | 1.1 %"):
        assert f"\n| {row} |\n" in card
    joined = " ".join(card.split())
    assert "1,000 fakes, the first of seed 0, against 6,000 pictures, in the features of SqueezeNet 1.1;" in joined
    assert "\n\n| setting | value |\n" in card
    assert "power" not in card  # an older benchmark did not measure it
    for none in (ABOUT, {**ABOUT, "metrics": {}}):
        assert "KID" not in model_card("mine", none, "preview.jpg")


def test_a_card_tells_the_power_of_the_fakes_where_a_benchmark_measured_it() -> None:
    scores = {
        **dict.fromkeys(("kid", "kid_spread", "fid", "fid_spread", "precision", "recall", "copies"), 0.5),
        **{"fakes": 1000, "reals": 6000, "seed": 0, "network": "SqueezeNet 1.1", "period_2": 36.88, "period_4": 10.0},
        **{"band_1": 0.596, "band_2": 0.668, "band_3": 1.546, "band_4": 1.396, "band_5": 1.487},
    }
    card = model_card("mine", {**ABOUT, "metrics": scores}, "preview.jpg")
    assert (
        """
| copies | 50.0 % |
| power at 0-8 cycles, fake over real | 0.60 |
| power at 8-16 cycles, fake over real | 0.67 |
| power at 16-32 cycles, fake over real | 1.55 |
| power at 32-48 cycles, fake over real | 1.40 |
| power at 48-64 cycles, fake over real | 1.49 |
| power at period 2, fake over real | 36.9 |
| power at period 4, fake over real | 10.0 |

1,000 fakes"""
        in card
    )
    assert "power" not in model_card("mine", {**ABOUT, "metrics": {**scores, "band_3": None}}, "preview.jpg")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 minutes"), (60, "1 minute"), (3540, "59 minutes"), (3600, "1 hour 0 minutes"), (7260, "2 hours 1 minute")],
)
def test_durations_are_written_in_hours_and_minutes(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_setting_with_a_number_of_its_own_is_written_as_both() -> None:
    about = {**ABOUT, "recipe": {**RECIPES["lecam"].to_dict(), "penalties": [["lecam", 0.01], ["r1", 10.0]]}}
    assert "\n| penalties | lecam 0.01, r1 10.0 |\n" in model_card("mine", about, "preview.jpg")


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_the_cards_of_the_shipped_checkpoints_say_what_their_passports_say(folder: Path) -> None:
    about = json.loads((folder / "config.json").read_text(encoding="utf-8"))["about"]
    assert (folder / "README.md").read_text(encoding="utf-8") == model_card(folder.name, about, "preview.jpg")


def sources() -> dict[str, set[str]]:
    """Return the arXiv numbers that the page of recipes gives as the source of each recipe."""
    page = (Path(__file__).parents[3] / "docs" / "recipes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .* \| ([^|]*) \|$", page, flags=re.M)
    return {name: set(re.findall(r"\d{4}\.\d{5}", source)) for name, source in rows if name in RECIPES}


@pytest.mark.parametrize("name", RECIPES)
def test_the_papers_of_a_recipe_are_among_those_of_its_card(name: str) -> None:
    found = papers(RECIPES[name].to_dict())
    assert sources()[name] <= set(found)
    assert found == sorted(set(found))


def test_a_paper_is_named_only_where_its_trick_is_on() -> None:
    plain = RECIPES["course_sample"].to_dict()
    assert papers(plain) == ["1406.2661", "1502.03167"]
    assert papers({**plain, "unrolled": 2, "augment": ["cutout", "unheard"], "loss": "later"}) == [
        *("1502.03167", "1611.02163", "2006.10738")
    ]


def test_a_card_for_the_hub_has_a_thumbnail_and_its_address_and_a_local_one_has_neither() -> None:
    local, there = (model_card("mine", ABOUT, "preview.jpg", repo) for repo in (None, "owner/mine"))
    assert "thumbnail: https://huggingface.co/owner/mine/resolve/main/preview.jpg\n" in there
    assert "python -m studio export hf://owner/mine --seed 0" in there
    assert "thumbnail" not in local
    assert "hf://" not in local
    assert "model-index" not in local  # nothing was measured
