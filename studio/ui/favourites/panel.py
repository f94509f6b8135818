"""The favourites: those of this browser, those of the studio, and whether the program still answers."""

from __future__ import annotations

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from studio.favourite import Favourite
from studio.rendering.renderer import Priority
from studio.space.runtime import state_lasts
from studio.ui.component import component, to_base64
from studio.ui.favourites.messages import MOST_ZIPPED, SharedFavourite, ShareReply, ShareRequest, ThumbnailReply
from studio.ui.protocol import answers, log
from studio.ui.protocol_types import TileRequest
from studio.ui.services import Studio

THUMBNAIL_SIDE = 112


def build(studio: Studio) -> gr.HTML:
    """Build the dialog of the favourites and the notice that the program is gone; they belong to every tab."""

    @answers
    def share(asked: ShareRequest) -> ShareReply:
        kept = True
        try:
            studio.shared_favourites.share(asked.secret, [Favourite(**row.model_dump()) for row in asked.favourites])
        except OSError as error:
            log.warning("%s", error)
            kept = False
        rows = studio.shared_favourites.rows(asked.secret)
        return ShareReply(shared=[SharedFavourite(**row) for row in rows], kept=kept)

    @answers
    def thumbnail(asked: TileRequest) -> ThumbnailReply:
        entry = studio.find(asked.sha256)
        picture = studio.renderer.tile(
            str(entry.sha256), asked.seed, asked.visitor, psi=asked.psi, priority=Priority.SHEET, lane="favourites"
        )
        return ThumbnailReply(jpeg=to_base64(picture.thumbnail(THUMBNAIL_SIDE)), name=entry.name)

    return component("favourites", [share, thumbnail], kind="panel", state_lasts=state_lasts(), most_zipped=MOST_ZIPPED)


async def _alive(_: Request) -> JSONResponse:
    return JSONResponse({"alive": True}, headers={"Cache-Control": "no-store"})


ROUTES = [Route("/race/alive", _alive)]  # answered at once, however many drawings wait
