"""The Race tab: entering, the exhibition, the vote and the result of the race that is held here, and its organiser."""

from __future__ import annotations

import functools
import hashlib
import threading

import gradio as gr
import numpy as np
from PIL import Image

from studio.byte_lru import ByteLRU
from studio.clients import current_client
from studio.race.entrant_markdown import to_safe_html
from studio.race.entry_admission import Application
from studio.race.entry_limit import Sender
from studio.race.messages import RaceError
from studio.race.organiser import Organiser, Overview
from studio.race.service import RaceService
from studio.race.store.entries import RaceEntry, name_key
from studio.race.store.race_state import Phase
from studio.rendering.image_encoding import to_jpeg
from studio.ui.component import component, to_base64
from studio.ui.protocol import ServerFunction, answers, decoded_file
from studio.ui.protocol_types import NoFields, Problem
from studio.ui.race import messages as m
from studio.ui.race.organiser_jobs import OrganiserJobs, allowed_actions
from studio.ui.race.race_errors import problem_of, race_errors, race_of
from studio.ui.race.race_status import RaceStatus
from studio.ui.race.result_reply import ResultCache
from studio.ui.services import Studio
from studio.ui.shared.known_names import named_network
from training.core.tile import seed_tile

OWN_SIDE = 640  # pixels of an own entry's picture
OWN_BYTES = 16 * 2**20
EVENTS_SHOWN = 50
SHORT = 8  # digits of a checkpoint's hash


class RacePage:
    """What the functions of the tab share: the race of the studio, where there is one, and what is kept of it."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        if studio.race is not None:
            self.status = RaceStatus(studio.race)
            self.jobs = OrganiserJobs(self.status.changed)
            self.result = ResultCache(studio.race)
        self._own: ByteLRU[tuple[str, int, float], bytes] = ByteLRU(OWN_BYTES, len)
        self._lock = threading.Lock()
        studio.at_close(self.close)

    def close(self) -> None:
        """Let go of what is kept."""
        with self._lock:
            self._own.clear()

    @property
    def race(self) -> RaceService:
        """Return the race. Raises RequestError where none is held."""
        return race_of(self.studio)

    def own_picture(self, entry: RaceEntry) -> bytes:
        """Return the tile of an entry as a small JPEG, drawn once."""
        with self._lock:
            found = self._own.get(entry.drawn_from)
        if found is None:
            found = _small_tile(self.race, entry)
            with self._lock:
                self._own.put(entry.drawn_from, found)
        return found


def build(studio: Studio) -> gr.HTML:
    """Build the tab; without a race its functions answer that there is none."""
    page = RacePage(studio)
    functions = [*_for_everybody(page), *_for_entrants(page), *_for_voters(page), *_for_the_organiser(page)]
    return component("race", functions)


def _for_everybody(page: RacePage) -> list[ServerFunction]:
    @answers
    async def race_status(asked: NoFields) -> m.StatusReply:
        race_of(page.studio)
        with race_errors():
            return await page.status.now()

    @answers
    def exhibition(asked: m.ViewerRequest) -> m.ExhibitionReply:
        with race_errors():
            return m.ExhibitionReply(tiles=page.race.exhibition(_hashed("viewer", asked.secret)))

    @answers
    def ballot_is_in(asked: m.ReceiptRequest) -> m.BallotIsInReply:
        with race_errors():
            is_in = page.race.receipt_is_in(asked.receipt)
            is_revealed = is_in and page.race.status()["phase"] == Phase.REVEAL
            ranks = page.result.ranks_of(_without_hyphens(asked.receipt)) if is_revealed else None
            return m.BallotIsInReply(is_in=is_in, ranks=ranks)

    @answers
    def race_result(asked: m.ResultRequest) -> m.ResultReply:
        race_of(page.studio)
        with race_errors():
            return page.result.reply()

    return [race_status, exhibition, ballot_is_in, race_result]


def _for_entrants(page: RacePage) -> list[ServerFunction]:
    @answers
    async def enter_race(asked: m.EnterRequest) -> m.OwnEntry:
        race, client = page.race, current_client()
        work = functools.partial(_entered, race, asked, Sender(client.source, client.address))
        entry = await page.studio.official.take(asked.visitor, work)
        page.status.changed()
        return _own_entry(entry)

    @answers
    def own_entries(asked: m.ViewerRequest) -> m.OwnEntriesReply:
        with race_errors():
            found = page.race.own_entries(owner_of(asked.secret))
            return m.OwnEntriesReply(entries=[_own_entry(one) for one in found])

    @answers
    async def own_picture(asked: m.OwnPictureRequest) -> m.OwnPictureReply:
        race = page.race
        jpeg = await page.studio.official.take(asked.visitor, lambda: _own_picture(page, race, asked))
        return m.OwnPictureReply(jpeg=to_base64(jpeg))

    return [enter_race, own_entries, own_picture]


def _for_voters(page: RacePage) -> list[ServerFunction]:
    @answers
    def ballot_paper(asked: m.PaperRequest) -> m.PaperReply:
        with race_errors():
            client = current_client()
            found = page.race.paper(asked.code, client.source, owner_of(asked.secret), client.address)
        return m.PaperReply(
            round=found.round,
            kind=found.kind,
            tiles=list(found.tiles),
            own=found.own,
            least=found.least,
            most=found.most,
        )

    @answers
    def cast_ballot(asked: m.BallotRequest) -> m.ReceiptReply:
        with race_errors():
            client, owner = current_client(), owner_of(asked.secret)
            vote = asked.round, asked.ranks, asked.key
            receipt = page.race.cast(asked.code, client.source, *vote, owner, client.address)
        page.status.changed()
        return m.ReceiptReply(receipt=receipt)

    return [ballot_paper, cast_ballot]


def _for_the_organiser(page: RacePage) -> list[ServerFunction]:
    def organiser_of(secret: str) -> Organiser:
        client = current_client()
        return page.race.organiser(secret, client.source, client.address)

    @answers
    def organiser_view(asked: m.OrganiserRequest) -> m.OrganiserReply:
        with race_errors():
            return _view(organiser_of(asked.organiser_secret), page.jobs)

    @answers
    def organise(asked: m.OrganiseRequest) -> m.OrganiserReply:
        with race_errors():
            organiser = organiser_of(asked.organiser_secret)
            page.jobs.start(organiser, asked)
            return _view(organiser, page.jobs)

    @answers
    def code_sheet(asked: m.SheetRequest) -> m.SheetReply:
        with race_errors():
            organiser_of(asked.organiser_secret)
        sheet = page.jobs.sheet
        if asked.forget:
            page.jobs.forget_sheet()
            sheet = None
        return m.SheetReply(html=sheet)

    return [organiser_view, organise, code_sheet]


def owner_of(secret: str) -> str:
    """Return by what an entry is known as a browser's own."""
    return _hashed("entrant", secret)


def _hashed(purpose: str, secret: str) -> str:
    return hashlib.sha256(f"race {purpose}\n{secret}".encode()).hexdigest()


def _without_hyphens(receipt: str) -> str:
    return "".join(receipt.replace("-", " ").split()).upper()


def _entered(race: RaceService, asked: m.EnterRequest, sender: Sender) -> RaceEntry:
    application = Application(
        name=asked.name,
        tile=None if asked.file is None else decoded_file(asked.file),
        checkpoint=asked.sha256,
        seed=asked.seed,
        psi=asked.psi,
        seeds_looked_at=asked.seeds_looked_at,
        about=asked.about,
        owner=owner_of(asked.secret),
    )
    with race_errors():
        return race.enter(application, sender)


def _own_entry(entry: RaceEntry) -> m.OwnEntry:
    return m.OwnEntry(
        name=entry.name,
        sha256=entry.checkpoint_sha256,
        seed=entry.seed,
        psi=entry.psi,
        seeds_looked_at=entry.seeds_looked_at,
        hours=entry.hours,
        pretrained=named_network(entry.pretrained),
        about=to_safe_html(entry.about),
        about_text=entry.about,
        excluded=_excluded(entry),
    )


def _excluded(entry: RaceEntry) -> Problem | None:
    return problem_of(RaceError(**entry.excluded)) if entry.excluded else None


def _own_picture(page: RacePage, race: RaceService, asked: m.OwnPictureRequest) -> bytes:
    with race_errors():
        found = race.own_entries(owner_of(asked.secret))
        entry = next((one for one in found if name_key(one.name) == name_key(asked.name)), None)
        if entry is None:
            raise RaceError("entry_absent", name=asked.name, names=", ".join(one.name for one in found))
        return page.own_picture(entry)


def _small_tile(race: RaceService, entry: RaceEntry) -> bytes:
    generator = race.folder.catalog.load(entry.checkpoint_sha256).generator
    image = Image.fromarray(seed_tile(generator, entry.seed, entry.psi))
    image.thumbnail((OWN_SIDE, OWN_SIDE), Image.Resampling.BOX)
    return to_jpeg(np.asarray(image))


def _view(organiser: Organiser, jobs: OrganiserJobs) -> m.OrganiserReply:
    overview = organiser.overview()
    job = jobs.job
    return m.OrganiserReply(
        allowed=[] if job is not None and job.is_running else allowed_actions(overview),
        entries=[_organiser_entry(one) for one in overview.entries],
        refused=[m.RefusedEntry(name=one.name, reason=_reason(one.code, one.values)) for one in overview.refusals],
        events=_events(overview),
        names=organiser.honour_names(),
        voters=overview.state.voters,
        ballots=overview.ballots,
        codes=overview.codes,
        final_due=organiser.is_final_due(),
        has_sheet=jobs.sheet is not None,
        job=job,
    )


def _reason(code: str, values: dict[str, object]) -> Problem:
    return problem_of(RaceError(code, **values))


def _organiser_entry(entry: RaceEntry) -> m.OrganiserEntry:
    return m.OrganiserEntry(
        name=entry.name,
        checkpoint=entry.checkpoint_sha256[:SHORT],
        seed=entry.seed,
        psi=entry.psi,
        seeds_looked_at=entry.seeds_looked_at,
        hours=entry.hours,
        pretrained=named_network(entry.pretrained),
        repeated_cells=entry.repeated_cells,
        excluded=_excluded(entry),
    )


def _events(overview: Overview) -> list[m.RaceEvent]:
    """Return what was done last, the newest first, by the first word: what follows is an entry's number."""
    last = reversed(overview.events[-EVENTS_SHOWN:])
    return [m.RaceEvent(moment=moment, event=event.partition(" ")[0]) for moment, event in last]
