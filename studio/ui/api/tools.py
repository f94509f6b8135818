"""The three things that a program may ask: a tile, a verdict, checkpoints side by side. They only read."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from studio.checkpoints.catalog import SHORT, Entry
from studio.checkpoints.settings_diff import MAX_CHECKPOINTS
from studio.race.tile_file import export_png, file_name
from studio.race.verification import verify
from studio.rendering.image_encoding import to_thumbnail
from studio.rendering.picture import Picture
from studio.rendering.renderer import Priority, RenderRequest
from studio.ui.api.messages import (
    CompareCheckpointsReply,
    CompareCheckpointsRequest,
    ComparedTile,
    DrawTileReply,
    DrawTileRequest,
    VerifyFileReply,
    VerifyFileRequest,
)
from studio.ui.component import to_base64
from studio.ui.protocol import checked, decoded_file, explained, problem_phrase
from studio.ui.protocol_types import LABEL_LENGTH, REFUSED, Reply, Request, a_visitor
from studio.ui.services import Studio, amount
from studio.ui.texts.i18n import TEXTS
from training.core.clean_text import clean_text, encodable

LANE = "api"
COMPARED_SIDE = 640  # pixels of a tile beside others
MOST_NAMES = 50  # that an error lists
DRAW_TILE = "Draw the 10 x 10 tile of a checkpoint and a seed: the exact PNG that can be handed in."
VERIFY_FILE = "Check whether a file (in base64) is exactly the tile that it says it is."
COMPARE_CHECKPOINTS = "Draw the tile of one seed by several checkpoints, and say whether their latents are equal."
SAME = "All tiles are of the same latents."
OTHER = "These tiles are of different latents ({sizes}), so that equal places are not the same picture."


class ToolError(Exception):
    """A tool cannot do what is asked; the message is one English sentence without a path of this machine."""


@dataclass(frozen=True)
class Tool:
    """One thing that a program may ask: its name, what it does, the model of a request, and what answers one."""

    name: str
    summary: str
    request: type[Request]
    function: Callable[[Any], Awaitable[Reply]]

    async def call(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request. Raises ToolError."""
        try:
            reply = await self.function(checked(self.request, dict(data)))
        except ToolError:
            raise
        except Exception as error:
            raise ToolError(_sentence(explained(error, self.name))) from None
        return reply.model_dump()


def tools(studio: Studio) -> list[Tool]:
    """Return the tools over a studio. Every call is counted for the client whose request is answered."""

    async def draw_tile(asked: DrawTileRequest) -> DrawTileReply:
        entry = _find(studio, asked.checkpoint)
        return await studio.official.take(
            a_visitor(), functools.partial(_drawn, studio, entry, asked), steps_aside=True
        )

    async def verify_file(asked: VerifyFileRequest) -> VerifyFileReply:
        return await studio.official.take(a_visitor(), functools.partial(_verified, studio, asked), steps_aside=True)

    async def compare_checkpoints(asked: CompareCheckpointsRequest) -> CompareCheckpointsReply:
        if not 2 <= (count := len(asked.checkpoints)) <= MAX_CHECKPOINTS:
            raise ToolError(f"{count} checkpoints cannot be compared; 2 to {MAX_CHECKPOINTS} are allowed.")
        entries = [_find(studio, name) for name in asked.checkpoints]
        return await asyncio.to_thread(_compared, studio, entries, asked)

    return [
        Tool("draw_tile", DRAW_TILE, DrawTileRequest, draw_tile),
        Tool("verify_file", VERIFY_FILE, VerifyFileRequest, verify_file),
        Tool("compare_checkpoints", COMPARE_CHECKPOINTS, CompareCheckpointsRequest, compare_checkpoints),
    ]


def _find(studio: Studio, named: str) -> Entry:
    """Return the checkpoint of a name or of the beginning of its SHA-256. Raises ToolError."""
    listed = [one for one in studio.catalog.entries() if one.problem is None]
    begun = [one for one in listed if len(named) >= SHORT and str(one.sha256).startswith(named)]
    found = [one for one in listed if one.name == named] or begun
    if len(found) == 1:
        return found[0]
    shown = clean_text(encodable(named), LABEL_LENGTH)
    if found:
        hashes = ", ".join(str(one.sha256)[:SHORT] for one in found)
        raise ToolError(f"{shown!r} names {len(found)} checkpoints; name one by its SHA-256: {hashes}.")
    names = ", ".join(sorted({one.name for one in listed})[:MOST_NAMES])
    raise ToolError(f"{shown!r} is no checkpoint here; these are: {names}.")


def _drawn(studio: Studio, entry: Entry, asked: DrawTileRequest) -> DrawTileReply:
    found = studio.catalog.load(str(entry.sha256))
    png = export_png(found, asked.seed, asked.psi)
    return DrawTileReply(
        checkpoint=entry.name,
        checkpoint_sha256=found.sha256,
        seed=asked.seed,
        psi=asked.psi,
        file=file_name(found.sha256, asked.seed, asked.psi),
        sha256=hashlib.sha256(png).hexdigest(),
        png=to_base64(png),
    )


def _verified(studio: Studio, asked: VerifyFileRequest) -> VerifyFileReply:
    found = verify(decoded_file(asked.file), studio.catalog)
    if found.problem is not None:  # whose own words name a path
        found = replace(found, values={**found.values, "reason": _phrase(problem_phrase(found.problem).model_dump())})
    return VerifyFileReply(passed=found.passed, verdict=found.to_dict())


def _compared(studio: Studio, entries: list[Entry], asked: CompareCheckpointsRequest) -> CompareCheckpointsReply:
    requests = [RenderRequest(str(one.sha256), asked.seed, asked.psi) for one in entries]
    pictures = studio.renderer.tiles(requests, a_visitor(), priority=Priority.COMPARE, lane=LANE)
    same = len({one.z_hash for one in pictures}) == 1
    sizes = ", ".join(f"{one.name}: z {one.description.config.z_dim}" for one in entries if one.description)
    return CompareCheckpointsReply(
        seed=asked.seed,
        psi=asked.psi,
        same_latents=same,
        sentence=SAME if same else OTHER.format(sizes=sizes),
        tiles=[_tile(*pair) for pair in zip(entries, pictures, strict=True)],
    )


def _tile(entry: Entry, picture: Picture) -> ComparedTile:
    about = entry.description.about if entry.description else {}
    return ComparedTile(
        checkpoint=entry.name,
        checkpoint_sha256=picture.sha256,
        images=amount(about.get("images")),
        latents=picture.z_hash,
        jpeg=to_base64(to_thumbnail(picture.pixels, COMPARED_SIDE)),
    )


def _sentence(answer: Mapping[str, Any]) -> str:
    """Write the answer to a request that has failed in English."""
    if "error" not in answer:  # another request, or the end of the program, came in between
        return TEXTS["error_busy"][0]
    code, values = answer["error"]["code"], answer["error"]["values"]
    if code == REFUSED:
        return (
            f"{values['field']} = {values['value']} is not allowed."
            if values["value"]
            else f"{values['field']} is missing."
        )
    return _filled(code, {name: _phrase(value) if isinstance(value, dict) else value for name, value in values.items()})


def _phrase(phrase: Mapping[str, Any]) -> str:
    return _filled(phrase["code"], phrase["values"])


def _filled(code: str, values: Mapping[str, Any]) -> str:
    """Return a text of the page in English; a value that only the page knows is named by its kind."""
    return TEXTS[code][0].format_map(defaultdict(lambda: "this checkpoint", values))
