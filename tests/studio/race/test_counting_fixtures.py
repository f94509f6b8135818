"""Small elections with their results, worked out by hand.

Tiles and ballots are letters: `ABC*2` are two ballots that rank A, B, C. A result lists the groups of tiles, the best
first, each but the first after what put it below the one above; tiles in one group could be separated by the lot only.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from studio.race.counting import Kind, Rules, Tally, ranked_groups

SINGLE = [
    ("a majority", "AB", "A*3 B*2", "A, score B"),
    ("one vote more among many", "AB", "A*11 B*10", "A, score B"),
    ("most votes without a majority", "ABC", "A*3 B*2 C*2", "A, score BC"),
    ("two of two tie", "AB", "A*2 B*2", "AB"),
    ("three of three tie", "ABC", "A B C", "ABC"),
    ("two of three tie for the first place", "ABC", "A*2 B*2 C", "AB, score C"),
    ("all have different numbers of votes", "ABC", "C*3 A*2 B", "C, score A, score B"),
    ("one tile has no vote", "ABC", "A*3 B", "A, score B, score C"),
    ("two tiles have no vote", "ABC", "A*3", "A, score BC"),
    ("no ballot at all", "ABC", "", "ABC"),
    ("one ballot", "ABC", "B", "B, score AC"),
    ("one tile alone", "A", "A*4", "A"),
]

PODIUM = [
    ("all agree", "ABCD", "ABC*3", "A, score B, score C, score D"),
    ("one ballot gives 3, 2 and 1 points", "ABCD", "DCB", "D, score C, score B, score A"),
    ("only first places are named", "ABCD", "A*3", "A, score BCD"),
    ("only two places are named", "ABCD", "AB*3", "A, score B, score CD"),
    ("an incomplete ballot counts in full", "ABCD", "A*2 BCD*2", "AB, score C, score D"),
    ("no ballot at all ties everybody", "ABCD", "", "ABCD"),
    ("two firsts equal three seconds in points", "ABCD", "A*2 CB*2 DB", "C, head_to_head B, head_to_head A, score D"),
    ("many second places win", "ABCD", "ABC*2 CBD*2 DBA", "B, score C, score A, score D"),
    ("points win against the favourite of the majority", "ABCD", "ABC*3 BCA*2", "B, score A, score C, score D"),
    ("a third place decides", "ABCD", "AB BA CDA", "A, score B, score C, score D"),
    ("a tie of two that the majority decides", "ABCD", "ABC*2 BCA", "A, head_to_head B, score C, score D"),
    (
        "three first places win the duel against a first and three seconds",
        "ABCD",
        "A*2 CBD*3 B",
        "C, head_to_head B, score A, score D",
    ),
    ("a duel is drawn and first places decide", "ABCD", "A CDA CB DB", "C, score D, score A, first_places B"),
    ("first places tie and times ranked decide", "ABCD", "CDA*2 CBA CDB", "C, score D, score A, times_ranked B"),
    ("two mirror each other", "ABCD", "AB BA", "AB, score CD"),
    ("three in a circle", "ABCD", "ABC BCA CAB", "ABC, score D"),
    ("four in a circle", "ABCD", "ABC BCD CDA DAB", "ABCD"),
    ("a circle below a winner", "ABCD", "DAB DBC DCA", "D, score ABC"),
    ("two ties one below the other", "ABCDE", "ABC*2 ACB*2", "A, score BC, score DE"),
    (
        "four tie in points and the duels order them",
        "ABCD",
        "ADB BAC BD CAD CD",
        "A, head_to_head B, head_to_head C, head_to_head D",
    ),
    (
        "a duel decides one tie and first places the next",
        "ABCD",
        "AC BAD CD",
        "A, head_to_head C, score B, first_places D",
    ),
    ("four tie, two of them to the last", "ABCD", "ACB ACD BD BDA CD", "C, head_to_head AB, head_to_head D"),
    (
        "times ranked decide a circle, then the duel of the rest",
        "ABCD",
        "ADB BA DCB",
        "B, times_ranked A, head_to_head D, score C",
    ),
    ("first places decide among four", "ABCD", "BCA BDA CAD DAC", "B, first_places CD, first_places A"),
    ("times ranked decide below a tie for the lot", "ABCD", "ABC ADC DAC DBC", "AD, score C, times_ranked B"),
    ("two mirror each other at the foot", "ABCDE", "AC AD BCE BDE EB", "B, score A, score E, score CD"),
    ("a tile that only makes up the numbers", "ABCDE", "EAB*2 EBA*2", "E, score AB, score CD"),
    ("one voter among twelve tiles", "ABCDEFGHIJKL", "LKJ", "L, score K, score J, score ABCDEFGHI"),
]

FINAL = [
    ("all agree", "ABCD", "ABCD*3", "A, score B, score C, score D"),
    ("the majority wins each duel", "ABCD", "ABCD*2 BACD", "A, score B, score C, score D"),
    ("duels win against points", "ABC", "ABC*3 BCA*2", "A, score B, score C"),
    ("the second choice of most wins all duels", "ABC", "BAC*2 CAB*2 ABC", "A, score B, score C"),
    ("most first places and no duel", "ABC", "ABC*3 BCA*2 CBA*2", "B, score C, score A"),
    ("two drawn duels", "AB", "AB BA", "AB"),
    ("a drawn duel counts one half", "ABC", "ABC BAC", "AB, score C"),
    ("one half puts ahead", "ABCD", "ABCD BCAD*2 ADBC", "B, score A, score C, score D"),
    ("three in a circle", "ABC", "ABC BCA CAB", "ABC"),
    ("a circle that first places break", "ABC", "ABC*2 BCA*2 CAB", "A, head_to_head B, first_places C"),
    ("a circle below a winner", "ABCD", "DABC DBCA DCAB", "D, score ABC"),
    ("a circle above a loser", "ABCD", "ABCD BCAD CABD", "ABC, score D"),
    ("all draw all", "ABCD", "ABCD DCBA", "AD, first_places BC"),
    ("only two finalists", "AB", "AB*3 BA", "A, score B"),
    ("five finalists after a tie at the border", "ABCDE", "EDCBA*3", "E, score D, score C, score B, score A"),
    (
        "two ties, each decided by the duel",
        "ABCD",
        "ABCD DABC CDAB BCDA*2",
        "B, head_to_head C, score D, head_to_head A",
    ),
    ("nobody's own tile is ranked", "ABC", "BC AC AB", "A, score B, score C"),
    ("a ballot says nothing of a tile left out", "ABC", "BC*3 ABC", "A, score B, score C"),
    ("left out by all but one, and below all there", "ABC", "BC*3 BCA", "B, score C, score A"),
    ("no ballot compares two tiles", "ABC", "AB*2 AC*2", "A, score BC"),
    ("times ranked decide who was left out more often", "ABC", "AB AC AC", "A, score C, times_ranked B"),
    ("authors leave out their own", "ABCD", "BCD ACD ABD ABC", "A, score B, score C, score D"),
    ("first places decide three tied", "ABC", "AB AB BCA", "A, first_places B, first_places C"),
    ("two levels of first places, then the duel", "ABC", "AC BA BA CB", "B, first_places A, head_to_head C"),
    ("times ranked put one below a tie", "ABCD", "ABCD BAC CAB DCBA", "ABC, times_ranked D"),
    ("no ballot at all", "ABCD", "", "ABCD"),
]

# With the numbers of voters who may vote for a tile, of the number of ballots where none is given.
ELECTORS = [
    ("equal points, one voter fewer", "AB", "A*2 B*2", {"A": 3}, "A, score B"),
    ("fewer points of fewer voters", "AB", "A*4 B*3", {"A": 7, "B": 5}, "B, score A"),
    ("more points of more voters", "AB", "A*4 B*3", {"A": 7, "B": 6}, "A, score B"),
    ("different points, equal scores, most first places", "AB", "A*4 B*2", {"A": 6, "B": 3}, "A, head_to_head B"),
    (
        "a podium of authors",
        "ABCD",
        "BCD ACD ABD ABC",
        {"A": 3, "B": 3, "C": 3, "D": 3},
        "A, score B, score C, score D",
    ),
    ("a podium with an author who cannot vote", "ABCD", "AB BA CA CB", {"A": 3}, "A, score B, score C, score D"),
]

# With the scores of the first round.
FIRST_ROUND = [
    ("the first round decides between two", "AB", "AB BA", {"A": 1, "B": 2}, "B, first_round A"),
    (
        "the first round decides a circle",
        "ABC",
        "ABC BCA CAB",
        {"A": 1, "B": 3, "C": 2},
        "B, first_round C, first_round A",
    ),
    (
        "the first round leaves two tied",
        "ABC",
        "ABC BCA CAB",
        {"A": 1, "B": 3, "C": 1},
        "B, first_round C, head_to_head A",
    ),
    ("equal in the first round, too", "AB", "AB BA", {"A": 2, "B": 2}, "AB"),
    (
        "the first round comes after first places",
        "ABC",
        "ABC*2 BCA*2 CAB",
        {"C": 9},
        "A, head_to_head B, first_places C",
    ),
    ("the first round does not touch a duel", "AB", "AB*2 BA", {"B": 9}, "A, score B"),
]

NAMED = [
    *(("single", name, tiles, ballots, {}, {}, result) for name, tiles, ballots, result in SINGLE),
    *(("podium", name, tiles, ballots, {}, {}, result) for name, tiles, ballots, result in PODIUM),
    *(("final", name, tiles, ballots, {}, {}, result) for name, tiles, ballots, result in FINAL),
    *(
        ("single" if len(tiles) < 4 else "podium", name, tiles, ballots, electors, {}, result)
        for name, tiles, ballots, electors, result in ELECTORS
    ),
    *(("final", name, tiles, ballots, {}, scores, result) for name, tiles, ballots, scores, result in FIRST_ROUND),
]


def votes(ballots: str) -> tuple[tuple[str, ...], ...]:
    """Read `ABC*2 BA` as three ballots."""
    counted = [(word.partition("*")[0], int(word.partition("*")[2] or 1)) for word in ballots.split()]
    return tuple(tuple(ranks) for ranks, count in counted for _ in range(count))


def written(groups: list[tuple[tuple[str, ...], str]]) -> str:
    return ", ".join(f"{decided_by} {''.join(group)}".strip() for group, decided_by in groups)


def test_there_are_at_least_seventy_and_each_has_a_name_of_its_own() -> None:
    assert len({(kind, name) for kind, name, *_ in NAMED}) == len(NAMED) >= 70


@pytest.mark.parametrize(
    ("kind", "tiles", "ballots", "electors", "first_scores", "result"),
    [(kind, *rest) for kind, _, *rest in NAMED],
    ids=[f"{kind}: {name}" for kind, name, *_ in NAMED],
)
def test_the_count_gives_the_result(
    kind: Kind, tiles: str, ballots: str, electors: dict[str, int], first_scores: dict[str, int], result: str
) -> None:
    cast = votes(ballots)
    rules = Rules(max(1, len(cast)), electors=electors)
    earlier = {tile: Fraction(score) for tile, score in first_scores.items()}
    assert written(ranked_groups(Tally(kind, tuple(tiles), cast, rules, earlier))) == result
