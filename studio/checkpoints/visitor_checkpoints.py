"""Checkpoints that visitors have added: strictly checked, kept within budgets, in a folder of the program's own.

Each lies in a folder that its SHA-256 names; nothing that a visitor says becomes part of a path. Where a new one would
pass a budget, the oldest go. The folder of checkpoints that the studio was given is only read.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio.checkpoints.catalog import GIGA, MOST_OPERATIONS, SHORT, Catalog, Entry, as_problem, raw_name
from studio.checkpoints.hash_cache import HashCache
from studio.checkpoints.look_alikes import passes_for
from studio.checkpoints.training_curves import is_finite
from studio.checkpoints.uploads import RefusedError
from studio.clients import current_client
from studio.shares import Holder, greediest, holder_of
from training.core.atomic_write import UNFINISHED, discard, written_whole
from training.core.checkpoint import CONFIG, PICKLES, WEIGHTS, CheckpointError, describe, file_sha256, load
from training.core.clean_text import clean_text
from training.core.generators import GeneratorConfig
from training.core.operations import exceeds, tile_operations

FOLDER = "added"
NOTE = "added.json"
NAME = re.compile(r"[0-9a-f]{64}")  # of a folder: the SHA-256 of its weights
MOST = 40
MOST_BYTES = 512 * 2**20
MOST_CONFIG_BYTES = 64 * 2**10
MOST_ATTENTION = 64  # every place looks at every other: at 256 one picture would take four gigabytes
MOST_ADDED_OPERATIONS = 10**12  # of a tile: six times as many as one of the recipe `projected` takes
NAME_LETTERS = 40
TEXT_LETTERS = 300
NAMELESS = "added"
MARK = " · added"  # behind the name of each of them; the page has it in the reader's language
HEADER_BYTES = 8  # a safetensors file begins with the length of its header, which is JSON
MOST_HEADER_BYTES = 100_000_000
NOT_IN_NAMES = dict.fromkeys(map(ord, '/\\<>:"|?*'))


class AddedCatalog(Catalog):
    """The added checkpoints, under the names that were given to them."""

    def _name(self, folder: Path) -> str:
        return clean_name(_note(folder).get("name"))


class WithAdded(Catalog):
    """The checkpoints of a folder, followed by the added ones that are not among them."""

    def __init__(self, root: Path, added: Catalog, known: HashCache | None = None) -> None:
        super().__init__(root, known=known, most_operations=MOST_OPERATIONS)
        self._added = added

    def entries(self) -> list[Entry]:
        """List the checkpoints of the folder by name, then the added ones, whose names say so."""
        own = super().entries()
        known = {entry.sha256 for entry in own if entry.sha256}
        added = [entry for entry in self._added.entries() if entry.sha256 not in known]
        return own + [replace(one, name=marked(one.name)) for one in added]

    def check_name(self, name: str) -> None:
        """Raise RefusedError for a name that would pass for one of the folder's own checkpoints."""
        shown = clean_name(name)
        if passes_for(shown, {one for entry in super().entries() for one in (entry.name, raw_name(entry.name))}):
            raise RefusedError("error_add_name", name=shown)

    def forget(self, sha256: str) -> None:
        """Give up what is remembered of a checkpoint that was removed, given or added."""
        super().forget(sha256)
        self._added.forget(sha256)

    def _mistrust(self, sha256: str) -> None:
        super()._mistrust(sha256)
        self._added._mistrust(sha256)

    def _told(self, error: Exception) -> CheckpointError:
        return self._added._told(super()._told(error))


def marked(name: str) -> str:
    """Return the name of an added checkpoint as it is shown; one that was given none is called what it is anyway."""
    return name if name == NAMELESS else f"{name}{MARK}"


class Added:
    """Keeps added checkpoints in a folder. Safe among threads."""

    def __init__(
        self, folder: Path, most: int = MOST, most_bytes: int = MOST_BYTES, known: HashCache | None = None
    ) -> None:
        self.folder, self._most, self._most_bytes = folder, most, most_bytes
        self.catalog = AddedCatalog(folder, known=known, most_operations=MOST_ADDED_OPERATIONS, origin="added")
        self._lock = threading.Lock()
        self._holders: dict[str, Holder] = {}  # SHA-256 -> from where it came, as long as the program runs

    def holds(self, entry: Entry) -> bool:
        """Tell whether an entry of a catalog is an added one."""
        return entry.folder.parent == self.catalog.root

    def take(self, config: bytes, weights: Path, name: str, owner: str = "") -> str:
        """Check a checkpoint as strictly as any other, move it into the folder, and return its SHA-256.

        `owner` is what `owner_of` makes of a browser's secret; without one nobody can remove the checkpoint by request.
        Raises RefusedError, CheckpointError, and OSError; then nothing is kept of it.
        """
        check_config(config)
        with weights.open("rb") as file:
            check_start(file.read(HEADER_BYTES + 1))
        sha256 = file_sha256(weights)
        with self._lock:
            self._write(self.folder / sha256, config, weights, {"name": clean_name(name), "owner": owner})
            self._holders[sha256] = holder_of(current_client())
            self._keep_within()
        return sha256

    def owned(self, owner: str) -> list[str]:
        """Return the SHA-256 of each checkpoint that this owner has added."""
        return [path.name for path in self._folders() if owner and _note(path).get("owner") == owner]

    def remove(self, sha256: str, owner: str) -> None:
        """Remove a checkpoint that this owner has added. Raises RefusedError for any other, and OSError."""
        with self._lock:
            folder = next((path for path in self._folders() if path.name == sha256), None)
            if folder is None:
                raise RefusedError("error_remove_gone", hash=sha256[:SHORT])
            if not owner or _note(folder).get("owner") != owner:
                raise RefusedError("error_remove_others")
            discard(folder)

    def _folders(self) -> list[Path]:
        """List the folders of the added checkpoints, the oldest first."""
        written: dict[Path, int] = {}
        for path in self.folder.iterdir() if self.folder.is_dir() else []:
            with suppress(OSError):  # no checkpoint, or one that is just being removed
                written[path] = (path / NOTE).stat().st_mtime_ns
        return sorted((path for path in written if NAME.fullmatch(path.name)), key=written.__getitem__)

    def _write(self, target: Path, config: bytes, weights: Path, note: dict[str, str]) -> None:
        unfinished = target.with_name(f".{target.name}{UNFINISHED}")
        try:
            with written_whole(target) as part:
                (part / CONFIG).write_bytes(config)
                (part / NOTE).write_text(json.dumps(note), encoding="utf-8")
                weights.replace(part / WEIGHTS)
                _check(part)
        except (CheckpointError, RuntimeError) as error:
            problem, place = as_problem(error), f"{unfinished}/"
            values = {name: value.replace(place, "") for name, value in problem.values.items()}
            raise CheckpointError(str(problem).replace(place, ""), problem.why, **values) from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _keep_within(self) -> None:
        """Make room where there is too much: of whoever has added most, the oldest goes first."""
        sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for path in self._folders()}
        holders = {path: self._holder(path) for path in sizes}
        while (too_many := len(sizes) > self._most) or sum(sizes.values()) > self._most_bytes:
            held: dict[Holder, float] = {}
            for path, size in sizes.items():
                held[holders[path]] = held.get(holders[path], 0) + (1 if too_many else size)
            most = greediest(held)  # of equals the first, whose checkpoint is the oldest
            oldest = next(path for path in sizes if holders[path] == most)
            discard(oldest)
            del sizes[oldest]
        self._holders = {path.name: holders[path] for path in sizes if path.name in self._holders}

    def _holder(self, folder: Path) -> Holder:
        """Return whom an added checkpoint counts for: a session and its address, as far as known, or its owner alone.

        The owner is the browser's own word, so that it counts only where the server knows nothing itself.
        """
        known = self._holders.get(folder.name)
        owner = f"owner {_note(folder).get('owner', '')}"
        return known if known and known.source else Holder(owner, owner)


def _note(folder: Path) -> dict[str, Any]:
    """Return what is noted of an added checkpoint; nothing where that cannot be read."""
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return note if isinstance(note, dict) else {}


def _check(folder: Path) -> None:
    config = describe(folder).config
    check_attention(config)
    load(folder)
    check_operations(config)


def check_attention(config: GeneratorConfig) -> None:
    """Raise RefusedError for a generator whose attention would take gigabytes for each picture."""
    if config.largest_attention > MOST_ATTENTION:
        raise RefusedError("error_add_attention", side=config.largest_attention, limit=MOST_ATTENTION)


def check_operations(config: GeneratorConfig) -> None:
    """Raise RefusedError for a generator whose tile takes too much computing."""
    if exceeds(config, MOST_ADDED_OPERATIONS):
        gigaflop, limit = (round(count / GIGA) for count in (tile_operations(config), MOST_ADDED_OPERATIONS))
        raise RefusedError("error_add_operations", gigaflop=gigaflop, limit=limit)


def check_cost(config: bytes) -> None:
    """Raise RefusedError for a generator that takes too much to draw, before its weights come.

    A config that describes none is refused with them, in the words of whoever reads it.
    """
    try:
        generator = GeneratorConfig.from_dict(json.loads(config).get("generator"))
    except (ValueError, TypeError, AttributeError):
        return
    check_attention(generator)
    check_operations(generator)


def clean_name(name: object) -> str:
    """Return a name as it can be shown: printable letters on one line, none that stands for a place on a disk."""
    text = name[: 8 * NAME_LETTERS] if isinstance(name, str) else ""
    return clean_text(text.translate(NOT_IN_NAMES), NAME_LETTERS) or NAMELESS


def check_start(start: bytes) -> None:
    """Raise RefusedError unless a file of weights begins as safetensors do; a pickle is named as what it is."""
    length = int.from_bytes(start[:HEADER_BYTES], "little")
    if length > MOST_HEADER_BYTES or start[HEADER_BYTES : HEADER_BYTES + 1] != b"{":
        raise RefusedError("error_add_pickle_inside" if start.startswith(PICKLES) else "error_add_weights")


def check_config(config: bytes) -> None:
    """Raise RefusedError unless a config is JSON of modest size whose passport has the shape of a passport."""
    if len(config) > MOST_CONFIG_BYTES:
        raise RefusedError("error_add_config_size", kilobytes=len(config) // 1000, limit=MOST_CONFIG_BYTES // 1000)
    try:
        values = json.loads(config.decode(), parse_constant=_refuse)
        json.dumps(values, ensure_ascii=False).encode()  # half a letter could not be sent to anybody
    except (ValueError, RecursionError) as error:
        raise RefusedError("error_add_config") from error
    about = values.get("about", {}) if isinstance(values, dict) else None
    wrong = _wrong(about) if isinstance(about, dict) else "about"
    if wrong:
        raise RefusedError("error_add_passport", field=wrong)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON.")


def _wrong(about: dict[str, Any]) -> str | None:
    """Name a field of a passport that is there and is not what the page may be sent."""
    recipe = about.get("recipe") or {}
    checks = {
        "recipe": isinstance(recipe, dict),
        "summary": isinstance(recipe, dict) and _is_text(recipe.get("summary", "")),
        "pretrained": about.get("pretrained") is None or _is_text(about["pretrained"]),
        "images": _is_amount(about.get("images", 0)),
        "seconds": _is_amount(about.get("seconds", 0)),
        "metrics": isinstance(about.get("metrics") or {}, dict | list),
    }
    return next((field for field, fits in checks.items() if not fits), None)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_LETTERS


def _is_amount(value: object) -> bool:
    return is_finite(value) and 0 <= value < 1e12
