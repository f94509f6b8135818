"""The favourites: those of this browser, those of the studio, and whether the program still answers."""

from __future__ import annotations

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from studio.favourites import Favourite, owner_of
from studio.rendering.renderer import Priority
from studio.space.runtime import state_lasts
from studio.ui.component import component, to_base64
from studio.ui.export.messages import ExportReply, ExportRequest
from studio.ui.export.tab import exported
from studio.ui.favourites.messages import FavouriteRow, SharedFavourite, ShareReply, ShareRequest, ThumbnailReply
from studio.ui.protocol import answers, log
from studio.ui.protocol_types import TileRequest
from studio.ui.services import Studio

THUMBNAIL_SIDE = 112


def build(studio: Studio) -> gr.HTML:
    """Build the dialog of the favourites and the notice that the program is gone; they belong to every tab."""

    @answers
    def share(asked: ShareRequest) -> ShareReply:
        favourites = [_favourite(row) for row in asked.favourites]
        former = {one.tile: row.former for one, row in zip(favourites, asked.favourites, strict=True)}
        kept = True
        try:
            studio.wall.share(asked.secret, favourites, asked.address, former)
        except OSError as error:
            log.warning("The favourites of the studio cannot be written: %s", error)
            kept = False
        wall = [SharedFavourite(**row) for row in studio.wall.rows(asked.secret)]
        return ShareReply(wall=wall, kept=kept, owner=owner_of(asked.secret))

    @answers
    def thumbnail(asked: TileRequest) -> ThumbnailReply:
        entry = studio.find(asked.sha256)
        picture = studio.renderer.tile(
            str(entry.sha256), asked.seed, asked.visitor, psi=asked.psi, priority=Priority.SHEET, lane="favourites"
        )
        return ThumbnailReply(jpeg=to_base64(picture.thumbnail(THUMBNAIL_SIDE)), name=entry.name)

    @answers
    async def exact_tile(asked: ExportRequest) -> ExportReply:
        return await exported(studio, asked)

    return component("favourites", [share, thumbnail, exact_tile], kind="panel", state_lasts=state_lasts())


def _favourite(row: FavouriteRow) -> Favourite:
    return Favourite(**row.model_dump(exclude={"former"}))


async def _alive(_: Request) -> JSONResponse:
    return JSONResponse({"alive": True}, headers={"Cache-Control": "no-store"})


ROUTES = [Route("/race/alive", _alive)]  # answered at once, however many drawings wait
