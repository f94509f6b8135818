"""Every function of the page, asked as nobody should: each answers a code, and goes on to answer an honest request."""

from __future__ import annotations

import base64
import json
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter

from studio.exploration import directions, seed_sheets, video
from studio.ui.declarations import functions
from studio.ui.morph.messages import FilmRequest, Method
from studio.ui.protocol import Answer
from studio.ui.seeds import tab as seeds
from studio.ui.seeds.messages import LookRequest
from studio.ui.services import Studio
from tests.tabs import at_once
from training.core.tile import CELLS

Functions = dict[str, Callable[[Any], Answer]]
SECRET = "0123456789abcdef" * 2
CPU = torch.device("cpu")
WALK = {"kind": "walk", "seeds": [3, 7], "position": 0.5, "closed": False, "way": "slerp"}
TILE = {"seed": 1, "psi": 0.5, "visitor": "v"}
PLACE = {"where": WALK, "psi": 1, "method": "sefa", "amounts": [0], "mix_seed": None, "mix_from": 0, "visitor": "v"}
FILM = {"kind": "gif", "pictures": 4, "side": 320, "rate": 12, "seconds": 1, "first": 0}
ROW = {"seed": 1, "psi": 0.5, "note": "n", "name": "m", "added": 1}
SHARE = {"secret": SECRET, "favourites": [ROW]}
BEGIN = {"size": 100, "config": "{}", "name": "", "secret": SECRET}
NEEDS_DATA = {"explore.nearest", "explore.stop_nearest", "compare.compare_nearest", "compare.compare_stop_nearest"}
NEEDS_DATA |= {"morph.morph_copies", "morph.morph_stop_copies"}
RACE: dict[str, dict[str, Any]] = {
    "race.race_status": {},
    "race.exhibition": {"secret": SECRET},
    "race.ballot_is_in": {"receipt": "0" * 16},
    "race.race_result": {},
    "race.enter_race": {"secret": SECRET, "name": "n", "about": "a", "seed": 1, "visitor": "v"},
    "race.own_entries": {"secret": SECRET},
    "race.own_picture": {"secret": SECRET, "name": "n", "visitor": "v"},
    "race.ballot_paper": {"secret": SECRET, "code": "0" * 10},
    "race.cast_ballot": {"secret": SECRET, "code": "0" * 10, "round": 1, "ranks": ["K7"], "key": "k" * 22},
    "race.organiser_view": {"organiser_secret": "0" * 20},
    "race.organise": {"organiser_secret": "0" * 20, "action": "open", "voters": 9},
    "race.code_sheet": {"organiser_secret": "0" * 20},
}
EXPECTED = (
    dict.fromkeys(RACE, "race_none")
    | dict.fromkeys(NEEDS_DATA, "error_no_data")
    | {
        "seeds.see_seed": "error_no_network",
        "checkpoints.remove": "error_remove_gone",
    }
)
HONEST: dict[str, dict[str, Any]] = {  # a good request to each function, but for hashes and files
    "header.link_code": {"link": "http://localhost:7860/?seed=1"},
    "favourites.share": SHARE,
    "favourites.thumbnail": TILE,
    "checkpoints.list_checkpoints": {"secret": SECRET, "steps": True},
    "checkpoints.preview": {"visitor": "v"},
    "checkpoints.remove": {"secret": SECRET},
    "checkpoints.add_begin": BEGIN,
    "checkpoints.add_stop": {"upload": "absent"},
    "explore.show": {**TILE, "preview": True, "ahead": False},
    "explore.drawn_rows": {"seed": 1, "psi": 1, "side": 320, "rows": 0, "preview": False},
    "explore.cell": {**TILE, "cell": 5},
    "explore.nearest": {**TILE, "cell": 5},
    "explore.stop_nearest": {"visitor": "v"},
    "explore.weakest": TILE,
    "explore.open_tile": {"visitor": "v"},
    "seeds.look": {**TILE, "side": 320, "worker": 0, "preview": False, "soon": True, "urgent": False},
    "seeds.look_at_rows": {"seed": 1, "psi": 1, "side": 320, "rows": 0, "preview": False},
    "seeds.rank_seeds": {"seed": 1, "psi": 1, "count": 24, "others": [99], "by_network": False},
    "seeds.see_seed": TILE,
    "seeds.decide": {"seeds": [1, 2, 3], "decisions": [[1]]},
    "compare.compare_tiles": TILE,
    "compare.compare_row": {"seeds": [1, 2], "row": 1, "psi": 1, "visitor": "v", "preview": False, "save": False},
    "compare.compare_stop": {"visitor": "v"},
    "compare.compare_cells": {**TILE, "cell": 5},
    "compare.compare_facts": {},
    "compare.compare_curves": {},
    "compare.compare_nearest": {**TILE, "cell": 5},
    "compare.compare_stop_nearest": {"visitor": "v"},
    "morph.morph_about": {},
    "morph.morph_strip": {**PLACE, "columns": 8},
    "morph.morph_tile": PLACE,
    "morph.morph_cell": {**PLACE, "cell": 5},
    "morph.morph_copies": {**PLACE, "cell": 5},
    "morph.morph_stop_copies": {"visitor": "v"},
    "morph.start_film": {**PLACE, **FILM},
    "morph.look_at_film": {"film": "absent"},
    "morph.stop_film": {"film": "absent"},
    "export.export_tile": {**TILE, "looked_at": 3},
    "export.check_export": {"visitor": "v"},
    "verify.verify_tile": {"seed": 1, "psi": 0.5, "visitor": "v"},
    "verify.check_file": {"visitor": "v"},
    "verify.compare_seeds": TILE,
    "about.about_scores": {},
    "about.about_program": {},
} | RACE
REFUSALS = ("error_request", "error_seed", "error_psi")
NEVER = [{"a": 1}, [[["x"]]], 10**400, -(10**5000), float("nan"), float("inf"), -1.5, b"\xff", ["\ud800"]]
HOSTILE = ["\ud800", "a\u202eb", "\x00\x1b[31m", "x" * 10**6, "\U0001f468\u200d", "9" * 5000, "é\n\u2066"]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, make_checkpoint: Callable[..., Path]) -> Iterator[Studio]:
    root = tmp_path_factory.mktemp("root")
    make_checkpoint(root / "one", network="stylegan2")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seeds, "NEEDED", ("no_such_package",))
        patch.setenv("GAN_RACE_STATE", str(root / "state"))
        yield Studio(root, CPU)


@pytest.fixture(scope="module")
def every(studio: Studio) -> Functions:
    return {f"{part}.{name}": at_once(one) for part, some in functions(studio).items() for name, one in some.items()}


@pytest.fixture(scope="module")
def honest(studio: Studio, every: Functions) -> dict[str, dict[str, Any]]:
    """Return the good requests, whole."""
    sha256 = studio.list().default
    png = every["export.export_tile"]({"sha256": sha256, "seed": 1})["png"]
    facts = {"sha256": sha256, "checkpoints": [sha256], "file": png}
    whole = {}
    for name, request in HONEST.items():
        added = {key: value for key, value in facts.items() if key in every[name].request.model_fields}
        whole[name] = {**added, **request}
    whole["favourites.share"] = {**SHARE, "favourites": [{"sha256": sha256, **ROW}]}
    return whole


def code_of(answer: Answer) -> str | None:
    error = answer.get("error")
    return None if error is None else str(error["code"])


def give_up_uploads(studio: Studio) -> None:
    """Forget what was begun: a crowd that adds is slowed down."""
    assert studio.uploads is not None
    for token in list(studio.uploads._open):
        studio.uploads.give_up(token)
    studio.uploads._begun.clear()


def sent(answer: Answer) -> str:
    """Return an answer as it is sent, or fail where it cannot be."""
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False)
    text.encode("utf-8")
    return text


def test_the_table_has_every_function(every: Functions) -> None:
    assert set(HONEST) == set(every)


@pytest.mark.parametrize("name", HONEST)
def test_whatever_is_sent_a_function_answers_a_code_and_then_an_honest_request(
    name: str, studio: Studio, every: Functions, honest: dict[str, dict[str, Any]]
) -> None:
    function, good = every[name], honest[name]
    required = [field for field, one in function.request.model_fields.items() if one.is_required()]
    for request in (None, [], "text", 7, True, {f"field{number}": 1 for number in range(10**5)}):
        if required or isinstance(request, dict):
            assert code_of(function(request)) in REFUSALS, request
    for field in required:
        assert code_of(function({key: value for key, value in good.items() if key != field})) in REFUSALS, field
    for extra in ("anything", "\u202e", "seed ", "__class__"):
        assert code_of(function({**good, extra: 1})) == "error_request", extra
    for field in function.request.model_fields:
        for value in NEVER:
            answer = function({**good, field: value})
            assert code_of(answer) in REFUSALS, (field, str(value)[:40] if not isinstance(value, int) else "number")
            assert len(sent(answer)) < 500
    give_up_uploads(studio)
    answer = function(good)
    sent(answer)
    assert code_of(answer) == EXPECTED.get(name)


@pytest.mark.parametrize("name", HONEST)
def test_no_text_makes_an_answer_that_cannot_be_sent_or_turns_its_direction(
    name: str, studio: Studio, every: Functions, honest: dict[str, dict[str, Any]]
) -> None:
    function, good = every[name], honest[name]
    for field in function.request.model_fields:
        for text in HOSTILE:
            answer = function({**good, field: text})
            assert code_of(answer) != "error_internal", (field, text[:10])
            assert not set(sent(answer)) & set("\u202e\u2066\x00\x1b"), (field, text[:10])
            assert code_of(answer) is None or len(sent(answer)) < 1000
    give_up_uploads(studio)
    assert code_of(function(good)) == EXPECTED.get(name)


@pytest.mark.parametrize(
    ("field", "value", "code", "shown"),
    [
        ("psi", 10**400, "error_psi", "1e400"),
        ("psi", True, "error_psi", "True"),
        ("psi", 1.5, "error_psi", "1.5"),
        ("psi", float("nan"), "error_psi", "nan"),
        ("seed", -1, "error_seed", "-1"),
        ("seed", 1.0, "error_seed", "1.0"),
        ("seed", "7", "error_seed", "7"),
        ("seed", "7\u202e8", "error_seed", "78"),
        ("sha256", "\ud800" * 8, "error_request", ""),
        ("sha256", None, "error_request", "None"),
    ],
    ids=["huge", "true", "beyond", "nan", "below", "float", "text", "turned", "half", "none"],
)
def test_a_refusal_names_the_value(
    field: str, value: object, code: str, shown: str, every: Functions, honest: dict[str, dict[str, Any]]
) -> None:
    answer = every["explore.show"]({**honest["explore.show"], field: value})
    assert answer == {"error": {"code": code, "values": {"field": field, "value": shown}}}


def test_the_choices_are_those_of_the_program() -> None:
    def choices(model: Any, field: str) -> set[Any]:
        return set(typing.get_args(model.model_fields[field].annotation))

    assert choices(LookRequest, "side") == set(seed_sheets.SIDES)
    assert choices(FilmRequest, "side") == set(video.SIDES)
    assert choices(FilmRequest, "rate") == set(video.RATES)
    assert set(typing.get_args(Method)) == set(directions.METHODS)
    assert max(choices(FilmRequest, "pictures")) == CELLS


BOUNDS = {"maxLength", "pattern", "enum", "const", "x-type"}
OWN_WORDS = ["Does", "Look"]  # of the glossary, which is the program's own


def unbounded(schema: Any, kind: str, bounds: set[str]) -> Iterator[str]:
    """Name what a schema has of a kind without any of these bounds, also in lists and records."""
    if isinstance(schema, list):
        yield from (name for one in schema for name in unbounded(one, kind, bounds))
    elif isinstance(schema, dict):
        if schema.get("type") == kind and not schema.keys() & bounds:
            yield str(schema.get("title"))
        yield from (name for one in schema.values() for name in unbounded(one, kind, bounds))


def test_every_text_and_list_of_a_request_is_bounded(every: Functions) -> None:
    schemas = {name: one.request.model_json_schema() for name, one in every.items()}
    found = {name: [*unbounded(one, "string", BOUNDS - {"x-type"})] for name, one in schemas.items()}
    found |= {f"{name}: list": [*unbounded(one, "array", {"maxItems"})] for name, one in schemas.items()}
    assert {name: fields for name, fields in found.items() if fields} == {}


def test_every_text_of_an_answer_is_clean_a_code_or_of_the_program_itself(every: Functions) -> None:
    schemas = {name: TypeAdapter(one.reply).json_schema(mode="serialization") for name, one in every.items()}
    found = {name: [*unbounded(one, "string", BOUNDS)] for name, one in schemas.items()}
    assert {name: fields for name, fields in found.items() if fields} == {"about.about_program": OWN_WORDS}


def test_a_file_that_is_no_base64_is_refused_and_its_beginning_named(every: Functions) -> None:
    answer = every["verify.verify_tile"]({"file": "%%\u202e%"})
    assert answer == {"error": {"code": "error_request", "values": {"field": "file", "value": "%%%"}}}
    good = base64.b64encode(b"no picture").decode()
    assert every["verify.verify_tile"]({"file": good})["verdict"]["reason"] == "not_an_image"


def test_half_a_claim_is_refused(every: Functions, honest: dict[str, dict[str, Any]]) -> None:
    good = honest["verify.verify_tile"]
    for left_out in ("seed", "sha256"):
        request = {name: value for name, value in good.items() if name != left_out}
        assert code_of(every["verify.verify_tile"](request)) == "error_seed"
