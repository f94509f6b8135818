"""What is exported of a race after the reveal: the published file, the script that recounts it, page, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.race.counting import Standing
from studio.race.published import publish
from studio.race.results import Results
from studio.race.results_page import render
from studio.race.spreadsheet import safe_cell
from training.core.pixels import Pixels

ENTRY_FIELDS = (
    *("name", "checkpoint_sha256", "seed", "psi", "recipe", "training_hours", "pretrained", "seeds_looked_at"),
    "second_seed",
)


def export_files(found: Results, tiles: Mapping[str, Pixels], language: str = "en") -> dict[str, bytes]:
    """Return the files of an export by name; `tiles` has the picture [H, W, 3] of each tile that the page shows."""
    texts = {
        "race.json": publish(found.race),
        "recount.py": Path(__file__).with_name("recount.py").read_text(encoding="utf-8"),
        "results.html": render(found, tiles, language),
        "results.json": json.dumps(to_plain(found), ensure_ascii=False, allow_nan=False, indent=1) + "\n",
    }
    tables = {"results.csv": result_rows(found), "ballots.csv": ballot_rows(found)}
    return {name: text.encode() for name, text in texts.items()} | {name: to_csv(rows) for name, rows in tables.items()}


def to_plain(found: Results) -> dict[str, Any]:
    """Return the results as plain JSON; scores are fractions, such as "7/12"."""
    return {
        "winners": list(found.outcome.winners),
        "certainty": found.certainty,
        "standings": [_plain(one) | _told(found, one.tile) for one in found.outcome.standings],
        "rounds": [
            {
                "kind": one.kind,
                "ballots": one.ballots,
                "eligible": found.race.rules.eligible,
                "standings": [_plain(standing) for standing in one.standings],
                "preferred": one.preferred,
            }
            for one in found.outcome.rounds
        ],
    }


def _plain(standing: Standing) -> dict[str, Any]:
    return {
        "place": standing.place,
        "tile": standing.tile,
        "score": str(standing.score),
        "points": standing.points,
        "positions": list(standing.positions),
        "decided_by": standing.decided_by,
    }


def _told(found: Results, tile: str) -> dict[str, Any]:
    """Return what the bootstrap and the entry say of a tile."""
    entry = found.race.mapping[tile]
    told = {"band": list(found.bands[tile]), "chance": found.chances[tile]}
    return told | {name: entry.get(name) for name in ENTRY_FIELDS}


def result_rows(found: Results) -> list[list[Any]]:
    """Return the table of the result: the columns' names, then a row for each tile, the best first.

    Points, band and places of the first round are there for all tiles, those of the final for the finalists.
    """
    first = {one.tile: one for one in found.outcome.rounds[0].standings}
    final = {one.tile: one for outcome in found.outcome.rounds[1:] for one in outcome.standings}
    names = ["place", "tile", "points", "points_per_voter", "band_low", "band_high", "first_places", "times_ranked"]
    rows: list[list[Any]] = [[*names, "duels_won", "decided_by", "chance", *ENTRY_FIELDS]]
    for one in found.outcome.standings:
        duels = float(final[one.tile].score) if one.tile in final else None
        told = [duels, one.decided_by, found.chances[one.tile]]
        entry = found.race.mapping[one.tile]
        rows.append([one.place, one.tile, *_first_round(found, first[one.tile]), *told, *map(entry.get, ENTRY_FIELDS)])
    return rows


def _first_round(found: Results, standing: Standing) -> list[Any]:
    positions = standing.positions
    return [standing.points, float(standing.score), *found.bands[standing.tile], positions[0], sum(positions)]


def ballot_rows(found: Results) -> list[list[Any]]:
    """Return the table of all ballots: round, receipt, and the tiles from the best on."""
    most = max((len(ballot.ranks) for one in found.race.rounds for ballot in one.ballots), default=0)
    rows: list[list[Any]] = [["round", "receipt", *(f"rank_{number}" for number in range(1, most + 1))]]
    for one in found.race.rounds:
        for ballot in sorted(one.ballots, key=lambda ballot: ballot.receipt):
            rows.append([one.kind, ballot.receipt, *ballot.ranks])
    return rows


def to_csv(rows: Iterable[Sequence[Any]]) -> bytes:
    """Write rows as CSV that spreadsheets open as UTF-8, and in which no text becomes a formula."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([safe_cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode("utf-8-sig")
