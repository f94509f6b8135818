"""The line in which wishes wait: the most urgent first, visitors in turn, and of one visitor's lane only the newest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias

WAITING = 512  # jobs as urgent as a new one, or more, that may wait before it is refused
WAITING_OF_ONE = 256  # the same of one visitor


class Priority(IntEnum):
    """What a picture is for; the lower, the sooner."""

    INTERACTIVE = 0
    COMPARE = 1
    PREFETCH = 2
    SHEET = 3
    VIDEO = 4


class BusyError(RuntimeError):
    """Too many wishes wait already."""


class SupersededError(RuntimeError):
    """The same visitor has wished for something else in the meantime."""


class Wish(NamedTuple):
    """A tile: the SHA-256 of its checkpoint, its seed, and the truncation of the whole tile.

    `preview` tells that a picture in a lower precision will do, where that comes sooner.
    """

    sha256: str
    seed: int
    psi: float = 1.0
    preview: bool = False

    @property
    def exact(self) -> Wish:
        """Return the wish for the same tile in float32."""
        return self._replace(preview=False)


Claim: TypeAlias = tuple[str, str]  # a visitor, and the lane in which only the newest wish counts
Steps: TypeAlias = Generator[None, None, Any]  # work in steps; what it returns is the result


@dataclass(eq=False)
class Job:
    """Work of one generator for whoever claims it; between two of its steps something more urgent may be done.

    `begin` makes its steps, again where it must begin anew; `relieved` tells that memory was freed for it.
    """

    begin: Callable[[], Steps]
    sha256: str
    wish: Wish | None = None
    claims: dict[Claim, Priority] = field(default_factory=dict)
    future: Future[Any] = field(default_factory=Future)
    relieved: bool = False
    steps: Steps = field(init=False)

    def __post_init__(self) -> None:
        self.steps = self.begin()
        self.future.set_running_or_notify_cancel()  # one of several who wait must not cancel it for the others

    @property
    def priority(self) -> Priority:
        """Return how urgent it is to whoever needs it most; it is least urgent where nobody does."""
        return min(self.claims.values(), default=Priority.VIDEO)

    @property
    def visitors(self) -> list[str]:
        """List who waits for it."""
        return [visitor for visitor, _ in self.claims]

    def restart(self) -> None:
        """Let go of everything that its steps hold, and begin again."""
        self.steps.close()
        self.steps = self.begin()

    def claim(self, claim: Claim, priority: Priority) -> None:
        """Wait for it too; a claim that is made again becomes as urgent as the more urgent of both."""
        self.claims[claim] = min(priority, self.claims.get(claim, priority))


class Line:
    """Jobs that wait. Not safe among threads."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._turns: dict[str, None] = {}  # visitors with a job here, whose turn is next first

    def __len__(self) -> int:
        """Count the jobs that wait."""
        return len(self._jobs)

    def check_room(self, claim: Claim, priority: Priority, count: int = 1) -> None:
        """Raise BusyError where `count` more jobs are too many; less urgent ones never stand in the way."""
        rivals = [job for job in self._jobs if job.priority <= priority]
        own = sum(claim[0] in job.visitors for job in rivals)
        if len(rivals) + count > WAITING or own + count > WAITING_OF_ONE:
            raise BusyError(f"{len(rivals)} pictures are waiting to be drawn already; try again in a moment.")

    def append(self, job: Job) -> None:
        """Let a job wait."""
        self._jobs.append(job)
        self._turns |= dict.fromkeys(job.visitors)

    def put_back(self, job: Job) -> None:
        """Let a job that was begun wait for its next step, ahead of all that are as urgent."""
        self._jobs.insert(0, job)
        self._turns = dict.fromkeys(job.visitors) | self._turns

    def restart(self) -> None:
        """Let every job that was begun begin again."""
        for job in self._jobs:
            job.restart()

    def overtakes(self, job: Job) -> bool:
        """Tell whether something waits that is more urgent than this."""
        return any(other.priority < job.priority for other in self._jobs)

    def pick(self) -> Job:
        """Take out the next job: of the most urgent the oldest one of the visitor whose turn it is."""
        urgent = min(job.priority for job in self._jobs)
        turns = {visitor: turn for turn, visitor in enumerate(self._turns)}
        jobs = [job for job in self._jobs if job.priority == urgent]
        job = min(jobs, key=lambda job: min(turns.get(visitor, len(turns)) for visitor in job.visitors))
        self._jobs.remove(job)
        self._pass_turn(job.visitors)
        return job

    def give_up(self, claim: Claim, keep: Collection[Wish]) -> list[Job]:
        """Withdraw a claim from all jobs but those of the tiles to keep; return the jobs that nobody claims now."""
        tiles = {wish.exact for wish in keep}
        dropped = []
        for job in [job for job in self._jobs if claim in job.claims and not (job.wish and job.wish.exact in tiles)]:
            del job.claims[claim]
            if not job.claims:
                self._jobs.remove(job)
                dropped.append(job)
        if dropped:
            self._forget_idle()
        return dropped

    def _pass_turn(self, visitors: list[str]) -> None:
        for visitor in visitors:
            self._turns.pop(visitor, None)
            self._turns[visitor] = None
        self._forget_idle()

    def _forget_idle(self) -> None:
        waiting = {visitor for job in self._jobs for visitor in job.visitors}
        self._turns = {visitor: None for visitor in self._turns if visitor in waiting}
