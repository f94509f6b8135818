"""The Verify tab: any picture, compared with what its checkpoint and seed give."""

from __future__ import annotations

import functools

import gradio as gr

from studio.race.verdict import Verdict
from studio.race.verification import verify
from studio.ui.component import component
from studio.ui.protocol import answers, decoded_file, problem_phrase
from studio.ui.services import Studio
from studio.ui.verify.messages import VerdictReply, VerifyReply, VerifyRequest


def build(studio: Studio) -> gr.HTML:
    """Build the tab; the picture comes in the request and is not kept."""

    @answers
    async def verify_tile(asked: VerifyRequest) -> VerifyReply:
        verdict = await studio.official.take(asked.visitor, functools.partial(_checked, studio, asked))
        return VerifyReply(verdict=verdict)

    return component("verify", [verify_tile])


def _checked(studio: Studio, asked: VerifyRequest) -> VerdictReply:
    psi = None if asked.sha256 is None else asked.psi
    found = verify(decoded_file(asked.file), studio.gallery, seed=asked.seed, checkpoint=asked.sha256, psi=psi)
    return to_reply(found)


def to_reply(verdict: Verdict) -> VerdictReply:
    """Return a verdict as it is sent: its sentence is the page's."""
    facts = {name: value for name, value in verdict.to_dict().items() if name != "sentence"}
    if verdict.problem is not None:
        facts["values"] = {**verdict.values, "reason": problem_phrase(verdict.problem)}
    return VerdictReply.model_validate(facts)
