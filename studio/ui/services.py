"""What all tabs share: the gallery, the renderer, and how a request of the page is checked and answered."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

import torch

from studio.checkpoints.alarms_in_metrics import ringing
from studio.checkpoints.catalog import SHORT, Entry, Gallery, UnknownCheckpointError, raw_name
from studio.checkpoints.hash_cache import FILE as EXAMINED
from studio.checkpoints.hash_cache import Known
from studio.checkpoints.trick_labels import tricks
from studio.checkpoints.uploads import Uploads
from studio.checkpoints.visitor_checkpoints import FOLDER, Added, WithAdded
from studio.exploration.directions import DirectionsCache
from studio.exploration.nearest_training import Copies
from studio.exploration.video_jobs import Films
from studio.favourites import Wall, state_folder
from studio.race.service import RaceService
from studio.rendering.fair_queue import Turns
from studio.rendering.renderer import Renderer
from studio.ui.protocol import Answer, RequestError
from training.core import checkpoint
from training.core.checkpoint import Checkpoint
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
        self.official = Turns()  # drawing and reading files, so that a crowd cannot take the machine's memory
        self.wall = Wall(state_folder())
        self.renderer = Renderer(self._load, device)
        self.race = RaceService(race, self._trained) if race else None

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
