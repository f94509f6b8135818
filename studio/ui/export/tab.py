"""The Export tab: the tile that is shown, as the one file that the rules allow."""

from __future__ import annotations

import hashlib

import gradio as gr

from studio.race.tile_file import export_png, file_name, read_png
from studio.ui.component import component, to_base64
from studio.ui.protocol import Answer, RequestError, answers, asked_hash, asked_psi, asked_seed, asked_visitor
from studio.ui.services import Studio
from training.core.latents import SEED_LIMIT


def build(studio: Studio) -> gr.HTML:
    """Build the tab; the file is made in memory and leaves nothing on the disk."""

    @answers
    async def export_tile(data: Answer) -> Answer:
        return await exported(studio, data)

    return component("export", [export_tile])


async def exported(studio: Studio, data: Answer) -> Answer:
    """Draw the tile of a request officially, and return its file with its name, its manifest and its SHA-256."""
    sha256, seed, psi, looked_at = asked_hash(data), asked_seed(data), asked_psi(data), _asked_count(data)

    def draw() -> Answer:
        found = studio.gallery.load(str(studio.find(sha256).sha256))
        png = export_png(found, seed, psi, seeds_looked_at=looked_at)
        facts = {"file": file_name(found.sha256, seed, psi), "manifest": read_png(png).manifest}
        return {"png": to_base64(png), "sha256": hashlib.sha256(png).hexdigest(), **facts}

    return await studio.official.take(asked_visitor(data), draw)


def _asked_count(data: Answer) -> int | None:
    """Return how many seeds the page says it has shown of this checkpoint, if it says so."""
    count = data.get("looked_at")
    if count is None or (isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= SEED_LIMIT):
        return count
    raise RequestError("error_request", field="looked_at", value=str(count)[:40])
