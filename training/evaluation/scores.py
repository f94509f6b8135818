"""The scores of a checkpoint: pictures of one seed against all reals, in the features of one network and in power."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm

from training.core import checkpoint
from training.core.atomic_write import WriteError, explained, written_file
from training.core.checkpoint import Checkpoint
from training.core.dataset import Data
from training.core.generators import Generator
from training.core.latents import latents
from training.core.tile import draw, seed_labels
from training.evaluation import metrics, spectrum
from training.evaluation.feature_extractors import Embedder, check_judge
from training.evaluation.spectrum import Spectrum

SCORES = "scores.json"  # in the folder of the checkpoint
SEED = 0
DRAWN = 50  # pictures that are drawn, then looked at
DIGITS = 5
TEXTS = {"network", "data_sha256", "weights_sha256"}  # of the scores; the others are numbers
LARGEST = 1e12  # that a number can be
PARTS = 2  # of the pictures that are compared with each other, as what perfect fakes would get
FEWEST = 4  # pictures on either side of a comparison


class Rows(NamedTuple):
    """Pictures as they are compared: the features of one network [N, F], and the `powers` of spectrum.py [N, 7]."""

    features: Tensor
    powers: Tensor

    def part(self, places: Tensor) -> Rows:
        """Return the rows of some of the pictures."""
        return Rows(self.features[places], self.powers[places])


@dataclass(frozen=True)
class Measured:
    """Reals, as one network sees them: what all checkpoints of a benchmark are compared with."""

    embedder: Embedder
    rows: Rows
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a checkpoint's pictures got, and everything that decides it.

    The numbers of the spectrum are None in scores of an older program, which did not take them.
    """

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
    band_1: float | None = None
    band_2: float | None = None
    band_3: float | None = None
    band_4: float | None = None
    band_5: float | None = None
    period_2: float | None = None
    period_4: float | None = None

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Scores:
        """Raise TypeError where a field is missing or unknown."""
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return what is known, as plain JSON values."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def spectrum(self) -> Spectrum | None:
        """Return the power of the fakes over that of the reals, None in scores of an older program."""
        return spectrum.read(asdict(self))


def measure(data: Data, embedder: Embedder, folder: Path, *, quiet: bool = False) -> Measured:
    """Take the features and the power of all reals, once for each data set and network: `folder` keeps them."""
    file = folder / f"{embedder.key}-{data.sha256[:16]}.safetensors"
    rows = _kept(file, data)
    if rows is None:
        batches = tqdm(torch.split(data.images, DRAWN), **_bar("pictures of the data", quiet))
        rows = _joined([_look(embedder, images) for images in batches])
        facts = {"network": embedder.network.name, "sha256": data.sha256}
        with _told(), explained(file, sum(column.nbytes for column in rows)):
            folder.mkdir(parents=True, exist_ok=True)
            with written_file(file) as part:
                save_file(rows._asdict(), part, facts)
    return Measured(embedder, rows, data.sha256)


@contextmanager
def _told() -> Iterator[None]:
    """Tell what keeps a file from being written that only spares time later."""
    try:
        yield
    except WriteError as error:
        tqdm.write(f"warning: {error} The next call takes anew what it would keep.", file=sys.stderr)


def _kept(file: Path, data: Data) -> Rows | None:
    try:
        kept = load_file(file)
        rows = Rows(*(kept[name] for name in Rows._fields))  # an older program kept no power
    except (OSError, LookupError, SafetensorError):
        return None
    return rows if len(rows.features) == len(rows.powers) == len(data) else None


def _look(embedder: Embedder, pixels: Tensor) -> Rows:  # uint8 [N, 3, R, R]
    return Rows(embedder(pixels), spectrum.powers(pixels))


def _joined(parts: Sequence[Rows]) -> Rows:
    return Rows(*(torch.cat(columns) for columns in zip(*parts, strict=True)))


def score(folder: Path, reals: Measured, fakes: int, *, quiet: bool = False, keep: bool = True) -> Scores:
    """Score a checkpoint by the first `fakes` pictures of seed 0, and keep the scores in its folder.

    Scores that are there already, whole, and come from the same weights, reals, network and count are returned as they
    are; a folder that takes none is told. With `keep` false the folder is left as it is, and scores in it, which
    anybody may have written, are not read. Raises CheckpointError, and SameFamilyError where D looked through a network
    of the family of this one.
    """
    found = checkpoint.load(folder)
    check_judge(reals.embedder.network, found.about.get("pretrained"))
    known = read_scores(folder) if keep else None
    wanted = _decided_by(found.sha256, reals, fakes)
    if known is None or known.spectrum is None or {name: asdict(known)[name] for name in wanted} != wanted:
        fake = look_at_fakes(found, reals.embedder, fakes, quiet=quiet)
        known = Scores.from_dict({**wanted, **_compared(reals.rows, fake)})
        if not keep:
            return known
        text = json.dumps(known.to_dict(), indent=2) + "\n"
        with _told(), explained(folder / SCORES, len(text)), written_file(folder / SCORES) as part:
            part.write_text(text, encoding="utf-8")
    return known


def read_scores(folder: Path) -> Scores | None:
    """Return the scores that a checkpoint's folder keeps, if there are any, and all are numbers."""
    try:
        found = Scores.from_dict(json.loads((folder / SCORES).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return found if all(map(_is_sound, asdict(found).items())) else None


def _is_sound(item: tuple[str, object]) -> bool:
    """Tell whether a score is a finite number, or one of the texts; the spectrum may be missing."""
    name, value = item
    if name in TEXTS or value is None:
        return isinstance(value, str) or (value is None and name in Spectrum._fields)
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST < value < LARGEST


def check_count(pictures: int, parts: int = 1) -> None:
    """Raise ValueError where there are too few pictures to be compared, in so many parts."""
    if pictures < parts * FEWEST:
        raise ValueError(f"{pictures} pictures are too few to compare with; {parts * FEWEST} are needed.")


def reference(reals: Measured, count: int) -> Scores:
    """Score `count` of the pictures, at most half of them, against the others: what perfect fakes would get."""
    places = torch.randperm(len(reals.rows.features), generator=torch.Generator().manual_seed(SEED))
    count = min(count, len(places) // PARTS)
    others = replace(reals, rows=reals.rows.part(places[count:]))
    compared = _compared(others.rows, reals.rows.part(places[:count]))
    return Scores.from_dict({**_decided_by("", others, count), **compared})


def _decided_by(weights_sha256: str, reals: Measured, fakes: int) -> dict[str, Any]:
    return {
        "network": reals.embedder.network.name,
        "reals": len(reals.rows.features),
        "fakes": fakes,
        "seed": SEED,
        "data_sha256": reals.sha256,
        "weights_sha256": weights_sha256,
    }


def _compared(reals: Rows, fakes: Rows) -> dict[str, float]:
    """Return every number that two sets of pictures give."""
    real, fake = reals.features, fakes.features
    kid, fid = metrics.kid(real, fake), metrics.fid(real, fake)
    precision, recall = metrics.precision_recall(real, fake)
    numbers = {
        **{"kid": kid.value, "kid_spread": kid.spread, "fid": fid.value, "fid_spread": fid.spread},
        **{"precision": precision, "recall": recall, "copies": metrics.copies(real, fake)},
        **spectrum.compare(reals.powers, fakes.powers)._asdict(),
    }
    return {name: round(value, DIGITS) for name, value in numbers.items()}


def look_at_fakes(found: Checkpoint, embedder: Embedder, count: int, *, quiet: bool = False) -> Rows:
    """Draw the first `count` pictures of the seed, exactly as a tile is drawn, and return their features and power."""
    generator = found.generator.to(embedder.device)
    z, labels = latents(SEED, count, generator.z_dim), seed_labels(generator, SEED, count)
    starts = tqdm(range(0, count, DRAWN), **_bar(f"pictures of {found.folder.parent.name}", quiet))
    parts = (slice(start, start + DRAWN) for start in starts)
    drawn = (_drawn(generator, z[part], None if labels is None else labels[part]) for part in parts)
    return _joined([_look(embedder, pixels) for pixels in drawn])


def _drawn(generator: Generator, z: Tensor, labels: Tensor | None) -> Tensor:  # -> uint8 [N, 3, R, R]
    return torch.from_numpy(draw(generator, z, labels)).permute(0, 3, 1, 2)


def _bar(what: str, quiet: bool) -> dict[str, Any]:
    """Return how the progress is shown: a log file needs no line a second."""
    interval = 0.5 if sys.stderr.isatty() else 10.0
    return {"desc": what, "disable": quiet, "mininterval": interval, "maxinterval": interval}
