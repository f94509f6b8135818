"""The benchmark: several recipes, one after the other, each with the same time or as many images."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from training.core import checkpoint, run_folder
from training.core import dataset as data
from training.core.checkpoint import CheckpointError
from training.core.precision import Compute
from training.recipes.recipe import Recipe
from training.runs import loop, passport
from training.runs.divergence import DivergedError
from training.runs.session import Budget, Session, logged
from training.runs.spare import opened_spare

DEFAULT = (  # the baseline and one or two of each kind
    *("course_sample", "dcgan", "lsgan", "wgan_gp", "spectral_norm"),
    *("ada", "r3gan", "stylegan2_light", "fastgan", "projected", "best"),
)
DIVERGED = ".diverged.json"  # in a recipe's run, so that it goes with the run
Clock = Callable[[], float]
FEATURES = "features"  # of the reals, kept in the benchmark's folder
CLOCKS: dict[str, Clock] = {
    "wall": time.monotonic,
    "processor": lambda: time.process_time() / torch.get_num_threads(),  # stands still while other work has the cores
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a benchmark is made of: recipes by name, pictures, a folder, and the budget of each recipe over all calls.

    The budget is `minutes`, counted by one of `CLOCKS`, or `images`; exactly one of the two is given. `logs` are the
    names of other programs that each run is logged for. `local` is a folder on another disk, which takes checkpoints
    first; without one, runs on a mounted drive get it in the cache.
    """

    recipes: Mapping[str, Recipe]
    data: Path
    out: Path
    seed: int
    device: torch.device
    minutes: float | None = None
    images: int | None = None
    clock: str = "wall"
    precision: torch.dtype = torch.float32
    logs: tuple[str, ...] = ()
    local: Path | None = None

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.images is None):
            raise ValueError("A benchmark has a budget of minutes or one of images, exactly one of the two.")
        for name in self.recipes:
            if not re.fullmatch(r"[\w-]+", name) or name == FEATURES:
                raise ValueError(
                    f"A recipe of a benchmark cannot be called {name!r}: letters, digits, - and _ are allowed."
                )

    def run(self, name: str) -> Path:
        """Return the folder of a recipe's run."""
        return self.out / name


def run(plan: Plan, clock: Clock | None = None, *, quiet: bool = False) -> bool:
    """Train every recipe that has budget left; return False where a signal ended it before the last one was through.

    A run that diverges is recorded and passed over from then on. Everything is opened once before anything is trained,
    so that a missing package or a folder with another run shows at once. Raises MissingPackageError, CheckpointError,
    DataError, and TakenError where another process trains one of the runs.
    """
    waiting = [name for name in plan.recipes if left(plan, name) > 0 and not diverged(plan, name)]
    print(_intention(plan, waiting))
    clock = clock or CLOCKS[plan.clock]
    opened = cache(lambda resolution: data.open_data(plan.data, resolution))
    with ExitStack() as stack:
        for name in waiting:
            with _naming(name):
                stack.enter_context(loop.alone(plan.run(name)))
        spares = {name: opened_spare(plan.local, plan.run(name)) for name in waiting}
        for name in plan.recipes:
            if name in waiting:
                _open(plan, name, opened, clock)
            elif run_folder.steps(plan.run(name)):
                _check(plan, name, opened(plan.recipes[name].resolution))
        sessions = ((name, _open(plan, name, opened, clock)) for name in waiting)
        return all(_train(plan, name, session, spares[name], quiet) for name, session in sessions)


def left(plan: Plan, name: str) -> float:
    """Return what is left of a recipe's minutes or images after all calls before this one.

    What a killed call did after its last save is lost.
    """
    found = run_folder.steps(plan.run(name))
    about = _about(found[-1]) if found else {"seconds": 0.0, "images": 0}
    if plan.minutes is None:
        return float((plan.images or 0) - about["images"])
    return float(plan.minutes - about["seconds"] / 60)


def _budget(plan: Plan) -> Budget:
    return Budget(hours_total=None if plan.minutes is None else plan.minutes / 60, images=plan.images)


def diverged(plan: Plan, name: str) -> str | None:
    """Return the sentence in which a recipe's run was ended that diverged with the plan's settings, or None."""
    path = plan.run(name) / DIVERGED
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        same = found["seed"] == plan.seed and not plan.recipes[name].differences(found["recipe"])
        return str(found["sentence"]) if same else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _open(plan: Plan, name: str, opened: Callable[[int], data.Data], clock: Clock) -> Session:
    recipe = plan.recipes[name]
    with _naming(name):
        compute = Compute(plan.device, plan.precision)
        return loop.open_session(recipe, plan.seed, opened(recipe.resolution), plan.run(name), compute, clock)


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Say of which recipe an error is."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{name}: {error}") from error


def _check(plan: Plan, name: str, pictures: data.Data) -> None:
    """Refuse to take a finished run for one of the plan's that has another recipe, seed or data set."""
    folder = run_folder.newest(plan.run(name))
    about = _about(folder)
    changed = plan.recipes[name].differences(about["recipe"])
    changed += [] if about["seed"] == plan.seed else [f"seed {about['seed']!r} -> {plan.seed!r}"]
    changed += [] if about["data"].get("sha256") == pictures.sha256 else ["other pictures"]
    if changed:
        raise CheckpointError(f"{name}: {plan.run(name)} holds another run ({'; '.join(changed)}); give another --out.")


def _about(folder: Path) -> dict[str, Any]:
    about = checkpoint.describe(folder).about
    passport.check_passport(folder, about)
    return about


def _train(plan: Plan, name: str, session: Session, spare: Path | None, quiet: bool) -> bool:
    """Train one recipe and return whether the benchmark goes on."""
    budget, session.spare = _budget(plan), spare
    device = passport.device_name(session.trainer.device)
    print(f"{name}: from image {session.trainer.images:,} on {device}, {_still(session, budget)} left")
    try:
        with logged(session, plan.logs):
            reason = loop.train(session, budget, quiet=quiet)
    except DivergedError as error:
        facts = {"sentence": str(error), "recipe": session.about["recipe"], "seed": session.trainer.seed}
        (session.out / DIVERGED).write_text(json.dumps(facts), encoding="utf-8")
        print(f"{name}: {error}")
        return True
    print(f"{name}: {reason}: {session.trainer.images:,} images, saved in {session.out}")
    return not reason.startswith("stopped")


def _intention(plan: Plan, waiting: list[str]) -> str:
    each = f"{plan.images:,} images" if plan.minutes is None else f"{plan.minutes:g} minutes"
    if not waiting:
        return f"{', '.join(plan.recipes)} have had their {each} each"
    rest = sum(left(plan, name) for name in waiting)
    return f"{each} each, {rest:,.{0 if plan.minutes is None else 1}f} left in all, for {', '.join(waiting)}"


def _still(session: Session, budget: Budget) -> str:
    if budget.images is None:
        return f"{session.seconds_left(budget) / 60:.1f} minutes"
    return f"{max(budget.images - session.trainer.images, 0):,} images"
