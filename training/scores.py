"""The scores of a checkpoint: pictures of one seed against all reals, in the features of one network."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm

from training import checkpoint, metrics
from training.checkpoint import Checkpoint
from training.data import Data
from training.embeddings import Embedder
from training.generators import Generator
from training.latents import latents
from training.sheet import draw, seed_labels

SCORES = "scores.json"  # in the folder of the checkpoint
SEED = 0
DRAWN = 50  # pictures that are drawn, then looked at
DIGITS = 5


@dataclass(frozen=True)
class Measured:
    """Reals, as one network sees them: what all checkpoints of a ladder are compared with."""

    embedder: Embedder
    features: Tensor
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a checkpoint's pictures got, and everything that decides it."""

    network: str
    reals: int
    fakes: int
    seed: int
    kid: float
    kid_spread: float
    fid: float
    fid_spread: float
    precision: float
    recall: float
    copies: float
    data_sha256: str
    weights_sha256: str

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Scores:
        """Raise TypeError where a field is missing or unknown."""
        return cls(**values)


def measure(data: Data, embedder: Embedder, folder: Path, *, quiet: bool = False) -> Measured:
    """Take the features of all reals, once for each data set and network: `folder` keeps them."""
    file = folder / f"{embedder.key}-{data.sha256[:16]}.safetensors"
    features = _kept(file, data, embedder)
    if features is None:
        batches = tqdm(torch.split(data.images, DRAWN), **_bar("pictures of the data", quiet))
        features = torch.cat([embedder(images) for images in batches])
        folder.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}.part")
        save_file({"features": features}, part, {"network": embedder.network.name, "sha256": data.sha256})
        part.replace(file)
    return Measured(embedder, features, data.sha256)


def _kept(file: Path, data: Data, embedder: Embedder) -> Tensor | None:
    try:
        features = load_file(file)["features"]
    except (OSError, LookupError, SafetensorError):
        return None
    return features if len(features) == len(data) else None


def score(folder: Path, reals: Measured, fakes: int, *, quiet: bool = False) -> Scores:
    """Score a checkpoint by the first `fakes` pictures of seed 0, and keep the scores in its folder.

    Scores that are there already and come from the same weights, reals, network and count are returned as they are.
    Raises CheckpointError.
    """
    found = checkpoint.load(folder)
    known = read_scores(folder)
    wanted = _decided_by(found.sha256, reals, fakes)
    if known is None or {name: asdict(known)[name] for name in wanted} != wanted:
        fake = embed_fakes(found, reals.embedder, fakes, quiet=quiet)
        known = Scores.from_dict({**wanted, **_compared(reals.features, fake)})
        part = folder / f".{SCORES}.part"
        part.write_text(json.dumps(asdict(known), indent=2) + "\n", encoding="utf-8")
        part.replace(folder / SCORES)
    return known


def read_scores(folder: Path) -> Scores | None:
    """Return the scores that a checkpoint's folder keeps, if there are any."""
    try:
        return Scores.from_dict(json.loads((folder / SCORES).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def reference(reals: Measured, count: int) -> Scores:
    """Score `count` of the pictures, at most half of them, against the others: what perfect fakes would get."""
    rows = reals.features[torch.randperm(len(reals.features), generator=torch.Generator().manual_seed(SEED))]
    count = min(count, len(rows) // 2)
    others = replace(reals, features=rows[count:])
    return Scores.from_dict({**_decided_by("", others, count), **_compared(others.features, rows[:count])})


def _decided_by(weights_sha256: str, reals: Measured, fakes: int) -> dict[str, Any]:
    return {
        "network": reals.embedder.network.name,
        "reals": len(reals.features),
        "fakes": fakes,
        "seed": SEED,
        "data_sha256": reals.sha256,
        "weights_sha256": weights_sha256,
    }


def _compared(real: Tensor, fake: Tensor) -> dict[str, float]:
    """Return every number that two sets of features give."""
    kid, fid = metrics.kid(real, fake), metrics.fid(real, fake)
    precision, recall = metrics.precision_recall(real, fake)
    numbers = {
        **{"kid": kid.value, "kid_spread": kid.spread, "fid": fid.value, "fid_spread": fid.spread},
        **{"precision": precision, "recall": recall, "copies": metrics.copies(real, fake)},
    }
    return {name: round(value, DIGITS) for name, value in numbers.items()}


def embed_fakes(found: Checkpoint, embedder: Embedder, count: int, *, quiet: bool = False) -> Tensor:  # -> [count, F]
    """Draw the first `count` pictures of the seed, exactly as a tile is drawn, and return their features."""
    generator = found.generator.to(embedder.device)
    z, labels = latents(SEED, count, generator.z_dim), seed_labels(generator, SEED, count)
    starts = tqdm(range(0, count, DRAWN), **_bar(f"pictures of {found.folder.parent.name}", quiet))
    parts = (slice(start, start + DRAWN) for start in starts)
    return torch.cat([embedder(_drawn(generator, z[part], None if labels is None else labels[part])) for part in parts])


def _drawn(generator: Generator, z: Tensor, labels: Tensor | None) -> Tensor:  # -> uint8 [N, 3, R, R]
    return torch.from_numpy(draw(generator, z, labels)).permute(0, 3, 1, 2)


def _bar(what: str, quiet: bool) -> dict[str, Any]:
    """Return how the progress is shown: a log file needs no line a second."""
    interval = 0.5 if sys.stderr.isatty() else 10.0
    return {"desc": what, "disable": quiet, "mininterval": interval, "maxinterval": interval}
