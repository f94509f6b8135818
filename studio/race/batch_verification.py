"""The check of many tiles at once: each checkpoint is loaded once, equal and nearly equal tiles are told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from studio.checkpoints.catalog import SHORT
from studio.checkpoints.checkpoint_source import CheckpointSource
from studio.race.batch_files import ArchiveError, PictureFile
from studio.race.declarations import NOTHING_DECLARED, Declarations, declarations
from studio.race.manifest import CHUNK, parse_manifest
from studio.race.near_duplicates import Signature, near_pairs, signature
from studio.race.seed_comparison import Compare
from studio.race.tile_file import Reading, read_png
from studio.race.verdict import Outcome, Verdict
from studio.race.verification import verify_reading
from studio.rendering.image_encoding import to_thumbnail
from training.core.latents import SEED_LIMIT
from training.core.pixels import Pixels
from training.core.png_chunks import PngError, walk

THUMBNAIL_WIDTH = 256
WORST_FIRST: tuple[Outcome, ...] = ("fail", "could_not_check", "pass_tolerance", "pass_exact")
MANIFEST = f"{CHUNK}\0\0\0\0\0".encode()  # how an uncompressed text of that name begins, without language
EQUAL, NEAR = "same_tile", "nearly_equal"


@dataclass(frozen=True)
class Duplicate:
    """Another file of the batch with the same tile (`kind` EQUAL) or a nearly equal one (NEAR)."""

    file: str
    kind: str


@dataclass(frozen=True)
class CheckedFile:
    """One file of a batch: its verdict, and what the file and its checkpoint declare.

    `thumbnail` is a JPEG at most THUMBNAIL_WIDTH pixels wide, or None where there are no pixels.
    """

    file: str
    verdict: Verdict
    name: str | None = None
    seeds_looked_at: int | None = None
    declared: Declarations = NOTHING_DECLARED
    thumbnail: bytes | None = None
    duplicates: tuple[Duplicate, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the thumbnail as plain JSON values."""
        return {
            "file": self.file,
            "verdict": self.verdict.to_dict(),
            "checkpoint_name": self.name,
            "seeds_looked_at": self.seeds_looked_at,
            "training_hours": self.declared.hours,
            "pretrained": self.declared.pretrained,
            "recipe": self.declared.recipe,
            "duplicates": [{"file": one.file, "kind": one.kind} for one in self.duplicates],
        }


@dataclass(frozen=True)
class Examined:
    """A checked file with what duplicates are told by; the pixels themselves are not kept."""

    checked: CheckedFile
    signature: Signature | None = None


def verify_batch(
    files: Iterable[PictureFile],
    source: CheckpointSource,
    *,
    checkpoint: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    compare: Compare | None = None,
) -> list[CheckedFile]:
    """Check every file as `verify` does and return them, the failures first, then by name.

    `checkpoint` overrides what the files say; `compare` is that of `verify`. `progress` is called with the files done
    and all. Files of one checkpoint are checked one after the other, so that it is loaded once whatever memory there is
    for generators.
    Memory holds the pixels of one file at a time.
    """
    listed = list(files)
    claims = [claimed_checkpoint(file) for file in listed]
    order = sorted(range(len(listed)), key=lambda index: (claims[index], index))
    examined: list[Examined] = []
    for done, index in enumerate(order, start=1):
        examined.append(examine(listed[index], source, checkpoint, compare))
        progress(done, len(listed))
    return sorted(_with_duplicates(examined), key=_worst_first)


def _worst_first(one: CheckedFile) -> tuple[int, str]:
    return WORST_FIRST.index(one.verdict.outcome), one.file


def claimed_checkpoint(file: PictureFile) -> str:
    """Return which checkpoint a PNG names, without decoding its pixels; "" where it names none in the usual place."""
    try:
        data = file.read() if file.problem is None else b""
        texts = [bytes(chunk.body) for chunk in walk(data) if chunk.name == "iTXt"] if data else []
    except (OSError, ArchiveError, PngError):
        return ""
    manifests = [parse_manifest(_decoded(text))[0] for text in texts if text.startswith(MANIFEST)]
    return next((str(one["checkpoint_sha256"]) for one in manifests if one), "")


def _decoded(text: bytes) -> str:
    return text.removeprefix(MANIFEST).decode(errors="replace")


def examine(
    file: PictureFile, source: CheckpointSource, checkpoint: str | None = None, compare: Compare | None = None
) -> Examined:
    """Check one file of a batch; whatever is wrong with it is part of the answer."""
    if file.problem:
        return Examined(CheckedFile(file.label, Verdict("could_not_check", file.problem, file.values)))
    try:
        reading = read_png(file.read())
    except ArchiveError as error:
        return Examined(CheckedFile(file.label, Verdict("could_not_check", error.code, error.values)))
    except OSError as error:
        verdict = Verdict("could_not_check", "unreadable", {"why": error.strerror or type(error).__name__})
        return Examined(CheckedFile(file.label, verdict))
    verdict = verify_reading(reading, source, checkpoint=checkpoint, compare=compare)
    return _examined(file.label, reading, verdict, source)


def _examined(label: str, reading: Reading, verdict: Verdict, source: CheckpointSource) -> Examined:
    pixels = reading.pixels
    entry = source.find(verdict.checkpoint) if verdict.checkpoint else None
    about = entry.description.about if entry and entry.description else {}
    checked = CheckedFile(
        label,
        verdict,
        entry.name if entry else None,
        _count(reading),
        declarations(about),
        None if pixels is None else thumbnail(pixels),
    )
    return Examined(checked, None if pixels is None else signature(pixels))


def _count(reading: Reading) -> int | None:
    """Return how many seeds a file says were looked at, where it says so in a whole number."""
    count = (reading.manifest or {}).get("seeds_looked_at")
    return count if isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= SEED_LIMIT else None


def thumbnail(pixels: Pixels) -> bytes:  # [H, W, 3]
    """Return a small JPEG of a picture; one that is much higher than wide is cut off below."""
    return to_thumbnail(pixels[: 4 * pixels.shape[1]], THUMBNAIL_WIDTH)


def _with_duplicates(examined: Sequence[Examined]) -> list[CheckedFile]:
    """Tell each file which others hold the same checkpoint, seed and psi, or nearly equal pictures."""
    equal = {frozenset(pair) for pair in _equal_tiles([one.checked for one in examined])}
    signatures = {index: one.signature for index, one in enumerate(examined) if one.signature is not None}
    near = {frozenset(pair) for pair in near_pairs(signatures)} - equal
    found: dict[int, list[Duplicate]] = defaultdict(list)
    for kind, pairs in ((EQUAL, equal), (NEAR, near)):
        for first, second in map(sorted, pairs):
            found[first].append(Duplicate(examined[second].checked.file, kind))
            found[second].append(Duplicate(examined[first].checked.file, kind))
    return [replace(one.checked, duplicates=_sorted(found[index])) for index, one in enumerate(examined)]


def _sorted(duplicates: list[Duplicate]) -> tuple[Duplicate, ...]:
    return tuple(sorted(duplicates, key=lambda one: (one.kind != EQUAL, one.file)))


def _equal_tiles(checked: Sequence[CheckedFile]) -> list[tuple[int, int]]:
    """Return the numbers of each two files whose verdicts are of the same checkpoint, seed and psi."""
    verdicts = enumerate(one.verdict for one in checked)
    tiles = [(index, _tile(one)) for index, one in verdicts if None not in _tile(one)]
    return [(first, second) for (first, tile), (second, other) in combinations(tiles, 2) if tile == other]


def _tile(verdict: Verdict) -> tuple[str | None, int | None, float | None]:
    return verdict.checkpoint, verdict.seed, verdict.psi


def short(sha256: str | None) -> str:
    """Return the digits by which people name a checkpoint, "" where there is none."""
    return (sha256 or "")[:SHORT]
