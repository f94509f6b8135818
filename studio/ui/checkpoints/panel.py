"""The checkpoints: searched and chosen, with what each is made of; those used last, the damaged ones, one's own."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import chain, count
from typing import Any

import gradio as gr

from studio.checkpoints.catalog import raw_name
from studio.checkpoints.look_alikes import passes_for
from studio.checkpoints.thumbnails import small_preview
from studio.checkpoints.uploads import MOST_BYTES, PIECE_BYTES, RefusedError, Upload, Uploads
from studio.checkpoints.visitor_checkpoints import (
    HEADER_BYTES,
    MARK,
    MOST,
    MOST_CONFIG_BYTES,
    NAME_LETTERS,
    check_config,
    check_cost,
    check_start,
    clean_name,
)
from studio.favourite import owner_of
from studio.rendering.renderer import Priority
from studio.space.runtime import state_lasts
from studio.ui.checkpoints.messages import (
    Added,
    BeginReply,
    BeginRequest,
    GiveUpRequest,
    PieceReply,
    PieceRequest,
    Received,
    RemoveRequest,
)
from studio.ui.component import component, to_base64
from studio.ui.protocol import RequestError, ServerFunction, answers, log
from studio.ui.protocol_types import Done
from studio.ui.services import Studio
from studio.ui.shared.known_names import named_recipe
from studio.ui.shared.messages import JpegReply, ListReply, ListRequest, ThumbnailRequest
from studio.ui.shared.tile_facts import FIRST_SEED
from training.core.checkpoint import RAW_WEIGHTS, file_sha256

LIMITS = {"most": MOST, "most_bytes": MOST_BYTES, "piece_bytes": PIECE_BYTES, "most_config": MOST_CONFIG_BYTES}
THUMBNAIL_SIDE = 128
PROPOSED_LETTERS = 28  # of a recipe's own sentence, where it has no name here
THOUSAND, MILLION = 1_000, 1_000_000
LATER: dict[str, Any] = {"priority": Priority.SHEET, "lane": "checkpoints"}  # when nobody waits for more


def build(studio: Studio) -> gr.HTML:
    """Build the dialog of the checkpoints; it belongs to every tab."""

    @answers
    def list_checkpoints(asked: ListRequest) -> ListReply:
        owner = None if asked.secret is None else owner_of(asked.secret)
        return _list(studio, owner, asked.steps)

    @answers
    def preview(asked: ThumbnailRequest) -> JpegReply:
        """Show the tile of seed 0: from the file beside the checkpoint, or drawn."""
        entry = studio.find(asked.sha256)
        small = None if entry.file == RAW_WEIGHTS else small_preview(entry.folder, THUMBNAIL_SIDE)
        if small is None:
            drawn = studio.renderer.tile(str(entry.sha256), FIRST_SEED, asked.visitor, **LATER)
            small = drawn.thumbnail(THUMBNAIL_SIDE)
        return JpegReply(jpeg=to_base64(small))

    @answers
    def remove(asked: RemoveRequest) -> ListReply:
        """Remove a checkpoint that this browser has added; the list comes back."""
        owner = owner_of(asked.secret)
        with refusing("error_remove_disk"):
            studio.remove(asked.sha256, owner)
        return _list(studio, owner)

    functions = [list_checkpoints, preview, remove, *_adding(studio)]
    adding = LIMITS if studio.uploads else None
    return component("checkpoints", functions, kind="panel", adding=adding, state_lasts=state_lasts())


def _adding(studio: Studio) -> list[ServerFunction]:
    """Return the functions by which the coming of a checkpoint begins and is given up."""

    @answers
    def add_begin(asked: BeginRequest) -> BeginReply:
        """Begin to take a checkpoint; it may have only as many bytes as it says."""
        uploads, config = _uploads(studio), asked.config.encode()
        with refusing():
            check_config(config)
            check_cost(config)
            name = asked.name.strip() or proposed_name(json.loads(config), _names(studio))
            studio.check_name(name)
            upload = uploads.begin(asked.size, config, name, owner_of(asked.secret))
            return BeginReply(upload=upload, name=clean_name(name))

    @answers
    def add_stop(asked: GiveUpRequest) -> Done:
        """Forget what has come of a checkpoint."""
        _uploads(studio).give_up(asked.upload)
        return Done()

    return [add_begin, add_stop]


def piece_taker(studio: Studio) -> ServerFunction:
    """Return the function that takes the pieces; with the last one the checkpoint is checked and kept."""

    @answers
    def add_piece(asked: PieceRequest) -> PieceReply:
        uploads, piece = _uploads(studio), asked.piece
        with refusing():
            if asked.offset == 0:
                _check_first(uploads, asked.upload, piece)
            upload = uploads.append(asked.upload, asked.offset, piece)
            return Received(received=asked.offset + len(piece)) if upload is None else _keep(studio, upload)

    return add_piece


@contextmanager
def refusing(unwritable: str = "error_add_disk") -> Iterator[None]:
    """Turn what a store refuses into an answer for the page, and a disk that cannot be written into that text."""
    try:
        yield
    except RefusedError as error:
        raise RequestError(error.code, **error.values) from error
    except OSError as error:
        log.warning("The added checkpoints cannot be written: %s", error)
        raise RequestError(unwritable) from error


def _list(studio: Studio, owner: str | None, steps: bool = False) -> ListReply:
    """Return the list for the page, and which of it the owner has added."""
    return ListReply(list=studio.list(steps), own=studio.added.owned(owner) if owner else [])


def _keep(studio: Studio, upload: Upload) -> Added:
    """Keep a checkpoint that has come whole, unless it is here already."""
    try:
        known = studio.catalog.find(file_sha256(upload.path))
        if known is None:
            studio.check_name(upload.name)
        sha256 = known.sha256 if known else studio.added.take(upload.config, upload.path, upload.name, upload.owner)
    finally:
        upload.path.unlink(missing_ok=True)
    name, found = studio.find(str(sha256)).name, _list(studio, upload.owner)
    return Added(sha256=str(sha256), name=name, known=bool(known), list=found.list, own=found.own)


def proposed_name(config: dict[str, Any], taken: Collection[str] = ()) -> str:
    """Propose a name for a checkpoint by its recipe and the images it has seen, as in `best-78k`.

    Without a recipe the network's name serves; where a reader could take the name for one that is `taken`, a number
    from 2 on follows. Returns "" where the config, which `check_config` has let pass, says none of it.
    """
    about, what = config.get("about") or {}, _recipe_or_network(config)
    images = [_in_short(about["images"])] if what and about.get("images") else []
    if not what:
        return ""
    plain = clean_name("-".join([what, *images]))
    names = chain([plain], (_with_end(plain, f"-{number}") for number in count(2)))
    return next(name for name in names if not passes_for(clean_name(name), taken))


def _with_end(name: str, end: str) -> str:
    return name[: NAME_LETTERS - len(end)].rstrip() + end


def _recipe_or_network(config: dict[str, Any]) -> str:
    recipe, generator = named_recipe(config.get("about") or {}), config.get("generator")
    network = generator.get("network", "") if isinstance(generator, dict) else ""
    what = (recipe.code or recipe.text).removeprefix("recipe_") if recipe else str(network)
    return what[:PROPOSED_LETTERS].strip()


def _in_short(images: float) -> str:
    """Write a count with at most three digits and its thousands or millions: 512, 77k, 1.2M."""
    if images >= MILLION:
        return f"{images / MILLION:.1f}M"
    return f"{images / THOUSAND:.0f}k" if images >= THOUSAND else f"{images:.0f}"


def _names(studio: Studio) -> set[str]:
    names = {entry.name.removesuffix(MARK) for entry in studio.catalog.entries()}
    return names | {raw_name(name) for name in names}


def _check_first(uploads: Uploads, token: str, piece: bytes) -> None:
    try:
        check_start(piece[: HEADER_BYTES + 1])
    except RefusedError:
        uploads.give_up(token)
        raise


def _uploads(studio: Studio) -> Uploads:
    if studio.uploads is None:
        raise RequestError("error_add_off")
    return studio.uploads
