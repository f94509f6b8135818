"""What all tabs share: the catalog, the renderer, and how a request of the page is checked and answered."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from studio.checkpoints.alarms_in_metrics import triggered_alarms
from studio.checkpoints.catalog import SHORT, Catalog, Entry, UnknownCheckpointError, listed_name, raw_name
from studio.checkpoints.hash_cache import FILE as EXAMINED
from studio.checkpoints.hash_cache import HashCache
from studio.checkpoints.saved_time import saved_time
from studio.checkpoints.settings_diff import scores
from studio.checkpoints.training_curves import is_finite
from studio.checkpoints.trick_labels import tricks
from studio.checkpoints.uploads import Uploads
from studio.checkpoints.visitor_checkpoints import FOLDER, Added, WithAdded
from studio.error_log import ERRORS
from studio.exploration.directions import DirectionsCache
from studio.exploration.nearest_training import Copies
from studio.exploration.video_jobs import Films
from studio.favourites import SharedFavourites, state_folder
from studio.leftovers import remove_leftovers
from studio.race.comparison_service import ComparisonService
from studio.race.service import RaceService
from studio.rendering.renderer import Renderer
from studio.rendering.worker import Worker
from studio.ui.protocol import RequestError, problem_phrase
from studio.ui.shared.known_names import named_network, named_recipe
from studio.ui.shared.messages import CheckpointList, Distance, ListedCheckpoint, Step, Unusable
from training.core import checkpoint
from training.core.checkpoint import Checkpoint, CheckpointError
from training.core.generators import GeneratorConfig, build_generator
from training.core.paths import cache_folder, temporary_prefix

UNTRAINED = "untrained"
UPLOADS = ".uploads"


class Studio:
    """The catalog of a folder and its renderer; with no usable checkpoint, an untrained generator stands in.

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
        ERRORS.attach()
        self.root = root
        remove_leftovers([state_folder(), cache_folder(), *([race] if race else [])])
        self._at_close: list[Callable[[], object]] = []
        self.copies = Copies(data) if data else None
        self.directions, self.films = DirectionsCache(), Films()
        known = HashCache(cache_folder() / EXAMINED)
        self.added = Added(state_folder() / FOLDER, known=known)
        self.uploads = Uploads(self.added.folder / UPLOADS) if adding else None
        self._trained = WithAdded(root, self.added.catalog, known)
        self._untrained = _untrained_catalog()
        weakref.finalize(self, shutil.rmtree, self._untrained.root, ignore_errors=True)
        self.official = Worker("official")  # draws and reads files, one at a time, so that a crowd takes no memory
        self.shared_favourites = SharedFavourites(state_folder())
        self.renderer = Renderer(self._load, device)
        self.comparisons = ComparisonService(lambda: self.catalog, data)
        self.race = RaceService(race, self._trained) if race else None

    @property
    def catalog(self) -> Catalog:
        """Return the catalog of the folder, or the stand-in while the folder has nothing to show."""
        return self._trained if self._trained.default() else self._untrained

    def at_close(self, callback: Callable[[], object]) -> None:
        """Call a function when the studio is closed: a tab that keeps something in memory lets it go then."""
        self._at_close.append(callback)

    def close(self) -> None:
        """End the threads that draw, write and look, and let go of what they and the tabs keep in memory."""
        if self.uploads is not None:
            self.uploads.close()
        self.films.close()
        self.official.close()
        self.renderer.close()
        if self.copies is not None:
            self.copies.close()
        races = [self.race.folder.catalog] if self.race else []
        for catalog in (self._trained, self.added.catalog, self._untrained, *races):
            catalog.close()
        self.directions.close()
        self.comparisons.close()
        while self._at_close:
            self._at_close.pop()()

    def list(self, steps: bool = False) -> CheckpointList:
        """Return what the page lists: usable checkpoints, unusable ones with the reason, and which comes first.

        With `steps`, the kept steps of each run are hashed where they have not been before.
        """
        catalog: Catalog = self._trained
        listed = catalog.entries()
        problems = [_unusable(entry.name, entry.problem, self._named(entry)) for entry in listed]
        problems += [_unusable(raw_name(entry.name), entry.raw_problem) for entry in listed]
        default = catalog.first(listed)
        if default is None:
            catalog, listed = self._untrained, self._untrained.entries()
            default = catalog.first(listed)
        usable = [(entry, catalog.steps(entry) if steps else []) for entry in listed if entry.problem is None]
        return CheckpointList(
            checkpoints=[_listed(entry, self.added.holds(entry), kept) for entry, kept in usable],
            problems=[problem for problem in problems if problem],
            default=default.sha256 if default else None,
            untrained=listed_name(self.root.name) if catalog is self._untrained else None,
        )

    def _named(self, entry: Entry) -> str | None:
        """Return the SHA-256 under which an added checkpoint was taken, which its folder tells also when damaged."""
        return entry.folder.name if self.added.holds(entry) else None

    def check_name(self, name: str) -> None:
        """Raise RefusedError for a name that would pass for one of the folder's own checkpoints."""
        self._trained.check_name(name)

    def remove(self, sha256: str, owner: str) -> None:
        """Remove a checkpoint that this owner has added. Raises RefusedError for any other, and OSError."""
        self.added.remove(sha256, owner)
        self._trained.forget(sha256)

    def find(self, sha256: str) -> Entry:
        """Return the entry with this hash, or raise CheckpointError for one that was damaged, or RequestError."""
        entry = self._trained.find(sha256) or self.catalog.find(sha256)
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
            return self.catalog.load(sha256)


def _untrained_catalog() -> Catalog:
    """Return a catalog with one generator whose weights are random, always the same."""
    folder = Path(tempfile.mkdtemp(prefix=temporary_prefix("untrained"))) / UNTRAINED
    folder.mkdir()
    config = GeneratorConfig(network="dcgan", width=16)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        checkpoint.save(folder, config, build_generator(config).state_dict(), {"images": 0})
    return Catalog(folder.parent)


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
        saved=saved_time(entry),
        distances=_distances(about),
        devices=_devices(about.get("runtimes")),
        pretrained=named_network(about.get("pretrained")),
        equalizer=config.equalizer if config else 0,
        z_dim=config.z_dim if config else None,
        classes=config.classes if config else 0,
        alarms=_alarms(entry),
        added=added,
        steps=[
            Step(sha256=str(step.sha256), images=amount(step.description.about.get("images")))
            for step in steps
            if step.description
        ],
    )


def _alarms(entry: Entry) -> list[str]:
    """Return the alarms of the training but that of a grid, where a filter stands behind what the log is of."""
    is_equalized = entry.description is not None and entry.description.config.equalizer > 0
    return [code for code in triggered_alarms(entry.folder) if not (is_equalized and code == "grid")]


def _distances(about: dict[str, Any]) -> list[Distance]:
    return [
        Distance(kid=one.numbers["kid"], network=named_network(one.network), few=one.few)
        for one in scores(about)
        if "kid" in one.numbers
    ]


def amount(value: object) -> int | float | None:
    """Return a number of a passport, which may hold anything, or None."""
    return value if is_finite(value) else None


def _devices(runtimes: object) -> list[str]:
    if not isinstance(runtimes, list):
        return []
    return sorted({str(one.get("device")) for one in runtimes if isinstance(one, dict)})
