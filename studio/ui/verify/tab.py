"""The Verify tab: any picture, compared with what its checkpoint and seed give."""

from __future__ import annotations

import asyncio
import functools

import gradio as gr

from studio.race.verification import verify
from studio.ui.component import component
from studio.ui.protocol import (
    Answer,
    answers,
    asked_file,
    asked_hash,
    asked_psi,
    asked_seed,
    asked_visitor,
)
from studio.ui.services import Studio


def build(studio: Studio) -> gr.HTML:
    """Build the tab; the picture comes in the request and is not kept."""

    @answers
    async def verify_tile(data: Answer) -> Answer:
        claim = asked_claim(data) if "sha256" in data else {}
        check = functools.partial(_checked, studio, data, claim)
        verdict = await studio.official.take(asked_visitor(data), check)
        return {"verdict": verdict, "list": await asyncio.to_thread(studio.list)}

    return component("verify", [verify_tile])


def _checked(studio: Studio, data: Answer, claim: Answer) -> Answer:
    return verify(asked_file(data), studio.gallery, **claim).to_dict()


def asked_claim(data: Answer) -> Answer:
    """Return what a visitor says in the place of the file, or raise RequestError."""
    return {"seed": asked_seed(data), "checkpoint": asked_hash(data), "psi": asked_psi(data)}
