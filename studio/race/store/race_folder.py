"""The folder of a race: its database, the checkpoints of its entries, and the pictures that are shown."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from studio.checkpoints.catalog import Catalog, Entry
from studio.race.messages import RaceError
from studio.race.one_time_codes import draw
from studio.race.store import race_state, schema
from studio.race.store.database import FILE, PATIENCE_SECONDS, Database
from studio.race.store.race_state import RaceState
from training.core.atomic_write import written_whole
from training.core.checkpoint import CONFIG, WEIGHTS
from training.core.litter import is_litter

CHECKPOINTS, DRAWN, TILES = "checkpoints", "drawn", "tiles"
SECRET_LETTERS = 20  # of 5 bits each

Result = TypeVar("Result")


@dataclass(frozen=True)
class RaceOptions:
    """What the organiser settles at the beginning.

    `resolution` is the side of each of the 100 pictures in pixels, `hours` the most that a checkpoint may have been
    trained. With `shared_first`, tiles that only the lot would separate share the first place.
    """

    title: str = "GAN Race"
    resolution: int = 128
    hours: float = 12.0
    shared_first: bool = False


class RaceFolder:
    """A race on disk. Raises RaceError: no_race where there is none; race_format, store_away and race_damaged."""

    def __init__(self, path: Path, *, patience: float = PATIENCE_SECONDS) -> None:
        self.path = path
        if not (path / FILE).exists() and (path.is_dir() or path.absolute().parent.is_dir()):
            raise RaceError("no_race", path=path)  # where not even the parent is there, a drive may come back
        self.database = Database(path / FILE, patience=patience)
        self.database.read(lambda connection: schema.check_format(connection, path))
        self.catalog = Catalog(path / CHECKPOINTS)

    def state(self) -> RaceState:
        """Read where the race stands."""
        return self.database.read(race_state.load)

    def drawn(self, entry_id: str, *, second: bool = False) -> Path:
        """Return where the exact tile of an entry is kept, or that of the second seed."""
        return self.path / DRAWN / f"{entry_id}{'-second' if second else ''}.png"

    def tile(self, code: str, kind: str) -> Path:
        """Return where a picture is kept that is shown under a tile code."""
        return self.path / TILES / f"{code}-{kind}"

    def keep_checkpoint(self, found: Entry) -> None:
        """Copy a checkpoint into the race, so that its tile can be drawn again at any time. Raises OSError."""
        if found.sha256 is None or (target := self.path / CHECKPOINTS / found.sha256).is_dir():
            return
        names = {CONFIG, WEIGHTS, found.file}
        with written_whole(target) as part:
            for name in names:
                shutil.copyfile(found.folder / name, part / name)


def create(path: Path, options: RaceOptions) -> str:
    """Begin a race in a new or empty folder, and return the organiser's secret, of which only a hash is kept.

    Raises RaceError for a folder with something else in it, and OSError.
    """
    if path.exists() and (not path.is_dir() or any(not is_litter(one.name) for one in path.iterdir())):
        raise RaceError("folder_taken", path=path)
    secret = draw(SECRET_LETTERS)
    state = RaceState(
        race_id=secrets.token_hex(8),
        title=options.title,
        secret_hash=race_state.secret_hash(secret),
        code_salt=secrets.token_hex(16),
        resolution=options.resolution,
        hours=options.hours,
        shared_first=options.shared_first,
    )
    schema.create(path, race_state.to_rows(state))
    return secret


def is_race(path: Path) -> bool:
    """Tell whether a folder is that of a race."""
    return (path / FILE).is_file()


Progress = Callable[[int, int], None]


def no_progress(done: int, total: int) -> None:
    """Show nothing."""
