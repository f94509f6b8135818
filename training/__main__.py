"""The command line of training: start, pack, train, ladder, score, bench, recipes, publish, equalize, convert."""

from __future__ import annotations

from training.core.command_line import Parser, announce

if __name__ == "__main__":
    announce("PyTorch")  # before the imports that take their time

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, redirect_stdout, suppress
from functools import partial
from pathlib import Path

import torch

from training.convert import convert as write_converted
from training.core import checkpoint, hub, run_folder
from training.core import dataset as data
from training.core.latents import check_seed
from training.core.output import print_any_name, print_error, printable
from training.core.precision import PRECISIONS, Compute, chosen, has_amx
from training.core.process_group import LeaderFailedError, launched_processes, own_device, process_group
from training.equalize import POWER
from training.equalize import equalize as write_equalized
from training.evaluation import bench, benchmark, report
from training.evaluation.feature_extractors import NETWORKS, check_judge, open_embedder
from training.evaluation.report import SCORED, scored_cells
from training.evaluation.score_checkpoints import as_json, score_checkpoints, table
from training.evaluation.scores import Scores
from training.publish import publish as write_published
from training.publish import publish_to_hub
from training.recipes.overrides import configured, find_recipe
from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe
from training.recipes.requirements import check_requirements
from training.runs import loop, passport
from training.runs.external_logs import WRITERS, check_packages
from training.runs.followers import follow, opened_follower, opened_for_all
from training.runs.loop import Budget, Session
from training.runs.progress_bar import progress_bar
from training.runs.session import logged
from training.runs.spare import opened_spare
from training.start.expectations import FLOWERS
from training.start.start import MINUTES, Plan, default_out, start

FAKES = 1000  # enough for KID; some minutes on two cores for each recipe
FAILED = 2
FEWEST_FAKES = 4  # halves of them have a spread
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


def _check_inputs(pictures: Path, recipes: Iterable[Recipe]) -> None:
    """Check the pictures, their labels and what the recipes need, before anything that takes time."""
    found = data.survey(pictures)
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
    _check_inputs(plan.data, plan.recipes.values())
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
    named = {text: run_folder.named(hub.opened(hub.place(text))) for text in options.checkpoints}
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
    source = run_folder.named(hub.opened(hub.place(options.checkpoint)))
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


def _parser() -> Parser:
    parser = Parser(prog="python -m training", description=__doc__)
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(metavar="COMMAND")
    _add_start_options(commands.add_parser("start", help="train on a folder of pictures, all else chosen for you"))

    command = commands.add_parser("pack", help="pack a folder of images into one file")
    command.add_argument("folder", type=Path, metavar="DIR", help="pictures, at any depth")
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write, or to find again")
    command.add_argument("--download", action="store_true", help="fetch Oxford 102 Flowers into DIR first")
    command.set_defaults(command=pack)

    _add_train_options(commands.add_parser("train", help="train a recipe; the same command resumes"))
    _add_benchmark_options(
        commands.add_parser("ladder", help="train several recipes on an equal budget, score and report them")
    )
    _add_bench_options(commands.add_parser("bench", help="time recipes beside the course's plain loop"))

    _add_score_options(commands.add_parser("score", help="score checkpoints beside real pictures: KID, FID, spectrum"))

    command = commands.add_parser("recipes", help="list the recipes, one line each")
    command.add_argument("--json", action="store_true", help="print JSON, with every field of each recipe")
    command.set_defaults(command=recipes)

    command = commands.add_parser("publish", help="write a run's newest checkpoint in float16, without its state")
    _add_publish_options(command)
    command.set_defaults(command=publish)

    command = commands.add_parser("equalize", help="bring a checkpoint's pictures to the power spectrum of real ones")
    _add_equalize_options(command)
    command.set_defaults(command=equalize)

    command = commands.add_parser("convert", help="make a generator that another program saved one of our checkpoints")
    _add_convert_options(command)
    command.set_defaults(command=convert)
    return parser


def _add_start_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "pictures",
        type=hub.data_place,
        metavar="PICTURES",
        help="a folder of pictures, a packed file, or hf://owner/name, a dataset",
    )
    command.add_argument(
        "--minutes", type=_positive, default=MINUTES, metavar="M", help="minutes of training in this call"
    )
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="where the run is kept (default: runs/ and the name of PICTURES)"
    )
    _add_seed_option(command)
    _add_device_options(command)
    _add_log_option(command)
    _add_local_option(command)
    command.set_defaults(command=begin)


def _add_train_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "recipe", metavar="RECIPE", help="a name that `python -m training recipes` lists, or a .toml or .py file"
    )
    _add_run_options(command)
    command.add_argument(
        "--minutes", type=_positive, metavar="M", help="minutes of training in this call (default: until Ctrl-C)"
    )
    command.add_argument(
        "--hours-total", type=_positive, metavar="H", help="hours of all calls together (default: no limit)"
    )
    command.add_argument(
        "--images", type=_count, metavar="N", help="stop once this many have been seen (default: no limit)"
    )
    command.add_argument(
        "--change",
        action="store_true",
        help="go on with a run whose recipe was another one of the same networks; the passport says since when",
    )
    command.add_argument(
        "--start-from",
        type=hub.place,
        metavar="CHECKPOINT",
        help="begin with its generator and its count of images, and with a new discriminator (default: from nothing)",
    )
    _add_log_option(command)
    _add_local_option(command)
    command.set_defaults(command=train)


def _add_benchmark_options(command: argparse.ArgumentParser) -> None:
    _add_recipes(command)
    _add_run_options(command)
    budget = command.add_mutually_exclusive_group(required=True)
    budget.add_argument(
        "--minutes-each",
        type=_positive,
        metavar="M",
        help="minutes of each recipe over all calls (no default: this or --images-each)",
    )
    budget.add_argument(
        "--images-each",
        type=_count,
        metavar="N",
        help="images of each recipe over all calls (no default: this or --minutes-each)",
    )
    command.add_argument("--clock", choices=benchmark.CLOCKS, default="wall", help="by which the minutes are counted")
    _add_score_settings(command)
    _add_log_option(command)
    _add_local_option(command)
    command.set_defaults(command=run_benchmark)


def _add_score_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "checkpoints",
        nargs="+",
        metavar="CHECKPOINT",
        help="a run, a checkpoint, a name in ./checkpoints, or hf://owner/name",
    )
    _add_data_option(command)
    _add_score_settings(command)
    command.add_argument("--device", type=_device, default="auto", metavar="D", help="cpu, cuda or auto")
    command.add_argument("--json", action="store_true", help="print JSON in place of a table")
    command.set_defaults(command=score)


def _add_score_settings(command: argparse.ArgumentParser) -> None:
    command.add_argument("--fakes", type=_fakes, default=FAKES, metavar="N", help="pictures that are scored")
    command.add_argument("--network", choices=["auto", *NETWORKS], default="auto", help="whose features are scored")


def _add_publish_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", type=Path, metavar="RUN", help="a run, a checkpoint, or a name in ./checkpoints")
    command.add_argument(
        "out", type=hub.place, metavar="DIR", help="a folder, in which a published one is replaced, or hf://owner/name"
    )
    command.add_argument("--private", action="store_true", help="on the Hub, let nobody else see the repository")
    command.add_argument("--raw", action="store_true", help="also the weights as last trained, not averaged")
    command.add_argument(
        "--dataset",
        type=_dataset,
        metavar="HF_ADDRESS",
        help="hf://owner/name of the pictures, which the card then names (default: it names none)",
    )


def _add_equalize_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "checkpoint", metavar="CHECKPOINT", help="a run, a checkpoint, a name in ./checkpoints, or hf://owner/name"
    )
    _add_data_option(command)
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder of the new checkpoint")
    command.add_argument(
        "--power", type=_power, default=POWER, metavar="P", help="of fine detail, as a multiple of that of the pictures"
    )
    command.add_argument("--network", choices=["auto", *NETWORKS], default="auto", help="whose features are scored")


def _add_convert_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path, metavar="FILE", help="a .pth or .pt that torch.save wrote")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the checkpoint's folder")
    command.add_argument(
        "--entry", metavar="NAME", help="which record of the file is meant, such as netG (default: the only one)"
    )


def _add_bench_options(command: argparse.ArgumentParser) -> None:
    _add_recipes(command)
    command.add_argument("--rounds", type=_count, default=bench.ROUNDS, metavar="N", help="in which all take turns")
    command.add_argument(
        "--seconds", type=_positive, default=bench.SECONDS, metavar="S", help="about, of each recipe in each round"
    )
    command.add_argument("--json", action="store_true", help="print JSON in place of a table")
    command.add_argument("--profile", action="store_true", help="name the dearest operations of each recipe's steps")
    command.add_argument(
        "--against", type=Path, metavar="DIR", help="another checkout of this project, timed in turn (default: none)"
    )
    _add_recipe_options(command)
    command.set_defaults(command=time_recipes)


def _add_recipes(command: argparse.ArgumentParser) -> None:
    named = f"names or files of recipes (default: {', '.join(benchmark.DEFAULT)})"
    command.add_argument("recipes", nargs="*", metavar="RECIPE", help=named)


def _add_data_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        type=hub.data_place,
        required=True,
        metavar="DIR_OR_FILE",
        help="a folder of pictures, a packed file, or hf://owner/name, a dataset",
    )


def _add_run_options(command: argparse.ArgumentParser) -> None:
    _add_data_option(command)
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the checkpoints are kept")
    _add_seed_option(command)
    _add_recipe_options(command)


def _add_seed_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seed", type=_seed, default=0, metavar="S", help="of the training, 0 to 4294967295")


def _add_log_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--log",
        choices=tuple(WRITERS),
        action="append",
        default=[],
        help="also write a log for this program; may be given twice (default: none)",
    )


def _add_local_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--local",
        type=Path,
        metavar="DIR",
        help="on another disk: takes a checkpoint that the run's own folder does not take (default: none)",
    )


def _add_recipe_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="fields of the recipe to change, such as batch=16 (default: none)",
    )
    _add_device_options(command)


def _add_device_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--device", type=_device, default="auto", metavar="D", help="cpu, cuda or auto")
    command.add_argument(
        "--precision", choices=["auto", *PRECISIONS], default="auto", help="auto is the fastest of the device"
    )


def _positive(text: str) -> float:
    with suppress(ValueError):
        if 0 < float(text) < math.inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")


def _power(text: str) -> float:
    with suppress(ValueError):
        if 0.5 <= float(text) <= 2.0:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.5 to 2")


def _count(text: str) -> int:
    with suppress(ValueError):
        if int(text) > 0:
            return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")


def _fakes(text: str) -> int:
    if _count(text) < FEWEST_FAKES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {FEWEST_FAKES} on")
    return int(text)


def _dataset(text: str) -> hub.Address:
    found = hub.data_place(text)
    if not isinstance(found, hub.Address) or found.revision:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is no address of a data set; hf://owner/name is allowed")
    return found


def _seed(text: str) -> int:
    try:
        return check_seed(int(text) if text.removeprefix("-").isdecimal() else text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _device(text: str) -> torch.device:
    if text == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(text)
        torch.zeros(1, device=device).item()  # the device "meta" computes nothing
    except (RuntimeError, AssertionError) as error:
        raise argparse.ArgumentTypeError(f"there is no device {text!r} here; allowed are cpu, cuda and auto") from error
    return device


if __name__ == "__main__":
    sys.exit(main())
