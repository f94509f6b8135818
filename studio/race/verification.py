"""A tile as a PNG that says how to draw it again, and the check of anybody's tile against its checkpoint and seed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from studio.checkpoints.catalog import RAW, SHORT, UnknownCheckpointError
from studio.checkpoints.checkpoint_source import CheckpointSource
from studio.race.manifest import manifest
from studio.race.manifest_diff import differences, overridden
from studio.race.remarks import Remark
from studio.race.seed_comparison import Compare
from studio.race.tile_file import LOSSY, Reading, read_png
from studio.race.verdict import Outcome, Verdict
from training.core.checkpoint import Checkpoint, CheckpointError
from training.core.latents import check_seed
from training.core.pixels import Pixels, to_cells
from training.core.tile import CELLS, COLUMNS, check_psi, seed_tile
from training.core.tolerance import MAX_CELL_SHARE, MAX_LEVELS, MAX_TILE_SHARE

PNG = "PNG"  # whose chunks alone are known to leave a picture as its values are
LISTED = 5  # cells that a sentence names; a verdict has them all


def verify(
    data: bytes,
    catalog: CheckpointSource,
    *,
    seed: int | None = None,
    checkpoint: str | None = None,
    psi: float | None = None,
    compare: Compare | None = None,
) -> Verdict:
    """Draw the tile again that a file claims to be, and compare the pixels.

    The manifest only says which checkpoint, seed and psi to draw; `seed`, `checkpoint` (a SHA-256 or its first 8 digits
    or more) and `psi` override it, which is told and not held against the file. `compare` holds the tile that was drawn
    again against others; what it returns is part of the verdict and changes nothing else in it. Never raises for a bad
    file, seed or checkpoint: the verdict says what is wrong.
    """
    return verify_reading(read_png(data), catalog, seed=seed, checkpoint=checkpoint, psi=psi, compare=compare)


def verify_reading(
    reading: Reading,
    catalog: CheckpointSource,
    *,
    seed: int | None = None,
    checkpoint: str | None = None,
    psi: float | None = None,
    compare: Compare | None = None,
) -> Verdict:
    """Do the same for a file that was read already."""
    verdict = _refusal(reading) or _drawn_again(reading, catalog, _Claim(seed, checkpoint, psi), compare)
    return replace(verdict, remarks=(*_remarks(reading), *_typed(reading, verdict), *_origin(verdict)))


class _Claim(NamedTuple):
    """What somebody says in the place of the file; None leaves it to the file."""

    seed: int | None
    checkpoint: str | None
    psi: float | None


def _refusal(reading: Reading) -> Verdict | None:
    """Return the verdict on what cannot be read, or is shown otherwise than its pixels, whatever these are."""
    if reading.problem:
        shown = reading.problem in ("transparent", "animated")
        return Verdict("fail" if shown else "could_not_check", reading.problem, reading.values)
    if reading.appearance.problem:
        return Verdict("fail", reading.appearance.problem, reading.appearance.values)
    return None


def _remarks(reading: Reading) -> tuple[Remark, ...]:
    trailing = reading.appearance.trailing_bytes
    return (Remark("trailing_bytes", {"count": trailing}),) if trailing else ()


def _typed(reading: Reading, verdict: Verdict) -> tuple[Remark, ...]:
    """Tell which of seed, checkpoint and psi somebody typed, where the file itself says another."""
    used = {"seed": verdict.seed, "checkpoint_sha256": verdict.checkpoint, "psi": verdict.psi}
    return tuple(
        Remark(f"typed_{name.removesuffix('_sha256')}", {"used": _in_short(used[name]), "said": _in_short(said)})
        for name, said in overridden(reading.manifest, used).items()
    )


def _origin(verdict: Verdict) -> tuple[Remark, ...]:
    """Tell whose the checkpoint is, where it is not one that the organiser has given to the program."""
    if verdict.origin is None or verdict.origin == "folder":
        return ()
    return (Remark(f"origin_{verdict.origin}", {"short": (verdict.checkpoint or "")[:SHORT]}),)


def _in_short(value: Any) -> str:
    return value[:SHORT] if isinstance(value, str) else f"{value:.12g}"


def _drawn_again(reading: Reading, catalog: CheckpointSource, typed: _Claim, compare: Compare | None) -> Verdict:
    """Return the verdict on the pixels."""
    claimed, psi = reading.manifest or {}, typed.psi
    seed = claimed.get("seed") if typed.seed is None else typed.seed
    checkpoint = claimed.get("checkpoint_sha256") if typed.checkpoint is None else typed.checkpoint
    if seed is None or checkpoint is None:
        return _without_claim(reading)
    try:
        psi = check_psi(claimed.get("psi", 1.0) if psi is None else psi)
    except ValueError:
        return Verdict("could_not_check", "bad_psi", {"value": ascii(psi)[:40]})
    try:
        return _verify(reading, catalog, _Tile(check_seed(seed), checkpoint, psi), compare)
    except UnknownCheckpointError:
        known = checkpoint if re.fullmatch("[0-9a-f]{8,64}", checkpoint) else None
        wanted = known or ascii(checkpoint)[:66]
        return Verdict("could_not_check", "unknown_checkpoint", {"sha256": wanted}, seed, known, psi=psi)
    except CheckpointError as error:
        values = {"short": checkpoint[:SHORT], "reason": str(error)}
        return Verdict("could_not_check", "unusable_checkpoint", values, seed, psi=psi, problem=error)
    except ValueError:
        return Verdict("could_not_check", "bad_seed", {"value": ascii(seed)[:40]})


def _without_claim(reading: Reading) -> Verdict:
    if reading.kind in LOSSY:
        return Verdict("fail", "lossy_file", {"kind": reading.kind})
    return Verdict("could_not_check", reading.manifest_problem, reading.values)


class _Tile(NamedTuple):
    """What a tile is drawn from."""

    seed: int
    sha256: str
    psi: float


def _verify(reading: Reading, catalog: CheckpointSource, tile: _Tile, compare: Compare | None) -> Verdict:
    seed, sha256, psi = tile
    checkpoint = catalog.load(sha256)
    try:
        expected = seed_tile(checkpoint.generator, seed, psi)
    except ValueError as error:
        raise CheckpointError(str(error), "diverged") from error
    entry = catalog.find(checkpoint.sha256)
    verdict = _compare(reading, expected, checkpoint, seed, psi)
    compared = compare(checkpoint, seed, psi, expected) if compare else None
    if entry is not None:
        verdict = replace(verdict, weights=entry.weights, origin=entry.origin)
    return replace(verdict, psi=psi, comparison=compared)


def _named(checkpoint: Checkpoint) -> str:
    """Return what a sentence calls a checkpoint, or its weights as last trained."""
    return checkpoint.sha256[:SHORT] + (f" ({RAW})" if checkpoint.raw else "")


def _compare(reading: Reading, expected: Pixels, checkpoint: Checkpoint, seed: int, psi: float) -> Verdict:
    found = reading.pixels
    if found is None or found.shape != expected.shape:
        return _wrong_size(found, expected, checkpoint, seed)
    levels = np.abs(found.astype(np.int16) - expected)
    cells = _beyond_tolerance(levels, checkpoint.config.resolution)
    largest, share = int(levels.max()), float((levels > 0).mean())
    values = {
        "seed": seed if psi == 1.0 else f"{seed} (psi {psi:g})",
        "short": _named(checkpoint),
        "kind": reading.kind,
        "count": len(cells),
        "listed": _listed(cells),
    }
    values |= {"largest": largest, "percent": f"{100 * share:.4f}", "mean": f"{levels.mean():.1f}"}
    outcome, reason = _outcome(reading.kind, largest, len(cells))
    told = differences(reading.manifest, manifest(checkpoint, seed, found, psi))
    return Verdict(outcome, reason, values, seed, checkpoint.sha256, cells, largest, share, told)


def _wrong_size(found: Pixels | None, expected: Pixels, checkpoint: Checkpoint, seed: int) -> Verdict:
    height, width = found.shape[:2] if found is not None else (0, 0)
    values = {"width": width, "height": height, "short": _named(checkpoint)}
    values |= {"wanted_width": expected.shape[1], "wanted_height": expected.shape[0]}
    return Verdict("fail", "wrong_size", values, seed, checkpoint.sha256)


def _beyond_tolerance(levels: np.ndarray[Any, Any], side: int) -> tuple[int, ...]:  # [10 R, 10 R, 3]
    """Return the cells that differ by too much, or all that differ where there are too many small differences."""
    cells = to_cells(levels, side).reshape(CELLS, -1)
    shares = (cells > 0).mean(axis=1)
    limit = MAX_CELL_SHARE if shares.mean() <= MAX_TILE_SHARE else MAX_TILE_SHARE
    return tuple(np.flatnonzero((cells.max(axis=1) > MAX_LEVELS) | (shares > limit)).tolist())


def _outcome(kind: str, largest: int, differing: int) -> tuple[Outcome, str]:
    if not differing and kind != PNG:
        return "fail", "no_png"
    if not largest:
        return "pass_exact", "exact"
    if not differing:
        return "pass_tolerance", "within_tolerance"
    if kind in LOSSY:
        return "fail", "saved_with_loss"
    return "fail", "all_cells_differ" if differing == CELLS else "cells_differ"


def _listed(cells: tuple[int, ...]) -> str:
    """Name the first cells for a reader, by number and place."""
    named = [f"{cell} (row {cell // COLUMNS + 1}, column {cell % COLUMNS + 1})" for cell in cells[:LISTED]]
    return ", ".join([*named, "..."] if len(cells) > LISTED else named)
