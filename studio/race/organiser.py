"""What the organiser of a race does: entries, phases, codes, and the published file.

Whoever holds one may do all of it: the command line, as it has the folder, and the page after the organiser's secret.
Every method may be repeated after a crash: it goes on where it was.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from studio.checkpoints.catalog import Entry
from studio.checkpoints.checkpoint_source import CheckpointSource
from studio.race import anonymous_pictures, one_time_codes, phases
from studio.race.counting import Round, Rules, count_round, finalists
from studio.race.entry_admission import admit, unusable
from studio.race.mail_folder import Mail, mails_in
from studio.race.messages import RaceError
from studio.race.published import Race
from studio.race.results import is_final_due, results
from studio.race.results_files import export_files
from studio.race.store import ballot_box, entries, race_state
from studio.race.store.entries import RaceEntry, Refusal
from studio.race.store.race_folder import SECRET_LETTERS, Progress, RaceFolder, no_progress
from studio.race.store.race_state import FINAL_ROUND, FIRST_ROUND, Phase, RaceState

MOST_VOTERS = 1000
EXCLUDED: dict[str, Any] = {"code": "entry_excluded"}  # by the organiser
TILE_LETTERS, TILE_DIGITS = "ACDEFGHJKMNPQRTVWXY", "2346789"  # no look-alikes; 133 codes


@dataclass(frozen=True)
class IssuedCode:
    """A new code, the only time that it is known, and the name of the entry whose maker it is for, or None."""

    code: str
    entry: str | None


@dataclass(frozen=True)
class Overview:
    """Where a race stands, for its organiser. `events` are moments in seconds since 1970 and what was done."""

    state: RaceState
    entries: tuple[RaceEntry, ...]
    refusals: tuple[Refusal, ...]
    ballots: int
    codes: int
    events: tuple[tuple[float, str], ...]


TakeCodes = Callable[[Sequence[IssuedCode]], None]


def enter(connection: sqlite3.Connection, entry: RaceEntry) -> RaceEntry:
    """Write an entry; of the same name and owner it takes the place of the older one. Raises RaceError.

    Whom the organiser has excluded stays so, and cannot enter again on the page.
    """
    phases.check_takes_entries(race_state.load(connection))
    everybody = entries.all_entries(connection)
    before = entries.named(connection, entry.name)
    others = [one for one in everybody if before is None or one.entry_id != before.entry_id]
    if before is not None and entry.owner and before.owner != entry.owner:
        raise RaceError("entry_name_taken", name=entry.name)
    if before is not None and before.excluded == EXCLUDED:
        if entry.owner:
            raise RaceError(**EXCLUDED)
        entry = replace(entry, excluded=EXCLUDED)
    if any(one.drawn_from == entry.drawn_from for one in others):
        raise RaceError("entry_duplicate")
    if sum(one.excluded is None for one in others) >= phases.MOST_ENTRIES:
        raise RaceError("entries_full", limit=phases.MOST_ENTRIES)
    if before is not None and before.drawn_from == entry.drawn_from:
        entry = replace(entry, entry_id=before.entry_id)
    entries.put(connection, entry)
    return entry


class Organiser:
    """All that the organiser may do with the race of a folder. Raises RaceError and OSError."""

    def __init__(self, folder: RaceFolder) -> None:
        self.folder = folder
        self._database = folder.database

    def overview(self) -> Overview:
        """Return where the race stands."""
        return self._database.read(_overview)

    # SUBMIT and CHECK

    def enter_mails(
        self, mails: Path, source: CheckpointSource, progress: Progress = no_progress
    ) -> list[RaceEntry | Refusal]:
        """Enter everybody of a folder of mails, and return for each the entry or why it was refused.

        Done again, it changes only what has changed in the folder.
        """
        phases.check_takes_entries(self.folder.state())
        found = mails_in(mails)
        results: list[RaceEntry | Refusal] = []
        for done, mail in enumerate(found, start=1):
            results.append(self._enter_mail(mail, source))
            progress(done, len(found))
        return results

    def _enter_mail(self, mail: Mail, source: CheckpointSource) -> RaceEntry | Refusal:
        name = mail.name
        try:
            with mail.opened(source) as (application, sources):
                name = application.name
                entry, found = admit(application, sources, self.folder.state())
                return self.enter(entry, found)
        except RaceError as error:
            if error.code in ("store_away", "store_full", "race_damaged"):
                raise
            refusal = Refusal(name, error.code, error.values)
            self._database.write(lambda connection: entries.refuse(connection, refusal))
            return refusal

    def enter(self, entry: RaceEntry, found: Entry) -> RaceEntry:
        """Keep a checkpoint and write its entry."""
        self.folder.keep_checkpoint(found)
        return self._database.write(lambda connection: enter(connection, entry))

    def exclude(self, name: str) -> None:
        """Let an entry take no part, before the vote opens."""
        self._change_exclusion("exclude", name, EXCLUDED)

    def include(self, name: str) -> None:
        """Let an entry that was excluded take part again, before the vote opens."""
        self._change_exclusion("include", name, None)

    def _change_exclusion(self, event: str, name: str, excluded: dict[str, Any] | None) -> None:
        def action(connection: sqlite3.Connection) -> None:
            state = race_state.load(connection)
            phases.check_phase(state, event, Phase.SUBMIT, Phase.CHECK)
            entry = entries.named(connection, name)
            if entry is None:
                names = ", ".join(one.name for one in entries.all_entries(connection)) or "none"
                raise RaceError("entry_absent", name=name, names=names)
            entries.put(connection, replace(entry, excluded=excluded))
            race_state.change(connection, state, f"{event} {entry.entry_id}")

        self._database.write(action)

    def close(self, progress: Progress = no_progress) -> RaceState:
        """Close the entries, and check them; or the vote; or the final."""

        def action(connection: sqlite3.Connection) -> RaceState:
            state = race_state.load(connection)
            second_seed = anonymous_pictures.draw_second_seed(entries.all_entries(connection))
            return _changed(connection, phases.close(state, second_seed), "close")

        state = self._database.write(action)
        if state.phase == Phase.CHECK:
            self.check(progress)
        return state

    def check(self, progress: Progress = no_progress) -> None:
        """Draw the tiles of all entries, and exclude those that cannot be drawn or do not depend on the seed."""
        state = self.folder.state()
        phases.check_phase(state, "check", Phase.CHECK)
        taking_part = self._database.read(entries.taking_part)
        for done, entry in enumerate(taking_part, start=1):
            checked = self._checked(entry, state.second_seed or 0)
            if checked != entry:
                self._database.write(partial(_put_checked, entry=checked))
            progress(done, len(taking_part))

    def _checked(self, entry: RaceEntry, second_seed: int) -> RaceEntry:
        try:
            anonymous_pictures.draw_entry(self.folder, entry, second_seed)
        except ValueError as error:
            refusal = unusable(error)
            return replace(entry, excluded={"code": refusal.code, **refusal.values})
        repeated, same_tile = anonymous_pictures.repetition(self.folder, entry)
        excluded = {"code": "entry_ignores_seed"} if same_tile else None
        return replace(entry, repeated_cells=repeated, excluded=excluded)

    def reopen(self) -> RaceState:
        """Open again what was closed by mistake, where nothing is lost by it."""

        def action(connection: sqlite3.Connection) -> RaceState:
            state = race_state.load(connection)
            ballots = ballot_box.count_ballots(connection, state.round or 0)
            return _changed(connection, phases.reopen(state, ballots), "reopen")

        state = self._database.write(action)
        if state.phase == Phase.SUBMIT:
            anonymous_pictures.forget_drawn(self.folder, only_second=True)
        if state.phase == Phase.CHECK:
            anonymous_pictures.forget_shown(self.folder)
        return state

    # VOTE and after

    def open_vote(
        self,
        voters: int | None = None,
        *,
        honour: bool = False,
        take_codes: TakeCodes = lambda codes: None,
        progress: Progress = no_progress,
    ) -> RaceState:
        """Open the vote; entries that are still open are closed and checked first.

        `take_codes` is given the new codes once, before anything is changed; if it fails, nothing is. Without `voters`
        the codes of an earlier opening stay good. On the honour system there are none, and `voters` is how many people
        are expected at most, if that is known.
        """
        self._check_opening(voters, honour)
        if self.folder.state().phase == Phase.SUBMIT:
            self.close(progress)
        else:
            self.check(progress)
        taking_part = self._database.read(entries.taking_part)
        phases.check_entry_count(len(taking_part))
        tiles, salt = _with_tile_codes(taking_part), secrets.token_hex(16)
        anonymous_pictures.show_under_codes(self.folder, tiles, salt)
        issued = [] if honour or voters is None else _issued(taking_part, voters)
        if issued:
            take_codes(issued)
        opening = _Opening(tiles, salt, self._hashes(issued, taking_part), (voters or 0) if honour else None)
        return self._database.write(lambda connection: _opened(connection, opening))

    def _check_opening(self, voters: int | None, honour: bool) -> None:
        overview = self.overview()
        phases.check_phase(overview.state, "open", Phase.SUBMIT, Phase.CHECK)
        count = sum(entry.excluded is None for entry in overview.entries)
        phases.check_entry_count(count)
        if voters is None:
            if not honour and not overview.codes:
                raise RaceError("voters_wanted")
            return
        if not (1 if honour else count) <= voters <= MOST_VOTERS:
            raise RaceError("voters_bad", count=voters, entries=count, limit=MOST_VOTERS)

    def _hashes(self, issued: Sequence[IssuedCode], taking_part: Sequence[RaceEntry]) -> list[tuple[str, str | None]]:
        salt = self.folder.state().code_salt
        ids = {entry.name: entry.entry_id for entry in taking_part}
        return [(one_time_codes.hashed(one.code, salt), ids[one.entry] if one.entry else None) for one in issued]

    def replace_codes(self, voters: int, take_codes: TakeCodes) -> None:
        """Draw new codes for all who have not voted; `voters` is how many there are together with those who have.

        Codes of entrants who have voted are not drawn again.
        """
        state, taking_part = self.folder.state(), self._database.read(entries.taking_part)
        phases.check_phase(state, "codes", Phase.VOTE)
        if state.honour:
            raise RaceError("honour_no_codes")
        used, done = self._database.read(_used_codes)
        left = [entry for entry in taking_part if entry.entry_id not in done]
        if not used + len(left) <= voters <= MOST_VOTERS:
            raise RaceError("voters_bad", count=voters, entries=len(taking_part), limit=MOST_VOTERS)
        issued = _issued(left, voters - used)
        take_codes(issued)
        hashes = self._hashes(issued, left)

        def action(connection: sqlite3.Connection) -> None:
            now = race_state.load(connection)
            phases.check_phase(now, "codes", Phase.VOTE)
            if _used_codes(connection) != (used, done):
                raise RaceError("codes_overtaken")
            ballot_box.replace_unused_codes(connection, hashes)
            _changed(connection, replace(now, voters=ballot_box.count_codes(connection)), "codes")

        self._database.write(action)

    def open_final(self) -> RaceState:
        """Open the final between the best of the first round, once that is closed."""

        def action(connection: sqlite3.Connection) -> RaceState:
            state = race_state.load(connection)
            phases.check_phase(state, "final", Phase.VOTE)
            first = count_round(_round(connection, state, FIRST_ROUND), rules(connection, state))
            return _changed(connection, phases.open_final(state, finalists(first)), "final")

        return self._database.write(action)

    def reveal(self) -> RaceState:
        """Show the result; nothing can be opened again after that."""
        return self._change(phases.reveal, "reveal")

    def pause(self) -> RaceState:
        """Take no ballots and no entries until `resume`."""
        return self._change(lambda state: replace(state, paused=True), "pause")

    def resume(self) -> RaceState:
        """Go on after a pause."""
        return self._change(lambda state: replace(state, paused=False), "resume")

    def new_secret(self) -> str:
        """Return a new organiser's secret; the one before is no longer good."""
        secret = one_time_codes.draw(SECRET_LETTERS)
        self._change(lambda state: replace(state, secret_hash=race_state.secret_hash(secret)), "secret")
        return secret

    def _change(self, change: Callable[[RaceState], RaceState], event: str) -> RaceState:
        def action(connection: sqlite3.Connection) -> RaceState:
            return _changed(connection, change(race_state.load(connection)), event)

        return self._database.write(action)

    def honour_names(self) -> list[str]:
        """Return who has voted on the honour system, sorted."""
        state = self.folder.state()
        number = phases.last_round(state)
        return self._database.read(lambda connection: ballot_box.voters(connection, number)) if state.honour else []

    def is_final_due(self) -> bool:
        """Tell whether the closed first round is so close, or so large, that a final should follow."""
        return self._database.read(_is_final_due)

    def race(self) -> Race:
        """Return all that is published, once the result is shown."""
        return self._database.read(published_race)

    def export(self, language: str = "en") -> dict[str, bytes]:
        """Return the files that outlive the race, by name: the published file, its recount, page and tables."""
        return exported(self.folder, language)


@dataclass(frozen=True)
class _Opening:
    """What was prepared to open a vote; `expected` is how many people are on the honour system, None with codes."""

    tiles: Mapping[str, RaceEntry]
    salt: str
    hashes: Sequence[tuple[str, str | None]]
    expected: int | None


def _opened(connection: sqlite3.Connection, opening: _Opening) -> RaceState:
    if _by_id(entries.taking_part(connection)) != _by_id(opening.tiles.values()):
        raise RaceError("entries_changed")
    if opening.hashes:
        ballot_box.replace_unused_codes(connection, opening.hashes)
    honour = opening.expected is not None
    voters = ballot_box.count_codes(connection) if opening.expected is None else opening.expected
    state = phases.open_vote(race_state.load(connection), opening.tiles, opening.salt, voters, honour)
    return _changed(connection, state, "open")


def _by_id(taking_part: Iterable[RaceEntry]) -> dict[str, RaceEntry]:
    return {entry.entry_id: entry for entry in taking_part}


def exported(folder: RaceFolder, language: str) -> dict[str, bytes]:
    """Return the files of the export by name. Raises RaceError before the reveal."""
    race = folder.database.read(published_race)
    return export_files(results(race), anonymous_pictures.shown(folder, race.mapping), language)


def _is_final_due(connection: sqlite3.Connection) -> bool:
    state = race_state.load(connection)
    if state.phase != Phase.VOTE or state.voting:
        return False
    return is_final_due(_round(connection, state, FIRST_ROUND), rules(connection, state))


def published_race(connection: sqlite3.Connection) -> Race:
    """Return all that is published of a race. Raises RaceError before the reveal."""
    state = race_state.load(connection)
    if state.phase != Phase.REVEAL:
        raise RaceError("not_revealed")
    numbers = (FIRST_ROUND, FINAL_ROUND) if state.finalists else (FIRST_ROUND,)
    rounds = tuple(_round(connection, state, number) for number in numbers)
    options = {"title": state.title, "honour": state.honour, "hours": state.hours, "resolution": state.resolution}
    return Race(state.mapping, rules(connection, state), rounds, options)


def rules(connection: sqlite3.Connection, state: RaceState) -> Rules:
    """Return what the counting needs beside the ballots: how many could vote, and for each tile of those who made it.

    On the honour system that is known of those only who have voted in the first round, and it holds for entries of a
    browser's: whoever sent a tile by mail may vote for it.
    """
    if state.honour:
        names = set(ballot_box.voters(connection, FIRST_ROUND))
        makers = [
            one.entry_id for one in entries.taking_part(connection) if one.owner and entries.name_key(one.name) in names
        ]
        counts: Mapping[str, int] = dict.fromkeys(makers, 1)
        eligible = max(state.voters, len(names), 1)
    else:
        counts, eligible = ballot_box.codes_of_entries(connection), max(state.voters, 1)
    tiles = {tile: counts.get(entry_id, 0) for tile, entry_id in state.entry_ids.items()}
    electors = {tile: max(eligible - count, 1) for tile, count in tiles.items() if count}
    return Rules(eligible, state.salt, state.shared_first, electors)


def _round(connection: sqlite3.Connection, state: RaceState, number: int) -> Round:
    return Round(state.kind(number), state.tiles(number), ballot_box.ballots(connection, number))


def _changed(connection: sqlite3.Connection, state: RaceState, event: str) -> RaceState:
    """Write a state where it is another one than before."""
    return state if state == race_state.load(connection) else race_state.change(connection, state, event)


def _put_checked(connection: sqlite3.Connection, entry: RaceEntry) -> None:
    """Write what was found of an entry, unless the entries were opened again meanwhile."""
    phases.check_phase(race_state.load(connection), "check", Phase.CHECK)
    entries.put(connection, entry)


def _overview(connection: sqlite3.Connection) -> Overview:
    state = race_state.load(connection)
    return Overview(
        state,
        tuple(entries.all_entries(connection)),
        tuple(entries.refusals(connection)),
        ballot_box.count_ballots(connection, state.round or phases.last_round(state)),
        ballot_box.count_codes(connection),
        tuple(race_state.events(connection)),
    )


def _used_codes(connection: sqlite3.Connection) -> tuple[int, list[str]]:
    """Return how many codes have been used, and whose of them are makers' of entries."""
    return ballot_box.count_ballots(connection, FIRST_ROUND), sorted(ballot_box.used_entries(connection))


def _issued(taking_part: Sequence[RaceEntry], voters: int) -> list[IssuedCode]:
    """Draw codes, all different: one for the maker of each entry, the rest for others."""
    names: list[str | None] = [entry.name for entry in taking_part]
    codes: dict[str, None] = {}
    while len(codes) < voters:
        codes[one_time_codes.draw()] = None
    return [IssuedCode(code, name) for code, name in zip(codes, names + [None] * voters, strict=False)]


def _with_tile_codes(taking_part: Sequence[RaceEntry]) -> dict[str, RaceEntry]:
    """Draw a tile code for each entry."""
    every = [letter + digit for letter in TILE_LETTERS for digit in TILE_DIGITS]
    drawn = secrets.SystemRandom().sample(every, len(taking_part))
    return dict(sorted(zip(drawn, taking_part, strict=True), key=lambda pair: pair[0]))


def to_plain(overview: Overview) -> dict[str, Any]:
    """Return an overview as plain JSON, without secrets and without which tile is whose."""
    state = overview.state
    return {
        "title": state.title,
        "phase": str(state.phase),
        "voting": state.voting,
        "paused": state.paused,
        "honour": state.honour,
        "entries": [
            {"name": one.name, "repeated_cells": one.repeated_cells, "excluded": one.excluded, "hours": one.hours}
            | {"pretrained": one.pretrained, "seeds_looked_at": one.seeds_looked_at, "seed": one.seed, "psi": one.psi}
            for one in overview.entries
        ],
        "refused": [{"name": one.name, "code": one.code, "values": one.values} for one in overview.refusals],
        "voters": state.voters,
        "ballots": overview.ballots,
        "commitment": state.commitment,
        "events": [[moment, event] for moment, event in overview.events],
    }
