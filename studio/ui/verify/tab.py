"""The Verify tab: any picture, compared with what its checkpoint and seed give; many at once; other seeds beside it."""

from __future__ import annotations

import functools
from typing import Literal

import gradio as gr
import numpy as np

from studio.race.batch_files import PictureFile
from studio.race.batch_verification import Examined, examine
from studio.race.seed_comparison import MAX_REPEATED, MAX_SCORE, DrawnTile
from studio.race.verdict import Verdict
from studio.race.verification import verify
from studio.rendering.image_encoding import to_thumbnail
from studio.ui.component import component, to_base64
from studio.ui.protocol import answers, decoded_file, problem_phrase
from studio.ui.protocol_types import Number, Phrase
from studio.ui.services import Studio
from studio.ui.shared.known_names import named_network
from studio.ui.verify.messages import (
    CheckReply,
    CheckRequest,
    CompareReply,
    CompareRequest,
    OtherTile,
    ReadingProgress,
    Remark,
    VerdictReply,
    VerifyReply,
    VerifyRequest,
)
from training.core.dataset import DataError

OTHER_WIDTH = 640  # pixels, of a tile of another seed
LIMITS: dict[Literal["score", "repeated"], Number] = {"score": MAX_SCORE, "repeated": MAX_REPEATED}
TOLD_APART = ("sentence", "comparison", "warnings")  # the page has the sentence, and asks for the others


def build(studio: Studio) -> gr.HTML:
    """Build the tab; the picture comes in the request and is not kept."""

    @answers
    async def verify_tile(asked: VerifyRequest) -> VerifyReply:
        work = functools.partial(_checked, studio, asked)
        verdict = await studio.official.take(asked.visitor, work, steps_aside=True)
        return VerifyReply(verdict=verdict)

    @answers
    async def check_file(asked: CheckRequest) -> CheckReply:
        """Check one of many files: one turn for each, so that other visitors come between two of them."""
        work = functools.partial(_examined, studio, asked)
        return await studio.official.take(asked.visitor, work, steps_aside=True)

    @answers
    async def compare_seeds(asked: CompareRequest) -> CompareReply:
        """Hold a tile beside two other seeds of its checkpoint."""
        return await studio.official.take(asked.visitor, functools.partial(_compared, studio, asked))

    return component("verify", [verify_tile, check_file, compare_seeds])


def _checked(studio: Studio, asked: VerifyRequest) -> VerdictReply:
    psi = None if asked.sha256 is None else asked.psi
    found = verify(
        decoded_file(asked.file),
        studio.catalog,
        seed=asked.seed,
        checkpoint=asked.sha256,
        psi=psi,
        compare=studio.comparisons.note,
    )
    return to_reply(found)


def _examined(studio: Studio, asked: CheckRequest) -> CheckReply:
    data = decoded_file(asked.file)
    return to_check_reply(examine(PictureFile("", lambda: data), studio.catalog, compare=studio.comparisons.note))


def to_check_reply(examined: Examined) -> CheckReply:
    """Return a checked file as it is sent."""
    checked, signature = examined.checked, examined.signature
    return CheckReply(
        verdict=to_reply(checked.verdict),
        checkpoint_name=checked.name,
        seeds_looked_at=checked.seeds_looked_at,
        training_hours=checked.declared.hours,
        pretrained=named_network(checked.declared.pretrained),
        recipe=checked.declared.recipe,
        thumbnail=None if checked.thumbnail is None else to_base64(checked.thumbnail),
        signature=None if signature is None else to_base64(np.rint(signature).astype(np.uint8).tobytes()),
    )


def to_reply(verdict: Verdict) -> VerdictReply:
    """Return a verdict as it is sent: its sentence is the page's."""
    facts = {name: value for name, value in verdict.to_dict().items() if name not in TOLD_APART}
    if verdict.problem is not None:
        facts["values"] = {**verdict.values, "reason": problem_phrase(verdict.problem)}
    return VerdictReply.model_validate(facts)


def _compared(studio: Studio, asked: CompareRequest) -> CompareReply:
    comparison, others = studio.comparisons.compare(asked.sha256, asked.seed, asked.psi, anew=asked.anew)
    training = studio.comparisons.training
    if training is not None:
        training.begin()
    is_reading = training is not None and comparison.copies is None and training.problem is None
    return CompareReply(
        tiles=[_other(one) for one in others],
        score=comparison.score,
        repeated=comparison.repeated,
        limits=LIMITS,
        copies=None if comparison.copies is None else [one.cell for one in comparison.copies],
        reading=ReadingProgress(**vars(training.progress)) if training and is_reading else None,
        problem=_problem(training.problem) if training and training.problem else None,
        warnings=[Remark(code=one.code, values=one.values) for one in comparison.warnings],
    )


def _other(tile: DrawnTile) -> OtherTile:
    return OtherTile(seed=tile.seed, jpeg=to_base64(to_thumbnail(tile.pixels, OTHER_WIDTH)))


def _problem(error: DataError | OSError) -> Phrase:
    return problem_phrase(error) if isinstance(error, DataError) else Phrase(code="problem_disk", values={})
