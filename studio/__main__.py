"""The command line of the studio: export a seed's tile, verify anybody's tile."""

from __future__ import annotations

from training.core.command_line import Parser, announce

if __name__ == "__main__":
    announce("PyTorch")  # before the imports that take their time

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from studio.checkpoints.catalog import Gallery, listed_name
from studio.race.tile_file import MAX_FILE_BYTES, export_png
from studio.race.verdict import Verdict, in_ranges
from studio.race.verification import verify
from training.core import atomic_write, checkpoint, run_folder
from training.core.latents import check_seed
from training.core.output import print_any_name
from training.core.tile import check_psi

CHECKPOINTS = Path("checkpoints")
PASSED, FAILED, NOT_CHECKED = 0, 1, 2
EXIT_CODES = {"pass_exact": PASSED, "pass_tolerance": PASSED, "fail": FAILED, "could_not_check": NOT_CHECKED}
HEADINGS = {
    "pass_exact": "PASS (exact)",
    "pass_tolerance": "PASS (within tolerance)",
    "fail": "FAIL",
    "could_not_check": "COULD NOT CHECK",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code, 2 after one sentence on stderr for what cannot be done."""
    print_any_name()
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return PASSED
    try:
        code: int = options.command(options)
    except (ValueError, RuntimeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return NOT_CHECKED
    return code


def export(options: argparse.Namespace) -> int:
    """Write the tile of a seed."""
    _check_writable(options.out)
    weights = checkpoint.RAW_WEIGHTS if options.raw else checkpoint.WEIGHTS
    found = checkpoint.load(run_folder.named(options.checkpoint), weights)
    _write(options.out, export_png(found, options.seed, options.psi))
    truncated = "" if options.psi == 1.0 else f" with psi {options.psi:g}"
    print(f"written: {options.out} (seed {options.seed}{truncated} of checkpoint {found.sha256})")
    return PASSED


def _check_writable(path: Path) -> None:
    """Refuse before the tile is drawn, which takes seconds."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; --out names the file to write.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent} to write {path.name} into.")


def _write(path: Path, data: bytes) -> None:
    """Write a file as one step, so that nobody ever sees half of it."""
    part = path.with_name(f".{path.name}{atomic_write.UNFINISHED}")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def check(options: argparse.Namespace) -> int:
    """Draw the tile again that a file claims to be, and say whether they are the same."""
    data = _read(options.file)
    gallery, sha256 = _gallery(options)
    verdict = verify(data, gallery, seed=options.seed, checkpoint=sha256, psi=options.psi)
    print(json.dumps(verdict.to_dict(), indent=2) if options.json else _text(verdict))
    return EXIT_CODES[verdict.outcome]


def _text(verdict: Verdict) -> str:
    lines = [f"{HEADINGS[verdict.outcome]}: {verdict.sentence}"]
    if verdict.cells:
        lines.append(f"cells that differ (0 to 99, row by row): {in_ranges(verdict.cells)}")
        lines.append(f"largest difference: {verdict.largest} of 255 levels; values that differ: {verdict.share:.4%}")
    if verdict.notes:
        lines.append(f"drawn by another version than this one: {', '.join(verdict.notes)}")
    return "\n".join(lines)


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; the PNG to verify is wanted.")
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}.")
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)  # one more than is allowed: the verdict refuses it


def _gallery(options: argparse.Namespace) -> tuple[Gallery, str | None]:
    """Return where to look for checkpoints, and the hash of the one that was named, if one was."""
    name: str | None = options.checkpoint
    gallery = Gallery(options.checkpoints)
    named = next((entry for entry in gallery.entries() if entry.name == listed_name(name)), None) if name else None
    if named is None and name and (Path(name).is_dir() or "@" in name):
        folder = run_folder.named(Path(name))
        gallery = Gallery(folder)
        named = next(iter(gallery.entries()))
    elif not options.checkpoints.is_dir():
        raise FileNotFoundError(f"There is no folder {options.checkpoints}; --checkpoints names where they are.")
    if named is None:
        return gallery, name
    if named.sha256 is None:
        raise named.problem or checkpoint.CheckpointError(f"{name} cannot be used.")
    return gallery, named.sha256


def _parser() -> Parser:
    parser = Parser(prog="python -m studio", description=__doc__)
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(metavar="COMMAND")

    command = commands.add_parser("export", help="write the tile of a seed as a PNG that can be verified")
    command.add_argument(
        "checkpoint",
        type=Path,
        metavar="CHECKPOINT",
        help="a checkpoint's folder, a run's, RUN@IMAGES, or a name in ./checkpoints",
    )
    command.add_argument("--seed", type=_seed, required=True, metavar="N", help="0 to 4294967295")
    command.add_argument("--psi", type=_psi, default=1.0, metavar="P", help="truncation of all cells, 0 to 1")
    command.add_argument("--raw", action="store_true", help="draw with the weights as last trained, not averaged")
    command.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the PNG to write; a file that is there is replaced"
    )
    command.set_defaults(command=export)

    command = commands.add_parser(
        "verify",
        help="check whether a PNG is what its seed gives",
        epilog="Exit code: 0 pass, 1 fail, 2 could not check.",
    )
    command.add_argument("file", type=Path, metavar="FILE", help="the PNG to check")
    command.add_argument(
        "--checkpoints", type=Path, default=CHECKPOINTS, metavar="DIR", help="where to look for checkpoints"
    )
    command.add_argument("--seed", type=_seed, metavar="N", help="default: the one that the file names")
    command.add_argument(
        "--checkpoint",
        metavar="C",
        help="a name in DIR, a folder, RUN@IMAGES, or 8 digits or more of a hash (default: as the file says)",
    )
    command.add_argument("--psi", type=_psi, metavar="P", help="0 to 1 (default: the one that the file names)")
    command.add_argument("--json", action="store_true", help="print the verdict as JSON")
    command.set_defaults(command=check)
    return parser


def _seed(text: str) -> int:
    try:
        return check_seed(int(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no seed; 0 to 4294967295 are allowed") from error


def _psi(text: str) -> float:
    try:
        return check_psi(float(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no psi; 0 to 1 are allowed") from error


if __name__ == "__main__":
    sys.exit(main())
