"""From pictures to a checkpoint in one call: look, check, choose, pack, train, and say how to see it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

import training
from training.core import dataset, run_folder
from training.core.dataset import Data, Survey, Tell
from training.core.precision import Compute
from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe
from training.recipes.requirements import check_requirements
from training.runs import loop
from training.runs.external_logs import check_packages
from training.runs.progress_bar import progress_bar
from training.runs.session import Budget, Session, logged
from training.runs.spare import opened_spare
from training.start import choice, expectations, preflight
from training.start.choice import Choice

MINUTES = 30.0
RUNS = Path("runs")


@dataclass(frozen=True)
class Plan:
    """What is trained on, where the run is kept, and the minutes of this call.

    `local` is a folder on another disk, where each checkpoint is written first and copied to `out` from.
    `logs` are the names of other programs that the run is logged for.
    """

    pictures: Path
    out: Path
    minutes: float
    seed: int
    compute: Compute
    local: Path | None = None
    logs: tuple[str, ...] = ()


def default_out(pictures: Path) -> Path:
    """Return the run of pictures for which no folder is named: one in ./runs, called like them."""
    name = pictures.resolve().stem if pictures.is_file() else pictures.resolve().name
    return RUNS / (name or "pictures")


def start(plan: Plan) -> None:
    """Train on pictures for some minutes, or go on, and print the command that opens the studio on the run.

    What can fail is checked before anything takes time. Raises DataError, CheckpointError, TakenError, WriteError,
    MissingPackageError and DivergedError, each with one sentence.
    """
    check_packages(plan.logs)
    with loop.alone(plan.out):
        spare = opened_spare(plan.local, plan.out)
        begun = preflight.begun_with(plan.out)
        found = preflight.check_pictures(plan.pictures, begun)
        chosen = _chosen(plan, begun, found)
        data = _opened(plan.pictures, chosen.recipe)
        print("\n".join(data.packed.lines()))
        session = loop.open_session(chosen.recipe, plan.seed, data, plan.out, plan.compute)
        session.spare = spare
        print(_closing(plan, session, _trained(session, Budget(minutes=plan.minutes), plan.logs)))


def _chosen(plan: Plan, begun: Recipe | None, found: Survey) -> Choice:
    """Check what is left to check, measure the machine, and say what is trained and what may be expected."""
    first = begun or RECIPES[choice.NAME]
    preflight.check_folders(plan.pictures, plan.out, first.resolution)
    check_requirements(first)
    print(f"pictures: {found.count:,} in {plan.pictures}, {found.labelled:,} of them with a label")
    print(f"machine: {choice.machine_name(plan.compute)}; its speed is measured now", flush=True)
    chosen = choice.recorded(begun, plan.compute) if begun else choice.choose(plan.compute)
    preflight.check_disks(plan.pictures, found.count, plan.out, chosen.recipe, chosen.trial.checkpoint_bytes)
    print("\n".join(_announced(plan, chosen, found)), flush=True)
    return chosen


def _announced(plan: Plan, chosen: Choice, found: Survey) -> Iterator[str]:
    speed, already = chosen.trial.images_per_second, _images(plan.out)
    yield f"recipe: {chosen}, {speed:.3g} images a second"
    yield f"run: {shown(plan.out)}, {f'which goes on from {already:,} images' if already else 'which is new'}"
    yield f"to expect here: {expectations.outlook(speed, chosen.recipe.batch, plan.minutes, already)}"
    if few := expectations.warning(found.count, speed * plan.minutes * 60):
        yield few


def _images(out: Path) -> int:
    newest = run_folder.resumable(out)
    return int(newest.name) if newest else 0


def _opened(pictures: Path, recipe: Recipe) -> Data:
    """Pack the pictures with a bar, unless that has been done, and load them."""
    with _telling() as tell:
        return dataset.open_data(pictures, recipe.resolution, tell)


@contextmanager
def _telling() -> Iterator[Tell]:
    with tqdm(desc="packing", unit=" pictures", leave=False) as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield tell


def _trained(session: Session, budget: Budget, logs: tuple[str, ...]) -> str:
    with logged(session, logs), progress_bar(session, budget):
        return loop.train(session, budget, quiet=True)


def _closing(plan: Plan, session: Session, reason: str) -> str:
    return (
        f"{reason}: {session.trainer.images:,} images, saved in {shown(plan.out)}; the same command goes on\n"
        f"see it: {studio_command(plan.out, plan.pictures)}"
    )


def studio_command(out: Path, pictures: Path) -> str:
    """Return the command that opens the studio on a run, as this shell understands it in this folder."""
    app = Path(training.__file__).parents[1] / "app.py"
    words = [shown(Path(sys.executable)), shown(app), "--checkpoints", shown(out), "--data", shown(pictures)]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def shown(path: Path) -> str:
    """Return a path as seen from the working directory where it is below that, and whole otherwise."""
    whole = path.absolute()
    return str(whole.relative_to(Path.cwd())) if whole.is_relative_to(Path.cwd()) else str(whole)
