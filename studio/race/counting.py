"""Count a race: pure functions from ballots to places, in whole numbers and exact fractions.

A round is `single` (each voter names one tile: 1 point), `podium` (up to three tiles: 3, 2, 1 points) or `final` (the
best tiles of a podium are ranked; a tile wins a duel where more ballots prefer it, and its score is the number of duels
that it wins, a drawn one counting half: Copeland 1951). Points are divided by the number of voters who may vote for the
tile. Ties are broken by TIE_BREAKS in their order, then by lot.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import combinations, groupby
from typing import Any, Literal, get_args

Kind = Literal["single", "podium", "final"]
Groups = list[tuple[tuple[str, ...], str]]

KINDS: tuple[Kind, ...] = get_args(Kind)
POINTS: dict[Kind, tuple[int, ...]] = {"single": (1,), "podium": (3, 2, 1), "final": ()}
LEAST_RANKED = {"single": 1, "podium": 1, "final": 2}  # a final's ballot with one tile prefers nothing to anything
MOST_FOR_SINGLE = 3  # entries, up to which a podium would only repeat the order of all
FINALISTS = 4
MIN_BALLOTS = 3  # fewer give no ranking

# What can be wrong with a ballot or a round; whoever shows it in another language translates the code.
SENTENCES = {
    "unknown_kind": "The kind of round {kind!r:.40} is unknown; the kinds are single, podium and final.",
    "no_tiles": "A round {kind} needs at least {least} tiles, not {count}.",
    "tiles_twice": "The tile {tile!r:.40} is in the round twice; every tile must be in it once.",
    "tile_unknown": "The tile {tile!r:.40} is not in this round; its tiles are {tiles:.400}.",
    "tile_twice": "The tile {tile!r:.40} is on the ballot twice; every tile may be on it once.",
    "too_few": "The ballot ranks {count} tiles; in a round {kind} it must rank at least {least}.",
    "too_many": "The ballot ranks {count} tiles; in a round {kind} it may rank at most {most}.",
    "receipt_twice": "The receipt {receipt!r:.40} is on two ballots; every ballot needs one of its own.",
    "bad_receipt": "The receipt {receipt!r:.40} is no text of one line.",
    "rounds": "A race has one round single or podium, and after a podium at most one final; not {kinds!r:.80}.",
    "finalists": "The final is between {tiles:.200}; after the first round it must be between {finalists:.200}.",
    "voters": "The number of voters {count!r:.40} is not a whole number of at least 1.",
}


class CountingError(ValueError):
    """A ballot or a round cannot be counted: `code` is a key of SENTENCES, and `values` fill that text."""

    def __init__(self, code: str, **values: Any) -> None:
        self.code, self.values = code, values
        super().__init__(SENTENCES[code].format(**values))


@dataclass(frozen=True)
class Ballot:
    """What one voter chose: tile codes, the best first. The random receipt is all that tells ballots apart."""

    receipt: str
    ranks: tuple[str, ...]


@dataclass(frozen=True)
class Round:
    """One round with all its ballots. Raises CountingError for a ballot that the round does not allow."""

    kind: Kind
    tiles: tuple[str, ...]
    ballots: tuple[Ballot, ...] = ()

    def __post_init__(self) -> None:
        check_tiles(self.kind, self.tiles)
        for ballot in self.ballots:
            check_ranks(self.kind, self.tiles, ballot.ranks)
        _check_receipts([ballot.receipt for ballot in self.ballots])


@dataclass(frozen=True)
class Rules:
    """What is settled before the vote opens.

    `eligible` is the number of voters. `electors` gives for a tile how many of them may vote for it where that is
    another number, because one of them made it. `salt` goes into the lot. With `shared_first`, tiles that only the lot
    would separate share the first place. Raises CountingError for numbers of voters below 1.
    """

    eligible: int
    salt: str = ""
    shared_first: bool = False
    electors: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for count in (self.eligible, *self.electors.values()):
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise CountingError("voters", count=count)

    def electors_of(self, tile: str) -> int:
        return self.electors.get(tile, self.eligible)


@dataclass(frozen=True)
class Standing:
    """One tile after a round.

    `score` is points per voter, in a final the duels won (a drawn one counts half); `positions` how many ballots put it
    first, second, ...; `decided_by` what separates it from the tile above it: "score", a name of TIE_BREAKS, "lot", or
    "shared" where nothing does; "" for the topmost.
    """

    tile: str
    place: int
    score: Fraction
    points: int
    positions: tuple[int, ...]
    decided_by: str


@dataclass(frozen=True)
class Outcome:
    """One round, counted. `standings` has the best first, and is empty below MIN_BALLOTS ballots.

    `preferred[a][b]` is the number of ballots that prefer tile a to tile b.
    """

    kind: Kind
    ballots: int
    standings: tuple[Standing, ...]
    preferred: dict[str, dict[str, int]]

    @property
    def has_quorum(self) -> bool:
        return self.ballots >= MIN_BALLOTS


@dataclass(frozen=True)
class RaceOutcome:
    """A race, counted: each round, and the places of all tiles. `standings` is empty where no round has a quorum.

    A final puts its tiles before all others, which keep the order of the first round; a final below MIN_BALLOTS
    ballots changes nothing.
    """

    rounds: tuple[Outcome, ...]
    standings: tuple[Standing, ...]

    @property
    def winners(self) -> tuple[str, ...]:
        return tuple(standing.tile for standing in self.standings if standing.place == 1)


def first_round_kind(entries: int) -> Kind:
    """Return the kind of the first round for a number of entries: a single choice for up to three, else a podium."""
    return "single" if entries <= MOST_FOR_SINGLE else "podium"


def most_ranked(kind: Kind, tiles: int) -> int:
    """Return how many of a round's tiles a ballot may rank at most."""
    return tiles if kind == "final" else min(tiles, len(POINTS[kind]))


def check_tiles(kind: str, tiles: Sequence[str]) -> None:
    """Raise CountingError unless a round of this kind can be held between these tiles."""
    if kind not in KINDS:
        raise CountingError("unknown_kind", kind=kind)
    least = LEAST_RANKED[kind]
    if len(tiles) < least:
        raise CountingError("no_tiles", kind=kind, least=least, count=len(tiles))
    if twice := _first_repeated(tiles):
        raise CountingError("tiles_twice", tile=twice)


def check_ranks(kind: Kind, tiles: Sequence[str], ranks: Sequence[str]) -> None:
    """Raise CountingError unless the round allows this ballot: tiles of the round, each once, not too many or few.

    Whether a tile is the voter's own is not known here: the caller refuses it.
    """
    for tile in ranks:
        if tile not in tiles:
            raise CountingError("tile_unknown", tile=tile, tiles=", ".join(sorted(tiles)))
    if twice := _first_repeated(ranks):
        raise CountingError("tile_twice", tile=twice)
    least, most = LEAST_RANKED[kind], most_ranked(kind, len(tiles))
    if len(ranks) < least:
        raise CountingError("too_few", count=len(ranks), kind=kind, least=least)
    if len(ranks) > most:
        raise CountingError("too_many", count=len(ranks), kind=kind, most=most)


def _check_receipts(receipts: Sequence[str]) -> None:
    for receipt in receipts:
        if not isinstance(receipt, str) or receipt.splitlines() != [receipt]:
            raise CountingError("bad_receipt", receipt=receipt)
    if twice := _first_repeated(receipts):
        raise CountingError("receipt_twice", receipt=twice)


def _first_repeated(names: Sequence[str]) -> str | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)


@dataclass(frozen=True)
class Tally:
    """The votes of one round without their receipts, and what the counting of ties asks of them.

    `earlier` are the scores of the first round where this is the final.
    """

    kind: Kind
    tiles: tuple[str, ...]
    votes: tuple[tuple[str, ...], ...]
    rules: Rules
    earlier: Mapping[str, Fraction] = field(default_factory=dict)

    @cached_property
    def positions(self) -> dict[str, tuple[int, ...]]:
        """How many ballots put each tile first, second, ..."""
        counts = Counter((tile, position) for ranks in self.votes for position, tile in enumerate(ranks))
        most = most_ranked(self.kind, len(self.tiles))
        return {tile: tuple(counts[tile, position] for position in range(most)) for tile in self.tiles}

    @cached_property
    def points(self) -> dict[str, int]:
        values = POINTS[self.kind]
        return {tile: sum(map(int.__mul__, values, self.positions[tile])) for tile in self.tiles}

    @cached_property
    def scores(self) -> dict[str, Fraction]:
        if self.kind == "final":
            return self.duels_won(self.tiles)
        return {tile: Fraction(self.points[tile], self.rules.electors_of(tile)) for tile in self.tiles}

    def preferred(self, group: Sequence[str]) -> dict[str, dict[str, int]]:
        """Count for each two tiles of a group how many ballots prefer the one to the other.

        A tile that a ballot of a single or podium round leaves out is below those that it names. A final's ballot
        says nothing of a tile that it leaves out: that is the voter's own.
        """
        counts = {tile: dict.fromkeys((other for other in group if other != tile), 0) for tile in group}
        for ranks in self.votes:
            for better, worse in self._preferences(ranks, group):
                counts[better][worse] += 1
        return counts

    def _preferences(self, ranks: Sequence[str], group: Sequence[str]) -> Iterator[tuple[str, str]]:
        ranked = [tile for tile in ranks if tile in group]
        yield from combinations(ranked, 2)
        if self.kind != "final":
            left_out = [tile for tile in group if tile not in ranked]
            yield from ((better, worse) for better in ranked for worse in left_out)

    def duels_won(self, group: Sequence[str]) -> dict[str, Fraction]:
        """Count for each tile of a group the duels within the group that it wins, a drawn one as a half."""
        counts = self.preferred(group)
        won = dict.fromkeys(group, Fraction(0))
        for one, other in combinations(group, 2):
            lead = counts[one][other] - counts[other][one]
            won[one] += Fraction(1 + (lead > 0) - (lead < 0), 2)
            won[other] += Fraction(1 + (lead < 0) - (lead > 0), 2)
        return won


Criterion = Callable[[Tally, Sequence[str]], Mapping[str, Fraction | int]]


def _scores(tally: Tally, group: Sequence[str]) -> Mapping[str, Fraction | int]:
    return tally.scores


def _first_places(tally: Tally, group: Sequence[str]) -> Mapping[str, Fraction | int]:
    return {tile: tally.positions[tile][0] for tile in group}


def _times_ranked(tally: Tally, group: Sequence[str]) -> Mapping[str, Fraction | int]:
    return {tile: sum(tally.positions[tile]) for tile in group}


def _earlier_scores(tally: Tally, group: Sequence[str]) -> Mapping[str, Fraction | int]:
    return {tile: tally.earlier.get(tile, Fraction(0)) for tile in group}


TIE_BREAKS: dict[str, Criterion] = {  # in the order in which they are asked; published before the vote opens
    "head_to_head": Tally.duels_won,
    "first_places": _first_places,
    "times_ranked": _times_ranked,
    "first_round": _earlier_scores,
}


def ranked_groups(tally: Tally) -> Groups:
    """Return all tiles, the best first, in groups that only the lot could separate, each with what put it below.

    The first criterion that separates a group splits it; each part begins again with the duels among its own tiles.
    """
    return _split(tally, tuple(sorted(tally.tiles)), {"score": _scores} | TIE_BREAKS, "")


def _split(tally: Tally, group: tuple[str, ...], criteria: Mapping[str, Criterion], decided_by: str) -> Groups:
    if len(group) > 1:
        for name, criterion in criteria.items():
            values = criterion(tally, group)
            parts = _parts(group, values)
            if len(parts) > 1:
                reasons = [decided_by, *[name] * (len(parts) - 1)]
                return [
                    one
                    for part, why in zip(parts, reasons, strict=True)
                    for one in _split(tally, part, TIE_BREAKS, why)
                ]
    return [(group, decided_by)]


def _parts(group: tuple[str, ...], values: Mapping[str, Fraction | int]) -> list[tuple[str, ...]]:
    """Split a group into tiles of equal value, the highest value first."""
    ordered = sorted(group, key=lambda tile: values[tile], reverse=True)
    return [tuple(part) for _, part in groupby(ordered, key=lambda tile: values[tile])]


def leading_group(tally: Tally) -> tuple[str, ...]:
    """Return the first of `ranked_groups` without asking for the others: who wins, but for the lot."""
    group = _first_part(tally, tuple(sorted(tally.tiles)), {"score": _scores} | TIE_BREAKS)
    while (smaller := _first_part(tally, group, TIE_BREAKS)) != group:
        group = smaller
    return group


def _first_part(tally: Tally, group: tuple[str, ...], criteria: Mapping[str, Criterion]) -> tuple[str, ...]:
    parts = (_parts(group, criterion(tally, group)) for criterion in criteria.values()) if len(group) > 1 else ()
    return next((found[0] for found in parts if len(found) > 1), group)


def lot_numbers(tiles: Sequence[str], receipts: Sequence[str], salt: str) -> dict[str, str]:
    """Draw a number for each tile, the lowest first: 64 hexadecimal digits.

    The lot is the SHA-256 of all receipts in sorted order and the salt, a line each; a tile's number is the SHA-256 of
    the lot and the tile's code, a line each. The salt was committed to when the vote opened, and receipts are random.
    """
    lot = _sha256("\n".join([*sorted(receipts), salt]))
    return {tile: _sha256(f"{lot}\n{tile}") for tile in tiles}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def tally_of(found: Round, rules: Rules, earlier: Mapping[str, Fraction] | None = None) -> Tally:
    """Return the votes of a round without their receipts."""
    return Tally(found.kind, found.tiles, tuple(ballot.ranks for ballot in found.ballots), rules, earlier or {})


def count_round(found: Round, rules: Rules, earlier: Mapping[str, Fraction] | None = None) -> Outcome:
    """Count one round; `earlier` are the scores of the first round where this is the final."""
    tally = tally_of(found, rules, earlier)
    numbers = lot_numbers(found.tiles, [ballot.receipt for ballot in found.ballots], rules.salt)
    ranked = len(found.ballots) >= MIN_BALLOTS
    standings = tuple(_standings(tally, numbers)) if ranked else ()
    return Outcome(found.kind, len(found.ballots), standings, tally.preferred(sorted(found.tiles)))


def _standings(tally: Tally, numbers: Mapping[str, str]) -> Iterator[Standing]:
    place = 1
    for group, decided_by in ranked_groups(tally):
        shares = place == 1 and tally.rules.shared_first
        for index, tile in enumerate(sorted(group, key=lambda tile: numbers[tile])):
            reason = decided_by if index == 0 else "shared" if shares else "lot"
            own_place = place if shares else place + index
            yield Standing(tile, own_place, tally.scores[tile], tally.points[tile], tally.positions[tile], reason)
        place += len(group)


def first_scores(outcome: Outcome) -> dict[str, Fraction]:
    """Return the scores of a first round, which break ties of the final."""
    return {standing.tile: standing.score for standing in outcome.standings}


def finalists(outcome: Outcome) -> tuple[str, ...]:
    """Return who enters the final after a podium, sorted by code: the best four, and all that tie with the fourth.

    A tile without any point does not enter. Empty where no final can be held: after another kind of round, without a
    quorum, or where fewer than two tiles have points.
    """
    if outcome.kind != "podium" or not outcome.has_quorum:
        return ()
    scores = first_scores(outcome)
    border = sorted(scores.values(), reverse=True)[:FINALISTS][-1]
    entering = sorted(tile for tile, score in scores.items() if score > 0 and score >= border)
    return tuple(entering) if len(entering) >= LEAST_RANKED["final"] else ()


def count_race(rounds: Sequence[Round], rules: Rules) -> RaceOutcome:
    """Count a race of one round, or of a podium and its final. Raises CountingError for any other rounds."""
    kinds = [one.kind for one in rounds]
    if kinds not in (["single"], ["podium"], ["podium", "final"]):
        raise CountingError("rounds", kinds=kinds)
    first = count_round(rounds[0], rules)
    if len(rounds) == 1:
        return RaceOutcome((first,), first.standings)
    entering = finalists(first)
    if set(rounds[1].tiles) != set(entering):
        names = {"tiles": ", ".join(sorted(rounds[1].tiles)), "finalists": ", ".join(entering) or "nobody"}
        raise CountingError("finalists", **names)
    final = count_round(rounds[1], rules, first_scores(first))
    return RaceOutcome((first, final), _merged(first, final))


def _merged(first: Outcome, final: Outcome) -> tuple[Standing, ...]:
    if not final.has_quorum:
        return first.standings
    inside = {standing.tile for standing in final.standings}
    outside = [standing for standing in first.standings if standing.tile not in inside]
    places = range(len(inside) + 1, len(first.standings) + 1)
    return (*final.standings, *(replace(one, place=place) for one, place in zip(outside, places, strict=True)))
