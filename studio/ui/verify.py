"""The Verify tab: any picture, compared with what its checkpoint and seed give."""

from __future__ import annotations

import asyncio
import base64
import binascii
import functools

import gradio as gr

from studio.export import verify
from studio.ui.parts import part
from studio.ui.state import (
    Answer,
    RequestError,
    Studio,
    answers,
    asked_hash,
    asked_psi,
    asked_seed,
    asked_text,
    asked_visitor,
)

MAX_FILE_BYTES = 16 * 10**6


def build(studio: Studio) -> gr.HTML:
    """Build the tab; the picture comes in the request and is not kept."""

    @answers
    async def verify_tile(data: Answer) -> Answer:
        claim = asked_claim(data) if "sha256" in data else {}
        check = functools.partial(_checked, studio, data, claim)
        verdict = await studio.official.take(asked_visitor(data), check)
        return {"verdict": verdict, "list": await asyncio.to_thread(studio.list)}

    return part("verify", [verify_tile])


def _checked(studio: Studio, data: Answer, claim: Answer) -> Answer:
    return verify(asked_file(data), studio.gallery, **claim).to_dict()


def asked_claim(data: Answer) -> Answer:
    """Return what a visitor says in the place of the file, or raise RequestError."""
    return {"seed": asked_seed(data), "checkpoint": asked_hash(data), "psi": asked_psi(data)}


def asked_file(data: Answer) -> bytes:
    """Return the file of a request, within the limit, or raise RequestError."""
    longest = (MAX_FILE_BYTES + 2) // 3 * 4
    text = asked_text(data, "file", longest)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("error_request", field="file", value=text[:20]) from error
