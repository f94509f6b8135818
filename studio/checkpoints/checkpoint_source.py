"""Where checkpoints are looked for by their hash: one catalog, or several, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from studio.checkpoints.catalog import SHORT, Entry, UnknownCheckpointError
from training.core.checkpoint import Checkpoint


class CheckpointSource(Protocol):
    """Finds and loads checkpoints by SHA-256, or the first 8 digits of it or more."""

    def find(self, sha256: str) -> Entry | None:
        """Return the entry with this hash, or None."""

    def load(self, sha256: str) -> Checkpoint:
        """Return the checkpoint with this hash. Raises UnknownCheckpointError, and CheckpointError."""


class CheckpointSources:
    """Several sources as one: the first that has a checkpoint gives it."""

    def __init__(self, sources: Sequence[CheckpointSource]) -> None:
        self._sources = sources

    def find(self, sha256: str) -> Entry | None:
        """Return the entry with this hash in the first source that has it, or None."""
        found = (source.find(sha256) for source in self._sources)
        return next((entry for entry in found if entry is not None), None)

    def load(self, sha256: str) -> Checkpoint:
        """Return the checkpoint of the first source that has it. Raises UnknownCheckpointError, and CheckpointError."""
        for source in self._sources:
            try:
                return source.load(sha256)
            except UnknownCheckpointError:
                continue
        raise UnknownCheckpointError(f"No checkpoint here has the hash {sha256[:SHORT]}.")
