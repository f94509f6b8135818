"""The answer to "Is it a copy?", for every tab that enlarges a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from studio.exploration.nearest_training import Copies, Index
from studio.rendering.image_encoding import to_jpeg
from studio.ui.component import to_base64
from studio.ui.protocol import VISITOR_LENGTH, Answer, RequestError, asked_text
from studio.ui.services import Studio
from training.core.pixels import Pixels


def answer(studio: Studio, data: Answer, draw: Callable[[], Pixels]) -> Answer:
    """Return the training pictures nearest to the cell that `draw` gives, or how far the index is."""
    return _answer(studio, data, lambda index: _found(index, draw()))


def answer_each(studio: Studio, data: Answer, draw: Callable[[], Sequence[Pixels]]) -> Answer:
    """Return as `cells` what `answer` gives for one, for each of the cells that `draw` gives, in their order."""
    return _answer(studio, data, lambda index: {"cells": [_found(index, cell) for cell in draw()]})


def _answer(studio: Studio, data: Answer, find: Callable[[Index], Answer]) -> Answer:
    copies = _copies(studio)
    copies.start(asked_text(data, "visitor", VISITOR_LENGTH))
    progress, index = copies.progress, copies.index
    if progress.problem is not None:
        raise RequestError("error_copies", reason=progress.problem, why=progress.why)
    if index is None:
        return {"done": progress.done, "total": progress.total, "reading": progress.reading}
    return find(index)


def stop(studio: Studio, data: Answer) -> Answer:
    """Take a visitor's wish for the index back, and tell whether it goes on for others."""
    return {"stopped": True, "goes_on": _copies(studio).stop(asked_text(data, "visitor", VISITOR_LENGTH))}


def _copies(studio: Studio) -> Copies:
    if studio.copies is None:
        raise RequestError("error_no_data")
    return studio.copies


def _found(index: Index, cell: Pixels) -> Answer:
    neighbours = index.nearest(cell)
    return {
        "threshold": index.threshold,
        "count": index.pictures.count,
        "eye": index.eye.name,
        "neighbours": [
            {
                "distance": one.distance,
                "mirrored": one.mirrored,
                "copied": one.distance < index.threshold,
                "jpeg": to_base64(to_jpeg(index.picture(one.index))),
            }
            for one in neighbours
        ],
    }
