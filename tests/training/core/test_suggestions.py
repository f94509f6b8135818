from __future__ import annotations

import pytest

from training.core.suggestions import did_you_mean, sentence


@pytest.mark.parametrize(
    ("word", "offered"),
    [("dcgun", "dcgan"), ("DCGAN", "dcgan"), ("wgan-gp", "wgan_gp"), ("zzz", None), (None, None), (["dcgan"], "dcgan")],
)
def test_the_nearest_word_is_offered_and_nothing_where_none_is_near(word: object, offered: str | None) -> None:
    said = did_you_mean(word, ["best", "dcgan", "wgan_gp"])
    assert said == (f"; did you mean {offered!r}?" if offered else "")


def test_a_sentence_ends_in_one_way_or_the_other() -> None:
    assert sentence("No", "x", ["abc"]) == "No."
    assert sentence("No", "abd", ["abc"]) == "No; did you mean 'abc'?"
