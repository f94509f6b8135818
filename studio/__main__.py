"""The command line of the studio: export a seed's tile, verify anybody's tile, hold a race, make a Space."""

from __future__ import annotations

from training.core.command_line import Parser, announce

if __name__ == "__main__":
    announce("PyTorch")  # before the imports that take their time

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tqdm import tqdm

from studio.checkpoints.catalog import Catalog, listed_name
from studio.checkpoints.checkpoint_source import CheckpointSource, CheckpointSources
from studio.exploration.training_features import open_pictures
from studio.race import batch_table
from studio.race import commands as race_commands
from studio.race.batch_files import ArchiveError, files_in, is_archive, pictures, unpack_checkpoints
from studio.race.batch_verification import verify_batch
from studio.race.remarks import in_ranges
from studio.race.seed_comparison import MAX_REPEATED, MAX_SCORE, Compare, DrawnTile, OtherSeeds, SeedComparison
from studio.race.tile_file import MAX_FILE_BYTES, export_png, file_name, tile_png
from studio.race.training_copies import TrainingCopies
from studio.race.verdict import Verdict
from studio.race.verification import verify
from studio.space import command as space_command
from training.core import checkpoint, hub, run_folder
from training.core.atomic_write import write_file
from training.core.latents import check_seed
from training.core.output import print_any_name, print_error
from training.core.paths import temporary_prefix
from training.core.pixels import Pixels
from training.core.png_chunks import SIGNATURE
from training.core.suggestions import did_you_mean
from training.core.tile import check_psi

CHECKPOINTS = Path("checkpoints")
HASH = re.compile(r"[0-9a-fA-F]{8,64}")  # of a checkpoint, or how it begins
NAMED = 10  # checkpoints in an error
PASSED, FAILED, NOT_CHECKED = 0, 1, 2
WORST_FIRST = (FAILED, NOT_CHECKED, PASSED)
EXIT_CODES = {"pass_exact": PASSED, "pass_tolerance": PASSED, "fail": FAILED, "could_not_check": NOT_CHECKED}


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
        print_error("error", str(error), as_json=getattr(options, "json", False))
        return NOT_CHECKED
    return code


def export(options: argparse.Namespace) -> int:
    """Write the tile of a seed."""
    _check_writable(options.out, begins=SIGNATURE, kind="PNG")
    weights = checkpoint.RAW_WEIGHTS if options.raw else checkpoint.WEIGHTS
    found = checkpoint.load(run_folder.named(hub.opened(options.checkpoint)), weights)
    write_file(options.out, export_png(found, options.seed, options.psi))
    truncated = "" if options.psi == 1.0 else f" with psi {options.psi:g}"
    print(f"written: {options.out} (seed {options.seed}{truncated} of checkpoint {found.sha256})")
    return PASSED


def _check_writable(path: Path, option: str = "--out", *, begins: bytes, kind: str) -> None:
    """Refuse before a tile is drawn, which takes seconds; a file that begins otherwise is somebody's document."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; {option} names the file to write.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent} to write {path.name} into.")
    if path.is_file() and path.stat().st_size and not _begins(path, begins):
        raise FileExistsError(f"{path} is no {kind} of this program and is not replaced; {option} names another file.")


def _begins(path: Path, start: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(start)) == start


def check(options: argparse.Namespace) -> int:
    """Draw the tiles again that files claim to be, and say whether they are the same."""
    options.checkpoints = hub.opened(options.checkpoints)
    if len(options.files) > 1 or options.csv or is_archive(options.files[0]) or options.files[0].is_dir():
        return _check_many(options)
    data = _read(options.files[0])
    catalog, sha256 = _catalog(options)
    compare = _comparison(options)
    verdict = verify(data, catalog, seed=options.seed, checkpoint=sha256, psi=options.psi, compare=compare)
    print(json.dumps(verdict.to_dict(), indent=2) if options.json else _text(verdict))
    return EXIT_CODES[verdict.outcome]


def _check_many(options: argparse.Namespace) -> int:
    """Check files, folders and zips; the checkpoints that lie in these are found, too."""
    if options.seed is not None or options.psi is not None:
        raise ValueError("--seed and --psi are for one file; of several, each has its own.")
    if options.csv:
        _check_writable(options.csv, "--csv", begins=batch_table.CSV_START.encode("utf-8-sig"), kind="CSV")
    files = list(pictures(options.files))
    if not files:
        raise FileNotFoundError(f"There is no picture in {', '.join(map(str, options.files))}.")
    with tempfile.TemporaryDirectory(prefix=temporary_prefix("mails")) as unpacked:
        source, sha256 = _sources(options, Path(unpacked))
        with tqdm(total=len(files), unit="file", disable=None, leave=False) as bar:
            checked = verify_batch(
                files,
                source,
                checkpoint=sha256,
                progress=lambda done, _: _advance(bar, done),
                compare=_comparison(options),
            )
    if options.csv:
        write_file(options.csv, batch_table.to_csv(checked).encode("utf-8-sig"))  # or Excel takes it for Latin-1
    print(batch_table.to_json(checked) if options.json else batch_table.to_text(checked))
    return min((EXIT_CODES[one.verdict.outcome] for one in checked), key=WORST_FIRST.index)


def _advance(bar: Any, done: int) -> None:
    bar.update(done - bar.n)


def _sources(options: argparse.Namespace, unpacked: Path) -> tuple[CheckpointSource, str | None]:
    """Return where to look for checkpoints: as for one file, and in the folders and zips that are checked."""
    for number, archive in enumerate(_archives(options.files)):
        with suppress(ArchiveError):  # its line in the table says so
            unpack_checkpoints(archive, unpacked / f"zip-{number}")
    folders = [Catalog(folder, origin="beside") for folder in [*filter(Path.is_dir, options.files), unpacked]]
    if options.checkpoint is None and not options.checkpoints.is_dir():
        return CheckpointSources(folders), None
    catalog, sha256 = _catalog(options)
    return CheckpointSources([catalog, *folders]), sha256


def _archives(paths: Sequence[Path]) -> list[Path]:
    inside = [file for folder in filter(Path.is_dir, paths) for file in files_in(folder)]
    return [path for path in [*paths, *inside] if is_archive(path) and path.is_file()]


def _comparison(options: argparse.Namespace) -> Compare:
    """Return what holds each tile against those of two other seeds, and against the training pictures of --data."""
    others, copies, folder = OtherSeeds(), _training_copies(options.data), options.other_seeds
    if folder is not None:
        _make_folder(folder)

    def compare(found: checkpoint.Checkpoint, seed: int, psi: float, tile: Pixels) -> SeedComparison:
        compared = others.compare(found, DrawnTile(seed, tile), psi, copies.find if copies else None)
        if folder is not None and compared.not_finite is None:
            for one in others.tiles(found, seed, psi):
                path = folder / file_name(found.sha256, one.seed, psi)
                write_file(path, tile_png(found, one.seed, one.pixels, psi))
        return compared

    return compare


def _make_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; --other-seeds names a folder to write tiles into.")
    folder.mkdir(parents=True, exist_ok=True)


def _training_copies(place: hub.Place | None) -> TrainingCopies | None:
    if place is None:
        return None
    data = hub.opened_data(place)
    if not data.exists():
        raise FileNotFoundError(f"{data} does not exist; --data names a folder of pictures or a packed file.")
    return TrainingCopies(open_pictures(data))


def _text(verdict: Verdict) -> str:
    lines = [f"{batch_table.HEADINGS[verdict.outcome]}: {verdict.sentence}"]
    if verdict.cells:
        lines.append(f"cells that differ (0 to 99, row by row): {in_ranges(verdict.cells)}")
        lines.append(f"largest difference: {verdict.largest} of 255 levels; values that differ: {verdict.share:.4%}")
    if verdict.notes:
        lines.append(f"drawn by another version than this one: {', '.join(verdict.notes)}")
    return "\n".join([*lines, *_comparison_lines(verdict)])


def _comparison_lines(verdict: Verdict) -> list[str]:
    compared = verdict.comparison
    if compared is None:
        return []
    facts = [f"two other seeds, drawn by chance: {' and '.join(map(str, compared.seeds))}"]
    if compared.not_finite is None:
        facts.append(f"score {compared.score:.1f} (a warning above {MAX_SCORE:g})")
        facts.append(f"pictures that come again: {compared.repeated} (a warning above {MAX_REPEATED})")
    if compared.copies is not None:
        facts.append(f"nearly training pictures: {len(compared.copies)}")
    return ["; ".join(facts), *(f"WARNING: {text}" for text in verdict.warning_sentences)]


def _read(path: Path) -> bytes:
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}.")
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)  # one more than is allowed: the verdict refuses it


def _catalog(options: argparse.Namespace) -> tuple[Catalog, str | None]:
    """Return where to look for checkpoints, and the hash of the one that was named, if one was."""
    name: str | None = hub.local_name(options.checkpoint) if options.checkpoint else None
    catalog = Catalog(options.checkpoints)
    named = next((entry for entry in catalog.entries() if entry.name == listed_name(name)), None) if name else None
    if named is None and name and (Path(name).is_dir() or "@" in name):
        folder = run_folder.named(Path(name))
        catalog = Catalog(folder)
        named = next(iter(catalog.entries()))
    elif not options.checkpoints.is_dir():
        raise FileNotFoundError(f"There is no folder {options.checkpoints}; --checkpoints names where they are.")
    if named is None and name and not HASH.fullmatch(name):
        raise checkpoint.CheckpointError(_unknown(name, options.checkpoints, catalog))
    if named is None:
        return catalog, name
    if named.sha256 is None:
        raise named.problem or checkpoint.CheckpointError(f"{name} cannot be used.")
    return catalog, named.sha256


def _unknown(name: str, folder: Path, catalog: Catalog) -> str:
    names = [entry.name for entry in catalog.entries()]
    known = f"; it has: {', '.join(names[:NAMED])}{', ...' if len(names) > NAMED else ''}" if names else ""
    meant = did_you_mean(name, names)
    return (
        f"{folder} has no checkpoint {name[:80]!r}{meant or f'{known}. Digits of a hash are allowed, too, 8 or more.'}"
    )


def _parser() -> Parser:
    parser = Parser(prog="python -m studio", description=__doc__)
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(metavar="COMMAND")

    command = commands.add_parser("export", help="write the tile of a seed as a PNG that can be verified")
    command.add_argument(
        "checkpoint",
        type=hub.place,
        metavar="CHECKPOINT",
        help="a checkpoint's folder, a run's, RUN@IMAGES, a name in ./checkpoints, or hf://owner/name",
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
        help="check whether PNGs are what their seeds give",
        epilog="Exit code: 0 pass, 1 fail, 2 could not check; of several files that of the worst.",
    )
    command.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="pictures; also folders and zips, with all pictures in them"
    )
    command.add_argument(
        "--checkpoints", type=hub.place, default=CHECKPOINTS, metavar="DIR", help="where to look for checkpoints"
    )
    command.add_argument("--seed", type=_seed, metavar="N", help="for one file (default: the one that it names)")
    command.add_argument(
        "--checkpoint",
        metavar="C",
        help="a name in DIR, a folder, RUN@IMAGES, hf://owner/name, or 8 digits or more of a hash "
        "(default: the one that the file names)",
    )
    command.add_argument("--psi", type=_psi, metavar="P", help="0 to 1 (default: the one that the file names)")
    command.add_argument("--json", action="store_true", help="print the verdict as JSON")
    command.add_argument("--csv", type=Path, metavar="FILE", help="also write all verdicts as CSV (default: none)")
    command.add_argument(
        "--other-seeds",
        type=Path,
        metavar="DIR",
        help="also write the tiles of the two other seeds that each tile is compared with (default: not written)",
    )
    command.add_argument(
        "--data",
        type=hub.data_place,
        metavar="PATH",
        help="training pictures that no tile may copy, also hf://owner/name, a dataset (default: none)",
    )
    command.set_defaults(command=check)
    race_commands.add_parser(commands)
    space_command.add_parser(commands)
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
