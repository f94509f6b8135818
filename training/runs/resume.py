"""Begin a run in a folder, or go on with the one that is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from training.core import atomic_write, checkpoint, run_folder
from training.core.checkpoint import Checkpoint, CheckpointError
from training.core.dataset import Data
from training.core.generators.equalizer import WEIGHT
from training.core.litter import is_copy
from training.core.precision import Compute
from training.core.training_log import METRICS, MetricsLog
from training.recipes.recipe import CORRECTIONS, Recipe
from training.runs import run_lock
from training.runs.checkpoint_writer import check_card, check_folder
from training.runs.external_logs import TENSORBOARD
from training.runs.notices import warn
from training.runs.passport import CHANGES, RESTARTS, check_passport, passport, runtime
from training.runs.session import Session, now
from training.runs.trainer import Trainer

ANEW = "To train on from its weights: the same command with another --out and --start-from {folder}"
HASH_DIGITS = 12  # tell two sets of pictures apart


def open_session(  # noqa: PLR0913 - what decides a run
    recipe: Recipe,
    seed: int,
    data: Data,
    out: Path,
    compute: Compute,
    clock: Callable[[], float] = time.monotonic,
    *,
    change: bool = False,
    start_from: Path | None = None,
) -> Session:
    """Begin a run in `out`, or go on with the one that is there, on any device and in any precision.

    With `change` the recipe may be another one of the same networks and optimizers than the run's; the passport records
    from which image on. With `start_from` a run that is new begins with the weights of that checkpoint and its count of
    images, with a new discriminator; the passport records that, too.

    Raises CheckpointError where `out` holds a run of another recipe, seed, data set or beginning, or something else,
    and where the checkpoint has another generator than the recipe; and DataError where the pictures have not the
    classes that the recipe asks for.
    """
    check_run(out)
    found = run_folder.resumable(out)
    labelled = data.with_classes(recipe.classes) if recipe.classes else data
    earlier = _read_passport(found) if found else None
    begun = recipe if change else _as_begun(recipe, earlier, out)
    trainer = Trainer(begun, seed, compute.device, compute.precision, compute.group.shard(begun.batch))
    about = passport(begun, seed, data)
    if found and earlier:
        about = _resume(trainer, found, earlier, about, change=change)
    start = None if start_from is None else checkpoint.load(start_from)
    if start and found:
        _check_beginning(found, about, start)
    elif start:
        about = _started(trainer, start, about)
    if before := found or start_from:
        check_card(before, about)
    about["runtimes"].append({"start": now(), "end": now(), **runtime(compute)})
    out.mkdir(parents=True, exist_ok=True)
    atomic_write.discard_unfinished(out)
    log = _restored_log(out, found or start_from)
    _discard_later_steps(out, trainer.images)
    return Session(trainer, labelled.to(compute.device), out, about, log, clock, compute.group, saved=found)


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Keep other processes from training into `out`. Raises CheckpointError for a place of others, and TakenError."""
    check_run(out)
    with run_lock.alone(out):
        yield


def check_run(out: Path) -> None:
    """Refuse a place of others; in a run that has saved something, what else lies there is never touched."""
    if not run_folder.steps(out):
        check_folder(out, _is_of_a_run)
        check_folder(out / run_folder.KEPT_STEPS, _is_of_kept_steps)


def _is_of_a_run(name: str) -> bool:
    ours = (Path(METRICS).stem, run_folder.KEPT_STEPS, TENSORBOARD)
    return (
        name in (METRICS, *ours)
        or name.startswith(".")
        or run_folder.is_step(name)
        or run_folder.is_copy_of_step(name)
        or is_copy(name, ours)
    )


def _is_of_kept_steps(name: str) -> bool:
    return name.startswith(".") or run_folder.has_own_name(Path(name)) or run_folder.is_copy_of_step(name)


def _read_passport(folder: Path) -> dict[str, Any]:
    about = checkpoint.describe(folder).about
    check_passport(folder, about)
    return about


def _as_begun(recipe: Recipe, earlier: dict[str, Any] | None, out: Path) -> Recipe:
    """Return the recipe as the program that began the run knew it, and say what it did not know."""
    if earlier is None:
        return recipe
    if later := recipe.corrections_since(earlier["recipe"]):
        warn(f"{out} was begun by an older program and goes on as it was, without {', '.join(later)}.")
    return recipe.as_begun(earlier["recipe"])


def _resume(
    trainer: Trainer, folder: Path, earlier: dict[str, Any], about: dict[str, Any], *, change: bool
) -> dict[str, Any]:
    """Load a checkpoint's state, and return the passport `about` with what the `earlier` one knows."""
    settings = trainer.recipe.changes(earlier["recipe"]) if change else []
    changed = [] if change else trainer.recipe.differences(earlier["recipe"])
    if earlier["seed"] != about["seed"]:
        changed.append(f"seed {earlier['seed']!r} -> {about['seed']!r}")
    if earlier["data"] != about["data"]:
        changed.append(f"trained on {_pictures(earlier['data'])}, and the data are now {_pictures(about['data'])}")
    if changed:
        raise CheckpointError(
            f"{folder.parent} holds another run ({'; '.join(changed)}); {_way_out(trainer, earlier)}."
        )
    state = _loaded_state(folder)
    try:
        trainer.load_state(state, changed=bool(settings))
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        message = f"{folder} holds a state that is not of its recipe: {error}."
        raise CheckpointError(f"{message} {ANEW.format(folder=folder)}") from error
    unknown = [] if settings else [name for name in CORRECTIONS if name not in earlier["recipe"]]
    recipe = {name: value for name, value in about["recipe"].items() if name not in unknown}
    changes = [*earlier.get(CHANGES, ()), *([{"images": trainer.images, "settings": settings}] if settings else [])]
    kept = {key: earlier[key] for key in ("pretrained", "images", "seconds", "runtimes")}
    kept |= {CHANGES: changes} if changes else {}
    kept |= {RESTARTS: earlier[RESTARTS]} if RESTARTS in earlier else {}
    return {**about, "recipe": recipe, **kept}


def _loaded_state(folder: Path) -> dict[str, Any]:
    """Load the state of a checkpoint, or say how to train on from its weights. Raises CheckpointError."""
    try:
        state = checkpoint.load_state(folder)
    except CheckpointError as error:
        raise CheckpointError(f"{error} {ANEW.format(folder=folder)}") from error
    if not checkpoint.is_all_finite(state):
        raise CheckpointError(f"{folder} holds a state with values that are not finite. {ANEW.format(folder=folder)}")
    return state


def _started(trainer: Trainer, start: Checkpoint, about: dict[str, Any]) -> dict[str, Any]:
    """Begin a run with a checkpoint's weights, and return the passport `about` with what the checkpoint's knows."""
    earlier, wanted = start.about, trainer.recipe.generator_config()
    check_passport(start.folder, earlier)
    plain = replace(start.config, equalizer=0)  # a filter behind the generator is not trained on
    if plain != wanted:
        mine, theirs = wanted.to_dict(), plain.to_dict()
        names = dict.fromkeys([*mine, *theirs])
        other = "; ".join(
            f"{name} {theirs.get(name)!r} -> {mine.get(name)!r}" for name in names if theirs.get(name) != mine.get(name)
        )
        raise CheckpointError(f"{start.folder} has another generator than the recipe ({other}).")
    weights = {name: value for name, value in start.generator.state_dict().items() if name != WEIGHT}
    trainer.start_from(weights, earlier["images"])
    pictures = earlier["data"].get("sha256")
    restart = {"images": trainer.images, "weights_sha256": start.sha256, "data_sha256": pictures}
    pretrained = [name for name in (earlier["pretrained"], about["pretrained"]) if name]
    return {
        **about,
        **{key: earlier[key] for key in ("images", "seconds")},
        "pretrained": " and ".join(dict.fromkeys(pretrained)) or None,
        "runtimes": list(earlier["runtimes"]),
        RESTARTS: [*earlier.get(RESTARTS, ()), restart],
    }


def _check_beginning(found: Path, about: dict[str, Any], start: Checkpoint) -> None:
    """Raise CheckpointError unless a run was begun with the weights of a checkpoint."""
    restarts = about.get(RESTARTS) or [{}]
    if restarts[-1].get("weights_sha256") != start.sha256:
        raise CheckpointError(
            f"{found.parent} holds a run that did not begin with the weights of {start.folder}; give another --out, "
            "or leave --start-from out to go on with it."
        )


def _way_out(trainer: Trainer, earlier: dict[str, Any]) -> str:
    """Say what to do where a folder holds another run: `--change` helps where only the recipe is another."""
    change = ", or `train` with --change to go on from there with this recipe"
    return "give another --out" + (change if trainer.recipe.differences(earlier["recipe"]) else "")


def _pictures(data: dict[str, Any]) -> str:
    """Say which pictures a passport means: how many, and the beginning of their hash."""
    count, sha256 = data.get("images"), str(data.get("sha256"))
    number = f"{count:,}" if isinstance(count, int) else "an unknown number of"
    return f"{number} pictures (SHA-256 {sha256[:HASH_DIGITS]}...)"


def _restored_log(out: Path, newest: Path | None) -> MetricsLog:
    """Go back to the metrics of the checkpoint from which a run goes on; a killed call may have written more."""
    content = (newest / METRICS).read_bytes() if newest and (newest / METRICS).is_file() else b""
    with atomic_write.written_file(out / METRICS) as part:
        part.write_bytes(content)
    return MetricsLog(out / METRICS, content)


def _discard_later_steps(out: Path, images: int) -> None:
    """Remove the kept steps that a killed call had reached after the checkpoint from which the run goes on."""
    atomic_write.discard_unfinished(out / run_folder.KEPT_STEPS)
    for step in run_folder.kept_steps(out):
        if run_folder.has_own_name(step) and int(step.name) > images:
            atomic_write.discard(step)
