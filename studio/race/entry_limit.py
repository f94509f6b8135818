"""How many entries are taken from one browser, and from one address: the rest is kept free for others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from studio.race.messages import RaceError
from studio.race.store.entries import name_key

MOST_OF_SESSION = 5
MOST_OF_ADDRESS = 75  # of the 100 that a race takes: a course may stand behind one address, but not alone


@dataclass(frozen=True)
class Sender:
    """Who sends an entry by what the server knows: a session that it issued, and the address of the connection."""

    session: str
    address: str


class EntryLimit:
    """Counts the names of entries by their senders, as long as the program runs; on the disk is nothing of it.

    An entry in the place of an older one of its name is none more. Safe among threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[Sender, set[str]] = {}

    @contextmanager
    def counted(self, sender: Sender | None, name: str) -> Iterator[None]:
        """Count an entry while it is checked, and from then on unless it is refused; None is not counted.

        Raises RaceError where this sender has sent too many.
        """
        key = name_key(name)
        is_new = sender is not None and self._add(sender, key)
        try:
            yield
        except BaseException:
            if sender is not None and is_new:
                self._take_back(sender, key)
            raise

    def _add(self, sender: Sender, key: str) -> bool:
        """Tell whether the name is a new one of this sender's."""
        with self._lock:
            own = {name for one, names in self._names.items() if one.session == sender.session for name in names}
            if len(own | {key}) > MOST_OF_SESSION:
                raise RaceError("entry_limit", limit=MOST_OF_SESSION)
            near = {name for one, names in self._names.items() if one.address == sender.address for name in names}
            if len(near | {key}) > MOST_OF_ADDRESS:
                raise RaceError("entry_limit_address", limit=MOST_OF_ADDRESS)
            names = self._names.setdefault(sender, set())
            is_new = key not in names
            names.add(key)
            return is_new

    def _take_back(self, sender: Sender, key: str) -> None:
        with self._lock:
            self._names[sender].discard(key)
            if not self._names[sender]:
                del self._names[sender]
