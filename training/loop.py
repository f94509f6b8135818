"""The loop around a run: budget, progress, previews, checkpoints, metrics, resume."""

from __future__ import annotations

import json
import math
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from PIL import Image
from tqdm import tqdm

from training import checkpoint
from training.card import model_card
from training.checkpoint import CheckpointError
from training.data import Data
from training.generators import GeneratorConfig
from training.recipe import Recipe
from training.run import Run
from training.sheet import seed_sheet

PREVIEW_SEED = 0
METRICS = "metrics.jsonl"
FIRST_SAVE_SECONDS = 60.0
SAVE_SECONDS = 300.0
LOG_STEPS = 20
PACKAGES = ("torch", "numpy", "safetensors")


class DivergedError(RuntimeError):
    """The losses or the weights of a run are no longer finite."""


@dataclass(frozen=True)
class Budget:
    """When to stop: minutes of this call, hours over all calls, images over all calls; None sets no limit."""

    minutes: float | None = None
    hours_total: float | None = None
    images: int | None = None


@dataclass
class Session:
    """One call of `train`: a run with its data and folder, the passport, and how long it has gone on."""

    run: Run
    data: Data
    out: Path
    about: dict[str, Any]
    clock: Callable[[], float] = time.monotonic
    started: float = field(init=False)
    earlier_seconds: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()
        self.earlier_seconds = self.about["seconds"]

    @property
    def seconds(self) -> float:
        """Return the seconds of this call."""
        return self.clock() - self.started

    def within(self, budget: Budget) -> bool:
        """Tell whether the budget leaves time and images for a step."""
        total = self.earlier_seconds + self.seconds
        return not (
            (budget.minutes is not None and self.seconds >= budget.minutes * 60)
            or (budget.hours_total is not None and total >= budget.hours_total * 3600)
            or (budget.images is not None and self.run.images >= budget.images)
        )


def open_session(
    recipe: Recipe, seed: int, data: Data, out: Path, device: torch.device, clock: Callable[[], float] = time.monotonic
) -> Session:
    """Begin a run in `out`, or go on with the one that is there.

    Raises CheckpointError where `out` holds a run of another recipe, seed or data set, or something else.
    """
    _check_out(out)
    found = checkpoint.steps(out)
    run = Run(recipe, seed, device)
    about = passport(recipe, seed, data)
    if found:
        about = _resume(run, found[-1], about)
    about["runtimes"].append({"start": _now(), "end": _now(), "device": device_name(device)})
    out.mkdir(parents=True, exist_ok=True)
    _trim_metrics(out / METRICS, run.images)
    return Session(run, data.to(device), out, about, clock)


def _check_out(out: Path) -> None:
    """Refuse a place that is no run's folder, before anything in it is touched."""
    if out.exists() and not out.is_dir():
        raise CheckpointError(f"{out} is a file; --out names a folder.")
    names = [path.name for path in out.iterdir()] if out.is_dir() else []
    strange = [name for name in names if name != METRICS and not name.isdecimal() and not name.startswith(".")]
    if strange:
        raise CheckpointError(f"{out} holds {min(strange)}, which no run writes; give another folder with --out.")


def _resume(run: Run, folder: Path, about: dict[str, Any]) -> dict[str, Any]:
    earlier = checkpoint.describe(folder).about
    if not about.keys() <= earlier.keys():
        raise CheckpointError(f"{folder} does not say how it was trained; it can be shown, not resumed.")
    changed = run.recipe.differences(earlier["recipe"])
    changed += [f"{key} {earlier[key]!r} -> {about[key]!r}" for key in ("seed", "data") if earlier[key] != about[key]]
    if changed:
        raise CheckpointError(f"{folder.parent} holds another run ({'; '.join(changed)}); give another --out.")
    run.load_state(checkpoint.load_state(folder))
    return {**about, **{key: earlier[key] for key in ("images", "seconds", "runtimes")}}


def passport(recipe: Recipe, seed: int, data: Data) -> dict[str, Any]:
    """Return what a checkpoint says about its training, before the first image."""
    return {
        "recipe": recipe.to_dict(),
        "pretrained": recipe.pretrained,
        "seed": seed,
        "images": 0,
        "seconds": 0.0,
        "runtimes": [],
        "data": {"sha256": data.sha256, "images": len(data)},
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}},
        "commit": _commit(),
        "metrics": {},
    }


def train(session: Session, budget: Budget, *, quiet: bool = False) -> str:
    """Train until the budget or a signal ends it, save, and return why it ended.

    Raises DivergedError, after which the last checkpoint on the disk is still the last good one.
    """
    with stop_signals() as stopped, _progress(session, budget, quiet) as bar:
        next_save = FIRST_SAVE_SECONDS
        sums = torch.zeros(2, device=session.run.device)
        step = 0
        while session.within(budget) and not stopped:
            losses = session.run.step(
                session.data.batch(session.run.seed, session.run.images, session.run.recipe.batch)
            )
            sums += torch.stack(losses)
            step += 1
            bar.update(session.run.recipe.batch)
            if step % LOG_STEPS == 0:
                _log(session, sums / LOG_STEPS, bar, budget)
                sums.zero_()
            if session.seconds >= next_save:
                save(session)
                next_save = session.seconds + SAVE_SECONDS
        save(session)
    return f"stopped by {stopped[0]}" if stopped else "the budget is used up"


def save(session: Session) -> Path:
    """Write a checkpoint with everything around it, as one step, then remove the ones before it.

    One of the same count of images holds the same weights already and is left as it is.
    """
    run, about = session.run, session.about
    folder = session.out / f"{run.images:09d}"
    if folder.exists():
        return folder
    about["images"], about["seconds"] = run.images, round(session.earlier_seconds + session.seconds, 1)
    about["runtimes"][-1]["end"] = _now()
    state = run.generator_state()
    if not all(torch.isfinite(value).all() for value in state.values()):
        raise DivergedError(_diverged(session, "The weights of the generator"))
    with checkpoint.written_whole(folder) as part:
        write_checkpoint(part, session.out.name, run.recipe.generator_config(), state, about)
        checkpoint.save_state(part, run.state())
        if (session.out / METRICS).is_file():
            shutil.copy(session.out / METRICS, part / METRICS)
    for outdated in checkpoint.steps(session.out):
        if outdated != folder:
            checkpoint.discard(outdated)
    return folder


def write_checkpoint(
    folder: Path, name: str, config: GeneratorConfig, state: dict[str, torch.Tensor], about: dict[str, Any]
) -> None:
    """Write config, weights, preview and model card into an existing folder."""
    checkpoint.save(folder, config, state, about)
    Image.fromarray(seed_sheet(checkpoint.load(folder).generator, PREVIEW_SEED)).save(folder / "preview.png")
    (folder / "README.md").write_text(model_card(name, about), encoding="utf-8")


def publish(source: Path, target: Path) -> Path:
    """Write the newest checkpoint of a run for others to draw from: weights in float16, no state to resume.

    The file of weights defines the tile, so the preview is drawn again from it. Raises CheckpointError.
    """
    newest = checkpoint.newest(source)
    found = checkpoint.load(newest)
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in found.generator.state_dict().items()
    }
    with checkpoint.written_whole(target) as part:
        write_checkpoint(part, target.name, found.config, state, found.about)
        if (newest / METRICS).is_file():
            shutil.copy(newest / METRICS, part / METRICS)
    return target


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


def device_name(device: torch.device) -> str:
    """Return what a reader knows the device by: the GPU's name, or the count of CPU threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{torch.get_num_threads()} CPU threads"


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


def _log(session: Session, losses: torch.Tensor, bar: Any, budget: Budget) -> None:
    """Append the mean losses since the last line to the metrics, and show them."""
    d_loss, g_loss = losses.tolist()
    if not (math.isfinite(d_loss) and math.isfinite(g_loss)):
        raise DivergedError(_diverged(session, f"The losses (D {d_loss}, G {g_loss})"))
    seconds = round(session.earlier_seconds + session.seconds, 1)
    row = {"images": session.run.images, "seconds": seconds, "d_loss": round(d_loss, 5), "g_loss": round(g_loss, 5)}
    with (session.out / METRICS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    left = "" if budget.minutes is None else f", {max(budget.minutes - session.seconds / 60, 0):.0f} min left"
    bar.set_postfix_str(f"D {d_loss:.3f}, G {g_loss:.3f}{left}")


def _trim_metrics(path: Path, images: int) -> None:
    """Drop the lines that were written after the checkpoint from which a run goes on."""
    if not path.is_file():
        path.touch()
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.endswith("\n") and json.loads(line)["images"] <= images]
    part = path.with_name(f".{path.name}.part")
    part.write_text("".join(kept), encoding="utf-8")
    part.replace(path)


def _diverged(session: Session, what: str) -> str:
    saved = checkpoint.steps(session.out)
    last = f"the last good checkpoint is {saved[-1]}" if saved else "no checkpoint had been saved yet"
    return f"{what} are not finite after {session.run.images:,} images: the training has diverged; {last}."


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _commit() -> str | None:
    """Return the commit of the program, where it runs from a clone."""
    try:
        command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
