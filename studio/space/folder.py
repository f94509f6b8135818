"""The folder of a Space: the program as far as the page needs it, its requirements, and checkpoints to draw from."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path, PurePath

from studio.checkpoints.catalog import DEFAULT, Catalog, Entry
from studio.space.readme import APP_FILE, TAGS, SpaceSettings, space_readme
from training.core import checkpoint, hub
from training.core.atomic_write import written_whole
from training.core.litter import is_litter
from training.core.training_log import METRICS

README, REQUIREMENTS, ATTRIBUTES, CHECKPOINTS = "README.md", "requirements.txt", ".gitattributes", "checkpoints"
CARD, PREVIEW = "README.md", "preview.jpg"
COPIED = (checkpoint.CONFIG, checkpoint.WEIGHTS, checkpoint.RAW_WEIGHTS, METRICS, PREVIEW, CARD)
PACKAGES = ("studio", "training/core")  # of `training` the studio takes the core only
INITIAL = "training/__init__.py"
LICENCE = "LICENSE"
SUFFIXES = {".py", ".css", ".js", ".html", ".toml", ".woff2", ".txt"}  # OFL.txt is the licence of the typeface
FOR_DEVELOPMENT = {"eslint.config.js"}
NOT_COPIED = {"__pycache__", "node_modules"}
OURS = {README, REQUIREMENTS, ATTRIBUTES, APP_FILE, LICENCE, CHECKPOINTS, "studio", "training"}
LARGE = ("*.safetensors", "*.jpg", "*.woff2")  # binary files, which a repository of the Hub keeps beside its history
PROGRAM = "gan-race-studio"
CPU_INDEX = "--extra-index-url https://download.pytorch.org/whl/cpu"
ON_ZERO_GPU = {"torch": ">=2.8,<2.12"}  # what ZeroGPU runs
NAME_LENGTH = 96


class SpaceError(ValueError):
    """A Space cannot be written or uploaded; the message says why, in one sentence."""


def write_space(folder: Path, places: Iterable[hub.Place], settings: SpaceSettings) -> list[str]:
    """Write a Space with the checkpoints of these places and return their names, the default one first.

    A place is a checkpoint, a run, a folder of them, or an address of the Hub. A Space that was written before is
    replaced whole. Raises SpaceError for a folder that holds anything else, and for places without a checkpoint.
    """
    target = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would replace what a link leads to
    check_replaceable(target)
    places = list(places)
    entries, default = _entries(places)
    models = dict.fromkeys(place.repo for place in places if isinstance(place, hub.Address))
    names = [default, *(name for name in entries if name != default)]
    has_picture = (entries[default].folder / PREVIEW).is_file()
    with written_whole(target) as part:
        _copy_program(part)
        for name, entry in entries.items():
            _copy_checkpoint(entry, part / CHECKPOINTS / name)
        _write(part / CHECKPOINTS / DEFAULT, default)
        _write(part / REQUIREMENTS, "\n".join([*requirements(settings.zero_gpu), ""]))
        _write(part / ATTRIBUTES, "".join(f"{kind} filter=lfs diff=lfs merge=lfs -text\n" for kind in LARGE))
        thumbnail = f"{CHECKPOINTS}/{default}/{PREVIEW}" if has_picture else None
        _write(part / README, space_readme(replace(settings, models=tuple(models)), names, thumbnail))
    return names


def check_replaceable(folder: Path) -> None:
    """Raise SpaceError unless a folder is absent, empty, or a Space that was written before."""
    if folder.exists() and not folder.is_dir():
        raise SpaceError(f"{folder} is a file; give the name of a folder.")
    found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    found = {name for name in found if not is_litter(name)}
    strange = min(found - OURS, default=None)
    if strange is not None:
        raise SpaceError(f"{folder} holds {strange}, which is no part of a Space; give another folder.")
    readme = (folder / README).read_text(encoding="utf-8", errors="replace") if README in found else ""
    if found and not is_written_here(readme):
        raise SpaceError(f"{folder} holds {min(found)} and was not written by this command; give another folder.")


def is_written_here(readme: str) -> bool:
    """Tell whether the README of a Space was written by this program."""
    return readme.startswith("---\n") and f'"{TAGS[-1]}"' in readme


def requirements(zero_gpu: bool) -> list[str]:
    """Return the lines of requirements.txt: the dependencies of the program, with PyTorch for the CPU.

    ZeroGPU needs PyTorch with CUDA, in a version that it runs, and the package `spaces`.
    """
    names = sorted(dependencies())
    if not zero_gpu:
        return [CPU_INDEX, *names]
    return sorted(["spaces", *(_bounded(one) for one in names)])


def _bounded(requirement: str) -> str:
    name = requirement.partition(">")[0]
    return name + ON_ZERO_GPU[name] if name in ON_ZERO_GPU else requirement


def dependencies() -> list[str]:
    """Return what the program needs: of its pyproject.toml where it runs from its folder, else as it is installed."""
    settings = _root() / "pyproject.toml"
    if settings.is_file():
        return list(tomllib.loads(settings.read_text(encoding="utf-8"))["project"]["dependencies"])
    return [one for one in metadata.requires(PROGRAM) or [] if "extra ==" not in one]


def _root() -> Path:
    """Return the folder that has `studio`, `training` and app.py, in a clone and where it is installed."""
    return Path(__file__).parents[2]


def _copy_program(target: Path) -> None:
    for path in _program_files():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_root() / path, target / path)


def _program_files() -> Iterator[PurePath]:
    """Yield the files that the page needs, relative to the program's folder."""
    yield from map(PurePath, (APP_FILE, INITIAL))
    if (_root() / LICENCE).is_file():
        yield PurePath(LICENCE)
    for package in PACKAGES:
        for path in sorted((_root() / package).rglob("*")):
            if _is_needed(path.relative_to(_root())) and path.is_file():
                yield path.relative_to(_root())


def _is_needed(path: PurePath) -> bool:
    return path.suffix in SUFFIXES and path.name not in FOR_DEVELOPMENT and NOT_COPIED.isdisjoint(path.parts)


def _entries(places: list[hub.Place]) -> tuple[dict[str, Entry], str]:
    """Return the usable checkpoints by the names of their folders, and the name of the default one."""
    catalogs = [_catalog(place) for place in places]
    found: dict[str, Entry] = {}
    for entry in (entry for catalog in catalogs for entry in _usable(catalog)):
        name = folder_name(entry.name)
        if name in found:
            raise SpaceError(f"Two checkpoints are called {name}; rename the folder of one of them.")
        found[name] = entry
    if not found:
        raise SpaceError("A Space needs a checkpoint; --checkpoints names none.")
    default = catalogs[0].default()
    return found, folder_name(default.name) if default else next(iter(found))


def _catalog(place: hub.Place) -> Catalog:
    folder = hub.opened(place)
    if not folder.is_dir():
        raise SpaceError(f"There is no folder {folder}; --checkpoints names where checkpoints are.")
    catalog = Catalog(folder)
    if not _usable(catalog):
        problem = next((entry.problem for entry in catalog.entries() if entry.problem), None)
        raise SpaceError(str(problem) if problem else f"{folder} holds no checkpoint.")
    return catalog


def _usable(catalog: Catalog) -> list[Entry]:
    return [entry for entry in catalog.entries() if entry.problem is None and entry.sha256]


def folder_name(name: str) -> str:
    """Return a checkpoint's name as one that every file system and the Hub take for a folder's."""
    return re.sub(r"[^A-Za-z0-9_.@-]+", "_", name)[:NAME_LENGTH].strip(".") or "checkpoint"


def _copy_checkpoint(entry: Entry, target: Path) -> None:
    """Copy what a checkpoint shows and draws from; what only a resume needs stays behind."""
    target.mkdir(parents=True)
    for name in COPIED:
        if (entry.folder / name).is_file():
            shutil.copyfile(entry.folder / name, target / name)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")
