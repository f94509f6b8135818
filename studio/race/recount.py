"""Count a published race again, with Python 3.9 or newer alone: python recount.py race.json [RECEIPT]."""

import json
import sys
from fractions import Fraction
from hashlib import sha256
from itertools import permutations
from pathlib import Path
from typing import Any

POINTS = {"single": [1], "podium": [3, 2, 1], "final": []}


def _sha256(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()


def _is_allowed(ranks: Any, kind: str, tiles: Any) -> bool:
    least, most = (2, len(tiles)) if kind == "final" else (1, len(POINTS[kind]))
    return set(ranks) <= set(tiles) and len(set(ranks)) == len(ranks) and least <= len(ranks) <= most


def _duels_won(kind: str, votes: Any, group: Any) -> dict[str, Fraction]:
    won = dict.fromkeys(group, Fraction(0))
    for pair in permutations(group, 2):
        known = [ranks for ranks in votes if kind != "final" or set(pair) <= set(ranks)]
        places = [[ranks.index(tile) if tile in ranks else len(ranks) for tile in pair] for ranks in known]
        lead = sum((a < b) - (b < a) for a, b in places)
        won[pair[0]] += Fraction(1 + (lead > 0) - (lead < 0), 2)
    return won


def _count(race: Any, part: Any, earlier: Any) -> list[dict[str, Any]]:
    """Return tile, place, score and decided_by of one round, the best first."""
    kind, tiles, votes = part["kind"], part["tiles"], [ballot["ranks"] for ballot in part["ballots"]]
    at = {tile: [ranks.index(tile) for ranks in votes if tile in ranks] for tile in tiles}
    scores = _duels_won(kind, votes, tiles)
    if kind != "final":
        electors = {tile: race["electors"].get(tile, race["eligible"]) for tile in tiles}
        scores = {tile: Fraction(sum(POINTS[kind][i] for i in at[tile]), electors[tile]) for tile in tiles}
    fixed: list[Any] = [("first_places", {t: at[t].count(0) for t in tiles})]
    fixed += [("times_ranked", {t: len(at[t]) for t in tiles}), ("first_round", {t: earlier.get(t, 0) for t in tiles})]
    lot = _sha256("\n".join([*sorted(ballot["receipt"] for ballot in part["ballots"]), race["salt"]]))
    order: list[dict[str, Any]] = []

    def split(group: list[str], why: str, score: list[Any]) -> None:
        for name, values in [*score, ("head_to_head", _duels_won(kind, votes, group)), *fixed]:
            levels = sorted({values[tile] for tile in group}, reverse=True)
            if len(levels) > 1:
                for i, level in enumerate(levels):
                    split([tile for tile in group if values[tile] == level], name if i else why, [])
                return
        start, shared = len(order) + 1, race["options"]["shared_first"] and not order
        for i, tile in enumerate(sorted(group, key=lambda tile: _sha256(f"{lot}\n{tile}"))):
            place, reason = (start, "shared") if shared else (start + i, "lot")
            order.append({"tile": tile, "place": place, "score": scores[tile], "decided_by": reason if i else why})

    split(tiles, "", [("score", scores)])
    return order if len(votes) >= 3 else []


def recount(race: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the places by the ballots alone, and what differs from what the file says."""
    mapping = json.dumps(race["mapping"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    found = [] if _sha256(f"{mapping}\n{race['salt']}") == race["commitment"] else ["The commitment differs."]
    for part in race["rounds"]:
        bad = [one for one in part["ballots"] if not _is_allowed(one["ranks"], part["kind"], part["tiles"])]
        found += [f"The ballot {one['receipt']} is not allowed." for one in bad]
        if len({one["receipt"] for one in part["ballots"]}) < len(part["ballots"]):
            found += ["A receipt is on two ballots."]
    first, *finals = race["rounds"]
    if sorted(first["tiles"]) != sorted(race["mapping"]) or [one["kind"] for one in finals] not in ([], ["final"]):
        found += ["The rounds are not those of the mapping's tiles."]
    order = [] if found else _count(race, first, {})
    scores = {one["tile"]: one["score"] for one in order}
    for final in finals if order else []:
        border = sorted(scores.values(), reverse=True)[:4][-1]
        if sorted(final["tiles"]) != sorted(tile for tile, score in scores.items() if 0 < score >= border):
            found += ["The finalists are not the best four of the first round."]
        best = _count(race, final, scores)
        rest = [one for one in order if best and one["tile"] not in final["tiles"]]
        order = best + [{**one, "place": len(best) + i} for i, one in enumerate(rest, 1)] if best else order
    order = [{**one, "score": str(one["score"])} for one in order]
    return order, found if found or order == race["result"] else ["The result differs."]


if __name__ == "__main__":
    try:
        race = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        order, found = recount(race) if race["format"] == "gan-race/1" else ([], ["The format is not gan-race/1."])
        ballots = {ballot["receipt"]: ballot["ranks"] for part in race["rounds"] for ballot in part["ballots"]}
        receipts = [f"{one}: {ballots.get(one, 'no ballot has this receipt')}" for one in sys.argv[2:]]
        places = [f"{one['place']} {one['tile']} {race['mapping'][one['tile']]['name']}" for one in order]
        text = "\n".join([*places, *receipts, *(found or ["Everything agrees with the file."]), ""])
        status = 1 if found or not set(sys.argv[2:]) <= set(ballots) else 0
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        text, status = f"The published race cannot be read: {error!r}\n", 2
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding, "replace"))
    sys.exit(status)
