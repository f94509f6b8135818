"""What all tabs share: the gallery, the renderer, and how a request of the page is checked and answered."""

from __future__ import annotations

import functools
import inspect
import logging
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import torch

from studio.added import FOLDER, Added, WithAdded
from studio.alarming import ringing
from studio.copies import Copies
from studio.directions import DirectionsCache
from studio.favourites import Wall, state_folder
from studio.films import Films
from studio.gallery import SHORT, Entry, Gallery, UnknownCheckpointError, raw_name
from studio.known import FILE as EXAMINED
from studio.known import Known
from studio.mishaps import Mishaps
from studio.render import BusyError, Renderer, SupersededError
from studio.tricks import tricks
from studio.turns import Turns
from studio.uploads import Uploads
from training import checkpoint
from training.cache import cache_folder
from training.checkpoint import Checkpoint, CheckpointError
from training.generators import GeneratorConfig, build_generator
from training.images import NotFiniteError
from training.latents import SEED_LIMIT

log = logging.getLogger(__name__)
MISHAPS = Mishaps()
Answer: TypeAlias = dict[str, Any]
UNTRAINED = "untrained"
UPLOADS = ".uploads"
VISITOR_LENGTH = 64
HEXADECIMAL = frozenset("0123456789abcdef")


class RequestError(Exception):
    """A request cannot be met; `code` names a text of the page and `values` fill it."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


class Studio:
    """The gallery of a folder and its renderer; with no usable checkpoint, an untrained generator stands in.

    With `adding`, visitors may add checkpoints, which are kept beside the folder.
    """

    def __init__(self, root: Path, device: torch.device, data: Path | None = None, adding: bool = True) -> None:
        self.root = root
        self.copies = Copies(data) if data else None
        self.directions, self.films = DirectionsCache(), Films()
        known = Known(cache_folder() / EXAMINED)
        self.added = Added(state_folder() / FOLDER, known=known)
        self.uploads = Uploads(self.added.folder / UPLOADS) if adding else None
        self._trained = WithAdded(root, self.added.gallery, known)
        self._untrained = _untrained_gallery()
        weakref.finalize(self, shutil.rmtree, self._untrained.root, ignore_errors=True)
        self.official = Turns()  # drawing and reading files, so that a crowd cannot take the machine's memory
        self.wall = Wall(state_folder())
        self.renderer = Renderer(self._load, device)

    @property
    def gallery(self) -> Gallery:
        """Return the gallery of the folder, or the stand-in while the folder has nothing to show."""
        return self._trained if self._trained.default() else self._untrained

    def list(self) -> Answer:
        """Return what the page lists: usable checkpoints, unusable ones with the reason, and which comes first."""
        gallery: Gallery = self._trained
        listed = gallery.entries()
        problems = [_problem(entry.name, entry.problem, entry.why, self._named(entry)) for entry in listed]
        problems += [_problem(raw_name(entry.name), entry.raw_problem, entry.raw_why) for entry in listed]
        default = gallery.first(listed)
        if default is None:
            gallery, listed = self._untrained, self._untrained.entries()
            default = gallery.first(listed)
        return {
            "checkpoints": [
                {**_entry(entry), "added": self.added.holds(entry)} for entry in listed if entry.problem is None
            ],
            "problems": [problem for problem in problems if problem["reason"]],
            "default": default.sha256 if default else None,
            "untrained": self.root.name if gallery is self._untrained else None,
        }

    def _named(self, entry: Entry) -> str | None:
        """Return the SHA-256 under which an added checkpoint was taken, which its folder tells also when damaged."""
        return entry.folder.name if self.added.holds(entry) else None

    def remove(self, sha256: str, owner: str) -> None:
        """Remove a checkpoint that this owner has added. Raises RefusedError for any other, and OSError."""
        self.added.remove(sha256, owner)
        self._trained.forget(sha256)

    def find(self, sha256: str) -> Entry:
        """Return the entry with this hash, or raise CheckpointError for one that was damaged, or RequestError."""
        entry = self._trained.find(sha256) or self.gallery.find(sha256)
        if entry is None and (problem := self._trained.problem(sha256)):
            raise problem
        if entry is None:
            raise RequestError("error_unknown_checkpoint", hash=sha256[:SHORT])
        return entry

    def _load(self, sha256: str) -> Checkpoint:
        """Return a checkpoint; one that is in memory needs no look at the folder, which may be a slow one."""
        try:
            return self._trained.load(sha256)
        except UnknownCheckpointError:
            return self.gallery.load(sha256)


def _untrained_gallery() -> Gallery:
    """Return a gallery with one generator whose weights are random, always the same."""
    folder = Path(tempfile.mkdtemp(prefix="gan-race-")) / UNTRAINED
    folder.mkdir()
    config = GeneratorConfig(network="dcgan", width=16)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        checkpoint.save(folder, config, build_generator(config).state_dict(), {"images": 0})
    return Gallery(folder.parent)


def _problem(name: str, reason: str | None, why: str | None, added: str | None = None) -> Answer:
    return {"name": name, "reason": reason, "why": why, "added": added}


def _entry(entry: Entry) -> Answer:
    about = entry.description.about if entry.description else {}
    recipe = about.get("recipe")
    runtimes = about.get("runtimes")
    devices = (
        {str(one.get("device")) for one in runtimes if isinstance(one, dict)} if isinstance(runtimes, list) else set()
    )
    return {
        "sha256": entry.sha256,
        "raw": entry.raw,
        "raw_name": raw_name(entry.name),
        "weights": entry.weights,
        "name": entry.name,
        "size": entry.size,
        "recipe": recipe.get("summary") if isinstance(recipe, dict) else None,
        "tricks": tricks(about),
        "images": about.get("images"),
        "seconds": about.get("seconds"),
        "devices": sorted(devices),
        "pretrained": about.get("pretrained"),
        "classes": entry.description.config.classes if entry.description else 0,
        "alarms": ringing(entry.folder),
    }


PLAIN_ERRORS: dict[type[Exception], str] = {  # those that need no values
    BusyError: "error_busy",
    NotFiniteError: "error_not_finite",
    torch.cuda.OutOfMemoryError: "error_memory",
}


def answers(function: Callable[[Answer], Any]) -> Callable[[Any], Any]:
    """Turn a function of a checked request into one for the page: whatever goes wrong is an answer with `error`.

    A coroutine stays one: it can wait for a picture without a thread of the few that answer requests.
    """

    @functools.wraps(function)
    def answer(data: Any) -> Any:
        try:
            return function(data if isinstance(data, dict) else {})
        except Exception as error:
            return _explained(error, function.__name__)

    @functools.wraps(function)
    async def answer_later(data: Any) -> Any:
        try:
            return await function(data if isinstance(data, dict) else {})
        except Exception as error:
            return _explained(error, function.__name__)

    return answer_later if inspect.iscoroutinefunction(function) else answer


def _explained(error: Exception, request: str) -> Answer:
    match error:
        case RequestError():
            return _error(error.code, **error.values)
        case SupersededError():
            return {"superseded": True}
        case CheckpointError():
            return _error("error_checkpoint", reason=str(error), why=error.why)
        case NotFiniteError() if error.sha256:
            return _error("error_diverged", checkpoint_sha256=error.sha256)
    for kind, code in PLAIN_ERRORS.items():
        if isinstance(error, kind):
            return _error(code)
    log.error("A request of the page failed", exc_info=error)
    MISHAPS.note(request, error)
    return _error("error_internal")


def _error(code: str, **values: object) -> Answer:
    return {"error": {"code": code, "values": values}}


def asked_seed(data: Answer) -> int:
    """Return the seed of a request, or raise RequestError."""
    seed = data.get("seed")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_LIMIT:
        raise RequestError("error_seed", value=str(seed)[:40])
    return seed


def asked_psi(data: Answer) -> float:
    """Return the truncation of a request, 1 where it names none, or raise RequestError."""
    psi = data.get("psi", 1.0)
    if isinstance(psi, bool) or not isinstance(psi, int | float) or not 0.0 <= psi <= 1.0:
        raise RequestError("error_psi", value=str(psi)[:40])
    return float(psi)


def asked_hash(data: Answer) -> str:
    """Return the hash of a request, whole or its beginning, or raise RequestError."""
    value = data.get("sha256")
    if not isinstance(value, str) or not SHORT <= len(value) <= 64 or not set(value) <= HEXADECIMAL:
        raise RequestError("error_request", field="sha256", value=str(value)[:80])
    return value


def asked_text(data: Answer, field: str, longest: int) -> str:
    """Return a text of a request, or raise RequestError."""
    value = data.get(field)
    if not isinstance(value, str) or len(value) > longest:
        raise RequestError("error_request", field=field, value=str(value)[:80])
    return value


def asked_preview(data: Answer) -> bool:
    """Tell whether a preview will do for the answer to a request."""
    return data.get("preview") is True


def asked_visitor(data: Answer) -> str:
    """Return the visitor of a request, somebody new where it names none, or raise RequestError."""
    return asked_text(data, "visitor", VISITOR_LENGTH) if "visitor" in data else uuid.uuid4().hex
