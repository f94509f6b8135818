"""The command line of training: start, pack, train, ladder, score, bench, recipes, publish, equalize, convert."""

from __future__ import annotations

from training.core.command_line import Parser, announce

if __name__ == "__main__":
    announce("PyTorch")  # before the imports that take their time

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, redirect_stdout
from functools import partial
from pathlib import Path

import torch

from training.convert import convert as write_converted
from training.core import checkpoint, hub, run_folder
from training.core import dataset as data
from training.core.output import print_any_name, print_error, printable
from training.core.precision import Compute, chosen, has_amx
from training.core.process_group import LeaderFailedError, launched_processes, own_device, process_group
from training.equalize import equalize as write_equalized
from training.evaluation import bench, benchmark, report
from training.evaluation.feature_extractors import check_judge, open_embedder
from training.evaluation.report import SCORED, scored_cells
from training.evaluation.score_checkpoints import as_json, score_checkpoints, table
from training.evaluation.scores import PARTS, Scores, check_count
from training.options import parser as options_parser
from training.publish import publish as write_published
from training.publish import publish_to_hub
from training.recipes.overrides import configured, find_recipe
from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe
from training.recipes.requirements import check_requirements
from training.runs import loop, passport
from training.runs.external_logs import check_packages
from training.runs.followers import follow, opened_follower, opened_for_all
from training.runs.loop import Budget, Session
from training.runs.progress_bar import progress_bar
from training.runs.session import logged
from training.runs.spare import opened_spare
from training.start.expectations import FLOWERS
from training.start.start import Plan, default_out, start

FAILED = 2
RATE, RATE_WITH_AMX = 9, 13  # images of `best` a second on one thread
NO_GPU = """\
################ NO GPU ################
This trains on {kind}: with the recipe best some {rate} images a second, so that flowers begin to show after about
{images:,} images, {minutes:.0f} minutes; twice as many make the best of them good. On Colab choose a GPU:
Runtime > Change runtime type.
########################################"""
INTERRUPTED = 130  # what shells expect after Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 2 after one sentence on stderr, or 130 after Ctrl-C."""
    print_any_name()
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        _check_processes(options)
        options.command(options)
    except LeaderFailedError:
        return FAILED
    except (ValueError, RuntimeError, OSError) as error:
        print_error(_error(), str(error), as_json=getattr(options, "json", False))
        return FAILED
    except KeyboardInterrupt:  # outside the steps of a training, which saves and leaves with 0
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def _parser() -> Parser:
    return options_parser(__doc__ or "", COMMANDS)


def _check_processes(options: argparse.Namespace) -> None:
    """Raise ValueError where torchrun has started a command several times that would do everything several times."""
    if launched_processes() > 1 and options.command is not train:
        raise ValueError("Only `python -m training train` can be shared by processes; run this one without torchrun.")


def _error() -> str:
    """Say that something failed, and in which process where there are several."""
    return f"error in process {os.environ['RANK']}" if launched_processes() > 1 else "error"


def begin(options: argparse.Namespace) -> None:
    """Train on a folder of pictures, the recipe and its size chosen for this machine."""
    compute = Compute(options.device, chosen(options.precision, options.device))
    pictures = hub.opened_data(options.pictures)
    out = options.out or default_out(pictures)
    start(Plan(pictures, out, options.minutes, options.seed, compute, options.local, tuple(options.log)))


def pack(options: argparse.Namespace) -> None:
    """Pack a folder of images into one file."""
    data.check_target(options.out)  # before a long download
    folder = data.download(options.folder) if options.download else options.folder
    packed = data.pack(folder, options.out)
    print(printable("\n".join(packed.lines())))


def _say_what_a_cpu_can(device: torch.device, processes: int = 1) -> None:
    """Say loudly that there is no GPU, which is often an oversight, and what makes sense without one."""
    if device.type == "cpu" and not torch.cuda.is_available():
        threads = processes * torch.get_num_threads()
        rate = threads * (RATE_WITH_AMX if has_amx() else RATE)
        kind = f"{threads} CPU threads {'with' if has_amx() else 'without'} AMX"
        print(NO_GPU.format(kind=kind, rate=rate, images=FLOWERS, minutes=FLOWERS / rate / 60))


def train(options: argparse.Namespace) -> None:
    """Train a recipe, or go on with it."""
    device = own_device(options.device)
    with process_group(device) as group:
        compute = Compute(device, chosen(options.precision, device), group)
        (_lead if group.leads else _follow)(options, compute)


def _lead(options: argparse.Namespace, compute: Compute) -> None:
    """Train in the only process, or in the first of several, which alone decides, writes and prints."""
    with ExitStack() as held:
        session = opened_for_all(compute.group, partial(_opened, options, compute, held))
        budget = Budget(options.minutes, options.hours_total, options.images)
        with logged(session, options.log), progress_bar(session, budget):
            reason = loop.train(session, budget, quiet=True)
        print(f"{reason}: {session.trainer.images:,} images, saved in {options.out}")


def _follow(options: argparse.Namespace, compute: Compute) -> None:
    """Train with the first process, in silence."""
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123  # a device, no file
        follow(opened_follower(partial(hub.opened_data, options.data), compute))


def _opened(options: argparse.Namespace, compute: Compute, held: ExitStack) -> Session:
    """Check and pack the pictures, open the run, which is `held` against other programs, and say how it goes on."""
    check_packages(options.log)
    recipe = _recipe(options.recipe, options.set)
    pictures = hub.opened_data(options.data)
    _check_inputs(pictures, [recipe])
    held.enter_context(loop.alone(options.out))
    images = data.open_data(pictures, recipe.resolution)
    print(printable("\n".join(images.packed.lines())))
    spare = opened_spare(options.local, options.out)
    start = options.start_from and run_folder.named(hub.opened(options.start_from))
    session = loop.open_session(
        recipe, options.seed, images, options.out, compute, change=options.change, start_from=start
    )
    session.spare = spare
    start = f"from image {session.trainer.images:,} on {session.about['runtimes'][-1]['device']}"
    _say_what_a_cpu_can(compute.device, compute.group.world)
    print(f"{options.recipe}: {recipe.summary}; {start} in {compute.precision_name}")
    for change in filter(None, (passport.precision_change(session.about), passport.processes_change(session.about))):
        print(f"{options.recipe}: {change}")
    return session


def _check_inputs(pictures: Path, recipes: Iterable[Recipe], compared_parts: int = 0) -> None:
    """Check the pictures, their labels and what the recipes need, before anything that takes time."""
    found = data.survey(pictures)
    check_count(found.count, compared_parts)
    for recipe in recipes:
        found.check_classes(recipe.classes)
        check_requirements(recipe)


def run_benchmark(options: argparse.Namespace) -> None:
    """Train several recipes on an equal budget, or go on with them, then score them and write a report."""
    check_packages(options.log)
    plan = benchmark.Plan(
        recipes=_by_name(options.recipes or benchmark.DEFAULT, partial(_recipe, settings=options.set)),
        data=hub.opened_data(options.data),
        out=options.out,
        minutes=options.minutes_each,
        images=options.images_each,
        seed=options.seed,
        device=options.device,
        clock=options.clock,
        logs=tuple(options.log),
        local=options.local,
        precision=chosen(options.precision, options.device),
    )
    _check_inputs(plan.data, plan.recipes.values(), PARTS)
    embedder = open_embedder(options.network, options.device)
    for recipe in plan.recipes.values():
        check_judge(embedder.network, recipe.pretrained)
    print(f"scores will be taken with {embedder.network.name}")
    if benchmark.run(plan):
        print(f"written: {report.write(plan, embedder, options.fakes)}")
    else:
        print(f"stopped: the same command goes on in {plan.out}")


def time_recipes(options: argparse.Namespace) -> None:
    """Time recipes beside the course's plain loop, and print a table or JSON."""
    plan = bench.Plan(
        recipes=_by_name(options.recipes or benchmark.DEFAULT, lambda name: configured(find_recipe(name), options.set)),
        device=options.device,
        precision=chosen(options.precision, options.device),
        rounds=options.rounds,
        seconds=options.seconds,
        profiled=bench.PROFILED if options.profile else 0,
        against=options.against,
    )
    result = bench.measure(plan)
    print(json.dumps(result.to_dict(), indent=2) if options.json else bench.table(result))


def score(options: argparse.Namespace) -> None:
    """Score checkpoints, and print a table or JSON."""
    named = {text: run_folder.named(Path(hub.local_name(text))) for text in options.checkpoints}
    embedder = open_embedder(options.network, options.device)
    compared = score_checkpoints(named, hub.opened_data(options.data), embedder, options.fakes, quiet=options.json)
    if options.json:
        print(as_json(compared))
        return
    print(f"{options.fakes:,} pictures of seed 0, in the features of {embedder.network.name}")
    print(printable(table(compared)))


def recipes(options: argparse.Namespace) -> None:
    """List the recipes, one line each or as JSON."""
    if options.json:
        print(json.dumps([{"name": name, **recipe.to_dict()} for name, recipe in RECIPES.items()], indent=2))
        return
    width = max(map(len, RECIPES))
    for name, recipe in RECIPES.items():
        print(f"{name:<{width}}  {recipe.summary}")


def publish(options: argparse.Namespace) -> None:
    """Write the newest checkpoint of a run in half the size, without its state, into a folder or to the Hub."""
    raw, dataset = options.raw, options.dataset.repo if options.dataset else None
    if isinstance(options.out, hub.Address):
        published = publish_to_hub(options.run, options.out, raw=raw, private=options.private, dataset=dataset)
        print(f"published: {published}")
        return
    if options.private:
        raise ValueError(f"--private is for hf://owner/name; {options.out} is a folder.")
    print(f"written: {write_published(options.run, options.out, raw=raw, dataset=dataset)}")


def equalize(options: argparse.Namespace) -> None:
    """Write a checkpoint with a filter that brings its pictures to the power of real ones, and print its scores."""
    source = run_folder.named(Path(hub.local_name(options.checkpoint)))
    pictures = data.open_data(hub.opened_data(options.data), checkpoint.describe(source).config.resolution)
    embedder = open_embedder(options.network, torch.device("cpu"))
    found = write_equalized(source, options.out, pictures, embedder, power=options.power)
    cells = scored_cells(Scores.from_dict(found.about["metrics"]))
    print(f"written: {options.out} ({', '.join(f'{name} {cell}' for name, cell in zip(SCORED, cells, strict=True))})")


def convert(options: argparse.Namespace) -> None:
    """Make a generator that another program saved one of our checkpoints."""
    found = write_converted(options.file, options.out, options.entry)
    config = found.config
    sizes = f"z {config.z_dim}, width {config.width}, {config.resolution} x {config.resolution} pixels"
    print(f"written: {options.out} ({found.entry}: the generator of {found.origin}; {sizes})")


def _by_name(names: Sequence[str], find: Callable[[str], Recipe]) -> dict[str, Recipe]:
    """Return recipes by the name under which they are reported: that of a file without folder and ending."""
    recipes = {Path(name).stem: find(name) for name in dict.fromkeys(names)}
    if len(recipes) < len(set(names)):
        raise ValueError(f"Two of {', '.join(names)} would have the same name; rename a file.")
    return recipes


def _recipe(name: str, settings: Sequence[str]) -> Recipe:
    """Return a recipe with the fields of --set, and tell what is doubtful about it."""
    recipe = configured(find_recipe(name), settings)
    for doubt in recipe.doubts:
        print(f"{name}: a doubt: {doubt}")
    return recipe


COMMANDS = {
    "start": begin,
    "pack": pack,
    "train": train,
    "ladder": run_benchmark,
    "bench": time_recipes,
    "score": score,
    "recipes": recipes,
    "publish": publish,
    "equalize": equalize,
    "convert": convert,
}

if __name__ == "__main__":
    sys.exit(main())
