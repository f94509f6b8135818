"""A race's results as one HTML page that needs no network, no script and no program to run."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from studio.race.counting import MIN_BALLOTS, POINTS, Outcome, Round, Standing
from studio.race.entrant_markdown import to_safe_html
from studio.race.published import commitment
from studio.race.results import SAMPLES, WEAK_SECRECY, Results
from studio.race.results_texts import TEXTS
from studio.race.tile_file import file_name
from studio.rendering.image_encoding import to_png
from training.core.latents import check_seed
from training.core.pixels import Pixels
from training.core.tile import check_psi

TEMPLATE = "results_page.html"
LANGUAGES = ("en", "ja")
SIDES = ((16, 640), (40, 384), (10**9, 256))  # up to so many tiles, the pixels of a picture's side: some 20 MB in all
FIELDS = (
    *("recipe", "training_hours", "pretrained", "seeds_looked_at", "second_seed", "repeated_cells"),
    "weights",
)


@dataclass(frozen=True)
class Bar:
    """Where in a row of 100 units the parts of a score and its band lie: x and width each."""

    parts: tuple[tuple[float, float], ...]
    band: tuple[float, float]


def render(found: Results, tiles: Mapping[str, Pixels], language: str = "en") -> str:
    """Return the page. `tiles` has the picture [H, W, 3] of each tile that is to be shown; `language` is shown first.

    Pictures are drawn smaller and encoded anew, without any metadata. Raises ValueError for a language besides en, ja.
    """
    if language not in LANGUAGES:
        raise ValueError(f"The language {language!r:.40} is unknown; the languages are en and ja.")
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.globals.update(t=text, title=_title(found), language=language)
    return environment.get_template(TEMPLATE).render(_context(found, tiles))


def text(key: str, **values: Any) -> Markup:
    """Return a text in both languages, of which the page shows one; values are escaped."""
    return Markup("").join(
        Markup('<span lang="{}">{}</span>').format(language, Markup(words).format(**values))  # noqa: S704
        for language, words in zip(LANGUAGES, TEXTS[key], strict=True)
    )


def _title(found: Results) -> str:
    title = found.race.options.get("title")
    return title if isinstance(title, str) and title.strip() else "GAN Race"


def _context(found: Results, tiles: Mapping[str, Pixels]) -> dict[str, Any]:
    race = found.race
    return {
        "results": found,
        "names": {tile: _name(entry) for tile, entry in race.mapping.items()},
        "percent": round(100.0 * found.winning_chance),
        "rounds": [_round(found, one, outcome) for one, outcome in _pairs(found)],
        "cards": [_card(found, tile, tiles) for tile in _in_order(found)],
        "commitment": commitment(race.mapping, race.rules.salt),
        "is_honour": race.options.get("honour") is True,
        "least": MIN_BALLOTS,
        "weak_secrecy": WEAK_SECRECY,
        "samples": SAMPLES,
    }


def _pairs(found: Results) -> Iterable[tuple[Round, Outcome]]:
    return zip(found.race.rounds, found.outcome.rounds, strict=True)


def _in_order(found: Results) -> list[str]:
    """Return all tiles, the best first; without a ranking by code."""
    return [one.tile for one in found.outcome.standings] or sorted(found.race.mapping)


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name", ""))


def _round(found: Results, votes: Round, outcome: Outcome) -> dict[str, Any]:
    tiles = [one.tile for one in outcome.standings] or sorted(votes.tiles)
    return {
        "kind": outcome.kind,
        "outcome": outcome,
        "turnout": {"ballots": outcome.ballots, "eligible": found.race.rules.eligible},
        "tiles": tiles,
        "ballots": sorted(votes.ballots, key=lambda ballot: ballot.receipt),
        "bars": {} if outcome.kind == "final" else _bars(found, outcome),
    }


def _bars(found: Results, outcome: Outcome) -> dict[str, Bar]:
    """Return the bars of a first round; the longest, or its band, is 100 long."""
    ends = [max(float(one.score), found.bands[one.tile][1]) for one in outcome.standings]
    unit = 100.0 / max([*ends, 1e-9])
    return {one.tile: _bar(found, outcome, one, unit) for one in outcome.standings}


def _bar(found: Results, outcome: Outcome, standing: Standing, unit: float) -> Bar:
    parts, start = [], 0.0
    for value, count in zip(POINTS[outcome.kind], standing.positions, strict=False):
        width = value * count / found.race.rules.electors_of(standing.tile) * unit
        parts.append((round(start, 2), round(width, 2)))
        start += width
    low, high = found.bands[standing.tile]
    return Bar(tuple(parts), (round(low * unit, 2), round((high - low) * unit, 2)))


def _card(found: Results, tile: str, tiles: Mapping[str, Pixels]) -> dict[str, Any]:
    entry = found.race.mapping[tile]
    standing = next((one for one in found.outcome.standings if one.tile == tile), None)
    about = entry.get("about")
    return {
        "tile": tile,
        "name": _name(entry),
        "place": standing.place if standing else None,
        "picture": _data_url(tiles[tile], len(found.race.mapping)) if tile in tiles else None,
        "facts": [(name, entry[name]) for name in FIELDS if entry.get(name) not in (None, "")],
        "entry": entry,
        "command": verify_command(entry),
        "about": Markup(to_safe_html(about)) if isinstance(about, str) and about.strip() else None,  # noqa: S704
    }


def verify_command(entry: Mapping[str, Any]) -> str | None:
    """Return the command that verifies the exported tile of an entry; None for one without checkpoint and seed."""
    sha256 = entry.get("checkpoint_sha256")
    if not isinstance(sha256, str) or not re.fullmatch("[0-9a-f]{64}", sha256):
        return None
    try:
        name = file_name(sha256, check_seed(entry.get("seed")), check_psi(entry.get("psi", 1.0)))
    except ValueError:
        return None
    return f"python -m studio verify {name} --checkpoints DIR"


def _data_url(pixels: Pixels, count: int) -> str:
    side = next(side for most, side in SIDES if count <= most)
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BOX)
    return "data:image/png;base64," + base64.b64encode(to_png(np.asarray(image))).decode()
