from __future__ import annotations

import os
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from training.core.clean_text import clean_text, encodable

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # three emoji that joiners make one
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates, too


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a good one", "a good one"),
        ("良いタイル", "良いタイル"),
        ("שלום", "שלום"),
        ("\ud800", ""),
        ("half \ud83d", "half"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("\u2067a\u2069\u200f\u061c", "a"),
        ("one\ntwo\t\x00three", "one two three"),
        ("  wide\u3000space  ", "wide space"),
        ("\x1b[31mred", "[31mred"),
        ("zero\u200b\ufeffwidth\u00ad", "zerowidth"),
        ("\uffff\ufdd0a", "a"),
        ("be\u115fs\u1160t\u3164\uffa0", "best"),
        ("한글 葛\U000e0100", "한글 葛\U000e0100"),
        ("e\u0301", "é"),
        (f"we {FAMILY} here", f"we {FAMILY} here"),
        ("\U0001f468\u200d", "\U0001f468"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        (SCOTLAND, SCOTLAND),
        ("hidden\U000e0068\U000e0069", "hidden"),
    ],
)
def test_what_is_shown_stays_and_what_hides_or_turns_goes(text: str, expected: str) -> None:
    assert clean_text(text, 80) == expected


@pytest.mark.parametrize("sign", [FAMILY, SCOTLAND, "\U0001f44d\U0001f3fd", "\U0001f1ef\U0001f1f5", "g\u0308\u0323"])
def test_a_text_that_is_too_long_ends_before_the_sign_that_would_be_cut(sign: str) -> None:
    sign = unicodedata.normalize("NFC", sign)
    for longest in range(3, 3 + len(sign)):
        assert clean_text(f"abc{sign}", longest) == "abc"
    assert clean_text(f"abc{sign}", 3 + len(sign)) == f"abc{sign}"


def test_what_is_removed_leaves_room_for_the_rest() -> None:
    assert clean_text("\u202e" * 20 + "abcdef", 4) == "abcd"


@given(ANY_TEXT, st.integers(1, 20))
def test_whatever_comes_is_encodable_bounded_uncut_and_stays_as_it_is(text: str, longest: int) -> None:
    cleaned = clean_text(text, longest)
    cleaned.encode("utf-8")
    assert len(cleaned) <= longest
    assert {unicodedata.category(one) for one in cleaned} & {"Cc", "Cs", "Zl", "Zp"} == set()
    assert not regex.search(r"\p{Bidi_Control}", cleaned)
    assert clean_text(cleaned, longest) == cleaned


def test_a_name_that_is_not_utf_8_is_written_with_its_bytes() -> None:
    assert encodable(os.fsdecode(b"caf\xe9")) == r"caf\xe9"
    assert encodable("café") == "café"


@given(ANY_TEXT)
def test_every_name_becomes_encodable(name: str) -> None:
    encodable(name).encode("utf-8")
