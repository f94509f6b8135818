"""The Export tab: the tile that is shown, as the one file that the rules allow."""

from __future__ import annotations

import gradio as gr

from studio.export import export_png, file_name, read_png
from studio.ui.parts import part, to_base64
from studio.ui.state import Answer, Studio, answers, asked_hash, asked_seed


def build(studio: Studio) -> gr.HTML:
    """Build the tab; the file is made in memory and leaves nothing on the disk."""

    @answers
    def export_tile(data: Answer) -> Answer:
        seed = asked_seed(data)
        found = studio.gallery.load(str(studio.find(asked_hash(data)).sha256))
        with studio.drawing():
            png = export_png(found, seed)
        return {"png": to_base64(png), "file": file_name(found.sha256, seed), "manifest": read_png(png).manifest}

    return part("export", [export_tile])
