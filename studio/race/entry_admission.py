"""Whether somebody may enter: the tile is drawn again, and the rules are checked that a machine can check."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass

from studio.checkpoints.catalog import Entry
from studio.checkpoints.checkpoint_source import CheckpointSource
from studio.checkpoints.uploads import RefusedError
from studio.checkpoints.visitor_checkpoints import MOST_ATTENTION, check_attention
from studio.race.declarations import declarations
from studio.race.messages import RaceError
from studio.race.store.entries import RaceEntry
from studio.race.store.race_state import RaceState
from studio.race.tile_file import read_png
from studio.race.verification import verify_reading
from training.core.clean_text import clean_text as visible_text
from training.core.latents import SEED_LIMIT, check_seed
from training.core.pixels import NotFiniteError
from training.core.tile import check_psi, seed_tile

NAME_LETTERS = 40
ABOUT_LETTERS = 2000


@dataclass(frozen=True, kw_only=True)
class Application:
    """What somebody sends in: the bytes of an exported PNG, or checkpoint (a SHA-256), seed and psi; or both alike."""

    name: str
    tile: bytes | None = None
    checkpoint: str | None = None
    seed: int | None = None
    psi: float | None = None
    seeds_looked_at: int | None = None
    about: str = ""
    owner: str = ""


@dataclass(frozen=True)
class _Tile:
    """What a tile is drawn from, once that is known to be so."""

    sha256: str
    seed: int
    psi: float
    seeds_looked_at: int | None


def admit(application: Application, source: CheckpointSource, state: RaceState) -> tuple[RaceEntry, Entry]:
    """Check an application and return the entry and its checkpoint. Raises RaceError with the reason.

    Nothing that is said is believed but what the metadata declare: the tile must be what checkpoint and seed give.
    """
    name = clean_name(application.name, "entry_name_bad")
    if application.tile is not None:
        tile = _verified(application, application.tile, source, state)
    else:
        tile = _drawn(application, source, state)
    found = source.find(tile.sha256)
    if found is None or found.description is None:
        raise RaceError("entry_checkpoint_gone")
    declared = declarations(found.description.about)
    _check_hours(declared.hours, state.hours)
    if declared.undeclared:
        raise RaceError("entry_pretrained")
    entry = RaceEntry(
        entry_id=secrets.token_hex(8),
        name=name,
        checkpoint_sha256=tile.sha256,
        seed=tile.seed,
        psi=tile.psi,
        about=clean_text(application.about),
        weights=found.weights,
        seeds_looked_at=tile.seeds_looked_at,
        hours=declared.hours,
        pretrained=declared.pretrained,
        recipe=declared.recipe,
        owner=application.owner,
    )
    return entry, found


def unusable(error: ValueError) -> RaceError:
    """Return that a checkpoint cannot be used, with the reason's code and values beside its sentence."""
    problem = "diverged" if isinstance(error, NotFiniteError) else getattr(error, "why", "other")
    return RaceError("entry_checkpoint", why=str(error), problem=problem, problem_values=getattr(error, "values", {}))


def clean_name(name: object, error: str) -> str:
    """Return a name on one line without letters that cannot be seen. Raises RaceError with this code."""
    shown = visible_text(name, 8 * NAME_LETTERS) if isinstance(name, str) else ""  # a name that is too long stays so
    if not 1 <= len(shown) <= NAME_LETTERS:
        raise RaceError(error, limit=NAME_LETTERS)
    return shown


def clean_text(text: str) -> str:
    """Return an entrant's Markdown without letters that cannot be seen but line feeds, cut off at ABOUT_LETTERS."""
    lines = unicodedata.normalize("NFC", text[: 2 * ABOUT_LETTERS]).splitlines()
    shown = ["".join(letter for letter in line if letter.isprintable()) for line in lines]
    return "\n".join(shown)[:ABOUT_LETTERS].strip()


def _verified(application: Application, data: bytes, source: CheckpointSource, state: RaceState) -> _Tile:
    reading = read_png(data)
    claimed = (reading.manifest or {}).get("checkpoint_sha256")
    _check_config(claimed, source, state)
    verdict = verify_reading(reading, source)
    if not verdict.passed or verdict.checkpoint is None or verdict.seed is None:
        details = {name: value for name, value in verdict.values.items() if isinstance(value, str | int | float)}
        raise RaceError(
            "entry_not_verified", sentence=verdict.sentence, reason=verdict.reason, details=details
        ) from verdict.problem
    count = (reading.manifest or {}).get("seeds_looked_at", application.seeds_looked_at)
    psi = 1.0 if verdict.psi is None else verdict.psi
    tile = _Tile(verdict.checkpoint, verdict.seed, psi, _count(count))
    _check_agreement(application, tile)
    return tile


def _check_agreement(application: Application, tile: _Tile) -> None:
    sha256 = application.checkpoint
    if sha256 is not None and not tile.sha256.startswith(sha256.lower()):
        raise RaceError("entry_contradicts", field="checkpoint", said=sha256[:64], found=tile.sha256)
    for field in ("seed", "psi"):
        said, found = getattr(application, field), getattr(tile, field)
        if said is not None and said != found:
            raise RaceError("entry_contradicts", field=field, said=repr(said)[:40], found=found)


def _drawn(application: Application, source: CheckpointSource, state: RaceState) -> _Tile:
    """Draw what was only named, to know that it can be drawn."""
    if application.seed is None or application.checkpoint is None:
        raise RaceError("entry_no_tile")
    try:
        seed, psi = check_seed(application.seed), check_psi(1.0 if application.psi is None else application.psi)
    except ValueError as error:
        raise RaceError("entry_seed", sentence=str(error)) from error
    _check_config(application.checkpoint, source, state)
    try:
        checkpoint = source.load(application.checkpoint)
        seed_tile(checkpoint.generator, seed, psi)
    except ValueError as error:  # a CheckpointError is one, too
        raise unusable(error) from error
    return _Tile(checkpoint.sha256, seed, psi, _count(application.seeds_looked_at))


def _count(count: object) -> int | None:
    is_count = isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= SEED_LIMIT
    return count if is_count and isinstance(count, int) else None


def _check_config(sha256: str | None, source: CheckpointSource, state: RaceState) -> None:
    """Look at a checkpoint's config before anything is drawn; one that is not here is told later."""
    found = source.find(sha256) if sha256 else None
    if found is None or found.description is None:
        return
    config = found.description.config
    if config.resolution != state.resolution:
        raise RaceError("entry_size", side=config.resolution, wanted=state.resolution)
    try:
        check_attention(config)
    except RefusedError as error:
        raise RaceError("entry_attention", side=config.largest_attention, limit=MOST_ATTENTION) from error


def _check_hours(hours: float | None, limit: float) -> None:
    if hours is None:
        raise RaceError("entry_hours_unknown", limit=f"{limit:g}")
    if hours > limit:
        raise RaceError("entry_hours", hours=f"{hours:.1f}", limit=f"{limit:g}")
