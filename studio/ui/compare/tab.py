"""The Compare tab: several checkpoints on the same latents, and what their passports and their metrics say."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import gradio as gr

from studio.checkpoints.catalog import Entry
from studio.checkpoints.settings_diff import (
    MAX_CHECKPOINTS,
    MAX_SEEDS,
    Scores,
    TooManyError,
    check_size,
    scores,
    settings,
)
from studio.checkpoints.training_curves import METRICS, Curves, read_curves
from studio.rendering.image_encoding import to_png
from studio.rendering.picture import Picture
from studio.rendering.renderer import Priority, Wish
from studio.ui.component import component, to_base64
from studio.ui.protocol import (
    VISITOR_LENGTH,
    Answer,
    RequestError,
    answers,
    asked_hash,
    asked_preview,
    asked_seed,
    asked_text,
)
from studio.ui.services import Studio
from studio.ui.shared import nearest
from studio.ui.shared.tile_facts import drawn_classes
from training.core.checkpoint import RAW_WEIGHTS
from training.core.tile import CELLS

LANE, MATRIX_LANE, CELL_LANE, COPIES_LANE = "compare", "compare-matrix", "compare-cell", "compare-copies"
SAVED_LANE = "compare-saved"
THUMBNAIL_SIDE = 224


def build(studio: Studio) -> gr.HTML:
    """Build the tab; it draws nothing before it is shown."""

    @answers
    def compare_list(_: Answer) -> Answer:
        listed, entries = studio.list(), {entry.sha256: entry for entry in studio.gallery.entries()}
        known = [one for one in listed["checkpoints"] if one["sha256"] in entries]  # a run may go on in between
        return {**listed, "checkpoints": [{**one, **_facts(studio, entries[one["sha256"]])} for one in known]}

    @answers
    def compare_tiles(data: Answer) -> Answer:
        pictures = _draw(studio, data, asked_seed(data), Priority.COMPARE, LANE)
        return {"tiles": [{**_described(one), "jpeg": to_base64(one.jpeg)} for one in pictures]}

    @answers
    def compare_row(data: Answer) -> Answer:
        """Draw one row of a matrix whose whole size is checked."""
        seed = _asked_row(data)
        lane = SAVED_LANE if data.get("save") is True else MATRIX_LANE  # which may be drawn at the same time
        pictures = _draw(studio, data, seed, Priority.SHEET, lane, preview=asked_preview(data))
        tiles = [{**_described(one), "jpeg": to_base64(one.thumbnail(THUMBNAIL_SIDE))} for one in pictures]
        return {"seed": seed, "tiles": tiles}

    @answers
    def compare_stop(data: Answer) -> Answer:
        studio.renderer.call_off(asked_text(data, "visitor", VISITOR_LENGTH), MATRIX_LANE)
        return {}

    @answers
    def compare_cells(data: Answer) -> Answer:
        cell, seed = _asked_cell(data), asked_seed(data)
        pictures = _draw(studio, data, seed, Priority.COMPARE, CELL_LANE)
        classes = [drawn_classes(studio.find(one.sha256), seed) for one in pictures]
        cells = [{**_described(one), "png": to_base64(to_png(one.cell(cell)))} for one in pictures]
        return {"cells": [one | kinds for one, kinds in zip(cells, classes, strict=True)]}

    @answers
    def compare_facts(data: Answer) -> Answer:
        """Put the settings of what is shown side by side; the curves and the scores are those of the runs."""
        entries, shown = _asked_entries(studio, data)
        rows = settings([_about(entry) for entry in shown])
        return {
            "settings": [asdict(row) for row in rows],
            "curves": [asdict(_curves(studio, entry)) for entry in entries],
            "scores": [[asdict(one) for one in _scores(entry)] for entry in entries],
        }

    return component(
        "compare",
        [
            compare_list,
            compare_tiles,
            compare_row,
            compare_stop,
            compare_cells,
            compare_facts,
            *_nearest_functions(studio),
        ],
        copies=studio.copies is not None,
        limits={"checkpoints": MAX_CHECKPOINTS, "seeds": MAX_SEEDS},
    )


def _nearest_functions(studio: Studio) -> list[Callable[[Answer], Any]]:
    @answers
    def compare_nearest(data: Answer) -> Answer:
        cell, seed = _asked_cell(data), asked_seed(data)
        pictures = partial(_draw, studio, data, seed, Priority.COMPARE, COPIES_LANE)
        return nearest.answer_each(studio, data, lambda: [one.cell(cell) for one in pictures()])

    @answers
    def compare_stop_nearest(data: Answer) -> Answer:
        return nearest.stop(studio, data)

    return [compare_nearest, compare_stop_nearest]


def _facts(studio: Studio, entry: Entry) -> Answer:
    """Return what a choice of checkpoints needs to know: the shape of its latents, and the steps that its run kept."""
    config = entry.description.config if entry.description else None
    return {
        "z_dim": config.z_dim if config else None,
        "classes": config.classes if config else None,
        "steps": [
            {"sha256": step.sha256, "images": step.description.about.get("images")}
            for step in studio.gallery.steps(entry)
            if step.description
        ],
    }


def _about(entry: Entry) -> dict[str, Any]:
    return entry.description.about if entry.description else {}


def _scores(entry: Entry) -> list[Scores]:
    """Return the scores of a passport, which were not taken of the weights as last trained beside an average."""
    return [] if entry.file == RAW_WEIGHTS else scores(_about(entry))


def _curves(studio: Studio, entry: Entry) -> Curves:
    """Read the metrics beside a checkpoint once; a link to outside the gallery is not followed."""
    file = entry.folder / METRICS
    if not file.is_file() or not file.resolve().is_relative_to(studio.gallery.root):
        return Curves([], [], {}, [])
    found = file.stat()
    return _read_curves(entry.folder, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=24)
def _read_curves(folder: Path, *version: int) -> Curves:
    return read_curves(folder)


def _draw(
    studio: Studio, data: Answer, seed: int, priority: Priority, lane: str, *, preview: bool = False
) -> list[Picture]:
    psi, visitor = _asked_psi(data), asked_text(data, "visitor", VISITOR_LENGTH)
    hashes = [str(studio.find(sha256).sha256) for sha256 in _asked_hashes(data)]
    wishes = [Wish(one, seed, psi, preview) for one in hashes]
    return studio.renderer.tiles(wishes, visitor, priority=priority, lane=lane)


def _described(picture: Picture) -> Answer:
    return {key: value for key, value in vars(picture).items() if key not in ("pixels", "jpeg")}


def _asked_list(data: Answer, field: str) -> list[object]:
    values = data.get(field)
    if not isinstance(values, list) or not values:
        raise RequestError("error_request", field=field, value=str(values)[:80])
    return values


def _asked_hashes(data: Answer, field: str = "checkpoints") -> list[str]:
    values = _asked_list(data, field)
    _check_size(len(values), 1)
    return [asked_hash({"sha256": value}) for value in values]


def _asked_entries(studio: Studio, data: Answer) -> tuple[list[Entry], list[Entry]]:
    """Return the checkpoints that are compared, and what is shown of each: one of its steps, or itself."""
    entries = [studio.find(sha256) for sha256 in _asked_hashes(data)]
    shown = [studio.find(sha256) for sha256 in _asked_hashes(data, "shown")] if "shown" in data else entries
    if len(shown) != len(entries):
        raise RequestError("error_request", field="shown", value=f"{len(shown)} of {len(entries)}")
    return entries, shown


def _asked_row(data: Answer) -> int:
    """Return the seed of the asked row of a matrix, once its size is known to be allowed."""
    seeds, row = _asked_list(data, "seeds"), data.get("row")
    _check_size(len(_asked_list(data, "checkpoints")), len(seeds))
    if isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < len(seeds):
        raise RequestError("error_request", field="row", value=str(row)[:40])
    return asked_seed({"seed": seeds[row]})


def _check_size(checkpoints: int, seeds: int) -> None:
    try:
        check_size(checkpoints, seeds)
    except TooManyError as error:
        raise RequestError("error_too_many_tiles", checkpoints=checkpoints, seeds=seeds) from error


def _asked_psi(data: Answer) -> float:
    psi = data.get("psi", 1.0)
    if isinstance(psi, bool) or not isinstance(psi, int | float) or not math.isfinite(psi) or not 0 <= psi <= 1:
        raise RequestError("error_request", field="psi", value=str(psi)[:40])
    return float(psi)


def _asked_cell(data: Answer) -> int:
    cell = data.get("cell")
    if isinstance(cell, bool) or not isinstance(cell, int) or not 0 <= cell < CELLS:
        raise RequestError("error_request", field="cell", value=str(cell)[:40])
    return cell
