"""Scores of any checkpoints beside one another and beside real pictures, without a benchmark around them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.core import checkpoint, paths, run_folder
from training.core import dataset as data
from training.evaluation.feature_extractors import Embedder, check_judge
from training.evaluation.report import SCORED, scored_cells
from training.evaluation.scores import PARTS, Measured, Scores, check_count, measure, reference, score

FEATURES = "features"  # of real pictures, in the cache


@dataclass(frozen=True)
class Scored:
    """A checkpoint as it was named, how many images it has seen (None where it does not say), and its scores."""

    name: str
    images: int | None
    scores: Scores


@dataclass(frozen=True)
class Comparison:
    """Checkpoints in the order in which they were named, and what real pictures get."""

    checkpoints: Sequence[Scored]
    real: Scores


def score_checkpoints(
    named: dict[str, Path], pictures: Path, embedder: Embedder, fakes: int, *, quiet: bool = False
) -> Comparison:
    """Score checkpoints by the first `fakes` pictures of seed 0, all in the features of one network.

    Raises CheckpointError, ValueError where they draw pictures of different sizes, and SameFamilyError where a
    discriminator looked through a network of the family of this one, before anything is drawn.
    """
    found = {name: checkpoint.describe(folder) for name, folder in named.items()}
    sides = {name: description.config.resolution for name, description in found.items()}
    if len(set(sides.values())) > 1:
        sizes = ", ".join(f"{name} {side} x {side}" for name, side in sides.items())
        raise ValueError(f"Pictures of different sizes cannot be compared: {sizes}.")
    for description in found.values():
        check_judge(embedder.network, description.about.get("pretrained"))
    reals = _reals(pictures, next(iter(sides.values())), embedder, quiet=quiet)
    scores = {name: score(folder, reals, fakes, quiet=quiet, keep=_is_step(folder)) for name, folder in named.items()}
    rows = [Scored(name, _images(found[name].about.get("images")), one) for name, one in scores.items()]
    return Comparison(rows, reference(reals, fakes))


def table(compared: Comparison) -> str:
    """Write one row for each checkpoint, and one for real pictures."""
    head = f"| checkpoint | images | {' | '.join(SCORED)} |\n|{'---|' * (len(SCORED) + 2)}"
    rows = [(one.name, "–" if one.images is None else f"{one.images:,}", one.scores) for one in compared.checkpoints]
    rows.append(("*real pictures*", "–", compared.real))
    return "\n".join(
        [head, *(f"| {' | '.join([name, images, *scored_cells(scores)])} |" for name, images, scores in rows)]
    )


def as_json(compared: Comparison) -> str:
    """Write every number with what decides it."""
    rows = [{"name": one.name, "images": one.images, **one.scores.to_dict()} for one in compared.checkpoints]
    return json.dumps({"checkpoints": rows, "real": compared.real.to_dict()}, indent=2)


def _reals(pictures: Path, side: int, embedder: Embedder, *, quiet: bool) -> Measured:
    opened = data.open_data(pictures, side)
    check_count(len(opened), PARTS)
    return measure(opened, embedder, paths.writable_cache_folder() / FEATURES, quiet=quiet)


def _is_step(folder: Path) -> bool:
    """Tell whether a checkpoint is one of a run; a published one has its scores in the passport, or is another's."""
    return folder in run_folder.steps(folder.parent)


def _images(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
