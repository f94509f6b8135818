"""The command `python -m studio space DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

from studio.space.folder import write_space
from studio.space.readme import MOST_TITLE, TITLE, SpaceSettings
from studio.space.upload import KIND, check_token, push_space, space_repo
from training.core import hub
from training.core.command_line import Parser

CHECKPOINTS = Path("checkpoints")
DONE = 0
Parsers: TypeAlias = "argparse._SubParsersAction[Parser]"


def space(options: argparse.Namespace) -> int:
    """Write a Space and, where asked to, upload it."""
    if options.private and not options.push:
        raise ValueError("--private is for --push owner/name.")
    if options.push:
        check_token(hub.Address(options.push, kind=KIND))
    settings = SpaceSettings(options.title, options.zero_gpu, options.push)
    names = write_space(options.folder, options.checkpoints, settings)
    files = [path for path in options.folder.rglob("*") if path.is_file()]
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    print(f"written: {options.folder} ({len(files)} files, {megabytes:.1f} MB; checkpoints: {', '.join(names)})")
    if options.push:
        where = push_space(options.folder, options.push, zero_gpu=options.zero_gpu, private=options.private)
        print(f"uploaded: {where}")
    return DONE


def add_parser(commands: Parsers) -> None:
    """Add the command to those of the studio."""
    command = commands.add_parser("space", help="write a folder that runs as a Gradio Space of the Hugging Face Hub")
    command.add_argument("folder", type=Path, metavar="DIR", help="a new folder, or a Space that was written before")
    command.add_argument(
        "--checkpoints",
        type=hub.place,
        nargs="+",
        default=[CHECKPOINTS],
        metavar="C",
        help="what it draws from: checkpoints, runs, folders of them, or hf://owner/name (default: checkpoints)",
    )
    command.add_argument("--title", type=_title, default=TITLE, metavar="TEXT", help="1 to 80 characters on one line")
    command.add_argument(
        "--zero-gpu", action="store_true", help="for ZeroGPU hardware, the only kind that a free account can make"
    )
    command.add_argument(
        "--push", type=_repo, metavar="OWNER/NAME", help="also upload it there (default: not uploaded)"
    )
    command.add_argument("--private", action="store_true", help="with --push: nobody else sees the Space")
    command.set_defaults(command=space)


def _title(text: str) -> str:
    if not 1 <= len(text.strip()) <= MOST_TITLE or not text.isprintable():
        raise argparse.ArgumentTypeError(
            f"{text[:90]!r} is no title; 1 to {MOST_TITLE} printable characters are allowed"
        )
    return text.strip()


def _repo(text: str) -> str:
    try:
        return space_repo(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
