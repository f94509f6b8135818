"""The checkpoints: searched and chosen, with what each is made of; those used last, the damaged ones, one's own."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from studio.checkpoints.thumbnails import small_preview
from studio.checkpoints.uploads import MOST_BYTES, PIECE_BYTES, RefusedError, Upload, Uploads
from studio.checkpoints.visitor_checkpoints import (
    HEADER_BYTES,
    MOST,
    MOST_CONFIG_BYTES,
    NAME_LETTERS,
    check_config,
    check_start,
)
from studio.favourites import owner_of
from studio.rendering.renderer import Priority
from studio.ui.component import component, to_base64
from studio.ui.protocol import VISITOR_LENGTH, Answer, RequestError, answers, asked_hash, asked_secret, asked_text, log
from studio.ui.services import Studio
from studio.ui.shared.tile_facts import FIRST_SEED
from training.core.checkpoint import RAW_WEIGHTS, file_sha256

LIMITS = {"most": MOST, "most_bytes": MOST_BYTES, "piece_bytes": PIECE_BYTES, "most_config": MOST_CONFIG_BYTES}
THUMBNAIL_SIDE = 128
LATER: dict[str, Any] = {"priority": Priority.SHEET, "lane": "checkpoints"}  # when nobody waits for more


def build(studio: Studio) -> gr.HTML:
    """Build the dialog of the checkpoints; it belongs to every tab."""

    @answers
    def list_now(data: Answer) -> Answer:
        return _listed(studio, _asked_owner(data))

    @answers
    def preview(data: Answer) -> Answer:
        """Show the tile of seed 0: from the file beside the checkpoint, or drawn."""
        visitor = asked_text(data, "visitor", VISITOR_LENGTH)
        entry = studio.find(asked_hash(data))
        small = None if entry.file == RAW_WEIGHTS else small_preview(entry.folder, THUMBNAIL_SIDE)
        if small is None:
            small = studio.renderer.tile(str(entry.sha256), FIRST_SEED, visitor, **LATER).thumbnail(THUMBNAIL_SIDE)
        return {"jpeg": to_base64(small)}

    @answers
    def remove(data: Answer) -> Answer:
        """Remove a checkpoint that this browser has added; the list comes back."""
        sha256, owner = asked_hash(data), _asked_owner(data)
        with refusing("error_remove_disk"):
            studio.remove(sha256, owner)
        return _listed(studio, owner)

    functions = [list_now, preview, remove, *_adding(studio)]
    return component("checkpoints", functions, kind="panel", adding=LIMITS if studio.uploads else None)


def _adding(studio: Studio) -> list[Callable[[Any], Any]]:
    """Return the functions by which a checkpoint comes, piece by piece."""

    @answers
    def add_begin(data: Answer) -> Answer:
        """Begin to take a checkpoint; it may have only as many bytes as it says."""
        uploads, size = _asked_uploads(studio), _asked_number(data, "size")
        config, name = asked_text(data, "config", MOST_CONFIG_BYTES), asked_text(data, "name", 8 * NAME_LETTERS)
        with refusing():
            encoded = config.encode("utf-8", "replace")
            check_config(encoded)
            return {"upload": uploads.begin(size, encoded, name, _asked_owner(data))}

    @answers
    def add_piece(data: Answer) -> Answer:
        """Take the next piece; with the last one the checkpoint is checked and kept, and the list comes back."""
        uploads, token, offset = _asked_uploads(studio), asked_text(data, "upload", 64), _asked_number(data, "offset")
        piece = _asked_piece(data)
        with refusing():
            if offset == 0:
                _check_first(uploads, token, piece)
            upload = uploads.append(token, offset, piece)
            return {"received": offset + len(piece)} if upload is None else _keep(studio, upload)

    @answers
    def add_stop(data: Answer) -> Answer:
        """Forget what has come of a checkpoint."""
        _asked_uploads(studio).give_up(asked_text(data, "upload", 64))
        return {}

    return [add_begin, add_piece, add_stop]


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


def _listed(studio: Studio, owner: str) -> Answer:
    """Return the list for the page, and which of it the owner has added."""
    return {"list": studio.list(), "own": studio.added.owned(owner)}


def _asked_owner(data: Answer) -> str:
    return owner_of(asked_secret(data))


def _keep(studio: Studio, upload: Upload) -> Answer:
    """Keep a checkpoint that has come whole, unless it is here already."""
    try:
        known = studio.gallery.find(file_sha256(upload.path))
        sha256 = known.sha256 if known else studio.added.take(upload.config, upload.path, upload.name, upload.owner)
    finally:
        upload.path.unlink(missing_ok=True)
    name = studio.find(str(sha256)).name
    return {"sha256": sha256, "name": name, "known": bool(known), **_listed(studio, upload.owner)}


def _check_first(uploads: Uploads, token: str, piece: bytes) -> None:
    try:
        check_start(piece[: HEADER_BYTES + 1])
    except RefusedError:
        uploads.give_up(token)
        raise


def _asked_uploads(studio: Studio) -> Uploads:
    if studio.uploads is None:
        raise RequestError("error_add_off")
    return studio.uploads


def _asked_number(data: Answer, field: str) -> int:
    value = data.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise RequestError("error_request", field=field, value=str(value)[:40])
    return value


def _asked_piece(data: Answer) -> bytes:
    text = asked_text(data, "piece", (PIECE_BYTES + 2) // 3 * 4)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("error_request", field="piece", value=text[:20]) from error
