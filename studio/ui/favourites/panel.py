"""The favourites: those of this browser, those of the studio, and whether the program still answers."""

from __future__ import annotations

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from studio.favourites import MOST_OF_ONE, Favourite, FavouriteError, checked, former_of, owner_of
from studio.rendering.renderer import Priority
from studio.ui.component import component, to_base64
from studio.ui.export.tab import exported
from studio.ui.protocol import (
    VISITOR_LENGTH,
    Answer,
    RequestError,
    answers,
    asked_hash,
    asked_psi,
    asked_secret,
    asked_seed,
    asked_text,
    log,
)
from studio.ui.services import Studio

THUMBNAIL_SIDE = 112
ADDRESS_LENGTH = 300


def build(studio: Studio) -> gr.HTML:
    """Build the dialog of the favourites and the notice that the program is gone; they belong to every tab."""

    @answers
    def share(data: Answer) -> Answer:
        secret, favourites = asked_secret(data), _asked_favourites(data)
        address = asked_text(data, "address", ADDRESS_LENGTH)
        former = {one.tile: former_of(row) for one, row in zip(favourites, data["favourites"], strict=True)}
        kept = True
        try:
            studio.wall.share(secret, favourites, address, former)
        except OSError as error:
            log.warning("The favourites of the studio cannot be written: %s", error)
            kept = False
        return {"wall": studio.wall.rows(secret), "kept": kept, "owner": owner_of(secret)}

    @answers
    def thumbnail(data: Answer) -> Answer:
        seed, psi, visitor = asked_seed(data), asked_psi(data), asked_text(data, "visitor", VISITOR_LENGTH)
        entry = studio.find(asked_hash(data))
        picture = studio.renderer.tile(
            str(entry.sha256), seed, visitor, psi=psi, priority=Priority.SHEET, lane="favourites"
        )
        return {"jpeg": to_base64(picture.thumbnail(THUMBNAIL_SIDE)), "name": entry.name}

    @answers
    async def exact_tile(data: Answer) -> Answer:
        return await exported(studio, data)

    return component("favourites", [share, thumbnail, exact_tile], kind="panel")


async def _alive(_: Request) -> JSONResponse:
    return JSONResponse({"alive": True}, headers={"Cache-Control": "no-store"})


ROUTES = [Route("/race/alive", _alive)]  # answered at once, however many drawings wait


def _asked_favourites(data: Answer) -> list[Favourite]:
    rows = data.get("favourites")
    if not isinstance(rows, list) or len(rows) > MOST_OF_ONE:
        raise RequestError("error_request", field="favourites", value=str(rows)[:40])
    try:
        return [checked(row) for row in rows]
    except FavouriteError as error:
        raise RequestError("error_request", field="favourites", value=str(error)) from error
