"""The loop around a run: budget, progress, previews, checkpoints, metrics, resume."""

from __future__ import annotations

import math
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from tqdm import tqdm

from training.core import atomic_write, checkpoint, run_folder
from training.core.atomic_write import WriteError
from training.core.checkpoint import CheckpointError
from training.core.dataset import Data
from training.core.generators import GeneratorConfig
from training.core.pixels import NotFiniteError
from training.core.precision import Compute, prepare
from training.core.training_log import METRICS, MetricsLog, parse_metrics
from training.evaluation import grids
from training.evaluation.spectrum import PERIOD_NAMES
from training.recipes.recipe import CORRECTIONS, Recipe
from training.runs import run_lock
from training.runs.alarms import ALARMS, WINDOW, ringing
from training.runs.checkpoint_writer import PREVIEW, check_folder, halved, write_checkpoint
from training.runs.passport import check_passport, device_name, passport
from training.runs.step_types import Measures
from training.runs.trainer import Trainer

FIRST_SAVE_SECONDS = 60.0
SAVE_SECONDS = 300.0
LOG_STEPS = 20
FIRST_KEPT_IMAGES = 1024  # before this a generator draws little but noise
PART_NAMES = {  # of what is saved
    **dict.fromkeys(("drawn", "average", "g"), "The weights of the generator"),
    "d": "The weights of the discriminator",
    "g_optimizer": "The moments of the generator's optimizer",
    "d_optimizer": "The moments of the discriminator's optimizer",
    "scaler": "The scale of the loss",
    "control": "The means that adaptive tricks go by",
    "encoder": "The weights of the encoder",
}
COPY_OF = re.compile(r"^Copy of | \(\d+\)(?=\.|$)")  # what drives make of a name that there is already
HASH_DIGITS = 12  # tell two sets of pictures apart
SKIPPED_ROWS = 2  # of the metrics in which no step was taken: a scaler that will find its scale has found it by then


class DivergedError(RuntimeError):
    """The losses or the weights of a run are no longer finite."""


@dataclass(frozen=True)
class Budget:
    """When to stop: minutes of this call, hours over all calls, images over all calls; None sets no limit."""

    minutes: float | None = None
    hours_total: float | None = None
    images: int | None = None


@dataclass(frozen=True)
class KeptStep:
    """A small checkpoint to look back at: its folder, weights in float16, and the passport of its moment."""

    folder: Path
    weights: dict[str, torch.Tensor]
    about: dict[str, Any]


@dataclass
class Session:
    """One call of `train`: a run with its data and folder, the passport, and how long it has gone on."""

    run: Trainer
    data: Data
    out: Path
    about: dict[str, Any]
    log: MetricsLog
    clock: Callable[[], float] = time.monotonic
    rows: list[dict[str, Any]] = field(init=False)  # the last of the metrics
    saved: Path | None = None  # the last good checkpoint
    log_is_late: bool = False  # the file of metrics lacks lines, which has been told
    spare: Path | None = None  # takes a checkpoint that `out` does not take
    waiting: list[KeptStep] = field(default_factory=list)  # could not be written yet
    started: float = field(init=False)
    earlier_seconds: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()
        self.earlier_seconds = self.about["seconds"]
        self.rows = parse_metrics(bytes(self.log.content))[-WINDOW:]

    @cached_property
    def real_powers(self) -> torch.Tensor:
        """Return the power of reals [N, 7], taken once, when it is first needed."""
        return grids.reference(self.data.images)

    @property
    def seconds(self) -> float:
        """Return the seconds of this call."""
        return self.clock() - self.started

    def seconds_left(self, budget: Budget) -> float:
        """Return what the budget leaves of this call's and of all calls' time; infinity without a limit."""
        seconds, left = self.seconds, math.inf
        if budget.minutes is not None:
            left = budget.minutes * 60 - seconds
        if budget.hours_total is not None:
            left = min(left, budget.hours_total * 3600 - self.earlier_seconds - seconds)
        return left

    def within(self, budget: Budget) -> bool:
        """Tell whether the budget leaves time and images for a step."""
        return self.seconds_left(budget) > 0 and (budget.images is None or self.run.images < budget.images)


def open_session(
    recipe: Recipe, seed: int, data: Data, out: Path, compute: Compute, clock: Callable[[], float] = time.monotonic
) -> Session:
    """Begin a run in `out`, or go on with the one that is there, on any device and in any precision.

    Raises CheckpointError where `out` holds a run of another recipe, seed or data set, or something else, and DataError
    where the pictures have not the classes that the recipe asks for.
    """
    _check_run(out)
    found = run_folder.steps(out)
    labelled = data.with_classes(recipe.classes) if recipe.classes else data
    earlier = _read_passport(found[-1]) if found else {}
    begun = recipe.as_begun(earlier["recipe"]) if found else recipe
    if found and (later := recipe.corrections_since(earlier["recipe"])):
        _warn(f"{out} was begun by an older program and goes on as it was, without {', '.join(later)}.")
    run = Trainer(begun, seed, compute.device, compute.precision)
    about = passport(begun, seed, data)
    if found:
        about = _resume(run, found[-1], earlier, about)
    about["runtimes"].append({"start": _now(), "end": _now(), "device": device_name(compute.device)})
    about["runtimes"][-1]["precision"] = compute.precision_name
    out.mkdir(parents=True, exist_ok=True)
    atomic_write.discard_unfinished(out)
    saved = found[-1] if found else None
    log = _restored_log(out, saved)
    _discard_later_steps(out, run.images)
    return Session(run, labelled.to(compute.device), out, about, log, clock, saved=saved)


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Keep other processes from training into `out`. Raises CheckpointError for a place of others, and TakenError."""
    _check_run(out)
    with run_lock.alone(out):
        yield


def _check_run(out: Path) -> None:
    """Refuse a place of others; in a run that has saved something, what else lies there is never touched."""
    if not run_folder.steps(out):
        check_folder(out, _is_of_a_run)


def _is_of_a_run(name: str) -> bool:
    name = COPY_OF.sub("", name)
    return name in (METRICS, run_folder.KEPT_STEPS) or name.isdecimal() or name.startswith(".")


def _read_passport(folder: Path) -> dict[str, Any]:
    about = checkpoint.describe(folder).about
    check_passport(folder, about)
    return about


def _resume(run: Trainer, folder: Path, earlier: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    changed = run.recipe.differences(earlier["recipe"])
    if earlier["seed"] != about["seed"]:
        changed.append(f"seed {earlier['seed']!r} -> {about['seed']!r}")
    if earlier["data"] != about["data"]:
        changed.append(f"trained on {_pictures(earlier['data'])}, and the data are now {_pictures(about['data'])}")
    if changed:
        raise CheckpointError(f"{folder.parent} holds another run ({'; '.join(changed)}); give another --out.")
    state = checkpoint.load_state(folder)
    try:
        run.load_state(state)
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{folder} holds a state that is not of its recipe: {error}.") from error
    known = {
        name: value for name, value in about["recipe"].items() if name in earlier["recipe"] or name not in CORRECTIONS
    }
    return {**about, "recipe": known, **{key: earlier[key] for key in ("images", "seconds", "runtimes")}}


def _pictures(data: dict[str, Any]) -> str:
    """Say which pictures a passport means: how many, and the beginning of their hash."""
    count, sha256 = data.get("images"), str(data.get("sha256"))
    number = f"{count:,}" if isinstance(count, int) else "an unknown number of"
    return f"{number} pictures (SHA-256 {sha256[:HASH_DIGITS]}...)"


def train(session: Session, budget: Budget, *, quiet: bool = False) -> str:
    """Train until the budget or a signal ends it, save, and return why it ended.

    A save, a kept step or a line of metrics that cannot be written is told and tried again later; only the save at the
    end has to succeed. Raises WriteError where it does not, and DivergedError; after both the last checkpoint on the
    disk is still the last good one.
    """
    prepare(session.run.device)
    with stop_signals() as stopped, _progress(session, budget, quiet) as bar, Saver(session) as saver:
        next_save = FIRST_SAVE_SECONDS
        sums = torch.zeros(len(Measures._fields), device=session.run.device)
        step = 0
        while session.within(budget) and not stopped:
            sums += torch.stack(_step(session))
            step += 1
            keep_step(session)
            bar.update(session.run.recipe.batch)
            if step % LOG_STEPS == 0:
                _log(session, sums / LOG_STEPS, bar, budget)
                sums.zero_()
            if session.seconds >= next_save:
                saver.save()
                next_save = session.seconds + SAVE_SECONDS
    _save_at_the_end(session)
    return f"stopped by {stopped[0]}" if stopped else "the budget is used up"


def _step(session: Session) -> Measures:
    run = session.run
    return run.step(*session.data.batch(run.seed, run.images, run.recipe.batch))


@dataclass(frozen=True)
class Snapshot:
    """Everything that a checkpoint is written from, cut off from the run, which may go on meanwhile."""

    folder: Path
    config: GeneratorConfig
    weights: dict[str, torch.Tensor]
    raw_weights: dict[str, torch.Tensor] | None
    state: dict[str, Any]
    about: dict[str, Any]
    metrics: bytes
    spare: Path | None

    @property
    def size(self) -> int:
        """Return about how many bytes the checkpoint takes."""
        return checkpoint.tensor_bytes([self.weights, self.raw_weights, self.state]) + len(self.metrics)


class Saver:
    """Saves while the training goes on: on a GPU in a thread beside it, elsewhere at once.

    A save that cannot be written is told in a sentence. The exit waits for the save under way.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.thread = ThreadPoolExecutor(1, "save") if session.run.device.type == "cuda" else None
        self.last: Future[Path] | None = None

    def save(self) -> None:
        """Save, once the save before is done, and write the steps that wait for a disk."""
        _write_waiting(self.session)
        if self.thread is None:
            with _going_on():
                save(self.session)
            return
        self.wait()
        if (taken := snapshot(self.session)) is not None:
            self.last = self.thread.submit(write, taken)

    def wait(self) -> None:
        """Wait for the save under way."""
        last, self.last = self.last, None
        if last is not None:
            with _going_on():
                self.session.saved = last.result()

    def __enter__(self) -> Saver:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.thread is not None:
            self.thread.shutdown()
        if kind is None:
            self.wait()


@contextmanager
def _going_on() -> Iterator[None]:
    """Tell what could not be written, and go on: a drive may be back, or have room, the next time."""
    try:
        yield
    except OSError as error:
        _warn(f"{_sentence(error)} The training goes on and tries again.")


def _warn(text: str) -> None:
    tqdm.write(f"warning: {text}")  # print would tear the bar


def _sentence(error: OSError) -> str:
    return f"{str(error).rstrip('.')}."


def _save_at_the_end(session: Session) -> None:
    """Write what is left. Raises WriteError, which says where the last good checkpoint is, unless it is in `out`."""
    _write_waiting(session)
    _write_log(session, None)
    try:
        save(session)
    except OSError as error:
        raise WriteError(f"{str(error).rstrip('.')}; {_last_good(session)}.") from error
    if session.saved is not None and session.saved.parent != session.out:
        raise WriteError(f"{session.out} cannot be written; {_last_good(session)}, where the same command goes on.")


def save(session: Session) -> Path:
    """Write a checkpoint with everything around it, as one step, then remove the ones before it. Raises OSError.

    One of the same count of images holds the same weights already and is left as it is.
    """
    if (taken := snapshot(session)) is not None:
        session.saved = write(taken)
    return session.saved or session.out


def snapshot(session: Session) -> Snapshot | None:
    """Copy what a checkpoint needs; None where there is one of as many images.

    Raises DivergedError unless all of it is finite, so that the checkpoint before it stays.
    """
    run = session.run
    folder = session.out / f"{run.images:09d}"
    if _is_there(folder):
        return None
    _stamp(session)
    weights, raw, state = run.generator_state(), run.raw_state(), run.state()
    _refuse_poison(session, {"drawn": [weights, raw], **state})
    metrics, about = bytes(session.log.content), deepcopy(session.about)
    config = run.recipe.generator_config()
    return Snapshot(folder, config, weights, raw, _on_cpu(state), about, metrics, session.spare)


def _refuse_poison(session: Session, parts: dict[str, Any]) -> None:
    """Raise DivergedError where anything that a resume would go on from is not finite: each resume would end there."""
    for name, part in parts.items():
        if not checkpoint.is_all_finite(part):
            raise DivergedError(_diverged(session, PART_NAMES.get(name, f"The numbers of {name}")))


def _is_there(folder: Path) -> bool:
    """Tell whether there is a folder; one on a drive that is away is not there."""
    try:
        return folder.exists()
    except OSError:
        return False


def _on_cpu(value: Any) -> Any:
    """Copy all tensors of a nested state to the CPU."""
    if isinstance(value, torch.Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: _on_cpu(part) for key, part in value.items()}
    return type(value)(map(_on_cpu, value)) if isinstance(value, list | tuple) else value


def write(taken: Snapshot) -> Path:
    """Write a snapshot as one step, then remove the checkpoints before it; return its folder.

    Where its place cannot be written, the spare place takes it. Raises WriteError where there is none or it cannot.
    """
    try:
        _write_into(taken.folder, taken)
    except WriteError as error:
        if taken.spare is None:
            raise
        spared = taken.spare / taken.folder.name
        _write_into(spared, taken)
        _warn(f"{_sentence(error)} The checkpoint is in {spared} until the next one can be written.")
        return spared
    if taken.spare is not None:
        _discard_others(taken.spare, None)
    return taken.folder


def _write_into(folder: Path, taken: Snapshot) -> None:
    with atomic_write.explained(folder, taken.size), atomic_write.written_whole(folder) as part:
        try:
            write_checkpoint(part, taken.folder.parent.name, taken.config, taken.weights, taken.about, PREVIEW)
        except CheckpointError as error:  # what was just written cannot be read
            raise OSError(str(error)) from error
        if taken.raw_weights is not None:
            checkpoint.save_weights(part / checkpoint.RAW_WEIGHTS, taken.raw_weights)
        checkpoint.save_state(part, taken.state)
        if taken.metrics:
            (part / METRICS).write_bytes(taken.metrics)
    _discard_others(folder.parent, folder)


def _discard_others(run: Path, newest: Path | None) -> None:
    """Remove all checkpoints of a folder but the newest; what cannot be removed now is removed after the next save."""
    with suppress(OSError):
        for outdated in run_folder.steps(run):
            if outdated != newest:
                atomic_write.discard(outdated)


def keep_step(session: Session) -> None:
    """Keep a small checkpoint, weights in float16 and no state, whenever the images seen have doubled.

    A run keeps one for each power of two from `FIRST_KEPT_IMAGES` on, whatever the clock says: runs can be compared at
    the same images, and ten million images leave fourteen.
    """
    images, batch = session.run.images, session.run.recipe.batch
    doubled = images.bit_length() > (images - batch).bit_length()
    folder = session.out / run_folder.KEPT_STEPS / f"{images:09d}"
    if images < FIRST_KEPT_IMAGES or not doubled or _is_there(folder):
        return
    state = halved(session.run.generator_state())
    if not checkpoint.is_all_finite(state):
        return  # the next save says that the run has diverged
    _stamp(session)
    session.waiting.append(KeptStep(folder, state, deepcopy(session.about)))
    _write_waiting(session)


def _write_waiting(session: Session) -> None:
    """Write the small checkpoints that wait, the oldest first; those that cannot be written wait on."""
    config = session.run.recipe.generator_config()
    with _going_on():
        while session.waiting:
            step = session.waiting[0]
            needed = checkpoint.tensor_bytes(step.weights)
            with atomic_write.explained(step.folder, needed), atomic_write.written_whole(step.folder) as part:
                checkpoint.save(part, config, step.weights, step.about)
            del session.waiting[0]


def _stamp(session: Session) -> None:
    """Write into the passport how far the run has come."""
    about = session.about
    about["images"], about["seconds"] = session.run.images, round(session.earlier_seconds + session.seconds, 1)
    about["runtimes"][-1]["end"] = _now()


@contextmanager
def stop_signals() -> Iterator[list[str]]:
    """Collect the name of the first SIGTERM or SIGINT instead of dying of it; a second one acts as usual."""
    stopped: list[str] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.append(signal.Signals(number).name)
        restore()

    for number in before:
        signal.signal(number, stop)
    try:
        yield stopped
    finally:
        restore()


def _progress(session: Session, budget: Budget, quiet: bool) -> Any:
    interval = 0.5 if sys.stderr.isatty() else 5.0  # a log file or a notebook needs no line a step
    return tqdm(
        total=budget.images,
        initial=session.run.images,
        unit=" images",
        disable=quiet,
        smoothing=0.05,
        mininterval=interval,
        maxinterval=interval,
    )


def _log(session: Session, measures: torch.Tensor, bar: Any, budget: Budget) -> None:
    """Append the mean measures since the last line to the metrics, with the alarms that ring, and show the losses."""
    means = dict(zip(Measures._fields, measures.tolist(), strict=True))
    d_loss, g_loss = means["d_loss"], means["g_loss"]
    if not (math.isfinite(d_loss) and math.isfinite(g_loss)):
        raise DivergedError(_diverged(session, f"The losses (D {d_loss}, G {g_loss})"))
    if not session.run.scaler.is_enabled():
        del means["skipped"]
    seconds = round(session.earlier_seconds + session.seconds, 1)
    row: dict[str, Any] = {"images": session.run.images, "seconds": seconds}
    row |= {name: _rounded(value) for name, value in means.items()} | _periods(session)
    _refuse_standstill(session, row)
    _raise_alarms(session, row, bar)
    _write_log(session, row)
    seconds_left = session.seconds_left(budget)
    left = "" if math.isinf(seconds_left) else f", {max(seconds_left, 0) / 60:.0f} min left"
    bar.set_postfix_str(f"D {d_loss:.3f}, G {g_loss:.3f}{left}", refresh=False)


def _write_log(session: Session, row: dict[str, Any] | None) -> None:
    """Write a row of the metrics with all that could not be written before; an outage is told once."""
    if row is not None:
        session.log.add(row)
    try:
        with atomic_write.explained(session.log.file, session.log.missing):
            session.log.write()
        session.log_is_late = False
    except OSError as error:
        if not session.log_is_late:
            _warn(f"{_sentence(error)} Its lines are kept and written as soon as that can be done.")
        session.log_is_late = True


def _refuse_standstill(session: Session, row: dict[str, Any]) -> None:
    """Raise DivergedError where float16 has overflowed in each of the last steps, so that nothing is trained."""
    last = [*session.rows, row][-SKIPPED_ROWS:]
    if len(last) == SKIPPED_ROWS and all(one.get("skipped") == 1.0 for one in last):
        steps = f"The gradients of the last {SKIPPED_ROWS * LOG_STEPS} steps"
        raise DivergedError(_diverged(session, steps) + " Another --precision may do.")


def _periods(session: Session) -> dict[str, Any]:
    """Return how far grids stand out: measured once in so many images, and in the rows between as measured last.

    It goes by the images and not by the saves, which go by the clock, so a resumed run logs what an unbroken one does.
    """
    last = session.rows[-1] if session.rows else {}
    if session.run.images // grids.EVERY_IMAGES == _images(last) // grids.EVERY_IMAGES:
        return {name: last[name] for name in PERIOD_NAMES if name in last}
    run = session.run
    try:
        found = grids.standing_out(
            run.recipe.generator_config(), run.generator_state(), session.real_powers, run.device
        )
    except NotFiniteError as error:
        raise DivergedError(_diverged(session, "The pictures of the generator")) from error
    return {name: _rounded(ratio) for name, ratio in found.items()}


def _images(row: dict[str, Any]) -> int:
    """Return the images of a row, 0 where it does not tell."""
    found = row.get("images")
    return found if isinstance(found, int) else 0


def _rounded(value: float) -> float | None:
    """Return a number that JSON can hold, to five digits."""
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _raise_alarms(session: Session, row: dict[str, Any], bar: Any) -> None:
    """Add the names of ringing alarms to a row of the metrics, and print those that did not ring before."""
    before = session.rows[-1].get("alarms", []) if session.rows else []
    session.rows = [*session.rows, row][-WINDOW:]
    row["alarms"] = ringing(session.rows, session.run.recipe.loss)
    for name in row["alarms"]:
        if name not in before:
            bar.write(f"alarm at {row['images']:,} images: {ALARMS[name].text}")


def _restored_log(out: Path, newest: Path | None) -> MetricsLog:
    """Go back to the metrics of the checkpoint from which a run goes on; a killed call may have written more."""
    content = (newest / METRICS).read_bytes() if newest and (newest / METRICS).is_file() else b""
    part = out / f".{METRICS}.part"
    part.write_bytes(content)
    part.replace(out / METRICS)
    return MetricsLog(out / METRICS, content)


def _discard_later_steps(out: Path, images: int) -> None:
    """Remove the kept steps that a killed call had reached after the checkpoint from which the run goes on."""
    atomic_write.discard_unfinished(out / run_folder.KEPT_STEPS)
    for step in run_folder.kept_steps(out):
        if int(step.name) > images:
            atomic_write.discard(step)


def _diverged(session: Session, what: str) -> str:
    last = _last_good(session)
    return f"{what} are not finite after {session.run.images:,} images: the training has diverged; {last}."


def _last_good(session: Session) -> str:
    return f"the last good checkpoint is {session.saved}" if session.saved else "no checkpoint had been saved yet"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
