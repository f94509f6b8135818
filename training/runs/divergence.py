"""A run whose numbers are no longer finite is ended with a sentence, before it is saved over the last good one."""

from __future__ import annotations

from typing import Any

from training.core import checkpoint
from training.runs.session import Session

PART_NAMES = {  # of what is saved
    **dict.fromkeys(("drawn", "average", "g"), "The weights of the generator"),
    "d": "The weights of the discriminator",
    "g_optimizer": "The moments of the generator's optimizer",
    "d_optimizer": "The moments of the discriminator's optimizer",
    "scaler": "The scale of the loss",
    "control": "The means that adaptive tricks go by",
    "encoder": "The weights of the encoder",
}


class DivergedError(RuntimeError):
    """The losses or the weights of a run are no longer finite."""


def diverged(session: Session, what: str) -> DivergedError:
    """Return the error for numbers that are not finite, with the place of the last good checkpoint."""
    seen = f"{session.trainer.images:,} images"
    return DivergedError(f"{what} are not finite after {seen}: the training has diverged; {session.last_good}.")


def check_finite(session: Session, parts: dict[str, Any]) -> None:
    """Raise DivergedError where anything that a resume would go on from is not finite: each resume would end there."""
    for name, part in parts.items():
        if not checkpoint.is_all_finite(part):
            raise diverged(session, PART_NAMES.get(name, f"The numbers of {name}"))
