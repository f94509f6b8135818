"""Write a run's newest checkpoint for others to draw from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from training.core import atomic_write, checkpoint, run_folder
from training.core.training_log import METRICS
from training.evaluation.scores import read_scores
from training.runs.checkpoint_writer import CARD, PREVIEW, SMALL_PREVIEW, check_folder, halved, write_checkpoint
from training.runs.passport import check_passport

PUBLISHED = {  # PREVIEW in older ones
    *(checkpoint.CONFIG, checkpoint.WEIGHTS, checkpoint.RAW_WEIGHTS),
    *(METRICS, SMALL_PREVIEW, CARD, PREVIEW),
}


def publish(source: Path, target: Path, *, raw: bool = False) -> Path:
    """Write the newest checkpoint of a run for others to draw from: weights in float16, no state to resume.

    With `raw` the weights as last trained come along, which doubles the size.
    The file of weights defines the tile, so the preview is drawn again from it, and small. Scores of a ladder go into
    the passport. An older published checkpoint is replaced, and nothing else. What lies in
    ./checkpoints can be named without its path. Raises CheckpointError.
    """
    newest = run_folder.newest(run_folder.located(source))
    found = checkpoint.load(newest)
    check_passport(newest, found.about)
    check_folder(target, PUBLISHED.__contains__)
    state = halved(found.generator.state_dict())
    last = checkpoint.load(newest, checkpoint.RAW_WEIGHTS) if raw else None
    with atomic_write.written_whole(target) as part:
        about = {**found.about, "metrics": _metrics(newest, found.sha256)}
        write_checkpoint(part, target.name, found.config, state, about, SMALL_PREVIEW)
        if last is not None:
            checkpoint.save_weights(part / checkpoint.RAW_WEIGHTS, halved(last.generator.state_dict()))
        if (newest / METRICS).is_file():
            shutil.copyfile(newest / METRICS, part / METRICS)
    return target


def _metrics(folder: Path, sha256: str) -> dict[str, Any]:
    """Return the scores that a ladder took of these very weights, or nothing."""
    scores = read_scores(folder)
    return scores.to_dict() if scores and scores.weights_sha256 == sha256 else {}
