"""A tile that is asked for, and a job that draws it step by step."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from studio.rendering.scheduler import Job

Steps: TypeAlias = Generator[None, None, Any]  # work in steps; what it returns is the result


class RenderRequest(NamedTuple):
    """A tile: the SHA-256 of its checkpoint, its seed, and the truncation of the whole tile.

    `preview` tells that a picture in a lower precision will do, where that comes sooner.
    """

    sha256: str
    seed: int
    psi: float = 1.0
    preview: bool = False

    @property
    def exact(self) -> RenderRequest:
        """Return the request for the same tile in float32."""
        return self._replace(preview=False)


@dataclass(eq=False, kw_only=True)
class Drawing(Job):
    """Work of one generator; between two of its steps something else may be done.

    `begin` makes its steps, again where it must begin anew; `relieved` tells that memory was freed for it. `request` is
    the tile that it draws, None where it is other work.
    """

    begin: Callable[[], Steps]
    sha256: str
    request: RenderRequest | None = None
    future: Future[Any] = field(default_factory=Future)
    relieved: bool = False
    steps: Steps = field(init=False)

    def __post_init__(self) -> None:
        self.steps = self.begin()
        self.future.set_running_or_notify_cancel()  # one of several who wait must not cancel it for the others

    def restart(self) -> None:
        """Let go of everything that its steps hold, and begin again."""
        self.steps.close()
        self.steps = self.begin()

    def draws(self, request: RenderRequest) -> bool:
        """Tell whether it draws this tile, or a preview of it."""
        return self.request is not None and self.request.exact == request.exact
