"""The Compare tab: several checkpoints on the same latents, and what their passports and their metrics say."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from typing import Any

import gradio as gr

from studio.checkpoints import training_curves
from studio.checkpoints.catalog import Entry
from studio.checkpoints.settings_diff import (
    MAX_CHECKPOINTS,
    MAX_SEEDS,
    Row,
    Scores,
    TooManyError,
    check_size,
    scores,
    settings,
)
from studio.checkpoints.training_curves import Log, newest_log, read_curves
from studio.rendering.image_encoding import to_png
from studio.rendering.picture import Picture
from studio.rendering.renderer import Priority, RenderRequest
from studio.ui.compare import messages
from studio.ui.compare.messages import (
    CellsReply,
    CellsRequest,
    Curves,
    CurvesReply,
    CurvesRequest,
    Drawn,
    DrawnCell,
    DrawnTile,
    FactsReply,
    FactsRequest,
    NearestEach,
    RowReply,
    RowRequest,
    SettingRow,
    TilesReply,
    TilesRequest,
)
from studio.ui.component import component, to_base64
from studio.ui.protocol import RequestError, ServerFunction, answers
from studio.ui.protocol_types import Done
from studio.ui.services import Studio
from studio.ui.shared import nearest
from studio.ui.shared.known_names import named_network
from studio.ui.shared.messages import IndexProgress, StopReply, StopRequest
from studio.ui.shared.tile_facts import drawn_classes
from training.core.checkpoint import RAW_WEIGHTS

LANE, MATRIX_LANE, CELL_LANE, COPIES_LANE = "compare", "compare-matrix", "compare-cell", "compare-copies"
SAVED_LANE = "compare-saved"
THUMBNAIL_SIDE = 224
NETWORK = "about_pretrained"  # the setting whose values name networks


def build(studio: Studio) -> gr.HTML:
    """Build the tab; it draws nothing before it is shown."""

    @answers
    def compare_tiles(asked: TilesRequest) -> TilesReply:
        pictures = _draw(studio, asked, asked.seed, Priority.COMPARE, LANE)
        return TilesReply(tiles=[DrawnTile(**_described(one), jpeg=to_base64(one.jpeg)) for one in pictures])

    @answers
    def compare_row(asked: RowRequest) -> RowReply:
        """Draw one row of a matrix whose whole size is checked."""
        _check_size(len(asked.checkpoints), len(asked.seeds))
        seed = asked.seeds[asked.row]
        lane = SAVED_LANE if asked.save else MATRIX_LANE  # which may be drawn at the same time
        pictures = _draw(studio, asked, seed, Priority.SHEET, lane, preview=asked.preview)
        tiles = [DrawnTile(**_described(one), jpeg=to_base64(one.thumbnail(THUMBNAIL_SIDE))) for one in pictures]
        return RowReply(seed=seed, tiles=tiles)

    @answers
    def compare_stop(asked: StopRequest) -> Done:
        studio.renderer.call_off(asked.visitor, MATRIX_LANE)
        return Done()

    @answers
    def compare_cells(asked: CellsRequest) -> CellsReply:
        pictures = _draw(studio, asked, asked.seed, Priority.COMPARE, CELL_LANE)
        return CellsReply(cells=[_cell(studio, one, asked.cell) for one in pictures])

    @answers
    def compare_facts(asked: FactsRequest) -> FactsReply:
        """Put the settings of what is shown side by side; the curves and the scores are those of the runs."""
        entries, shown = _entries(studio, asked)
        return FactsReply(
            settings=[_row(one) for one in settings([_about(entry) for entry in shown])],
            curves=[Curves.model_validate(asdict(_curves(studio, entry))) for entry in entries],
            scores=[list(map(_scored, _scores(entry))) for entry in entries],
        )

    @answers
    def compare_curves(asked: CurvesRequest) -> CurvesReply:
        """Return the curves that have grown since they were asked for."""
        _check_size(len(asked.checkpoints), 1)
        return _grown(studio, [studio.find(sha256) for sha256 in asked.checkpoints], asked.versions or [])

    return component(
        "compare",
        [
            compare_tiles,
            compare_row,
            compare_stop,
            compare_cells,
            compare_facts,
            compare_curves,
            *_nearest_functions(studio),
        ],
        copies=studio.copies is not None,
        limits={"checkpoints": MAX_CHECKPOINTS, "seeds": MAX_SEEDS},
    )


def _nearest_functions(studio: Studio) -> list[ServerFunction]:
    @answers
    def compare_nearest(asked: CellsRequest) -> NearestEach | IndexProgress:
        index = nearest.ready(studio, asked.visitor)
        if isinstance(index, IndexProgress):
            return index
        pictures = _draw(studio, asked, asked.seed, Priority.COMPARE, COPIES_LANE)
        return NearestEach(cells=[nearest.found(index, one.cell(asked.cell)) for one in pictures])

    @answers
    def compare_stop_nearest(asked: StopRequest) -> StopReply:
        return nearest.stop(studio, asked)

    return [compare_nearest, compare_stop_nearest]


def _cell(studio: Studio, picture: Picture, cell: int) -> DrawnCell:
    classes = drawn_classes(studio.find(picture.sha256), picture.seed).model_dump()
    return DrawnCell(**_described(picture), **classes, png=to_base64(to_png(picture.cell(cell))))


def _row(row: Row) -> SettingRow:
    """Return a setting as it is sent: a network as one that the page may have words for."""
    values = list(map(named_network, row.values)) if row.field == NETWORK else row.values
    return SettingRow(field=row.field, values=list(values), differs=row.differs)


def _scored(scores: Scores) -> messages.Scores:
    return messages.Scores(**{**asdict(scores), "network": named_network(scores.network)})


def _about(entry: Entry) -> dict[str, Any]:
    return entry.description.about if entry.description else {}


def _scores(entry: Entry) -> list[Scores]:
    """Return the scores of a passport, which were not taken of the weights as last trained beside an average."""
    return [] if entry.file == RAW_WEIGHTS else scores(_about(entry))


def _curves(studio: Studio, entry: Entry) -> training_curves.Curves:
    """Read the metrics of a run once in each of their versions."""
    log = newest_log(entry.folder, studio.catalog.root)
    return _read_curves(log) if log else training_curves.Curves([], [], {}, [])


def _grown(studio: Studio, entries: list[Entry], versions: list[str]) -> CurvesReply:
    logs = [newest_log(entry.folder, studio.catalog.root) for entry in entries]
    now = [log.version if log else "" for log in logs]
    known = [*versions, *[None] * len(now)]
    curves = [
        None if version == before else Curves.model_validate(asdict(_curves(studio, entry)))
        for entry, version, before in zip(entries, now, known, strict=False)
    ]
    own = [log for log in logs if log and log.of_run]
    return CurvesReply(curves=curves, versions=now, followed=bool(own), growing=any(log.is_fresh for log in own))


@lru_cache(maxsize=24)
def _read_curves(log: Log) -> training_curves.Curves:
    return read_curves(log.folder)


def _draw(
    studio: Studio,
    asked: TilesRequest | RowRequest,
    seed: int,
    priority: Priority,
    lane: str,
    *,
    preview: bool = False,
) -> list[Picture]:
    _check_size(len(asked.checkpoints), 1)
    hashes = [str(studio.find(sha256).sha256) for sha256 in asked.checkpoints]
    requests = [RenderRequest(one, seed, asked.psi, preview) for one in hashes]
    return studio.renderer.tiles(requests, asked.visitor, priority=priority, lane=lane)


def _described(picture: Picture) -> dict[str, Any]:
    return {name: getattr(picture, name) for name in Drawn.model_fields}


def _entries(studio: Studio, asked: FactsRequest) -> tuple[list[Entry], list[Entry]]:
    """Return the checkpoints that are compared, and what is shown of each: one of its steps, or itself."""
    _check_size(len(asked.checkpoints), 1)
    entries = [studio.find(sha256) for sha256 in asked.checkpoints]
    shown = entries if asked.shown is None else [studio.find(sha256) for sha256 in asked.shown]
    return entries, shown


def _check_size(checkpoints: int, seeds: int) -> None:
    try:
        check_size(checkpoints, seeds)
    except TooManyError as error:
        raise RequestError("error_too_many_tiles", checkpoints=checkpoints, seeds=seeds) from error
