"""The Export tab: the tile that is shown, as the one file that the rules allow."""

from __future__ import annotations

import functools
import hashlib

import gradio as gr

from studio.race.tile_file import export_png, file_name, read_png
from studio.race.verdict import Verdict
from studio.race.verification import verify
from studio.ui.component import component, to_base64
from studio.ui.export.messages import ExportCheckReply, ExportCheckRequest, ExportReply, ExportRequest
from studio.ui.protocol import answers, decoded_file
from studio.ui.services import Studio


def build(studio: Studio) -> gr.HTML:
    """Build the tab; the file is made in memory, and checked as it was downloaded; nothing of it is on the disk."""

    @answers
    async def export_tile(asked: ExportRequest) -> ExportReply:
        draw = functools.partial(_exported, studio, asked)
        return await studio.official.take(asked.visitor, draw, steps_aside=True)

    @answers
    async def check_export(asked: ExportCheckRequest) -> ExportCheckReply:
        work = functools.partial(_checked, studio, asked)
        verdict = await studio.official.take(asked.visitor, work, steps_aside=True)
        return ExportCheckReply(outcome=verdict.outcome)

    return component("export", [export_tile, check_export], race=studio.race is not None)


def _checked(studio: Studio, asked: ExportCheckRequest) -> Verdict:
    return verify(decoded_file(asked.file), studio.catalog)


def tile_file(studio: Studio, asked: ExportRequest) -> tuple[str, bytes]:
    """Draw the tile of a request; return the name of its file, and the file. For the official worker only."""
    found = studio.catalog.load(str(studio.find(asked.sha256).sha256))
    png = export_png(found, asked.seed, asked.psi, seeds_looked_at=asked.looked_at)
    return file_name(found.sha256, asked.seed, asked.psi), png


def _exported(studio: Studio, asked: ExportRequest) -> ExportReply:
    name, png = tile_file(studio, asked)
    return ExportReply(
        png=to_base64(png),
        sha256=hashlib.sha256(png).hexdigest(),
        file=name,
        manifest=read_png(png).manifest or {},
    )
