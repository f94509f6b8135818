"""The published file is read as it was written, and nothing else is believed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from studio.race.counting import CountingError
from studio.race.published import MAX_CHARACTERS, SENTENCES, PublishedError, Race, commitment, publish, read
from tests.elections import random_race

RACE = next(race for race in map(random_race, range(100)) if race.outcome().winners and len(race.rounds) == 2)


def test_what_was_published_is_read_again() -> None:
    for seed in range(100):
        race = random_race(seed)
        found = read(publish(race))
        assert (found.mapping, found.rules, found.options) == (race.mapping, race.rules, race.options)
        assert publish(found) == publish(race)
        assert found.outcome() == race.outcome()


def test_the_order_in_which_ballots_were_cast_is_not_published() -> None:
    first, *rest = RACE.rounds
    backwards = type(first)(first.kind, first.tiles[::-1], first.ballots[::-1])
    assert publish(Race(RACE.mapping, RACE.rules, (backwards, *rest), RACE.options)) == publish(RACE)
    receipts = [ballot["receipt"] for ballot in json.loads(publish(RACE))["rounds"][0]["ballots"]]
    assert receipts == sorted(receipts)


def test_the_commitment_is_the_hash_that_is_described() -> None:
    mapping = {"Q7": {"psi": 0.5, "name": "花"}, "A2": {"seed": 3}}
    text = '{"A2":{"seed":3},"Q7":{"name":"花","psi":0.5}}\nsalt'
    assert commitment(mapping, "salt") == hashlib.sha256(text.encode("utf-8")).hexdigest()


def test_a_ballot_carries_nothing_but_its_receipt_and_its_ranks() -> None:
    ballots = json.loads(publish(RACE))["rounds"][0]["ballots"]
    assert ballots
    assert all(set(ballot) == {"receipt", "ranks"} for ballot in ballots)


def changed(act: Callable[[dict[str, Any]], object]) -> str:
    values = json.loads(publish(RACE))
    act(values)
    return json.dumps(values)


REFUSED: list[tuple[str, str]] = [
    ("no_json", ""),
    ("no_json", "[1]"),
    ("no_json", "[" * 100_000),
    ("no_json", changed(lambda values: values["mapping"].update(A={"psi": float("nan")}))),
    ("no_json", changed(lambda values: values["mapping"].update(A={"name": "\ud800"}))),
    ("too_large", " " * (MAX_CHARACTERS + 1)),
    ("format", changed(lambda values: values.update(format="gan-race/2"))),
    ("format", "{}"),
    ("field", changed(lambda values: values.pop("salt"))),
    ("field", changed(lambda values: values.update(eligible=True))),
    ("field", changed(lambda values: values.update(rounds={}))),
    ("field", changed(lambda values: values.update(rounds=[3]))),
    ("field", changed(lambda values: values["mapping"].update(A=3))),
    ("field", changed(lambda values: values["options"].pop("shared_first"))),
    ("field", changed(lambda values: values["rounds"][0].update(tiles=[["A"]]))),
    ("field", changed(lambda values: values["rounds"][0].update(kind=["podium"]))),
    ("field", changed(lambda values: values["rounds"][0].update(ballots=["A"]))),
    ("field", changed(lambda values: values["rounds"][0]["ballots"][0].update(receipt=3))),
    ("commitment", changed(lambda values: values.update(salt="another"))),
    ("commitment", changed(lambda values: values["mapping"].popitem())),
    ("commitment", changed(lambda values: values.update(commitment="é"))),
    ("result", changed(lambda values: values["result"].reverse())),
    ("result", changed(lambda values: values["result"][0].update(place=2))),
]


@pytest.mark.parametrize(("code", "text"), REFUSED)
def test_what_cannot_be_believed_is_refused_in_a_sentence(code: str, text: str) -> None:
    with pytest.raises(PublishedError) as caught:
        read(text)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")


def test_a_mapping_of_other_tiles_is_refused() -> None:
    mapping = {**RACE.mapping, "Z9": {"name": "late"}}
    text = publish(Race(mapping, RACE.rules, RACE.rounds, RACE.options))
    with pytest.raises(PublishedError) as caught:
        read(text)
    assert caught.value.code == "tiles"


def test_every_sentence_has_a_refusal() -> None:
    assert {code for code, _ in REFUSED} | {"tiles"} == set(SENTENCES)


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("tile_unknown", lambda values: values["rounds"][0]["ballots"][0].update(ranks=["Z9"])),
        ("receipt_twice", lambda values: values["rounds"][0]["ballots"].append(values["rounds"][0]["ballots"][0])),
        ("unknown_kind", lambda values: values["rounds"][0].update(kind="borda")),
        ("voters", lambda values: values["electors"].update(Z9="many")),
        ("rounds", lambda values: values["rounds"].clear()),
    ],
)
def test_a_round_that_cannot_be_counted_is_refused(code: str, act: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(CountingError) as caught:
        read(changed(act))
    assert caught.value.code == code
