"""The finished rows of a tile that is being drawn."""

from __future__ import annotations

from studio.rendering.drawing import RenderRequest
from studio.rendering.image_encoding import to_thumbnail
from studio.rendering.renderer import Renderer
from studio.ui.component import to_base64
from studio.ui.shared.messages import RowsReply, RowsRequest
from training.core.pixels import Pixels
from training.core.tile import COLUMNS


def new_rows(renderer: Renderer, request: RenderRequest, asked: RowsRequest) -> RowsReply:
    """Return the rows of a tile that are finished now; those of its preview where that will do and has some."""
    preview = renderer.rows(request._replace(preview=True)) if asked.preview else None
    found = renderer.rows(request) if preview is None else preview
    return _reply(found, asked, preview is not None)


def _reply(found: Pixels | None, asked: RowsRequest, preview: bool) -> RowsReply:  # [rows * R, 10 R, 3]
    """Return how many rows there are, and a thumbnail of them where that is more than is known already."""
    rows = 0 if found is None else len(found) * COLUMNS // found.shape[1]
    is_new = found is not None and rows > asked.rows
    thumbnail = to_base64(to_thumbnail(found, asked.side)) if found is not None and is_new else None
    return RowsReply(rows=rows, thumbnail=thumbnail, preview=preview)
