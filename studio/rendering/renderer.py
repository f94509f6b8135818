"""Tiles to look at: one thread owns the device, draws in the scheduler's order, and keeps what was drawn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch

from studio.byte_lru import ByteLRU
from studio.checkpoints.catalog import size_of
from studio.clients import Client, current_client
from studio.rendering import previews
from studio.rendering.drawing import Drawing, RenderRequest, Steps
from studio.rendering.fast_generator import close_enough, quicker
from studio.rendering.image_encoding import to_jpeg, to_png
from studio.rendering.picture import Picture, device_name, hash_of
from studio.rendering.scheduler import BusyError, Claim, Priority, Scheduler, SupersededError, Visitor
from training.core.checkpoint import Checkpoint
from training.core.generators import GeneratorNetwork
from training.core.latents import check_seed, latents
from training.core.pixels import NotFiniteError, Pixels, to_tile
from training.core.tile import BATCH, CELLS, COLUMNS, check_psi, draw, seed_labels

__all__ = ["BusyError", "Picture", "Priority", "RenderRequest", "Renderer", "SupersededError", "to_jpeg", "to_png"]

T = TypeVar("T")
CACHE_BYTES = 512 * 2**20
SHEET_SHARE = 4  # of which a quarter is for tiles of sheets, so that a sheet pushes out nothing that is looked at
COPY_BYTES = 2**29  # generators on a GPU, or in the form that draws faster
OF_SHEETS = (Priority.FIRST, Priority.SHEET, Priority.VIDEO)
CLOSED = "The studio was closed."
TRIED = 5  # pictures on which the faster form is tried: it computes the same or something else altogether


class Form(NamedTuple):
    """What draws the tiles of a checkpoint, and the precision of its previews, None where it has none."""

    generator: GeneratorNetwork
    preview: torch.dtype | None = None


class Renderer:
    """Draws for many visitors on one device; `load` gives a checkpoint by its hash, `renders` counts tiles.

    Whoever waits for the same tile shares one drawing. A tile is drawn in batches; between two of them whatever the
    scheduler puts first is done, and a tile that nobody waits for is given up, also where its clients have left. On a
    CPU tiles are drawn in a faster form of the generator, within the tolerance of the official one, and a batch is
    broken off between two layers by whatever is more urgent, or once nobody wants it.
    Where a preview is requested, it is drawn only if it comes sooner than the exact tile; `previews` counts them.
    """

    def __init__(self, load: Callable[[str], Checkpoint], device: torch.device, cache_bytes: int = CACHE_BYTES) -> None:
        self.device, self.renders, self.previews = device, 0, 0
        self._preview = previews.preview_precision(device)
        self._load = load
        sheets = cache_bytes // SHEET_SHARE
        self._looked_at: ByteLRU[RenderRequest, Picture] = ByteLRU(cache_bytes - sheets, lambda picture: picture.size)
        self._sheets: ByteLRU[RenderRequest, Picture] = ByteLRU(sheets, lambda picture: picture.size)
        self._copies: ByteLRU[str, Form] = ByteLRU(COPY_BYTES, lambda form: size_of(form.generator))
        self._scheduler: Scheduler[Drawing] = Scheduler()
        self._jobs: dict[RenderRequest, Drawing] = {}  # tiles that wait, are drawn or encoded
        self._rows: dict[RenderRequest, Pixels] = {}  # what is finished of those that are being drawn
        self._drawn: Drawing | None = None  # what the thread is at
        self._is_closed = False
        self._changed = threading.Condition()
        self._finisher = ThreadPoolExecutor(1, thread_name_prefix="finish")
        threading.Thread(target=self._run, name="render", daemon=True).start()

    def tile(
        self,
        sha256: str,
        seed: int,
        visitor: str,
        *,
        psi: float = 1.0,
        priority: Priority = Priority.INTERACTIVE,
        lane: str = "explore",
    ) -> Picture:
        """Return the tile of a seed, and wait for it if it must be drawn.

        A request of the same visitor in the same lane that still waits is given up, unless somebody else has the same.
        Raises ValueError for a bad seed or psi, CheckpointError, BusyError, and SupersededError for the request
        that was given up.
        """
        (picture,) = self.tiles([RenderRequest(sha256, seed, psi)], visitor, priority=priority, lane=lane)
        return picture

    def tiles(self, requests: Iterable[RenderRequest], visitor: str, *, priority: Priority, lane: str) -> list[Picture]:
        """Return several tiles; they give up older requests in the lane as one does, but not one another."""
        return [future.result() for future in self.order(requests, visitor, priority=priority, lane=lane)]

    def order(
        self, requests: Iterable[RenderRequest], visitor: str, *, priority: Priority, lane: str
    ) -> list[Future[Picture]]:
        """Request as `tiles` does, without waiting: each future becomes its picture or raises its error.

        Only a request with `preview` may become a picture that is a preview.
        """
        asked = [_checked(RenderRequest(*request)) for request in requests]
        client = current_client()
        claim = _claim_of(client, visitor, lane)
        with self._changed:
            checked = [self._sooner(request, priority) for request in asked]
            self._give_up(claim, checked)
            absent = {
                request for request in checked if request not in self._jobs and self._find(request, priority) is None
            }
            self._make_room(claim, priority, client, len(absent))
            futures = [self._wait_for(request, claim, priority, {client}) for request in checked]
            self._changed.notify()
        client.on_leaving(lambda: self._leave(claim, client))
        return futures

    def close(self) -> None:
        """End the thread that draws, and let pictures and generators go.

        What waits, and whatever is asked for from now on, raises SupersededError.
        """
        with self._changed:
            self._is_closed = True
            for job in self._scheduler.drain():
                self._drop(job, SupersededError(CLOSED))
            if self._drawn is not None:
                self._drawn.stakes.clear()
            for kept in (self._looked_at, self._sheets, self._copies):
                kept.clear()
            self._changed.notify_all()

    def _make_room(self, claim: Claim, priority: Priority, client: Client, count: int = 1) -> None:
        if self._is_closed:
            raise SupersededError(CLOSED)
        for job in self._scheduler.make_room(claim.visitor, priority, count, client.address):
            self._drop(job, self._scheduler.busy())

    def _leave(self, claim: Claim, client: Client) -> None:
        """Take back what a client waits for that has hung up, also from what is being drawn."""
        with self._changed:
            for job in self._scheduler.leave(claim, client):
                self._drop(job)
            for job in [*self._jobs.values(), *([self._drawn] if self._drawn else [])]:
                job.leave(claim, client)

    @property
    def has_previews(self) -> bool:
        """Tell whether this device draws previews sooner than tiles."""
        return self._preview is not None

    def rows(self, request: RenderRequest) -> Pixels | None:  # -> [rows * R, 10 R, 3]
        """Return the finished rows of a tile, or of its preview, that is being drawn; None where there are none."""
        return self._rows.get(request)

    def work(
        self, sha256: str, function: Callable[[GeneratorNetwork], T], visitor: str, *, priority: Priority, lane: str
    ) -> T:
        """Return what a function makes of what tiles are drawn with; nothing of it is kept.

        It must be short: something more urgent breaks it off at its next layer, and then it is called again. Raises as
        `tile` does, and whatever the function raises.
        """
        return self._work(sha256, lambda form: function(form.generator), visitor, priority, lane)

    def sketch(
        self,
        sha256: str,
        function: Callable[[GeneratorNetwork, torch.dtype], T],
        visitor: str,
        *,
        priority: Priority,
        lane: str,
    ) -> tuple[T, bool]:
        """Return what a function makes in the precision of previews, or in float32, and whether it is a preview.

        Otherwise as `work`.
        """

        def draw_soon(form: Form) -> tuple[T, bool]:
            with suppress(NotFiniteError):
                if form.preview is not None:
                    return function(form.generator, form.preview), True
            return function(form.generator, torch.float32), False

        return self._work(sha256, draw_soon, visitor, priority, lane)

    def _work(self, sha256: str, function: Callable[[Form], T], visitor: str, priority: Priority, lane: str) -> T:
        def steps() -> Generator[None, None, T]:
            result, _ = yield from _unbroken(partial(function, self._form(self._load(sha256))))
            return result

        client = current_client()
        claim = _claim_of(client, visitor, lane)
        with self._changed:
            self._give_up(claim, ())
            self._make_room(claim, priority, client)
            job = Drawing(begin=steps, sha256=sha256)
            self._scheduler.claim(job, claim, priority, client)
            self._scheduler.add(job)
            self._changed.notify()
        client.on_leaving(lambda: self._leave(claim, client))
        result: T = job.future.result()
        return result

    def _find(self, request: RenderRequest, priority: Priority) -> Picture | None:
        """Look the tile up; one that a sheet has shown and is looked at now is kept as such."""
        found = self._looked_at.get(request) or self._sheets.get(request)
        if found is not None and priority not in OF_SHEETS and self._sheets.pop(request):
            self._looked_at.put(request, found)
        return found

    def _sooner(self, request: RenderRequest, priority: Priority) -> RenderRequest:
        """Return the exact request in place of one for a preview that would come no sooner."""
        rows = self._rows.get(request.exact)
        is_nearly_done = rows is not None and 2 * len(rows) >= rows.shape[1]  # a preview takes about half the time
        if self._preview is None or is_nearly_done or self._find(request.exact, priority) is not None:
            return request.exact
        return request

    def _wait_for(
        self, request: RenderRequest, claim: Claim, priority: Priority, clients: set[Client]
    ) -> Future[Picture]:
        found, job = self._find(request, priority), self._jobs.get(request)
        if found is not None:
            future: Future[Picture] = Future()
            future.set_result(found)
            return future
        if job is None:
            job = self._jobs[request] = Drawing(
                begin=partial(self._draw, request), sha256=request.sha256, request=request
            )
            self._scheduler.add(job)
        for client in clients:
            self._scheduler.claim(job, claim, priority, client)
        return job.future

    def _give_up(self, claim: Claim, keep: Iterable[RenderRequest]) -> None:
        tiles = {request.exact for request in keep}
        for job in self._scheduler.withdraw(claim, lambda job: job.request is not None and job.request.exact in tiles):
            self._drop(job)

    def _drop(self, job: Drawing, error: Exception | None = None) -> None:
        self._forget(job)
        job.steps.close()
        job.future.set_exception(error or SupersededError("Nobody waits for this picture any more."))

    def call_off(self, visitor: str, lane: str, keep: RenderRequest | None = None) -> None:
        """Give up a visitor's requests in a lane but for one tile, also what is drawn now, unless others have them."""
        claim = _claim_of(current_client(), visitor, lane)
        with self._changed:
            self._give_up(claim, [request for request in [keep] if request is not None])
            drawn = self._drawn
            if drawn is not None and not (keep is not None and drawn.draws(keep)):
                drawn.stakes.pop(claim, None)

    def _forget(self, job: Drawing) -> None:
        if job.request is not None:
            self._jobs.pop(job.request, None)
            self._rows.pop(job.request, None)

    def _run(self) -> None:
        while (job := self._next()) is not None:
            self._draw_on(job)
            with self._changed:
                self._drawn = None
                self._scheduler.finish(job)
        self._copies.clear()  # what was made while it was closed
        self._finisher.shutdown(wait=False)

    def _next(self) -> Drawing | None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._scheduler) > 0 or self._is_closed)
            self._drawn = None if self._is_closed else self._scheduler.pick()
            return self._drawn

    def _draw_on(self, job: Drawing) -> None:
        """Draw until the job is done, steps aside, or fails."""
        try:
            while self._may_go_on(job):
                began = time.perf_counter()
                next(job.steps)
                self._charge(job, began)
        except StopIteration as done:
            self._charge(job, began)
            self._deliver(job, done.value)
        except torch.cuda.OutOfMemoryError as error:
            self._relieve(job, error.with_traceback(None))  # its frames hold what was being drawn
        except Exception as error:  # whoever waits must learn of it, and the thread must live on
            self._fail(job, error)

    def _charge(self, job: Drawing, began: float) -> None:
        with self._changed:
            self._scheduler.charge(job, time.perf_counter() - began)

    def _relieve(self, job: Drawing, error: Exception) -> None:
        """Let all generators go but the one that is asked, and begin again; without success the second time."""
        if job.relieved or not job.stakes:
            self._fail(job, error)
            return
        with self._changed:
            job.relieved = True
            self._scheduler.put_back(job)
            self._copies.keep_only(job.sha256)
            for waiting in self._scheduler:  # a job that waits in the middle of its work holds its generator
                waiting.restart()
        torch.cuda.empty_cache()

    def _may_go_on(self, job: Drawing) -> bool:
        """Put a job back where another comes before it, and end it where nobody wants it any more."""
        with self._changed:
            if not job.stakes:
                self._drop(job)
                return False
            gives_way = self._scheduler.gives_way(job)
            if gives_way:
                self._scheduler.put_back(job)
        return not gives_way

    def _deliver(self, job: Drawing, result: Any) -> None:
        if job.request is None:
            job.future.set_result(result)
        elif result is None:
            self._hand_over(job, job.request.exact)
        else:
            self._finisher.submit(self._finish, job, result)

    def _hand_over(self, job: Drawing, exact: RenderRequest) -> None:
        """Let those who wait for a preview that cannot be drawn wait for the exact tile."""
        with self._changed:
            if not job.stakes:
                self._drop(job)
                return
            self._forget(job)
            (future, *_) = [
                self._wait_for(exact, claim, stake.priority, stake.clients) for claim, stake in job.stakes.items()
            ]
            self._changed.notify()
        future.add_done_callback(partial(_pass_on, job.future))

    def _finish(self, job: Drawing, picture: Callable[[], Picture]) -> None:
        """Put a tile together, aside from the thread that draws the next one, and hand it out."""
        try:
            made = picture()
        except Exception as error:  # as above: nobody must wait for ever
            self._fail(job, error)
            return
        with self._changed:
            kept = self._sheets if job.priority in OF_SHEETS else self._looked_at
            if not made.is_preview:
                self._drop_preview(made)
            kept.put(RenderRequest(made.sha256, made.seed, made.psi, made.is_preview), made)
            self._forget(job)
        job.future.set_result(replace(made, relieved=True) if job.relieved else made)

    def _drop_preview(self, exact: Picture) -> None:
        for kept in (self._looked_at, self._sheets):
            kept.pop(RenderRequest(exact.sha256, exact.seed, exact.psi, preview=True))

    def _fail(self, job: Drawing, error: Exception) -> None:
        if isinstance(error, NotFiniteError):
            if job.request is not None and job.request.preview:
                self._hand_over(job, job.request.exact)
                return
            error.sha256 = job.sha256
        with self._changed:
            self._forget(job)
        job.future.set_exception(error)

    def _draw(self, request: RenderRequest) -> Steps:
        """Draw a tile batch by batch, as `seed_tile` does; return how to make the picture of it.

        Return None for a preview where the generator has none.
        """
        generator, preview = self._form(self._load(request.sha256))
        used = preview if request.preview else torch.float32
        if used is None:
            return None
        z, labels = latents(request.seed, CELLS, generator.z_dim), seed_labels(generator, request.seed)
        side = generator.resolution
        tile = np.empty((CELLS // COLUMNS * side, COLUMNS * side, 3), np.uint8)
        bands = np.split(tile, CELLS // BATCH)  # each is filled at once, as after the last batch somebody waits
        seconds = 0.0
        for start, band in zip(range(0, CELLS, BATCH), bands, strict=True):
            if start:
                yield
            rows = slice(start, start + BATCH)
            batch = z[rows], None if labels is None else labels[rows], request.psi
            drawn, took = yield from _unbroken(partial(draw, generator, *batch, precision=used))
            band[:] = to_tile(drawn, COLUMNS)
            self._rows[request] = tile[: (start + BATCH) // COLUMNS * side]
            seconds += took
        self._count(request, seconds)
        made = partial(Picture, *request[:3], hash_of(z), tile, seconds, device_name(self.device))
        return partial(made, precision=previews.name_of(used))

    def _count(self, request: RenderRequest, seconds: float) -> None:
        if request.preview:
            self.previews += 1
        else:
            self.renders += 1
        with self._changed:
            self._scheduler.learn_pace(seconds)

    def _form(self, checkpoint: Checkpoint) -> Form:
        """Return what draws tiles to look at: on a GPU a copy; on the CPU one that is faster, if it draws the same."""
        form = self._copies.get(checkpoint.sha256)
        if form is None:
            form = self._make_form(checkpoint.generator)
            self._copies.put(checkpoint.sha256, form)
        return form

    def _make_form(self, generator: GeneratorNetwork) -> Form:
        if self.device.type != "cpu":
            return Form(deepcopy(generator).to(self.device))
        return _quicker_if_equal(generator, self._break_off, self._preview)

    def _break_off(self, *_: object) -> None:
        """Leave a batch before its next layer where something more urgent waits, or nobody for this."""
        with self._changed:
            if self._drawn is not None and (not self._drawn.stakes or self._scheduler.overtakes(self._drawn)):
                raise _OvertakenError


class _OvertakenError(Exception):
    """A batch was broken off because something more urgent came."""


def _unbroken(function: Callable[[], T]) -> Generator[None, None, tuple[T, float]]:
    """Return a result and the seconds it took; where it is broken off, begin again after a pause."""
    while True:
        began = time.perf_counter()
        with suppress(_OvertakenError):
            return function(), time.perf_counter() - began
        yield


def _quicker_if_equal(
    generator: GeneratorNetwork, before_layer: Callable[..., None], preview: torch.dtype | None
) -> Form:
    """Try the faster form, and previews, on a few pictures; where it draws otherwise, the generator is drawn as it is.

    A generator whose previews are far from what it draws has none.
    """
    z, labels = latents(0, TRIED, generator.z_dim), seed_labels(generator, 0, TRIED)
    found, exact = quicker(generator), draw(generator, z, labels)
    if not close_enough(draw(found, z, labels), exact):
        return Form(generator, previews.usable(generator, preview, z, labels, exact))
    form = Form(found, previews.usable(found, preview, z, labels, exact))
    for layer in found.modules():
        layer.register_forward_pre_hook(before_layer)
    return form


def _pass_on(waiting: Future[Picture], done: Future[Picture]) -> None:
    """Give those who wait for one future what has become of another."""
    error = done.exception()
    if error is None:
        waiting.set_result(done.result())
    else:
        waiting.set_exception(error)


def _claim_of(client: Client, visitor: str, lane: str) -> Claim:
    return Claim(Visitor(client.source, visitor), lane)


def _checked(request: RenderRequest) -> RenderRequest:
    return RenderRequest(request.sha256, check_seed(request.seed), check_psi(request.psi), request.preview)
