"""The checkpoints, to be searched and chosen: what each is made of, which were used last, which are damaged."""

from __future__ import annotations

from typing import Any

import gradio as gr

from studio.previews import small_preview
from studio.render import Priority
from studio.ui.explore import FIRST_SEED, VISITOR_LENGTH
from studio.ui.parts import part, to_base64
from studio.ui.state import Answer, Studio, answers, asked_hash, asked_text
from training.checkpoint import RAW_WEIGHTS

THUMBNAIL_SIDE = 128
LATER: dict[str, Any] = {"priority": Priority.SHEET, "lane": "checkpoints"}  # when nobody waits for more


def build(studio: Studio) -> gr.HTML:
    """Build the dialog of the checkpoints; it belongs to every tab."""

    @answers
    def list_now(_: Answer) -> Answer:
        return studio.list()

    @answers
    def preview(data: Answer) -> Answer:
        """Show the tile of seed 0: from the file beside the checkpoint, or drawn."""
        visitor = asked_text(data, "visitor", VISITOR_LENGTH)
        entry = studio.find(asked_hash(data))
        small = None if entry.file == RAW_WEIGHTS else small_preview(entry.folder, THUMBNAIL_SIDE)
        if small is None:
            small = studio.renderer.tile(str(entry.sha256), FIRST_SEED, visitor, **LATER).thumbnail(THUMBNAIL_SIDE)
        return {"jpeg": to_base64(small)}

    return part("checkpoints", [list_now, preview])
