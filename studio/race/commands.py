"""The command line of a race: `python -m studio race COMMAND FOLDER`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from tqdm import tqdm

from studio.checkpoints.catalog import Catalog
from studio.checkpoints.checkpoint_source import CheckpointSource, CheckpointSources
from studio.race import code_sheet
from studio.race.code_sheet_file import check_place, placed_sheet
from studio.race.messages import STAGES, RaceError
from studio.race.one_time_codes import grouped
from studio.race.organiser import IssuedCode, Organiser, Overview
from studio.race.results_page import LANGUAGES
from studio.race.store.entries import RaceEntry, Refusal
from studio.race.store.race_folder import Progress, RaceFolder, RaceOptions, create, is_race
from studio.race.store.race_state import Phase, RaceState
from training.core.atomic_write import write_file
from training.core.command_line import Parser

CHECKPOINTS = Path("checkpoints")
DONE, REFUSED = 0, 1
Parsers: TypeAlias = "argparse._SubParsersAction[Parser]"


def new(options: argparse.Namespace) -> int:
    """Begin a race, or go on with one, and enter everybody of a folder of mails."""
    if is_race(options.folder):
        print(f"{options.folder} is a race already; it goes on.")
    else:
        chosen = RaceOptions(options.title, options.resolution, options.hours, options.shared_first)
        print(f"organiser's secret (kept nowhere else): {grouped(create(options.folder, chosen))}")
    if options.entries is None:
        return DONE
    source: CheckpointSource = Catalog(options.checkpoints) if options.checkpoints.is_dir() else CheckpointSources([])
    with _bar("entry") as progress:
        results = _organiser(options).enter_mails(options.entries, source, progress)
    _print_results(results)
    return REFUSED if any(isinstance(one, Refusal) for one in results) else DONE


def _organiser(options: argparse.Namespace) -> Organiser:
    return Organiser(RaceFolder(options.folder))


@contextmanager
def _bar(unit: str) -> Iterator[Progress]:
    with tqdm(unit=unit, disable=None, leave=False) as bar:
        yield partial(_advance, bar)


def _advance(bar: Any, done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)


def _print_results(results: Sequence[RaceEntry | Refusal]) -> None:
    refused = [one for one in results if isinstance(one, Refusal)]
    lines = [f"refused: {one.name}: {one.sentence()}" for one in refused]
    lines += [_line(one) for one in results if isinstance(one, RaceEntry)]
    print("\n".join(lines))
    print(f"{len(results) - len(refused)} entered, {len(refused)} refused")


def _line(entry: RaceEntry) -> str:
    """Describe an entry with all that is declared."""
    looked_at = "not said" if entry.seeds_looked_at is None else entry.seeds_looked_at
    facts = [
        f"checkpoint {entry.checkpoint_sha256[:8]}, seed {entry.seed}, psi {entry.psi:g}",
        f"seeds looked at: {looked_at}",
        f"trained {entry.hours or 0:.1f} h",
        f"pretrained: {entry.pretrained or 'nothing declared'}",
    ]
    if entry.repeated_cells:
        facts.append(f"{entry.repeated_cells} of 100 pictures also in the second tile")
    return f"entered: {entry.name}: {'; '.join(facts)}"


def open_vote(options: argparse.Namespace) -> int:
    """Close the entries, draw the second tiles, write the codes and open the vote."""
    organiser = _organiser(options)
    if organiser.folder.state().phase == Phase.VOTE:
        print("The vote was opened before; `race codes` draws new codes, `race reopen` opens what was closed.")
        return _print_status(organiser)
    sheet = _sheet(options)
    with _bar("entry") as progress, placed_sheet(sheet) as write:
        take_codes = partial(_write_sheet, write, organiser.folder.state(), options.address)
        state = organiser.open_vote(options.voters, honour=options.honour, take_codes=take_codes, progress=progress)
    _print_excluded(organiser)
    print(f"The vote is open between {len(state.mapping)} tiles. Commitment to publish now: {state.commitment}")
    if state.honour:
        print("It is on the honour system: nothing stops anybody from voting under several names.")
    elif options.voters is not None:
        print(f"Codes for {state.voters} voters: {sheet} (print it, then delete it: codes are kept nowhere else)")
    print(f"Show it with: python app.py --race {options.folder}")
    return DONE


def _sheet(options: argparse.Namespace) -> Path:
    if options.address:
        code_sheet.link_of(options.address, "0" * 10)
    folder: Path = options.folder.resolve()
    sheet: Path = options.sheet or folder.with_name(f"{folder.name}-codes.html")
    if sheet.is_dir() or not sheet.parent.is_dir():
        raise FileNotFoundError(f"{sheet} cannot be written: --sheet names a file in a folder that exists.")
    if options.voters is not None and not getattr(options, "honour", False):
        check_place(sheet)
    return sheet


def _write_sheet(
    write: Callable[[str], None], state: RaceState, address: str | None, codes: Sequence[IssuedCode]
) -> None:
    write(code_sheet.to_html(state.title, codes, address))


def _print_excluded(organiser: Organiser) -> None:
    for entry in organiser.overview().entries:
        if entry.excluded:
            print(f"excluded: {entry.name}: {RaceError(**entry.excluded).sentence()}")


def codes(options: argparse.Namespace) -> int:
    """Draw new codes in the place of all that are unused, and write their sheet."""
    organiser, sheet = _organiser(options), _sheet(options)
    with placed_sheet(sheet) as write:
        take_codes = partial(_write_sheet, write, organiser.folder.state(), options.address)
        organiser.replace_codes(options.voters, take_codes)
    print(f"New codes: {sheet} (older ones that nobody has used are no longer good)")
    return DONE


def status(options: argparse.Namespace) -> int:
    """Tell where a race stands."""
    return _print_status(_organiser(options))


def _print_status(organiser: Organiser) -> int:
    overview = organiser.overview()
    print("\n".join(_status_lines(overview)))
    names = organiser.honour_names()
    if names:
        print(f"have voted: {', '.join(names)}")
    return DONE


def _status_lines(overview: Overview) -> list[str]:
    state = overview.state
    lines = [f"{state.title}: {_stage(state)}"]
    if state.mapping:
        lines.append(f"{overview.ballots} of {state.voters or 'an unknown number of'} voters have voted in this round")
        lines.append(f"commitment: {state.commitment}")
    lines += [_line(entry) for entry in overview.entries if not entry.excluded]
    excluded = [one for one in overview.entries if one.excluded]
    lines += [f"excluded: {one.name}: {RaceError(**(one.excluded or {})).sentence()}" for one in excluded]
    lines += [f"refused: {one.name}: {one.sentence()}" for one in overview.refusals]
    moments = [(time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment)), event) for moment, event in overview.events]
    return [*lines, *(f"{moment} {event}" for moment, event in moments)]


def close(options: argparse.Namespace) -> int:
    """Close the entries, the vote or the final."""
    with _bar("entry") as progress:
        state = _organiser(options).close(progress)
    print(f"closed; now: {_stage(state)}")
    if state.round is not None:
        due = _organiser(options).is_final_due()
        print("Next: `race final`, as it is close or large" if due else "Next: `race reveal`")
    return DONE


def _change(change: Callable[[Organiser], RaceState], options: argparse.Namespace) -> int:
    state = change(_organiser(options))
    print(_stage(state))
    return DONE


def _stage(state: RaceState) -> str:
    return f"{STAGES[state.stage].en}{', paused' if state.paused else ''}"


def exclude(options: argparse.Namespace) -> int:
    """Let an entry take no part."""
    _organiser(options).exclude(options.name)
    print(f"excluded: {options.name}")
    return DONE


def include(options: argparse.Namespace) -> int:
    """Let an entry that was excluded take part again."""
    _organiser(options).include(options.name)
    print(f"takes part again: {options.name}")
    return DONE


def secret(options: argparse.Namespace) -> int:
    """Draw a new organiser's secret."""
    print(f"organiser's secret (the one before is no longer good): {grouped(_organiser(options).new_secret())}")
    return DONE


def export(options: argparse.Namespace) -> int:
    """Write what is published of a race, after the reveal."""
    files = _organiser(options).export(options.language)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_file(options.out / name, data)
    print(f"written: {', '.join(files)} in {options.out}")
    return DONE


def add_parser(commands: Parsers) -> None:
    """Add `race` and its commands to those of the studio."""
    parser = commands.add_parser("race", help="hold a race: entries, vote, final, result")
    parser.set_defaults(command=lambda options: _help(parser))
    found = parser.add_subparsers(metavar="COMMAND")
    _add_new(found)
    _add_open(found)
    for name, function, text in (
        ("status", status, "tell where the race stands"),
        ("close", close, "close the entries, the vote or the final"),
        ("reopen", partial(_change, Organiser.reopen), "open again what was closed by mistake"),
        ("final", partial(_change, Organiser.open_final), "open the final between the best four of a closed vote"),
        ("reveal", partial(_change, Organiser.reveal), "show the result; nothing is opened again after that"),
        ("pause", partial(_change, Organiser.pause), "take no ballots and no entries for a while"),
        ("resume", partial(_change, Organiser.resume), "go on after a pause"),
        ("secret", secret, "draw a new organiser's secret"),
    ):
        _add(found, name, function, text)
    for name, function, text in (
        ("exclude", exclude, "let an entry take no part, before the vote"),
        ("include", include, "let an entry that was excluded take part again"),
    ):
        _add(found, name, function, text).add_argument("name", metavar="NAME", help="the entry's name")
    command = _add(found, "codes", codes, "draw new codes in the place of all that nobody has used")
    command.add_argument("--voters", type=int, required=True, metavar="N", help="all voters, those who have voted too")
    _add_sheet(command)
    command = _add(found, "export", export, "write what is published after the reveal: results, ballots, a recount")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder; made where it is absent")
    command.add_argument("--language", choices=LANGUAGES, default="en", help="that the page of results shows first")


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help()
    return DONE


def _add(
    found: Parsers, name: str, function: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    command = found.add_parser(name, help=text)
    command.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of the race")
    command.set_defaults(command=function)
    return command


def _add_new(found: Parsers) -> None:
    command = _add(found, "new", new, "begin a race, or go on with one, and enter a folder of mails")
    command.add_argument(
        "--entries",
        type=Path,
        metavar="MAILS",
        help="a folder; each folder, zip or picture in it is one entrant's (default: none)",
    )
    command.add_argument("--checkpoints", type=Path, default=CHECKPOINTS, metavar="DIR", help="those not in the mails")
    command.add_argument("--title", default=RaceOptions.title, metavar="TEXT", help="of the race, on its pages")
    command.add_argument("--hours", type=float, default=RaceOptions.hours, metavar="H", help="of training, at most")
    command.add_argument(
        "--resolution", type=int, default=RaceOptions.resolution, metavar="R", help="a side of each picture, in pixels"
    )
    command.add_argument("--shared-first", action="store_true", help="let no lot decide who is first")


def _add_open(found: Parsers) -> None:
    command = _add(found, "open", open_vote, "close the entries, write the sheet of codes, open the vote")
    command.add_argument("--voters", type=int, metavar="N", help="how many codes (default: earlier ones stay good)")
    command.add_argument("--honour", action="store_true", help="honour system: names in the place of codes")
    _add_sheet(command)


def _add_sheet(command: argparse.ArgumentParser) -> None:
    command.add_argument("--address", metavar="URL", help="of the studio, for links and QR codes (default: none)")
    command.add_argument("--sheet", type=Path, metavar="FILE", help="of the codes; by default FOLDER-codes.html")
