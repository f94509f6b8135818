"""A race as the page sees it: what entrants, voters and spectators may ask; the organiser after a secret.

Every method may be called from any thread. What is refused raises RaceError, whose code and values the page puts into
the visitor's language (`messages.MESSAGES`). Nothing is logged: no code, no name, no ballot.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.checkpoints.checkpoint_source import CheckpointSource, CheckpointSources
from studio.race import counting, one_time_codes, organiser, phases, voting
from studio.race.anonymous_pictures import KINDS
from studio.race.entry_admission import Application, admit, clean_name
from studio.race.entry_limit import EntryLimit, Sender
from studio.race.messages import RaceError
from studio.race.organiser import Organiser
from studio.race.published import Race
from studio.race.results import WEAK_SECRECY
from studio.race.store import ballot_box, entries, race_state
from studio.race.store.database import PATIENCE_SECONDS
from studio.race.store.entries import RaceEntry
from studio.race.store.race_folder import RaceFolder
from studio.race.store.race_state import FINAL_ROUND, FIRST_ROUND, Phase, RaceState
from studio.race.voting import BallotPaper, Voter
from studio.race.wrong_code_limit import WrongCodeLimit
from training.core.atomic_write import WriteError

TILE = re.compile(r"[A-Z][0-9]")


class RaceService:
    """One race for many visitors.

    `source` is where checkpoints are looked for that visitors enter with, beside those of the race. `session` and
    `address` in the methods tell visitors apart to count wrong codes; they are neither kept nor part of a ballot.
    `clock` gives seconds.
    """

    def __init__(
        self,
        path: Path,
        source: CheckpointSource | None = None,
        *,
        patience: float = PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = RaceFolder(path, patience=patience)
        self._source = CheckpointSources([self.folder.catalog, *([source] if source else [])])
        self._wrong_codes, self._wrong_secrets = WrongCodeLimit(clock), WrongCodeLimit(clock)
        self._entry_limit = EntryLimit()
        self._key = secrets.token_bytes(32)
        self._admitted: dict[bytes, str] = {}  # keyed hash of a right code -> the hash that the race keeps
        self._known_secret = b""  # the keyed hash of the organiser's secret that was right last
        self._lock = threading.Lock()

    # for everybody

    def status(self) -> dict[str, Any]:
        """Return where the race stands, as plain JSON; nothing in it depends on what was voted.

        `phase`; `voting`: ballots are taken; `paused`; `round`: 1, 2 or null; `kind` and `tiles` (sorted codes) of the
        round; `entries`, `voters`, `voted`: numbers of those that take part, may vote, have voted in the round;
        `commitment`: to who made which tile; `weak_secrecy`: there are so few voters that the page must say so.
        """
        return self.folder.database.read(_status)

    def exhibition(self, viewer: str) -> list[str]:
        """Return the tile codes in an order of this viewer's own, random but always the same. Empty before the vote."""
        tiles = self.folder.state().mapping
        return sorted(tiles, key=lambda tile: hashlib.sha256(f"{viewer}\n{tile}".encode(errors="replace")).digest())

    def picture(self, tile: object, kind: object) -> tuple[bytes, str]:
        """Return a picture of a tile code and its type; the kinds are those of `anonymous_pictures.KINDS`."""
        if not isinstance(tile, str) or not TILE.fullmatch(tile) or not isinstance(kind, str) or kind not in KINDS:
            raise RaceError("picture_unknown", name=f"{ascii(tile)[:20]} {ascii(kind)[:20]}")
        try:
            return self.folder.tile(tile, kind).read_bytes(), KINDS[kind]
        except OSError as error:
            if self.folder.path.is_dir() and tile not in self.folder.state().mapping:
                raise RaceError("picture_unknown", name=f"{tile} {kind}") from error
            raise RaceError("store_away") from error

    def receipt_is_in(self, receipt: object) -> bool:
        """Tell whether the ballot with this receipt is in; hyphens, spaces and case do not matter."""
        text = re.sub(r"[-\s]", "", receipt).upper() if isinstance(receipt, str) and len(receipt) < 64 else ""
        return self.folder.database.read(
            lambda connection: any(ballot_box.ballot(connection, number, text) for number in (FIRST_ROUND, FINAL_ROUND))
        )

    def result(self) -> Race:
        """Return the race as it is published. Raises RaceError before the reveal."""
        return self.folder.database.read(organiser.published_race)

    def export(self, language: str = "en") -> dict[str, bytes]:
        """Return the files that outlive the race, by name; takes some seconds. Raises RaceError before the reveal."""
        return organiser.exported(self.folder, language)

    # for entrants

    def enter(self, application: Application, sender: Sender | None = None) -> RaceEntry:
        """Check an application and enter it; takes some seconds, for the tile is drawn.

        An owner (a hash of a secret of the browser's) may enter again under the same name instead of before; nobody
        else may. A `sender` may send so many names. Raises RaceError with the reason.
        """
        with self._entry_limit.counted(sender, clean_name(application.name, "entry_name_bad")):
            return self._enter(application)

    def _enter(self, application: Application) -> RaceEntry:
        phases.check_takes_entries(self.folder.state())
        if not application.owner:
            raise RaceError("malformed", field="owner", wanted="a text")
        entry, found = admit(application, self._source, self.folder.state())
        try:
            return Organiser(self.folder).enter(entry, found)
        except WriteError as error:
            raise RaceError("store_full" if error.full else "store_away") from error
        except OSError as error:
            raise RaceError("store_away") from error

    def own_entries(self, owner: str) -> list[RaceEntry]:
        """Return the entries that this owner has sent in, by name."""
        everybody = self.folder.database.read(entries.all_entries)
        return [one for one in everybody if owner and one.owner == owner]

    # for voters

    def paper(self, code: object, session: str, owner: str = "", address: str = "") -> BallotPaper:
        """Return what a voter may choose now: this is the first screen, on which rights are checked.

        `code` is a one-time code as it was typed or came in the link, on the honour system the voter's name; `owner`
        is what the browser entered with: only where both are an entry's, its tile is known as the voter's own. Raises
        RaceError: code_unknown, code_used, too_many_wrong, vote_not_open, vote_closed, paused, ...
        """
        voter = self._voter(code, session, owner, address)
        return self.folder.database.read(lambda connection: voting.paper(connection, voter))

    def cast(  # noqa: PLR0913 - what the page sends, and who sends it
        self,
        code: object,
        session: str,
        number: object,
        ranks: object,
        key: object,
        owner: str = "",
        address: str = "",
    ) -> str:
        """Count a ballot and return its receipt, once it is on the disk.

        `number` is the round of the paper, `ranks` a list of tile codes, the best first, and `key` what the browser
        drew for this ballot: the same code, ranks and key give the same receipt, however often they are sent; `owner`
        is that of `paper`. Raises RaceError; after any but store_away and store_full the ballot is not in.
        """
        vote = voting.checked_vote(number, ranks, key)
        voter = self._voter(code, session, owner, address)
        return self.folder.database.write(lambda connection: voting.cast(connection, voter, vote))

    def _voter(self, code: object, session: str, owner: str, address: str) -> Voter:
        state = self.folder.state()
        if state.honour:
            return Voter(entries.name_key(clean_name(code, "name_bad")), owner)
        if state.phase in (Phase.SUBMIT, Phase.CHECK):
            raise RaceError("vote_not_open")
        normalised = one_time_codes.normalised(code) or ""
        tag = self._tag(normalised)
        known = self._admitted.get(tag)
        return Voter(known or self._admit(normalised, tag, state, session, address))

    def _admit(self, code: str, tag: bytes, state: RaceState, session: str, address: str) -> str:
        """Return the hash of a right code, and remember it: who is in is not kept out by others' wrong codes."""
        self._wrong_codes.begin(session, address)
        wrong = False
        try:
            hashed = one_time_codes.hashed(code, state.code_salt)
            wrong = not self.folder.database.read(lambda connection: ballot_box.is_code(connection, hashed))
        finally:
            self._wrong_codes.end(session, wrong=wrong)
        if wrong:
            raise RaceError("code_unknown")
        with self._lock:
            self._admitted[tag] = hashed
        return hashed

    # for the organiser

    def organiser(self, secret: object, session: str, address: str = "") -> Organiser:
        """Return what only the organiser may use. Raises RaceError: secret_wrong, too_many_wrong."""
        text = secret[:200] if isinstance(secret, str) else ""
        if self._is_known_secret(text):
            return Organiser(self.folder)
        self._wrong_secrets.begin(session, address)
        wrong = True
        try:
            expected = self.folder.state().secret_hash
            wrong = not hmac.compare_digest(race_state.secret_hash(text), expected)
        finally:
            self._wrong_secrets.end(session, wrong=wrong)
        if wrong:
            raise RaceError("secret_wrong")
        self._known_secret = self._tag(text)
        return Organiser(self.folder)

    def _is_known_secret(self, text: str) -> bool:
        """Tell whether this secret was right before and still is: others' wrong codes do not keep its holder out."""
        if not hmac.compare_digest(self._tag(text), self._known_secret):
            return False
        return hmac.compare_digest(race_state.secret_hash(text), self.folder.state().secret_hash)

    def _tag(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(errors="replace"), "sha256")


def _status(connection: sqlite3.Connection) -> dict[str, Any]:
    state = race_state.load(connection)
    number = state.round or (phases.last_round(state) if state.mapping else None)
    return {
        "title": state.title,
        "phase": str(state.phase),
        "voting": state.voting,
        "paused": state.paused,
        "honour": state.honour,
        "hours": state.hours,
        "resolution": state.resolution,
        "shared_first": state.shared_first,
        "tie_breaks": list(counting.TIE_BREAKS),
        "entries": len(entries.taking_part(connection)),
        "voters": state.voters,
        "round": number,
        "kind": state.kind(number) if number else None,
        "tiles": list(state.tiles(number)) if number else [],
        "voted": ballot_box.count_ballots(connection, number) if number else 0,
        "commitment": state.commitment,
        "weak_secrecy": 0 < state.voters < WEAK_SECRECY,
    }
