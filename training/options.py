"""The options of each command of training, and what their values may be."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import torch

from training.core import hub
from training.core.command_line import Parser
from training.core.latents import check_seed
from training.core.precision import PRECISIONS
from training.equalize import POWER
from training.evaluation import bench, benchmark
from training.evaluation.feature_extractors import NETWORKS
from training.runs.external_logs import WRITERS
from training.start.start import MINUTES

FAKES = 1000  # enough for KID; some minutes on two cores for each recipe
FEWEST_FAKES = 4  # halves of them have a spread


def parser(description: str, commands: Mapping[str, Callable[[argparse.Namespace], None]]) -> Parser:
    """Return the parser of `python -m training`; its options have the function of their command, or None."""
    whole = Parser(prog="python -m training", description=description)
    whole.set_defaults(command=None)
    parsers = whole.add_subparsers(metavar="COMMAND")
    for name, (summary, add_options) in COMMANDS.items():
        command = parsers.add_parser(name, help=summary)
        add_options(command)
        command.set_defaults(command=commands[name])
    return whole


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
        "--out", type=_path, metavar="DIR", help="where the run is kept (default: runs/ and the name of PICTURES)"
    )
    _add_seed_option(command)
    _add_device_options(command)
    _add_log_option(command)
    _add_local_option(command)


def _add_pack_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=_path, metavar="DIR", help="pictures, at any depth")
    command.add_argument("--out", type=_path, required=True, metavar="FILE", help="the file to write, or to find again")
    command.add_argument("--download", action="store_true", help="fetch Oxford 102 Flowers into DIR first")


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


def _add_score_settings(command: argparse.ArgumentParser) -> None:
    command.add_argument("--fakes", type=_fakes, default=FAKES, metavar="N", help="pictures that are scored")
    command.add_argument("--network", choices=["auto", *NETWORKS], default="auto", help="whose features are scored")


def _add_listing_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON, with every field of each recipe")


def _add_publish_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", type=_path, metavar="RUN", help="a run, a checkpoint, or a name in ./checkpoints")
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
    command.add_argument("--out", type=_path, required=True, metavar="DIR", help="the folder of the new checkpoint")
    command.add_argument(
        "--power", type=_power, default=POWER, metavar="P", help="of fine detail, as a multiple of that of the pictures"
    )
    command.add_argument("--network", choices=["auto", *NETWORKS], default="auto", help="whose features are scored")


def _add_convert_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=_path, metavar="FILE", help="a .pth or .pt that torch.save wrote")
    command.add_argument("--out", type=_path, required=True, metavar="DIR", help="the checkpoint's folder")
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
        "--against", type=_path, metavar="DIR", help="another checkout of this project, timed in turn (default: none)"
    )
    _add_recipe_options(command)


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
    command.add_argument("--out", type=_path, required=True, metavar="DIR", help="where the checkpoints are kept")
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
        type=_path,
        metavar="DIR",
        help="a folder on another disk: each checkpoint is written there first, then copied to --out (default: one in "
        "the cache where --out is on a mounted drive)",
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


def _path(text: str) -> Path:
    if text.startswith(hub.SCHEME):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is an address of the Hub; a path of this machine is allowed")
    return Path(text)


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


COMMANDS: Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "start": ("train on a folder of pictures, all else chosen for you", _add_start_options),
    "pack": ("pack a folder of images into one file", _add_pack_options),
    "train": ("train a recipe; the same command resumes", _add_train_options),
    "ladder": ("train several recipes on an equal budget, score and report them", _add_benchmark_options),
    "bench": ("time recipes beside the course's plain loop", _add_bench_options),
    "score": ("score checkpoints beside real pictures: KID, FID, spectrum", _add_score_options),
    "recipes": ("list the recipes, one line each", _add_listing_options),
    "publish": ("write a run's newest checkpoint in float16, without its state", _add_publish_options),
    "equalize": ("bring a checkpoint's pictures to the power spectrum of real ones", _add_equalize_options),
    "convert": ("make a generator that another program saved one of our checkpoints", _add_convert_options),
}
