"""Write a run's newest checkpoint for others to draw from: into a folder, or a repository of the Hugging Face Hub."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from training.core import atomic_write, checkpoint, hub, run_folder
from training.core.training_log import METRICS
from training.evaluation.scores import read_scores
from training.runs.checkpoint_writer import (
    CARD,
    PREVIEW,
    SMALL_PREVIEW,
    check_card,
    check_target,
    halved,
    write_checkpoint,
)
from training.runs.model_card import model_card
from training.runs.passport import check_passport

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

PUBLISHED = {  # PREVIEW in older ones
    *(checkpoint.CONFIG, checkpoint.WEIGHTS, checkpoint.RAW_WEIGHTS),
    *(METRICS, SMALL_PREVIEW, CARD, PREVIEW),
}


def publish(
    source: Path, target: Path, *, raw: bool = False, repo: str | None = None, dataset: str | None = None
) -> Path:
    """Write the newest checkpoint of a run for others to draw from: weights in float16, no state to resume.

    With `raw` the weights as last trained come along, which doubles the size.
    The file of weights defines the tile, so the preview is drawn again from it, and small. A benchmark's scores go into
    the passport. An older published checkpoint is replaced, and nothing else. What lies in
    ./checkpoints can be named without its path. `repo` is the repository of the Hub that
    the card is written for, `dataset` that of the pictures, which the card names. Raises CheckpointError.
    """
    newest = run_folder.newest(run_folder.located(source))
    found = checkpoint.load(newest)
    check_passport(newest, found.about)
    check_card(newest, found.about)
    target = check_target(newest, target, PUBLISHED.__contains__)
    state = halved(found.generator.state_dict())
    last = checkpoint.load(newest, checkpoint.RAW_WEIGHTS) if raw else None
    with atomic_write.written_whole(target) as part:
        about = {**found.about, "metrics": _metrics(newest, found.sha256)}
        write_checkpoint(part, target.name, found.config, state, about, SMALL_PREVIEW)
        if repo or dataset:
            card = model_card(target.name, about, SMALL_PREVIEW, repo, dataset)
            (part / CARD).write_text(card, encoding="utf-8")
        if last is not None:
            checkpoint.save_weights(part / checkpoint.RAW_WEIGHTS, halved(last.generator.state_dict()))
        if (newest / METRICS).is_file():
            shutil.copyfile(newest / METRICS, part / METRICS)
    return target


def publish_to_hub(
    source: Path, address: hub.Address, *, raw: bool = False, private: bool = False, dataset: str | None = None
) -> hub.Address:
    """Upload the newest checkpoint of a run to the Hub, in one commit, and return the address of the commit.

    The repository is made where there is none; with `private` nobody else may see it, and one that is public already is
    refused. What an older publication had beside is removed. `dataset` is as in `publish`.
    Raises CheckpointError, HubError.
    """
    from huggingface_hub import get_token

    if address.revision:
        raise hub.HubError(f"{address} names a revision; publishing makes a new one of hf://{address.repo}.")
    if not get_token():
        raise hub.HubError(f"Publishing to {address} needs a token that may write: {hub.LOG_IN}.")
    with TemporaryDirectory() as place:
        folder = publish(source, Path(place) / address.name, raw=raw, repo=address.repo, dataset=dataset)
        with hub.explained(address):
            commit = _upload(folder, address, private)
    return address.at(commit)


def _upload(folder: Path, address: hub.Address, private: bool) -> str:
    """Commit the files of a folder and return the commit."""
    from huggingface_hub.errors import RepositoryNotFoundError

    client = hub.client()
    try:
        there = client.model_info(address.repo)
    except RepositoryNotFoundError:
        client.create_repo(address.repo, private=private or None)
        there = client.model_info(address.repo)
    if private and not there.private:
        raise hub.HubError(f"{address} exists and is public; make it private in its settings, or leave --private out.")
    operations = _operations(folder, {file.rfilename for file in there.siblings or []})
    message = f"Publish {address.name}"
    return str(client.create_commit(address.repo, operations, commit_message=message, parent_commit=there.sha).oid)


def _operations(folder: Path, there: set[str]) -> list[CommitOperationAdd | CommitOperationDelete]:
    """Return what makes a repository hold the files of a folder, and none of an older publication beside them."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    names = {path.name for path in folder.iterdir()}
    outdated = sorted((PUBLISHED & there) - names)
    return [
        *(CommitOperationAdd(name, folder / name) for name in sorted(names)),
        *(CommitOperationDelete(name) for name in outdated),
    ]


def _metrics(folder: Path, sha256: str) -> dict[str, Any]:
    """Return the scores that a benchmark took of these very weights, or nothing."""
    scores = read_scores(folder)
    return scores.to_dict() if scores and scores.weights_sha256 == sha256 else {}
