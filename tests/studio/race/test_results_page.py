"""The page of results stands alone, says all in both languages, and lets no text become HTML."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from html.parser import HTMLParser
from string import Formatter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from studio.race.counting import TIE_BREAKS, Ballot, Round, Rules
from studio.race.entrant_markdown import MAX_CHARACTERS, to_safe_html
from studio.race.published import Race, read
from studio.race.results import CERTAINTIES, Results, results
from studio.race.results_files import export_files, to_csv
from studio.race.results_page import render, text, verify_command
from studio.race.results_texts import TEXTS
from studio.race.tile_file import file_name
from tests.elections import random_race
from training.core.pixels import Pixels
from training.core.png_chunks import walk

SHA256 = "0123456789abcdef" * 4
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{ 7 * 7 }} {t.__class__}"
ENTRY: dict[str, Any] = {
    "name": "花子",
    "checkpoint_sha256": SHA256,
    "seed": 7,
    "psi": 0.7,
    "recipe": "best",
    "training_hours": 7.256,
    "pretrained": "EfficientNet-Lite0",
    "seeds_looked_at": 300,
    "second_seed": 99,
    "about": "I like **roses**.",
}


class Elements(HTMLParser):
    """All start tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def tile(value: int = 90, side: int = 1280) -> Pixels:
    return np.full((side, side, 3), value, np.uint8)


def race(entry: dict[str, Any] | None = None, options: dict[str, Any] | None = None, voters: int = 12) -> Race:
    votes = ["ABC"] * 4 + ["BAC"] * 3 + ["CAB"] * 2
    first = Round("podium", tuple("ABCD"), tuple(Ballot(f"p{i}", tuple(ranks)) for i, ranks in enumerate(votes)))
    final = Round("final", tuple("ABC"), tuple(Ballot(f"f{i}", tuple(ranks)) for i, ranks in enumerate(votes)))
    mapping = {code: {**ENTRY, **(entry or {})} for code in "ABCD"}
    return Race(
        mapping, Rules(voters, "the salt"), (first, final), {"title": "春のレース"} if options is None else options
    )


def page_of(found: Race, language: str = "en") -> str:
    return render(results(found, samples=40), {code: tile() for code in found.mapping}, language)


PAGE = page_of(race())


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    elements = Elements(PAGE)
    assert not elements.of("script")
    assert not elements.of("link")
    assert not elements.of("iframe")
    assert all(str(one["src"]).startswith("data:image/png;base64,") for one in elements.of("img"))
    assert "url(" not in PAGE
    assert "@import" not in PAGE
    assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
    (policy,) = (one["content"] for one in elements.of("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_pictures_are_small_and_carry_nothing_but_pixels() -> None:
    pictures = [str(one["src"]).partition(",")[2] for one in Elements(PAGE).of("img")]
    assert len(pictures) == 4
    for picture in pictures:
        data = base64.b64decode(picture)
        assert {chunk.name for chunk in walk(data)} == {"IHDR", "IDAT", "IEND"}
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == (640, 640)
            assert image.getpixel((0, 0)) == (90, 90, 90)


def test_every_picture_has_words_and_every_table_headers() -> None:
    elements = Elements(PAGE)
    assert {one["alt"] for one in elements.of("img")} == {f"Tile {code} / タイル {code}" for code in "ABCD"}
    assert all(one.get("scope") in ("row", "col") for one in elements.of("th"))


def test_the_page_tells_all_of_a_race() -> None:
    for words in [
        *("春のレース", "花子", SHA256, "EfficientNet-Lite0", "7.3", "300", "<strong>roses</strong>", "the salt", "p0"),
        *("python -m studio verify race_01234567_seed7_psi0.7.png --checkpoints DIR", "A likely result"),
        *("9 of 12 voters", "投票者 12 人中 9 人", "1.83 (11/6)"),
    ]:
        assert words in PAGE, words
    assert "{" not in re.sub(r"<style>.*?</style>", "", PAGE, flags=re.S)


def test_the_best_tile_comes_first_and_others_are_in_the_order_of_the_result() -> None:
    order = re.findall(r'<article id="tile-(.)">', PAGE)
    assert order == [one.tile for one in race().outcome().standings]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_language_that_is_asked_for_is_shown_first(language: str) -> None:
    elements = Elements(page_of(race(), language))
    assert [one["id"] for one in elements.of("input") if "checked" in one] == [f"show-{language}"]
    assert elements.of("html")[0]["lang"] == language


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="'fr' is unknown; the languages are en and ja"):
        render(results(race()), {}, "fr")


def test_every_text_stands_in_both_languages_with_the_same_values() -> None:
    for key, (english, japanese) in TEXTS.items():
        fields = [{name for _, name, _, _ in Formatter().parse(words) if name} for words in (english, japanese)]
        assert fields[0] == fields[1], key
        assert re.search("[ぁ-んァ-ヶ一-龠]", japanese) or key == "psi", key
        assert "<" not in english + japanese


def test_there_are_words_for_every_reason_and_every_certainty() -> None:
    assert {f"by_{name}" for name in ("score", *TIE_BREAKS, "lot", "shared")} <= set(TEXTS)
    assert {word for _, word in CERTAINTIES} <= set(TEXTS)


def test_values_in_texts_are_escaped() -> None:
    assert "<b>" not in text("turnout", ballots="<b>", eligible=3)


FIELDS = ["name", "recipe", "pretrained", "about", "weights", "checkpoint_sha256", "seed", "psi", "training_hours"]


@pytest.mark.parametrize("field", FIELDS)
def test_no_text_of_an_entry_becomes_html(field: str) -> None:
    assert_harmless(page_of(race({field: HOSTILE})))


def test_no_title_and_no_salt_and_no_receipt_becomes_html() -> None:
    found = race(options={"title": HOSTILE})
    first = Round("podium", found.rounds[0].tiles, tuple(Ballot(f"{HOSTILE}{i}", ("A",)) for i in range(3)))
    assert_harmless(page_of(Race(found.mapping, Rules(12, HOSTILE), (first,), found.options)))


def test_no_tile_code_becomes_html() -> None:
    code = '<b>x</b>" onload="1'
    first = Round("single", (code,), tuple(Ballot(f"r{i}", (code,)) for i in range(3)))
    assert_harmless(page_of(Race({code: ENTRY}, Rules(3), (first,))))


def assert_harmless(page: str) -> None:
    elements = Elements(page)
    assert not [tag for tag, _ in elements.found if tag in ("script", "b", "iframe", "object", "style")][1:]
    assert all(str(one["src"]).startswith("data:image/png;base64,") for one in elements.of("img"))
    assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
    assert "49" not in re.sub(r"base64,[^\"]*|[0-9a-f]{64}|<svg.*?</svg>", "", page, flags=re.S)


MARKDOWN = [
    ("**bold** and *thin*", "<p><strong>bold</strong> and <em>thin</em></p>\n"),
    ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
    ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
    (
        "[paper](https://arxiv.org/abs/1)",
        '<p><a href="https://arxiv.org/abs/1" rel="nofollow noopener noreferrer ugc">paper</a></p>\n',
    ),
    ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
    ("[x](//evil.example)", "<p>[x](//evil.example)</p>\n"),
    ("[x](/etc/passwd)", "<p>[x](/etc/passwd)</p>\n"),
    ("# large", "<p># large</p>\n"),
]


@pytest.mark.parametrize(("source", "html"), MARKDOWN)
def test_markdown_becomes_this_html(source: str, html: str) -> None:
    assert to_safe_html(source) == html


@pytest.mark.parametrize(
    "address",
    ["data:text/html,x", "vbscript:x", "JaVaScRiPt:x", "file:///x", " javascript:x", "&#106;avascript:x", "ftp://x"],
)
@pytest.mark.parametrize("form", ["[x]({})", "<{}>", "[x]: {}\n\n[x]", "![x]({})", "[x](<{}>)"])
def test_no_other_scheme_becomes_a_link_or_a_picture(address: str, form: str) -> None:
    elements = Elements(to_safe_html(form.format(address)))
    assert not elements.of("a")
    assert not elements.of("img")


def test_a_picture_is_never_loaded() -> None:
    assert not Elements(to_safe_html("![x](https://example.org/x.png)")).of("img")


@given(st.text(st.sampled_from("<>&\"'[]()!#*_`~-=:/\\ \nabjsx01"), max_size=200))
def test_no_markdown_gives_more_than_simple_tags(source: str) -> None:
    allowed = {"p", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "br", "a"}
    for tag, attributes in Elements(to_safe_html(source)).found:
        assert tag in allowed
        assert set(attributes) <= {"href", "rel", "title", "class", "start"}
        assert re.match("https?://|mailto:", attributes.get("href") or "mailto:")


def test_long_markdown_is_cut_off() -> None:
    assert to_safe_html("x" * 9000).count("x") == MAX_CHARACTERS


def test_the_verify_command_names_the_exported_file() -> None:
    assert verify_command(ENTRY) == f"python -m studio verify {file_name(SHA256, 7, 0.7)} --checkpoints DIR"
    assert verify_command({**ENTRY, "psi": 1.0}) == "python -m studio verify race_01234567_seed7.png --checkpoints DIR"


@pytest.mark.parametrize(
    "bad", [{"seed": -1}, {"seed": "7; rm -rf"}, {"psi": 2}, {"checkpoint_sha256": "$(x)"}, {"seed": None}]
)
def test_an_entry_that_cannot_be_drawn_has_no_command(bad: dict[str, Any]) -> None:
    assert verify_command({**ENTRY, **bad}) is None


def test_a_race_without_a_quorum_says_so() -> None:
    first = Round("single", ("A", "B"), (Ballot("r", ("A",)),))
    page = page_of(Race({"A": ENTRY, "B": ENTRY}, Rules(4), (first,)))
    assert "There is no ranking: it takes at least 3 ballots." in page
    assert "With fewer than 5 voters" in page
    assert 'class="winner"' not in page


def test_the_honour_system_and_too_many_ballots_are_told() -> None:
    page = page_of(race(options={"honour": True}, voters=8))
    assert "nothing kept anybody from voting twice" in page
    assert "There are more ballots than voters" in page
    assert "There are more ballots than voters" not in PAGE


def test_every_random_race_gives_a_page() -> None:
    for seed in range(40):
        found = results(random_race(seed), samples=10)
        page = render(found, {})
        assert page.count("<article") == len(found.race.mapping)


def files(found: Race) -> dict[str, bytes]:
    return export_files(results(found, samples=40), {"A": tile()})


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_the_export_has_all_files_and_the_published_one_can_be_read() -> None:
    found = files(race())
    assert set(found) == {"race.json", "recount.py", "results.html", "results.json", "results.csv", "ballots.csv"}
    assert read(found["race.json"].decode()) == race()
    compile(found["recount.py"], "recount.py", "exec")


def test_the_table_has_a_row_for_each_tile_in_the_order_of_the_result() -> None:
    table = rows(files(race())["results.csv"])
    assert [row["tile"] for row in table] == [one.tile for one in race().outcome().standings]
    assert [row["place"] for row in table] == ["1", "2", "3", "4"]
    assert (table[0]["name"], table[0]["seed"], table[0]["points"]) == ("花子", "7", "22")
    assert [row["duels_won"] for row in table] == ["2.0", "1.0", "0.0", ""]


def test_the_table_of_ballots_has_each_ballot() -> None:
    table = rows(files(race())["ballots.csv"])
    assert len(table) == 18
    assert table[0] == {"round": "podium", "receipt": "p0", "rank_1": "A", "rank_2": "B", "rank_3": "C"}


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_no_name_becomes_a_formula(name: str) -> None:
    assert rows(files(race({"name": name}))["results.csv"])[0]["name"] == f"'{name}"


def test_a_table_is_read_as_utf_8_by_spreadsheets() -> None:
    assert to_csv([["花"]]) == b"\xef\xbb\xbf\xe8\x8a\xb1\r\n"


def test_the_json_has_exact_scores() -> None:
    found: Results = results(race(), samples=40)
    values = json.loads(files(race())["results.json"])
    assert values["winners"] == list(found.outcome.winners)
    assert values["rounds"][0]["standings"][0]["score"] == str(found.outcome.rounds[0].standings[0].score)
    assert values["standings"][0]["chance"] == found.chances[values["standings"][0]["tile"]]
