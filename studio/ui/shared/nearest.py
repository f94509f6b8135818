"""The answer to "Is it a copy?", for every tab that enlarges a picture."""

from __future__ import annotations

from collections.abc import Callable

from studio.exploration.nearest_training import Copies, Index
from studio.rendering.image_encoding import to_jpeg
from studio.ui.component import to_base64
from studio.ui.protocol import RequestError
from studio.ui.protocol_types import Phrase
from studio.ui.services import Studio
from studio.ui.shared.known_names import network
from studio.ui.shared.messages import IndexProgress, NearestReply, Neighbour, StopReply, StopRequest
from training.core.pixels import Pixels


def ready(studio: Studio, visitor: str) -> Index | IndexProgress:
    """Request the index of the training pictures, and return it, or how far it is. Raises RequestError."""
    copies = _copies(studio)
    copies.start(visitor)
    progress, index = copies.progress, copies.index
    if progress.problem is not None:
        raise RequestError("error_copies", reason=Phrase(code=f"problem_{progress.why}", values=progress.values))
    if index is None:
        return IndexProgress(done=progress.done, total=progress.total, reading=progress.reading)
    return index


def answer(studio: Studio, visitor: str, draw: Callable[[], Pixels]) -> NearestReply | IndexProgress:
    """Return the training pictures nearest to the cell that `draw` gives, or how far the index is."""
    index = ready(studio, visitor)
    return found(index, draw()) if isinstance(index, Index) else index


def stop(studio: Studio, asked: StopRequest) -> StopReply:
    """Take a visitor's request for the index back, and tell whether it goes on for others."""
    return StopReply(goes_on=_copies(studio).stop(asked.visitor))


def _copies(studio: Studio) -> Copies:
    if studio.copies is None:
        raise RequestError("error_no_data")
    return studio.copies


def found(index: Index, cell: Pixels) -> NearestReply:
    """Return the training pictures nearest to a cell."""
    neighbours = [
        Neighbour(
            distance=one.distance,
            mirrored=one.mirrored,
            copied=one.distance < index.threshold,
            jpeg=to_base64(to_jpeg(index.picture(one.index))),
        )
        for one in index.nearest(cell)
    ]
    count = index.pictures.count
    return NearestReply(
        threshold=index.threshold, count=count, network=network(index.extractor.name), neighbours=neighbours
    )
