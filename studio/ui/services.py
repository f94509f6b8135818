"""What all tabs share: the gallery, the renderer, and how a request of the page is checked and answered."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

import torch

from studio.checkpoints.alarms_in_metrics import ringing
from studio.checkpoints.catalog import SHORT, Entry, Gallery, UnknownCheckpointError, listed_name, raw_name
from studio.checkpoints.hash_cache import FILE as EXAMINED
from studio.checkpoints.hash_cache import Known
from studio.checkpoints.training_curves import is_finite
from studio.checkpoints.trick_labels import tricks
from studio.checkpoints.uploads import Uploads
from studio.checkpoints.visitor_checkpoints import FOLDER, Added, WithAdded
from studio.exploration.directions import DirectionsCache
from studio.exploration.nearest_training import Copies
from studio.exploration.video_jobs import Films
from studio.favourites import Wall, state_folder
from studio.race.service import RaceService
from studio.rendering.renderer import Renderer
from studio.rendering.worker import Worker
from studio.ui.protocol import RequestError, problem_phrase
from studio.ui.shared.known_names import named_network, named_recipe
from studio.ui.shared.messages import CheckpointList, ListedCheckpoint, Step, Unusable
from training.core import checkpoint
from training.core.checkpoint import Checkpoint, CheckpointError
from training.core.generators import GeneratorConfig, build_generator
from training.core.paths import cache_folder

UNTRAINED = "untrained"
UPLOADS = ".uploads"


class Studio:
    """The gallery of a folder and its renderer; with no usable checkpoint, an untrained generator stands in.

    With `adding`, visitors may add checkpoints, which are kept beside the folder. `race` is the folder of a race.
    """

    def __init__(
        self,
        root: Path,
        device: torch.device,
        data: Path | None = None,
        adding: bool = True,
        race: Path | None = None,
    ) -> None:
        self.root = root
        self.copies = Copies(data) if data else None
        self.directions, self.films = DirectionsCache(), Films()
        known = Known(cache_folder() / EXAMINED)
        self.added = Added(state_folder() / FOLDER, known=known)
        self.uploads = Uploads(self.added.folder / UPLOADS) if adding else None
        self._trained = WithAdded(root, self.added.gallery, known)
        self._untrained = _untrained_gallery()
        weakref.finalize(self, shutil.rmtree, self._untrained.root, ignore_errors=True)
        self.official = Worker("official")  # draws and reads files, one at a time, so that a crowd takes no memory
        self.wall = Wall(state_folder())
        self.renderer = Renderer(self._load, device)
        self.race = RaceService(race, self._trained) if race else None

    @property
    def gallery(self) -> Gallery:
        """Return the gallery of the folder, or the stand-in while the folder has nothing to show."""
        return self._trained if self._trained.default() else self._untrained

    def close(self) -> None:
        """End the threads that draw, write and look, and let go of what they keep in memory."""
        self.films.close()
        self.official.close()
        self.renderer.close()
        if self.copies is not None:
            self.copies.close()
        for gallery in (self._trained, self.added.gallery, self._untrained):
            gallery.close()

    def list(self, steps: bool = False) -> CheckpointList:
        """Return what the page lists: usable checkpoints, unusable ones with the reason, and which comes first.

        With `steps`, the kept steps of each run are hashed where they have not been before.
        """
        gallery: Gallery = self._trained
        listed = gallery.entries()
        problems = [_unusable(entry.name, entry.problem, self._named(entry)) for entry in listed]
        problems += [_unusable(raw_name(entry.name), entry.raw_problem) for entry in listed]
        default = gallery.first(listed)
        if default is None:
            gallery, listed = self._untrained, self._untrained.entries()
            default = gallery.first(listed)
        usable = [(entry, gallery.steps(entry) if steps else []) for entry in listed if entry.problem is None]
        return CheckpointList(
            checkpoints=[_listed(entry, self.added.holds(entry), kept) for entry, kept in usable],
            problems=[problem for problem in problems if problem],
            default=default.sha256 if default else None,
            untrained=listed_name(self.root.name) if gallery is self._untrained else None,
        )

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


def _unusable(name: str, problem: CheckpointError | None, added: str | None = None) -> Unusable | None:
    return Unusable(name=name, reason=problem_phrase(problem), added=added) if problem else None


def _listed(entry: Entry, added: bool, steps: list[Entry]) -> ListedCheckpoint:
    about = entry.description.about if entry.description else {}
    config = entry.description.config if entry.description else None
    return ListedCheckpoint(
        sha256=str(entry.sha256),
        raw=entry.raw,
        raw_name=raw_name(entry.name),
        weights=entry.weights,
        name=entry.name,
        size=entry.size,
        recipe=named_recipe(about),
        tricks=tricks(about),
        images=amount(about.get("images")),
        seconds=amount(about.get("seconds")),
        devices=_devices(about.get("runtimes")),
        pretrained=named_network(about.get("pretrained")),
        z_dim=config.z_dim if config else None,
        classes=config.classes if config else 0,
        alarms=ringing(entry.folder),
        added=added,
        steps=[
            Step(sha256=str(step.sha256), images=amount(step.description.about.get("images")))
            for step in steps
            if step.description
        ],
    )


def amount(value: object) -> int | float | None:
    """Return a number of a passport, which may hold anything, or None."""
    return value if is_finite(value) else None


def _devices(runtimes: object) -> list[str]:
    if not isinstance(runtimes, list):
        return []
    return sorted({str(one.get("device")) for one in runtimes if isinstance(one, dict)})
