"""Another checkout of this project, timed by its own code in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, cast

import torch

from training.recipes.recipe import DEFAULTS, Recipe

TRAINERS = ("training/runs/trainer.py", "training/run.py")  # today's, and that of older checkouts
SCRIPT = """
import json, sys, time

answers, sys.stdout = sys.stdout, sys.stderr
import torch
try:
    from training.recipes.presets import RECIPES
    from training.runs import trainer
except ImportError:  # an older checkout
    from training.recipes import RECIPES
    from training import run as trainer

Trainer = getattr(trainer, "Trainer", None) or trainer.Run  # the name in older checkouts

Recipe = type(next(iter(RECIPES.values())))
device, runs = torch.device(sys.argv[1]), {}
torch.set_num_threads(int(sys.argv[2]))

def fixed(value):
    return tuple(map(fixed, value)) if isinstance(value, list) else value

def opened(values):
    recipe = Recipe(**{field: fixed(value) for field, value in values.items()})
    draw, shape = torch.Generator().manual_seed(0), (recipe.batch, 3, recipe.resolution, recipe.resolution)
    pictures = torch.randint(256, shape, dtype=torch.uint8, generator=draw)
    labels = torch.randint(recipe.classes, (recipe.batch,), generator=draw) if recipe.classes else None
    return Trainer(recipe, 0, device), pictures.to(device), labels if labels is None else labels.to(device)

def timed(name, values, steps):
    if name not in runs:
        runs[name] = opened(values)
    run, pictures, labels = runs[name]
    wait = torch.cuda.synchronize if device.type == "cuda" else int
    wait()
    started = time.perf_counter()
    for _ in range(steps):
        run.step(pictures) if labels is None else run.step(pictures, labels)
    wait()
    return time.perf_counter() - started

for line in sys.stdin:
    try:
        answer = {"seconds": timed(**json.loads(line))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)
"""


class CheckoutError(RuntimeError):
    """Another checkout cannot be timed; the message says why."""


class Checkout:
    """The process of another checkout, which keeps a run of each recipe and takes the steps that it is asked for.

    Of the checkout it uses the run and the recipes only, wherever they are there, so that an old one need not know of
    this.
    """

    def __init__(self, folder: Path, device: torch.device) -> None:
        if not any((folder / file).is_file() for file in TRAINERS):
            raise CheckoutError(f"{folder} is no checkout of this project: it has no {TRAINERS[0]}.")
        self.folder = folder
        path = os.pathsep.join(filter(None, [str(folder.resolve()), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(device), str(torch.get_num_threads())],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, name: str, recipe: Recipe, steps: int) -> float:
        """Return the seconds of so many steps of a recipe, whose run under this name goes on from call to call.

        Of the recipe's fields only those with another value than the default are told, so that an older checkout need
        not know the others. Raises CheckoutError where that checkout cannot train it.
        """
        values = {field: value for field, value in recipe.to_dict().items() if value != DEFAULTS.get(field, "")}
        question = {"name": name, "values": values, "steps": steps}
        answer = self._ask(json.dumps(question))
        if "error" in answer:
            reason = " ".join(answer["error"].split())
            raise CheckoutError(f"{self.folder} cannot train {name}: {reason.rstrip('.')}.")
        return float(answer["seconds"])

    def __enter__(self) -> Checkout:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def _ask(self, question: str) -> dict[str, Any]:
        asked, answers = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)
        try:
            asked.write(question + "\n")
            asked.flush()
            answer: dict[str, Any] = json.loads(answers.readline())
        except (OSError, ValueError) as error:
            raise CheckoutError(f"The process of {self.folder} has ended; it says why above.") from error
        return answer
