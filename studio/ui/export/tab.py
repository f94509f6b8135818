"""The Export tab: the tile that is shown, as the one file that the rules allow."""

from __future__ import annotations

import hashlib

import gradio as gr

from studio.race.tile_file import export_png, file_name, read_png
from studio.race.verification import verify
from studio.ui.component import component, to_base64
from studio.ui.export.messages import ExportCheckReply, ExportCheckRequest, ExportReply, ExportRequest
from studio.ui.protocol import answers, decoded_file
from studio.ui.services import Studio


def build(studio: Studio) -> gr.HTML:
    """Build the tab; the file is made in memory, and checked as it was downloaded; nothing of it is on the disk."""

    @answers
    async def export_tile(asked: ExportRequest) -> ExportReply:
        return await exported(studio, asked)

    @answers
    async def check_export(asked: ExportCheckRequest) -> ExportCheckReply:
        verdict = await studio.official.take(asked.visitor, lambda: verify(decoded_file(asked.file), studio.gallery))
        return ExportCheckReply(outcome=verdict.outcome)

    return component("export", [export_tile, check_export], race=studio.race is not None)


async def exported(studio: Studio, asked: ExportRequest) -> ExportReply:
    """Draw the tile of a request officially, and return its file with its name, its manifest and its SHA-256."""

    def draw() -> ExportReply:
        found = studio.gallery.load(str(studio.find(asked.sha256).sha256))
        png = export_png(found, asked.seed, asked.psi, seeds_looked_at=asked.looked_at)
        return ExportReply(
            png=to_base64(png),
            sha256=hashlib.sha256(png).hexdigest(),
            file=file_name(found.sha256, asked.seed, asked.psi),
            manifest=read_png(png).manifest or {},
        )

    return await studio.official.take(asked.visitor, draw)
