"""What must hold of every count: whose order changes nothing, who gains by a vote, what is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.race.counting import (
    POINTS,
    SENTENCES,
    TIE_BREAKS,
    Ballot,
    CountingError,
    Kind,
    Outcome,
    Round,
    Rules,
    Standing,
    Tally,
    check_ranks,
    count_race,
    count_round,
    finalists,
    first_round_kind,
    leading_group,
    lot_numbers,
    most_ranked,
    ranked_groups,
)
from tests.elections import random_race

LETTERS = "ABCDEFG"
Votes = tuple[tuple[str, ...], ...]


@st.composite
def tallies(draw: st.DrawFn, *kinds: Kind) -> Tally:
    """Draw the votes of a round of two to seven tiles, with numbers of voters of their own for some."""
    kind = draw(st.sampled_from(kinds or ("single", "podium", "final")))
    tiles = tuple(LETTERS[: draw(st.integers(2, len(LETTERS)))])
    least = 2 if kind == "final" else 1
    most = most_ranked(kind, len(tiles))
    ballot = st.permutations(tiles).flatmap(lambda all_: st.integers(least, most).map(lambda n: tuple(all_[:n])))
    cast = tuple(draw(st.lists(ballot, max_size=9)))
    electors = draw(st.dictionaries(st.sampled_from(tiles), st.integers(1, 12), max_size=3))
    earlier = draw(st.dictionaries(st.sampled_from(tiles), st.fractions(0, 3, max_denominator=4), max_size=3))
    return Tally(kind, tiles, cast, Rules(12, "salt", electors=electors), earlier if kind == "final" else {})


def rounds_of(tally: Tally) -> Round:
    return Round(tally.kind, tally.tiles, tuple(Ballot(f"r{i}", ranks) for i, ranks in enumerate(tally.votes)))


def index_of(tally: Tally, tile: str) -> int:
    """Return in which group a tile is, the best group being 0."""
    return next(i for i, (group, _) in enumerate(ranked_groups(tally)) if tile in group)


@given(tallies(), st.randoms(use_true_random=False))
def test_the_order_of_ballots_and_tiles_changes_nothing(tally: Tally, random: Random) -> None:
    found = rounds_of(tally)
    tiles, ballots = list(found.tiles), list(found.ballots)
    random.shuffle(tiles)
    random.shuffle(ballots)
    shuffled = Round(found.kind, tuple(tiles), tuple(ballots))
    assert count_round(shuffled, tally.rules, tally.earlier) == count_round(found, tally.rules, tally.earlier)


@given(tallies(), st.permutations(LETTERS))
def test_other_names_give_the_same_result_under_these_names(tally: Tally, names: list[str]) -> None:
    new = dict(zip(LETTERS, names, strict=True))
    renamed = Tally(
        tally.kind,
        tuple(new[tile] for tile in tally.tiles),
        tuple(tuple(new[tile] for tile in ranks) for ranks in tally.votes),
        replace(tally.rules, electors={new[tile]: count for tile, count in tally.rules.electors.items()}),
        {new[tile]: score for tile, score in tally.earlier.items()},
    )
    expected = [({new[tile] for tile in group}, why) for group, why in ranked_groups(tally)]
    assert [(set(group), why) for group, why in ranked_groups(renamed)] == expected


@given(tallies("single", "podium"), st.data())
def test_a_further_first_place_raises_a_score_and_lowers_no_place(tally: Tally, data: st.DataObject) -> None:
    tile = data.draw(st.sampled_from(tally.tiles))
    more = replace(tally, votes=(*tally.votes, (tile,)))
    gained = Fraction(POINTS[tally.kind][0], tally.rules.electors_of(tile))
    assert more.scores == {**tally.scores, tile: tally.scores[tile] + gained}
    assert index_of(more, tile) <= index_of(tally, tile)


@given(tallies("podium", "final"), st.data())
def test_a_winner_that_is_moved_up_on_a_ballot_still_wins(tally: Tally, data: st.DataObject) -> None:
    winner = data.draw(st.sampled_from(ranked_groups(tally)[0][0]))
    movable = [i for i, ranks in enumerate(tally.votes) if winner in ranks[1:]]
    if not movable:
        return
    index = data.draw(st.sampled_from(movable))
    ranks = list(tally.votes[index])
    at = ranks.index(winner)
    ranks[at - 1 : at + 1] = [ranks[at], ranks[at - 1]]
    moved = replace(tally, votes=(*tally.votes[:index], tuple(ranks), *tally.votes[index + 1 :]))
    assert winner in ranked_groups(moved)[0][0]


@given(tallies("final"), st.data())
def test_a_further_ballot_for_a_finalist_alone_costs_it_no_duel(tally: Tally, data: st.DataObject) -> None:
    tile = data.draw(st.sampled_from(tally.tiles))
    rest = [other for other in tally.tiles if other != tile]
    more = replace(tally, votes=(*tally.votes, (tile, *rest)))
    assert more.scores[tile] >= tally.scores[tile]


@given(tallies())
def test_twice_the_ballots_of_twice_the_voters_give_the_same_order(tally: Tally) -> None:
    doubled = {tile: 2 * count for tile, count in tally.rules.electors.items()}
    twice = replace(tally, votes=tally.votes * 2, rules=Rules(24, "salt", electors=doubled))
    assert ranked_groups(twice) == ranked_groups(tally)


@given(tallies())
def test_the_leading_group_is_the_first(tally: Tally) -> None:
    assert leading_group(tally) == ranked_groups(tally)[0][0]


@given(tallies())
def test_every_tile_stands_once_and_scores_never_rise_on_the_way_down(tally: Tally) -> None:
    groups = ranked_groups(tally)
    assert sorted(tile for group, _ in groups for tile in group) == sorted(tally.tiles)
    scores = [tally.scores[tile] for group, _ in groups for tile in group]
    assert scores == sorted(scores, reverse=True)


@given(tallies())
def test_each_reason_is_the_first_that_separates(tally: Tally) -> None:
    """Between two neighbours with equal scores no earlier criterion separates the tiles of equal score that remain."""
    for (above, _), (below, why) in zip(ranked_groups(tally), ranked_groups(tally)[1:], strict=False):
        is_equal = tally.scores[above[0]] == tally.scores[below[0]]
        assert (why in TIE_BREAKS) == is_equal
        assert why == "score" or is_equal


@given(tallies())
def test_no_criterion_separates_the_tiles_of_a_group(tally: Tally) -> None:
    for group, _ in ranked_groups(tally):
        for criterion in TIE_BREAKS.values():
            values = criterion(tally, group)
            assert len({values[tile] for tile in group}) == 1


@given(tallies("single", "podium"))
def test_no_point_is_lost_or_added(tally: Tally) -> None:
    assert sum(tally.points.values()) == sum(sum(POINTS[tally.kind][: len(ranks)]) for ranks in tally.votes)


@given(tallies("final"))
def test_each_duel_gives_one_win(tally: Tally) -> None:
    count = len(tally.tiles)
    assert sum(tally.scores.values()) == Fraction(count * (count - 1), 2)


@given(tallies())
def test_the_lot_only_orders_the_tiles_of_a_group(tally: Tally) -> None:
    found = rounds_of(tally)
    for salt in ("one", "another"):
        standings = count_round(found, replace(tally.rules, salt=salt), tally.earlier).standings
        order = iter([standing.tile for standing in standings])
        for group, _ in ranked_groups(tally) if standings else []:
            assert {next(order) for _ in group} == set(group)


@given(tallies(), st.booleans())
def test_places_go_from_one_on_and_only_the_first_may_be_shared(tally: Tally, shared: bool) -> None:
    if len(tally.votes) < 3:
        return
    standings = count_round(rounds_of(tally), replace(tally.rules, shared_first=shared), tally.earlier).standings
    leading = len(ranked_groups(tally)[0][0]) if shared else 1
    assert [one.place for one in standings] == [1] * leading + list(range(leading + 1, len(tally.tiles) + 1))
    assert [one.decided_by for one in standings[1:leading]] == ["shared"] * (leading - 1)


def cast(kind: Kind, tiles: str, ballots: str, prefix: str = "r") -> Round:
    """Return a round; `ABC*2` are two ballots that rank A, B, C."""
    counted = [(word.partition("*")[0], int(word.partition("*")[2] or 1)) for word in ballots.split()]
    votes = [tuple(ranks) for ranks, count in counted for _ in range(count)]
    return Round(kind, tuple(tiles), tuple(Ballot(f"{prefix}{i}", ranks) for i, ranks in enumerate(votes)))


def test_the_lot_is_the_hash_that_is_described() -> None:
    lot = hashlib.sha256(b"a1\nb2\nc3\nthe salt").hexdigest()
    expected = {tile: hashlib.sha256(f"{lot}\n{tile}".encode()).hexdigest() for tile in ("A", "B")}
    assert lot_numbers(["A", "B"], ["c3", "a1", "b2"], "the salt") == expected
    assert lot_numbers(["A", "B"], ["c3", "a1"], "the salt") != expected


def test_the_lowest_lot_is_first_and_each_order_comes_up() -> None:
    orders = set()
    for number in range(40):
        found = cast("single", "ABC", "A B C", f"{number}-")
        outcome = count_round(found, Rules(3, "salt"))
        numbers = lot_numbers("ABC", [ballot.receipt for ballot in found.ballots], "salt")
        order = [standing.tile for standing in outcome.standings]
        assert order == sorted("ABC", key=lambda tile: numbers[tile])
        assert [standing.decided_by for standing in outcome.standings] == ["", "lot", "lot"]
        orders.add("".join(order))
    assert len(orders) == 6


def test_a_standing_says_all_of_a_tile() -> None:
    outcome = count_round(cast("podium", "ABCD", "AB ABC BC"), Rules(4, electors={"B": 3}))
    assert outcome.standings[0] == Standing("B", 1, Fraction(7, 3), 7, (1, 2, 0), "")
    assert outcome.standings[1] == Standing("A", 2, Fraction(6, 4), 6, (2, 0, 0), "score")
    assert outcome.preferred["A"] == {"B": 2, "C": 2, "D": 2}
    assert outcome.preferred["D"] == {"A": 0, "B": 0, "C": 0}


def test_under_three_ballots_there_is_no_ranking() -> None:
    assert count_round(cast("podium", "ABCD", "ABC ABC"), Rules(9)).standings == ()
    assert not count_round(cast("podium", "ABCD", "ABC ABC"), Rules(9)).has_quorum
    assert len(count_round(cast("podium", "ABCD", "ABC ABC ABC"), Rules(9)).standings) == 4


@pytest.mark.parametrize(("entries", "kind"), [(1, "single"), (3, "single"), (4, "podium"), (40, "podium")])
def test_few_entries_have_a_single_choice(entries: int, kind: Kind) -> None:
    assert first_round_kind(entries) == kind


@pytest.mark.parametrize(
    ("ballots", "entering"),
    [
        ("ABC*9 DEF", "ABCD"),
        ("AB*9 CDE*9 F", "ABCD"),
        ("AB*9 CDE F", "ABCF"),
        ("AB*9 CD*9 EF*9", "ABCDEF"),
        ("AB*9 CD*8 EF*7", "ABCE"),
        ("A B C D E", "ABCDE"),
        ("A A B", "AB"),
        ("A A A", ""),
        ("A B", ""),
        ("ABC ABC DEF DEF", "ABDE"),
        ("ABC BCA CAB DE ED", "ABCDE"),
    ],
)
def test_the_best_four_and_who_ties_with_the_fourth_enter_the_final(ballots: str, entering: str) -> None:
    outcome = count_round(cast("podium", "ABCDEFGH", ballots), Rules(30))
    assert "".join(finalists(outcome)) == entering


def test_no_final_follows_a_single_choice() -> None:
    assert finalists(count_round(cast("single", "ABC", "A B C"), Rules(3))) == ()


FIRST = cast("podium", "ABCDEF", "ABC BAD CAB DCE")  # points: A 7, B 6, C 6, D 4, E 1, F 0


def test_the_final_puts_its_tiles_before_all_others() -> None:
    found = count_race([FIRST, cast("final", "ABCD", "DCBA DCBA DCAB")], Rules(4))
    assert [(one.tile, one.place, one.decided_by) for one in found.standings] == [
        *(("D", 1, ""), ("C", 2, "score"), ("B", 3, "score"), ("A", 4, "score"), ("E", 5, "score"), ("F", 6, "score"))
    ]
    assert found.winners == ("D",)
    assert [outcome.kind for outcome in found.rounds] == ["podium", "final"]


def test_a_final_without_a_quorum_leaves_the_order_of_the_first_round() -> None:
    found = count_race([FIRST, cast("final", "ABCD", "DCBA DCBA")], Rules(4))
    assert found.standings == count_round(FIRST, Rules(4)).standings
    assert found.winners == ("A",)


def test_the_first_round_breaks_the_ties_of_the_final() -> None:
    found = count_race([FIRST, cast("final", "ABCD", "ABCD BCDA CDAB DABC")], Rules(4))
    assert found.winners == ("A",)
    assert found.standings[1].decided_by == "first_round"


def test_a_shared_first_place_has_two_winners_and_no_second() -> None:
    found = count_race([cast("single", "ABC", "A B A B C")], Rules(5, shared_first=True))
    assert set(found.winners) == {"A", "B"}
    assert [one.place for one in found.standings] == [1, 1, 3]


def test_a_race_without_a_quorum_has_no_winner() -> None:
    assert count_race([cast("single", "ABC", "A B")], Rules(5)).winners == ()


def refusal(act: Callable[[], object]) -> CountingError:
    with pytest.raises(CountingError) as caught:
        act()
    return caught.value


REFUSED: list[tuple[str, str, Callable[[], object]]] = [
    ("tile_unknown", "'Z9' is not in this round", lambda: Round("podium", ("A", "B"), (Ballot("r", ("Z9",)),))),
    ("tile_twice", "'A' is on the ballot twice", lambda: Round("podium", ("A", "B"), (Ballot("r", ("A", "A")),))),
    ("too_few", "ranks 0 tiles", lambda: Round("podium", ("A", "B"), (Ballot("r", ()),))),
    ("too_few", "ranks 1 tiles", lambda: Round("final", ("A", "B"), (Ballot("r", ("A",)),))),
    ("too_many", "ranks 2 tiles", lambda: Round("single", ("A", "B"), (Ballot("r", ("A", "B")),))),
    ("too_many", "at most 3", lambda: check_ranks("podium", "ABCDE", "ABCD")),
    ("tiles_twice", "'A' is in the round twice", lambda: Round("single", ("A", "B", "A"))),
    ("no_tiles", "at least 1 tiles, not 0", lambda: Round("single", ())),
    ("no_tiles", "at least 2 tiles, not 1", lambda: Round("final", ("A",))),
    ("unknown_kind", "'borda' is unknown", lambda: Round("borda", ("A", "B"))),  # type: ignore[arg-type]
    ("receipt_twice", "'r' is on two ballots", lambda: Round("single", ("A",), (Ballot("r", ("A",)),) * 2)),
    ("bad_receipt", "no text of one line", lambda: Round("single", ("A",), (Ballot("r\n", ("A",)),))),
    ("bad_receipt", "no text of one line", lambda: Round("single", ("A",), (Ballot("", ("A",)),))),
    ("voters", "0 is not a whole number", lambda: Rules(0)),
    ("voters", "True is not a whole number", lambda: Rules(True)),
    ("voters", "-1 is not a whole number", lambda: Rules(3, electors={"A": -1})),
    ("rounds", r"not \[\]", lambda: count_race([], Rules(3))),
    ("rounds", "final", lambda: count_race([cast("final", "AB", "AB")], Rules(3))),
    ("rounds", "single", lambda: count_race([cast("single", "AB", "A"), cast("final", "AB", "AB")], Rules(3))),
    (
        "finalists",
        "between A, B, C, E; .* between A, B, C, D",
        lambda: count_race([FIRST, cast("final", "ABCE", "")], Rules(4)),
    ),
    (
        "finalists",
        "must be between nobody",
        lambda: count_race([cast("podium", "ABCD", "A"), cast("final", "AB", "")], Rules(4)),
    ),
]


@pytest.mark.parametrize(("code", "words", "act"), REFUSED)
def test_what_cannot_be_counted_is_refused_in_a_sentence(code: str, words: str, act: Callable[[], object]) -> None:
    error = refusal(act)
    assert error.code == code
    assert str(error).endswith(".")
    with pytest.raises(CountingError, match=words):
        act()


def test_every_sentence_has_a_refusal() -> None:
    assert {code for code, _, _ in REFUSED} == set(SENTENCES)


def test_the_random_races_have_what_they_are_for() -> None:
    """Ties that the lot breaks, shared first places, finals, and rounds without a quorum."""
    outcomes: list[Outcome] = []
    reasons = set()
    for seed in range(300):
        found = random_race(seed).outcome()
        outcomes.extend(found.rounds)
        reasons |= {standing.decided_by for standing in found.standings}
    assert reasons == {"", "score", *TIE_BREAKS, "lot", "shared"}
    assert {outcome.kind for outcome in outcomes} == {"single", "podium", "final"}
    assert {outcome.has_quorum for outcome in outcomes} == {True, False}
