"""The published file of a race, `race.json`: all ballots, the rules, who made which tile, and the result.

Its format is described in docs/race.md; `recount.py` reads it without this program.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.race.counting import Ballot, RaceOutcome, Round, Rules, count_race
from training.core.checkpoint import canonical_json

FORMAT = "gan-race/1"
MAX_CHARACTERS = 16 * 2**20  # a race of 100 tiles and 1000 voters has 0.2 MB

SENTENCES = {
    "too_large": "The file has {size} characters; a published race has at most {limit}.",
    "no_json": "The file is no JSON object.",
    "format": "The file has the format {value!r:.40}; this program reads {format}.",
    "field": 'The field "{name}" of the published race is missing or not {wanted}.',
    "commitment": "The mapping and the salt do not give the commitment {value!r:.80} that was published.",
    "result": "The result in the file is not what its ballots give.",
    "tiles": "The tiles of the first round are not those of the mapping.",
}


class PublishedError(ValueError):
    """A published file cannot be believed: `code` is a key of SENTENCES, and `values` fill that text."""

    def __init__(self, code: str, **values: Any) -> None:
        self.code, self.values = code, values
        super().__init__(SENTENCES[code].format(**values))


@dataclass(frozen=True)
class Race:
    """All that is published of a race.

    `mapping` gives for each tile code its entry: `name`, `checkpoint_sha256`, `seed`, `psi` and whatever else is known
    of it. `options` are what the organiser chose besides `shared_first`; everything in both must be plain JSON.
    """

    mapping: Mapping[str, Mapping[str, Any]]
    rules: Rules
    rounds: tuple[Round, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    def outcome(self) -> RaceOutcome:
        """Count the race. Raises CountingError for rounds that do not follow each other."""
        return count_race(self.rounds, self.rules)


def commitment(mapping: Mapping[str, Mapping[str, Any]], salt: str) -> str:
    """Return what is published when the vote opens: the SHA-256 of the canonical JSON of the mapping, a line feed, and
    the salt; 64 hexadecimal digits.
    """
    return hashlib.sha256(f"{canonical_json(mapping)}\n{salt}".encode()).hexdigest()


def published(race: Race) -> dict[str, Any]:
    """Return the published file as plain JSON; rounds in their order, ballots in that of their receipts."""
    return {
        "format": FORMAT,
        "salt": race.rules.salt,
        "commitment": commitment(race.mapping, race.rules.salt),
        "mapping": {tile: dict(race.mapping[tile]) for tile in sorted(race.mapping)},
        "eligible": race.rules.eligible,
        "electors": dict(sorted(race.rules.electors.items())),
        "options": {**race.options, "shared_first": race.rules.shared_first},
        "rounds": [_published_round(one) for one in race.rounds],
        "result": _published_result(race.outcome()),
    }


def _published_round(found: Round) -> dict[str, Any]:
    ballots = sorted(found.ballots, key=lambda ballot: ballot.receipt)
    return {
        "kind": found.kind,
        "tiles": sorted(found.tiles),
        "ballots": [{"receipt": ballot.receipt, "ranks": list(ballot.ranks)} for ballot in ballots],
    }


def _published_result(outcome: RaceOutcome) -> list[dict[str, Any]]:
    return [
        {"tile": one.tile, "place": one.place, "score": str(one.score), "decided_by": one.decided_by}
        for one in outcome.standings
    ]


def publish(race: Race) -> str:
    """Return the text of `race.json`: equal races give equal text. Raises CountingError."""
    return json.dumps(published(race), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def read(text: str) -> Race:
    """Read `race.json` and check it: the ballots, the commitment and the result. Raises PublishedError, CountingError.

    A field that is not described is left out.
    """
    values = _checked_fields(text)
    race = Race(values["mapping"], _rules(values), tuple(map(_round, values["rounds"])), _options(values))
    if not hmac.compare_digest(values["commitment"].encode(), commitment(race.mapping, race.rules.salt).encode()):
        raise PublishedError("commitment", value=values["commitment"])
    if race.rounds and set(race.rounds[0].tiles) != set(race.mapping):
        raise PublishedError("tiles")
    if values["result"] != _published_result(race.outcome()):
        raise PublishedError("result")
    return race


TYPES: dict[str, type] = {
    "salt": str,
    "commitment": str,
    "mapping": dict,
    "eligible": int,
    "electors": dict,
    "options": dict,
    "rounds": list,
    "result": list,
}
WANTED = {str: "a text", dict: "an object", int: "a whole number", list: "a list", bool: "true or false"}


def _checked_fields(text: str) -> dict[str, Any]:
    values = _parsed(text)
    if values.get("format") != FORMAT:
        raise PublishedError("format", value=values.get("format"), format=FORMAT)
    for name, wanted in TYPES.items():
        _field(values, name, wanted)
    if not all(isinstance(entry, dict) for entry in values["mapping"].values()):
        raise PublishedError("field", name="mapping", wanted="an object of objects")
    return values


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise PublishedError("too_large", size=len(text), limit=MAX_CHARACTERS)
    try:
        values = json.loads(text, parse_constant=_refuse_constant)
        canonical_json(values).encode()  # a lone surrogate has no hash
    except (ValueError, RecursionError):
        raise PublishedError("no_json") from None
    if not isinstance(values, dict):
        raise PublishedError("no_json")
    return values


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON.")


def _field(values: Mapping[str, Any], name: str, wanted: type) -> Any:
    found = values.get(name)
    if not isinstance(found, wanted) or (wanted is int and isinstance(found, bool)):
        raise PublishedError("field", name=name, wanted=WANTED[wanted])
    return found


def _rules(values: Mapping[str, Any]) -> Rules:
    shared_first = _field(values["options"], "shared_first", bool)
    return Rules(values["eligible"], values["salt"], shared_first, values["electors"])


def _options(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values["options"].items() if name != "shared_first"}


def _round(values: Any) -> Round:
    if not isinstance(values, dict):
        raise PublishedError("field", name="rounds", wanted="a list of objects")
    ballots = tuple(map(_ballot, _field(values, "ballots", list)))
    return Round(_field(values, "kind", str), _texts(values, "tiles"), ballots)


def _ballot(values: Any) -> Ballot:
    if not isinstance(values, dict):
        raise PublishedError("field", name="ballots", wanted="a list of objects")
    return Ballot(_field(values, "receipt", str), _texts(values, "ranks"))


def _texts(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found: Sequence[Any] = _field(values, name, list)
    if not all(isinstance(one, str) for one in found):
        raise PublishedError("field", name=name, wanted="a list of texts")
    return tuple(found)
